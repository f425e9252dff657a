"""The letter tokenizer: what it remembers changes nothing but its speed."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.doc import tokenizer
from imr_nlp.doc.tokenizer import LetterTokenizer

WORDS = st.lists(
    st.sampled_from(
        [
            *("Dr.", "don't", "e.g.", "(e.g.,", "No.", "7.5mg", "#60", "x-ray", "C5-6", "and/or", "CA-MTUS", "can't."),
            *("UpheldClaims", "ROM,", "(ROM)", "12/3/2013", "he'll", "a.m.", "10am", "visit.", "www.example.org", ":)"),
            *("é", "--", "...", "\u2019s", "L4-L5,", "1-2x", "5%", "“good”"),
        ]
    ),
    max_size=30,
)
REMEMBERING = LetterTokenizer(spacy.blank("en"))
PLAIN = LetterTokenizer(spacy.blank("en")).base


@given(WORDS, st.sampled_from([" ", "\n", "  "]))
@settings(deadline=None, max_examples=150)
def test_words_come_apart_as_without_a_memory(words: list[str], between: str) -> None:
    doc = REMEMBERING(between.join(words))
    assert [token.text for token in doc] == [token.text for token in PLAIN(tokenizer.text_of(doc))]


def test_only_so_many_words_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    letters = LetterTokenizer(spacy.blank("en"))
    monkeypatch.setattr(tokenizer, "_CACHE_SIZE", 100)
    for i in range(60):
        assert [token.text for token in letters(f"Dr. Roe saw a{i}b {'x' * 50} c{i}d.")][-2:] == [f"c{i}d", "."]
    assert 100 <= len(letters._met) < 110
    assert "x" * 50 not in letters._met
