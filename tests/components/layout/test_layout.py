"""Layouts, sections and service headings, on invented letters."""

from __future__ import annotations

from itertools import pairwise

import pytest
import spacy

from imr_nlp.components.layout.issue_list import shared_parts
from imr_nlp.doc.spans import SECTIONS, attrs_of, spans_of


@pytest.fixture(scope="module")
def nlp() -> spacy.Language:
    language = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    language.add_pipe("imr_layout")
    return language


def headings(nlp: spacy.Language, text: str) -> list[tuple[str, str | None]]:
    doc = nlp(text)
    found = [attrs_of(span) for span in spans_of(doc, SECTIONS, "service")]
    return [(doc.text[f["start"] : f["text_end"]], f["decision"]) for f in found]


GUIDELINES = "Claims Administrator guideline: Decision based on MTUS Knee Complaints 2004.\nMAXIMUS guideline: None.\n"
BEFORE = "IMR ISSUES, DECISIONS AND RATIONALES\n"


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Knee brace: Upheld\n", ("Knee brace", "upheld")),
        ("Knee brace: Overturned\n", ("Knee brace", "overturned")),
        ("Knee brace: UpheldGLUE", ("Knee brace", "upheld")),
        ("Knee brace:\nUpheld\n", ("Knee brace", "upheld")),
        ("Knee brace: \n\nUpheld \n\n", ("Knee brace", "upheld")),
        ("Knee brace Upheld\n", ("Knee brace", "upheld")),
        ("Knee brace is: Modified\n", ("Knee brace", "modified")),
        ("**Knee brace:** Upheld\n", ("Knee brace", "upheld")),
        ("<p><b>Knee brace:</b> Upheld</p>", ("Knee brace", "upheld")),
        ("Knee brace. Upheld.\n", ("Knee brace", "upheld")),
        (
            "Brace for the \nleft knee, DOS: \n11/11/2016: \nUpheld\n",
            ("Brace for the left knee, DOS: 11/11/2016", "upheld"),
        ),
    ],
)
def test_headings_in_all_their_shapes(nlp: spacy.Language, heading: str, expected: tuple[str, str]) -> None:
    text = BEFORE + heading.replace("GLUE", "") + GUIDELINES + "Decision rationale: It buckles. It is not needed."
    assert headings(nlp, text) == [expected]


def test_a_heading_ends_where_the_rationale_before_it_ended(nlp: spacy.Language) -> None:
    wide = (
        "The knee gave way on three occasions in the month before the visit and no brace had been tried by then and so"
    )
    text = (
        f"{BEFORE}Knee brace: Upheld\n{GUIDELINES}Decision rationale: {wide}\nit is necessary\n"
        f"Cane: Overturned\n{GUIDELINES}Decision rationale: {wide}\nit is not. A cane is fine.\n"
        f"Walker for use at home and on the way to the clinic, with a seat and with a basket, purchase of one unit,\n"
        f"new: Upheld\n{GUIDELINES}Decision rationale: No."
    )
    assert [request for request, _ in headings(nlp, text)] == [
        "Knee brace",
        "Cane",
        "Walker for use at home and on the way to the clinic, with a seat and with a basket, purchase of one unit, new",
    ]


def test_running_text_is_no_heading(nlp: spacy.Language) -> None:
    doc = nlp(
        "CLINICAL CASE SUMMARY\nThe expert reviewer developed a clinical case summary of the decision rationale.\n"
        f"{BEFORE}Cane: Upheld\n{GUIDELINES}Decision rationale: The decision rationale is short."
    )
    labels = [span.label_ for span in spans_of(doc, SECTIONS)]
    assert labels == ["case_summary", "decisions", "service", "claims_guideline", "reviewer_guideline", "rationale"]


def test_sections_follow_each_other_and_do_not_overlap(nlp: spacy.Language) -> None:
    text = "Case Number: CM14-0000001\n" + BEFORE + f"Cane: Upheld\n{GUIDELINES}Decision rationale: No.\n" * 3
    doc = nlp(text)
    places = [(attrs_of(s)["start"], attrs_of(s)["end"]) for s in spans_of(doc, SECTIONS)]
    assert places == sorted(places)
    assert all(a[1] <= b[0] for a, b in pairwise(places))
    assert [attrs_of(s)["service"] for s in spans_of(doc, SECTIONS, "rationale")] == [0, 1, 2]


def test_the_2013_notice_takes_decisions_from_its_list(nlp: spacy.Language) -> None:
    determined = "MAXIMUS Federal Services, Inc. has determined the request for"
    text = (
        "Notice of Independent Medical Review Determination\n"
        f"1) {determined} a cane is medically necessary and appropriate.\n"
        f"2) {determined} a walker is not medically necessary and appropriate.\n"
        "1) Regarding the request for a cane:\nSection of the Medical Treatment Utilization Schedule Relied Upon by "
        "the Expert Reviewer to Make His/Her Decision:\nThe Claims Administrator based its decision on X. The Expert "
        "Reviewer based his/her decision on Y.\nRationale for the Decision:\nHe limps.\n"
        "2) Regarding the request for a walker:\nRationale for the Decision:\nA cane is enough.\n"
    )
    doc = nlp(text)
    assert doc._.layout == "notice-2013"
    assert [decision for _, decision in headings(nlp, text)] == ["overturned", "upheld"]
    guidelines = [(s.label_, attrs_of(s)["service"]) for s in spans_of(doc, SECTIONS) if "guideline" in s.label_]
    assert guidelines == [("both_guidelines", 0)]


def test_an_unknown_text_has_no_service(nlp: spacy.Language) -> None:
    doc = nlp("It was a bright cold day in the harbour, and the ferry was late again.")
    assert doc._.layout == "unknown"
    assert spans_of(doc, SECTIONS, "service") == []


def test_a_shared_rationale_that_jumps_about_serves_each_service_whole() -> None:
    text = "A cane helps. A brace does not. The cane is fine. The brace is not."
    assert shared_parts(text, 0, len(text), ["Brace", "Cane"]) == [(0, len(text))] * 2


def test_a_heading_that_lost_its_line_is_found_behind_the_sentence_before(nlp: spacy.Language) -> None:
    text = (
        f"{BEFORE}Knee brace: Upheld\n{GUIDELINES}Decision rationale: The knee is stable. A brace is not medically "
        f"necessary. Cane, one unit: Overturned\n{GUIDELINES}Decision rationale: He limps."
    )
    assert [request for request, _ in headings(nlp, text)] == ["Knee brace", "Cane, one unit"]
    assert headings(nlp, " ".join(text.split())) == headings(nlp, text)


def test_a_decision_without_guideline_sections_is_found(nlp: spacy.Language) -> None:
    text = f"{BEFORE}Knee brace: Upheld\nThe knee is stable.\nCane: Overturned\nHe limps and needs it."
    assert headings(nlp, text) == [("Knee brace", "upheld"), ("Cane", "overturned")]
