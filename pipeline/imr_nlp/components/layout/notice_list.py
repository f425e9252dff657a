"""The notice of 2013: services under cue lines, decided in a numbered list and in each rationale."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from imr_nlp.components.layout.evidence import DecisionEvidence, topic
from imr_nlp.components.layout.lists.list_owners import others_above
from imr_nlp.components.layout.service_headings import (
    Reading,
    ServiceHeading,
    Title,
    decided,
    trimmed,
    with_conclusions,
)
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.text.misread import squeezed, squeezed_places

MAX_HEADING = 3000  # characters between a cue and the section that follows it
_MAX_ENTRY = 900  # characters of a list entry
_MAX_CUE = 60  # characters of a line in which a misread cue stands
_NUMBER = re.compile(r"\(?(?P<number>[\dlI]{1,2})[.)]\s{0,3}")
#: What may hide a "not" inside a formula: a bar, a blank, a row of marks.
_BLOT = re.compile(r"[\u2580-\u2593\u25a0\u25ac\ufffd]|[_*#~?\[\]]|\.{3}|--|//")
_LATER = ("case_summary", "documents", "reviewer")  # sections in which the insurer's decisions may be told
_ONES = str.maketrans("lI", "11")
_SAME = 0.6  # share of common words from which two requests are one


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the list.

    Attributes:
        number: Its number as written; None without one.
        subject: Offset of "the request for".
        start: Offset of the request.
        end: Offset after it.
        evidence: What the entry determines; None where that can't be read.
        cue: Offset of the entry.
    """

    number: str | None
    subject: int
    start: int
    end: int
    evidence: DecisionEvidence | None
    cue: int


@dataclass(frozen=True, slots=True)
class Cue:
    """A line "2) Regarding the request for …": where it begins and its request stands, and whether it is misread."""

    number: str | None
    at: int
    start: int
    end: int
    garbled: bool


def cue_lines(reading: Reading) -> list[ServiceHeading]:
    """Return the services under "Regarding the request for …", and those of the list that have no section.

    A list entry counts for a service only where its request is the service's. An entry that can't be read never takes
    the decision of another.
    """
    text = reading.view.text
    entries = _entries(reading)
    cues = _cues(reading)
    if not cues:
        cues, reading = _without_titles(reading)
    if not cues:
        return _from_list(entries, text)
    matched = match_entries(entries, cues, text)
    found = []
    for cue, own in zip(cues, matched, strict=True):
        evidence = tuple(entry.evidence for entry in own if entry.evidence)
        heading = ServiceHeading(cue.at, cue.end, cue.end, None, None, None, "heading.cue_line", evidence)
        found.append(replace(heading, text_start=cue.start if cue.garbled else None))
    used = {entry.cue for own in matched for entry in own}
    alone = [entry for entry in entries if entry.cue not in used and _without_section(entry, entries, cues, text)]
    extra = [replace(one, before=_place(one, entries, cues, matched)) for one in _from_list(alone, text)]
    return sorted([*with_conclusions(found, reading, extra), *extra], key=lambda heading: heading.start)


def _cues(reading: Reading) -> list[Cue]:
    """Return the lines that name the requests, each directly before a section of its service."""
    text, before = reading.view.text, reading.layout.services["before"]
    found: list[Cue] = []
    floor, last = 0, ""
    for title in reading.titles:
        if title.category in before:
            begin = max(floor, title.start - MAX_HEADING)
            cues = list(reading.layout.services["cue"].finditer(text, begin, title.start))
            cue = (cues[-1]["number"], *cues[-1].span()) if cues else None
            if cue is None and (last not in before or last == "rationale") and title.category == before[0]:
                cue = _garbled(reading, begin, title.start)
            if cue:
                number, at, start = cue
                if not cues and (article := reading.decisions.notice.article.match(text, start)):
                    start = article.end()
                end = _own_lines(reading, start, title.start)
                found.append(Cue(plain_number(number), at, start, trimmed(text, start, end), not cues))
        floor, last = title.end, title.category
    return found


def _without_titles(reading: Reading) -> tuple[list[Cue], Reading]:
    """Return the lines that name requests above text without headings, and the reading with a title for each text.

    Such a line is whole, and ends with a colon.
    """
    view, services = reading.view, reading.layout.services
    if any(title.category in services["before"] for title in reading.titles):
        return [], reading
    lines = ((services["cue"].match(view.text, *line), line[1]) for line in view.lines)
    found = [(cue, end) for cue, end in lines if cue and view.text[end - 1] == ":"]
    cues = [
        Cue(plain_number(cue["number"]), cue.start(), cue.end(), trimmed(view.text, cue.end(), end), garbled=False)
        for cue, end in found
    ]
    opened = [Title(end, end, "rationale") for _, end in found]
    titles = sorted([*reading.titles, *opened], key=lambda title: title.start)
    return cues, replace(reading, titles=titles)


