"""medspaCy's matcher as this project makes it."""

from __future__ import annotations

import pytest
import spacy
from medspacy.target_matcher import TargetRule

from imr_nlp.matching.rule_matcher import rule_matcher


@pytest.mark.parametrize("attr", ["LOWER", "NORM"])
def test_words_of_rules_keep_their_lexical_attributes(attr: str) -> None:
    """The matcher's keys have none; a word that came to the vocabulary with a rule is a word like any other."""
    nlp = spacy.blank("en")
    matcher = rule_matcher(nlp, attr=attr)
    matcher.add([TargetRule("Quarrix brace", "PROCEDURE"), TargetRule("zolvane (no. 4)", "MEDICATION")])
    words = [nlp.vocab[word] for word in ("Quarrix", "quarrix", "brace", "zolvane")]
    assert [(word.lower_, word.is_alpha, word.shape_) for word in words] == [
        ("quarrix", True, "Xxxxx"), ("quarrix", True, "xxxx"), ("brace", True, "xxxx"), ("zolvane", True, "xxxx"),
    ]  # fmt: skip


def test_two_rules_of_one_literal_are_both_found() -> None:
    nlp = spacy.blank("en")
    matcher = rule_matcher(nlp, prune=False)
    matcher.add([TargetRule("brace", "PROCEDURE"), TargetRule("Brace", "DIAGNOSIS")])
    found = {matcher.rule_map[nlp.vocab.strings[key]].category for key, _, _ in matcher(nlp("A brace."))}
    assert found == {"PROCEDURE", "DIAGNOSIS"}
