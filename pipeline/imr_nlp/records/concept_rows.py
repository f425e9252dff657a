"""Rows and columns of the tables that come from concepts: codes, drugs, guidelines and amounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from imr_nlp.concepts.catalogue import DRUG_CLASS, ICD10CM, INGREDIENT, PROCEDURE
from imr_nlp.concepts.chapters import chapter_of
from imr_nlp.concepts.drugs import drugs
from imr_nlp.concepts.guideline_entries import section_of
from imr_nlp.concepts.procedures import procedures
from imr_nlp.records import schema as records

_AMOUNTS = ("requested", "authorized_before", "granted")
PHARMACEUTICAL = "pharmaceutical"


def entity_concept(entity: records.Entity) -> dict[str, Any]:
    """Return the columns of an entity's likeliest concept; empty without one.

    >>> neck = {"system": ICD10CM, "code": "M54.2", "name": "Cervicalgia", "score": 0.9}
    >>> entity_concept(records.Entity(id="E1", label="DIAGNOSIS", start=0, end=9, text="neck pain", concepts=[neck]))
    {'concept_system': 'ICD-10-CM', 'concept_code': 'M54.2', 'concept_name': 'Cervicalgia', 'concept_score': 0.9}
    """
    if not entity.concepts:
        return {}
    first = entity.concepts[0]
    return {
        "concept_system": first.system, "concept_code": first.code, "concept_name": first.name,
        "concept_score": first.score,
    }  # fmt: skip


def citation_concepts(citation: records.Citation) -> dict[str, Any]:
    """Return the columns of a citation's catalogue entries.

    >>> entry = {"system": "guideline", "code": "odg/knee", "name": "ODG Knee", "score": 1.0}
    >>> citation_concepts(
    ...     records.Citation(id="C1", party="reviewer", authority="ODG", start=0, end=9, concepts=[entry])
    ... )
    {'guideline_ids': ['odg/knee'], 'guideline_names': ['ODG Knee'], 'regulation': None}
    """
    sections = [section for one in citation.concepts if (section := section_of(one.code))]
    return {
        "guideline_ids": [one.code for one in citation.concepts],
        "guideline_names": [one.name for one in citation.concepts],
        "regulation": sections[0] if sections else None,
    }


def service_concepts(service: records.Service, codes: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns of a service's concepts and amounts.

    Args:
        service: The service.
        codes: Those of the letter's diagnoses, by the ids of their entities.

    >>> service = records.Service(id="S1", start=0, end=3, text="MRI", category="diagnostic_imaging", diagnoses=["E1"])
    >>> service_concepts(service, {"E1": "M54.2", "E2": "S13.4"})["diagnosis_codes"]
    ['M54.2']
    """
    found: dict[str, Any] = {
        "concept_codes": [f"{one.system}:{one.code}" for one in service.concepts],
        "ingredients": [one.name for one in service.concepts if one.system == INGREDIENT],
        "drug_classes": [one.name for one in service.concepts if one.system == DRUG_CLASS],
        "diagnosis_codes": list(dict.fromkeys(codes[one] for one in service.diagnoses if one in codes)),
        "quantity": service.count,
    }
    first = next((one for one in service.concepts if one.system == PROCEDURE), None)
    if first is not None:
        found["procedure_id"], found["procedure_name"] = first.code, first.name
        listed = procedures().by_id.get(first.code)
        found["procedure_subcategory"] = listed.sub if listed else None
    for name in _AMOUNTS:
        amount = getattr(service, name)
        if amount is not None:
            found[f"{name}_min"], found[f"{name}_max"], found[f"{name}_unit"] = amount.min, amount.max, amount.unit
    return found


def diagnosis_codes(entities: Iterable[records.Entity]) -> dict[str, str]:
    """Return the likeliest ICD-10-CM code of each diagnosis by the id of its entity.

    >>> neck = {"system": ICD10CM, "code": "M54.2", "name": "Cervicalgia", "score": 0.9}
    >>> span = {"label": "DIAGNOSIS", "start": 0, "end": 9, "text": "neck pain"}
    >>> diagnosis_codes([records.Entity(id="E1", concepts=[neck], **span), records.Entity(id="E2", **span)])
    {'E1': 'M54.2'}
    """
    return {one.id: one.concepts[0].code for one in entities if one.concepts and one.concepts[0].system == ICD10CM}


def diagnosis_rows(of: str, letter: records.Letter) -> list[dict[str, Any]]:
    """Return a row for each diagnosis that the letter names.

    Args:
        of: The letter's id.
        letter: Its record.
    """
    services: dict[str, list[str]] = {}
    for service in letter.services:
        for diagnosis in service.diagnoses:
            services.setdefault(diagnosis, []).append(f"{of}/{service.id}")
    rows = []
    for entity in letter.entities:
        if entity.label != "DIAGNOSIS":
            continue
        row = {
            **vars(entity), "entity_id": f"{of}/{entity.id}", "letter_id": of,
            "service_ids": services.get(entity.id, []),
            "candidates": [one.code for one in entity.concepts],
        }  # fmt: skip
        if entity.concepts:
            first = entity.concepts[0]
            row |= {
                "icd10cm": first.code, "icd10cm_name": first.name, "icd10cm_score": first.score,
                "category_code": first.code[:3], "chapter": chapter_of(first.code),
            }  # fmt: skip
        rows.append(row)
    return rows


def medication_rows(service: records.Service, linked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a row for each ingredient of a disputed drug, or one without where only a class is named.

    Args:
        service: The service; one that is no drug has no rows.
        linked: The columns that join the rows with those of other tables.

    >>> drug = {"system": INGREDIENT, "code": "naproxen", "name": "naproxen", "score": 1.0}
    >>> service = records.Service(
    ...     id="S1", start=0, end=8, text="Naprosyn", category="pharmaceutical", procedure="naprosyn", concepts=[drug]
    ... )
    >>> [(row["ingredient"], row["drug_class"]) for row in medication_rows(service, {"service_id": "a/S1"})]
    [('naproxen', 'nsaid')]
    """
    if service.category != PHARMACEUTICAL or not service.procedure:
        return []
    strengths = {part.ingredient: part.strength for part in service.compound}
    named = drugs().of(service.procedure)
    ingredients: Sequence[str | None] = [one.name for one in service.concepts if one.system == INGREDIENT] or [None]
    classes = [one.name for one in service.concepts if one.system == DRUG_CLASS]
    rows = []
    for position, ingredient in enumerate(ingredients, 1):
        of_class = drugs().of(ingredient).classes if ingredient else tuple(classes)
        rows.append(
            {
                **linked, "position": position, "ingredient": ingredient,
                "drug_class": of_class[0] if of_class else None, "brand": named.brand, "kind": named.kind,
                "compounded": bool(service.compound),
                "strength": strengths.get(ingredient or "", service.strength), "form": service.form,
                "quantity": service.count, "refills": service.refills, "days_supply": service.days_supply,
                "decision": service.decision,
            }
        )  # fmt: skip
    return rows
