"""Letters that a scan confuses: the same squeezed form, and where its letters stand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imr_nlp.config import ConfigError, shipped
from imr_nlp.text import misread
from imr_nlp.text.misread import squeezed, squeezed_places


@pytest.fixture
def anew() -> Iterator[None]:
    misread._confusions.cache_clear()
    yield
    misread._confusions.cache_clear()


@given(st.text("abcdilmnorstvw I10|.é\n-", max_size=40))
def test_the_places_are_those_of_the_squeezed_letters(text: str) -> None:
    letters, places = squeezed_places(f"x {text}", 2, len(text) + 2)
    assert letters == squeezed(text)
    assert len(places) == len(letters) and places == sorted(places)


def test_letters_that_grow_are_refused(anew: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(shipped("reading.yml")["misread"], "rn", "rrn")
    with pytest.raises(ConfigError, match=r"reading.yml: misread: 'rn' must stand for fewer letters"):
        squeezed("Decision")
