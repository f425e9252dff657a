"""Letters of 2013 with lines broken, glued or shuffled: a decision is right, or absent with a warning."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

NOTICE = """MAXIMUS FEDERAL SERVICES, INC.
Notice of Independent Medical Review Determination
Dated: 10/02/2013

1) MAXIMUS Federal Services, Inc. has determined the request for a copper elbow sleeve is medically necessary and appropriate.

2) MAXIMUS Federal Services, Inc. has determined the request for a vibrating foot plate is not medically necessary and appropriate.

Case Summary:
The patient is a 42 year-old male.

1) Regarding the request for a copper elbow sleeve:
Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision:
The Claims Administrator did not cite any guideline.
Rationale for the Decision:
The elbow is sore. The request for a copper elbow sleeve is medically necessary and appropriate.

2) Regarding the request for a vibrating foot plate:
Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision:
The Claims Administrator did not cite any guideline.
Rationale for the Decision:
No study supports a plate. The request for a vibrating foot plate is not medically necessary and appropriate.
"""  # noqa: E501
LATE = """HOW THE IMR FINAL DETERMINATION WAS MADE
MAXIMUS sent the file to a physician reviewer.
CLINICAL CASE SUMMARY
The patient is a 42 year-old male.
IMR DECISION(S) AND RATIONALE(S)
The disputed items/services were decided as is set forth below:
1. A copper elbow sleeve is medically necessary and appropriate.
The Claims Administrator based its decision on the MTUS.
The Physician Reviewer's decision rationale: The elbow is sore. A copper elbow sleeve is medically necessary and appropriate.
2. A vibrating foot plate is not medically necessary and appropriate.
The Claims Administrator based its decision on the MTUS.
The Physician Reviewer's decision rationale: No study supports it. A vibrating foot plate is not medically necessary and appropriate.
"""  # noqa: E501
LINES = """IMR ISSUES, DECISIONS AND RATIONALES
The disputed items/services were decided as is set forth below:
Copper elbow sleeve: Overturned
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: The elbow is sore. The copper elbow sleeve is medically necessary.
Vibrating foot plate: Upheld
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: No study supports it. The vibrating foot plate is not medically necessary.
"""
RIGHT = {"elbow": "overturned", "foot": "upheld"}


def _check(nlp: Language, text: str) -> None:
    letter = nlp(text)._.letter
    warned = {warning.code for warning in letter.warnings}
    for service in letter.services:
        named = {word for word in RIGHT if word in service.text.lower()}
        if service.decision is None:
            assert warned & {"no_decision", "decision_conflict"}
        elif len(named) == 1:
            assert service.decision == RIGHT[named.pop()], service.text


@settings(max_examples=25, deadline=None)
@given(letter=st.sampled_from([NOTICE, LATE, LINES]), seed=st.integers(0, 10_000))
def test_lines_broken_anywhere(nlp: Language, letter: str, seed: int) -> None:
    chance = random.Random(seed)
    _check(nlp, "".join("\n" if char == " " and chance.random() < 0.3 else char for char in letter))


@settings(max_examples=25, deadline=None)
@given(letter=st.sampled_from([NOTICE, LATE, LINES]), seed=st.integers(0, 10_000))
def test_words_glued_and_line_ends_lost(nlp: Language, letter: str, seed: int) -> None:
    chance = random.Random(seed)
    glued = letter
    for pair in ("is not", "not medically", "medically necessary", "is medically"):
        if chance.random() < 0.5:
            glued = glued.replace(pair, pair.replace(" ", ""))
    _check(nlp, "".join(" " if char == "\n" and chance.random() < 0.2 else char for char in glued))


@settings(max_examples=25, deadline=None)
@given(letter=st.sampled_from([NOTICE, LATE, LINES]), seed=st.integers(0, 10_000))
def test_paragraphs_shuffled(nlp: Language, letter: str, seed: int) -> None:
    paragraphs = letter.split("\n\n")
    random.Random(seed).shuffle(paragraphs)
    _check(nlp, "\n\n".join(paragraphs))


@settings(max_examples=15, deadline=None)
@given(letter=st.sampled_from([NOTICE, LATE, LINES]), seed=st.integers(0, 10_000))
def test_lines_dropped(nlp: Language, letter: str, seed: int) -> None:
    chance = random.Random(seed)
    _check(nlp, "\n".join(line for line in letter.split("\n") if chance.random() > 0.12))


def test_a_lost_heading_lends_no_conclusion(nlp: Language) -> None:
    """The second section's heading and the first rationale are lost: the second conclusion is not about the first."""
    second = NOTICE.index("2) Regarding")
    first = NOTICE.index("The elbow is sore")
    letter = NOTICE[:first] + NOTICE[NOTICE.index("Section", second) :]
    elbow, plate = nlp(letter)._.letter.services
    assert (elbow.decision, plate.decision) == ("overturned", "upheld")
    assert [evidence.by for evidence in elbow.decision_evidence] == ["list"]


