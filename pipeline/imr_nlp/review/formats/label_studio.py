"""Label Studio: a folder with tasks.json (texts with predictions) and config.xml (the labelling configuration).

Reads the JSON export of a project: of each task the annotation that was changed last. Offsets count Unicode
characters, as Label Studio's text tag does. Tasks as written here, which nobody has annotated, give their predictions
back; in an export a task without annotation has not been reviewed, and is passed over.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from imr_nlp.review.formats import FormatError
from imr_nlp.review.formats.label_studio_config import (
    LABEL_SETS,
    OTHER,
    Control,
    controls,
    label_sets,
    labelling_config,
)
from imr_nlp.review.formats.rebuild import reviewed
from imr_nlp.review.formats.regions import IN_LABEL, Flat, Found, Region, flatten, label_of, named
from imr_nlp.review.task import Task, settle, spans_of

SUFFIX = ""
TASKS, CONFIG = "tasks.json", "config.xml"
LOST = (
    "spans that cover no character, and citations without a place, are not shown; they come back unchanged",
    "facts of the case are shown, and their places can be corrected, but not their values",
    "body parts that the service doesn't word as the record does are not shown; they come back unchanged",
)
Result = dict[str, Any]


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


def read(paths: list[Path], texts: Callable[[str], str] | None = None) -> Iterator[Task]:
    """Yield the tasks of exports as they were annotated last. ``texts`` isn't needed: the format holds the texts."""
    for path in paths:
        file = path / TASKS if path.is_dir() else path
        try:
            items = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FormatError(f"{file}: {getattr(error, 'strerror', None) or 'not JSON in UTF-8'}") from error
        if not isinstance(items, list):
            raise FormatError(f"{file}: not a list of tasks; is this the JSON export of Label Studio?")
        for number, item in enumerate(items, 1):
            try:
                task = _task(item)
            except (KeyError, TypeError, AttributeError) as error:
                raise FormatError(f"{file}: task {number} is not one that this package exported") from error
            if task:
                yield task


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
    for key in flat.regions:
        plain = re.sub(r"[^A-Za-z0-9_-]", "-", key)
        while plain in taken:
            plain += "_"
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


def _task(item: dict[str, Any]) -> Task | None:
    data = item["data"]
    name, text, record, meta = data["name"], data["text"], data["record"], dict(data["meta"])
    if "annotations" in item:
        done = [annotation for annotation in item["annotations"] if not annotation.get("was_cancelled")]
        if not done:
            return None
        last = max(done, key=lambda annotation: annotation.get("updated_at") or "")
        meta |= _who_and_when(last)
    else:
        last = item["predictions"][0]
    problems: list[str] = []
    flat = flatten(record, text)
    given = {plain: flat.regions[key] for key, plain in _ids(flat).items()}
    found, links = _found(last["result"], given, problems)
    now, lost = reviewed(record, text, found, links)
    if problems or lost:
        meta["problems"] = [["unplaced", words] for words in problems + lost]
    return Task(name, text, record if now == record else settle(now, text), meta)


def _who_and_when(annotation: dict[str, Any]) -> dict[str, str]:
    by = annotation.get("completed_by")
    who = (by.get("email") or by.get("id")) if isinstance(by, dict) else by
    given = {"annotator": who, "updated_at": annotation.get("updated_at")}
    return {key: str(value) for key, value in given.items() if value is not None}


def _found(
    results: list[Result], given: dict[str, Region], problems: list[str]
) -> tuple[list[Found], list[tuple[Any, str, Any]]]:
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


def _region(key: str, result: Result, answers: dict[str, Any], was: Region | None) -> Found:
    value = result["value"]
    name = value["labels"][0]
    values = dict(was.values) if was and named(was.label)[0] == name else {}
    said: dict[str, Any] = {}
    for control in controls():
        if name in control.labels:
            into = said if IN_LABEL.get(name) == control.field else values
            _put(into, control, _read_answer(control, answers))
    return Found(key, label_of(name, said), value["start"], value["end"], was.key if was else None, values)


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
