"""The trained roles of rationale sentences, on invented text, the samples and, where there, the real letters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.components.rationale.role_model import RoleModel, features
from imr_nlp.components.rationale.role_rules import RoleRules, Sentence
from imr_nlp.doc.spans import RATIONALE, SECTIONS, add_span, attrs_of, spans_of
from imr_nlp.learned.linear_model import NAMES, WEIGHTS, LinearModel
from imr_nlp.learned.loading import Model, load_model
from imr_nlp.training.data import TRAIN_ONLY, Example, GoldLetter, gold_letters, role_examples
from imr_nlp.training.fitting import (
    FAMILIES,
    KEPT,
    LEAST,
    Predictions,
    accuracy,
    calibration_error,
    cross_validate,
    fit,
    macro_f1,
    measurably_worse,
)
from imr_nlp.training.roles import adapted, by_reader, learning_curve, train_roles
from support.growth import growth
from support.paths import ROOT

pytestmark = pytest.mark.slow

SAMPLES = ROOT / "annotations" / "gold.jsonl"
RULES = RoleRules("rationale/roles.yml")
MODEL_NAME = "roles/1.0"
ROLES = {"conclusion", "gap", "fact", "guideline", "other"}


@lru_cache
def shipped_model() -> Model:
    return load_model(MODEL_NAME)


@lru_cache
def sample_pipeline() -> Any:
    examples = role_examples(gold_letters({"samples": SAMPLES}, seed=1), RULES)
    return fit([one.features for one in examples], [one.label for one in examples], FAMILIES[KEPT](1))


@pytest.fixture(scope="module")
def model() -> RoleModel:
    return RoleModel(RULES, shipped_model())


@pytest.fixture(scope="module")
def samples() -> list[GoldLetter]:
    return gold_letters({"samples": SAMPLES}, seed=1)


RATIONALES = [
    [
        "The claimant is a 51-year-old roofer who hurt the right ankle on 03/04/2015.",
        "The ODG recommends walking boots for patients with a recent ankle fracture.",
        "There is no documentation of a recent fracture in the submitted notes.",
        "Therefore, the walking boot is not medically necessary.",
    ],
    ["The request is for eight visits of aquatic therapy."],
]
EXPECTED = [["fact", "guideline", "gap", "conclusion"], ["fact"]]


def sentences(rationales: Sequence[Sequence[str]]) -> list[list[Sentence]]:
    return [[Sentence(text) for text in rationale] for rationale in rationales]


def test_roles_of_a_plain_rationale(model: RoleModel) -> None:
    given = model.roles_of(sentences(RATIONALES))
    assert [[role.role for role in rationale] for rationale in given] == EXPECTED
    assert all(0.5 < role.score <= 1 for rationale in given for role in rationale)


def test_the_rule_names_the_model_and_the_cue_it_agrees_with(model: RoleModel) -> None:
    last = model.roles_of(sentences(RATIONALES))[0][-1]
    assert last.rule == f"model:{MODEL_NAME}+decision.not_necessary"


def test_no_sentences_no_roles(model: RoleModel) -> None:
    assert model.roles_of([]) == []
    assert model.roles_of([[], []]) == [[], []]


@given(st.lists(st.lists(st.text(max_size=120), max_size=4), max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_exactly_one_role(rationales: list[list[str]]) -> None:
    given = RoleModel(RULES, shipped_model()).roles_of(sentences(rationales))
    assert [len(rationale) for rationale in given] == [len(rationale) for rationale in rationales]
    assert all(role.role in ROLES and 0 <= role.score <= 1 for rationale in given for role in rationale)


def test_probabilities_of_the_roles_add_up_to_one(model: RoleModel) -> None:
    rows = features(RULES, *_judged(RATIONALES[0]))
    assert model.linear.probabilities(rows).sum(axis=1) == pytest.approx(1.0)


@given(st.lists(st.text("abc ", max_size=20), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_probabilities_are_those_of_scikit_learn(texts: list[str]) -> None:
    rows = features(RULES, *_judged(["The request is not medically necessary.", *texts]))
    pipeline = sample_pipeline()
    assert np.allclose(LinearModel.of(pipeline).probabilities(rows), pipeline.predict_proba(rows), atol=1e-12)
    two = fit([{"a": 1.0}, {"a": 1.0}, {"b": 1.0}, {"b": 1.0}], ["x", "x", "y", "y"], FAMILIES[KEPT](1))
    asked = [{"a": 1.0}, {"b": 2.0}, {"unseen": 1.0}]
    assert np.allclose(LinearModel.of(two).probabilities(asked), two.predict_proba(asked), atol=1e-12)


def _judged(rationale: Sequence[str]) -> tuple[list[Sentence], list]:
    written = [Sentence(text) for text in rationale]
    return written, RULES.judge(written)


def test_features_put_kinds_in_place_of_numbers_people_and_entities() -> None:
    one = Sentence("The patient had 12 visits of massage.", ((16, 25, "SESSION_COUNT"), (29, 36, "PROCEDURE")))
    other = Sentence("The claimant had 8 sessions of acupuncture.", ((17, 27, "SESSION_COUNT"), (31, 42, "PROCEDURE")))
    rows = [features(RULES, [sentence], RULES.judge([sentence]))[0] for sentence in (one, other)]
    words = [{name for name in row if name.startswith("word")} for row in rows]
    assert words[0] == words[1]
    assert "words of PROCEDURE" in words[0] and "has SESSION_COUNT" in rows[0]


def test_what_the_rules_say_of_the_sentence_itself_counts_half() -> None:
    row = features(RULES, *_judged(RATIONALES[0]))[1]
    said = {name: value for name, value in row.items() if name.startswith(("after ", "before ", "rules say "))}
    assert said == {"after fact": 1.0, "before gap": 1.0, "rules say guideline": 0.5}


def test_component_uses_the_model_only_where_it_is_set() -> None:
    text = " ".join(RATIONALES[0])
    rules = {}
    for name in (None, MODEL_NAME):
        nlp = spacy.blank("en")
        nlp.add_pipe("imr_sentences")
        component = nlp.create_pipe("imr_rationale", config={"model": name})
        doc = nlp(text)
        add_span(doc, SECTIONS, 0, len(text), "rationale", rule="test", service=0, body_start=0, body_end=len(text))
        doc = component(doc)
        assert [span.label_ for span in spans_of(doc, RATIONALE)] == EXPECTED[0]
        rules[name] = [attrs_of(span)["rule"] for span in spans_of(doc, RATIONALE)]
    assert not any(rule.startswith("model:") for rule in rules[None])
    assert all(rule.startswith(f"model:{MODEL_NAME}") for rule in rules[MODEL_NAME])


def test_a_stored_pipeline_finds_its_model_again(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("imr_sentences")
    nlp.add_pipe("imr_rationale", config={"model": MODEL_NAME})
    nlp.to_disk(tmp_path / "stored")
    again = spacy.load(tmp_path / "stored")
    assert isinstance(again.get_pipe("imr_rationale").roles, RoleModel)
    assert len(list(again.pipe(["No text."] * 3, n_process=2, batch_size=1))) == 3


def test_time_grows_with_the_sentences_alone(model: RoleModel) -> None:
    assert growth(lambda repeats: model.roles_of(sentences([RATIONALES[0] * repeats])), 10, 40) < 10


@pytest.mark.stress
def test_training_twice_gives_the_same_bits(samples: list[GoldLetter], tmp_path: Path) -> None:
    one, other = (train_roles(samples, tmp_path / name, seed=1) for name in ("one", "other"))
    names = sorted(path.name for path in one.iterdir())
    assert {WEIGHTS, NAMES, "meta.json", "card.md"} <= set(names)
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_sample_sentences_become_examples_once(samples: list[GoldLetter]) -> None:
    examples = role_examples(samples, RULES)
    written = sum(len(s.get("rationale") or []) for letter in samples for s in letter.record["services"])
    assert 0.9 * written <= len(examples) <= written
    assert {example.label for example in examples} == ROLES


class Remembering:
    """A classifier's maker that keeps what each fit was given."""

    def __init__(self) -> None:
        self.seen: list[set[str]] = []

    def __call__(self, seed: int) -> object:
        seen = self.seen

        class Classifier(type(FAMILIES[KEPT](seed))):  # type: ignore[misc]
            def fit(self, rows: object, labels: Sequence[str], sample_weight: object = None) -> object:
                seen.append({label.split("/")[0] for label in labels})
                return super().fit(rows, labels, sample_weight)

        return Classifier(max_iter=200)


