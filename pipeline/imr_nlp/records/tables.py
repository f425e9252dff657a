"""Records as Parquet tables that join on stable ids.

``letters`` (one row a letter), ``services``, ``diagnoses``, ``medications``, ``entities``, ``citations``,
``rationale``, ``limits``, ``warnings`` and ``relations``. Every table has ``letter_id``; most have ``service_id`` too.
An id is the letter's id, a slash, and the id in the record ("0f3a…/S1"). It is the same in every run over the same
files.

No column has the name of a reserved word of SQL, but for ``start`` and ``end``, which the record has too: our views
quote them. ``diagnoses`` has a row for each mention, ``medications`` one for each ingredient of a disputed drug. The
columns of `ENUMS` hold one of a few words: they are dictionaries in Parquet and an ENUM in DuckDB.

Where one sentence or citation serves several services it has one row for each, under one id.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, get_args

import pyarrow as pa

from imr_nlp.labels import Assertion, Category, CitedAuthority, Decision, Label, Party, Role, Status
from imr_nlp.records import schema as records
from imr_nlp.records.concept_rows import (
    citation_concepts,
    diagnosis_codes,
    diagnosis_rows,
    entity_concept,
    medication_rows,
    service_concepts,
)
from imr_nlp.records.ids import letter_id

_TEXT, _INT, _NUMBER, _DATE, _BOOL = pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.bool_()
_TEXTS = pa.list_(pa.string())
_PLACE = {"start": _INT, "end": _INT, "rule": _TEXT, "score": _NUMBER}

COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "letters": {
        "letter_id": _TEXT, "path": _TEXT, "sha256": _TEXT, "text_sha256": _TEXT, "media_type": _TEXT,
        "encoding": _TEXT, "characters": _INT, "layout": _TEXT, "pipeline_version": _TEXT, "schema_version": _TEXT,
        "part_number": _INT, "part_count": _INT, "part_start": _INT, "part_end": _INT,
        "case_number": _TEXT, "date_assigned": _DATE, "date_of_injury": _DATE, "decision_date": _DATE,
        "ur_denial_date": _DATE, "application_received": _DATE, "priority": _TEXT, "age": _INT, "sex": _TEXT,
        "states": _TEXTS, "specialties": _TEXTS, "service_count": _INT, "warnings": _TEXTS,
        "trust": _NUMBER, "trust_reasons": _TEXTS,
    },
    "services": {
        "service_id": _TEXT, "letter_id": _TEXT, "position": _INT, "text": _TEXT, "decision": _TEXT,
        "category": _TEXT, "category_rule": _TEXT, "category_score": _NUMBER, "decision_confidence": _NUMBER,
        "category_confidence": _NUMBER, "procedure": _TEXT,
        "procedures": _TEXTS, "procedure_id": _TEXT, "procedure_name": _TEXT,
        "procedure_subcategory": _TEXT, "concept_codes": _TEXTS,
        "ingredients": _TEXTS, "drug_classes": _TEXTS, "diagnosis_codes": _TEXTS,
        "body_parts": _TEXTS, "body_regions": _TEXTS,
        "requested_min": _NUMBER, "requested_max": _NUMBER, "requested_unit": _TEXT,
        "authorized_before_min": _NUMBER, "authorized_before_max": _NUMBER, "authorized_before_unit": _TEXT,
        "granted_min": _NUMBER, "granted_max": _NUMBER, "granted_unit": _TEXT, "sessions": _NUMBER,
        "implied_sessions": _NUMBER, "frequency_min": _NUMBER, "frequency_max": _NUMBER, "frequency_per": _TEXT,
        "duration_min": _NUMBER, "duration_max": _NUMBER, "duration_unit": _TEXT, "quantity": _NUMBER,
        "strength": _TEXT, "form": _TEXT, "refills": _NUMBER, "days_supply": _NUMBER, "date_of_service": _DATE,
        "original_request": _TEXT,
        "authorized": _TEXT, "decision_start": _INT, "decision_end": _INT,
        "decision_evidence": _TEXTS, **_PLACE,
    },
    "entities": {
        "entity_id": _TEXT, "letter_id": _TEXT, "position": _INT, "label": _TEXT, "text": _TEXT, "section": _TEXT,
        "assertion": _TEXT, "status": _TEXT, "authority": _TEXT, "min": _NUMBER, "max": _NUMBER, "unit": _TEXT,
        "per": _TEXT, "canonical": _TEXT, "context_rule": _TEXT,
        "context_score": _NUMBER, "cue_start": _INT, "cue_end": _INT, "confidence": _NUMBER,
        "concept_system": _TEXT, "concept_code": _TEXT, "concept_name": _TEXT,
        "concept_score": _NUMBER, **_PLACE,
    },
    "diagnoses": {
        "entity_id": _TEXT, "letter_id": _TEXT, "service_ids": _TEXTS, "text": _TEXT, "canonical": _TEXT,
        "assertion": _TEXT, "section": _TEXT, "body_region": _TEXT, "icd10cm": _TEXT, "icd10cm_name": _TEXT,
        "icd10cm_score": _NUMBER, "category_code": _TEXT, "chapter": _TEXT, "candidates": _TEXTS, **_PLACE,
    },
    "medications": {
        "service_id": _TEXT, "letter_id": _TEXT, "position": _INT, "ingredient": _TEXT, "drug_class": _TEXT,
        "brand": _TEXT, "kind": _TEXT, "compounded": _BOOL, "strength": _TEXT, "form": _TEXT, "quantity": _NUMBER,
        "refills": _NUMBER, "days_supply": _NUMBER, "decision": _TEXT,
    },
    "citations": {
        "citation_id": _TEXT, "service_id": _TEXT, "letter_id": _TEXT, "position": _INT, "party": _TEXT,
        "authority": _TEXT, "title": _TEXT, "canonical_title": _TEXT, "year": _INT, "sections": _TEXTS,
        "pages": _TEXTS, "outside_mtus": _BOOL, "guideline_ids": _TEXTS, "guideline_names": _TEXTS,
        "regulation": _TEXT, **_PLACE,
    },
    "rationale": {
        "sentence_id": _TEXT, "service_id": _TEXT, "letter_id": _TEXT, "position": _INT, "role": _TEXT,
        "text": _TEXT, "theme": _TEXT, **_PLACE,
    },
    "limits": {
        "service_id": _TEXT, "letter_id": _TEXT, "sentence_id": _TEXT, "position": _INT, "min": _NUMBER,
        "max": _NUMBER, "unit": _TEXT, "duration_max": _NUMBER, "duration_unit": _TEXT, "guideline": _TEXT, **_PLACE,
    },
    "warnings": {
        "letter_id": _TEXT, "service_id": _TEXT, "position": _INT, "code": _TEXT, "severity": _TEXT, "message": _TEXT,
        "start": _INT, "end": _INT, "place_starts": pa.list_(pa.int64()), "place_ends": pa.list_(pa.int64()),
        "place_kinds": _TEXTS,
    },
    "relations": {"letter_id": _TEXT, "head_id": _TEXT, "label": _TEXT, "tail_id": _TEXT, "tail_value": _TEXT},
}  # fmt: skip
"""Columns of each table. The table ``relations`` has ``tail_id`` for an edge to an id, else ``tail_value``."""

#: Columns that hold one of a few labels, by table. ``severity`` is no label: it grades the warnings of the audit.
ENUMS: dict[str, dict[str, tuple[str, ...]]] = {
    "services": {"decision": get_args(Decision), "category": get_args(Category)},
    "entities": {
        "label": get_args(Label), "assertion": get_args(Assertion), "status": get_args(Status),
    },
    "diagnoses": {"assertion": get_args(Assertion)},
    "medications": {"decision": get_args(Decision)},
    "citations": {"party": get_args(Party), "authority": get_args(CitedAuthority)},
    "rationale": {"role": get_args(Role)},
}  # fmt: skip

NAMES = tuple(COLUMNS)
SCHEMAS = {name: pa.schema(list(columns.items())) for name, columns in COLUMNS.items()}
_WORDS = pa.dictionary(pa.int8(), pa.string())
#: The schemas of the Parquet files, where the columns of `ENUMS` are dictionaries.
FILE_SCHEMAS = {
    name: pa.schema([(column, _WORDS if column in ENUMS.get(name, ()) else kind) for column, kind in columns.items()])
    for name, columns in COLUMNS.items()
}

Rows = dict[str, list[dict[str, Any]]]
Batches = dict[str, pa.RecordBatch]


def batches(letters: Iterable[records.Letter]) -> Batches:
    """Return the rows of some letters, one Arrow batch a table.

    >>> batches([])["letters"].num_rows, len(batches([]))
    (0, 10)
    """
    rows: Rows = {name: [] for name in NAMES}
    for letter in letters:
        _add(rows, letter)
    return {name: pa.RecordBatch.from_pylist(rows[name], schema=SCHEMAS[name]) for name in NAMES}


def _add(rows: Rows, letter: records.Letter) -> None:
    of = letter_id(letter.source)
    codes = diagnosis_codes(letter.entities)
    rows["letters"].append(_letter_row(of, letter))
    for position, service in enumerate(letter.services, 1):
        service_id = f"{of}/{service.id}"
        rows["services"].append(_service_row(of, service_id, position, service, codes))
        linked = {"letter_id": of, "service_id": service_id}
        rows["medications"] += medication_rows(service, linked)
        rows["citations"] += [
            {
                **vars(citation),
                **citation_concepts(citation),
                "citation_id": f"{of}/{citation.id}",
                "position": at,
                **linked,
            }
            for at, citation in enumerate(service.citations, 1)
        ]  # fmt: skip
        rows["rationale"] += [
            {**vars(sentence), "sentence_id": f"{of}/{sentence.id}", "position": at, **linked}
            for at, sentence in enumerate(service.rationale, 1)
        ]
        rows["limits"] += [_limit_row(of, at, limit, linked) for at, limit in enumerate(service.limits, 1)]
    rows["entities"] += [
        {**vars(entity), **entity_concept(entity), "entity_id": f"{of}/{entity.id}", "letter_id": of, "position": at}
        for at, entity in enumerate(letter.entities, 1)
    ]
    rows["diagnoses"] += diagnosis_rows(of, letter)
    rows["warnings"] += [_warning_row(of, position, warning) for position, warning in enumerate(letter.warnings, 1)]
    rows["relations"] += _relation_rows(of, letter)


def _limit_row(of: str, position: int, limit: records.Limit, linked: dict[str, str]) -> dict[str, Any]:
    return {
        **vars(limit), **linked, "sentence_id": f"{of}/{limit.sentence}", "position": position,
        "duration_max": limit.duration.max if limit.duration else None,
        "duration_unit": limit.duration.unit if limit.duration else None,
        "guideline": limit.concepts[0].name if limit.concepts else None,
    }  # fmt: skip


def _letter_row(of: str, letter: records.Letter) -> dict[str, Any]:
    case = {name: _date(value) if name in _DATES else value for name, value in vars(letter.case).items()}
    part = letter.source.part
    place = {f"part_{name}": value for name, value in vars(part).items()} if part else {}
    return {
        **vars(letter.source), **place, **case, **vars(letter.patient), **vars(letter.reviewer),
        "letter_id": of, "schema_version": letter.schema_version, "service_count": len(letter.services),
        "warnings": [warning.code for warning in letter.warnings],
        "trust": letter.trust.score if letter.trust else None,
        "trust_reasons": letter.trust.reasons if letter.trust else [],
    }  # fmt: skip


_DATES = frozenset(name for name, kind in COLUMNS["letters"].items() if kind == _DATE)


def _date(value: str | None) -> datetime.date | None:
    """A date that no calendar has (a slip of the letter's writer) stays in the record and is null in the table."""
    try:
        return datetime.date.fromisoformat(value) if value else None
    except ValueError:
        return None


def _service_row(
    of: str, service_id: str, position: int, service: records.Service, codes: dict[str, str]
) -> dict[str, Any]:
    often, long = service.frequency, service.duration
    return {
        **vars(service), **service_concepts(service, codes), "service_id": service_id, "letter_id": of,
        "position": position, "date_of_service": _date(service.date_of_service),
        **({"frequency_min": often.min, "frequency_max": often.max, "frequency_per": often.per} if often else {}),
        "decision_evidence": [f"{evidence.by}: {evidence.decision}" for evidence in service.decision_evidence],
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
