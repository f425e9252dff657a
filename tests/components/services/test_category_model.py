"""The category of requests that no vocabulary names, on invented names, samples and, where there, real letters."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import imr_nlp
from imr_nlp.components.services.category_model import CategoryModel, features
from imr_nlp.concepts.services import BY_HEADING, known_category
from imr_nlp.config import read_yaml
from imr_nlp.doc.spans import SERVICES, attrs_of, spans_of
from imr_nlp.learned.linear_model import LinearModel
from imr_nlp.learned.loading import load_model
from imr_nlp.training.categories import vocabulary_names, without_names
from imr_nlp.training.data import GoldLetter, Name, Request, gold_letters, requests
from imr_nlp.training.fitting import FAMILIES, KEPT, accuracy, cross_validate, fit
from support.paths import ROOT

pytestmark = pytest.mark.slow

SAMPLES = ROOT / "annotations" / "gold.jsonl"
MODEL_NAME = "categories/1.0"
CATEGORIES = set(read_yaml("concepts/service_categories.yml")["categories"])


@lru_cache
def model() -> CategoryModel:
    return CategoryModel(load_model(MODEL_NAME))


@pytest.fixture(scope="module")
def samples() -> list[GoldLetter]:
    return gold_letters({"samples": SAMPLES}, seed=1)


@pytest.mark.parametrize(
    ("request_text", "category"),
    [
        ("Brelvotidine 40 mg #60", "pharmaceutical"),
        ("Left scapholunate zyrodesis", "surgery"),
        ("Quorvian magnetic scan of the left hip", "diagnostic_imaging"),
        ("Zyro shoulder brace purchase", "dmepos"),
        ("Drelvin therapy, 8 sessions", "rehabilitation"),
        ("Right sacral quorvian block injection", "injection"),
    ],
)
def test_category_of_invented_names(request_text: str, category: str) -> None:
    assert not any(name.text in request_text.lower().split()[:2] for name in vocabulary_names())
    found = model().category_of(request_text)
    assert (found.category, found.rule) == (category, f"model:{MODEL_NAME}")
    assert 0.3 < found.score <= 1


@given(st.text(max_size=600))
@settings(max_examples=100, deadline=None)
def test_any_text_gets_one_known_category(text: str) -> None:
    found = model().category_of(text)
    assert found.category in CATEGORIES
    assert 0 <= found.score <= 1


def test_features_are_readable_and_forget_numbers() -> None:
    assert features("Zyro cane 12") == features("ZYRO  cane 7")
    assert {"word cane", "starts zyr", "words zyro cane", "last cane", "cue dmepos"} <= set(features("Zyro cane"))


def test_the_vocabulary_is_asked_first() -> None:
    mri = ("PROCEDURE", {"start": 0, "end": 3, "category": "diagnostic_imaging", "rule": "px.imaging"})
    unnamed = ("PROCEDURE", {"start": 0, "end": 4, "category": "dmepos", "rule": BY_HEADING})
    assert known_category("MRI", [mri]) == "diagnostic_imaging"
    assert known_category("Zyro", [unnamed]) is None
    assert known_category("Zyro", [unnamed, mri]) == "diagnostic_imaging"
    assert known_category("Sprain", [("DIAGNOSIS", {"start": 0, "end": 6, "rule": "dx.condition"})]) is None


LETTER = """IMR ISSUES, DECISIONS AND RATIONALES

MRI of the left knee: Upheld
Claims Administrator guideline: The Claims Administrator did not use any guidelines.
MAXIMUS guideline: The MAXIMUS physician reviewer did not use any guidelines.
Decision rationale: The request is not medically necessary.

Quorvian flumble: Overturned
Claims Administrator guideline: The Claims Administrator did not use any guidelines.
MAXIMUS guideline: The MAXIMUS physician reviewer did not use any guidelines.
Decision rationale: The request is medically necessary.
"""


def test_component_says_where_the_model_decided() -> None:
    nlp = imr_nlp.load(imr_services={"model": MODEL_NAME})
    known, unknown = (attrs_of(span) for span in spans_of(nlp(LETTER), SERVICES))
    assert known["category"] == "diagnostic_imaging" and "category_rule" not in known
    assert unknown["category"] in CATEGORIES and unknown["procedure"] == "quorvian flumble"
    assert unknown["category_rule"] == f"model:{MODEL_NAME}" and 0 < unknown["category_score"] <= 1


def test_every_vocabulary_name_has_a_known_category() -> None:
    names = vocabulary_names()
    assert len(names) > 3000
    assert {name.category for name in names} <= CATEGORIES


def test_withheld_names_are_out_of_training() -> None:
    names = [
        Name("zyro brace", "dmepos", "zyro brace"),
        Name("zb", "dmepos", "zyro brace"),
        Name("cane", "dmepos", "cane"),
    ]
    wanted = [
        Request("a", 0, "Zyro brace, left", "dmepos", "zyro brace", "dmepos", True),
        Request("a", 0, "Cane rental", "dmepos", "cane", "dmepos", True),
        Request("b", 1, "Another zyro brace", "dmepos", "zyro brace", "dmepos", True),
        Request("b", 1, "Bed", "dmepos", "bed", "dmepos", True),
    ]
    assert without_names(names, wanted, [0]) == [2, 6]


@pytest.mark.stress
def test_sample_requests_and_what_the_vocabulary_says(samples: list[GoldLetter]) -> None:
    wanted = requests(samples)
    assert len(wanted) == sum(len(letter.record["services"]) for letter in samples)
    assert sum(request.by_rules == request.category for request in wanted) >= 0.95 * len(wanted)


@pytest.mark.slow
def test_training_twice_gives_the_same_bits(samples: list[GoldLetter]) -> None:
    entries = [*vocabulary_names()[::4], *requests(samples)]
    rows, labels = [features(entry.text) for entry in entries], [entry.category for entry in entries]
    one, other = (LinearModel.of(fit(rows, labels, FAMILIES[KEPT](1))).to_files() for _ in range(2))
    assert one == other


@pytest.mark.stress
def test_real_requests_reach_the_floor(corpus: Path) -> None:
    """The vocabulary first, the model where it knows nothing; cross-validated over letters."""
    wanted = requests(gold_letters({"samples": SAMPLES, "corpus": corpus / "gold.jsonl"}, seed=20))
    names = vocabulary_names()
    rows = [features(entry.text) for entry in (*names, *wanted)]
    labels = [entry.category for entry in (*names, *wanted)]
    folds = [-1] * len(names) + [min(request.fold, 2) for request in wanted]
    predicted = cross_validate(rows, labels, folds, FAMILIES[KEPT], 20).labels
    combined = {
        i: wanted[i - len(names)].by_rules if wanted[i - len(names)].known else label for i, label in predicted.items()
    }
    assert len(combined) == 125
    assert accuracy(labels, combined) >= 0.97
    assert accuracy(labels, predicted) >= 0.90
