"""Finds where each disputed service is named and decided. One function a style of layout (``services.style``).

Read `find_services` first; `_decision_lines` is the layout of almost all letters.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import quantiles

from imr_nlp.components.layout.definitions import Decisions, Layout, Statement
from imr_nlp.doc.tokenizer import View
from imr_nlp.text.alternatives import alternatives

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


def find_services(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    """Return the service headings of a letter in text order."""
    style: Callable[..., list[ServiceHeading]] = _STYLES[layout.services["style"]]
    return style(layout, decisions, view, titles)


# -- layout 3: "<request>: Upheld", then the guideline sections -----------------------------------------------


def _decision_lines(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    word = layout.services.get("decides") or _decision_word(decisions)
    found: list[ServiceHeading] = []
    floor = 0
    width = _width(view)
    for title in titles:
        if title.category in layout.services["before"]:
            window = max(floor, title.start - 80)
            match = word.search(view.text, window, title.start)
            if match:
                start = _heading_start(view, decisions, floor, match.start(), width)
                label = _label(match["word"], decisions)
                found.append(
                    ServiceHeading(start, match.end("word"), match.start(), label, match.start("word"),
                                   match.end("word"), "heading.decision_line")
                )  # fmt: skip
        floor = title.end
    return _with_bare_lines(found, layout, decisions, view, titles, width)


def _with_bare_lines(
    found: list[ServiceHeading], layout: Layout, decisions: Decisions, view: View, titles: list[Title], width: float
) -> list[ServiceHeading]:
    """Add headings that no guideline section follows: "<request>: Upheld" at the end of a line."""
    begin = next((title.end for title in titles if title.category == "decisions"), None)
    if begin is None or "decides" in layout.services:
        return found
    known = {heading.decision_end for heading in found}
    ends = _decision_word(decisions, colon=True)
    extra = []
    floor, title_ends = begin, deque(title.end for title in titles)
    for line_start, line_end in view.lines:
        match = ends.search(view.text, max(line_start, begin), line_end) if line_end > begin else None
        if match and match.end("word") not in known and match.start() > line_start:
            while title_ends and title_ends[0] <= match.start():
                floor = max(floor, title_ends.popleft())
            start = _heading_start(view, decisions, floor, match.start(), width)
            span = match.span("word")
            label = _label(match["word"], decisions)
            extra.append(ServiceHeading(start, span[1], match.start(), label, *span, rule="heading.bare_line"))
            floor = span[1]  # the next request begins after this one's decision
    return sorted(found + extra, key=lambda heading: heading.start)


def _decision_word(decisions: Decisions, *, colon: bool = False) -> re.Pattern[str]:
    """Match a decision word at the end of a stretch: " is: Upheld", ": Overturned.", " Modified" (without colon)."""
    words = alternatives(decisions.words, blank=r"\s")
    mark = ":" if colon else "[:;.-]?"
    lead = r"(?:\s(?:is|are|was))?\s?" + mark
    return re.compile(rf"{lead}\s?\b(?P<word>{words})\b[\s.:;,)\]-]{{0,6}}\Z", re.IGNORECASE)


def _heading_start(view: View, decisions: Decisions, floor: int, end: int, width: float) -> int:
    """Walk back over the lines before ``end`` as long as they belong to the heading that ends there."""
    floor = max(floor, end - MAX_HEADING)
    first = bisect_right(view.lines, floor, key=lambda line: line[1])
    last = bisect_left(view.lines, end, key=lambda line: line[0])
    lines = [(max(a, floor), b) for a, b in view.lines[first:last]]
    while lines and not re.search(r"\w", view.text[lines[0][0] : min(lines[0][1], end)]):
        lines.pop(0)
    if not lines:
        return _skip(view.text, floor, end)
    i = len(lines) - 1
    while i > 0 and _continues(view.text, lines[i - 1], lines[i], end, decisions, width):
        i -= 1
    start = lines[i][0]
    wraps = i < len(lines) - 1
    if wraps or start == floor or lines[i][1] - start > 1.15 * width:
        # A page break can lose the line's end, a rough conversion all of them: the heading then stands in the same
        # line as the end of the text before it.
        start = _after_sentence(view.text, start, end, decisions)
    return _skip(view.text, start, end)


def _continues(
    letter: str, before: tuple[int, int], line: tuple[int, int], end: int, decisions: Decisions, width: float
) -> bool:
    """Say whether the line ``before`` is the same heading: it was wrapped, not ended."""
    text = letter[before[0] : before[1]]
    rest = letter[line[0] : end]
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
    return before[1] - before[0] + 1 + first_word >= 0.9 * width  # 99.9% of wrapped lines do


def _wants_original(rest: str, decisions: Decisions) -> bool:
    """Say whether a split heading's beginning is still missing: it speaks of a remainder, not of the original."""
    cues = [match.group().lower() for match in decisions.split_cues.finditer(rest)]
    return bool(cues) and not any("original request" in cue for cue in cues)


