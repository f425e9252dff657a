"""Case facts in their many shapes, on invented text."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.doc.spans import FACTS, attrs_of, spans_of
from imr_nlp.text.dates import iso


@pytest.fixture(scope="module")
def nlp() -> spacy.Language:
    language = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": "imr.LetterTokenizer.v1"}}})
    language.add_pipe("imr_layout")
    language.add_pipe("imr_facts")
    return language


def read(nlp: spacy.Language, text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    doc = nlp(text)
    for span in spans_of(doc, FACTS):
        known = attrs_of(span)
        assert doc.text[known["start"] : known["end"]].strip() == doc.text[known["start"] : known["end"]]
        if span.label_ in ("states", "specialties"):
            found.setdefault(span.label_, []).append(known["value"])
        else:
            found[span.label_] = known["value"]
    return found


HEADER = (
    "<b>Case Number:</b>\tCM14-0000123\t\n<b>Date Assigned:</b>\t1/2/14\t<b>Date of Injury:</b>\t12/31/1987\n"
    "Decision Date: 02/03/2014 UR Denial Date: 01/01/2014\nPriority: Expedited Application \nReceived: \n01/02/2014\n"
    "HOW THE IMR FINAL DETERMINATION WAS MADE\n"
)
SUMMARY = "CLINICAL CASE SUMMARY\n"


def test_header(nlp: spacy.Language) -> None:
    assert read(nlp, HEADER) == {
        "case_number": "CM14-0000123", "date_assigned": "2014-01-02", "date_of_injury": "1987-12-31",
        "decision_date": "2014-02-03", "ur_denial_date": "2014-01-01", "application_received": "2014-01-02",
        "priority": "expedited",
    }  # fmt: skip


DATES = {"date_assigned": "2014-03-04", "date_of_injury": "2011-05-06"}


@pytest.mark.parametrize(
    ("header", "facts"),
    [
        ("Date Assigned:03/04/2014Date of Injury:05/06/2011\nPriority:StandardApplication\nReceived:\n02/03/2014\n",
         {**DATES, "priority": "standard", "application_received": "2014-02-03"}),
        ("Date Assigned | 03/04/2014 | Date of Injury | 05/06/2011\n", DATES),
        ("Date Assigned:  Date of Injury:\n03/04/2014   05/06/2011\n", DATES),
        ("| Date Assigned | Date of Injury |\n|---|---|\n| 03/04/2014 | 05/06/2011 |\n", DATES),
        ("Date Assigned: Date of Injury: Decision Date:\n03/04/2014 05/06/2011\n", {}),
        ("Date Assigned: Date of Injury: 05/06/2011\n", {"date_of_injury": "2011-05-06"}),
    ],
)  # fmt: skip
def test_headers_of_other_shapes(nlp: spacy.Language, header: str, facts: dict[str, str]) -> None:
    assert read(nlp, header + "HOW THE IMR FINAL DETERMINATION WAS MADE\n") == facts


def test_semicolons_part_states_and_specialties(nlp: spacy.Language) -> None:
    text = "The Expert Reviewer has the following credentials:\nState(s) of Licensure: Ohio; Texas\n"
    found = read(nlp, HEADER + text + "Certification(s)/Specialty: Orthopedic Surgery; Hand Surgery\n" + SUMMARY)
    assert (found["states"], found["specialties"]) == (["Ohio", "Texas"], ["Orthopedic Surgery", "Hand Surgery"])


@pytest.mark.parametrize(
    ("sentence", "age", "sex"),
    [
        ("The patient is a 48-year-old male roofer.", 48, "male"),
        ("The injured worker is a 32 year old female with a sprain.", 32, "female"),
        ("This is a now 26-year-old woman.", 26, "female"),
        ("A 57 y/o left-handed man fell.", 57, "male"),
        ("The worker is a one-hundred-and-three-year-old man.", 103, "male"),
        ("The worker is a forty- two-year-old woman.", 42, "female"),
        ("The worker is a Thirtynine-year-old man.", 39, "male"),
        ("The worker is a nineteen (19) year old male.", 19, "male"),
        ("The worker is a 31 (thirty-one) year-old female.", 31, "female"),
        ("The child is a 6 ½-year-old boy.", 6, "male"),
        ("The worker is a 38 y/o F.", 38, "female"),
        ("The worker is a 38 yo M with pain.", 38, "male"),
        ("She was seen by a 38 y/o M.D. on Monday.", 38, "female"),
        ("The worker is a 38-year-old, left-hand dominant, overweight male.", 38, "male"),
        ("The worker is a 38-year-oId male.", 38, "male"),
        ("The 41-year-old mother of a seven-year-old male enrollee appeals.", 7, "male"),
        ("His 41-year-old wife works. He is a 43-year-old man.", 43, "male"),
        ("This 61 yo F was seen. She limps.", 61, "female"),
        ("The applicant is now 57 years of age and was 51 years of age when he fell.", 57, "male"),
        ("A woman, 39 years of age, was struck.", 39, "female"),
        ("The claimant, aged 63, is a retired man.", 63, "male"),
        ("The worker (age 28, male) slipped.", 28, "male"),
        ("The employee, 46, is a female baker.", 46, "female"),
        ("The employee is 46. She bakes.", 46, "female"),
        ("He was 30 years old at the time of the fall and is now 35 years old.", 35, "male"),
        ("He has a 9-year-old daughter and is 38 years old.", 38, "male"),
        ("Age: 44. Gender: F.", 44, "female"),
        ("The father of a six-year-old girl asked for a hearing aid.", 6, "female"),
        # what is old and is not the worker
        ("The worker, a female clerk, has a 4-year-old claim and an MRI that is three years old.", None, "female"),
        ("His mattress is 11 years old. The patient is male.", None, "male"),
        ("A 20-year-old forklift struck the male worker.", None, "male"),
        ("She is the mother of a three-year-old.", None, "female"),
        ("Guidelines speak of patients under 65 years of age. He fell.", None, "male"),
        ("The employee of 20 years fell. He is a mason.", None, "male"),
        ("The claimant, a female aged 44, was hurt.", 44, "female"),
        ("A forty-two year old gentleman presents.", 42, "male"),
        ("He is 50 years old and lifts crates.", 50, "male"),
    ],
)
def test_age_and_sex(nlp: spacy.Language, sentence: str, age: int | None, sex: str) -> None:
    found = read(nlp, SUMMARY + sentence)
    assert (found.get("age"), found.get("sex")) == (age, sex)


def test_a_reviewer_who_is_he_or_she_says_nothing_of_the_worker(nlp: spacy.Language) -> None:
    assert "sex" not in read(nlp, SUMMARY + "The reviewer read the file. He/she agrees. The worker fell.")


def test_reviewer_in_prose(nlp: spacy.Language) -> None:
    found = read(
        nlp,
        "HOW THE IMR FINAL DETERMINATION WAS MADE\nThe physician reviewer is Board Certified in Physical Medicine \n"
        "and Rehabilitation and Pain Management, has a subspecialty in Sports Medicine and is licensed to practice \n"
        "in Ohio, New York and Texas. He/she has been in practice.",
    )
    assert found["specialties"] == ["Physical Medicine and Rehabilitation", "Pain Management"]
    assert found["states"] == ["Ohio", "New York", "Texas"]


def test_reviewer_in_labels(nlp: spacy.Language) -> None:
    found = read(
        nlp,
        "The Expert Reviewer has the following credentials:\nState(s) of Licensure: Iowa,New Mexico\n"
        "Certification(s)/Specialty: Internal Medicine, Hospice & Palliative \nMedicine\n"
        "CLINICAL CASE SUMMARY\nHe fell.",
    )
    assert found["states"] == ["Iowa", "New Mexico"]
    assert found["specialties"] == ["Internal Medicine", "Hospice & Palliative Medicine"]


def test_injury_date_in_prose(nlp: spacy.Language) -> None:
    assert (
        read(nlp, SUMMARY + "The patient sustained an injury to the knee on 3/14/12.")["date_of_injury"] == "2012-03-14"
    )


@given(st.dates(min_value=date(1950, 1, 1), max_value=date(2049, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_dates_come_back_as_written(day: Any) -> None:
    assert iso(day.strftime("%m/%d/%Y")) == day.isoformat()
    assert iso(f"{day.month}-{day.day}-{day.year % 100:02d}") == day.isoformat()
    assert iso(day.strftime("%B %d, %Y")) == day.isoformat()
    assert iso(day.isoformat()) == day.isoformat()


def test_a_date_in_running_text_is_no_decision_date(nlp: spacy.Language) -> None:
    assert read(nlp, "In a letter dated 3/14/2018, the Health Plan denied the request.") == {}
