"""Label Studio: a folder with tasks.json (texts with predictions) and config.xml (the labelling configuration).

Reads the JSON export of a project: of each task the annotation that was changed last. Offsets count Unicode
characters, as Label Studio's text tag does. A task with an annotation is accepted, one that was skipped is rejected,
one with neither is untouched and gives its predictions back.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from imr_nlp.reading.problems import Problem
from imr_nlp.review.formats.label_studio_config import (
    LABEL_SETS,
    OTHER,
    Control,
    controls,
    label_sets,
    labelling_config,
)
from imr_nlp.review.formats.reading import MAX_CHARACTERS, guarded, json_items, known_record, regular_file, within
from imr_nlp.review.formats.rebuild import reviewed
from imr_nlp.review.formats.regions import IN_LABEL, Flat, Region, ReturnedRegion, flatten, label_of, named
from imr_nlp.review.task import Answer, Task, derive_fields, spans_of

SUFFIX = SIDE = ""
TASKS, CONFIG = "tasks.json", "config.xml"
UNSUPPORTED = (
    "spans that cover no character, and citations without a place, are not shown; they come back unchanged",
    "facts of the case are shown, and their places can be corrected, but not their values",
    "body parts that the service doesn't word as the record does are not shown; they come back unchanged",
)
Result = dict[str, Any]
_Offset = Annotated[int, Field(ge=0, le=MAX_CHARACTERS)]
_Number = Annotated[int | float, Field(allow_inf_nan=False)]


class _Value(TypedDict):
    start: NotRequired[_Offset]
    end: NotRequired[_Offset]
    labels: NotRequired[Annotated[list[str], Field(min_length=1)]]
    choices: NotRequired[list[str]]
    number: NotRequired[_Number | None]
    text: NotRequired[str | list[str]]


class _GivenResult(TypedDict):
    type: str
    id: NotRequired[str]
    from_name: NotRequired[str]
    value: NotRequired[_Value]
    from_id: NotRequired[str]
    to_id: NotRequired[str]
    labels: NotRequired[list[str] | None]


class _Annotation(TypedDict):
    result: list[_GivenResult]
    was_cancelled: NotRequired[bool | None]
    updated_at: NotRequired[str | None]
    completed_by: NotRequired[dict[str, Any] | int | str | None]


class _Data(TypedDict):
    name: str
    text: str
    record: dict[str, Any]
    meta: dict[str, Any]


class _Item(TypedDict):
    """What is read of a task of an export. Other keys may be there."""

    data: _Data
    annotations: NotRequired[list[_Annotation]]
    predictions: NotRequired[list[Any]]


_ITEM, _PREDICTION = TypeAdapter(_Item), TypeAdapter(_Annotation)


def write(tasks: Iterable[Task], out: Path) -> None:
    """Write tasks with their annotations as predictions, and the labelling configuration, into a folder."""
    out.mkdir(parents=True, exist_ok=True)
    (out / CONFIG).write_text(labelling_config(), encoding="utf-8")
    with (out / TASKS).open("w", encoding="utf-8", newline="\n") as file:
        separator = "[\n"
        for task in tasks:
            file.write(separator + json.dumps(imported(task)))
            separator = ",\n"
        file.write("[]\n" if separator == "[\n" else "\n]\n")


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task | Problem]:
    """Yield the tasks of exports as they were annotated last. ``texts`` isn't needed: the format holds the texts."""
    for path in paths:
        file = regular_file(path / TASKS if path.is_dir() else path)
        for number, item in json_items(file):
            yield from guarded(f"{file}: task {number}", partial(_read, item))


# --- out -------------------------------------------------------------------------------------------------------------


