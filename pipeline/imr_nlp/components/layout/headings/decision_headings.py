"""Headings of services with their decision, as `decision_lines` and `bare_lines` make them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from imr_nlp.components.layout.decisions import Decisions, WordDecision
from imr_nlp.components.layout.evidence import DecisionEvidence
from imr_nlp.components.layout.heading_order import OF_SERVICE
from imr_nlp.components.layout.heading_start import heading_start, skip
from imr_nlp.components.layout.lists.options import Printed
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, trimmed
from imr_nlp.doc.tokenizer import View

GUIDELINES = frozenset({"claims_guideline", "reviewer_guideline", "both_guidelines"})
_MAX_INTRODUCTION = 4  # lines of a sentence that introduces the services
QUOTED = 160  # characters before a line that show whose words it is
ENDED = (".", "!", "?")
#: Between two services of one line.
_NEXT_SERVICE = re.compile(r"\s?[.)\]]?(?:[;,|/\t\n]|\s{2,}|\s(?:and|[-–—|/])\s)|\s?\.\s(?=[A-Z0-9])")


def boxed(reading: Reading, floor: int, boxes: Printed, width: float) -> ServiceHeading | None:
    """Return the heading before a printed list of outcomes: "Cane: [ ] Upheld [x] Overturned"."""
    view, ticked = reading.view, boxes.ticked
    text_end = unlabelled(view, reading.decisions, floor, trimmed(view.text, floor, boxes.start))
    start = heading_start(view, reading.decisions, floor, text_end, width)
    if start >= text_end:
        return None
    place = (ticked.start, ticked.end) if ticked else (boxes.start, boxes.end)
    evidence = (DecisionEvidence("heading", ticked.decision, *place, "heading.box"),) if ticked else ()
    decision = ticked.decision if ticked else None
    return ServiceHeading(start, boxes.end, text_end, decision, *place, "heading.boxes", evidence)


def behind_sentence(view: View, start: int, end: int, before: str) -> bool:
    """Return whether a decision on a line of its own stands behind a sentence, and so names no service."""
    at = bisect_right(view.lines, end, key=lambda line: line[0]) - 1
    alone = at < 0 or view.lines[at][1] <= end + 1
    return alone and before in OF_SERVICE and view.text[start : end + 1].rstrip().endswith(ENDED)


def decided_heading(start: int, text_end: int, word: tuple[int, int], reading: Reading, rule: str) -> ServiceHeading:
    """Return a heading with the evidence of its decision words."""
    text, decisions = reading.view.text, reading.decisions
    read = decisions.read(text[slice(*word)]) if decisions.names(text, start, text_end) else WordDecision(None)
    evidence = (
        (DecisionEvidence("heading", read.decision, *word, "heading.word", read.granted),) if read.decision else ()
    )
    return ServiceHeading(start, word[1], text_end, read.decision, *word, rule, evidence, open=read.open)


def headings_in_line(
    reading: Reading, start: int, text_end: int, word: tuple[int, int], rule: str
) -> list[ServiceHeading]:
    """Return the headings that a line gives: "Cane: Upheld; Sling: Overturned" is two.

    Decision words with no service between them belong to one decision: "Cane: Upheld / Overturned / Modified".
    """
    text = reading.view.text
    found: list[ServiceHeading] = []
    for match in reading.decisions.within(text, start, text_end):
        one = reading.decisions.only(text[match.end("word") : word[0]])
        mark = _NEXT_SERVICE.match(text, match.end("word"))
        if one or not mark:
            text_end, word = match.start(), (match.start("word"), word[1])
            break
        found.append(decided_heading(start, trimmed(text, start, match.start()), match.span("word"), reading, rule))
        start = skip(text, mark.end(), text_end)
    return [*found, decided_heading(start, text_end, word, reading, rule)]


def unlabelled(view: View, decisions: Decisions, floor: int, end: int) -> int:
    """Return where the request ends whose decision follows at ``end``: before the line "Decision: …"."""
    at = bisect_right(view.lines, end, key=lambda line: line[0]) - 1
    line = view.lines[at][0] if at >= 0 else 0
    if line > floor and decisions.label.fullmatch(view.text, line, end):
        return trimmed(view.text, floor, line)
    return end


def after_introduction(view: View, decisions: Decisions, floor: int) -> int:
    """Return where the first service can begin: behind "The items were decided as set out below:", in whole lines."""
    first = bisect_left(view.lines, floor, key=lambda line: line[0])
    for _, end in view.lines[first : first + _MAX_INTRODUCTION]:
        if view.text[end - 1] == ":":
            begins = view.lines[first][0]
            return end if decisions.introduction.fullmatch(view.text, begins, end) else floor
    return floor
