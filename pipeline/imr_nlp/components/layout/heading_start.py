"""Where the heading of a service begins: lines that a print has wrapped are one heading."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from statistics import quantiles

from imr_nlp.components.layout.decisions import Decisions
from imr_nlp.doc.tokenizer import View
from imr_nlp.text.case import lower_case

MAX_HEADING = 3000  # characters; the longest heading seen is a tenth of it
_MAX_WIDTH = 250  # characters; no printed line is longer
# "…is not necessary. Knee brace", not "Dr. Roe", "x 6. Lumbar".
SENTENCE_END = re.compile(r"(?<=[a-z]{3}[.!?]) (?=[A-Z0-9])|(?<=[)\]\"'][.!?]) (?=[A-Z0-9])")

# "7." at a line's end and "5 mg" on the next are one strength.
_BROKEN_DECIMAL, _STRENGTH = (
    re.compile(r"(?<![\d.])\d{0,3}\s?\.\Z"),
    re.compile(r"\d{1,4}\s?(?:mg|mcg|ml|%)", re.IGNORECASE),
)


def heading_start(view: View, decisions: Decisions, floor: int, end: int, width: float) -> int:
    """Return where the heading begins that ends at ``end``: back over the lines that belong to it.

    Args:
        view: The reading view.
        decisions: Decision words.
        floor: Offset before which it can't begin.
        end: Offset at which it ends.
        width: Characters of a full line of the letter; see `line_width`.
    """
    floor = max(floor, end - MAX_HEADING)
    first = bisect_right(view.lines, floor, key=lambda line: line[1])
    last = bisect_left(view.lines, end, key=lambda line: line[0])
    lines = [(max(a, floor), b) for a, b in view.lines[first:last]]
    while lines and not re.search(r"\w", view.text[lines[0][0] : min(lines[0][1], end)]):
        lines.pop(0)
    if not lines:
        return skip(view.text, floor, end)
    i = len(lines) - 1
    while i > 0 and _continues(view, lines[i - 1], lines[i], end, decisions, width):
        i -= 1
    start = lines[i][0]
    wraps = i < len(lines) - 1
    if wraps or start == floor or lines[i][1] - start > 1.15 * width:
        # A page break can lose the line's end, a rough conversion all of them: the heading then stands in the same
        # line as the end of the text before it.
        start = _after_sentence(view.text, start, end, decisions)
    if (lead := decisions.introduction.match(view.text, start, end)) and lead.end() < end:
        start = lead.end()
    return skip(view.text, start, end)


def _continues(
    view: View, before: tuple[int, int], line: tuple[int, int], end: int, decisions: Decisions, width: float
) -> bool:
    """Say whether the line ``before`` is the same heading: it was wrapped, not ended."""
    letter = view.text
    text = letter[before[0] : before[1]]
    rest = letter[line[0] : end]
    if not re.search(r"\w", rest):
        return True  # the decision stands alone on its line
    if re.match(r"[\s:]*\b(?:is|are)\b[\s:]*\Z", rest):
        return True
    if _wants_original(rest, decisions):
        return True
    if text.endswith(":") and decisions.introduction.fullmatch(text):
        return False
    if text.endswith((".", "!", "?")):
        return _BROKEN_DECIMAL.search(text) is not None and _STRENGTH.match(rest) is not None
    # In a letter without capitals any line begins so.
    small = rest[:1].islower() and not (letter.islower() and view.apart(before, line))
    if small or text.endswith((",", "-", "/", "(", "&", ";", ":")) or decisions.nameless.fullmatch(rest):
        return True
    if decisions.open_end.search(text):
        return True
    first_word = len(rest.split(" ", 1)[0])
    # 99.9% of wrapped lines are that long. In a text with longer lines than print has, each line is a paragraph.
    return width <= _MAX_WIDTH and before[1] - before[0] + 1 + first_word >= 0.9 * width


def _wants_original(rest: str, decisions: Decisions) -> bool:
    """Say whether a split heading's beginning is still missing: it refers to a remainder, not to the original."""
    cues = [match.group().lower() for match in decisions.split_cues.finditer(rest)]
    return bool(cues) and not any(decisions.split_first in cue for cue in cues)


def line_width(view: View) -> float:
    """Return the characters of a full line: nine in ten lines of the letter are no longer."""
    lengths = [b - a for a, b in view.lines]
    return quantiles(lengths, n=10)[-1] if len(lengths) > 1 else 0.0


def _after_sentence(text: str, start: int, end: int, decisions: Decisions) -> int:
    """Return where the last sentence of ``text[start:end]`` begins.

    The sentences of a split heading stay together, and services whose decisions stand in one line.
    """
    stretch = text[start:end]
    split = decisions.split_cues.search(stretch)
    original = lower_case(stretch).find(decisions.split_first) if split else len(stretch)
    cuts = [match.end() for match in SENTENCE_END.finditer(stretch) if match.end() < original]
    while cuts and decisions.at_end_of_line.search(stretch, 0, cuts[-1]):
        cuts.pop()  # "Cane: Upheld. Walker: Overturned"
    return start + cuts[-1] if cuts else start


def skip(text: str, start: int, end: int) -> int:
    """Return ``start`` moved right over what begins no request: blanks, colons, bullets.

    >>> skip(" - Cane", 0, 7)
    3
    """
    while start < end and not (text[start].isalnum() or text[start] in "(\"'[#"):
        start += 1
    return start
