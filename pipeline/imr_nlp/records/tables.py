"""Records as six Parquet tables that join on stable ids.

``letters`` (one row a letter), ``services``, ``entities``, ``citations``, ``rationale`` and ``relations``. Every table
has ``letter_id``; ``citations`` and ``rationale`` have ``service_id`` too. An id is the letter's id, a slash, and the
id in the record ("0f3a…/S1"), so that it is the same in every run over the same files.

Where one sentence or citation serves several services it has one row for each, under one id.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from imr_nlp.records import schema as records
from imr_nlp.records.ids import letter_id

_TEXT, _INT, _NUMBER, _DATE, _BOOL = pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.bool_()
_TEXTS = pa.list_(pa.string())
_PLACE = {"start": _INT, "end": _INT, "rule": _TEXT, "score": _NUMBER}

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "letters": {
        "letter_id": _TEXT, "path": _TEXT, "sha256": _TEXT, "text_sha256": _TEXT, "media_type": _TEXT,
        "encoding": _TEXT, "characters": _INT, "layout": _TEXT, "pipeline_version": _TEXT, "schema_version": _TEXT,
        "case_number": _TEXT, "date_assigned": _DATE, "date_of_injury": _DATE, "decision_date": _DATE,
        "ur_denial_date": _DATE, "application_received": _DATE, "priority": _TEXT, "age": _INT, "sex": _TEXT,
        "states": _TEXTS, "specialties": _TEXTS, "services": _INT, "warnings": _TEXTS,
    },
    "services": {
        "service_id": _TEXT, "letter_id": _TEXT, "position": _INT, "text": _TEXT, "decision": _TEXT,
        "category": _TEXT, "category_rule": _TEXT, "category_score": _NUMBER, "procedure": _TEXT,
        "body_parts": _TEXTS, "sessions": _NUMBER,
        "implied_sessions": _NUMBER, "frequency_min": _NUMBER, "frequency_max": _NUMBER, "frequency_per": _TEXT,
        "duration_min": _NUMBER, "duration_max": _NUMBER, "duration_unit": _TEXT, "count": _NUMBER,
        "strength": _TEXT, "refills": _NUMBER, "date_of_service": _TEXT, "original_request": _TEXT,
        "authorized": _TEXT, "decision_start": _INT, "decision_end": _INT, **_PLACE,
    },
    "entities": {
        "entity_id": _TEXT, "letter_id": _TEXT, "position": _INT, "label": _TEXT, "text": _TEXT, "section": _TEXT,
        "assertion": _TEXT, "status": _TEXT, "authority": _TEXT, "min": _NUMBER, "max": _NUMBER, "unit": _TEXT,
        "per": _TEXT, "canonical": _TEXT, "context_rule": _TEXT,
        "cue_start": _INT, "cue_end": _INT, **_PLACE,
    },
    "citations": {
        "citation_id": _TEXT, "service_id": _TEXT, "letter_id": _TEXT, "position": _INT, "party": _TEXT,
        "authority": _TEXT, "title": _TEXT, "canonical_title": _TEXT, "year": _INT, "sections": _TEXTS,
        "pages": _TEXTS, "outside_mtus": _BOOL, **_PLACE,
    },
    "rationale": {
        "sentence_id": _TEXT, "service_id": _TEXT, "letter_id": _TEXT, "position": _INT, "role": _TEXT, **_PLACE,
    },
    "warnings": {
        "letter_id": _TEXT, "service_id": _TEXT, "position": _INT, "code": _TEXT, "severity": _TEXT, "message": _TEXT,
        "start": _INT, "end": _INT, "place_starts": pa.list_(pa.int64()), "place_ends": pa.list_(pa.int64()),
        "place_kinds": _TEXTS,
    },
    "relations": {"letter_id": _TEXT, "head_id": _TEXT, "label": _TEXT, "tail_id": _TEXT, "tail_value": _TEXT},
}  # fmt: skip
"""Columns of each table. The table ``relations`` has ``tail_id`` for an edge to an id, else ``tail_value``."""

NAMES = tuple(COLUMNS)
SCHEMAS = {name: pa.schema(list(columns.items())) for name, columns in COLUMNS.items()}

Rows = dict[str, list[dict[str, Any]]]
Batches = dict[str, pa.RecordBatch]


def batches(letters: Iterable[records.Letter]) -> Batches:
    """Return the rows of some letters, one Arrow batch a table."""
    rows: Rows = {name: [] for name in NAMES}
    for letter in letters:
        _add(rows, letter)
    return {name: pa.RecordBatch.from_pylist(rows[name], schema=SCHEMAS[name]) for name in NAMES}


def _add(rows: Rows, letter: records.Letter) -> None:
    of = letter_id(letter.source)
    rows["letters"].append(_letter_row(of, letter))
    for position, service in enumerate(letter.services, 1):
        service_id = f"{of}/{service.id}"
        rows["services"].append(_service_row(of, service_id, position, service))
        linked = {"letter_id": of, "service_id": service_id}
        rows["citations"] += [
            {**vars(citation), "citation_id": f"{of}/{citation.id}", "position": at, **linked}
            for at, citation in enumerate(service.citations, 1)
        ]
        rows["rationale"] += [
            {**vars(sentence), "sentence_id": f"{of}/{sentence.id}", "position": at, **linked}
            for at, sentence in enumerate(service.rationale, 1)
        ]
    rows["entities"] += [
        {**vars(entity), "entity_id": f"{of}/{entity.id}", "letter_id": of, "position": at}
        for at, entity in enumerate(letter.entities, 1)
    ]
    rows["warnings"] += [_warning_row(of, position, warning) for position, warning in enumerate(letter.warnings, 1)]
    rows["relations"] += _relation_rows(of, letter)


def _letter_row(of: str, letter: records.Letter) -> dict[str, Any]:
    case = {name: _date(value) if name in _DATES else value for name, value in vars(letter.case).items()}
    return {
        **vars(letter.source), **case, **vars(letter.patient), **vars(letter.reviewer),
        "letter_id": of, "schema_version": letter.schema_version, "services": len(letter.services),
        "warnings": [warning.code for warning in letter.warnings],
    }  # fmt: skip


_DATES = frozenset(name for name, kind in COLUMNS["letters"].items() if kind == _DATE)


def _date(value: str | None) -> datetime.date | None:
    """A date that no calendar has (a slip of the letter's writer) stays in the record and is null in the table."""
    try:
        return datetime.date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _service_row(of: str, service_id: str, position: int, service: records.Service) -> dict[str, Any]:
    often, long = service.frequency, service.duration
    return {
        **vars(service), "service_id": service_id, "letter_id": of, "position": position,
        **({"frequency_min": often.min, "frequency_max": often.max, "frequency_per": often.per} if often else {}),
        **({"duration_min": long.min, "duration_max": long.max, "duration_unit": long.unit} if long else {}),
    }  # fmt: skip


def _warning_row(of: str, position: int, warning: records.Warning) -> dict[str, Any]:
    return {
        **vars(warning), "letter_id": of, "position": position,
        "service_id": f"{of}/{warning.service}" if warning.service else None,
        "place_starts": [place.start for place in warning.places],
        "place_ends": [place.end for place in warning.places],
        "place_kinds": [place.what for place in warning.places],
    }  # fmt: skip


def _relation_rows(of: str, letter: records.Letter) -> list[dict[str, Any]]:
    known = {entity.id for entity in letter.entities} | {service.id for service in letter.services}
    for service in letter.services:
        known.update(citation.id for citation in service.citations)
        known.update(sentence.id for sentence in service.rationale)
    return [
        {
            "letter_id": of, "head_id": f"{of}/{edge.head}", "label": edge.label,
            "tail_id": f"{of}/{edge.tail}" if edge.tail in known else None,
            "tail_value": None if edge.tail in known else edge.tail,
        }
        for edge in letter.relations
    ]  # fmt: skip
