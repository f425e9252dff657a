"""Values kept between runs: what was put comes back, whatever happens to the file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imr_nlp.cache import ContentCache

SOURCES = st.dictionaries(st.text(max_size=20), st.binary(max_size=50), min_size=1, max_size=8)


@pytest.fixture(autouse=True)
def _may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=SOURCES, more=SOURCES)
def test_what_was_put_comes_back_from_the_file(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, bytes], more: dict[str, bytes]
) -> None:
    path = tmp_path_factory.mktemp("cache") / "file"
    for part in (values, more):
        cache = ContentCache(path, "1")
        for source, value in part.items():
            cache.put(source, value)
        assert cache.save()
    again = ContentCache(path, "1")
    assert {source: again.get(source) for source in values | more} == values | more
    assert again.get("never put: " + "x" * 30) is None


@pytest.mark.parametrize("at", [0, 5, 31, 32, 40, -1])
def test_a_damaged_file_counts_as_empty_and_is_replaced(tmp_path: Path, at: int) -> None:
    path = tmp_path / "file"
    cache = ContentCache(path, "1")
    cache.put("source", b"value")
    cache.save()
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)
    damaged = ContentCache(path, "1")
    assert damaged.get("source") is None
    damaged.put("source", b"value")
    assert damaged.save() and ContentCache(path, "1").get("source") == b"value"


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\0" * 100])
def test_any_other_file_counts_as_empty(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert len(ContentCache(path, "1")) == 0


def test_another_version_counts_as_empty(tmp_path: Path) -> None:
    cache = ContentCache(tmp_path / "file", "1")
    cache.put("source", b"value")
    cache.save()
    assert ContentCache(tmp_path / "file", "2").get("source") is None


def test_nothing_is_written_where_python_may_not_keep_its_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    cache = ContentCache(tmp_path / "file", "1")
    cache.put("source", b"value")
    assert not cache.save() and list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    cache = ContentCache(tmp_path / "file" / "below", "1")
    cache.put("source", b"value")
    assert not cache.save() and cache.get("source") == b"value"


def test_values_of_sources_that_changed_go_once_they_are_large(tmp_path: Path) -> None:
    cache = ContentCache(tmp_path / "file", "1")
    for number in range(17):
        cache.put(f"old {number}", b"x" * 1_000_000)
    cache.save()
    later = ContentCache(tmp_path / "file", "1")
    assert later.get("old 7") == b"x" * 1_000_000
    later.put("new", b"y")
    later.save()
    assert len(ContentCache(tmp_path / "file", "1")) == 2
