"""What a change gained and lost, from records that were changed on purpose."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import ANNOTATIONS

pytestmark = pytest.mark.slow  # runs the command line


def evaluate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "imr_nlp", "evaluate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_a_lost_and_a_gained_finding_are_listed_by_letter(tmp_path: Path) -> None:
    gold = ANNOTATIONS / "gold.jsonl"
    now = tmp_path / "now"
    run = [sys.executable, "-m", "imr_nlp", "run", ANNOTATIONS / "letters", "-o", now, "--quiet"]
    subprocess.run(run, check=True)
    lines = (now / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    record = next(r for r in records if r["services"] and r["services"][0]["decision"] == "upheld")
    record["services"][0]["decision"] = "overturned"
    record["future_field"] = "the records of other versions are read too"
    before = tmp_path / "before"
    before.mkdir()
    (before / "letters.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")

    done = evaluate(gold, "--records", now / "letters.jsonl", "--against", before)
    assert done.returncode == 0, done.stderr
    assert "gained decision" in done.stdout
    assert done.stdout.rstrip().splitlines()[-1].startswith("1 gained, 0 lost in ")


def test_a_missing_run_is_named(tmp_path: Path) -> None:
    done = evaluate(ANNOTATIONS / "gold.jsonl", "--against", tmp_path / "nothing")
    assert done.returncode == 2
    assert str(tmp_path / "nothing") in done.stderr
