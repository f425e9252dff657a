"""Training the models of statuses and assertions: what is learnt, what is tested, and that it comes out the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from imr_nlp.components.context.status_model import margin
from imr_nlp.evaluation.gold import GoldError, read_gold
from imr_nlp.labels import ATTRIBUTE, Assertion, Status
from imr_nlp.learned.linear_model import NAMES, WEIGHTS
from imr_nlp.learned.loading import load_model
from imr_nlp.training.statuses import (
    MODELS,
    Case,
    Verdict,
    cross_validate,
    decided,
    figures_of,
    in_letters,
    status_cases,
    train_statuses,
)
from support.paths import ROOT

SAMPLES = {"samples": ROOT / "annotations" / "gold.jsonl"}


def case(letter: str, fold: str, value: str, word: str, *, rule: str = "default", open_: bool = True) -> Case:
    return Case(letter, "readers", fold, "PROCEDURE", {f"word {word}": 1.0}, value, "performed", rule, open_)


def small() -> list[Case]:
    """Letters of two readers and one letter that is only trained on; each word tells its value."""
    words = {"plan": "planned", "had": "performed"}
    return [
        case(f"{reader}-{number:02}", fold, value, word)
        for reader, fold in (("reader-a", "reader-a"), ("reader-b", "reader-b"), ("other", ""))
        for number in range(4)
        for word, value in words.items()
    ]


def test_each_reader_is_tested_by_a_model_of_the_others() -> None:
    cases = small()
    verdicts = cross_validate(cases, seed=1)
    assert {cases[number].fold for number in verdicts} == {"reader-a", "reader-b"}
    assert all(verdict.value == cases[number].value for number, verdict in verdicts.items())
    found = figures_of(cases, verdicts, ["reader-b"])
    assert set(found) == {"reader-a", "reader-b", "readers", "readers, unread"}
    told = found["readers, unread"]["PROCEDURE"]
    assert (told["entities"], told["rules"], told["with model"], told["changed rightly"]) == (8, 0.5, 1.0, 4)


def test_what_one_readers_letters_alone_say_is_not_learnt_from_them() -> None:
    cases = [*small(), *(case(f"reader-a-{n:02}", "reader-a", "negated", "never") for n in range(4))]
    verdicts = cross_validate(cases, seed=1)
    assert not any(verdict.value == "negated" for verdict in verdicts.values())


@pytest.mark.parametrize(
    ("rule", "open_", "ahead", "value"),
    [
        ("default", True, 0.01, "planned"),
        ("default", False, 0.9, "performed"),
        ("any-cue", True, 0.2, "performed"),
        ("any-cue", True, 0.4, "planned"),
        ("role:gap", True, 0.1, "planned"),
    ],
)
def test_the_policy_is_that_of_the_component(rule: str, open_: bool, ahead: float, value: str) -> None:
    one = case("a", "", "planned", "plan", rule=rule, open_=open_)
    assert decided(one, Verdict("planned", 0.4 + ahead, 0.4)) == value
    assert margin("PROCEDURE", rule) == (0.3 if rule == "any-cue" else 0)


def test_features_of_one_letter_are_left_out() -> None:
    assert in_letters([{"x": 1.0}, {"x": 1.0, "y": 1.0}], ["a", "b"], 2) == [{"x": 1.0}, {"x": 1.0}]


def test_gold_of_entities_alone_is_read_on_request(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("An MRI.", encoding="utf-8")
    (tmp_path / "gold.jsonl").write_text(json.dumps({"name": "one", "entities": []}), encoding="utf-8")
    assert read_gold(tmp_path, entities_alone=True).records[0]["services"] == []
    with pytest.raises(GoldError, match="has no services"):
        read_gold(tmp_path)


def test_the_shipped_training_gold_marks_what_its_letters_hold() -> None:
    gold = read_gold(ROOT / "annotations" / "training", entities_alone=True)
    values = {"DIAGNOSIS": get_args(Assertion), "PROCEDURE": get_args(Status), "MEDICATION": get_args(Status)}
    for record in gold.records:
        text = gold.letters[record["name"]].text
        for one in record["entities"]:
            marked = text[one["start"] : one["end"]]
            assert marked == marked.strip() != "", (record["name"], one)
            if one["label"] in ATTRIBUTE and one["label"] != "GUIDELINE":
                assert one[ATTRIBUTE[one["label"]]] in values[one["label"]], (record["name"], one)


@pytest.mark.slow
def test_entities_of_gold_letters_become_cases() -> None:
    cases = status_cases(SAMPLES, seed=1)
    assert {one.label for one in cases} == {"DIAGNOSIS", "PROCEDURE", "MEDICATION"}
    assert sum(one.verdict == one.value for one in cases) > 0.85 * len(cases)
    assert all(one.fold for one in cases), "alone, the project's own letters are tested"
    assert not any(one.open for one in cases if one.rule == "section:service")
    folds: dict[str, set[str]] = {}
    for one in cases:
        folds.setdefault(one.letter, set()).add(one.fold)
    assert all(len(of) == 1 for of in folds.values())


@pytest.mark.stress
def test_training_twice_gives_the_same_bits(tmp_path: Path) -> None:
    one, other = (train_statuses(SAMPLES, tmp_path / name, seed=1) for name in ("one", "other"))
    assert [place.parent.name for place in one] == list(MODELS)
    for place, again in zip(one, other, strict=True):
        names = sorted(path.name for path in place.iterdir())
        assert names == sorted([WEIGHTS, NAMES, "meta.json", "card.md"])
        for name in names:
            assert (place / name).read_bytes() == (again / name).read_bytes(), name
        assert load_model(str(place)).linear.weights.dtype == "float32"
