"""What a change gained and lost, from records that were changed on purpose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.letters import imr_nlp_here
from support.paths import ANNOTATIONS

pytestmark = pytest.mark.slow  # runs the command line


def test_a_lost_and_a_gained_finding_are_listed_by_letter(tmp_path: Path) -> None:
    gold = ANNOTATIONS / "gold.jsonl"
    now = tmp_path / "now"
    assert imr_nlp_here("run", ANNOTATIONS / "letters", "-o", now, "--quiet").returncode == 0
    lines = (now / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    record = next(r for r in records if r["services"] and r["services"][0]["decision"] == "upheld")
    record["services"][0]["decision"] = "overturned"
    record["future_field"] = "the records of other versions are read too"
    before = tmp_path / "before"
    before.mkdir()
    (before / "letters.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")

    done = imr_nlp_here("evaluate", gold, "--records", now / "letters.jsonl", "--against", before)
    assert done.returncode == 0, done.stderr
    assert "gained decision" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("1 gained, 0 lost in ")


def test_a_missing_run_is_named(tmp_path: Path) -> None:
    done = imr_nlp_here("evaluate", ANNOTATIONS / "gold.jsonl", "--against", tmp_path / "nothing")
    assert done.returncode == 2
    assert str(tmp_path / "nothing") in done.stderr
