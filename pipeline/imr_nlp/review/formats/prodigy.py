"""Prodigy's JSONL, for its recipes spans.manual, rel.manual and review.

A line has the keys that Prodigy's documentation gives for its interfaces `spans_manual` and `relations`: ``text``,
``tokens``, ``spans`` (their ``token_end`` is the last token, inclusive) and ``relations`` (whose ``head`` and
``child`` are the last tokens of the spans that they link). Prodigy keeps keys that it doesn't know: each span has its
``id`` and ``attributes``, and ``imr_nlp`` holds the letter's record as it was exported. Prodigy makes ``_input_hash``
and ``_task_hash`` itself when it loads a line without them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from imr_nlp.reading.problems import Problem
from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.reading import (
    MAX_CHARACTERS,
    bounded_lines,
    guarded,
    known_record,
    regular_file,
    within,
)
from imr_nlp.review.formats.rebuild import reviewed
from imr_nlp.review.formats.regions import Flat, Region, ReturnedRegion, all_labels, flatten
from imr_nlp.review.task import PARTS, Answer, Task

SUFFIX, SIDE = ".jsonl", ".labels.txt"
UNSUPPORTED = (
    "spans that cover no character and citations without a place aren't shown; they come back as they went out",
    "decisions and body parts whose place isn't known aren't shown; they come back as they went out",
    "facts of the case, and attributes that no label carries (numbers, units, names), are shown but not edited",
)
COLOURS = {
    "HAS_DECISION": "#f4a6a6",
    "HAS_BODY_PART": "#d9b8f4",
    "HAS_QUANTITY": "#a6dcf4",
    "CITES": "#ffd882",
    "HAS_RATIONALE": "#b5e7a0",
}
_OTHER_COLOUR = "#c5bdf4"
#: A blank, a run of other white space, one mark, or a run of anything else (letters with their combining characters,
#: emoji with their joiners).
_MARKS = r"!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u2027\u2030-\u205e"
_Offset = Annotated[int, Field(ge=0, le=MAX_CHARACTERS)]
_TOKEN = re.compile(rf" |[^\S ]+|[{_MARKS}]|[^\s{_MARKS}]+")


class _Span(TypedDict):
    start: _Offset
    end: _Offset
    label: str
    id: NotRequired[Any]
    attributes: NotRequired[Any]


class _End(TypedDict):
    start: _Offset
    end: _Offset
    label: NotRequired[str | None]


class _Relation(TypedDict):
    head_span: _End
    child_span: _End
    label: str
    head_id: NotRequired[str | None]
    child_id: NotRequired[str | None]


class _Kept(TypedDict):
    name: NotRequired[str | None]
    record: NotRequired[dict[str, Any] | None]
    meta: NotRequired[dict[str, Any] | None]


class _Shown(TypedDict):
    letter: NotRequired[str | None]


class _Line(TypedDict):
    """What is read of a line. Other keys may be there."""

    text: str
    spans: NotRequired[list[_Span] | None]
    relations: NotRequired[list[_Relation] | None]
    meta: NotRequired[_Shown | None]
    imr_nlp: NotRequired[_Kept | None]
    answer: NotRequired[str | None]
    _annotator_id: NotRequired[str | None]
    _session_id: NotRequired[str | None]
    _timestamp: NotRequired[Annotated[float, Field(ge=0, le=1e11)] | None]


_LINE = TypeAdapter(_Line)
_ANSWERS: dict[str, Answer] = {"accept": "accepted", "reject": "rejected", "ignore": "rejected"}


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks to a file, one at a time, and beside it ``NAME.labels.txt``, for the recipes' ``--label``."""
    out.with_suffix(SIDE).write_text("\n".join(all_labels()) + "\n", encoding="utf-8")
    with out.open("w", encoding="utf-8", newline="\n") as file:
        for task in tasks:
            file.write(json.dumps(_line(task)) + "\n")


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
    """Yield the tasks of files that `write` or Prodigy's db-out made.

    ``texts`` isn't needed: Prodigy keeps the text. Who answered, and when, stands in ``meta``; what can't be taken, in
    ``meta["problems"]``. A line without an answer is untouched; "reject" and "ignore" are rejections.
    """
    for path in paths:
        for number, line in bounded_lines(regular_file(path)):
            where = f"{path}:{number}"
            yield from guarded(where, partial(_task, line, where))


# --- out -------------------------------------------------------------------------------------------------------------


def _line(task: Task) -> dict[str, Any]:
    flat = flatten(task.record, task.text)
    regions = sorted(flat.shown(len(task.text)), key=lambda region: (region.start, region.end))
    tokens = tokens_of(task.text, regions)
    spans = _spans(regions, tokens)
    return {
        "text": task.text,
        "tokens": tokens,
        "spans": list(spans.values()),
        "relations": _relations(flat, spans),
        "meta": {"letter": task.name},
        "imr_nlp": {"name": task.name, "record": task.record, "meta": task.meta},
    }


