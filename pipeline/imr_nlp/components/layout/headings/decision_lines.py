"""The layouts of 2014 onwards and of late 2013: "<request>: Upheld" before the guideline sections."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from imr_nlp.components.layout.decisions import Decisions
from imr_nlp.components.layout.evidence import DecisionEvidence, topic
from imr_nlp.components.layout.heading_start import MAX_HEADING, heading_start, line_width, skip
from imr_nlp.components.layout.headings.bare_lines import with_bare_lines
from imr_nlp.components.layout.headings.decision_headings import (
    ENDED,
    GUIDELINES,
    QUOTED,
    after_introduction,
    behind_sentence,
    boxed,
    decided_heading,
    headings_in_line,
    unlabelled,
)
from imr_nlp.components.layout.headings.ruling_lines import own_ruling
from imr_nlp.components.layout.lists.options import Printed
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, Title, trimmed, with_conclusions
from imr_nlp.concepts.anatomy import body_parts

_WINDOW = 80  # characters before a section in which its service's decision stands
_OPENERS = frozenset({"rationale", "decisions", "closing"})  # a service's heading follows these
#: "<request>: <words that no list has>", the words as short as a decision is.
_UNKNOWN = re.compile(r"\s?:\s?(?P<word>[^:;]{2,60}?(?:[:;]\s?[^:;]{1,20})?)[\s.,;]{0,4}\Z")
_PART = re.compile(r"\s?:\s?(?P<word>[^:;]{2,60})")
_MAX_WORDS = 7
_QUALIFIED = 24  # characters between the colon and the decision word
_MAX_BARE = 300  # characters of a heading without a decision word
_NUMBER = re.compile(r"\(?(\d{1,2})[.)](?=\s)")
_LABEL = 3  # words of a label that only names a part of the body
#: A quotation that begins in a heading and doesn't end there: what it decides is another letter's.
_UNCLOSED = re.compile(r"(?<![\w.])[\"“](?=\w)[^\"”]*\Z")


def decision_lines(reading: Reading) -> list[ServiceHeading]:
    """Return the services whose decision stands at the end of their heading."""
    return with_conclusions(_headings(reading, reading.findings.options.printed(reading.view.text)), reading)


def _headings(reading: Reading, boxes: Sequence[Printed]) -> list[ServiceHeading]:
    found: list[ServiceHeading] = []
    floor, before = 0, "header"
    width = line_width(reading.view)
    for title in reading.titles:
        if title.category in reading.layout.services["before"]:
            number = _next_number(reading.view.text, found)
            found += _above(title, before, floor, reading, boxes, width, number)
        floor, before = title.end, title.category
        if before == "decisions":
            floor = after_introduction(reading.view, reading.decisions, floor)
    return with_bare_lines(found, reading, width, boxes)


def _above(
    title: Title, before: str, floor: int, reading: Reading, boxes: Sequence[Printed], width: float, number: int
) -> list[ServiceHeading]:
    """Return the services named directly above a section heading: one, or several of one line.

    Args:
        title: The section heading.
        before: Category of the section that ends there.
        floor: Offset at which that section's text begins.
        reading: The letter.
        boxes: Its lists of outcomes with marks.
        width: Characters of a full line.
        number: The number that the next heading of a numbered list has.
    """
    view, decisions = reading.view, reading.decisions
    word = reading.layout.services.get("decides") or decisions.at_end
    match = word.search(view.text, max(floor, title.start - _WINDOW), title.start)
    above = [one for one in boxes if floor <= one.start and one.end <= title.start]
    last = [one for one in above if not view.text[one.end : title.start].strip(" .")]
    found: list[ServiceHeading | None] = []
    if last:
        found = [boxed(reading, floor, last[-1], width)]
    elif ruled := own_ruling(reading, floor, title.start):
        start = heading_start(view, decisions, floor, ruled[0], width)
        one = decided_heading(start, *ruled, reading, "heading.decision_line")
        found = [replace(one, end=trimmed(view.text, ruled[1][1], title.start))]
    elif match and (opened := _left_open(reading, floor, match)):
        start = heading_start(view, decisions, floor, opened[0], width)
        asked = trimmed(view.text, start, opened[0])
        found = [decided_heading(start, asked, (opened[1], match.end("word")), reading, "heading.decision_line")]
    elif match and _in_name(reading, match, floor):
        found = [_undecided(reading, floor, match.end("word"), width)]
    elif match and not _qualified(reading, match, before):
        found = [*_decided(match, before, floor, reading, width)]
    elif match or before in _OPENERS:
        found = [_unknown(reading, floor, title.start, width)]
    services = [heading for heading in found if heading]
    if services and before in GUIDELINES and services[-1].start <= skip(view.text, floor, title.start):
        services.pop()  # the guideline's own sentence: "… on the prior IMR, in which it was: Upheld"
    if services and before == "rationale" and _enclosed(reading, floor, services[-1]):
        return []
    reasoned = title.category == "rationale"  # directly above the reasons, only the next entry of a list is a heading
    if not services and (before in _OPENERS or (reasoned and before == "header")):
        bare = _bare(reading, floor, title.start, width, None if before == "header" else number, listed=reasoned)
        return [bare] if bare else []
    return services


def _decided(match: re.Match[str], before: str, floor: int, reading: Reading, width: float) -> list[ServiceHeading]:
    """Return the services whose decision word ``match`` is, at the end of their line."""
    view, decisions = reading.view, reading.decisions
    before_word = max(floor, match.start("word") - _QUALIFIED), match.start("word")
    hedge = decisions.hedged.search(view.text, *before_word)
    decides = hedge.start() if hedge else match.start("word")
    asked = trimmed(view.text, floor, hedge.start()) if hedge else match.start()
    end = unlabelled(view, decisions, floor, asked)
    start = heading_start(view, decisions, floor, end, width)
    if behind_sentence(view, start, end, before) or _UNCLOSED.search(view.text, start, end):
        return []
    if decisions.only(view.text[start:end]):
        return []  # decisions in a row, torn from their services
    return headings_in_line(reading, start, end, (decides, match.end("word")), "heading.decision_line")


def _in_name(reading: Reading, match: re.Match[str], floor: int) -> bool:
    """Return whether a decision word ends the name before it: "Swallow study, barium, modified"."""
    before = reading.view.text[max(floor, match.start() - _WINDOW) : match.start("word")].rstrip()
    return match["word"] in reading.decisions.in_names and before.endswith(",") and ":" not in before


def _undecided(reading: Reading, floor: int, end: int, width: float) -> ServiceHeading:
    """Return the heading that ends at ``end`` and decides nothing."""
    start = heading_start(reading.view, reading.decisions, floor, end, width)
    return ServiceHeading(start, end, trimmed(reading.view.text, start, end), None, None, None, "heading.bare")


def _enclosed(reading: Reading, floor: int, heading: ServiceHeading) -> bool:
    """Return whether a line above a heading's last one announces another letter: "Enclosure: earlier review"."""
    lines = (start for start, _ in reading.view.lines if heading.start < start < heading.text_end)
    last = max(lines, default=heading.start)
    return reading.decisions.enclosed.search(reading.view.text, max(floor, last - QUOTED), last) is not None