@pytest.mark.slow
@given(st.lists(st.integers(min_value=0, max_value=4), min_size=12, max_size=40))
@settings(max_examples=15, deadline=None)
def test_cross_validation_never_trains_on_a_letter_that_it_tests(letter_of: list[int]) -> None:
    folds = {0: 0, 1: 1, 2: 2, 3: 0, 4: TRAIN_ONLY}
    if len(set(letter_of)) < 5:
        letter_of = [*letter_of, *range(5)]
    rows = [{"constant": 1.0, f"word {i % 7}": 1.0} for i in range(len(letter_of))]
    labels = [f"{letter}/{i % 2}" for i, letter in enumerate(letter_of)]  # a label tells its letter
    make = Remembering()
    predicted = cross_validate(rows, labels, [folds[letter] for letter in letter_of], make, seed=1)
    assert set(predicted.labels) == {i for i, letter in enumerate(letter_of) if folds[letter] >= 0}
    for fold, trained_on in zip(range(3), make.seen, strict=True):
        assert trained_on.isdisjoint({str(letter) for letter, other in folds.items() if other == fold})
    for i, label in predicted.labels.items():
        assert folds[int(label.split("/")[0])] != folds[letter_of[i]]


def test_letters_are_dealt_to_folds_whole(samples: list[GoldLetter]) -> None:
    folds: dict[str, set[int]] = {}
    for example in role_examples(samples, RULES):
        folds.setdefault(example.letter, set()).add(example.fold)
    assert all(len(of) == 1 for of in folds.values())
    assert len(set().union(*folds.values())) > 5


