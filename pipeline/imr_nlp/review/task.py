"""What goes to a labelling tool and comes back: one letter's text with its record.

A `Task` holds plain values only, so that every format writes and reads the same thing. What may stand in a record is
said by `imr_nlp.records.schema`; the choices that a labelling tool offers are taken from there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import PurePath
from typing import Any, Literal

from imr_nlp.records import schema as records

Kind = Literal["fact", "entity", "service", "decision", "citation", "rationale"]
#: What a reviewer made of a letter. A letter that was neither corrected nor accepted is untouched.
Answer = Literal["accepted", "rejected", "untouched"]

#: The parts of a record that people review. The other parts of `records.Letter` say where the letter came from
#: (`Task.meta`).
PARTS = ("case", "patient", "reviewer", "facts", "entities", "services", "relations")
#: Relations whose tail is a value, and not something that has an id.
VALUED = ("HAS_DECISION", "HAS_BODY_PART")
#: What follows from a service's decision, and goes when a person corrects it.
OF_DECISION = ("decision_evidence", "decision_confidence", "granted")
#: Gold may not say where a citation stands: it stands then at 0..0.
NOWHERE = {"start": 0, "end": 0}
_EXTENSIONS = (".txt", ".md", ".html", ".htm")


@dataclass(frozen=True, slots=True)
class Task:
    """One letter for review.

    ``record`` has the keys of `PARTS`, as in the JSON of `records.Letter` without nulls; offsets count characters of
    ``text``, and ``name`` is unique among the tasks of an export. ``meta`` holds text_sha256, pipeline_version, path,
    letter_id, layout, warnings (codes), and where there are any severities (of the warnings), trust (of the record),
    annotator and updated_at (ISO 8601). ``problems``, as [code, message], are what the reader of a format could not
    place. ``answer`` is set by the readers of formats, and ``change`` by the one of sheets: which rows were added or
    removed, in words.
    """

    name: str
    text: str
    record: dict[str, Any]
    meta: dict[str, Any]
    answer: Answer = field(default="accepted", compare=False)
    change: str = field(default="", compare=False)


def text_sha256(text: str) -> str:
    """Return the hash by which a text is known to be unchanged.

    >>> text_sha256("Knee brace: Upheld")[:8]
    'd6f4cb92'
    """
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def record_digest(record: Mapping[str, Any], text: str) -> str:
    """Return a hash of a record. Two records that say the same have the same one, in whatever order their parts are.

    Formats that do not keep the exported record keep this hash. It tells a letter that nobody corrected.

    >>> one, same = ({"entities": [], "services": [], "relations": [], "age": age} for age in (44, 44.0))
    >>> record_digest(one, "") == record_digest(same, "")
    True
    """
    same = _in_one_form(derive_fields(dict(record), text))
    return sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()


def _in_one_form(value: Any) -> Any:
    """Return a value as a spreadsheet may not change it.

    A spreadsheet writes 6 as 6.0, and 6.0 as 6. A sheet that was sorted gives lists of objects in another order.
    """
    if isinstance(value, dict):
        return {key: _in_one_form(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        parts = [_in_one_form(part) for part in value]
        objects = all(isinstance(part, dict) for part in parts)
        return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True)) if objects else parts
    return int(value) if isinstance(value, float) and value.is_integer() else value


def spans_of(record: Mapping[str, Any]) -> Iterator[tuple[Kind, dict[str, Any], int, int]]:
    """Yield everything in a record that has a place: its kind, its values, its start and its end.

    A ``decision`` is that of the service whose values are given. Citations without a place are left out.

    >>> service = {"id": "S1", "start": 0, "end": 5, "decision_start": 7, "decision_end": 13}
    >>> [(kind, start, end) for kind, _, start, end in spans_of({"services": [service]})]
    [('service', 0, 5), ('decision', 7, 13)]
    """
    for fact in record.get("facts", ()):
        yield "fact", fact, fact["start"], fact["end"]
    for entity in record.get("entities", ()):
        yield "entity", entity, entity["start"], entity["end"]
    for service in record.get("services", ()):
        yield "service", service, service["start"], service["end"]
        if service.get("decision_start") is not None and service.get("decision_end") is not None:
            yield "decision", service, service["decision_start"], service["decision_end"]
        for citation in service.get("citations", ()):
            if citation["end"]:
                yield "citation", citation, citation["start"], citation["end"]
        for sentence in service.get("rationale", ()):
            yield "rationale", sentence, sentence["start"], sentence["end"]


def task_of_letter(letter: Mapping[str, Any], text: str, name: str, letter_id: str) -> Task:
    """Return the task of a record as the pipeline gives it (the JSON of `records.Letter`, without nulls)."""
    source = letter["source"]
    meta = {key: source[key] for key in ("text_sha256", "pipeline_version", "path", "layout") if key in source}
    warnings = letter.get("warnings", ())
    meta |= {"letter_id": letter_id, "warnings": [warning["code"] for warning in warnings]}
    if any(warning.get("severity", "warning") != "warning" for warning in warnings):
        meta["severities"] = [warning.get("severity", "warning") for warning in warnings]
    if letter.get("trust"):
        meta["trust"] = letter["trust"]
    empty: dict[str, Any] = {part: {} if part in ("case", "patient", "reviewer") else [] for part in PARTS}
    return Task(name, text, empty | {part: letter[part] for part in PARTS if part in letter}, meta)


# --- gold ------------------------------------------------------------------------------------------------------------


def gold_line(task: Task) -> dict[str, Any]:
    """Return a task as a line of a gold file (annotations/README.md).

    Beside what gold needs it keeps ids, rules, relations and, as ``review``, who decided and when, so that
    `task_of_gold` gives the same task again.
    """
    meta = {key: value for key, value in task.meta.items() if key not in ("text_sha256", "layout")}
    services = [
        service | {"citations": [_without_nowhere(citation) for citation in service.get("citations", ())]}
        for service in task.record["services"]
    ]
    return {
        "name": task.name,
        "file": letter_file(task),
        "layout": task.meta.get("layout", "unknown"),
        "sha256": text_sha256(task.text),
        **task.record,
        "services": services,
        "review": meta,
    }


def letter_file(task: Task) -> str:
    """Return where a letter's text stands beside its gold file. Its kind stays, because a page may hold markup.

    >>> letter_file(Task("CM01", "", {}, {"path": "in/CM01.html"})), letter_file(Task("CM02", "", {}, {}))
    ('letters/CM01.html', 'letters/CM02.txt')
    """
    suffix = PurePath(task.meta.get("path") or "").suffix.lower()
    return f"letters/{task.name}{suffix if suffix in _EXTENSIONS else '.txt'}"


def task_of_gold(line: Mapping[str, Any], text: str) -> Task:
    """Return the task of a line of a gold file; what has no id is numbered, relations are made where there are none.

    >>> task = task_of_gold({"name": "a", "entities": [{"label": "PROCEDURE", "start": 0, "end": 3}]}, "MRI: Upheld")
    >>> task.record["entities"]
    [{'id': 'E1', 'label': 'PROCEDURE', 'start': 0, 'end': 3, 'text': 'MRI'}]
    """
    numbers: Counter[str] = Counter()

    def numbered(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
        numbers[prefix] += 1
        return {"id": f"{prefix}{numbers[prefix]}", **values}

    def worded(values: dict[str, Any]) -> dict[str, Any]:
        return values | {"text": text[values["start"] : values["end"]]}

    services = []
    for given in line.get("services", ()):
        service = worded(numbered("S", {"category": "other", **given}))
        service["citations"] = [numbered("C", {**NOWHERE, **item}) for item in given.get("citations", ())]
        service["rationale"] = [
            {**numbered("R", item), "text": text[item["start"] : item["end"]]} for item in given.get("rationale", ())
        ]
        services.append(service)
    record = {
        **{part: line.get(part) or {} for part in ("case", "patient", "reviewer")},
        "facts": line.get("facts", []),
        "entities": [worded(numbered("E", entity)) for entity in line.get("entities", ())],
        "services": services,
    }
    record["relations"] = line["relations"] if "relations" in line else relations_of(record)
    meta = {"text_sha256": line.get("sha256") or text_sha256(text), "layout": line.get("layout", "unknown")}
    return Task(line["name"], text, record, meta | dict(line.get("review") or {}))


def _without_nowhere(citation: dict[str, Any]) -> dict[str, Any]:
    return citation if citation["end"] else {key: citation[key] for key in citation if key not in NOWHERE}


def derive_fields(record: dict[str, Any], text: str) -> dict[str, Any]:
    """Return a corrected record with the fields that follow from others.

    The words of a span follow from its offsets, and relations to values from the values of services. Body parts and
    decisions are values of a service and tails of its relations; the values decide. Where a relation still tells of
    another decision, a person has corrected it: the evidence of that one and what it granted go.

    >>> service = {"id": "S1", "start": 0, "end": 3, "decision": "modified"}
    >>> old = {"head": "S1", "label": "HAS_DECISION", "tail": "upheld"}
    >>> derive_fields({"entities": [], "services": [service], "relations": [old]}, "MRI: Modified")["relations"]
    [{'head': 'S1', 'label': 'HAS_DECISION', 'tail': 'modified'}]
    """

    def worded(part: dict[str, Any]) -> dict[str, Any]:
        return part | {"text": text[part["start"] : part["end"]]} if {"start", "end"} <= part.keys() else part

    told = {item.get("head"): item.get("tail") for item in record["relations"] if item.get("label") == "HAS_DECISION"}

    def decided(service: dict[str, Any]) -> dict[str, Any]:
        if told.get(service.get("id"), service.get("decision")) == service.get("decision"):
            return service
        return {name: value for name, value in service.items() if name not in OF_DECISION}

    valued = [
        {"head": service.get("id", ""), "label": label, "tail": value}
        for service in record["services"]
        for label, values in (
            ("HAS_DECISION", [service["decision"]] if service.get("decision") else []),
            ("HAS_BODY_PART", service.get("body_parts", [])),
        )
        for value in values
    ]
    kept = [item for item in record["relations"] if item.get("label") not in VALUED or item in valued]
    return {
        **record,
        "entities": [worded(entity) for entity in record["entities"]],
        "services": [
            worded(decided(service))
            | ({"rationale": [worded(one) for one in service["rationale"]]} if "rationale" in service else {})
            for service in record["services"]
        ],
        "relations": kept + [item for item in valued if item not in kept],
    }


def relations_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the relations that follow from a record's services and entities, as the pipeline would give them."""
    from imr_nlp import letter

    services = [records.Service.model_validate(service) for service in record["services"]]
    entities = [records.Entity.model_validate(entity) for entity in record["entities"]]
    return [relation.model_dump() for relation in letter.relations_of(services, entities)]
