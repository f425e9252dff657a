"""Inputs that no letter would be: each ends in a record or a refusal, soon. The long run is ``make fuzz``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stress.fuzz import shapes
from stress.fuzz.mutate import mutated, seeds_in
from stress.fuzz.run import at_the_limits
from stress.fuzz.target import CODES, InvariantError, run
from support.growth import growth
from support.paths import ROOT

LETTERS = ROOT / "annotations" / "letters"
CASES = sorted((ROOT / "tests" / "stress" / "fuzz" / "cases").glob("*.*"))
#: What took the square of its length, or worse, before fuzzing found it.
ONCE_SLOW = [
    "brackets", "quotes", "emoji", "a long word", "web addresses", "ideographs", "ligatures", "entities", "redacted",
    "service headings", "requests", "request lines", "negations", "history", "abbreviations", "glued headings",
    "services", "prose",
]  # fmt: skip


@pytest.mark.parametrize("title", shapes.UNITS)
def test_every_kind_of_trouble(title: str) -> None:
    for in_letter in (False, True):
        outcome = run(shapes.repeated(title, 3_000, in_letter=in_letter).encode(), "a.txt")
        assert outcome.result in ("record", "empty", "binary")


@pytest.mark.parametrize("title", shapes.PDFS)
def test_pdfs_that_are_small_and_ask_for_much(title: str) -> None:
    assert run(shapes.PDFS[title](), "a.pdf").result in ("record", "damaged", "no_text", "too_large")


def test_damaged_letters() -> None:
    seeds = seeds_in(LETTERS)
    results = {run(data, name).result for name, data in (mutated(seeds, 0, number) for number in range(200))}
    assert {"record", "damaged", "binary"} <= results <= {"record", *CODES}


@pytest.mark.slow
def test_more_damaged_letters() -> None:
    seeds = seeds_in(LETTERS)
    results = [run(data, name).result for name, data in (mutated(seeds, 7, number) for number in range(500))]
    assert results.count("record") > 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cases_that_were_found(case: Path) -> None:
    run(case.read_bytes(), case.name)


@pytest.mark.slow
@pytest.mark.parametrize("title", ONCE_SLOW)
def test_time_grows_with_the_length_alone(title: str) -> None:
    """Four times the length takes about four times as long; what takes the square of it takes sixteen times."""
    in_letter = title not in ("abbreviations", "requests")

    def read(size: int) -> None:
        run(shapes.repeated(title, size, in_letter=in_letter).encode(), "a.txt")

    assert growth(read, 15_000, 60_000, times=4) < 8


@pytest.mark.slow
def test_a_letter_with_many_services_without_a_known_name() -> None:
    assert growth(lambda count: run(shapes.services(count).encode(), "a.txt"), 100, 400) < 10


def test_the_same_seed_gives_the_same_inputs() -> None:
    seeds = seeds_in(LETTERS)
    assert [mutated(seeds, 3, number) for number in range(30)] == [mutated(seeds, 3, number) for number in range(30)]
    assert mutated(seeds, 3, 5) != mutated(seeds, 4, 5)


def test_the_target_notices_what_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    from imr_nlp.reading import source as reading

    message = "a.txt: the file is empty"
    for wrong in ("the file is empty", f"{message}\n", f"{message}: gardener"):
        with monkeypatch.context() as patch, pytest.raises(InvariantError):
            refusal = reading.ReadError("empty", wrong)
            patch.setattr(reading, "read_bytes", lambda *_, refusal=refusal: (_ for _ in ()).throw(refusal))
            run(b"Knee brace", "a.txt")


def test_what_is_at_the_limits_is_just_allowed() -> None:
    made = dict(at_the_limits())
    name, data = made["brackets"]()
    assert (name, data) == ("a.txt", b"(" * 50_000)
    name, data = made["a long word"]()
    assert len(data) == 1_000_000


def test_a_run_accounts_for_every_input(tmp_path: Path) -> None:
    options = ["--inputs", "30", "--seed", "2", "--processes", "2", "--no-limits", "--failures", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "stress" / "fuzz" / "run.py", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = dict(line.rsplit(maxsplit=1) for line in done.stdout.splitlines() if not line.startswith(("slow", "peak")))
    ended = sum(int(number) for row, number in table.items() if row.startswith(("records", "refused")))
    assert (table["inputs"], table["failed"], ended) == ("30", "0", 30)
