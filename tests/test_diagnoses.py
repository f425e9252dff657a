"""Diagnoses: what is one, where its span begins and ends, and how far the grammar reaches beyond the letters."""

import re

import pytest
import simple_icd_10_cm as icd
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp import annotate
from imr_nlp.spelling import Respeller

BLANK = {"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}}


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("en", config=BLANK)
    nlp.add_pipe("imr_diagnoses")
    return nlp


def found(nlp, text):
    return [span.text for span in annotate.spans(nlp(text), "imr", "DIAGNOSIS")]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MRI showed a left knee medial meniscus tear.", ["left knee medial meniscus tear"]),
        ("There is a disc protrusion at L1-L2, L3-L4.", ["disc protrusion at L1-L2, L3-L4"]),
        ("He has chronic lumbar radiculopathy secondary to a fall.", ["chronic lumbar radiculopathy"]),
        ("Films show a mildly impacted fracture of the distal ulna.", ["mildly impacted fracture of the distal ulna"]),
        ("She has a lumbar sprain, right knee contusion.", ["lumbar sprain", "right knee contusion"]),
        ("The worker has radiculopathy, cervical region.", ["radiculopathy, cervical region"]),
        ("Possible neck and back strain.", ["neck and back strain"]),
        ("Cervical, thoracic and lumbar strain were noted.", ["Cervical, thoracic and lumbar strain"]),
        ("History of hypertension, anxiety and insomnia.", ["hypertension", "anxiety", "insomnia"]),
        ("He has a torn rotator cuff.", ["torn rotator cuff"]),
        ("Rule out infection or fracture/dislocation.", ["infection", "fracture", "dislocation"]),
        ("A right wrist sprain/strain was found.", ["right wrist sprain/strain"]),
        ("An acute injury to the left ankle is described.", ["acute injury to the left ankle"]),
        (
            "Strain of unspecified muscle, fascia and tendon at forearm level, left arm.",
            ["Strain of unspecified muscle, fascia and tendon at forearm level, left arm"],
        ),
        ("A left plantaris tear is likely.", ["left plantaris tear"]),
        ("He has Brugada syndrome.", ["Brugada syndrome"]),
    ],
)
def test_span_is_the_longest_name_of_the_one_condition(nlp, text, names):
    assert found(nlp, text) == names


@pytest.mark.parametrize(
    "text",
    [
        "He sustained an industrial injury.",
        "There is no evidence of tissue insult or nerve impairment.",
        "The diagnosis, prognosis and analysis were reviewed.",
        "Red flags and pathology were absent; his condition is stable.",
        "Complaints of low back pain, numbness and stress.",
        "Impingement sign and compression test were positive.",
        "The mechanism of injury to the shoulder was lifting.",
        "Lumbar lordosis is normal.",
    ],
)
def test_symptoms_mechanisms_and_generic_pathology_are_none(nlp, text):
    assert found(nlp, text) == []


@pytest.mark.parametrize(
    "cue",
    [
        "Diagnoses include",
        "He was diagnosed with",
        "The current diagnosis is documented as",
        "She is undergoing treatment for",
        "He is being treated for",
        "Impression:",
        "Assessment:",
    ],
)
def test_symptoms_count_in_a_list_of_diagnoses(nlp, cue):
    names = found(nlp, f"{cue} neck pain and right arm numbness. He reports back pain.")
    assert names == ["neck pain", "right arm numbness"]


def test_a_diagnosis_inside_another_name_is_none():
    nlp = spacy.blank("en", config=BLANK)
    nlp.add_pipe("imr_diagnoses")
    doc = nlp.make_doc("He awaits surgery for shoulder dislocation.")
    annotate.add(doc, "imr", 10, 42, "PROCEDURE", rule="test")
    assert annotate.spans(nlp.get_pipe("imr_diagnoses")(doc), "imr", "DIAGNOSIS") == []


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("lumbar radicul-opathy", "lumbar radicul-opathy"),
        ("cervical radiculopthy", "cervical radiculopthy"),
        ("spondylolithesis", "spondylolithesis"),
    ],
)
def test_misprints_are_found(nlp, written, name):
    assert found(nlp, f"He has {written} now.") == [name]


