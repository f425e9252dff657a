"""Amounts and limits that the sentences of a rationale tell."""

from __future__ import annotations

import pytest
from spacy.language import Language

from imr_nlp.components.concepts.told_amounts import told_number
from imr_nlp.records import Service
from support.scoring import pipeline

LETTER = """IMR ISSUES, DECISIONS AND RATIONALES
The disputed items/services were decided as is set forth below:
1. {request}: {decision}
Claims Administrator guideline: None cited.
MAXIMUS guideline: Decision based on MTUS Chronic Pain Medical Treatment 2009.
Decision rationale: {rationale}
"""


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


def service(nlp: Language, request: str, decision: str, rationale: str) -> Service:
    (found,) = nlp(LETTER.format(request=request, decision=decision, rationale=rationale))._.letter.services
    return found


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("The claims administrator certified a trial of five (5) sessions.", 5),
        ("Utilization review dated 3/4/2016 modified the request to 8 visits.", 8),
        ("Of the twenty visits, seven were approved by UR.", 7),
        ("She finished the 6 approved visits in May.", None),
        ("UR certified Norco 10/325 mg.", None),
        ("UR denied 12 sessions.", None),
        ("The provider approved 4 visits.", None),
    ],
)
def test_authorized_before(sentence: str, number: int | None) -> None:
    assert told_number("authorized_before", sentence) == number


@pytest.mark.parametrize(
    ("sentence", "number"),
    [
        ("The request is modified to Norco 10/325mg #45 for weaning.", 45),
        ("I am reducing the request to an initial nine visits.", 9),
        ("Only six sessions are medically necessary.", 6),
        ("The request for 24 visits exceeds the guideline.", None),
    ],
)
def test_granted(sentence: str, number: int | None) -> None:
    assert told_number("granted", sentence) == number


def test_earlier_authorization_stands_in_the_record(nlp: Language) -> None:
    told = "UR had already approved four visits. No gain is shown. The remaining visits are not medically necessary."
    found = service(nlp, "Massage therapy, 10 visits", "Upheld", told)
    amount = found.authorized_before
    assert amount is not None
    assert (amount.min, amount.max, amount.unit, amount.rule) == (4, 4, "visit", "told.authorized_before")
    sentence = next(one for one in found.rationale if "already approved" in one.text)
    assert (amount.start, amount.end) == (sentence.start, sentence.end)


def test_only_a_modified_decision_grants_a_part(nlp: Language) -> None:
    told = "A trial is in order. The request is reduced to three visits, which are medically necessary."
    assert service(nlp, "Massage therapy, 10 visits", "Modified", told).granted.max == 3
    assert service(nlp, "Massage therapy, 10 visits", "Upheld", told).granted.max == 0


def test_what_was_asked_for_is_no_earlier_authorization(nlp: Language) -> None:
    told = "UR approved 10 visits. More are not medically necessary."
    assert service(nlp, "Massage therapy, 10 visits", "Upheld", told).authorized_before is None


@pytest.mark.parametrize(
    ("told", "limit"),
    [
        ("The MTUS gives 16 visits over 10 weeks after this operation.", (16, 16, "visit")),
        ("Per the ODG, 7-9 visits over 6 weeks are recommended for this strain.", (7, 9, "visit")),
        ("The treating physician wants 16 visits over 10 weeks.", None),
    ],
)
def test_limits(nlp: Language, told: str, limit: tuple[int, int, str] | None) -> None:
    found = service(nlp, "Physical therapy, 30 visits", "Upheld", f"{told} The request is not medically necessary.")
    assert [(one.min, one.max, one.unit) for one in found.limits] == ([limit] if limit else [])
