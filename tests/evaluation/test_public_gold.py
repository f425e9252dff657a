"""The public gold standard: no words of letters, and a reader that says which letters are missing or differ."""

import hashlib
import json
from pathlib import Path

import pytest

from imr_nlp.evaluation.gold import GoldError
from imr_nlp.evaluation.public_gold import public_record, read_public_gold
from support.paths import ROOT

TEXT = "Lumbar MRI: Upheld"


def record(name: str, text: str) -> dict:
    entity = {"start": 7, "end": 10, "label": "PROCEDURE", "text": "MRI", "status": "requested"}
    service = {"start": 0, "end": 10, "text": "Lumbar MRI", "decision": "upheld", "category": "diagnostic_imaging"}
    cited = {"party": "reviewer", "authority": "ODG", "title": "Low Back", "sections": ["MRI"], "year": 2016}
    sentence = {"start": 0, "end": 5, "text": "Lumbar", "role": "gap"}
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {
        "name": name,
        "sha256": digest,
        "entities": [entity],
        "services": [{**service, "citations": [cited], "rationale": [sentence]}],
    }


def test_a_record_without_words() -> None:
    written = json.dumps(public_record(record("a", TEXT)))
    assert not any(word in written for word in ("MRI", "Lumbar", "Low Back"))
    assert json.loads(written)["services"][0]["citations"] == [{"party": "reviewer", "authority": "ODG", "year": 2016}]


def test_missing_and_different_letters_are_named(tmp_path: Path) -> None:
    names = {"a": TEXT, "b": TEXT, "c": TEXT}
    lines = [json.dumps(public_record(record(name, text))) for name, text in names.items()]
    (tmp_path / "gold.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "b.txt").write_text("Another letter", encoding="utf-8")
    gold, missing, different = read_public_gold(tmp_path, tmp_path)
    assert ([one["name"] for one in gold.records], missing, different) == (["a"], ["c"], ["b"])
    assert gold.records[0]["services"][0]["text"] == "Lumbar MRI"


def test_no_letter_at_all_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text(json.dumps(public_record(record("a", TEXT))), encoding="utf-8")
    with pytest.raises(GoldError, match="none of the 1 letters"):
        read_public_gold(tmp_path, tmp_path / "letters")


def test_the_shipped_standard_holds_no_text() -> None:
    lines = (ROOT / "annotations/dwc/gold.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        one = json.loads(line)
        assert len(one["sha256"]) == 64
        assert all("text" not in found for found in (*one["entities"], *one["services"]))
        assert all("title" not in cited for service in one["services"] for cited in service["citations"])
