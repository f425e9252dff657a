"""Finds where each disputed service is named and decided. One function a style of layout (``services.style``).

Read `find_services` first; `_decision_lines` is the layout of almost all letters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import quantiles

from imr_nlp.layouts import Decisions, Layout
from imr_nlp.tokenizer import View

MAX_HEADING = 3000  # characters; the longest heading seen is a tenth of it


@dataclass(frozen=True, slots=True)
class Title:
    """A section heading that was found: where it stands, and where the section's own text begins."""

    start: int
    end: int
    category: str


@dataclass(frozen=True, slots=True)
class ServiceHeading:
    """Where a service is named (``start:end``, with its decision where that follows) and what was decided.

    ``text_end`` is where the request ends and the decision (or the statement of necessity) begins.
    """

    start: int
    end: int
    text_end: int
    decision: str | None
    decision_start: int | None
    decision_end: int | None
    rule: str
    number: int | None = None


def find_services(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    """Return the service headings of a letter in text order."""
    style: Callable[..., list[ServiceHeading]] = _STYLES[layout.services["style"]]
    return style(layout, decisions, view, titles)


# -- layout 3: "<request>: Upheld", then the guideline sections -----------------------------------------------


def _decision_lines(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    word = _decision_word(decisions)
    found: list[ServiceHeading] = []
    floor = 0
    for title in titles:
        if title.category in layout.services["before"]:
            window = max(floor, title.start - 60)
            match = word.search(view.text, window, title.start)
            if match:
                start = _heading_start(view, decisions, floor, match.start())
                label = decisions.words[" ".join(match["word"].lower().split())]
                found.append(
                    ServiceHeading(start, match.end("word"), match.start(), label, match.start("word"),
                                   match.end("word"), "heading.decision_line")
                )  # fmt: skip
        floor = title.end
    return found


def _decision_word(decisions: Decisions) -> re.Pattern[str]:
    """Match a decision word at the end of a stretch: " is: Upheld", ": Overturned.", " Modified"."""
    words = "|".join(re.escape(word).replace(r"\ ", r"\s") for word in sorted(decisions.words, key=len, reverse=True))
    return re.compile(rf"(?:\s(?:is|are|was))?\s?[:;.-]?\s?\b(?P<word>{words})\b[\s.:;,)\]-]{{0,6}}\Z", re.IGNORECASE)


def _heading_start(view: View, decisions: Decisions, floor: int, end: int) -> int:
    """Walk back over the lines before ``end`` as long as they belong to the heading that ends there."""
    floor = max(floor, end - MAX_HEADING)
    lines = [(max(a, floor), b) for a, b in view.lines if b > floor and a < end]
    while lines and not re.search(r"\w", view.text[lines[0][0] : min(lines[0][1], end)]):
        lines.pop(0)
    if not lines:
        return _skip(view.text, floor, end)
    i = len(lines) - 1
    while i > 0 and _continues(view, lines[i - 1], lines[i], end, decisions):
        i -= 1
    start = lines[i][0]
    if start > floor or lines[i][0] == floor:
        start = _after_sentence(view.text, start, end, decisions, joined=i > 0 or start == floor)
    return _skip(view.text, start, end)


def _continues(view: View, before: tuple[int, int], line: tuple[int, int], end: int, decisions: Decisions) -> bool:
    """Say whether the line ``before`` is the same heading: it was wrapped, not ended."""
    text = view.text[before[0] : before[1]]
    rest = view.text[line[0] : end]
    if not re.search(r"\w", rest):
        return True  # the decision stands alone on its line
    if re.match(r"[\s:]*\b(?:is|are)\b[\s:]*\Z", rest):
        return True
    if _wants_original(rest, decisions):
        return True
    if text.endswith((".", "!", "?")):
        return False
    if rest[:1].islower() or text.endswith((",", "-", "/", "(", "&", ";", ":")):
        return True
    first_word = len(rest.split(" ", 1)[0])
    return before[1] - before[0] + 1 + first_word >= 0.8 * _width(view)


def _wants_original(rest: str, decisions: Decisions) -> bool:
    """Say whether a split heading's beginning is still missing: it speaks of a remainder, not of the original."""
    cues = [match.group().lower() for match in decisions.split_cues.finditer(rest)]
    return bool(cues) and not any("original request" in cue for cue in cues)


def _width(view: View) -> float:
    lengths = [b - a for a, b in view.lines]
    return quantiles(lengths, n=10)[-1] if len(lengths) > 1 else 0.0


_SENTENCE_END = re.compile(r"(?<=[a-z0-9)\]\"'][.!?]) (?=[A-Z0-9])")


def _after_sentence(text: str, start: int, end: int, decisions: Decisions, *, joined: bool) -> int:
    """Where the first line also holds the end of the text before, return where the heading itself begins."""
    if not joined:
        return start
    stretch = text[start:end]
    if decisions.split_cues.search(stretch):
        original = stretch.lower().find("original request")
        cut = [m.end() for m in _SENTENCE_END.finditer(stretch) if m.end() < original]
    else:
        cut = [m.end() for m in _SENTENCE_END.finditer(stretch)]
    return start + cut[-1] if cut else start


def _skip(text: str, start: int, end: int) -> int:
    while start < end and not (text[start].isalnum() or text[start] in "(\"'[#"):
        start += 1
    return start


# -- layouts that state each decision in words ----------------------------------------------------------------


def _stated(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    return []


_STYLES: dict[str, Callable[..., list[ServiceHeading]]] = {"decision_line": _decision_lines, "stated": _stated}

__all__ = ["ServiceHeading", "Title", "find_services", "replace"]