def _left_open(reading: Reading, floor: int, match: re.Match[str]) -> tuple[int, int] | None:
    """Return the colon and the words behind it that leave a heading open: "Cane: Deferred (prior review: Upheld)"."""
    text, end = reading.view.text, match.start("word")
    colon = text.find(":", max(floor, end - _WINDOW), end)
    while colon >= 0:
        first = colon + 1 + len(text[colon + 1 : end]) - len(text[colon + 1 : end].lstrip())
        if opened := reading.decisions.left_open.match(text, first, match.end("word")):
            return (colon, first) if opened.end() <= end else None
        colon = text.find(":", colon + 1, end)
    return None


def _qualified(reading: Reading, match: re.Match[str], before: str) -> bool:
    """Return whether words before the decision word belong to the decision: "Not overturned", "Upheld; Overturned"."""
    text = reading.view.text
    colon = text.rfind(":", max(match.start() - _QUALIFIED, 0), match.start())
    between = text[colon + 1 : match.start("word")].strip(" :.;,/-") if colon >= 0 else ""
    told = reading.decisions.read(between).decision and reading.decisions.only(between)
    return before in _OPENERS and bool(between) and bool(told or reading.decisions.qualifier.fullmatch(between))


def _unknown(reading: Reading, floor: int, end: int, width: float) -> ServiceHeading | None:
    """Return the heading that ends at ``end`` with words that are no listed decision; None without one.

    Its service is found all the same, so that its reasons do not go to the service before.
    """
    view = reading.view
    if "decides" in reading.layout.services:
        return _stated(reading, floor, end, width)
    last = bisect_left(view.lines, end, key=lambda line: line[0])
    first = max(view.lines[last - 1][0], floor) if last else floor
    if end - first > _MAX_WORDS and (match := _unlisted(view.text, first, end, reading.decisions)):
        known = reading.decisions.read(match["word"])
        short = reading.decisions.length(match["word"]) <= (_MAX_WORDS if known.decision else 4)
        ended = view.text[match.end("word") : end].lstrip().startswith(".") and not known.decision
        if short and not ended and match.start() > first:
            start = heading_start(view, reading.decisions, floor, match.start(), width)
            return decided_heading(start, match.start(), match.span("word"), reading, "heading.unlisted_word")
    return None