def _width(view: View) -> float:
    lengths = [b - a for a, b in view.lines]
    return quantiles(lengths, n=10)[-1] if len(lengths) > 1 else 0.0


# "…is not necessary. Knee brace", not "Dr. Roe", "x 6. Lumbar".
_SENTENCE_END = re.compile(r"(?<=[a-z]{3}[.!?]) (?=[A-Z0-9])|(?<=[)\]\"'][.!?]) (?=[A-Z0-9])")


def _after_sentence(text: str, start: int, end: int, decisions: Decisions) -> int:
    """Return where the last sentence of ``text[start:end]`` begins; the sentences of a split heading stay together."""
    stretch = text[start:end]
    original = stretch.lower().find("original request") if decisions.split_cues.search(stretch) else len(stretch)
    cuts = [match.end() for match in _SENTENCE_END.finditer(stretch) if match.end() < original]
    return start + cuts[-1] if cuts else start


def _skip(text: str, start: int, end: int) -> int:
    while start < end and not (text[start].isalnum() or text[start] in "(\"'[#"):
        start += 1
    return start


# -- layout 1: "1) Regarding the request for <request>:", decided in a list ------------------------------------


def _cue_lines(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    text = view.text
    listed = [m for rule in layout.services["decisions"] for m in rule["pattern"].finditer(text)]
    by_number = {m["number"]: m for m in listed if m["number"]}
    found: list[ServiceHeading] = []
    floor = 0
    for title in titles:
        cues = []
        if title.category in layout.services["before"]:
            cues = list(layout.services["cue"].finditer(text, max(floor, title.start - MAX_HEADING), title.start))
        if cues:
            cue = cues[-1]
            end = title.start
            while end > cue.end() and text[end - 1] in " :":
                end -= 1
            entry = by_number.get(cue["number"]) or (listed[len(found)] if len(found) < len(listed) else None)
            label = _label(entry["statement"], decisions) if entry else None
            begin, stop = entry.span("statement") if entry else (None, None)
            found.append(ServiceHeading(cue.start(), end, end, label, begin, stop, "heading.cue_line"))
        floor = title.end
    return [h if h.decision else _decided_after(h, found[i + 1 : i + 2], view, decisions) for i, h in enumerate(found)]


def _label(written: str, decisions: Decisions) -> str | None:
    """Return the decision that a decision word or a statement of necessity stands for."""
    word = " ".join(written.lower().split())
    if word in decisions.words:
        return decisions.words[word]
    stated = decisions.stated(written)
    return stated[0].decision if stated else None


def _decided_after(
    heading: ServiceHeading, following: list[ServiceHeading], view: View, decisions: Decisions
) -> ServiceHeading:
    """Take the decision from what the text says between a heading and the next."""
    end = following[0].start if following else len(view.text)
    return _decided_in(heading, view.text, heading.end, end, decisions)


def _decided_in(heading: ServiceHeading, text: str, start: int, end: int, decisions: Decisions) -> ServiceHeading:
    return _decided(heading, start, decisions.stated(text[start:end]))


def _decided(heading: ServiceHeading, start: int, stated: tuple[Statement, re.Match[str]] | None) -> ServiceHeading:
    """Give a heading the decision that was stated in the stretch that begins at ``start``."""
    if stated is None:
        return heading
    statement, match = stated
    return replace(
        heading, decision=statement.decision, decision_start=start + match.start(), decision_end=start + match.end(),
        rule=f"{heading.rule}+{statement.id}",
    )  # fmt: skip


# -- layout 4: the issues in a list, one rationale for all -----------------------------------------------------

_ITEM = re.compile(r"(?:\A|(?<= ))(?:\(?\d{1,2}[.)]|[•*-]) (?=\S)")


def _issue_list(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    text = view.text
    issue = next((i for i, title in enumerate(titles) if title.category == "issue"), None)
    if issue is None:
        return _stated(layout, decisions, view, titles)
    start = titles[issue].end
    end = titles[issue + 1].start if issue + 1 < len(titles) else len(text)
    lines = [(max(a, start), min(b, end)) for a, b in view.lines if a < end and b > start]
    marked = [start + m.end() for m in _ITEM.finditer(text[start:end])]
    starts = marked or [a for i, (a, b) in enumerate(lines) if i == 0 or not text[a].islower()]
    found = []
    for i, begin in enumerate(starts):
        stop = starts[i + 1] if i + 1 < len(starts) else end
        item = re.sub(r"\s?(?:\(?\d{1,2}[.)]|[•*-])?\s*\Z", "", text[begin:stop])
        if item.strip():
            stop = begin + len(item)
            found.append(ServiceHeading(begin, stop, stop, None, None, None, "heading.issue_list"))
    return _decide_each(found, view, titles, decisions)


def _decide_each(
    found: list[ServiceHeading], view: View, titles: list[Title], decisions: Decisions
) -> list[ServiceHeading]:
    """Decide services that share one rationale: by the statement in each one's own part of it, else by the last."""
    start, end = _rationale(view, titles)
    parts = shared_parts(view.text, start, end, [view.text[h.start : h.text_end] for h in found])
    stated = {part: decisions.stated(view.text[slice(*part)]) for part in {*parts, (start, end)}}
    own = [_decided(h, part[0], stated[part]) for h, part in zip(found, parts, strict=True)]
    return [h if h.decision else _decided(h, start, stated[start, end]) for h in own]


def _rationale(view: View, titles: list[Title]) -> tuple[int, int]:
    for i, title in enumerate(titles):
        if title.category == "rationale":
            return title.end, titles[i + 1].start if i + 1 < len(titles) else len(view.text)
    return 0, len(view.text)


def shared_parts(text: str, start: int, end: int, requests: list[str]) -> list[tuple[int, int]]:
    """Divide a rationale that several services share: each service's part begins where it is first spoken of.

    Where the services are not taken one after the other, the whole rationale serves each.

    >>> text = "ODG wants a trial of the brace. None was had. A scooter needs a walking test. There was none."
    >>> [text[a:b] for a, b in shared_parts(text, 0, len(text), ["Knee brace", "Scooter, purchase"])]
    ['ODG wants a trial of the brace. None was had. ', 'A scooter needs a walking test. There was none.']
    """
    whole = [(start, end)] * len(requests)
    lower = text[start:end].lower()
    cuts = []
    for request in requests:
        words = re.findall(r"[a-z][a-z-]{3,}", request.lower())[:4]
        places = [place for place in (lower.find(word) for word in words) if place >= 0]
        if not places:
            return whole
        cuts.append(start + max(lower.rfind(". ", 0, min(places)) + 2, 0) if ". " in lower[: min(places)] else start)
    if len(cuts) < 2 or cuts != sorted(set(cuts)):
        return whole
    cuts[0] = start
    return list(zip(cuts, [*cuts[1:], end], strict=True))


# -- layout 5: a sentence says what was asked for --------------------------------------------------------------


def _stated(layout: Layout, decisions: Decisions, view: View, titles: list[Title]) -> list[ServiceHeading]:
    text = view.text
    for rule in layout.services.get("headings", []):
        match = rule["pattern"].search(text)
        if match:
            begin, end = match.span("request")
            heading = ServiceHeading(begin, end, end, None, None, None, rule["id"])
            start = _rationale(view, titles)[0]
            return [_decided_in(heading, text, max(start, match.end()), len(text), decisions)]
    return []


_STYLES: dict[str, Callable[..., list[ServiceHeading]]] = {
    "decision_line": _decision_lines,
    "cue_line": _cue_lines,
    "issue_list": _issue_list,
    "stated": _stated,
}
