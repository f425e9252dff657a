"""Which gold is learnt from, and what is refused about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from imr_nlp.evaluation.gold import GoldError
from imr_nlp.training.prepare import gold_files
from support.paths import ROOT


def test_a_corpus_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMR_CORPUS", str(tmp_path / "none"))
    with pytest.raises(GoldError, match=r"IMR_CORPUS=.*none: no gold\.jsonl"):
        gold_files(ROOT / "annotations")
    (tmp_path / "gold.jsonl").write_text("")
    monkeypatch.setenv("IMR_CORPUS", str(tmp_path))
    assert gold_files(ROOT / "annotations")["corpus"] == tmp_path / "gold.jsonl"
