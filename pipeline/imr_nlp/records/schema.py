"""The record that one letter becomes: the contract between the pipeline and everything that reads its output.

Every ``start``/``end`` is a character offset (a Python slice) into the letter's text exactly as it was decoded.
What a letter does not say is ``None`` or an empty list, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from imr_nlp.labels import Assertion, Category, CitedAuthority, Decision, Label, Party, Role, Severity, Status

SCHEMA_VERSION = "2.0"

#: Units that count the same thing, whichever of these words a letter uses.
SESSION_UNITS = ("session", "visit", "treatment")

Number = int | float
Offset = Annotated[int, Field(ge=0, description="character offset into the letter's text as decoded")]


class Part(BaseModel):
    """Base of every part of a record: closed and strict about names, so that a typing slip is an error."""

    model_config = ConfigDict(extra="forbid")


class Located(Part):
    """Something found in the text: where, and by what."""

    start: Offset
    end: Offset
    rule: str | None = Field(None, description="id of the rule, or name of the model, that found it")
    score: float | None = Field(None, ge=0, le=1, description="the model's confidence, where a model decided")


class LetterPart(Part):
    """The place of one letter in the text of a file that holds several."""

    number: int = Field(description="of the letter in its file, from 1")
    count: int = Field(description="letters in the file")
    start: Offset
    end: Offset


class Source(Part):
    """Which file the letter came from. Digests and ``characters`` are those of the whole file."""

    id: str | None = Field(None, description="made from the content; a second letter of the same content has a number")
    path: str | None = None
    sha256: str | None = Field(None, description="of the bytes as they came")
    text_sha256: str = Field(description="of the decoded text in UTF-8")
    media_type: str = "text/plain"
    encoding: str | None = None
    characters: int
    layout: str
    pipeline_version: str
    part: LetterPart | None = Field(None, description="where the file holds several letters")


class Fact(Located):
    """Where one case fact was read."""

    name: str


class Case(Part):
    """The letter's header. Dates are ISO 8601."""

    case_number: str | None = None
    date_assigned: str | None = None
    date_of_injury: str | None = None
    decision_date: str | None = None
    ur_denial_date: str | None = None
    application_received: str | None = None
    priority: str | None = None


class Patient(Part):
    """The injured worker. Age in years."""

    age: int | None = None
    sex: Literal["male", "female"] | None = None


class Reviewer(Part):
    """The reviewer's licence and training."""

    states: list[str] = []
    specialties: list[str] = []


class Concept(Part):
    """A concept that something is linked to: its code in a system, its name there, and how sure the link is."""

    system: str = Field(description="ICD-10-CM, procedure, ingredient, drug_class, guideline, HCPCS or ICD-10-PCS")
    code: str
    name: str
    score: float = Field(1.0, ge=0, le=1)


class Entity(Located):
    """One mention. Which of the optional fields it has depends on its label."""

    id: str
    label: Label
    text: str
    section: str | None = None
    assertion: Assertion | None = Field(None, description="DIAGNOSIS")
    status: Status | None = Field(None, description="PROCEDURE, MEDICATION")
    authority: str | None = Field(None, description="GUIDELINE")
    min: Number | None = Field(None, description="SESSION_COUNT, FREQUENCY, DURATION")
    max: Number | None = None
    unit: str | None = Field(None, description="SESSION_COUNT, DURATION")
    per: str | None = Field(None, description="FREQUENCY")
    canonical: str | None = Field(None, description="the vocabulary's name for it")
    context_rule: str | None = Field(
        None, description="id of the rule, or name of the model, that decided the assertion or status"
    )
    context_score: float | None = Field(None, ge=0, le=1, description="that model's probability for it")
    cue_start: Offset | None = Field(None, description="where that rule's cue stands, if it has one")
    cue_end: Offset | None = None
    concepts: list[Concept] = Field([], description="what it means, the likeliest first")
    body_region: str | None = Field(None, description="DIAGNOSIS: the part of the body, as tables group it")
    confidence: float | None = Field(
        None, ge=0, le=1, description="probability that boundaries and attribute are right"
    )


class Frequency(Part):
    """How often: ``min`` to ``max`` times per day, week, month or year."""

    min: Number
    max: Number
    per: str


class Duration(Part):
    """How long a course of treatment runs: ``min`` to ``max`` units."""

    min: Number
    max: Number
    unit: str


class Citation(Located):
    """One document that a formal guideline sentence cites."""

    id: str
    party: Party
    authority: CitedAuthority
    title: str | None = None
    canonical_title: str | None = Field(None, description="the catalogue's name for the same document")
    year: int | None = None
    sections: list[str] = []
    pages: list[str] = []
    outside_mtus: bool = False
    concepts: list[Concept] = Field([], description="entries of the guideline catalogue; an ACOEM chapter has two")


class RationaleSentence(Located):
    """One sentence of the decision rationale."""

    id: str
    role: Role
    text: str = ""
    theme: str | None = Field(None, description="of a gap: what is missing (configs/rationale/themes.yml)")
    theme_rule: str | None = Field(None, description="the wording or model that gave the theme")
    theme_score: float | None = Field(None, ge=0, le=1, description="that model's probability")