def test_respeller_leaves_other_words_alone():
    respell = Respeller(["contusion", "infection"], 9, others=["confusion", "injection"])
    assert respell("contusoin") is None
    assert [respell(word) for word in ("confusion", "injection", "contuson")] == [None, None, "contusion"]


WORDS = [
    "left",
    "lumbar",
    "tear",
    "of",
    "the",
    "knee",
    ",",
    "pain",
    "and",
    "diagnosed",
    "with",
    "severe",
    "L4-5",
    "injury",
    "zzz",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_spans_of_any_text_are_words_of_it_and_do_not_overlap(nlp, words):
    doc = nlp(" ".join(words))
    ends = 0
    for span in annotate.spans(doc, "imr", "DIAGNOSIS"):
        assert span.start >= ends
        assert doc.text[span.start_char : span.end_char].strip() == span.text
        ends = span.end


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([" ", "\n", "  \n", "\n\n"]), min_size=9, max_size=9))
def test_white_space_changes_nothing(nlp, gaps):
    words = "Diagnoses include left shoulder pain and right knee sprain.".split(" ")
    text = "".join(word + gap for word, gap in zip(words, gaps, strict=True))
    assert found(nlp, text) == ["left shoulder pain", "right knee sprain"]


#: Injuries, musculoskeletal and nervous diseases, mental disorders, and the commonest other conditions.
CHAPTERS = re.compile(r"[MSGF]\d|T(?:2[0-9]|3[0-2])|E(?:11|66|78)|I(?:10|21|25|63)|J45|K(?:2[1-9]|4[0-6])")
ICD_FLOOR = 0.45, 0.85  # shares found as one span, and found at all
EXTRA_WORDS = re.compile(r"encounter|sequela|classified elsewhere")


def test_icd_10_cm_descriptions_are_found(nlp):
    codes = [code for code in icd.get_all_codes(True) if CHAPTERS.match(code) and len(code) <= 7]
    descriptions = [icd.get_description(code) for code in codes[::12]]
    descriptions = [text for text in descriptions if not EXTRA_WORDS.search(text)]
    names = [found(nlp, f"He has {text[0].lower()}{text[1:]}.") for text in descriptions]
    whole = sum(text[1:] in [name[1:] for name in spans] for text, spans in zip(descriptions, names, strict=True))
    share = whole / len(names), sum(map(bool, names)) / len(names)
    print(f"{len(names)} descriptions: {share[0]:.3f} as one span, {share[1]:.3f} found")
    assert len(names) > 1000
    assert share >= ICD_FLOOR
    assert share[1] >= ICD_FLOOR[1]


def test_precision_and_recall_on_the_real_letters(gold, corpus):
    nlp = spacy.blank("en", config=BLANK)
    for name in ("imr_layout", "imr_sentences", "imr_guidelines", "imr_medications", "imr_procedures", "imr_diagnoses"):
        nlp.add_pipe(name)
    hits = found_total = gold_total = 0
    for record in gold:
        text = (corpus / "letters" / f"{record['name']}.txt").read_bytes().decode("utf-8")
        doc = nlp(text)
        view = annotate.spans(doc, "imr", "DIAGNOSIS")
        predicted = [" ".join(span.text.lower().split()) for span in view]
        wanted = [" ".join(e["text"].lower().split()) for e in record["entities"] if e["label"] == "DIAGNOSIS"]
        found_total, gold_total = found_total + len(predicted), gold_total + len(wanted)
        for name in predicted:
            if name in wanted:
                wanted.remove(name)
                hits += 1
    assert 2 * hits / (found_total + gold_total) >= 0.86
