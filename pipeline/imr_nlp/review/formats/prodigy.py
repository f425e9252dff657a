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
from pathlib import Path
from typing import Any

from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.rebuild import reviewed
from imr_nlp.review.formats.regions import Flat, Found, Region, all_labels, flatten
from imr_nlp.review.task import PARTS, Task

SUFFIX = ".jsonl"
LOST = (
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
_TOKEN = re.compile(rf" |[^\S ]+|[{_MARKS}]|[^\s{_MARKS}]+")


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks to a file, one at a time, and beside it ``NAME.labels.txt``, for the recipes' ``--label``."""
    out.with_suffix(".labels.txt").write_text("\n".join(all_labels()) + "\n", encoding="utf-8")
    with out.open("w", encoding="utf-8", newline="\n") as file:
        for task in tasks:
            file.write(json.dumps(_line(task)) + "\n")


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task]:
    """Yield the tasks of files that `write` or Prodigy's db-out made.

    ``texts`` isn't needed: Prodigy keeps the text. Who answered, and when, stands in ``meta``; that a line was not
    accepted, and what can't be taken, in ``meta["problems"]``. Raises FormatError.
    """
    for path in paths:
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _task(line, f"{path}:{number}")


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


def _task(line: str, where: str) -> Task:
    try:
        values = json.loads(line)
        kept = values.get("imr_nlp") or {}
        name = str(kept.get("name") or (values.get("meta") or {}).get("letter") or where)
        text = values["text"]
        known = kept.get("record") or {part: {} if part in PARTS[:3] else [] for part in PARTS}
        found = [_found(number, span) for number, span in enumerate(values.get("spans") or ())]
        links = None if values.get("relations") is None else list(_links(found, values["relations"]))
        record, lost = reviewed(known, text, found, links)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise FormatError(f"{where}: not a task of Prodigy ({type(error).__name__})") from error
    problems = [["unlinked", message] for message in lost]
    answer = values.get("answer") or "accept"
    if answer != "accept":
        problems.append([str(answer), f"the answer is {answer!r}, not 'accept'"])
    meta = dict(kept.get("meta") or {}) | _answered(values)
    return Task(name, text, record, meta | ({"problems": problems} if problems else {}))


def _found(number: int, span: dict[str, Any]) -> Found:
    start, end = int(span["start"]), int(span["end"])
    values = span.get("attributes")
    key = span.get("id")
    return Found(
        number, str(span["label"]), start, end,
        key if isinstance(key, str) else None, values if isinstance(values, dict) else None,
    )  # fmt: skip


def _links(found: list[Found], relations: Iterable[dict[str, Any]]) -> Iterator[tuple[int, str, int]]:
    """Yield the links by the numbers of the spans: by the ids that we gave, else by place and label, else by place."""
    numbers: dict[Any, int] = {}
    for one in found:
        for named_as in (one.key, (one.start, one.end, one.label), (one.start, one.end)):
            if named_as is not None:
                numbers.setdefault(named_as, one.name)
    for relation in relations:
        ends = []
        for side in ("head", "child"):
            span = relation[f"{side}_span"]
            place = span["start"], span["end"]
            names = (relation.get(f"{side}_id"), (*place, span.get("label")), place)
            ends.append(next((numbers[name] for name in names if name in numbers), None))
        head, child = ends
        if head is not None and child is not None:
            yield head, str(relation["label"]), child


def _answered(values: dict[str, Any]) -> dict[str, str]:
    """Return who answered and when, where Prodigy says it."""
    answered = {}
    annotator = values.get("_annotator_id") or values.get("_session_id")
    if annotator:
        answered["annotator"] = str(annotator)
    if isinstance(values.get("_timestamp"), int | float):
        answered["updated_at"] = datetime.fromtimestamp(values["_timestamp"], UTC).isoformat()
    return answered
