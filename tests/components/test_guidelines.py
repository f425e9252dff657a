"""Mentions of guidelines in running text. All wording is invented."""

from __future__ import annotations

import pickle
from itertools import pairwise

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

import imr_nlp.doc.tokenizer  # noqa: F401  (registers the letter tokenizer)
from imr_nlp.components.guidelines.component import GuidelineFinder, MentionFinder
from imr_nlp.concepts.guidelines import catalogue
from imr_nlp.doc.spans import SECTIONS, add_span, attrs_of, spans_of

FINDER = MentionFinder(catalogue())


def found(text: str) -> list[tuple[str, str]]:
    return [(text[m.start : m.end], m.authority) for m in FINDER.find(text)]


@pytest.mark.parametrize(
    ("name", "authority"),
    [
        ("MTUS", "MTUS"),
        ("CA MTUS guidelines", "MTUS"),
        ("CA-MTUS", "MTUS"),
        ("2016 MTUS Chronic Pain Guidelines", "MTUS"),
        ("California MTUS Chronic Pain Guidelines 2016", "MTUS"),
        ("California Medical Treatment Utilization Schedule (MTUS) 2009 Chronic Pain Guidelines", "MTUS"),
        ("Chronic Pain Medical Treatment Guidelines", "MTUS"),
        ("California 2016 Chronic Pain Guidelines", "MTUS"),
        ("California MTUS acupuncture guidelines", "MTUS"),
        ("MTUS Knee Chapter", "MTUS"),
        ("MTUS introduction", "MTUS"),
        ('MTUS Opioids Treatment Guidelines ("Dose limits")', "MTUS"),
        ("Section 9792.24", "MTUS"),
        ("CA MTUS/ACOEM Guidelines", "MTUS+ACOEM"),
        ("ACOEM and MTUS Guidelines", "MTUS+ACOEM"),
        ("MTUS ACOEM, Chapter 13, Knee complaints", "MTUS+ACOEM"),
        ("MTUS Guideline in ACOEM Chapter 14", "MTUS+ACOEM"),
        ("MTUS/ACOEM (Knee Complaints) guidelines", "MTUS+ACOEM"),
        ("ACOEM Practice Guidelines, Chapter 12", "ACOEM"),
        ("Chapter 11 of the ACOEM Guidelines", "ACOEM"),
        ("Chapter 5 of the California MTUS", "MTUS"),
        ("Section 9792.27 of the MTUS", "MTUS"),
        ("American College of Surgeons", "American_College_of_Surgeons"),
        ("American College of Occupational and Environmental Medicine (ACOEM) Guidelines", "ACOEM"),
        ("ACOEM chapter on shoulder complaints", "ACOEM"),
        ("ACOEM guidelines- elbow chapter", "ACOEM"),
        ("Official Disability Guidelines (ODG), Knee and Leg section", "ODG"),
        ("ODG Splint Therapy Guidelines", "ODG"),
        ("ODG Preface", "ODG"),
        ("California MTUS and ACOEM", "MTUS+ACOEM"),
        ("ACOEM Chapter 12 of the MTUS", "MTUS+ACOEM"),
        ("Postsurgical Treatment Guidelines of the MTUS", "MTUS"),
        ("ACOEM chapters", "ACOEM"),
        ("ODG psychotherapy guidelines", "ODG"),
        ("AAOMS Parameters of Care", "AAOMS"),
        ("CMS NCD 240.4", "CMS"),
        ("Medicare Local Coverage Determination 240.4", "CMS"),
        ("ACC/AHA Guideline for Peripheral Heart Disease", "AHA"),
        ("British Thoracic Society guideline for Pleural Disease", "British_Thoracic_Society"),
        (
            "Canadian Network for Mood and Anxiety Treatments guidelines",
            "Canadian_Network_for_Mood_and_Anxiety_Treatments",
        ),
        ("International Recommendations on Wound Care", "International_Recommendations_on_Wound_Care"),
        ("European Academy of Hand Therapy", "European_Academy_of_Hand_Therapy"),
        ("FDA", "FDA"),
        ("AMA Guides", "AMA"),
        ("UpToDate", "UpToDate"),
    ],
)
def test_one_name_is_one_mention(name, authority):
    assert found(f"As noted in the {name}, rest is advised.") == [(name, authority)]
    assert found(f"{name} recommends rest.") == [(name, authority)]


def test_two_names_are_two_mentions():
    assert found("MTUS and ACOEM support rest.") == [("MTUS", "MTUS"), ("ACOEM", "ACOEM")]
    assert found("Per the MTUS Guidelines and ODG, rest.") == [("MTUS Guidelines", "MTUS"), ("ODG", "ODG")]
    assert found("Pursuant to the ACOEM and Official Disability Guidelines, rest.") == [
        ("ACOEM", "ACOEM"),
        ("Official Disability Guidelines", "ODG"),
    ]


def test_names_in_a_list_of_three_are_three_mentions():
    assert found("None of the MTUS, ACOEM or ODG speaks of it.") == [
        ("MTUS", "MTUS"),
        ("ACOEM", "ACOEM"),
        ("ODG", "ODG"),
    ]
    assert found("Not covered by MTUS, ACOEM Elbow chapter, or ODG.")[:2] == [
        ("MTUS", "MTUS"),
        ("ACOEM Elbow chapter", "ACOEM"),
    ]


