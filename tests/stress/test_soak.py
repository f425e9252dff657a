"""The long run of `soak.py`, made short: its letters are what they should be, and its accounts are right."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from stress import soak
from support.letters import LETTER


def test_letters_differ_and_come_again(tmp_path: Path) -> None:
    first = dict(soak.write_letters(tmp_path / "a", 400, seed=1))
    again = dict(soak.write_letters(tmp_path / "b", 400, seed=1))
    other = dict(soak.write_letters(tmp_path / "c", 20, seed=2))
    assert len(first) == 400
    assert [Path(path).read_bytes() for path in first] == [Path(path).read_bytes() for path in again]
    assert [Path(path).read_bytes() for path in list(first)[:20]] != [Path(path).read_bytes() for path in other]
    assert list(first.values()).count(False) == 400 // soak.BAD
    contents = {Path(path).read_bytes() for path, good in first.items() if good}
    # All distinct but for the one that stands there twice on purpose.
    assert len(contents) == sum(first.values()) - 400 // soak.TWICE


def test_every_letter_brings_words_of_its_own() -> None:
    words = [set(soak.letter([LETTER], number, seed=1).split()) - set(LETTER.split()) for number in range(3)]
    assert all(len(found) >= soak.NEW_WORDS for found in words)
    assert len(words[0] & words[1]) < soak.NEW_WORDS


def test_growth_is_counted_from_where_the_curve_has_settled() -> None:
    curve = soak.Curve("worker", [(0, 50.0, 1.0), (10, 300.0, 9.0), (20, 310.0, 17.0), (30, 325.0, 26.0)])
    # Not from 50 MiB, when it was loading.
    assert (curve.peak, curve.growth(0), curve.growth(15), curve.growth(40)) == (325.0, 25.0, 15.0, 0.0)


@pytest.mark.slow
def test_a_short_run_is_accounted_for_and_flat(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, soak.__file__, "600", "-o", tmp_path, "--workers", "2", "--keep"],
        capture_output=True, text=True, encoding="utf-8", timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    with (tmp_path / "memory.csv").open(encoding="utf-8", newline="") as stream:
        roles = [row["role"] for row in csv.DictReader(stream)]
    assert {"run", "worker"} <= set(roles)
    assert (tmp_path / "memory.png").stat().st_size > 5_000
    # What the script checks, it sees where it isn't so.
    expected = dict.fromkeys(sorted(map(str, (tmp_path / "letters").rglob("*.*"))), True)
    assert len(soak.unaccounted(tmp_path / "run", expected)) == 3
