"""Abbreviations: defined in the letter, clear from the surroundings, or left alone."""

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin

from imr_nlp.components.abbreviations import TABLE, definitions
from imr_nlp.doc import spans as annotate

BLANK = {"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}}


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en", config=BLANK)
    for name in ("imr_procedures", "imr_diagnoses", "imr_abbreviations"):
        nlp.add_pipe(name)
    return nlp


def senses(nlp, text):
    return [(s.text, s.label_, s._.canonical) for s in annotate.spans_of(nlp(text), "imr") if s.text.isupper()]


def test_definition_in_the_letter_wins(nlp):
    doc = nlp("Thoracic outlet syndrome (TOS) is suspected. Later the TOS resolved.")
    assert doc.user_data[TABLE] == {"TOS": "thoracic outlet syndrome"}
    shorts = [s for s in annotate.spans_of(doc, "imr", "DIAGNOSIS") if s.text == "TOS"]
    assert [s._.canonical for s in shorts] == ["thoracic outlet syndrome"] * 2


def test_short_form_defined_as_something_else_is_no_diagnosis(nlp):
    assert senses(nlp, "He has CTS.") == [("CTS", "DIAGNOSIS", "carpal tunnel syndrome")]
    assert senses(nlp, "The central transfer station (CTS) called. He went to CTS.") == []


@pytest.mark.parametrize(
    "text",
    [
        "The Tilers Education Network Service (TENS) wrote. TENS wrote twice.",
        "The Eastern Motor Guild (EMG) pays her. EMG called.",
        "A cold tank (CT) leaked. The CT was drained.",
        "He repairs CT scanners.",
    ],
)
def test_short_form_defined_as_something_else_is_no_treatment(nlp, text):
    assert senses(nlp, text) == []


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Computerised tomography (CT) was done. The CT was normal.", "CT"),
        ("Injection of epidural cortisone (ESI) was given. The ESI helped.", "ESI"),
        ("Transcutaneous electric neurostimulation (TENS) was tried. TENS helped.", "TENS"),
    ],
)
def test_a_long_form_in_other_words_leaves_the_treatment(nlp, text, short):
    assert short in [name for name, _, _ in senses(nlp, text)]


def test_a_short_form_has_the_kind_and_category_of_what_it_stands_for(nlp):
    doc = nlp("Aquatic physical therapy (APT) was asked for. APT is not needed.")
    (short, _) = [s for s in annotate.spans_of(doc, "imr", "PROCEDURE") if s.text == "APT"]
    known = annotate.attrs_of(short)
    assert (known["kind"], known["category"]) == ("therapy", "rehabilitation")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He completed 12 PT sessions last spring.", [("PT", "PROCEDURE", "physical therapy")]),
        ("The foot is warm, DP and PT 2+ on both sides.", []),
        ("OA is seen in the hip joint.", [("OA", "DIAGNOSIS", "osteoarthritis")]),
        ("Past history: DM, HTN.", [("DM", "DIAGNOSIS", "diabetes mellitus"), ("HTN", "DIAGNOSIS", "hypertension")]),
        ("The RA form dated June asks for authorization.", []),
        ("ROM was decreased in flexion.", []),
        ("Flank exam: no CVA tenderness.", []),
    ],
)
def test_surroundings_decide(nlp, text, expected):
    got = [(t, label, canonical) for t, label, canonical in senses(nlp, text)]
    assert [item for item in got if item[0] in {"PT", "OA", "DM", "HTN", "RA", "ROM", "CVA"}] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He got a permanent partial impairment (PPI) rating. The PPI was paid.", set()),
        ("Her case went to the pain team (PT). The PT met twice.", set()),
        ("A court trustee (CT) signed. The CT agreed.", set()),
        ("The emotional stress index (ESI) was high. ESI fell later.", set()),
        ("A field case examiner (FCE) called. The FCE left.", set()),
        ("The firm's career building training (CBT) began. The CBT was paid.", set()),
        ("He sat through on-call training (OT). The OT ended in May.", set()),
        ("Cognitive behavior training (CBT) was tried. CBT helped.", {"CBT"}),
        ("She had pool training (PT). PT helped.", {"PT"}),
        ("A computerized axial tomography (CT) was read. CT was normal.", {"CT"}),
        ("A functional capacity examination (FCE) was done. The FCE was fair.", {"FCE"}),
    ],
)
def test_a_short_form_with_another_meaning_here_is_no_treatment(nlp, text, expected):
    found = {t for t, label, _ in senses(nlp, text) if label in ("PROCEDURE", "MEDICATION")}
    assert found & {"PPI", "PT", "CT", "ESI", "FCE", "CBT", "OT"} == expected


def test_only_plain_facts_stay_on_the_doc(nlp):
    doc = nlp("Rotator cuff tear arthropathy (RCTA) was seen; RCTA is chronic.")
    again = next(iter(DocBin(docs=[doc], store_user_data=True).get_docs(nlp.vocab)))
    assert again.user_data[TABLE] == doc.user_data[TABLE] == {"RCTA": "rotator cuff tear arthropathy"}
    assert spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes()).text == doc.text


def test_entities_keep_text_order_and_unique_ids(nlp):
    doc = nlp(
        "PT was tried. Severe knee sprain. MS contin 15 mg. The patient has MS, a demyelinating disease of the brain."
    )
    found = list(doc.spans["imr"])
    assert len({s.id_ for s in found}) == len(found)
    assert [s.start for s in annotate.spans_of(doc, "imr")] == sorted(s.start for s in found)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["(", ")", "PT", "physical", "therapy", "CTS", "tear", ",", "12"]), max_size=30))
def test_any_parentheses_are_read(nlp, words):
    doc = nlp(" ".join(words))
    for short, long in definitions(doc):
        assert short.isupper() and len(long) > 1 and long.text in doc.text
