"""Groups of spans: their plain values are those of their spans, however a group was changed."""

from __future__ import annotations

import pickle

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

import imr_nlp
from imr_nlp.doc.spans import ENTITIES, add_span, attrs_of, span_values, spans_of
from support.letters import LETTER
from support.scoring import pipeline


@pytest.fixture
def doc() -> Doc:
    doc = spacy.blank("en")("An MRI of the knee and a brace for the ankle were denied.")
    for word in ("ankle", "MRI", "brace", "knee"):
        at = doc.text.index(word)
        add_span(doc, ENTITIES, at, at + len(word), "PROCEDURE", rule=f"rule.{word}")
    return doc


def same(doc: Doc) -> bool:
    """Whether the findings of a Doc are its spans, by what a Span says itself."""
    values = [(s.label_, s.start, s.end, s.start_char, s.end_char, attrs_of(s)) for s in spans_of(doc, ENTITIES)]
    return bool(values) and span_values(doc, ENTITIES) == values


def test_findings_are_in_text_order_and_of_the_labels_asked_for(doc: Doc) -> None:
    assert [found.attrs["rule"] for found in span_values(doc, ENTITIES)] == [
        "rule.MRI",
        "rule.knee",
        "rule.brace",
        "rule.ankle",
    ]
    assert span_values(doc, ENTITIES, "DIAGNOSIS") == []
    assert len(span_values(doc, ENTITIES, "DIAGNOSIS", "PROCEDURE")) == 4
    assert span_values(doc, "sections") == []


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
        assert span_values(other, ENTITIES) == span_values(doc, ENTITIES)
        assert same(other)


# ---- Spans of a user's own, and Docs that were stored -----------------------------------------------------------


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


def test_entities_are_in_text_order(nlp: Language) -> None:
    doc = nlp(LETTER)
    for name in ("imr", "sections", "facts", "services", "citations", "rationale"):
        places = [span.start_char for span in doc.spans[name]]
        assert places == sorted(places) and places


def test_a_span_made_by_hand_is_in_the_record(nlp: Language) -> None:
    doc = nlp(LETTER)
    before = len(doc._.letter.entities)
    at = doc.text.index("red flag")
    mine = doc.char_span(at, at + len("red flag"), label="DIAGNOSIS")
    doc.spans["imr"].append(mine)
    assert len(doc._.letter.entities) == before + 1
    found = next(entity for entity in doc._.letter.entities if entity.text == "red flag")
    assert (found.start, found.end, found.rule) == (at, at + len("red flag"), "user")
    assert mine._.rule == "user" and mine._.assertion is None
    attrs_of(mine)["assertion"] = "possible"
    assert next(e for e in doc._.letter.entities if e.text == "red flag").assertion == "possible"


def test_a_component_of_the_users_adds_spans_before_context_runs() -> None:
    nlp = imr_nlp.load()

    @Language.component("finds_wrists")
    def finds_wrists(doc: Doc) -> Doc:
        doc.spans["imr"] = [Span(doc, t.i, t.i + 1, label="DIAGNOSIS") for t in doc if t.text == "wrist"]
        return doc

    nlp.add_pipe("finds_wrists", before="imr_context")
    entities = nlp(LETTER)._.letter.entities
    assert entities and {(e.text, e.rule) for e in entities} == {("wrist", "user")}
    assert all(entity.assertion for entity in entities)


def test_some_spans_of_a_group_keep_what_is_known_of_them(nlp: Language) -> None:
    doc = nlp(LETTER)
    wanted = [e.model_dump(exclude={"id"}) for e in doc._.letter.entities if e.label == "PROCEDURE"]
    doc.spans["imr"] = [span for span in doc.spans["imr"] if span.label_ == "PROCEDURE"]
    assert [e.model_dump(exclude={"id"}) for e in doc._.letter.entities] == wanted


@pytest.mark.parametrize("store", [True, False])
def test_a_docbin_with_and_without_user_data(nlp: Language, store: bool) -> None:
    doc = nlp(LETTER)
    data = DocBin(docs=[doc], store_user_data=store).to_bytes()
    again = next(iter(DocBin().from_bytes(data).get_docs(spacy.blank("en").vocab)))
    assert again._.letter == doc._.letter
    assert [span._.rule for span in again.spans["imr"]] == [span._.rule for span in doc.spans["imr"]]


def test_a_citation_made_by_hand_names_the_way_to_make_it(nlp: Language) -> None:
    doc = nlp(LETTER)
    doc.spans["citations"].append(Span(doc, 3, 5, label="MTUS"))
    with pytest.raises(ValueError, match=r"imr_nlp\.doc\.spans\.add"):
        assert doc._.letter


def test_an_attribute_that_the_record_does_not_know_is_an_error_in_tests(nlp: Language) -> None:
    doc = nlp(LETTER)
    attrs_of(doc.spans["imr"][0])["asertion"] = "negated"
    with pytest.raises(TypeError, match="Entity: asertion: no field of the record"):
        assert doc._.letter
