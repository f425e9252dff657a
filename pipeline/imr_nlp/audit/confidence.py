"""Probabilities that what a record says is right, from precision that was measured on gold.

``models/confidence/<version>/rates.json`` holds, for each kind of finding, how often it was right on gold letters. A
finding's key goes from the specific to the general: rule and context rule, rule, label. The rate of a key is shrunk
towards that of the next general one by ``PRIOR`` findings (an empirical Bayes estimate of a binomial rate).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache

from imr_nlp.learned.loading import place_of, read_model
from imr_nlp.records import schema

MODEL = "confidence/1.0"
RATES = "rates.json"
#: Findings of the general key that weigh as much as the specific key's own.
PRIOR = 8.0
#: Share of the trust that is left after an error, and after a warning.
LEFT = {"error": 0.5, "warning": 0.85}

#: Key -> (right, all).
Rates = Mapping[str, tuple[int, int]]


@lru_cache(maxsize=2)
def load_rates(model: str = MODEL) -> dict[str, tuple[int, int]]:
    """Return the measured rates of a model.

    Raises:
        ModelError: There is no such model, or a file of it is not the one that ``meta.json`` describes.

    >>> right, seen = load_rates()["entity"]
    >>> 0 < right <= seen
    True
    """
    _, files = read_model(place_of(model), [RATES])
    return {key: (int(right), int(seen)) for key, (right, seen) in json.loads(files[RATES]).items()}


def rate_of(rates: Rates, keys: list[str]) -> float:
    """Return the shrunk rate of a finding.

    Args:
        rates: Measured rates.
        keys: The finding's keys, the most general first.

    >>> rates = {"entity": (90, 100), "entity|DIAGNOSIS": (8, 10)}
    >>> round(rate_of(rates, ["entity", "entity|DIAGNOSIS", "entity|DIAGNOSIS|dx.head"]), 3)
    0.844
    """
    rate = 0.9
    for key in keys:
        right, seen = rates.get(key, (0, 0))
        rate = (right + PRIOR * rate) / (seen + PRIOR)
    return rate


def entity_keys(entity: schema.Entity) -> list[str]:
    """Return the keys of an entity, the most general first."""
    label = f"entity|{entity.label}"
    return ["entity", label, f"{label}|{entity.rule}", f"{label}|{entity.rule}|{entity.context_rule or ''}"]


def decision_keys(service: schema.Service, layout: str) -> list[str]:
    """Return the keys of a service's decision: who decided, and in which layout."""
    by = "+".join(sorted({evidence.by for evidence in service.decision_evidence})) or "none"
    return ["decision", f"decision|{by}", f"decision|{by}|{layout}"]


def category_keys(service: schema.Service) -> list[str]:
    """Return the keys of a service's category: vocabulary or model, and how sure the model was."""
    by = "vocabulary" if service.category_rule is None else f"model|{int((service.category_score or 0) * 5)}"
    return ["category", f"category|{by}", f"category|{by}|{service.category}"]


def rate(letter: schema.Letter, rates: Rates | None = None) -> None:
    """Write the confidences of a record, and how far it can be trusted, into it.

    Args:
        letter: The record. Its warnings must be there already.
        rates: Measured rates. Those of the shipped model are the default.
    """
    rates = load_rates() if rates is None else rates
    known: dict[tuple[str, ...], float] = {}

    def of(keys: list[str]) -> float:
        found = known.get(tuple(keys))
        if found is None:
            found = known[tuple(keys)] = round(rate_of(rates, keys), 3)
        return found

    for entity in letter.entities:
        rated = of(entity_keys(entity))
        # A value that a model chose is no surer than the model was of it.
        entity.confidence = rated if entity.context_score is None else min(rated, entity.context_score)
    for service in letter.services:
        service.category_confidence = of(category_keys(service))
        if service.decision is not None:
            rated = of(decision_keys(service, letter.source.layout))
            # The gold has no letter that contradicts itself, so that no rate tells how often its heading is right.
            service.decision_confidence = round(rated * LEFT["error"], 3) if _contradicted(service) else rated
    letter.trust = trust_of(letter)


def _contradicted(service: schema.Service) -> bool:
    """Return whether one place of a letter upholds a service's denial and another overturns it.

    >>> places = [schema.Evidence(by=by, decision=decision, start=0, end=1, rule="r")
    ...           for by, decision in (("heading", "upheld"), ("conclusion", "overturned"))]
    >>> service = schema.Service(id="S1", text="MRI", start=0, end=3, category="other", decision="upheld")
    >>> _contradicted(service), _contradicted(service.model_copy(update={"decision_evidence": places}))
    (False, True)
    """
    told = {evidence.decision for evidence in service.decision_evidence}
    return service.decision != "modified" and {"upheld", "overturned"} <= told


def trust_of(letter: schema.Letter) -> schema.Trust:
    """Return how far a record can be trusted: its least certain decision, lowered by errors and warnings.

    >>> letter = schema.Letter(source=schema.Source(text_sha256="0" * 64, characters=0, layout="unknown",
    ...                        pipeline_version="0"), warnings=[schema.Warning(code="no_service", message="m")])
    >>> trust_of(letter)
    Trust(score=0.425, reasons=['no_service'])
    """
    confidences = [service.decision_confidence or 0.5 for service in letter.services]
    score = min(confidences, default=0.5)
    reasons = [f"{s.id}: decision" for s, c in zip(letter.services, confidences, strict=True) if c < 0.9]
    for code, severity in _distinct(letter):
        score *= LEFT[severity]
        reasons.append(code)
    return schema.Trust(score=round(score, 3), reasons=reasons)


def _distinct(letter: schema.Letter) -> Iterator[tuple[str, str]]:
    """Yield each kind of error and warning once."""
    seen = dict.fromkeys((warning.code, warning.severity) for warning in letter.warnings)
    return ((code, severity) for code, severity in seen if severity in LEFT)