@pytest.mark.slow
def test_learning_curve_grows_with_letters(samples: list[GoldLetter]) -> None:
    curve = learning_curve(role_examples(samples, RULES), seed=1)
    assert list(curve) == [8, 16]
    assert all(0 < measured <= 1 for point in curve.values() for measured in point)


def examples_of(letter: str, fold: int, pairs: Sequence[tuple[str, str]]) -> list[Example]:
    return [Example(letter, False, fold, {f"word {word}": 1.0}, role, "fact", 1.0) for word, role in pairs * 3]


def test_a_reader_is_tested_by_models_that_saw_no_letter_of_his() -> None:
    own = [("denied", "conclusion"), ("missing", "gap"), ("hurts", "fact")]
    shared = [*own, ("absent", "gap")]
    letters = [examples_of(f"CM1-{fold}", fold, own) for fold in (0, 1)]
    letters += [examples_of("reader-a-01", TRAIN_ONLY, shared), examples_of("reader-b-01", TRAIN_ONLY, shared)]
    everything = [one for letter in letters for one in letter]
    found = by_reader(everything, seed=1)
    assert set(found["rules alone"]) == {"all", "reader-a", "reader-b"}
    assert found["rules alone"]["all"]["accuracy"] == 0.25
    assert found["model without readers' letters"]["reader-a"]["accuracy"] == 0.75, "no other letter says absent"
    assert found["model with those of others"]["reader-a"]["accuracy"] == 1
    assert sorted(adapted(everything, seed=1).labels) == list(range(18)), "only letters with a fold are tested"


def test_features_seen_once_are_not_learnt() -> None:
    fitted = fit([{"a": 1.0, "once": 1.0}, {"a": 1.0}, {"b": 1.0}, {"b": 1.0}], ["x", "x", "y", "y"], FAMILIES[KEPT](1))
    assert LEAST == 2
    assert sorted(fitted[0].vocabulary_) == ["a", "b"]


def test_measures() -> None:
    labels = ["x", "x", "y", "y"]
    predicted = Predictions({0: "x", 1: "y", 2: "y"}, {0: 0.9, 1: 0.6, 2: 0.9})
    assert accuracy(labels, predicted.labels) == pytest.approx(2 / 3)
    assert macro_f1(labels, predicted.labels) == pytest.approx(2 / 3)
    assert calibration_error(labels, predicted) == pytest.approx((0.2 + 0.6) / 3)
    assert not measurably_worse(labels, ["a", "a", "b", "b"], predicted.labels, predicted.labels)


@pytest.mark.slow
def test_real_letters_reach_the_floor(gold: list[dict], corpus: Path) -> None:
    """Cross-validated over letters; the held letters are those on which the rules were not written."""
    from imr_nlp.training.prepare import gold_files

    letters = gold_letters({"samples": SAMPLES, "corpus": corpus / "gold.jsonl"}, seed=20)
    assert gold_files(ROOT / "annotations", corpus).keys() == {"samples", "corpus"}
    examples = role_examples(letters, RULES)
    predicted = cross_validate(
        [e.features for e in examples], [e.label for e in examples], [e.fold for e in examples], FAMILIES[KEPT], 20
    )
    labels = [e.label for e in examples]
    assert len(predicted.labels) >= 860
    for held, least, least_f1 in ((False, 0.92, 0.89), (True, 0.90, 0.88)):
        half = predicted.among({i for i in predicted.labels if examples[i].held == held})
        assert accuracy(labels, half.labels) >= least
        assert macro_f1(labels, half.labels) >= least_f1
        assert calibration_error(labels, half) < 0.05
