"""Patterns that are kept compiled: the same as those that `re` compiles."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imr_nlp.cache import ContentCache
from imr_nlp.text import compiled
from imr_nlp.text.compiled import compile_pattern

LONG = "|".join(f"(?P<name{n}>knee {n}|[^a-f]{{{n},{n + 3}}}é+?)" for n in range(20))
FLAGS = st.sampled_from([0, re.IGNORECASE, re.IGNORECASE | re.MULTILINE, re.ASCII | re.DOTALL, re.VERBOSE])
WORDS = st.lists(st.text("abc dé|*+?()[]{}^$.\\-019 \n", max_size=12), min_size=20, max_size=40)


@pytest.fixture(autouse=True)
def _may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def _found(pattern: re.Pattern[str], text: str) -> list[tuple[tuple[int, int], str | None, dict[str, str]]]:
    return [(m.span(), m.lastgroup, m.groupdict()) for m in pattern.finditer(text)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(words=WORDS, flags=FLAGS, text=st.text("abcdé 019\n", max_size=60))
def test_a_kept_pattern_finds_what_the_pattern_finds(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], flags: int, text: str
) -> None:
    pattern = "|".join(map(re.escape, words)) + "|" + "|".join(f"(?P<n{n}>[a-c{n}]x{n})" for n in range(20))
    path = tmp_path_factory.mktemp("patterns") / "kept"
    plain = re.compile(pattern, flags)
    first = ContentCache(path, "1")
    made = compile_pattern(pattern, flags, first)
    first.save()
    kept = compile_pattern(pattern, flags, ContentCache(path, "1"))
    for other in (made, kept):
        assert other == plain and other.flags == plain.flags and other.groupindex == plain.groupindex
        assert _found(other, text) == _found(plain, text)


def test_a_pattern_is_compiled_only_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ContentCache(tmp_path / "kept", "1")
    compile_pattern(LONG, re.IGNORECASE, cache)
    cache.save()
    monkeypatch.setattr(compiled._Parts, "made_of", None)
    kept = compile_pattern(LONG, re.IGNORECASE, ContentCache(tmp_path / "kept", "1"))
    assert kept.search("Knee 3")["name3"] == "Knee 3"


DAMAGED = (
    b"",
    b"[1, 2]\n",
    b"[32, 0, {}]\n\xff\xff\xff\xff",
    b"[32, 0, {}]\nabc",
    b"{}\n",
    b"\xff",
    b'[32, 0, {"x": 9}]\n',
)


@pytest.mark.parametrize("value", DAMAGED)
def test_a_damaged_value_is_compiled_anew(value: bytes) -> None:
    cache = ContentCache(None, "1")
    cache.put(f"0 {LONG}", value)
    assert compile_pattern(LONG, 0, cache).match("knee 3")


def test_a_python_that_is_not_known_compiles_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_ENGINE", False)
    cache = ContentCache(None, "1")
    assert compile_pattern(LONG, 0, cache) == re.compile(LONG)
    assert cache.get(f"0 {LONG}") is None


def test_what_is_no_pattern_is_said_as_re_says_it() -> None:
    with pytest.raises(re.error, match="unterminated subpattern"):
        compile_pattern("(" + "a" * 200, 0, ContentCache(None, "1"))
