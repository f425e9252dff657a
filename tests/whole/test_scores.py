"""The figures that the pipeline has reached may not fall unnoticed.

``best_scores.json`` holds one number a figure (F1, accuracy or macro-F1). ``samples`` are the project's own invented
letters. Every other block is named after a gold file of real letters, where this machine has it. To accept new figures:

    IMR_UPDATE_SCORES=1 python -m pytest tests/whole/test_scores.py

and commit what changed in the file. Nothing else writes it.

A gold file without a block is not read, so letters can be kept aside until the end. An empty block adds a file.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from pathlib import Path

import pytest

from support.paths import DATA
from support.scoring import SAMPLES, scored

BEST = DATA / "best_scores.json"
#: How far a figure may fall: less than one finding in a thousand, so that rounding doesn't fail a test.
TOLERANCE = 0.0005
COMMAND = "IMR_UPDATE_SCORES=1 python -m pytest tests/whole/test_scores.py"


def test_scores_on_the_sample_letters() -> None:
    check("samples", SAMPLES)


@pytest.mark.parametrize("block", [name for name in json.loads(BEST.read_text(encoding="utf-8")) if name != "samples"])
def test_scores_on_the_real_letters(block: str, corpus: Path, real_run: Path) -> None:
    gold = corpus / block
    if not gold.is_file():
        pytest.skip(f"no {block} at {corpus}")
    check(block, gold, real_run)


def test_a_fall_is_told_figure_by_figure() -> None:
    best = {"decision": 1.0, "category": 0.9, "citation strict": 0.8, "body parts": 0.7}
    now = {"decision": 1.0, "category": 0.8996, "citation strict": 0.75, "procedure name": 0.5}
    assert fallen(best, now) == ["body parts: 0.7000 -> none", "citation strict: 0.8000 -> 0.7500"]
    assert risen(best, now) == ["procedure name: none -> 0.5000"]
    assert risen(now, best)[-1] == "citation strict: 0.7500 -> 0.8000"


def test_figures_that_fell_fail_until_they_are_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    best = tmp_path / "best.json"
    best.write_text(json.dumps({"samples": {"decision": 1.1}, "gold.jsonl": {"decision": 1.0}}), encoding="utf-8")
    monkeypatch.setattr(sys.modules[__name__], "BEST", best)
    monkeypatch.delenv("IMR_UPDATE_SCORES", raising=False)
    with pytest.raises(
        AssertionError, match=r"(?s)samples: figures fell:\s+decision: 1\.1000 -> .*IMR_UPDATE_SCORES=1"
    ):
        check("samples", SAMPLES)
    monkeypatch.setenv("IMR_UPDATE_SCORES", "1")
    check("samples", SAMPLES)
    monkeypatch.delenv("IMR_UPDATE_SCORES")
    check("samples", SAMPLES)
    assert json.loads(best.read_text(encoding="utf-8"))["gold.jsonl"] == {"decision": 1.0}


def check(block: str, gold: Path, run: Path | None = None) -> None:
    """Fail where a figure fell; say so where one rose; write all of them where that was asked for."""
    now = scored(gold, run).report.headline()
    best = json.loads(BEST.read_text(encoding="utf-8"))
    if os.environ.get("IMR_UPDATE_SCORES"):
        best[block] = {name: round(value, 4) for name, value in now.items()}
        BEST.write_text(json.dumps(best, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    worse = fallen(best[block], now)
    assert not worse, f"{block}: figures fell:\n  " + "\n  ".join(worse) + f"\nIf that is meant: {COMMAND}"
    if better := risen(best[block], now):
        hint = f"{block}: figures rose:\n  " + "\n  ".join(better) + f"\nTo keep them: {COMMAND}"
        warnings.warn(hint, stacklevel=1)


def fallen(best: dict[str, float], now: dict[str, float]) -> list[str]:
    """Return the figures that are lower than the best, or gone, with both numbers."""
    return [
        f"{name}: {value:.4f} -> {_number(now.get(name))}"
        for name, value in sorted(best.items())
        if name not in now or now[name] < value - TOLERANCE
    ]


def risen(best: dict[str, float], now: dict[str, float]) -> list[str]:
    """Return the figures that are higher than the best, or new, with both numbers."""
    return [
        f"{name}: {_number(best.get(name))} -> {value:.4f}"
        for name, value in sorted(now.items())
        if name not in best or value > best[name] + TOLERANCE
    ]


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"
