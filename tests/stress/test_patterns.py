"""No regular expression of the pipeline tries more and more ways through rows of marks or words."""

from __future__ import annotations

import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from imr_nlp.text import compiled

#: What rows are made of. The longer ones are what patterns of letters look for.
UNITS = [
    *"-._ =*x1a()[],;:/|\n\t\"'#&+%…–“”", *("1 ", "a ", "- ", ". ", "x1 ", "1, ", "a, ", "1-", "1/", "1.", "a-", "a."),
    *("A ", "AB. ", "and ", "or ", "the ", "of ", "to ", "is ", "not ", "MRI ", "left ", "L4 ", "12 visits ", "mg "),
    *("denied ", "upheld ", "Upheld: ", "(a) ", "[x] ", "[ ] ", "page 1 ", "item 1 ", "the denial is upheld "),
]  # fmt: skip
ENDS = ["", "!", "q", "Zq:", "?\n"]
SHORT, LONG = 14, 28  # units of a row
#: A row of twice the length takes 30 times as long where the steps grow with the fifth power of the length.
MOST = 30
_NOISE = 0.01  # seconds below which a time says nothing
_GIVEN_UP = 5  # seconds after which a pattern has shown enough


class _GaveUpError(Exception):
    """A pattern tries a row for longer than `_GIVEN_UP`."""


@contextmanager
def _alarm() -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise _GaveUpError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, _GIVEN_UP)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _seconds(pattern: re.Pattern[str], row: str) -> float:
    start = time.perf_counter()
    pattern.search(row)
    pattern.fullmatch(row)
    return time.perf_counter() - start


def _ratio(pattern: re.Pattern[str], rows: list[str]) -> float:
    """Return how many times as long the second row takes; of three tries each, the quickest."""
    short, long = (min(_seconds(pattern, row) for _ in range(3)) for row in rows)
    return long / max(short, _NOISE / MOST)


def explodes(pattern: re.Pattern[str]) -> str | None:
    """Return a row on which the steps of a pattern explode; None without one."""
    for unit in UNITS:
        for end in ENDS:
            for before in ("", "Cane "):
                rows = [f"{before}{unit * count}{end}" for count in (SHORT, LONG)]
                try:
                    with _alarm():
                        long = _seconds(pattern, rows[1])
                        if long > _NOISE and _ratio(pattern, rows) > MOST:
                            return rows[1]
                except _GaveUpError:
                    return rows[1]
    return None


def test_the_search_finds_what_explodes() -> None:
    assert explodes(re.compile(r"(?:\w[\w-]*+\W++){0,6}end")) is None
    assert explodes(re.compile(r"\W*(?:[\w-]+\W+){0,9}taxi\b")) is not None
    assert explodes(re.compile(r"(?:(?:[\d-]+|x)(?:[\s-]+|$)){1,20}\Z")) is not None


@pytest.fixture
def patterns(monkeypatch: pytest.MonkeyPatch) -> list[re.Pattern[str]]:
    """All patterns of this project that reading the samples compiles."""
    import imr_nlp

    made: dict[tuple[str, int], re.Pattern[str]] = {}
    make = re.compile

    def remembered(pattern: Any, flags: int = 0) -> re.Pattern[Any]:
        found = make(pattern, flags)
        own = "imr_nlp" in sys._getframe(1).f_code.co_filename
        if own and isinstance(found.pattern, str):
            made[found.pattern, found.flags] = found
        return found

    monkeypatch.setattr(compiled, "_ENGINE", False)  # so that none comes from the patterns that are kept
    monkeypatch.setattr(re, "compile", remembered)
    nlp = imr_nlp.load(source_doc=False)
    for letter in sorted(Path("annotations/letters").glob("*.txt")):
        nlp(letter.read_text(encoding="utf-8", errors="replace"))
    return list(made.values())


def test_no_pattern_explodes(patterns: list[re.Pattern[str]]) -> None:
    assert len(patterns) > 500
    found = {pattern.pattern[:200]: row for pattern in patterns if (row := explodes(pattern)) is not None}
    assert not found, list(found.items())[:5]