def tokens_of(text: str, regions: Iterable[Region]) -> list[dict[str, Any]]:
    """Return tokens as Prodigy has them from spaCy, cut so that every region begins and ends with a token.

    A blank belongs to the token before it (``ws``), unless a region begins or ends with it.

    >>> [token["text"] for token in tokens_of("MRI, 2x4 weeks", [Region("E1", "FREQUENCY", 5, 7)])]
    ['MRI', ',', '2x', '4', 'weeks']
    """
    starts = {region.start for region in regions}
    ends = {region.end for region in regions}
    cuts = iter(sorted(starts | ends))
    cut = next(cuts, len(text))
    tokens: list[dict[str, Any]] = []
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        if text[start] == " " and tokens and not tokens[-1]["ws"] and start not in starts and end not in ends:
            tokens[-1]["ws"] = True
            continue
        while cut <= start and cut < len(text):
            cut = next(cuts, len(text))
        while start < cut < end:
            tokens.append({"text": text[start:cut], "start": start, "end": cut, "id": len(tokens), "ws": False})
            start, cut = cut, next(cuts, len(text))
        tokens.append({"text": text[start:end], "start": start, "end": end, "id": len(tokens), "ws": False})
    return tokens


def _spans(regions: list[Region], tokens: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    first = {token["start"]: token["id"] for token in tokens}
    last = {token["end"]: token["id"] for token in tokens}
    return {
        region.key: {
            "start": region.start,
            "end": region.end,
            "token_start": first[region.start],
            "token_end": last[region.end],
            "label": region.label,
            "id": region.key,
            "attributes": region.values,
        }
        for region in regions
    }


def _relations(flat: Flat, spans: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "head": spans[head]["token_end"],
            "child": spans[tail]["token_end"],
            "head_span": _end(spans[head]),
            "child_span": _end(spans[tail]),
            "label": label,
            "color": COLOURS.get(label, _OTHER_COLOUR),
            "head_id": head,
            "child_id": tail,
        }
        for head, label, tail in flat.links
        if head in spans and tail in spans
    ]


def _end(span: dict[str, Any]) -> dict[str, Any]:
    return {key: span[key] for key in ("start", "end", "token_start", "token_end", "label")}


# --- back ------------------------------------------------------------------------------------------------------------


def _task(line: bytes | None, where: str) -> Task:
    """Return the task of a line. Raises ValidationError where it isn't of the form that Prodigy writes."""
    values = _LINE.validate_python(json.loads(within(line)))
    kept: _Kept = values.get("imr_nlp") or {}
    name = kept.get("name") or (values.get("meta") or {}).get("letter") or where
    text = values["text"]
    known = known_record(kept.get("record") or {part: {} if part in PARTS[:3] else [] for part in PARTS})
    found = [_found(number, span) for number, span in enumerate(values.get("spans") or ())]
    relations = values.get("relations")
    links = None if relations is None else list(_links(found, relations))
    record, lost = reviewed(known, text, found, links)
    answer = values.get("answer")
    if answer is not None and answer not in _ANSWERS:
        raise FormatError(f"answer: {answer[:40]!r} is unknown; known are {', '.join(_ANSWERS)}")
    meta = dict(kept.get("meta") or {}) | _answered(values)
    if lost:
        meta["problems"] = [["unlinked", message] for message in lost]
    return Task(name, text, record, meta, _ANSWERS[answer] if answer else "untouched")


def _found(number: int, span: _Span) -> ReturnedRegion:
    values, key = span.get("attributes"), span.get("id")
    return ReturnedRegion(
        number, span["label"], span["start"], span["end"],
        key if isinstance(key, str) else None, values if isinstance(values, dict) else None,
    )  # fmt: skip


def _links(found: list[ReturnedRegion], relations: Iterable[_Relation]) -> Iterator[tuple[int, str, int]]:
    """Yield the links by the numbers of the spans: by the ids that we gave, else by place and label, else by place."""
    numbers: dict[Any, int] = {}
    for one in found:
        for named_as in (one.key, (one.start, one.end, one.label), (one.start, one.end)):
            if named_as is not None:
                numbers.setdefault(named_as, one.name)
    for relation in relations:
        ends = []
        for key, span in (
            (relation.get("head_id"), relation["head_span"]),
            (relation.get("child_id"), relation["child_span"]),
        ):
            place = span["start"], span["end"]
            names = (key, (*place, span.get("label")), place)
            ends.append(next((numbers[name] for name in names if name in numbers), None))
        head, child = ends
        if head is not None and child is not None:
            yield head, str(relation["label"]), child


def _answered(values: _Line) -> dict[str, str]:
    """Return who answered and when, where Prodigy says it."""
    answered = {}
    annotator = values.get("_annotator_id") or values.get("_session_id")
    if annotator:
        answered["annotator"] = str(annotator)
    answered_at = values.get("_timestamp")
    if answered_at is not None:
        answered["updated_at"] = datetime.fromtimestamp(answered_at, UTC).isoformat()
    return answered