def _own_lines(reading: Reading, start: int, end: int) -> int:
    """Return where the request at ``start`` ends: at a colon that ends a line, where words name it before that."""
    text = reading.view.text
    for _, stop in reading.view.lines:
        if start < stop < end and text[stop - 1] == ":" and topic(text[start:stop]):
            return stop
    return end


def _garbled(reading: Reading, begin: int, end: int) -> tuple[str | None, int, int] | None:
    """Return number, beginning and request of the last line in ``begin:end`` that a scan made of a cue."""
    text = reading.view.text
    wanted = [squeezed(wording) for wording in reading.layout.services.get("garbled", ())]
    for start, stop in reversed(reading.view.lines):
        if start < begin or start >= end:
            continue
        number = _NUMBER.match(text, start, stop)
        after = number.end() if number else start
        letters, places = squeezed_places(text, after, min(stop, after + _MAX_CUE))
        for wording in sorted(wanted, key=len, reverse=True):
            if letters.startswith(wording) and len(places) > len(wording):
                return (number["number"] if number else None), start, places[len(wording)]
        if number and (named := reading.decisions.notice.request.match(text, after, stop)):
            return number["number"], start, named.end()
    return None


def plain_number(written: str | None) -> str | None:
    """Return a number of a list as digits: a scan makes "l)" of "1)".

    >>> plain_number("l"), plain_number("12"), plain_number(None)
    ('1', '12', None)
    """
    return None if written is None else str(int(written.translate(_ONES)))


def _entries(reading: Reading) -> list[Entry]:
    text = reading.view.text
    cues = list(reading.layout.services["entry"].finditer(text)) or _bare_entries(reading)
    infinitive = reading.layout.services.get("infinitive")
    bounds = sorted([*(cue.start() for cue in cues), *(title.start for title in reading.titles), len(text)])
    found = []
    for cue in cues:
        stop = min(next(b for b in bounds if b > cue.start()), cue.end() + _MAX_ENTRY)
        evidence = _formula(reading, cue.end(), stop)
        if evidence:
            end = evidence.start
        else:
            verb = infinitive.search(text, cue.end(), stop) if infinitive and "by" in cue.re.groupindex else None
            said = reading.statements.read(text, cue.start("by" if verb else "subject"), stop)
            first = next((s for s in said if s.decides and s.kind != "act"), None)
            end = first.subject_end if first and first.subject_end and first.subject_end > cue.end() else stop
            end = verb.start() if verb else end
            evidence = _limited(reading, first, stop) if first else None
            if len(said) > 1 and not (evidence and evidence.decision == "modified" and all(s.rest for s in said[1:])):
                evidence = None
        found.append(
            Entry(
                plain_number(cue["number"]), cue.start("subject"), cue.end(), trimmed(text, cue.end(), end), evidence,
                cue.start(),
            )
        )  # fmt: skip
    return found


def _limited(reading: Reading, said: Statement, stop: int) -> DecisionEvidence | None:
    """Return what an entry states; "for 4 visits only" behind it makes a grant a modification."""
    sure, doubtful = reading.decisions.limits
    behind = reading.view.text[said.end : stop].split(". ", 1)[0]
    limited, decision = said.decision == "overturned" and sure.search(behind), said.decision
    if said.decision == "overturned" and not limited and doubtful.search(behind):
        return None
    return DecisionEvidence(
        "list", "modified" if limited else decision, said.start, said.end, "list.entry", said.granted
    )


def _bare_entries(reading: Reading) -> list[re.Match[str]]:
    """Return the entries that do not say who determined them: on the first page, but not below another's name."""
    text, lines = reading.view.text, reading.view.lines
    stops = {*reading.layout.services["before"], *_LATER}
    first = next((title.start for title in reading.titles if title.category in stops), len(text))
    pattern = reading.layout.services["bare_entry"]
    found = [(n, match) for n, line in enumerate(lines) if line[0] < first and (match := pattern.match(text, *line))]
    if found and found[0][0] and others_above(reading, lines[found[0][0] - 1]):
        return []
    return [match for _, match in found]


def _formula(reading: Reading, start: int, stop: int) -> DecisionEvidence | None:
    """Return what an entry determines where it ends in a formula of the notice, also where a scan misread it."""
    services, text, words = reading.layout.services, reading.view.text, reading.decisions.notice
    letters, places = squeezed_places(text, start, stop)
    found: list[DecisionEvidence] = []
    for copula in services.get("copulas", ()):
        for decision, wordings in services.get("formulas", {}).items():
            for wording in wordings:
                wanted = squeezed(copula + wording)
                at = letters.find(wanted)
                if at <= 0:
                    continue
                begin, end = places[at], places[at + len(wanted) - 1] + 1
                if words.granted in letters[:at]:
                    continue  # "is medically necessary for two visits, the rest is not medically necessary"
                ended = text[end : end + 2].strip()[:1] in ("", ".")
                if decision == "modified":
                    rest = words.modified_to.match(text, end, stop)
                    ended = (ended or rest is not None) and not _of_insurer(reading, start, rest.end() if rest else end)
                apart = text[begin - 1] == " " or text[begin + len(copula)].isalpha()  # or it is glued on both sides
                if apart and ended and not _BLOT.search(text, begin, end):
                    found.append(DecisionEvidence("list", decision, begin, end, "list.formula"))
    return min(found, key=lambda one: one.start, default=None)


