"""Where a file that holds several letters is to be cut.

Evidence is data (``configs/layout/parts.yml``): a header with another case number, and headings that a letter has
once. A letter that quotes the number of another case is not cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from imr_nlp.config import shipped


@dataclass(frozen=True, slots=True)
class Part:
    """The place of one letter in the text of a file of several.

    Attributes:
        number: Its number in the file, from 1.
        count: How many letters the file holds.
        start: Offset of its first character in the file's text.
        end: Offset after its last character.
        sure: Whether both of its ends are beyond doubt.
    """

    number: int
    count: int
    start: int
    end: int
    sure: bool = True


def parts_of(text: str) -> list[Part]:
    """Return the letters in a text, in order. Together they cover it.

    Linear in the length of the text.

    >>> letter = "Case Number: CM16-00000{0}1 Date Assigned: 1/2/2016\\nPriority: Standard\\n" \\
    ...     "CLINICAL CASE SUMMARY\\nA welder.\\nIMR ISSUES, DECISIONS AND RATIONALES\\nMRI: Upheld\\n"
    >>> [(part.number, part.start) for part in parts_of(letter.format(1) + letter.format(2))]
    [(1, 0), (2, 150)]
    >>> len(parts_of(letter.format(1)))
    1
    """
    cuts = list(_cuts(text, list(_marks(text)))) if _may_hold_several(text) else []
    starts = [0, *(cut.at for cut in cuts)]
    ends = [*starts[1:], len(text)]
    sure = [True, *(cut.sure for cut in cuts), True]
    count = len(starts)
    return [
        Part(i + 1, count, start, end, sure[i] and sure[i + 1])
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


@dataclass(frozen=True, slots=True)
class _Mark:
    """A wording that says where in a letter we are: a number, a title, or the heading of a group."""

    at: int
    end: int
    kind: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class _Cut:
    at: int
    sure: bool


@dataclass(slots=True)
class _Current:
    """What has been seen of the letter that we are in."""

    start: int = 0
    number: str = ""
    header: bool = False
    seen: set[str] = field(default_factory=set)
    last: int = -1  # index of its last heading or header among the marks


def _cuts(text: str, marks: list[_Mark]) -> Iterator[_Cut]:
    """Yield the places where another letter begins."""
    current = _Current()
    for i, mark in enumerate(marks):
        if mark.kind == "title":
            continue
        opening = None
        if mark.kind == "number":
            if not _is_header(text, marks, i):
                continue
            opening = _header_cut(marks, i, current)
        elif mark.kind in current.seen or _opens(marks, i, current):
            opening = _restart_cut(marks, i, current)
        if opening is not None and opening.at > current.start:
            yield opening
            current = _Current(start=opening.at)
        if mark.kind == "number":
            if not current.header:
                current.number, current.header, current.last = mark.value, True, i
        else:
            if not current.header and mark.kind not in current.seen:
                current.number = current.number or _number_before(marks, i, current)
            current.seen.add(mark.kind)
            current.last = i


def _header_cut(marks: list[_Mark], i: int, current: _Current) -> _Cut | None:
    """Return the cut before a header with its number at ``marks[i]``, if it opens another letter."""
    mark = marks[i]
    complete = bool(current.seen & _wordings().complete)
    if not current.header and not complete:
        return None  # the first header, perhaps below a title or an e-mail's head
    if mark.value == current.number:
        # A running head, or the same letter once more: then its headings come once more too.
        return _Cut(_opening(marks, i, current), True) if complete and _restarts(marks, i, current) else None
    if complete:
        return _Cut(_opening(marks, i, current), _restarts(marks, i, current) or _has_heading(marks, i))
    if current.seen and not _restarts(marks, i, current):
        return None  # a quotation: the letter has not come to its decisions yet
    return _Cut(_opening(marks, i, current), False)


def _restart_cut(marks: list[_Mark], i: int, current: _Current) -> _Cut | None:
    """Return the cut before a heading that the letter has had already, if others follow it once more."""
    again = {marks[i].kind}
    if _opens(marks, i, current):
        return _Cut(_opening(marks, i, current), False)
    for mark in marks[i + 1 :]:
        if mark.kind in ("number", "title"):
            continue
        if mark.kind not in current.seen:
            break
        again.add(mark.kind)
        if len(again) > 1:
            break
    opening = _opening(marks, i, current)
    headed = any(mark.kind == "title" for mark in marks[current.last + 1 : i])
    if len(again) < 2 and not (headed and current.seen & _wordings().complete):
        return None
    return _Cut(opening, headed and bool(current.seen & _wordings().complete) and len(again) > 1)


def _opening(marks: list[_Mark], i: int, current: _Current) -> int:
    """Return where the lines begin that lead to ``marks[i]``: titles and numbers shortly before it."""
    at = marks[i].at
    for j in range(i - 1, current.last, -1):
        if marks[j].kind not in ("title", "number") or at - marks[j].end > _wordings().gap:
            break
        if marks[j].kind == "number" and marks[j].value == current.number != marks[i].value:
            break  # the running head of the letter before
        at = marks[j].at
    return at


def _opens(marks: list[_Mark], i: int, current: _Current) -> bool:
    """Tell whether a complete letter is followed by one that begins with other headings and then has the same."""
    known = _wordings()
    return marks[i].kind in known.opens and bool(current.seen & known.complete) and _restarts(marks, i, current)


def _restarts(marks: list[_Mark], i: int, current: _Current) -> bool:
    """Tell whether the first heading after ``marks[i]`` is one that the letter has had already."""
    following = next((mark for mark in marks[i + 1 :] if mark.kind not in ("number", "title")), None)
    return following is not None and following.kind in current.seen


def _has_heading(marks: list[_Mark], i: int) -> bool:
    """Tell whether a heading comes after ``marks[i]`` before the next number."""
    following = next((mark for mark in marks[i + 1 :] if mark.kind != "title"), None)
    return following is not None and following.kind != "number"


def _number_before(marks: list[_Mark], i: int, current: _Current) -> str:
    return next((mark.value for mark in marks[max(0, current.last) : i] if mark.kind == "number"), "")


def _is_header(text: str, marks: list[_Mark], i: int) -> bool:
    """Tell whether a number is that of a header: other fields of headers, a title or a heading are near it."""
    known, mark = _wordings(), marks[i]
    if i and marks[i - 1].kind == "title" and mark.at - marks[i - 1].end <= known.title_within:
        return True
    if i + 1 < len(marks) and marks[i + 1].kind != "number" and marks[i + 1].at - mark.end <= known.title_within:
        return True
    near = text[max(0, mark.at - known.before) : mark.end + known.after]
    return len({found.group().lower() for found in known.fields.finditer(near)}) >= known.needed


# --- wordings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wordings:
    marks: re.Pattern[str]
    groups: dict[str, str]
    fields: re.Pattern[str]
    complete: frozenset[str]
    opens: frozenset[str]
    twice: list[list[str]]
    needed: int
    before: int
    after: int
    gap: int
    title_within: int


@lru_cache(maxsize=1)
def _wordings() -> _Wordings:
    data: dict[str, Any] = shipped("layout/parts.yml")
    groups = {f"h{i}": name for i, name in enumerate(data["headings"])}
    # What mark-up leaves between a label and its value: "**Case Number:** CM13", "<b>Case Number:</b> CM13".
    between = r"[\s:*#_.]{0,8}(?:<[^<>\n]{0,40}>[\s:*#_]{0,8}){0,3}"
    headings = "|".join(f"(?P<{key}>{_any(data['headings'][name])})" for key, name in groups.items())
    number = rf"(?:{_any(data['number']['labels'])}){between}(?P<number>{data['number']['value']})(?![\w-])"
    pattern = (
        # The beginning of a line, less quotation marks and mark-up; the end of a tag; a glued line.
        r"(?:^|(?<=[>\f.]))[ \t>*#|_]{0,12}(?:"
        rf"(?i:{number})|(?i:(?P<title>{_any(data['titles'])})|{headings})(?=[ \t]{{0,4}}(?:[:*_<\r\n\f(]|$)))"
    )
    return _Wordings(
        marks=re.compile(pattern, re.MULTILINE),
        groups=groups,
        fields=re.compile(rf"(?i)(?<![A-Za-z])(?:{_any(data['fields'])})(?=[*_]{{0,2}}:)"),
        complete=frozenset(data["complete"]),
        opens=frozenset(data["opens"]),
        twice=[
            _shortest(wordings)
            for wordings in (
                data["number"]["labels"],
                *(data["headings"][name] for name in data["headings"] if name not in data["common"]),
            )
        ],
        needed=int(data["header_fields"]),
        before=int(data["header_before"]),
        after=int(data["header_after"]),
        gap=int(data["opening_gap"]),
        title_within=int(data["title_within"]),
    )


def _shortest(wordings: Iterable[str]) -> list[str]:
    """Return wordings in lower case, less those that hold another one of them."""
    lower = sorted({" ".join(wording.lower().split()) for wording in wordings}, key=len)
    return [one for i, one in enumerate(lower) if not any(other in one for other in lower[:i])]


def _may_hold_several(text: str) -> bool:
    """Tell by plain counting, which is quick, whether a number or a heading is there twice."""
    plain = " ".join(text.lower().split())
    return any(sum(map(plain.count, wordings)) > 1 for wordings in _wordings().twice)


def _any(wordings: Iterable[str]) -> str:
    longest_first = sorted(wordings, key=len, reverse=True)
    return "|".join(r"\s{1,4}".join(map(re.escape, wording.split())) for wording in longest_first)


def _marks(text: str) -> Iterator[_Mark]:
    known = _wordings()
    for found in known.marks.finditer(text):
        kind = found.lastgroup or ""
        yield _Mark(found.start(), found.end(), known.groups.get(kind, kind), (found["number"] or "").upper())
