"""``imr_concepts``: what entities, services, citations and reasons mean, as concepts with an id.

In: a Doc on which the other components have run. Out: the same Doc, with more facts beside its spans:

- diagnoses: ICD-10-CM ``concepts``, the likeliest first, ``canonical`` and ``body_region``;
- procedures, drugs and mentions of guidelines: ``concepts``;
- services: ``procedures``, ``concepts``, ``body_regions``, ``diagnoses`` (ids of entities), amounts, and what the
  request says of a drug;
- citations: ``concepts``;
- rationale sentences: ``theme`` of a gap, and ``limits`` that a sentence quotes from a guideline.

The index of ICD-10-CM is loaded by the first diagnosis (setting ``icd10cm``; ``null`` switches it off).
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.concepts.limits import limits_of
from imr_nlp.components.concepts.requests import request_concepts, services_diagnoses
from imr_nlp.components.concepts.told_amounts import add_told_amounts
from imr_nlp.concepts.body_regions import body_regions
from imr_nlp.concepts.catalogue import ICD10CM, Concept, concept
from imr_nlp.concepts.diagnosis_names import diagnosis_name
from imr_nlp.concepts.drugs import drugs
from imr_nlp.concepts.guideline_entries import guideline_entries
from imr_nlp.concepts.icd10cm import Code, icd10cm
from imr_nlp.concepts.procedures import procedures
from imr_nlp.concepts.themes import themes
from imr_nlp.config import shipped
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import CITATIONS, ENTITIES, RATIONALE, SECTIONS, SERVICES, SpanValues, span_values
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.alternatives import alternatives
from imr_nlp.text.compiled import compile_pattern

ABBREVIATIONS = "imr_abbreviations"
_LINKED = ("PROCEDURE", "MEDICATION", "GUIDELINE")
_CACHE_LIMIT = 20_000  # wordings whose concepts a process remembers
_WORDS = "concepts/icd10cm/words.yml"
_BESIDE = 40  # characters behind a name in which its side stands
_BEFORE = 20  # and before it


class ConceptLinker(FromFiles):
    """Callable component; see the module's page.

    >>> import spacy
    >>> from imr_nlp.doc.spans import add_span, attrs_of
    >>> nlp = spacy.blank("en")
    >>> doc = nlp("He has left tennis elbow.")
    >>> span = add_span(doc, "imr", 7, 24, "DIAGNOSIS", rule="demo", assertion="affirmed")
    >>> found = attrs_of(ConceptLinker("concepts/1.0")(doc).spans["imr"][0])
    >>> found["concepts"][0]["code"], found["canonical"], found["body_region"]
    ('M77.12', 'lateral epicondylitis', 'elbow')
    """

    def __init__(self, icd10cm: str | None = "concepts/1.0", themes: bool = True) -> None:
        self.icd10cm = icd10cm
        self.themes = themes
        self._known: dict[tuple[str, ...], list[Concept]] = {}
        self._diagnosed: dict[str, dict[str, Any]] = {}

    def __call__(self, doc: Doc) -> Doc:
        """Link what was found in one letter."""
        text = text_of(doc)
        entities = span_values(doc, ENTITIES)
        self._diagnoses(entities, text, doc.user_data.get(ABBREVIATIONS) or {})
        self._treatments_and_guidelines(entities, text)
        for cited in span_values(doc, CITATIONS):
            if found := _cited(cited, text):
                cited.attrs["concepts"] = found
        self._reasons(doc, text, entities)
        services, reasons = span_values(doc, SERVICES), span_values(doc, RATIONALE)
        starts = [entity.attrs["start"] for entity in entities]
        sections = {s.attrs.get("service"): s.attrs["start"] for s in span_values(doc, SECTIONS, "service")}
        for service in services:
            begin = sections.get(service.attrs.get("service"), service.attrs["start"])
            first, last = bisect_left(starts, begin), bisect_left(starts, service.attrs["end"])
            request_concepts(service, text, begin, entities[first:last])
            own = (one for one in reasons if one.attrs.get("service") == service.attrs.get("service"))
            add_told_amounts(service, own, text)
        services_diagnoses(services, entities, span_values(doc, SECTIONS), reasons)
        return doc

    def _diagnoses(self, entities: Sequence[SpanValues], text: str, short_forms: dict[str, str]) -> None:
        named = [one for one in entities if one.label_ == "DIAGNOSIS"]
        if not named:
            return
        mentions = [_written(one, text, short_forms) for one in named]
        new = [mention for mention in dict.fromkeys(mentions) if mention not in self._diagnosed]
        if new:
            if len(self._diagnosed) > _CACHE_LIMIT:
                self._diagnosed.clear()
                new = list(dict.fromkeys(mentions))
            links = icd10cm(self.icd10cm).link_all(new) if self.icd10cm else [[] for _ in new]
            self._diagnosed.update(zip(new, map(_diagnosis, new, links), strict=True))
        for one, mention in zip(named, mentions, strict=True):
            one.attrs.update(self._diagnosed[mention])

    def _treatments_and_guidelines(self, entities: Sequence[SpanValues], text: str) -> None:
        if len(self._known) > _CACHE_LIMIT:
            self._known.clear()
        for one in entities:
            if one.label_ not in _LINKED:
                continue
            attrs = one.attrs
            written = text[attrs["start"] : attrs["end"]]
            kind = attrs.get("authority") if one.label_ == "GUIDELINE" else attrs.get("canonical")
            key = one.label_, str(kind or ""), written if one.label_ == "GUIDELINE" or not kind else ""
            found = self._known.get(key)
            if found is None:
                found = self._known[key] = _linked(one.label_, kind, written, attrs.get("category"))
            if found:
                attrs["concepts"] = found

    def _reasons(self, doc: Doc, text: str, entities: Sequence[SpanValues]) -> None:
        told = themes() if self.themes else None
        sentences = span_values(doc, RATIONALE)
        for sentence in sentences:
            attrs = sentence.attrs
            if told is not None and sentence.label_ == "gap":
                theme = told.of(text[attrs["start"] : attrs["end"]])
                attrs["theme"], attrs["theme_rule"] = theme.theme, theme.rule
                if theme.score is not None:
                    attrs["theme_score"] = theme.score
        limits_of(sentences, span_values(doc, CITATIONS), entities, text)


class _Sides(NamedTuple):
    """How the side of a diagnosis is found: in its name, behind it ("tennis elbow on the right"), before it."""

    inside: re.Pattern[str]
    behind: re.Pattern[str]
    before: re.Pattern[str]


@lru_cache(maxsize=1)
def _sides() -> _Sides:
    words = [word for listed in shipped(_WORDS)["sides"].values() for word in listed]
    side = alternatives(words, blank=r"\s")
    behind = rf"\s{{1,3}}(?:on\s(?:the\s)?)?(?P<side>{side})(?=(?:\sside)?\s{{0,2}}(?:[.,;:)]|\Z|with\b))"
    patterns = rf"\b(?:{side})\b", behind, rf"\b(?P<side>{side})\.?\s\Z"
    return _Sides(*(compile_pattern(pattern, re.IGNORECASE) for pattern in patterns))


def _written(found: SpanValues, text: str, short_forms: dict[str, str]) -> str:
    """Return the wording of a diagnosis, short forms that the letter defines written out, with the side beside it."""
    start, end = found.attrs["start"], found.attrs["end"]
    written = " ".join(text[start:end].split())
    sides = _sides()
    if not sides.inside.search(written):
        behind = sides.behind.match(text, end, end + _BESIDE)
        if side := behind or sides.before.search(text, max(0, start - _BEFORE), start):
            return f"{_expanded(found, written, short_forms)}, {side['side'].lower()}"
    return _expanded(found, written, short_forms)


def _expanded(found: SpanValues, written: str, short_forms: dict[str, str]) -> str:
    if known := found.attrs.get("canonical"):
        return str(known) if " " not in written else written
    for short, long in short_forms.items():
        if short in written.split():
            written = written.replace(short, long)
    return written


def _diagnosis(mention: str, codes: Sequence[Code]) -> dict[str, Any]:
    """Return what is known of a diagnosis: its codes, its canonical name and its region."""
    found: dict[str, Any] = {"canonical": diagnosis_name(mention, *codes[0][:2]) if codes else diagnosis_name(mention)}
    if codes:
        found["concepts"] = [concept(ICD10CM, code, name, score) for code, name, score in codes]
    if region := body_regions().of_diagnosis(mention, codes[0].code if codes else None):
        found["body_region"] = region
    return found


def _linked(label: str, kind: str | None, written: str, category: str | None) -> list[Concept]:
    written = " ".join(written.split())
    if label == "PROCEDURE":
        return procedures().of(str(kind or written), category).concepts()[:1]
    if label == "MEDICATION":
        return drugs().of(str(kind or written)).concepts()
    return guideline_entries().resolve(kind, None, written)


def _cited(cited: SpanValues, text: str) -> list[Concept]:
    attrs = cited.attrs
    return guideline_entries().resolve(cited.label_, attrs.get("canonical_title") or attrs.get("title"))


@factory(
    "imr_concepts",
    default_config={"icd10cm": "concepts/1.0", "themes": True},
    assigns=["doc.spans", "span._.facts"],
    requires=["doc.spans"],
)
def create_concepts(nlp: Language, name: str, icd10cm: str | None, themes: bool) -> ConceptLinker:
    """Make the component; ``icd10cm`` is its index (``concepts/<version>``) or None, ``themes`` gives gaps themes."""
    return ConceptLinker(icd10cm, themes)
