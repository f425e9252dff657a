"""``imr_services``: the disputed services, from their headings.

For each "service" section: what the request is (without lead-in, decision and history), the decision, the split into
original, authorised and remaining portions, and the fields of the record: sessions, frequency, duration, count,
strength, body parts, canonical procedure, category. Quantities come from `imr_nlp.components.quantities.parser`,
names from the
vocabulary (`imr_nlp.concepts.services`), split wordings from ``configs/layout/decisions.yml``. Where the vocabulary
knows
nothing that a request names, a trained model (setting ``model``, ``categories/<version>``) tells its category, and the
facts ``category_rule`` and ``category_score`` say so; without a model the fallback wordings do.

Writes the group "services": label = decision (``undecided`` where the letter states none), facts = the fields of
`records.Service`.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.components.layout.decisions import Decisions, load_decisions
from imr_nlp.components.quantities.request import request_quantities
from imr_nlp.components.services.category_model import CategoryModel
from imr_nlp.concepts.services import confident, known_category, plain_category, plan_category, request_fields
from imr_nlp.config import read_yaml
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import ENTITIES, SECTIONS, SERVICES, add_span, span_values
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.learned.loading import load_model
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.dates import DATE, iso
from imr_nlp.text.numbers import plain

#: An abbreviation whose last dot belongs to it: "b.i.d.", "q. h. s.", "q.hs."
_ABBREVIATION = re.compile(r"\b[A-Za-z]\.\s?(?:[A-Za-z]\.\s?){0,3}[A-Za-z]{1,2}\.\Z")
UNDECIDED = "undecided"
OTHER = "other"  # the category of what no category fits


@dataclass(frozen=True, slots=True)
class Request:
    """What a heading asks for: ``start:end`` in the Doc's text, and the history that the heading tells."""

    start: int
    end: int
    original: str | None = None
    authorized: str | None = None
    rule: str = "request.whole"


def find_request(decisions: Decisions, text: str, start: int, end: int) -> Request:
    """Return the request that the heading ``text[start:end]`` (without its decision) is about.

    >>> heading = ("Soma #90 was the original request. Soma #30 was authorized by the Claims Administrator. "
    ...            "The remaining IMR eligible portion of the original request, Soma #60 is")
    >>> request = find_request(load_decisions(), heading, 0, len(heading))
    >>> heading[request.start:request.end], request.original, request.authorized
    ('Soma #60', 'Soma #90', 'Soma #30')
    """
    start, end = _stripped(decisions, text, start, end)
    for rule, pattern in decisions.splits:
        match = pattern.search(text[start:end])
        if match:
            inner = _stripped(decisions, text, start + match.start("service"), start + match.end("service"))
            return Request(*inner, match["original"].strip(" ,;:"), match["authorized"].strip(" ,;:"), rule)
    return Request(start, end)


def _stripped(decisions: Decisions, text: str, start: int, end: int) -> tuple[int, int]:
    trailing = decisions.trailing.search(text[start:end])
    if trailing:
        kept = _ABBREVIATION.search(text, start, start + trailing.start() + 1)
        end = kept.end() if kept else start + trailing.start()
    lead = decisions.lead_in.match(text[start:end])
    if lead and start + lead.end() < end:
        start += lead.end()
    while start < end and text[start] in " ,;:.":
        start += 1
    return start, end