def imported(task: Task) -> dict[str, Any]:
    """Return a task in the form in which Label Studio imports it.

    >>> record = {"entities": [{"id": "E1", "label": "DIAGNOSIS", "start": 0, "end": 4, "assertion": "affirmed"}]}
    >>> results = imported(Task("a", "Gout", record, {}))["predictions"][0]["result"]
    >>> [result["value"] for result in results]  # doctest: +NORMALIZE_WHITESPACE
    [{'start': 0, 'end': 4, 'text': 'Gout', 'labels': ['DIAGNOSIS']},
     {'start': 0, 'end': 4, 'choices': ['affirmed']}]
    """
    flat = flatten(task.record, task.text)
    shown = {region.key: region for region in flat.shown(len(task.text))}
    ids = _ids(flat)
    results = [result for key, region in shown.items() for result in _results(ids[key], region, task.text)]
    results += [
        {"type": "relation", "from_id": ids[head], "to_id": ids[tail], "direction": "right", "labels": [label]}
        for head, label, tail in flat.links
        if head in shown and tail in shown
    ]
    version = f"imr-nlp {task.meta.get('pipeline_version', '')}".strip()
    prediction: dict[str, Any] = {"model_version": version, "result": results}
    scores = [values["score"] for _, values, _, _ in spans_of(task.record) if "score" in values]
    if scores:
        prediction["score"] = min(scores)  # of the least certain finding, so that sorting by it shows where to look
    data = {"text": task.text, "name": task.name, "facts": _facts(task.record)}
    data |= {"meta": task.meta, "record": task.record}
    return {"data": data, "predictions": [prediction]}


def _facts(record: dict[str, Any]) -> dict[str, str]:
    """Return what the letter says of the case, the patient and the reviewer, worded for a table."""
    facts = {name: value for part in ("case", "patient", "reviewer") for name, value in record.get(part, {}).items()}
    return {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in facts.items()}


def _ids(flat: Flat) -> dict[str, str]:
    """Return the id of each region in Label Studio, which makes a class of a style sheet of it, and so colours it."""
    ids: dict[str, str] = {}
    taken: set[str] = set()
    again: Counter[str] = Counter()
    for key in flat.regions:
        plain = first = re.sub(r"[^A-Za-z0-9_-]", "-", key)
        while plain in taken:
            again[first] += 1
            plain = f"{first}_{again[first]}"
        taken.add(plain)
        ids[key] = plain
    return ids


def _results(key: str, region: Region, text: str) -> Iterator[Result]:
    name, said = named(region.label)
    place = {"start": region.start, "end": region.end}
    words = text[region.start : region.end]
    label = _result(key, label_sets()[name], "labels", {**place, "text": words, "labels": [name]})
    if "score" in region.values:
        label["score"] = region.values["score"]
    if "rule" in region.values:
        label["meta"] = {"text": [region.values["rule"]]}
    yield label
    for control in controls():
        if name in control.labels:
            value = _at(region.values | said, control.field)
            if value is not None and value != []:
                yield _answer(key, control, place, value)


def _answer(key: str, control: Control, place: dict[str, int], value: Any) -> Result:
    if control.kind == "number":
        return _result(key, control.name, "number", {**place, "number": value})
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if control.kind == "choices" and (value in control.offered or not control.open):
        return _result(key, control.name, "choices", {**place, "choices": [value]})
    texts = value if control.many else [value]
    return _result(key, control.name + OTHER * control.open, "textarea", {**place, "text": texts})


def _result(key: str, control: str, kind: str, value: dict[str, Any]) -> Result:
    return {"id": key, "from_name": control, "to_name": "text", "type": kind, "value": value}


# --- back ------------------------------------------------------------------------------------------------------------


def _read(item: bytes | None) -> Task:
    return _task(json.loads(within(item)))


def _task(given: Any) -> Task:
    """Return the task of an item. Raises ValidationError where it isn't of the form that Label Studio exports."""
    item = _ITEM.validate_python(given)
    data = item["data"]
    name, text, record, meta = data["name"], data["text"], known_record(data["record"]), dict(data["meta"])
    last, answer = _last(item)
    if last is None:
        return Task(name, text, record, meta, answer)
    if answer == "accepted":
        meta |= _who_and_when(last)
    problems: list[str] = []
    flat = flatten(record, text)
    given_regions = {plain: flat.regions[key] for key, plain in _ids(flat).items()}
    found, links = _found(last["result"], given_regions, problems)  # type: ignore[arg-type]
    now, lost = reviewed(record, text, found, links, {})
    if problems or lost:
        meta["problems"] = [["unplaced", words] for words in problems + lost]
    return Task(name, text, record if now == record else derive_fields(now, text), meta, answer)


