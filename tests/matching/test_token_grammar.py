"""The grammar over word classes: what its patterns match, and what it refuses."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.config import ConfigError
from imr_nlp.matching.first_symbols import first_symbols
from imr_nlp.matching.token_grammar import TokenGrammar, longest
from imr_nlp.matching.vocabulary import load_vocabulary
from imr_nlp.text.inflection import plural

NLP = spacy.blank("en")
CONFIG = {
    "classes": {
        "side": ["left", "right"],
        "region": ["shoulder", "low back", "back"],
        "head": {"words": ["strain", "tear"], "plural": True},
        "level": {"regex": r"[CL]\d"},
    },
    "patterns": [
        {"id": "plain", "label": "DX", "pattern": "side? region* head"},
        {"id": "of", "label": "DX", "pattern": "head 'of' 'the'? side? region", "kind": "long"},
        {"id": "level", "label": "LEVEL", "pattern": "level"},
    ],
}


def grammar(**changes: object) -> TokenGrammar:
    return TokenGrammar({**CONFIG, **changes}, lambda text: [token.text for token in NLP.make_doc(text)])


def found(text: str, made: TokenGrammar | None = None) -> list[str]:
    doc = NLP.make_doc(text)
    return [doc[m.start : m.end].text for m in longest((made or grammar()).matches(doc))]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("A left shoulder strain", ["left shoulder strain"]),
        ("Low back strains and a tear of the right shoulder", ["Low back strains", "tear of the right shoulder"]),
        ("pain at L4", ["L4"]),
        ("left shoulder", []),
        ("", []),
    ],
)
def test_patterns(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_longest_phrase_of_a_class_wins_over_its_words() -> None:
    assert grammar().classes_of("low back") == {"region"}
    assert found("low back tear") == ["low back tear"]


def test_facts_of_a_pattern_travel_with_its_matches() -> None:
    doc = NLP.make_doc("tear of the shoulder")
    best = longest(grammar().matches(doc))[0]
    assert (best.pattern.id, best.pattern.attrs["kind"]) == ("of", "long")


def test_stretches_limit_the_matches() -> None:
    doc = NLP.make_doc("left tear and right tear")
    made = grammar()
    assert [(m.start, m.end) for m in made.matches(doc, [(3, 5)])] == [(3, 5)]


@pytest.mark.parametrize("pattern", ["nobody", "side (", "side & head", "side{2"])
def test_a_broken_pattern_is_refused_by_its_name(pattern: str) -> None:
    with pytest.raises(ConfigError, match="broken"):
        grammar(patterns=[{"id": "broken", "label": "X", "pattern": pattern}])


def test_an_unknown_key_of_a_class_is_refused() -> None:
    with pytest.raises(ConfigError, match="wordz"):
        grammar(classes={"side": {"wordz": ["left"]}}, patterns=[])


def test_included_classes_are_there() -> None:
    classes = load_vocabulary("treatments/procedures.yml")["classes"]
    assert {"side", "region", "level", "surgery_head"} <= set(classes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["left", "low", "back", "tear", "strain", "of", "the", "L4", "and", "x"]), max_size=25))
def test_matches_lie_in_the_doc_and_do_not_overlap(words: list[str]) -> None:
    doc = NLP.make_doc(" ".join(words))
    end = 0
    for match in longest(grammar().matches(doc)):
        assert end <= match.start < match.end <= len(doc)
        end = match.end


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["left", "right", "shoulder", "tear", "of", "and"]), max_size=12))
def test_a_match_does_not_depend_on_what_stands_far_away(words: list[str]) -> None:
    text = " ".join(words)
    assert found(f"{text} . x x x") == found(text)


@pytest.mark.parametrize(
    ("expression", "first"),
    [("[ab]?[c]", "abc"), ("(?:[a]|[b]*)[c]", "abc"), ("[a]+[b]", "a"), ("(?:[a]{0,2}){1,3}[b]", "ab"), ("", "")],
)
def test_first_symbols(expression: str, first: str) -> None:
    assert first_symbols(expression) == set(first)


@given(st.sampled_from(["sprain", "biopsy", "x-ray", "brace", "arthrodesis", "crutch"]))
def test_plural_is_another_word(word: str) -> None:
    assert plural(word) != word
