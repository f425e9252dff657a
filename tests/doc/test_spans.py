"""Groups of spans: their plain values are those of their spans, however a group was changed."""

from __future__ import annotations

import pickle

import pytest
import spacy
from spacy.tokens import Doc, Span

from imr_nlp.doc.spans import ENTITIES, add, facts, findings, spans


@pytest.fixture
def doc() -> Doc:
    doc = spacy.blank("en")("An MRI of the knee and a brace for the ankle were denied.")
    for word in ("ankle", "MRI", "brace", "knee"):
        at = doc.text.index(word)
        add(doc, ENTITIES, at, at + len(word), "PROCEDURE", rule=f"rule.{word}")
    return doc


def same(doc: Doc) -> bool:
    """Whether the findings of a Doc are its spans, by what a Span says itself."""
    values = [(s.label_, s.start, s.end, s.start_char, s.end_char, facts(s)) for s in spans(doc, ENTITIES)]
    return bool(values) and findings(doc, ENTITIES) == values


def test_findings_are_in_text_order_and_of_the_labels_asked_for(doc: Doc) -> None:
    assert [found.facts["rule"] for found in findings(doc, ENTITIES)] == [
        "rule.MRI",
        "rule.knee",
        "rule.brace",
        "rule.ankle",
    ]
    assert findings(doc, ENTITIES, "DIAGNOSIS") == []
    assert len(findings(doc, ENTITIES, "DIAGNOSIS", "PROCEDURE")) == 4
    assert findings(doc, "sections") == []


def test_findings_follow_every_change_of_their_group(doc: Doc) -> None:
    group = doc.spans[ENTITIES]
    assert same(doc)
    group[0] = Span(doc, 0, 2, label="DIAGNOSIS", span_id="E1")
    assert same(doc)
    del group[1]
    group.append(Span(doc, 2, 4, label="GUIDELINE"))
    assert same(doc)
    group.extend([Span(doc, 5, 6, label="DURATION")])
    group += [Span(doc, 6, 7, label="DURATION")]
    assert same(doc)
    before = group.to_bytes()
    group.append(Span(doc, 7, 8, label="MEDICATION"))
    assert same(doc)
    group.from_bytes(before)
    assert same(doc)
    doc.spans[ENTITIES] = [Span(doc, 1, 2, label="MEDICATION", span_id="E2")]
    assert same(doc)


def test_a_doc_with_findings_can_be_copied_and_sent_to_another_process(doc: Doc) -> None:
    assert same(doc)
    for other in (doc.copy(), pickle.loads(pickle.dumps(doc))):
        assert findings(other, ENTITIES) == findings(doc, ENTITIES)
        assert same(other)
