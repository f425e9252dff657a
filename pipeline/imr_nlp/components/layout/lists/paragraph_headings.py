"""Services named by the heading of a paragraph that ends with what becomes of the denial.

"Heel cup" on a line of its own, or "Heel cup - He limps. … The denial is overturned."
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.lists.list_owners import others_above
from imr_nlp.components.layout.lists.passages import paragraphs
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided
from imr_nlp.components.layout.statements.decision_statement import DECIDERS, Statement
from imr_nlp.components.layout.statements.reader import sentences
from imr_nlp.text.intervals import Place

_MIN_PARAGRAPHS = 2  # paragraphs that decide
_SHORT = 60  # characters of a line that may be a heading
_NAMED = 3  # words of a heading that begins with a person and names more
_PROSE = ("copulas", "modals", "upheld", "overturned", "reviewer", "insurer")  # no heading of a service has such words


@dataclass(slots=True)
class _Entry:
    """A heading, its line, its paragraph or the one below it, and what that does to the denial."""

    request: Place
    line: int
    stop: int  # the line after its paragraph
    body: Place | None = None
    acts: list[Statement] = field(default_factory=list)


def services(reading: Reading) -> Iterator[ServiceHeading]:
    """Yield the services of such headings, where two or more are decided, in a document that says that it is a review.

    A service whose paragraph ends otherwise, or decides twice, is undecided.

    Args:
        reading: The letter.
    """
    listed, view = reading.listed, reading.view
    entries = _entries(reading) if listed.patterns["document"].search(view.text) else []
    closed = [n for n, one in enumerate(entries) if one.acts]
    if block := _announced(reading, entries):
        entries = block
    elif len(closed) >= _MIN_PARAGRAPHS:
        entries = entries[closed[0] : closed[-1] + 1]
    else:
        return
    above = entries[0].line - 1
    if above >= 0 and others_above(reading, view.lines[above]):
        return
    requests = [view.text[slice(*entry.request)] for entry in entries]
    for n, entry in enumerate(entries):
        start, end = entry.request
        heading = ServiceHeading(
            start, end, end, None, None, None, "heading.headline", rationale=(entry.body,) if entry.body else (),
            shared=True,
        )  # fmt: skip
        evidence = conclusions(entry.acts, [requests[n]], requests[:n] + requests[n + 1 :])[0]
        yield decided(heading, evidence if len({one.decision for one in entry.acts}) == 1 else [])


def _announced(reading: Reading, entries: Sequence[_Entry]) -> list[_Entry]:
    """Return the headings that follow a title of disputed items or decisions, paragraph by paragraph."""
    text, lines = reading.view.text, reading.view.lines
    listed = reading.listed
    titles = (listed.patterns["heading"], listed.numbered.lead)
    for n, one in enumerate(entries):
        if one.line and any(title.fullmatch(text, *lines[one.line - 1]) for title in titles):
            block = [one]
            for following in entries[n + 1 :]:
                if following.line == block[-1].stop:
                    block.append(following)
            if len(block) >= _MIN_PARAGRAPHS and any(entry.acts for entry in block):
                return block
    return []


def _entries(reading: Reading) -> list[_Entry]:
    """Return the headings of the letter's paragraphs, with what the paragraph of each does to the denial.

    It is the heading's own paragraph, or the one below a heading that stands alone.
    """
    lines = reading.view.lines
    found: list[_Entry] = []
    waiting = False  # whether the heading above stands alone
    for first, stop in paragraphs(reading, 0):
        end = lines[stop - 1][1]
        head = headline(reading, *lines[first])
        begin = lines[first][0]
        if head:
            found.append(_Entry(head[0], first, stop))
            begin = head[1]
        elif not waiting or _begins_short(reading, first, stop):
            waiting = False
            continue
        waiting = begin >= end
        if not waiting:
            found[-1].stop, found[-1].body = stop, (begin, end)
            found[-1].acts = _closing(reading, begin, end)
    return found


def _begins_short(reading: Reading, first: int, stop: int) -> bool:
    """Return whether a paragraph's first line may be a heading that is not read as one."""
    start, end = reading.view.lines[first]
    short = stop > first + 1 and end - start <= _SHORT and reading.view.text[end - 1] not in ".,;"
    return short or reading.listed.patterns["headline"].match(reading.view.text[:end], start) is not None


def headline(reading: Reading, start: int, end: int) -> tuple[Place, int] | None:
    """Return what a line names as a heading, and where the text below it begins; None where it is no heading."""
    listed, text = reading.listed, reading.view.text
    match = listed.patterns["headline"].match(text[:end], start)
    if match is None or listed.patterns["unnamed"].fullmatch(match["request"]):
        return None
    words = reading.decisions.lexicon.words(match["request"])
    if any(word.any(*_PROSE) for word in words) or (words[0].any("treating") and len(words) < _NAMED):
        return None
    place = listed.request(reading, match.span("request"))
    return (place, match.end() + (match.end() == end)) if place else None


def _closing(reading: Reading, start: int, end: int) -> list[Statement]:
    """Return the acts on the denial of a paragraph; none where it does not end with one, or does it in part.

    None either of a paragraph with boxes: what they say is read elsewhere, or decides nothing.
    """
    if any(one.start < end and start < one.end for one in reading.findings.options.printed(reading.view.text)):
        return []
    acts = [one for one in reading.statements.read(reading.view.text, start, end) if one.kind == "act"]
    acts = [one for one in acts if one.mood == "stated"]
    last = sentences(reading.view.text, start, end)[-1][0]
    whole = not any(one.part or one.rest or one.holder not in DECIDERS for one in acts)
    return acts if acts and acts[-1].end > last and whole else []
