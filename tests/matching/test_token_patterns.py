"""Token patterns: the same matches as spaCy's Matcher finds."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.matcher import Matcher

from imr_nlp.matching.rule_files import load_rules
from imr_nlp.matching.token_patterns import TokenPatterns

NLP = spacy.blank("en")
SHIPPED = [rule.pattern for rule in load_rules("context.yml").context if rule.pattern is not None]
#: What fills the places between the words of the shipped patterns.
FILLERS = ["the", "worker", ",", ".", "'s", "of", "2005", "-", "Evidence"]


def words_of(pattern: list[dict]) -> list[str]:
    """The words that a pattern names."""
    asked = [description["LOWER"] for description in pattern if "LOWER" in description]
    return [word for value in asked for word in ([value] if isinstance(value, str) else next(iter(value.values())))]


WORDS = sorted({word for pattern in SHIPPED for word in words_of(pattern)})


@pytest.fixture(scope="module")
def matchers() -> tuple[Matcher, TokenPatterns]:
    """All shipped patterns, given to spaCy's matcher and to ours. Adding them takes longer than many examples."""
    matcher = Matcher(NLP.vocab)
    for number, pattern in enumerate(SHIPPED):
        matcher.add(str(number), [pattern])
    return matcher, TokenPatterns(NLP.vocab, [(str(number), pattern) for number, pattern in enumerate(SHIPPED)])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(words=st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from(FILLERS)), min_size=1, max_size=25))
def test_matches_are_those_of_spacys_matcher(matchers: tuple[Matcher, TokenPatterns], words: list[str]) -> None:
    matcher, patterns = matchers
    doc = spacy.tokens.Doc(NLP.vocab, words=words)
    for number, token in enumerate(doc):
        token.is_sent_start = number == 0
    expected = {(NLP.vocab.strings[key], start, end) for key, start, end in matcher(doc)}
    assert set(patterns(doc)) == expected


def test_every_shipped_pattern_is_found_quickly() -> None:
    assert SHIPPED
    assert all(TokenPatterns.takes(pattern) for pattern in SHIPPED)


def test_what_is_asked_beyond_words_and_flags_is_left_to_spacy() -> None:
    for pattern in (
        [{"LOWER": "no"}, {"LEMMA": "be"}],
        [{"LOWER": "no"}, {"OP": "*"}],
        [{"LOWER": "no"}, {"IS_ALPHA": True, "OP": "+"}],
        [{"LOWER": {"REGEX": "n.*"}}],
        [{"LOWER": "no"}, {"LOWER": "sign", "IS_ALPHA": True}],
        [{"LOWER": "no", "LIKE_NUM": True}],
        [],
    ):
        assert not TokenPatterns.takes(pattern)


def test_a_first_word_may_have_to_begin_its_sentence() -> None:
    pattern = [{"LOWER": "should", "IS_SENT_START": True}, {"IS_ALPHA": True, "OP": "{1,3}"}, {"LOWER": "be"}]
    assert TokenPatterns.takes(pattern)
    doc = spacy.tokens.Doc(NLP.vocab, words=["Should", "gout", "be", "found", "he", "should", "still", "be", "told"])
    for number, token in enumerate(doc):
        token.is_sent_start = number == 0
    assert list(TokenPatterns(NLP.vocab, [("demo", pattern)])(doc)) == [("demo", 0, 3)]