def _of_insurer(reading: Reading, start: int, end: int) -> bool:
    """Return whether the insurer is named between two offsets: what it did to the request is told there."""
    return any(word.any("insurer") for word in reading.decisions.lexicon.words(reading.view.text, start, end))


def match_entries(entries: list[Entry], cues: list[Cue], text: str) -> list[list[Entry]]:
    """Return the entries that are about the request of each cue.

    Args:
        entries: The list.
        cues: The lines that name the requests.
        text: Text of the reading view.

    Returns:
        The entries of each cue; several where the list stands twice.
    """
    requests = [_words(text[cue.start : cue.end]) for cue in cues]
    subjects = [_words(text[entry.start : entry.end]) for entry in entries]
    shares = [[_share(subject, request) for subject in subjects] for request in requests]
    found = []
    for n, cue in enumerate(cues):
        numbered = [e for e, share in zip(entries, shares[n], strict=True)
                    if e.number and e.number == cue.number and share >= _SAME]  # fmt: skip
        if not numbered and not (cue.number and any(entry.number for entry in entries)):
            best = max(shares[n], default=0.0)
            numbered = [e for e, share in zip(entries, shares[n], strict=True) if share == best and share >= _SAME]
        joint = [e for e, subject in zip(entries, subjects, strict=True)
                 if _several(text, e) and requests[n] and requests[n] <= subject]  # fmt: skip
        found.append(numbered or joint)
    numbers = [entry.number for entry in entries]
    same = sorted(map(str, numbers)) == sorted(str(cue.number) for cue in cues) and len(set(numbers)) == len(numbers)
    if same and None not in numbers:  # list and sections have the same numbers: the wording may differ
        for n, cue in enumerate(cues):
            entry = numbers.index(cue.number)
            if not found[n] and _no_other(shares, n, entry, [bool(own) for own in found]):
                found[n] = [entries[entry]]
    return found


def _no_other(shares: list[list[float]], request: int, entry: int, matched: list[bool]) -> bool:
    """Return whether a request and an entry have common words, and no others more; or whether all others are told."""
    rest_told = all(done for n, done in enumerate(matched) if n != request)
    mine = shares[request][entry]
    others = [share for n, share in enumerate(shares[request]) if n != entry]
    others += [row[entry] for n, row in enumerate(shares) if n != request]
    return (mine > 0 or rest_told) and all(share <= mine for share in others)


def _several(text: str, entry: Entry) -> bool:
    return text[entry.subject : entry.start].rstrip().lower().endswith("requests for")


def _words(text: str) -> frozenset[str]:
    return topic(text) or frozenset(text.lower().split())


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _without_section(entry: Entry, entries: list[Entry], cues: list[Cue], text: str) -> bool:
    """Return whether an entry is about a request that no section names."""
    words = _words(text[entry.start : entry.end])
    if entry.number and any(cue.number == entry.number for cue in cues):
        return False
    shares = [_share(words, _words(text[cue.start : cue.end])) for cue in cues]
    return max(shares) < _SAME and (entry.number is not None or max(shares) == 0)


def _place(heading: ServiceHeading, entries: list[Entry], cues: list[Cue], matched: list[list[Entry]]) -> int | None:
    """Return the cue before which a service of the list is counted: that of the next entry; after all without one."""
    later = {entry.cue for entry in entries if entry.subject > heading.start}
    return next(
        (cue.at for cue, own in zip(cues, matched, strict=True) if any(e.cue in later for e in own)), cues[-1].end
    )


def _from_list(entries: list[Entry], text: str) -> list[ServiceHeading]:
    """Return the services of the list, for a first page without the rest."""
    found: list[ServiceHeading] = []
    seen: dict[str, int] = {}
    for entry in entries:
        key = f"{entry.number} {' '.join(text[entry.start : entry.end].lower().split())}"
        evidence = (entry.evidence,) if entry.evidence else ()
        if key in seen:
            before = found[seen[key]]
            found[seen[key]] = decided(before, [*before.evidence, *evidence])
            continue
        seen[key] = len(found)
        heading = ServiceHeading(entry.subject, entry.end, entry.end, None, None, None, "heading.list_entry")
        found.append(decided(heading, evidence))
    return found