class Amount(Part):
    """How much of something: ``min`` to ``max`` units."""

    min: Number
    max: Number
    unit: str | None = None
    start: Offset | None = Field(None, description="where the sentence begins that tells it, outside the request")
    end: Offset | None = None
    rule: str | None = Field(None, description="what found it in that sentence")

    def in_words(self) -> str:
        """Return the amount as people write it.

        >>> Amount(min=8, max=12, unit="visit").in_words(), Amount(min=1, max=1, unit="week").in_words()
        ('8 to 12 visits', '1 week')
        """
        number = f"{self.min:.10g}" if self.min == self.max else f"{self.min:.10g} to {self.max:.10g}"
        if self.unit in (None, "other"):
            return number
        return f"{number} {self.unit if self.max == 1 else f'{self.unit}s'}"


class Limit(Located):
    """An amount that a rationale quotes from a guideline ("up to 10 visits over 8 weeks")."""

    sentence: str = Field(description="id of the rationale sentence")
    min: Number
    max: Number
    unit: str | None = None
    duration: Duration | None = None
    frequency: Frequency | None = None
    concepts: list[Concept] = Field([], description="the guideline that it is quoted from")


class CompoundPart(Part):
    """One ingredient of a compounded drug."""

    ingredient: str
    strength: str


class Evidence(Part):
    """One place that decides on a service."""

    by: Literal["heading", "list", "conclusion", "panel"]
    decision: Decision
    start: Offset
    end: Offset
    rule: str = Field(description="id of the rule that read it")


class Service(Located):
    """One disputed service and what the review decides about it."""

    id: str
    text: str
    decision: Decision | None = Field(None, description="what the review does to the denial")
    decision_start: Offset | None = None
    decision_end: Offset | None = None
    decision_evidence: list[Evidence] = Field([], description="every place that decides, in text order")
    category: Category
    category_rule: str | None = Field(None, description="the model that decided the category, where no vocabulary did")
    category_score: float | None = Field(None, ge=0, le=1, description="that model's confidence")
    decision_confidence: float | None = Field(None, ge=0, le=1, description="probability that the decision is right")
    category_confidence: float | None = Field(None, ge=0, le=1, description="probability that the category is right")
    procedure: str | None = None
    procedures: list[str] = Field([], description="all that is asked for; the first is `procedure`")
    concepts: list[Concept] = Field([], description="what is asked for: procedures, ingredients and drug classes")
    diagnoses: list[str] = Field([], description="ids of the diagnoses that the letter gives for it")
    body_parts: list[str] = []
    body_regions: list[str] = Field([], description="the parts of the body, as tables group them")
    sessions: Number | None = Field(None, description="sessions or visits, where the request states them")
    implied_sessions: Number | None = Field(None, description="frequency x duration, where only those are stated")
    frequency: Frequency | None = None
    duration: Duration | None = None
    count: Number | None = Field(None, description="tablets, units, pieces")
    strength: str | None = None
    refills: Number | None = None
    date_of_service: str | None = None
    original_request: str | None = None
    authorized: str | None = None
    requested: Amount | None = Field(None, description="how much was asked for at first")
    authorized_before: Amount | None = Field(None, description="how much was authorized before the review")
    granted: Amount | None = Field(None, description="how much of what was at issue the review grants")
    days_supply: Number | None = Field(None, description="days that a drug was asked for")
    form: str | None = Field(None, description="dosage form of a drug")
    compound: list[CompoundPart] = Field([], description="parts of a compounded drug")
    limits: list[Limit] = Field([], description="what its rationale quotes from a guideline")
    citations: list[Citation] = []
    rationale: list[RationaleSentence] = []

    def amounts(self) -> Iterator[tuple[str, Amount]]:
        """Yield the amounts that stand against each other, by name: nothing where only a request is known.

        >>> asked, granted = Amount(min=12, max=12, unit="visit"), Amount(min=6, max=6, unit="visit")
        >>> service = Service(id="S1", text="PT", start=0, end=2, category="other", requested=asked, granted=granted)
        >>> [(name, amount.in_words()) for name, amount in service.amounts()]
        [('asked for', '12 visits'), ('granted', '6 visits')]
        """
        told = {"asked for": self.requested, "authorized before": self.authorized_before, "granted": self.granted}
        if self.authorized_before or self.granted:
            yield from ((name, amount) for name, amount in told.items() if amount)


class Relation(Part):
    """A typed edge between two ids of the same letter (or from an id to a literal value)."""

    head: str
    label: str
    tail: str


class Place(Part):
    """One place that a warning is about, and what stands there, such as "request" or "conclusion"."""

    start: Offset
    end: Offset
    what: str


class Warning(Part):
    """Something a person should look at. Messages never carry text of the letter."""

    code: str
    message: str
    severity: Severity = "warning"
    service: str | None = Field(None, description="id of the service that it is about")
    start: Offset | None = Field(None, description="where the first place begins")
    end: Offset | None = None
    places: list[Place] = []


class Trust(Part):
    """How far a record can be trusted: the probability that its decisions are right, and what lowers it."""

    score: float = Field(ge=0, le=1)
    reasons: list[str] = Field([], description="codes of warnings, and services whose decision is uncertain")


class Letter(Part):
    """One IMR determination as a record."""

    schema_version: str = SCHEMA_VERSION
    source: Source
    case: Case = Case()
    patient: Patient = Patient()
    reviewer: Reviewer = Reviewer()
    facts: list[Fact] = Field([], description="where the facts of case, patient and reviewer were read")
    entities: list[Entity] = []
    services: list[Service] = []
    relations: list[Relation] = []
    warnings: list[Warning] = []
    trust: Trust | None = None

    def _repr_html_(self) -> str:
        """Return what a notebook shows of the letter."""
        from imr_nlp.records.notebook import html  # which needs this module

        return html(self)
