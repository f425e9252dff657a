"""Confidences: measured rates, shrinkage, trust, and calibration on the letters that nobody read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imr_nlp.audit import confidence
from imr_nlp.evaluation.gold import read_gold, read_records
from imr_nlp.letter import read_letter
from imr_nlp.records import schema
from imr_nlp.training.confidence import JudgedItem, calibration, count, judge, train_confidence
from support.paths import ANNOTATIONS
from support.scoring import pipeline

COUNTS = st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
RATES = st.dictionaries(st.sampled_from(["a", "a|b", "a|b|c"]), COUNTS)


@given(RATES)
def test_a_rate_is_a_probability(rates: dict) -> None:
    assert 0 <= confidence.rate_of(rates, ["a", "a|b", "a|b|c"]) <= 1


def test_a_rare_rule_leans_on_its_label() -> None:
    rates = {"entity": (900, 1000), "entity|D": (90, 100), "entity|D|new": (0, 1)}
    rare = confidence.rate_of(rates, ["entity", "entity|D", "entity|D|new"])
    unseen = confidence.rate_of(rates, ["entity", "entity|D", "entity|D|none"])
    assert 0.7 < rare < unseen


def test_every_finding_of_a_record_has_its_probability() -> None:
    text = (ANNOTATIONS / "letters" / "eight-services.txt").read_text(encoding="utf-8")
    letter = pipeline()(text)._.letter
    assert letter.entities
    assert all(entity.confidence is not None for entity in letter.entities)
    assert all(service.decision_confidence is not None for service in letter.services)
    assert all(service.category_confidence is not None for service in letter.services)
    assert letter.trust is not None
    assert letter.trust.score > 0.5


def test_errors_lower_the_trust_and_say_why() -> None:
    text = (ANNOTATIONS / "letters" / "split-request.txt").read_text(encoding="utf-8")
    letter = pipeline()(text)._.letter
    before = confidence.trust_of(letter)
    letter.warnings.append(schema.Warning(code="dates_out_of_order", message="m", severity="error"))
    after = confidence.trust_of(letter)
    assert after.score < before.score
    assert "dates_out_of_order" in after.reasons


def test_training_counts_what_the_gold_says(tmp_path: Path) -> None:
    gold = read_gold(ANNOTATIONS / "gold.jsonl")
    nlp = pipeline()
    names = [record["name"] for record in gold.records][:4]
    part = type(gold)([r for r in gold.records if r["name"] in names], {n: gold.letters[n] for n in names})
    letters = {name: read_letter(nlp, source) for name, source in part.letters.items()}
    place = train_confidence([part], letters, tmp_path, ["gold.jsonl"])
    again = train_confidence([part], letters, tmp_path / "again", ["gold.jsonl"])
    for name in (confidence.RATES, "meta.json", "card.md"):
        assert (place / name).read_bytes() == (again / name).read_bytes()
    judged = [j for r in part.records for j in judge(r, letters[r["name"]], part.texts[r["name"]])]
    right, seen = count(judged)["entity"]
    assert seen == sum(len(letter.entities) for letter in letters.values())
    assert right / seen > 0.8


def test_calibration_sees_overconfidence() -> None:
    sure = [JudgedItem(f"l{n % 10}", ["k"], n % 2 == 0) for n in range(200)]
    error, rows = calibration(sure)
    assert error < 0.2
    assert sum(n for _, _, n in rows) == 200


@pytest.mark.slow
def test_calibration_on_the_real_letters(corpus: Path, real_run: Path) -> None:
    """Expected calibration error at most 0.05 for entities, cross-validated by letter."""
    found = []
    for name in ("gold-2.jsonl", "gold-3.jsonl"):
        if (corpus / name).is_file():
            gold = read_gold(corpus / name, corpus / "letters")
            letters = read_records(real_run, gold)
            for record in gold.records:
                letter = schema.Letter.model_validate(letters[record["name"]])
                found += judge(record, letter, gold.texts[record["name"]])
    if not found:
        pytest.skip("no gold of unread letters")
    for kind in ("entity", "decision"):
        error, _ = calibration([one for one in found if one.keys[0] == kind])
        assert error <= 0.05, kind
