"""Lines that give a service with its decision, and lists under a decision.

The patterns are those of ``configs/layout/listed.yml`` by name. Each function yields places of services and of the
decisions' words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.evidence import DecisionEvidence
from imr_nlp.components.layout.lists.columns import meaning
from imr_nlp.components.layout.lists.list_owners import names_others, others_above
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.text.intervals import Place

_MIN_LINES = 2  # numbered headings, signs, or lines with codes

Patterns = Mapping[str, re.Pattern[str]]


def groups(reading: Reading, patterns: Patterns) -> Iterator[tuple[Place, Place]]:
    """Yield the entries of lists under a decision: "The following items are upheld:", "DENIALS WE HAVE UPHELD".

    Args:
        reading: The letter.
        patterns: The wordings.
    """
    text, word = reading.view.text, None
    called = patterns["document"].search(text) is not None
    above = (0, 0)  # the last line that is neither a title nor an entry
    stray = (0, 0)  # the last entry under no title: "Upheld" directly below it is its own decision
    for start, end in reading.view.lines:
        group = patterns["group"].fullmatch(text, start, end)
        title = patterns["group_title"].fullmatch(text, start, end) if called and not group else None
        if title and stray[1] and not text[stray[1] : start].strip() and not reading.view.apart(stray, (start, end)):
            word = None
        elif match := group or title:
            word = None if _of_others(reading, patterns, above) else match.span("word")
        elif entry := patterns["bullet"].fullmatch(text, start, end):
            if word is None:
                stray = start, end
                continue
            first, last = entry.span("request")
            end_word = reading.decisions.at_end.search(text, first, last)
            if end_word and reading.decisions.is_own(end_word["word"]):
                word = None  # the next title, which lost its line: what follows is under it
                continue
            modified = reading.decisions.read(text[slice(*word)]).decision == "modified"
            amount = patterns["granted"].search(text, first, last) if modified else None
            yield (first, amount.start() if amount else last), word
        else:
            word, above = None, (start, end)


def _of_others(reading: Reading, patterns: Patterns, line: Place) -> bool:
    """Return whether a line above a title says that others decide below it."""
    older = patterns["older"].fullmatch(reading.view.text, *line) is not None
    return older or others_above(reading, line)


def headed(reading: Reading, patterns: Patterns, most: int) -> Iterator[tuple[Place, list[DecisionEvidence]]]:
    """Yield what numbered headings name, with the acts on the denial in the lines below each.

    Args:
        reading: The letter.
        patterns: The wordings.
        most: How many lines below a heading are read.

    Yields:
        The services of two headings or more, in a document that says that it is a review.
    """
    text, lines = reading.view.text, reading.view.lines
    matches = [patterns["item"].fullmatch(text, *line) for line in lines]
    found = [(n, m) for n, m in enumerate(matches) if m and any(map(str.isdigit, text[m.start() : m.start("request")]))]
    if len(found) < _MIN_LINES or not patterns["document"].search(text):
        return
    requests = [text[slice(*match.span("request"))] for _, match in found]
    for k, (n, match) in enumerate(found):
        stop = min(found[k + 1][0] if k + 1 < len(found) else len(lines), n + 1 + most)
        below = lines[n + 1 : stop]
        said: list[Statement] = []
        if below and not any(_labelled(reading, line) for line in below):
            acts = reading.statements.read(text, below[0][0], below[-1][1])
            said = [one for one in acts if one.kind == "act"]
        others = [request for other, request in enumerate(requests) if other != k]
        yield match.span("request"), conclusions(said, [requests[k]], others)[0]


def contradicted(reading: Reading, one: ServiceHeading, below: Sequence[Place]) -> bool:
    """Return whether a sentence below a service does the contrary of what the label of its decision says.

    Args:
        reading: The letter.
        one: The service with its decision.
        below: The lines below it.
    """
    text = reading.view.text
    said = reading.statements.read(text, below[0][0], below[-1][1], [line[0] for line in below[1:]])
    acts = conclusions((s for s in said if s.kind == "act"), [text[one.start : one.text_end]])[0]
    contrary = {"upheld", "overturned"} - {one.decision}
    return len(contrary) == 1 and any(e.decision in contrary for e in acts)


def _labelled(reading: Reading, line: Place) -> bool:
    """Return whether a line has a label of decisions, or boxes: what it says is read elsewhere, or decides nothing."""
    if any(sign in reading.view.text[slice(*line)] for sign in reading.findings.options.signs):
        return True
    label = reading.decisions.label.match(reading.view.text, *line)
    return label is not None and ":" in label.group()


def signed(reading: Reading, patterns: Patterns) -> Iterator[tuple[Place, Place, str]]:
    """Yield what stands behind signs that the letter explains, with the sign and its decision.

    Args:
        reading: The letter.
        patterns: The wordings.

    Yields:
        Nothing where a sign has no meaning, or two have one.
    """
    text = reading.view.text
    lines = [m for line in reading.view.lines if (m := patterns["signed"].fullmatch(text, *line))]
    signs = {match["sign"] for match in lines}
    if len(signs) < _MIN_LINES:
        return
    told = [(match, meaning(reading, *match.span("request"))) for match in lines]
    legend = {match["sign"]: decision for match, decision in told if decision}
    explained = [match for match, decision in told if decision]
    if len(explained) == len(signs) == len(set(legend.values())):
        for match, decision in told:
            if not decision:
                yield match.span("request"), match.span("sign"), legend[match["sign"]]


def lettered(reading: Reading, patterns: Patterns, legend: Mapping[str, str]) -> Iterator[tuple[Place, Place]]:
    """Yield services with the code of a legend that ends their line: "Heel cup .... (O)".

    Args:
        reading: The letter.
        patterns: The wordings.
        legend: The decision of each code.

    Yields:
        Nothing where a line has two codes, or the legend names another than the reviewer. No lines below such a title.
    """
    text, pattern, listed = reading.view.text, patterns["lettered"], reading.listed
    found: list[re.Match[str]] = []
    theirs = False
    for line in reading.view.lines if legend else ():
        match = pattern.fullmatch(text, *line)
        if match and match["code"] in legend:
            if pattern.fullmatch(text, *match.span("request")):
                return
            found += [] if theirs else [match]
            continue
        others = names_others(reading.decisions.lexicon, patterns["denied_of"].sub("", text[slice(*line)]))
        theirs = others and text[line[1] - 1] != "."
        if others and listed.columns.is_legend(text, *line):
            return
    for match in found if len(found) >= _MIN_LINES else ():
        yield match.span("request"), match.span("code")


def leading(reading: Reading, patterns: Patterns) -> Iterator[tuple[Place, Place]]:
    """Yield lines that begin with a decision: "Upheld: heel cup".

    Args:
        reading: The letter.
        patterns: The wordings.
    """
    called = patterns["document"].search(reading.view.text) is not None
    for match in _own(reading, patterns, "leading"):
        if called or not match["order"]:  # "Overturn: heel cup" may be what somebody asks for
            yield match.span("request"), match.span("word")


def plain(reading: Reading, patterns: Patterns) -> Iterator[tuple[Place, Place]]:
    """Yield lines that end in a decision, where the document says what it is.

    Args:
        reading: The letter.
        patterns: The wordings.
    """
    if patterns["document"].search(reading.view.text):
        for match in [
            *_own(reading, patterns, "line"),
            *_own(reading, patterns, "inline"),
            *_modified(reading, patterns),
        ]:
            yield match.span("request"), match.span("word")


def _modified(reading: Reading, patterns: Patterns) -> Iterator[re.Match[str]]:
    """Yield the lines "Heel cup: Modified" below a heading of decisions: elsewhere they may be the insurer's."""
    text, below = reading.view.text, False
    for start, end in reading.view.lines:
        if patterns["heading"].fullmatch(text, start, end):
            below = True
        elif below and (match := patterns["modified"].fullmatch(text, start, end)):
            yield match
        elif below and text[end - 1] == ":":
            words = reading.decisions.lexicon.words(text, start, end)
            below = not any(w.any("insurer") for w in words) and not patterns["older"].fullmatch(text, start, end)


def _own(reading: Reading, patterns: Patterns, kind: str) -> Iterator[re.Match[str]]:
    """Yield the lines of a kind, but those below a line that announces what another review decided."""
    theirs = False
    for start, end in reading.view.lines:
        match = patterns[kind].fullmatch(reading.view.text, start, end)
        if match is None:
            theirs = patterns["older"].fullmatch(reading.view.text, start, end) is not None
        elif not theirs:
            yield match
