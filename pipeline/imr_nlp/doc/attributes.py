"""What components tell each other about a span, by its group.

Each span of a group has a dict of attributes beyond its label (see `imr_nlp.doc.spans`). The classes here declare
the keys, so that mypy checks who writes them. `INTERNAL` names the keys that serve components only. Every other key
is a field of the record: `imr_nlp.records.build` refuses one that is neither, in tests.
"""

from __future__ import annotations

from typing import Any, Final, Required, TypedDict

ENTITIES: Final = "imr"
SECTIONS: Final = "sections"
FACTS: Final = "facts"
SERVICES: Final = "services"
CITATIONS: Final = "citations"
RATIONALE: Final = "rationale"


class PlaceAttrs(TypedDict, total=False):
    """Keys of every span, beside ``start`` and ``end``: its characters of ``doc.text``.

    Attributes:
        rule: What found the span: the id of a rule, or ``model:`` and a name.
        score: The model's score between 0 and 1, if a model found it.
    """

    rule: Required[str]
    score: float | None


class SectionAttrs(PlaceAttrs, total=False):
    """A section: where its text without the heading is, and which service it belongs to (index)."""

    body_start: int
    body_end: int
    service: int | None
    text_end: int
    decision: str | None
    decision_start: int | None
    decision_end: int | None
    decision_evidence: list[dict[str, Any]]
    granted: float | None
    in_sentence: bool


class EntityAttrs(PlaceAttrs, total=False):
    """An entity: what context decides (assertion, status), its canonical name, and the numbers of an amount."""

    assertion: str | None
    status: str | None
    authority: str | None
    canonical: str | None
    context_rule: str | None
    context_score: float | None
    cue_start: int | None
    cue_end: int | None
    min: float | None
    max: float | None
    unit: str | None
    per: str | None
    kind: str | None
    category: str | None
    generic: str | None
    listed: bool
    widened: str
    concepts: list[Any]
    body_region: str | None


class ServiceAttrs(PlaceAttrs, total=False):
    """A disputed service: what is asked for, and where its decision stands."""

    service: int | None
    decision_start: int | None
    decision_end: int | None
    decision_evidence: list[dict[str, Any]]
    original_request: str | None
    authorized: str | None
    sessions: int | None
    implied_sessions: int | None
    frequency: dict[str, Any] | None
    duration: dict[str, Any] | None
    count: int | None
    strength: str | None
    refills: int | None
    body_parts: list[str]
    category: str | None
    category_rule: str | None
    category_score: float | None
    procedure: str | None
    date_of_service: str | None
    procedures: list[str]
    concepts: list[Any]
    diagnoses: list[str]
    body_regions: list[str]
    requested: dict[str, Any] | None
    authorized_before: dict[str, Any] | None
    granted: dict[str, Any] | None
    days_supply: float | None
    form: str | None
    compound: list[Any]


class CitationAttrs(PlaceAttrs, total=False):
    """A cited document: whose citation it is, its title as written and as catalogued, its sections and pages."""

    party: str
    title: str | None
    canonical_title: str | None
    year: int | None
    sections: list[str]
    pages: list[str]
    outside_mtus: bool
    service: int | None


class OfService(TypedDict, total=False):
    """Which service a sentence belongs to, and which service's rationale it was taken from (indices)."""

    service: int | None
    shared_from: int


class RationaleAttrs(PlaceAttrs, OfService, total=False):
    """A sentence of a rationale: the service that it belongs to (index), its theme, the limits that it quotes."""

    theme: str | None
    theme_rule: str | None
    theme_score: float | None
    limits: list[dict[str, Any]]


class CaseFactAttrs(PlaceAttrs, total=False):
    """A case fact and its value as the record has it."""

    value: Any


#: Keys that serve components only, by group. They are no fields of the record.
INTERNAL: Final[dict[str, frozenset[str]]] = {
    ENTITIES: frozenset({"kind", "category", "generic", "listed", "widened"}),
    SERVICES: frozenset({"service"}),
    CITATIONS: frozenset({"service"}),
    RATIONALE: frozenset({"service", "limits", "shared_from"}),
}
