"""An index of patterns by their words leaves none out that matches."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.components.layout.statements.reservations import load_reservations
from imr_nlp.text.pattern_index import PatternIndex, needed_words

RULES = load_reservations()
PATTERNS = [rule.pattern for rules in RULES.rules.values() for rule in rules]
INDEX = PatternIndex([pattern.pattern for pattern in PATTERNS])


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\bbrace\b", {"brace"}),
        (r"\bbraces?\b", {"brace", "braces"}),
        ("brace", None),  # "braces" matches too
        (r"\b(?:knee |back )?brace\b", {"brace"}),
        (r"\b(?:\w+ )?brace\b", {"brace"}),
        (r"\b(?:\w+)?brace\b", None),
        (r"\bin (?:\w+ ){0,3}?2014\b", {"2014"}),
        (r"\b(?:knee|back)\b|\bneck\b", {"knee", "back", "neck"}),
        (r"\b(?:knee|back)\b|x+", None),
        (r"\b(?:knee )+brace\b", {"brace"}),
        (r"(?<!no )\bbrace(?! of)\b", {"brace"}),
        (r"\bBrace\b", {"brace"}),
        (r"\bdo(?:es)?n't\b", {"don", "doesn"}),
        (r"\b[bB]race[,.]", {"brace"}),
        (r"\b[^a]race\b", None),
    ],
)
def test_the_words_that_a_pattern_needs(pattern: str, words: set[str] | None) -> None:
    assert needed_words(pattern) == words


@settings(max_examples=100)
@given(st.data())
def test_a_pattern_that_matches_is_possible(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(PATTERNS) - 1))
    text = data.draw(st.from_regex(PATTERNS[number]))
    assert number in INDEX.possible(text)


@given(st.lists(st.sampled_from(["In an", "earlier", "review", "the", "reviewers", "found", "in 2014,", "that", "it"])))
def test_no_match_is_lost_in_a_sentence(words: list[str]) -> None:
    text = " ".join(words)
    found = {number for number, pattern in enumerate(PATTERNS) if pattern.search(text)}
    assert found <= set(INDEX.possible(text))


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(re.error):
        PatternIndex(["(a"])