def test_a_chapter_after_a_comma_belongs_to_the_name_before_a_verb_or_stop():
    assert found("ODG, Hernia recommends repair.") == [("ODG, Hernia", "ODG")]
    assert found("Criteria in ODG, Knee & Leg: none met.") == [("ODG, Knee & Leg", "ODG")]
    assert found("Per ODG, Pain is a symptom.") == [("ODG", "ODG")]


def test_a_society_is_no_authority_where_it_says_nothing():
    assert found("She taught at the National Institute of Dance, a Fellow of the American College of Nursing.") == []
    assert found("An American woman was seen at the World Trade Center.") == []
    assert [name for name, _ in found("Per the American Academy of Foot Care and European League of Gait, rest.")] == [
        "American Academy of Foot Care"
    ]


def test_verbs_before_guidelines_end_a_name():
    text = "ODG has no guidelines. ODG provides treatment guidelines. ACOEM adopted guidelines."
    assert [name for name, _ in found(text)] == ["ODG", "ODG", "ACOEM"]


def test_a_year_that_does_not_belong_to_the_name_stays_out():
    assert found("The 2016 California MTUS states this.") == [("California MTUS", "MTUS")]


def test_a_name_ends_before_a_parenthesis_that_opened_before_it():
    assert found("Rest is advised (ACOEM Chapter 13).") == [("ACOEM Chapter 13", "ACOEM")]


def test_bare_guidelines_stand_for_the_one_authority_named_before():
    assert found("The ODG advises rest. These guidelines also limit ice. Outside guidelines.")[1:] == [
        ("guidelines", "ODG"),
        ("guidelines", "ODG"),
    ]
    assert found("The ODG advises rest. The same guidelines limit ice.")[1:] == [("guidelines", "ODG")]
    assert found("The guidelines advise rest. The ODG does too.") == [("ODG", "ODG")]
    assert len(found("The ODG and the MTUS advise rest. The guidelines agree.")) == 2
    assert len(found("The ODG advises rest. Other relevant guidelines differ; see notes/guidelines.")) == 1


def test_references_and_other_words_are_not_mentions():
    assert found("Care at home is covered (CMS, 2014). The patient works in an odd job at a camtus plant.") == []


WORDS = st.sampled_from(
    [
        "MTUS",
        "ACOEM",
        "ODG",
        " ",
        "/",
        ", ",
        " and ",
        "Guidelines",
        "guidelines",
        "(",
        ")",
        "Chapter 8",
        "2016",
        "Chronic Pain",
        " in ",
        "The ",
        "California ",
        "É",
        "- ",
        "Knee Complaints",
        "9792.20",
        "Section ",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, max_size=30).map("".join))
def test_mentions_lie_in_the_text_and_never_overlap(text):
    mentions = FINDER.find(text)
    assert all(0 <= m.start < m.end <= len(text) and m.authority for m in mentions)
    assert all(a.end <= b.start for a, b in pairwise(mentions))


def test_a_long_text_takes_time_in_proportion():
    assert FINDER.find("Guidelines " * 20_000) == []
    assert len(FINDER.find("MTUS and " * 5_000)) == 5_000


def test_component_looks_only_at_the_regions_for_entities():
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    text = "Decision based on MTUS. The ODG advises rest."
    doc = nlp(text)
    add_span(doc, SECTIONS, 0, 23, "reviewer_guideline", rule="made", body_start=0, body_end=23, service=0)
    add_span(doc, SECTIONS, 24, len(text), "rationale", rule="made", body_start=24, body_end=len(text), service=0)
    component = pickle.loads(pickle.dumps(GuidelineFinder()))  # as it goes to another process
    (span,) = spans_of(component(doc), "imr", "GUIDELINE")
    assert (span.text, attrs_of(span)["authority"], attrs_of(span)["rule"]) == ("ODG", "ODG", "guideline.odg")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "While the ACOEM Guidelines, Chapter 9, Table 9-6, page 213 allow it, rest helps.",
            ["ACOEM Guidelines, Chapter 9"],
        ),
        ("The 2nd Edition ACOEM Knee Disorders Chapter allows it.", ["2nd Edition ACOEM Knee Disorders Chapter"]),
        (
            'MTUS "Chronic Pain Medical Treatment Guidelines" allow it.',
            ['MTUS "Chronic Pain Medical Treatment Guidelines'],
        ),
    ],
)
def test_editions_and_quoted_titles_belong_to_a_name_and_tables_do_not(text: str, names: list[str]) -> None:
    found = MentionFinder(catalogue()).find(text)
    assert [text[mention.start : mention.end] for mention in found] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The AAOS clinical practice guideline on knees is old.", ["AAOS clinical practice guideline"]),
        ("The American College of Cardiology appropriate use criteria rate it.",
         ["American College of Cardiology appropriate use criteria"]),
        ("ADA Standards of Care and KDIGO guidance agree.", ["ADA Standards of Care", "KDIGO guidance"]),
        ("The CDC Guideline for Prescribing Opioids for Chronic Pain is cited.",
         ["CDC Guideline for Prescribing Opioids for Chronic Pain"]),
        ("As the CDC guideline for The State says, no.", ["CDC guideline"]),
        ("The CDC advises guidelines for all.", ["CDC"]),
        ("IDSA Guidelines for the Treatment of Bone Infection apply.",
         ["IDSA Guidelines for the Treatment of Bone Infection"]),
        ("The U.S. Preventive Services Task Force found no benefit.", ["U.S. Preventive Services Task Force"]),
        ("Her academy and her college of nursing wrote.", []),
    ],
)  # fmt: skip
def test_guidelines_of_societies(text: str, names: list[str]) -> None:
    assert [name for name, _ in found(text)] == names
