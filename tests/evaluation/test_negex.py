"""The NegEx kit's reader and scorer, on rows of our own; the kit itself where this machine has it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imr_nlp.evaluation.negex import assertions, read_kit, score, wrong
from support.letters import imr_nlp_here
from support.paths import ROOT
from support.scoring import pipeline

KIT = """id\tconcept\tsentence\tnegation\ttemporality\texperiencer
1\tlimp\tShe walks without LIMP.\tNegated\tRecent\tPatient
2\tgout\tGOUT is suspected.\tAffirmed\tRecent\tPatient
3\tulcer\tPast history of ULCER.\tAffirmed\tHistorical\tPatient
4\trash\tThis row has no such word.\tAffirmed\tRecent\tPatient
"""


def test_rows_are_scored(tmp_path: Path) -> None:
    path = tmp_path / "kit.tsv"
    path.write_text(KIT, encoding="utf-8")
    rows = read_kit(path)
    assert [row.number for row in rows] == ["1", "2", "3"]
    found = list(assertions(pipeline(), rows))
    assert found == ["negated", "possible", "historical"]
    scores = score(rows, found)
    assert (scores["negation"].f1, scores["temporality"].f1) == (1.0, 1.0)
    assert wrong(rows, ["affirmed", "possible", "historical"], "negation") == [(rows[0], "affirmed")]


def test_a_concept_behind_a_letter_whose_lower_case_is_longer(tmp_path: Path) -> None:
    path = tmp_path / "kit.tsv"
    path.write_text(
        KIT.splitlines()[0] + "\n1\tgout\tMr. İİİİİİİİ has no GOUT but has a limp.\tNegated\tRecent\tPatient\n"
    )
    assert list(assertions(pipeline(), read_kit(path))) == ["negated"]


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tsv"
    path.write_text("a\tb\n1\t2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="concept"):
        read_kit(path)


@pytest.mark.slow
def test_the_real_kit() -> None:
    kit = Path(os.environ.get("IMR_NEGEX") or ROOT.parent / "shared" / "negex" / "kit.tsv")
    if not kit.is_file():
        pytest.skip(f"no NegEx kit at {kit} (set IMR_NEGEX to run this test)")
    rows = read_kit(kit)
    scores = score(rows, list(assertions(pipeline(), rows)))
    assert scores["negation"].f1 >= 0.97


@pytest.mark.slow
def test_the_command_prints_both_systems(tmp_path: Path) -> None:
    path = tmp_path / "kit.tsv"
    path.write_text(KIT, encoding="utf-8")
    done = imr_nlp_here("evaluate", path, "--negex")
    assert done.returncode == 0, done.stderr
    assert "imr-nlp" in done.stdout
    assert "stock medspaCy" in done.stdout