class ServiceFinder(FromFiles):
    """Callable component; see the module's page."""

    def __init__(
        self,
        rules: str = "layout/decisions.yml",
        fact_rules: str = "case_facts.yml",
        categories: CategoryModel | None = None,
    ) -> None:
        self.decisions = load_decisions(rules)
        self.categories = categories
        pattern = read_yaml(fact_rules, "case_facts.yml")["date_of_service"].replace("DATE", f"(?P<date>{DATE})")
        self.date_of_service = compile_pattern(pattern, re.IGNORECASE)

    def __call__(self, doc: Doc) -> Doc:
        """Write the group "services"."""
        text = text_of(doc)
        layout = doc.user_data.get("imr_layout")
        entities = [(found.label_, found.attrs) for found in span_values(doc, ENTITIES)]
        starts = [known["start"] for _, known in entities]
        for section in span_values(doc, SECTIONS, "service"):
            heading = section.attrs
            request = find_request(self.decisions, text, heading["body_start"], heading["text_end"])
            if request.end <= request.start:
                continue
            within = entities[bisect_left(starts, request.start) : bisect_left(starts, request.end)]
            request_text = text[request.start : request.end]
            inside = [entity for entity in within if entity[1]["end"] <= request.end]
            told = [
                entity for place in heading["decision_evidence"] or ()
                for entity in entities[bisect_left(starts, place["start"]) : bisect_left(starts, place["end"])]
            ]  # fmt: skip
            add_span(
                doc, SERVICES, request.start, request.end, heading["decision"] or UNDECIDED,
                rule=f"{heading['rule']}+{request.rule}", service=heading["service"],
                decision_start=heading["decision_start"], decision_end=heading["decision_end"],
                decision_evidence=heading["decision_evidence"],
                original_request=request.original, authorized=request.authorized,
                **_with_granted(self._fields(request_text, inside, layout), heading["granted"], inside, told),
            )  # fmt: skip
        return doc

    def _fields(self, request: str, entities: list[tuple[str, dict[str, Any]]], layout: str | None) -> dict[str, Any]:
        date = self.date_of_service.search(request)
        fields = {
            **asdict(request_quantities(request)),
            **request_fields(request, entities),
            **self._unknown(request, entities, layout),
            "date_of_service": iso(date["date"]) if date else None,
        }
        if fields["category"] == "pharmaceutical":
            fields["implied_sessions"] = None  # doses are no sessions
        return fields

    def _unknown(self, request: str, entities: list[tuple[str, dict[str, Any]]], layout: str | None) -> dict[str, Any]:
        """Return the category of a request where the vocabulary's does not count; empty where it does."""
        if planned := plan_category(request, layout):
            return {"category": planned, "category_rule": "category.plan_service"}
        if known_category(request, entities):
            return {}
        if plain := plain_category(request):
            return {"category": plain, "category_rule": "category.plain"}
        if self.categories is None:
            return {}
        guess = self.categories.category_of(request)
        category = guess.category if confident(guess.score) else OTHER
        return {"category": category, "category_rule": guess.rule, "category_score": guess.score}


def _with_granted(
    fields: dict[str, Any],
    granted: float | None,
    asked: Sequence[tuple[str, dict[str, Any]]],
    told: Sequence[tuple[str, dict[str, Any]]],
) -> dict[str, Any]:
    """Add the amount that a modified decision grants, with the unit that its own words or the request give.

    Args:
        fields: Of the service.
        granted: The number that is granted; None where none is told.
        asked: The entities of the request.
        told: The entities in the words that decide.

    >>> visits, weeks = (("SESSION_COUNT", {"max": 12, "unit": "visit"}), ("DURATION", {"min": 4, "unit": "week"}))
    >>> _with_granted({}, 6, [visits], [])["granted"], _with_granted({}, 4, [visits], [weeks])
    ({'min': 6, 'max': 6, 'unit': 'visit'}, {})
    """
    if granted is None:
        return fields
    label, unit = next(
        ((label, known.get("unit")) for label, known in told if granted == known.get("min")), (None, None)
    )
    count = next((known for name, known in asked if name == "SESSION_COUNT"), {})
    counted = count.get("unit")
    if granted > (count.get("max") or granted):
        return fields  # "30 patches" of two boxes: another unit than the request's
    if label == "DURATION":
        same = any(name == label and known.get("unit") == unit for name, known in asked)
        if counted or not same:
            return fields  # "four weeks" of 12 visits: how many visits that is nobody says
    amount = plain(granted)
    return {**fields, "granted": {"min": amount, "max": amount, "unit": unit or counted}}


@factory(
    "imr_services",
    default_config={"rules": "layout/decisions.yml", "fact_rules": "case_facts.yml", "model": None},
    assigns=["doc.spans"],
    requires=["doc.spans"],
)
def create_services(nlp: Language, name: str, rules: str, fact_rules: str, model: str | None) -> ServiceFinder:
    """Make the component from its files of wordings and a model of categories (``categories/<version>``)."""
    categories = CategoryModel(load_model(model)) if model else None
    return ServiceFinder(rules, fact_rules, categories)