def test_a_line_lost_behind_a_request(nlp: Language) -> None:
    """The request ends with the colon of its line, whatever follows it."""
    heading = "Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her"
    letter = "\n".join(line for line in NOTICE.split("\n") if not line.startswith(heading))
    services = nlp(letter)._.letter.services
    assert [service.text for service in services] == ["copper elbow sleeve", "vibrating foot plate"]


def test_a_heading_glued_to_the_word_before_it_is_found(nlp: Language) -> None:
    text = Path("annotations/letters/eight-services.txt").read_text(encoding="utf-8")
    # "for MRI.Decision rationale:"
    text = re.sub(r"[.,;]?\s+(?=MAXIMUS guideline:|Decision rationale:)", " MRI.", text)
    apart = re.sub(r"MRI\.(?=MAXIMUS|Decision)", "MRI.\n", text)
    letters = [nlp(written)._.letter for written in (text, apart)]
    read = [[(s.decision, len(s.rationale), len(s.citations)) for s in letter.services] for letter in letters]
    assert read[0] == read[1]
    assert len(letters[0].entities) == len(letters[1].entities)


@pytest.mark.parametrize(
    ("before", "after"), [("7.", "5 mg #40"), ("3.", "75 mg tablets #40"), ("0.", "1% lotion"), ("12.", "5mcg #9")]
)
def test_a_strength_broken_at_its_point_stays_in_the_request(nlp: Language, before: str, after: str) -> None:
    request = f"Relafen for pain of the elbow and the wrist, {before}\n{after}"
    service = nlp(LINES.replace("Copper elbow sleeve: Overturned", f"{request}: Overturned"))._.letter.services[0]
    assert (service.text, service.decision) == (request, "overturned")


def test_a_heading_after_a_sentence_that_ends_in_a_number_begins_its_line(nlp: Language) -> None:
    letter = LINES.replace("The copper elbow sleeve is medically necessary.", "The pain is 7.")
    record = nlp(letter.replace("Vibrating foot plate: Upheld", "5 foot plates: Upheld"))._.letter
    assert record.services[1].text == "5 foot plates"


@pytest.mark.parametrize(
    "broken",
    [
        "Aquatic therapy 3 times a week for\n\n5 weeks",
        "Foam insert for the left\n- 2 -\n\fHeel",
        "Paraffin bath, to be used with\nPage 2 of 5\nMitts",
        "Referral to a\n\nHand clinic",
    ],
)
def test_a_request_whose_line_is_not_ended_goes_on_below(nlp: Language, broken: str) -> None:
    (first, second) = nlp(LINES.replace("Copper elbow sleeve:", f"{broken}:"))._.letter.services
    assert (first.text, first.decision) == (broken, "overturned")
    assert (second.text, second.decision) == ("Vibrating foot plate", "upheld")


def test_a_request_whose_line_is_ended_does_not(nlp: Language) -> None:
    text = LINES.replace("is medically necessary.", "is what he asks for.\nIt is medically necessary.")
    assert [service.text for service in nlp(text)._.letter.services] == ["Copper elbow sleeve", "Vibrating foot plate"]