def _last(item: _Item) -> tuple[_Annotation | None, Answer]:
    """Return the annotation that counts, or the prediction where there is none, and what the reviewer made of it."""
    annotations = item.get("annotations", [])
    done = [annotation for annotation in annotations if not annotation.get("was_cancelled")]
    if done:
        return max(done, key=lambda annotation: annotation.get("updated_at") or ""), "accepted"
    predictions = item.get("predictions") or [None]
    shown = _PREDICTION.validate_python(predictions[0]) if isinstance(predictions[0], dict) else None
    return shown, "rejected" if annotations else "untouched"


def _who_and_when(annotation: _Annotation) -> dict[str, str]:
    by = annotation.get("completed_by")
    who = (by.get("email") or by.get("id")) if isinstance(by, dict) else by
    given = {"annotator": who, "updated_at": annotation.get("updated_at")}
    return {key: str(value) for key, value in given.items() if value is not None}


def _found(
    results: list[Result], given: dict[str, Region], problems: list[str]
) -> tuple[list[ReturnedRegion], list[tuple[Any, str, Any]]]:
    """Return the regions and links of an annotation; what can't be understood is told in ``problems``."""
    labelled: dict[str, Result] = {}
    answers: dict[str, dict[str, Any]] = defaultdict(dict)
    links = []
    for result in results:
        if result["type"] == "relation":
            links += [(result["from_id"], label, result["to_id"]) for label in result.get("labels") or ()]
            if not result.get("labels"):
                problems.append(f"the relation from {result['from_id']} to {result['to_id']} has no label")
        elif result["type"] == "labels" and result["from_name"] in LABEL_SETS:
            labelled[result["id"]] = result
        elif result["type"] in ("choices", "number", "textarea"):
            value = result["value"]["text" if result["type"] == "textarea" else result["type"]]
            answers[result["id"]][result["from_name"]] = value
        else:
            problems.append(f"{result['from_name']}: no tag of the exported labelling configuration")
    return [_region(key, result, answers[key], given.get(key)) for key, result in labelled.items()], links


def _region(key: str, result: Result, answers: dict[str, Any], was: Region | None) -> ReturnedRegion:
    value = result["value"]
    name = value["labels"][0]
    values = dict(was.values) if was and named(was.label)[0] == name else {}
    said: dict[str, Any] = {}
    for control in controls():
        if name in control.labels:
            into = said if IN_LABEL.get(name) == control.field else values
            _put(into, control, _read_answer(control, answers))
    return ReturnedRegion(key, label_of(name, said), value["start"], value["end"], was.key if was else None, values)


def _read_answer(control: Control, answers: dict[str, Any]) -> Any:
    answer = answers.get(control.name)
    if control.kind == "number":
        return answer
    typed = answers.get(control.name + OTHER * control.open) if control.open or control.kind == "text" else None
    if control.many:
        return [typed] if isinstance(typed, str) else list(typed or ())
    chosen = typed if control.kind == "text" or not answer else answer
    if not chosen:
        return None
    value = chosen if isinstance(chosen, str) else chosen[0]
    return value == "yes" if control.field == "outside_mtus" else value


def _at(values: dict[str, Any], field: str) -> Any:
    head, _, rest = field.partition(".")
    value = values.get(head)
    return value.get(rest) if rest and value is not None else value


def _put(values: dict[str, Any], control: Control, value: Any) -> None:
    """Set what a control says; an answer that was taken away takes its value away. Part of a field as the field."""
    head, _, rest = control.field.partition(".")
    if rest:
        parts = {key: part for key, part in values.get(head, {}).items() if key != rest}
        value = parts | ({} if value is None else {rest: value}) or None
    if value is None or (value == [] and head not in values):
        values.pop(head, None)
    else:
        values[head] = value