def _unlisted(text: str, first: int, end: int, decisions: Decisions) -> re.Match[str] | None:
    """Return the words behind the colon at which a request ends: the last one in "Labs: CBC: Upheld [1]".

    It is the one colon behind which something is decided. Without one, a label such as "Labs" ends no request.
    """
    match = _UNKNOWN.search(text, first, end)
    if match is None:
        return None
    known = [part for part in _PART.finditer(text, first, end) if decisions.known(part["word"])]
    if len(known) == 1:
        return _UNKNOWN.match(text, known[0].start(), end) or known[0]
    if known or not _labels(text[first : match.start()], decisions):
        return match
    return _UNKNOWN.search(text, match.start("word"), end)


def _labels(text: str, decisions: Decisions) -> bool:
    """Return whether words before a colon belong to the request behind it: "Associated service", "Right shoulder"."""
    label = text.strip()
    return bool(decisions.prefixes.fullmatch(label) or (len(label.split()) <= _LABEL and body_parts(label)))


def _bare(
    reading: Reading, floor: int, end: int, width: float, expected: int | None, *, listed: bool
) -> ServiceHeading | None:
    """Return the heading that ends at ``end`` without a decision: "Norco #60:" above its guideline sections.

    Without it the service would vanish, and its reasons would go to the service before. It must be a line that the
    text before does not run into. Where the layout decides in sentences, or it is ``listed``, its number must be the
    one that is expected; None is any.
    """
    view, decisions = reading.view, reading.decisions
    last = bisect_left(view.lines, end, key=lambda line: line[0])
    if not last or view.lines[last - 1][1] > end or view.lines[last - 1][0] < floor:
        return None
    stop = view.lines[last - 1][1]
    start = heading_start(view, decisions, floor, stop, width)
    line = view.lines[bisect_right(view.lines, start, key=lambda line: line[0]) - 1][0]
    heading = view.text[start:stop]
    number = _NUMBER.match(heading)
    numbered = bool(number and expected in (None, int(number[1])))
    before = view.text[floor:line].rstrip()
    ended = not before or before[-1] in ".?!:)\"']" or decisions.at_end_of_line.search(before)
    if (
        re.search(r"\w", view.text[max(line, floor) : start])
        or not ended
        or (("decides" in reading.layout.services or listed) and not numbered)
        or not 3 <= len(heading) <= _MAX_BARE
    ):
        return None
    if word := decisions.place_stated(heading.rstrip(" .")):
        said = [s for s in reading.statements.read(view.text, start, stop) if s.decides and s.kind != "act"]
        if len(said) > 1 or (said and not topic(" ".join(said[0].subject))):
            return None  # a conclusion above a lost heading: "As such, the request is not medically necessary."
        span = (start + word[0], start + word[1])
        text_end = trimmed(view.text, start, span[0])
        return decided_heading(start, text_end, span, reading, "heading.unlisted_word")
    if (not numbered and heading.endswith(ENDED)) or reading.listed.patterns["leading"].fullmatch(heading):
        return None  # a sentence, or "UPHELD - Cane": `Listed` reads a decision that comes first
    text_end = trimmed(view.text, start, stop)
    nameless = decisions.only(heading)  # "Upheld" below a line that is lost: no sentence says of what
    return ServiceHeading(start, stop, text_end, None, None, None, "heading.bare", open=nameless)


def _next_number(text: str, found: list[ServiceHeading]) -> int:
    """Return the number that the next heading of a list has."""
    number = _NUMBER.match(text, found[-1].start) if found else None
    return int(number[1]) + 1 if number else 1


def _stated(reading: Reading, floor: int, end: int, width: float) -> ServiceHeading | None:
    """Return the heading "1. <request> is notmedically necessary", which the layout's pattern does not match."""
    text = reading.view.text
    begin = max(floor, end - MAX_HEADING)
    said = [s for s in reading.statements.read(text, begin, end) if s.decides and s.subject_end]
    if not said or end - said[-1].end > _WINDOW or not said[-1].subject_end:
        return None
    statement = said[-1]
    text_end = statement.subject_end or begin
    start = heading_start(reading.view, reading.decisions, begin, text_end, width)
    evidence = (
        DecisionEvidence("heading", statement.decision, text_end, statement.end, statement.rule, statement.granted),
    )
    return ServiceHeading(
        start, statement.end, text_end, statement.decision, text_end, statement.end, "heading.stated", evidence
    )  # fmt: skip
