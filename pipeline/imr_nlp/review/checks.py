"""What keeps a task that comes back from being gold: unknown values, missing attributes, places outside the text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError

from imr_nlp.labels import ATTRIBUTES
from imr_nlp.reading.problems import Problem
from imr_nlp.records import schema as records
from imr_nlp.review.task import VALUED, Task, spans_of, text_sha256

#: Attributes without which an entity is no gold. A canonical name may be missing: not everything has one.
REQUIRED = {label: tuple(name for name in names if name != "canonical") for label, names in ATTRIBUTES.items()}
#: Fields of the case and of services that are dates in ISO 8601.
DATES = frozenset(
    {"date_assigned", "date_of_injury", "decision_date", "ur_denial_date", "application_received", "date_of_service"}
)
DATE_FORM = "not a date of the form 2016-11-28; write it so"
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SHOWN = 40  # characters of a refused value that a message shows
_MAX_NAME = 240  # bytes: file systems take 255, and a suffix follows
_TEXT_OF_META = ("text_sha256", "pipeline_version", "path", "letter_id", "layout", "annotator", "updated_at")


def check(task: Task) -> list[Problem]:
    """Return what keeps a task from being gold.

    Labels and values that records don't know, offsets outside the text, ids that are missing or used twice, and a text
    that is not the one that was exported.

    >>> record = {"entities": [{"id": "E1", "label": "PROCEDURE", "text": "MRI", "start": 0, "end": 30}]}
    >>> record["entities"][0]["status"] = "requested"
    >>> [problem.code for problem in check(Task("a", "MRI", record, {"text_sha256": text_sha256("MRI")}))]
    ['offsets']
    """
    return [Problem(task.name, code, message) for code, message in _faults(task)]


def _faults(task: Task) -> Iterator[tuple[str, str]]:
    unfit = [name for name in _TEXT_OF_META if not isinstance(task.meta.get(name, ""), str)]
    if unfit:
        yield "meta", f"{', '.join(unfit)}: not text"
        return
    if "text_sha256" not in task.meta and task.meta.get("problems"):
        pass  # the reader of the format says what is gone
    elif task.meta.get("text_sha256") != text_sha256(task.text):
        yield "text_changed", "the text is not the one that was exported (its sha256 differs)"
    yield from _misnamed(task.name)
    yield from ((code, message) for code, message in task.meta.get("problems", ()))
    invalid = list(invalid_fields(task.record))
    yield from invalid
    if not invalid:
        yield from _misplaced(task)
        yield from _unlinked(task.record)
        yield from _incomplete(task.record)
        yield from _undated(task.record)


def _misnamed(name: str) -> Iterator[tuple[str, str]]:
    """Yield why no file can have the name. It comes from outside, and names a file to write."""
    if not name.strip(".") or any(c in "/\\" or not c.isprintable() for c in name):
        yield "name", "a name that no file can have"
    elif len(name.encode("utf-8", "surrogatepass")) > _MAX_NAME:
        yield "name", f"a name of more than {_MAX_NAME} bytes, which no file can have"


def invalid_fields(record: Any) -> Iterator[tuple[str, str]]:
    """Yield where a record is not of the form of `records.Letter`: the code of the fault, and the field with a reason.

    >>> list(invalid_fields({"entities": 5}))
    [('list_type', 'entities: Input should be a valid list')]
    """
    if not isinstance(record, Mapping):
        yield "record", "the record is not a JSON object"
        return
    source = {"text_sha256": "", "characters": 0, "layout": "", "pipeline_version": ""}
    try:
        records.Letter.model_validate({**record, "source": source})
    except ValidationError as error:
        for fault in error.errors():
            *where, name = map(str, fault["loc"])
            if fault["type"] == "literal_error":
                code = "label" if name == "label" else "value"
                reason = f"{str(fault['input'])[:_SHOWN]!r} is unknown; known are {fault['ctx']['expected']}"
            elif fault["type"] == "missing":
                yield "attribute", f"{_place_of(record, where)} has no {name}; give it in the tool"
                continue
            else:
                code, reason = fault["type"], fault["msg"]
            yield code, f"{'.'.join([*where, name])[: 4 * _SHOWN]}: {reason}"
    except RecursionError:
        yield "record", "it nests too deeply"


def _place_of(record: Mapping[str, Any], path: Sequence[str]) -> str:
    """Return what a path in a record leads to, in words: "services.0.citations.1 (C2) at 40..52".

    >>> _place_of({"services": [{"id": "S1", "start": 3, "end": 9}]}, ["services", "0"])
    'services.0 (S1) at 3..9'
    """
    part: Any = record
    for key in path:
        part = part[int(key)] if isinstance(part, list) else part.get(key, {})
    named = ".".join(path) or "the record"
    if not isinstance(part, Mapping):
        return named
    if isinstance(part.get("id"), str):
        named += f" ({part['id'][:_SHOWN]})"
    return f"{named} at {part['start']}..{part['end']}" if {"start", "end"} <= part.keys() else named


def _misplaced(task: Task) -> Iterator[tuple[str, str]]:
    size = len(task.text)
    for kind, values, start, end in spans_of(task.record):
        named = f"{kind} {values.get('id') or values.get('name')}"
        if not 0 <= start <= end <= size:
            yield "offsets", f"{named}: {start}..{end} lies outside the text (0..{size})"
        elif start == end:
            yield "empty", f"{named}: covers no character at {start}"


def _unlinked(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    things = Counter(_identified(record))
    # One sentence that serves two services may stand in both, under one id.
    counts = Counter(name for name, _ in {(name, place) for name, place, _ in things})
    yield from (("id", f"{name}: stands for {count} things") for name, count in counts.items() if count > 1)
    copied = {name: times for (name, _, _), times in things.items() if times > 1}
    yield from (("id", f"{name}: is there {times} times; delete the copies") for name, times in copied.items())
    ids = set(counts)
    for relation in record.get("relations", ()):
        if relation["head"] not in ids:
            yield "relation", f"{relation['label']}: its head {relation['head'][:_SHOWN]!r} is not in the letter"
        elif relation["label"] not in VALUED and relation["tail"] not in ids:
            yield "relation", f"{relation['label']}: its tail {relation['tail'][:_SHOWN]!r} is not in the letter"


def _identified(record: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, int, int], str]]:
    """Yield everything that has an id: the id, what it is and where, and the id of the service that it is part of."""
    for entity in record.get("entities", ()):
        yield entity["id"], ("entity", entity["start"], entity["end"]), ""
    for service in record.get("services", ()):
        yield service["id"], ("service", service["start"], service["end"]), ""
        for part in ("citations", "rationale"):
            for item in service.get(part, ()):
                yield item["id"], (part, item["start"], item["end"]), service["id"]


def _incomplete(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the entities without an attribute that gold has for their label, and decisions without a value."""
    for entity in record.get("entities", ()):
        missing = [name for name in REQUIRED[entity["label"]] if entity.get(name) in (None, "")]
        if missing:
            place = f"{entity['label']} {entity.get('id')} at {entity['start']}..{entity['end']}"
            yield "attribute", f"{place} has no {', '.join(missing)}; give it in the tool"
    for service in record.get("services", ()):
        if service.get("decision_start") is not None and not service.get("decision"):
            place = f"{service['decision_start']}..{service.get('decision_end')}"
            yield "attribute", f"DECISION of {service.get('id')} at {place} has no decision; give it in the tool"


def _undated(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    dated = [("case", record.get("case") or {})]
    dated += [(f"service {service.get('id')}", service) for service in record.get("services", ())]
    for where, values in dated:
        for name in sorted(DATES & values.keys()):
            if values[name] is not None and not is_date(values[name]):
                yield "date", f"{where}: {name}: {DATE_FORM}"


def is_date(value: str) -> bool:
    """Tell a date in ISO 8601, with its dashes.

    >>> is_date("2016-11-28"), is_date("11/28/2016"), is_date("2016-02-30")
    (True, False, False)
    """
    try:
        return bool(_ISO_DATE.fullmatch(value) and date.fromisoformat(value))
    except ValueError:
        return False
