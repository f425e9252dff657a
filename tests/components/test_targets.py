"""A user's target rules: they add, they win, and what they say of a finding is final."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc

import imr_nlp.doc.tokenizer  # noqa: F401  (registers the tokenizer)
from imr_nlp.components import context  # noqa: F401  (registers imr_context)
from imr_nlp.components.targets import TargetMatcher
from imr_nlp.config import ConfigError
from imr_nlp.doc.spans import TABLE, EntityDraft, add_span, attrs_of, replace_entities, spans_of

TOKENIZER = {"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}}
EXTRA = """\
targets:
- {id: knee-brace, literal: [hinged knee brace, brace], category: PROCEDURE, attributes: {status: planned}}
- {id: cold-unit, pattern: [{LOWER: cold}, {LOWER: therapy, OP: "?"}, {LOWER: unit}], category: PROCEDURE,
   attributes: {canonical: cold therapy unit}}
- {id: syndrome, pattern: 'quux(ed)? syndrome', category: DIAGNOSIS, attributes: {assertion: historical}}
"""


@pytest.fixture
def extra(tmp_path: Path) -> str:
    path = tmp_path / "extra.yml"
    path.write_text(EXTRA, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank("en", config=TOKENIZER)


def found(doc: Doc) -> list[tuple]:
    return [(span.text, span.label_, span._.rule, span._.status or span._.assertion) for span in spans_of(doc, "imr")]


def test_it_adds_what_no_other_component_found(nlp: Language, extra: str) -> None:
    doc = TargetMatcher(nlp, extra_rules=extra)(nlp("Quuxed syndrome: a Hinged Knee Brace and a cold unit."))
    assert found(doc) == [
        ("Quuxed syndrome", "DIAGNOSIS", "syndrome", "historical"),
        ("Hinged Knee Brace", "PROCEDURE", "knee-brace", "planned"),
        ("cold unit", "PROCEDURE", "cold-unit", None),
    ]
    assert doc.spans["imr"][2]._.canonical == "cold therapy unit"


def test_it_replaces_what_overlaps_with_the_same_label(nlp: Language, extra: str) -> None:
    doc = nlp("A hinged knee brace for knee pain.")
    add_span(doc, "imr", 2, 13, "PROCEDURE", rule="other")
    add_span(doc, "imr", 9, 19, "PROCEDURE", rule="other")
    add_span(doc, "imr", 9, 13, "DIAGNOSIS", rule="other")
    add_span(doc, "imr", 24, 33, "DIAGNOSIS", rule="other", canonical="gonalgia")
    doc = TargetMatcher(nlp, extra_rules=extra)(doc)
    assert [text_label_rule[:3] for text_label_rule in found(doc)] == [
        ("hinged knee brace", "PROCEDURE", "knee-brace"),
        ("knee", "DIAGNOSIS", "other"),
        ("knee pain", "DIAGNOSIS", "other"),
    ]
    assert spans_of(doc, "imr")[2]._.canonical == "gonalgia"
    assert len({span.id_ for span in doc.spans["imr"]}) == len(doc.user_data[TABLE]) == 3


def test_shipped_targets_yield_to_other_findings(nlp: Language, extra: str) -> None:
    doc = nlp("A hinged knee brace and a brace.")
    add_span(doc, "imr", 14, 19, "PROCEDURE", rule="other")
    doc = TargetMatcher(nlp, rules=extra)(doc)
    assert [span._.rule for span in spans_of(doc, "imr")] == ["other", "knee-brace"]


def test_a_users_rule_replaces_the_shipped_one_of_its_id(nlp: Language, extra: str, tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text("targets:\n- {id: knee-brace, literal: soft brace, category: PROCEDURE}\n", encoding="utf-8")
    doc = TargetMatcher(nlp, rules=extra, extra_rules=str(own))(nlp("A soft brace, a hinged knee brace."))
    assert [span.text for span in spans_of(doc, "imr")] == ["soft brace"]


def test_it_looks_only_where_entities_are_looked_for(nlp: Language, extra: str) -> None:
    doc = nlp("A brace here. A brace there.")
    add_span(doc, "sections", 0, 13, "header", rule="test", body_start=0, body_end=13)
    add_span(doc, "sections", 14, 28, "rationale", rule="test", body_start=14, body_end=28)
    doc = TargetMatcher(nlp, extra_rules=extra)(doc)
    assert [span.start_char for span in spans_of(doc, "imr")] == [16]


def test_context_respects_what_a_target_says(extra: str) -> None:
    nlp = spacy.blank("en", config=TOKENIZER)
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("imr_targets", config={"extra_rules": extra})
    nlp.add_pipe("imr_context")
    doc = nlp("He declined the brace and has no quux syndrome. He declined a cold unit.")
    assert found(doc) == [
        ("brace", "PROCEDURE", "knee-brace", "planned"),
        ("quux syndrome", "DIAGNOSIS", "syndrome", "historical"),
        ("cold unit", "PROCEDURE", "cold-unit", "negated"),
    ]
    assert doc.to_bytes()
    assert [found(other) for other in nlp.pipe(["A brace."] * 2, n_process=2)] == [
        [("brace", "PROCEDURE", "knee-brace", "planned")]
    ] * 2


def test_a_broken_file_is_refused(nlp: Language, tmp_path: Path) -> None:
    path = tmp_path / "broken.yml"
    path.write_text("targets:\n- {id: a}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.yml:2: "):
        TargetMatcher(nlp, extra_rules=str(path))


PLACES = st.tuples(st.integers(0, 8), st.integers(1, 3), st.sampled_from(["DIAGNOSIS", "PROCEDURE"]))


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(places=st.lists(PLACES, max_size=8))
def test_rewriting_keeps_every_entity_and_numbers_them_in_text_order(
    nlp: Language, places: list[tuple[int, int, str]]
) -> None:
    doc = nlp("a b c d e f g h i j k l")
    add_span(doc, "imr", 0, 1, "DIAGNOSIS", rule="old")
    entities = [
        EntityDraft(2 * first, 2 * (first + length) - 1, label, {"rule": "new"}) for first, length, label in places
    ]
    replace_entities(doc, entities)
    kept = [(attrs_of(span)["start"], attrs_of(span)["end"], span.label_) for span in doc.spans["imr"]]
    assert sorted(kept) == sorted(entity[:3] for entity in entities)
    assert [span.id_ for span in doc.spans["imr"]] == [f"E{number + 1}" for number in range(len(places))]
    assert kept == sorted(kept, key=lambda place: (place[0], -place[1]))
