"""Groups of spans: their plain values are those of their spans, however a group was changed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span

import imr_nlp
from imr_nlp import Letter
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
    values = [(s.label_, s.start, s.end, s.start_char, s.end_char, attrs_of(s), s.id_) for s in spans_of(doc, ENTITIES)]
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


LETTERS = Path(__file__).parents[2] / "annotations/letters"


def _of_services(letter: Letter) -> list[tuple[list[str], list[tuple[float, str | None, str]]]]:
    """Return the texts of each service's diagnoses, and its limits with where they stand."""
    texts = {entity.id: entity.text for entity in letter.entities}
    return [
        ([texts[one] for one in service.diagnoses], [(one.min, one.unit, str(one.duration)) for one in service.limits])
        for service in letter.services
    ]


@pytest.mark.parametrize("name", ["eight-services", "late-2013-mixed", "notice-2013-knee", "split-request"])
def test_services_keep_to_their_diagnoses_and_limits_when_spans_come_and_go(nlp: Language, name: str) -> None:
    text = (LETTERS / f"{name}.txt").read_text(encoding="utf-8")
    before = _of_services(nlp(text)._.letter)
    assert any(diagnoses for diagnoses, _ in before)

    added = nlp(text)
    added.spans["imr"].append(Span(added, 0, 1, label="DIAGNOSIS"))
    added.spans["imr"].append(Span(added, len(added) - 1, len(added), label="SESSION_COUNT"))
    assert _of_services(added._.letter) == before

    taken = nlp(text)
    gone, *rest = taken.spans["imr"]
    taken.spans["imr"] = rest
    kept = [([one for one in diagnoses if one != gone.text], limits) for diagnoses, limits in before]
    assert _of_services(taken._.letter) == kept

    emptied = nlp(text)
    del emptied.spans["imr"]
    assert _of_services(emptied._.letter) == [([], []) for _ in before]


def test_a_service_made_by_hand_comes_last(nlp: Language) -> None:
    doc = nlp("Cane: Upheld\nClaims Administrator guideline: None.")
    doc.spans["services"].append(Span(doc, 0, 1, label="overturned"))
    found = [(service.id, service.decision, service.category) for service in doc._.letter.services]
    assert found[0][:2] == ("S1", "upheld")
    assert found[1:] == [("S2", "overturned", "other")]


def test_what_is_said_of_a_span_can_be_set(nlp: Language) -> None:
    doc = nlp("CLINICAL CASE SUMMARY\nShe likes a gong. She has knee pain.")
    start = doc.text.index("gong")
    gong = doc.char_span(start, start + 4, label="DIAGNOSIS")
    with pytest.raises(ValueError, match="add the span to a group first"):
        gong._.assertion = "negated"
    doc.spans["imr"].append(gong)
    gong._.assertion = "negated"
    (found,) = [entity for entity in doc._.letter.entities if entity.text == "gong"]
    assert (found.assertion, found.context_rule) == ("negated", "user")
    with pytest.raises(ValueError, match="it is one of affirmed, negated"):
        gong._.assertion = "denied"
    with pytest.raises(ValueError, match="a DIAGNOSIS has no status"):
        gong._.status = "planned"
