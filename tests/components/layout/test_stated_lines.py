"""Lists whose entries are sentences that decide, boxes below a label, and words below a list of issues."""

from __future__ import annotations

import pytest
from spacy.language import Language

from support.scoring import pipeline

HEAD = "INDEPENDENT MEDICAL REVIEW\nFinal Determination\n\n"


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


def read(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(service.text, service.decision) for service in nlp(HEAD + text)._.letter.services]


def test_each_entry_decides_on_its_subject(nlp: Language) -> None:
    text = (
        "1. Elbow splint is/are not medically necessary.\n2. A paraffin bath is medically necessary and appropriate.\n"
    )
    assert read(nlp, text) == [("Elbow splint", "upheld"), ("paraffin bath", "overturned")]


def test_each_question_is_answered_on_its_line(nlp: Language) -> None:
    text = "1. Is the elbow splint medically necessary? No.\n2. Is a paraffin bath medically necessary? Yes.\n"
    assert read(nlp, text) == [("elbow splint", "upheld"), ("paraffin bath", "overturned")]


@pytest.mark.parametrize(
    "text",
    [
        "1. The elbow splint is not medically necessary.\n2. She fell in May.\n",
        "The insurer's reasons:\n1. The splint is not medically necessary.\n2. The bath is not medically necessary.\n",
        "1. The surgeon says that the splint is medically necessary.\n2. The plan says that it is not.\n",
        "1. Is the elbow splint medically necessary?\n2. Is a paraffin bath medically necessary?\n",
    ],
)
def test_a_list_of_reasons_decides_nothing(nlp: Language, text: str) -> None:
    assert [decision for _, decision in read(nlp, text) if decision] == []


def test_boxes_may_stand_below_a_label(nlp: Language) -> None:
    text = "Requested: elbow splint\nDetermination:\n[ ] Upheld\n[X] Overturned\n[ ] Modified\n"
    assert read(nlp, text) == [("elbow splint", "overturned")]


def test_what_follows_a_request_on_the_next_line_is_no_part_of_it(nlp: Language) -> None:
    text = "Requested service: elbow splint with a padded cover for use at night\nOnly the cover is discussed below.\n"
    assert [name for name, _ in read(nlp, text)] == ["elbow splint with a padded cover for use at night"]


def test_the_decision_to_deny_names_the_service(nlp: Language) -> None:
    said = "The decision of the claims administrator to deny {} is {}overturned."
    assert read(nlp, said.format("the elbow splint", "")) == [("elbow splint", "overturned")]
    assert read(nlp, said.format("the elbow splint", "not ")) == [("elbow splint", "upheld")]


@pytest.mark.parametrize(
    ("said", "brace", "cane"),
    [
        ("Instead of the cane the brace is medically necessary.", "overturned", None),
        ("Instead of the cane, the brace is medically necessary.", "overturned", None),
        ("The brace rather than the cane is medically necessary.", "overturned", "upheld"),
        ("The brace is more useful than the cane and is medically necessary.", "overturned", None),
        ("All requests but the cane are medically necessary.", None, None),
        ("The requests are medically necessary with the exception of the cane.", "overturned", "upheld"),
        ("The denial is upheld save for the cane.", None, None),
        ("The plan was right to deny the cane but not the brace.", None, None),
        ("The brace, unlike the cane, is medically necessary.", "overturned", "upheld"),
    ],
)
def test_what_a_service_is_set_against_is_not_decided_alike(
    nlp: Language, said: str, brace: str | None, cane: str | None
) -> None:
    asked = "The patient has requested a knee brace and a cane. The health plan denied both.\n\n"
    found = dict(read(nlp, f"{asked}Reviewer's findings: She has instability. {said}\n"))
    assert (found["knee brace"], found["cane"]) == (brace, cane)


BOXES = "[ ] Medically necessary\n[X] Not medically necessary\n[ ] Medically necessary in part\n"


def test_findings_of_necessity_are_ticked(nlp: Language) -> None:
    assert read(nlp, f"Requested: elbow splint\n{BOXES}") == [("elbow splint", "upheld")]
    assert read(nlp, f"Requested: elbow splint\nDetermination:\n{BOXES}") == [("elbow splint", "upheld")]
    unticked = BOXES.replace("[X]", "[ ]")
    assert [one for _, one in read(nlp, f"Requested: elbow splint\n{unticked}") if one] == []


@pytest.mark.parametrize(
    "owner", ["Utilization review found:", "Claims administrator's finding:", "Treating physician:"]
)
def test_findings_that_others_tick_decide_nothing(nlp: Language, owner: str) -> None:
    assert [one for _, one in read(nlp, f"Requested: elbow splint\n{owner}\n{BOXES}") if one] == []


@pytest.mark.parametrize(
    ("request_", "noun"),
    [
        ("Left knee arthroscopy with meniscectomy", "surgery"),
        ("Lumbar ESI L4-5", "injection"),
        ("MRI, neck", "imaging"),
    ],
)
def test_a_conclusion_may_name_the_kind_of_a_service(nlp: Language, request_: str, noun: str) -> None:
    said = f"The {noun} is not medically necessary."
    text = f"{request_}: Overturned\nClaims Administrator guideline: None.\nRationale: {said}\n"
    letter = nlp(text)._.letter
    assert [evidence.decision for evidence in letter.services[0].decision_evidence] == ["overturned", "upheld"]
    assert "decision_conflict" in {warning.code for warning in letter.warnings}
    other = nlp(text.replace(request_, "Gym membership"))._.letter
    assert [evidence.decision for evidence in other.services[0].decision_evidence] == ["overturned"]
