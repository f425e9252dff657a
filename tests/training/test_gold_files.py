"""Which gold is learnt from, and what is refused about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from imr_nlp.evaluation.gold import GoldError
from imr_nlp.training.prepare import BESIDE, gold_files
from support.letters import imr_nlp_here
from support.paths import ROOT


def test_a_corpus_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMR_CORPUS", str(tmp_path / "none"))
    with pytest.raises(GoldError, match=r"IMR_CORPUS=.*none: no gold\.jsonl"):
        gold_files(ROOT / "annotations")
    (tmp_path / "gold.jsonl").write_text("")
    monkeypatch.setenv("IMR_CORPUS", str(tmp_path))
    assert gold_files(ROOT / "annotations")["corpus"] == tmp_path / "gold.jsonl"


def test_a_corpus_that_is_an_option_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IMR_CORPUS", raising=False)
    monkeypatch.chdir(tmp_path)
    assert gold_files(ROOT / "annotations", BESIDE).keys() == {"samples"}  # nobody named it
    done = imr_nlp_here(
        "train", "roles", "-o", tmp_path / "models", "--annotations", ROOT / "annotations", "--corpus", "nope"
    )
    assert (done.returncode, done.stderr) == (
        2, "imr-nlp: --corpus nope: no gold.jsonl there; name a folder with gold\n",
    )  # fmt: skip
    assert not (tmp_path / "models").exists()
