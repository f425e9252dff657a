"""Sorting a vocabulary's entries into classes, and what is kept of it between starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from imr_nlp.cache import ContentCache
from imr_nlp.config import ConfigError
from imr_nlp.doc.tokenizer import LetterTokenizer
from imr_nlp.matching import word_classes
from imr_nlp.matching.vocabulary import Words
from imr_nlp.matching.word_classes import WordClasses

CLASSES: dict[str, Any] = {
    "side": ["left", "right"],
    "head": {"words": ["strain", "x-ray", "tear of the cuff", "tear"], "plural": True},
    "level": {"regex": "(?i)[cl][1-7]"},
    "letter": ["l4", "tear"],
}
ENTRIES = st.lists(
    st.sampled_from(["knee", "low back", "low", "x-ray", "c5", "back", "low back pain", "of"]), max_size=5
)


class Splits:
    """A tokenizer whose results may be kept."""

    def __init__(self, signature: str = "1") -> None:
        self.signature = signature
        self.calls = 0

    def __call__(self, text: str) -> list[str]:
        self.calls += 1
        return text.split()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ContentCache:
    cache = ContentCache(tmp_path / "kept", "1")
    monkeypatch.setattr(word_classes, "_cache", lambda: cache)
    return cache


def _content(classes: WordClasses) -> list[Any]:
    phrases = {
        first: {second: [[list(rest), symbol] for rest, symbol in rests] for second, rests in seconds.items()}
        for first, seconds in classes.phrases.items()
    }
    return [classes.combinations, classes.words, phrases]


def test_what_is_kept_is_what_was_sorted(kept: ContentCache) -> None:
    tokenize = Splits()
    first = WordClasses(CLASSES, ["of"], tokenize)
    called = tokenize.calls
    again = WordClasses(CLASSES, ["of"], tokenize)
    assert called > 0 and tokenize.calls == called
    assert _content(again) == _content(first) == _content(WordClasses(CLASSES, ["of"], str.split))


@pytest.mark.parametrize("change", ["words", "quoted", "tokenizer", "code"])
def test_a_change_sorts_anew(kept: ContentCache, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    WordClasses(CLASSES, ["of"], Splits())
    classes = CLASSES | {"side": ["left", "right", "both"]} if change == "words" else CLASSES
    tokenize = Splits("2" if change == "tokenizer" else "1")
    if change == "code":
        monkeypatch.setattr(word_classes, "_code", lambda: "other")
    made = WordClasses(classes, ["of", "the"] if change == "quoted" else ["of"], tokenize)
    assert tokenize.calls > 0
    assert made.of_word("both") == ({"side"} if change == "words" else set())
    assert made.of_word("the") == ({"'the'"} if change == "quoted" else set())


def test_nothing_is_kept_of_a_tokenizer_that_nobody_can_tell(kept: ContentCache) -> None:
    WordClasses(CLASSES, [], str.split)
    assert kept._new == {}


def test_words_phrases_and_expressions_share_symbols() -> None:
    classes = WordClasses(CLASSES, [], str.split)
    assert classes.of_word("L4") == {"letter", "level"} and classes.symbol("L4") is not None
    assert classes.of_word("C2") == {"level"} and classes.of_word("knee") == set() and classes.symbol("knee") is None
    assert classes.of_phrase(["tear", "of", "the", "cuff"]) == {"head"}
    assert classes.of_phrase(["x", "ray"]) == {"head"} == classes.of_word("X-rays")


@given(first=ENTRIES, second=ENTRIES)
def test_each_entry_is_in_its_classes_and_in_no_other(first: list[str], second: list[str]) -> None:
    classes = WordClasses({"first": first, "second": second}, [], str.split)
    for phrase in {*first, *second}:
        words = phrase.split()
        found = classes.of_word(words[0]) if len(words) == 1 else classes.of_phrase(words)
        assert found == {name for name, listed in (("first", first), ("second", second)) if phrase in listed}


def test_the_letters_tokenizer_tells_itself_from_another() -> None:
    nlp, plain = spacy.blank("en"), spacy.blank("en")
    nlp.tokenizer = LetterTokenizer(nlp)
    assert Words(nlp).signature == Words(nlp).signature != Words(plain).signature


def test_a_class_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"mine\.yml: class 'side' has unknown keys \['word'\]"):
        WordClasses({"side": {"word": ["left"]}}, [], str.split, "mine.yml")
