"""Build the record of a letter from its annotated Doc."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from spacy.tokens import Doc

from imr_nlp.doc.attributes import INTERNAL
from imr_nlp.doc.spans import CITATIONS, ENTITIES, FACTS, RATIONALE, SECTIONS, SERVICES, SpanValues, span_values
from imr_nlp.labels import QUANTITIES
from imr_nlp.records import schema as records
from imr_nlp.text.view import View

_LISTS = ("states", "specialties")


def _range(view: View, start: int, end: int) -> dict[str, int]:
    begin, stop = view.to_source(start, end)
    return {"start": begin, "end": stop}


def _place(known: dict[str, Any], view: View) -> dict[str, Any]:
    start, end = view.to_source(known["start"], known["end"])
    return {"start": start, "end": end, "rule": known.get("rule"), "score": known.get("score")}


def case_facts(doc: Doc, view: View) -> dict[str, Any]:
    """Return the case facts of a letter by field, with their places in the source.

    Args:
        doc: The letter.
        view: Its reading view, which leads back to the source.
    """
    values: dict[str, Any] = {name: [] for name in _LISTS}
    places = []
    for found in span_values(doc, FACTS):
        known = found.attrs
        if found.label_ in _LISTS:
            values[found.label_].append(known["value"])
        else:
            values[found.label_] = known["value"]
        places.append(records.Fact(name=found.label_, **_place(known, view)))
    parts: dict[str, type[records.Part]] = {
        "case": records.Case,
        "patient": records.Patient,
        "reviewer": records.Reviewer,
    }
    return {
        "facts": places,
        **{
            part: model(**{name: values[name] for name in model.model_fields if values.get(name) not in (None, [])})
            for part, model in parts.items()
        },
    }


def entities_of(doc: Doc, view: View) -> list[records.Entity]:
    """Return the entities of a letter, in text order."""
    sections = [(s.attrs["start"], s.attrs["end"], s.label_) for s in span_values(doc, SECTIONS)]
    starts = [start for start, _, _ in sections]
    found = []
    for number, span in enumerate(span_values(doc, ENTITIES), 1):
        known = span.attrs
        place = _place(known, view)
        i = bisect_right(starts, known["start"]) - 1
        values = _known(known, records.Entity)
        if known.get("cue_start") is not None:
            values["cue_start"], values["cue_end"] = view.to_source(known["cue_start"], known["cue_end"])
        found.append(
            records.Entity(
                id=f"E{number}", label=span.label_, text=view.source[place["start"] : place["end"]],
                section=sections[i][2] if i >= 0 and known["start"] < sections[i][1] else None,
                **place, **values,
            )
        )  # fmt: skip
    return found


def services_of(doc: Doc, view: View) -> list[records.Service]:
    """Return the disputed services of a letter with their citations and rationales.

    Args:
        doc: The annotated Doc of the letter as the components read it.
        view: That text, and the way from its offsets to those of the source.

    >>> import spacy
    >>> from imr_nlp.doc.tokenizer import view_of
    >>> doc = spacy.blank("en")("Cane: Upheld")
    >>> services_of(doc, view_of(doc))
    []
    """
    entities = {one.id_: (number, one) for number, one in enumerate(span_values(doc, ENTITIES), 1)}
    cited = _by_service(span_values(doc, CITATIONS))
    reasoned = _by_service(span_values(doc, RATIONALE))
    found = []
    citation = sentence = 0
    counted = sorted(span_values(doc, SERVICES), key=_service_number)
    for number, span in enumerate(counted, 1):
        known = span.attrs
        place = _place(known, view)
        citations, rationale, limits = [], [], []
        for item in cited.get(known["service"], []):
            citation += 1
            citations.append(
                records.Citation(
                    id=f"C{citation}", authority=item.label_,
                    **_place(item.attrs, view), **_known(item.attrs, records.Citation),
                )
            )  # fmt: skip
        for item in reasoned.get(known["service"], []):
            sentence += 1
            where = _place(item.attrs, view)
            rationale.append(
                records.RationaleSentence(
                    id=f"R{sentence}", role=item.label_, text=view.source[where["start"] : where["end"]],
                    **where, **_known(item.attrs, records.RationaleSentence),
                )
            )  # fmt: skip
            told = (_limit(limit, f"R{sentence}", entities, view) for limit in item.attrs.get("limits") or ())
            limits += [limit for limit in told if limit]
        fields = _known(known, records.Service)
        given = (entities[one][0] for one in known.get("diagnoses") or () if one in entities)
        fields["diagnoses"] = [f"E{number}" for number in sorted(given)]
        fields["decision_evidence"] = [
            records.Evidence(**{**evidence, **_range(view, evidence["start"], evidence["end"])})
            for evidence in known.get("decision_evidence") or ()
        ]
        if known.get("decision_start") is not None:
            fields["decision_start"], fields["decision_end"] = view.to_source(
                known["decision_start"], known["decision_end"]
            )
        found.append(
            records.Service(
                id=f"S{number}", text=view.source[place["start"] : place["end"]],
                decision=span.label_ if span.label_ != "undecided" else None,
                citations=citations, rationale=rationale, limits=limits, **place, **fields,
            )
        )  # fmt: skip
    return found


def _service_number(span: SpanValues) -> tuple[bool, int]:
    """Return the place of a service in the letter; one that a user added has no number and comes last."""
    number = span.attrs.get("service")
    return number is None, number or 0


def _limit(
    limit: dict[str, Any], sentence: str, entities: dict[str, tuple[int, SpanValues]], view: View
) -> records.Limit | None:
    """Return a quoted limit; None where the entity of its amount was taken out, or has another label now."""
    parts = {part: entities[limit[part]][1].attrs for part in _LIMIT_PARTS if limit.get(part) in entities}
    if "min" not in parts.get("quantity", {}):
        return None
    held = list(parts.values())
    start, end = view.to_source(min(one["start"] for one in held), max(one["end"] for one in held))
    amount = parts["quantity"]
    fields: dict[str, Any] = {}
    if long := parts.get("duration"):
        fields["duration"] = {"min": long["min"], "max": long["max"], "unit": long["unit"]}
    if often := parts.get("frequency"):
        fields["frequency"] = {"min": often["min"], "max": often["max"], "per": often["per"]}
    return records.Limit(
        start=start, end=end, rule=amount.get("rule"), score=None, sentence=sentence,
        min=amount["min"], max=amount["max"], unit=amount.get("unit"), concepts=limit["concepts"], **fields,
    )  # fmt: skip


_LIMIT_PARTS = ("quantity", "duration", "frequency")
_PLACED = frozenset({"id", "start", "end", "rule", "score"})
#: The fields of each model that are not copied from the attributes of its span: the callers set them.
_SET_HERE: dict[type[records.Part], frozenset[str]] = {
    records.Entity: _PLACED | {"label", "text", "section"},
    records.Service: _PLACED | {"text", "decision", "diagnoses", "limits", "citations", "rationale"},
    records.Citation: _PLACED | {"authority"},
    records.RationaleSentence: _PLACED | {"role", "text"},
}


def _known(known: dict[str, Any], model: type[records.Part]) -> dict[str, Any]:
    """Return those facts of a span that are fields of its record and not given by its place or label.

    Raises:
        TypeError: ``$IMR_STRICT`` is set, as in tests, and an attribute is no field and not declared internal.
    """
    if _STRICT and (unknown := known.keys() - model.model_fields.keys() - INTERNAL[_GROUP_OF[model]]):
        raise TypeError(
            f"{model.__name__}: {', '.join(sorted(unknown))}: no field of the record; add it to imr_nlp.records.schema "
            "or to INTERNAL in imr_nlp.doc.attributes"
        )
    own = _own_fields(model)
    return {name: value for name, value in known.items() if value is not None and name in own}


_STRICT = bool(os.environ.get("IMR_STRICT"))
_GROUP_OF: dict[type[records.Part], str] = {
    records.Entity: ENTITIES,
    records.Service: SERVICES,
    records.Citation: CITATIONS,
    records.RationaleSentence: RATIONALE,
}


@lru_cache(maxsize=8)  # of the few models
def _own_fields(model: type[records.Part]) -> frozenset[str]:
    return frozenset(model.model_fields) - _SET_HERE[model]


def _by_service(found: Iterable[SpanValues]) -> dict[int | None, list[SpanValues]]:
    grouped: dict[int | None, list[SpanValues]] = {}
    for one in found:
        grouped.setdefault(one.attrs.get("service"), []).append(one)
    return grouped


def relations_of(services: list[records.Service], entities: list[records.Entity]) -> Iterable[records.Relation]:
    """Yield what belongs to each service (decision, entities in its text, parts of the body, citations, reasons).

    Args:
        services: Of the letter.
        entities: Of the letter, in text order.

    >>> service = records.Service(id="S1", start=0, end=3, text="MRI", category="diagnostic_imaging", decision="upheld")
    >>> mri = records.Entity(id="E1", label="PROCEDURE", start=0, end=3, text="MRI")
    >>> [(one.label, one.tail) for one in relations_of([service], [mri])]
    [('HAS_DECISION', 'upheld'), ('HAS_PROCEDURE', 'E1')]
    """
    starts = [entity.start for entity in entities]
    for service in services:
        if service.decision:
            yield records.Relation(head=service.id, label="HAS_DECISION", tail=service.decision)
        for entity in entities[bisect_left(starts, service.start) : bisect_left(starts, service.end)]:
            if entity.end <= service.end:
                label = "HAS_QUANTITY" if entity.label in QUANTITIES else f"HAS_{entity.label}"
                yield records.Relation(head=service.id, label=label, tail=entity.id)
        for part in service.body_parts:
            yield records.Relation(head=service.id, label="HAS_BODY_PART", tail=part)
        for citation in service.citations:
            yield records.Relation(head=service.id, label="CITES", tail=citation.id)
        for sentence in service.rationale:
            yield records.Relation(head=service.id, label="HAS_RATIONALE", tail=sentence.id)
