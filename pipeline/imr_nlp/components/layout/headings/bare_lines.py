"""Headings that no guideline section follows: "<request>: Upheld" at the end of a line.

Such a line may be another's: of a letter that is quoted, or of a list of what the insurer did. It may also name no
service. Then the lines after it are read with that in mind.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from imr_nlp.components.layout.heading_start import SENTENCE_END, heading_start, skip
from imr_nlp.components.layout.headings.decision_headings import (
    GUIDELINES,
    QUOTED,
    after_introduction,
    behind_sentence,
    boxed,
    headings_in_line,
    unlabelled,
)
from imr_nlp.components.layout.lists.options import Printed
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading
from imr_nlp.text.quotes import in_quotation


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that ends in a decision word.

    Attributes:
        start: Where it begins.
        end: Where it ends.
        floor: Where the request can begin at the earliest.
        heading: Where the heading begins.
        text_end: Where the request ends.
        word: Its decision word, in the group ``word``.
    """

    start: int
    end: int
    floor: int
    heading: int
    text_end: int
    word: re.Match[str]


def with_bare_lines(
    found: list[ServiceHeading], reading: Reading, width: float, boxes: Sequence[Printed]
) -> list[ServiceHeading]:
    """Add headings that no guideline section follows.

    Args:
        found: The headings that a section follows.
        reading: The letter.
        width: Characters of a full line.
        boxes: Its lists of outcomes with marks.

    >>> import spacy
    >>> from imr_nlp.components.layout.component import LayoutSectionizer
    >>> from imr_nlp.components.layout.service_headings import Title
    >>> from imr_nlp.text.view import read_view
    >>> text = "Decisions\\nCane: Upheld\\nReviewer A: Upheld\\nSling: Overturned"
    >>> component = LayoutSectionizer(spacy.blank("en"))
    >>> reading = component.reading(read_view(text), component.layouts[2], [Title(0, 10, "decisions")])
    >>> [text[one.start : one.end] for one in with_bare_lines([], reading, 60.0, [])]
    ['Cane: Upheld', 'Sling: Overturned']
    """
    decisions, view = reading.decisions, reading.view
    begin = next((title.end for title in reading.titles if title.category == "decisions"), None)
    if begin is None or "decides" in reading.layout.services:
        return found
    begin = after_introduction(view, decisions, begin)
    known = {heading.end for heading in found}
    own = any(decisions.is_own(view.text[h.decision_start : h.decision_end]) for h in found if h.decision_end)
    extra = _with_boxes([one for one in boxes if one.start >= begin and one.end not in known], reading, begin, width)
    foreign = -1  # where the last line of another's list ended
    floor, title_ends = begin, deque(title.end for title in reading.titles)
    for start, end in view.lines:
        if passed := [one.end for one in boxes if one.start < end and one.end > start]:
            floor = max(floor, *passed)
            continue
        word = _decision_word(reading, max(start, begin), end)
        if word is None or word.end("word") in known or word.start() <= start:
            continue
        while title_ends and title_ends[0] <= word.start():
            floor = max(floor, title_ends.popleft())
        if any(one.start < start < one.end for one in found):
            continue
        text_end = unlabelled(view, decisions, floor, word.start())
        heading = heading_start(view, decisions, floor, text_end, width)
        line = _Line(start, end, floor, heading, text_end, word)
        if _of_other_letter(reading, line, foreign) or _quoted(reading, line):
            foreign = end
        elif _names_nothing(reading, line):
            continue
        elif _in_list_of_others(reading, line, own=own):
            foreign = end
        elif not behind_sentence(view, heading, text_end, "rationale"):
            extra += headings_in_line(reading, heading, text_end, word.span("word"), "heading.bare_line")
            floor = word.end("word")  # the next request begins after this one's decision
    same = {(heading.start, heading.decision) for heading in found}  # with other words between it and its sections
    extra = [heading for heading in extra if (heading.start, heading.decision) not in same]
    return sorted(found + extra, key=lambda heading: heading.start)


def _decision_word(reading: Reading, start: int, end: int) -> re.Match[str] | None:
    """Return the decision word behind a colon with which a line ends."""
    colon = reading.view.text.find(":", start, end)  # first: it saves 0.4 ms a letter
    return reading.decisions.at_end_of_line.search(reading.view.text, start, end) if colon >= 0 else None


def _opens(reading: Reading, line: _Line, categories: Collection[str]) -> bool:
    """Return whether a line's request is looked for behind the heading of such a section."""
    return any(title.end == line.floor and title.category in categories for title in reading.titles)


def _of_other_letter(reading: Reading, line: _Line, foreign: int) -> bool:
    """Return whether a line is another letter's: words before it say so, or it continues such a line.

    Args:
        reading: The letter.
        line: The line.
        foreign: Where the last line of another's list ended.
    """
    text, decisions, starts = reading.view.text, reading.decisions, {line.heading, line.start}
    at = max(starts)
    if line.floor < foreign <= at and SENTENCE_END.search(text, foreign - 1, at) is None:
        return True
    patterns = decisions.quoted, decisions.enclosed
    told = any(one.search(text, max(line.floor, start - QUOTED), start) for start in starts for one in patterns)
    return told or decisions.dated.match(text, at) is not None


def _quoted(reading: Reading, line: _Line) -> bool:
    """Return whether a line within the reasons is in quotation marks: a passage of another letter."""
    if not _opens(reading, line, ("rationale",)):
        return False
    stop = next((title.start for title in reading.titles if title.start > line.start), len(reading.view.text))
    return in_quotation(reading.view.text, line.floor, line.word.start(), stop)


def _names_nothing(reading: Reading, line: _Line) -> bool:
    """Return whether a line names no service: a guideline's own sentence, or "Reviewer A: Overturn"."""
    text, lexicon = reading.view.text, reading.decisions.lexicon
    if _opens(reading, line, GUIDELINES) and line.heading <= skip(text, line.floor, line.end):
        return True
    return any(word.any("reviewer") for word in lexicon.words(text, line.heading, line.text_end))


def _in_list_of_others(reading: Reading, line: _Line, *, own: bool) -> bool:
    """Return whether a line within the reasons is in a list of what the insurer did.

    Args:
        reading: The letter.
        line: The line.
        own: Whether the letter's own headings have words that insurers don't use.
    """
    if line.start <= line.floor or not _opens(reading, line, ("rationale",)):
        return False
    return (own and not reading.decisions.is_own(line.word["word"])) or _of_insurer(reading, line.floor, line.start)


def _of_insurer(reading: Reading, floor: int, at: int) -> bool:
    """Return whether the line at ``at`` is in a list of what the insurer did: the sentence before announces it."""
    text, decisions = reading.view.text, reading.decisions
    before = text[max(floor, at - QUOTED) : at].rstrip()
    sentence = before[max((match.end() for match in SENTENCE_END.finditer(before)), default=0) :]
    if not sentence.endswith((".", ":")) or not decisions.lists.search(sentence):
        return False
    return any(word.any("insurer") for word in decisions.lexicon.words(sentence))


def _with_boxes(boxes: Sequence[Printed], reading: Reading, begin: int, width: float) -> list[ServiceHeading]:
    """Return the headings before lists of outcomes; each begins behind the section heading or the list before it."""
    found = []
    for n, one in enumerate(boxes):
        ends = [begin, *(title.end for title in reading.titles), *(before.end for before in boxes[:n])]
        found.append(boxed(reading, max(end for end in ends if end <= one.start), one, width))
    return [heading for heading in found if heading]
