"""Services of texts that have no request: quoted rationales, abstracts, first pages; and texts that nobody decided."""

from __future__ import annotations

import pytest

from imr_nlp.records.schema import Letter
from support.scoring import pipeline


def read(text: str) -> Letter:
    return pipeline()(text)._.letter


def decided(text: str) -> list[tuple[str, str | None]]:
    return [(service.text, service.decision) for service in read(text).services]


QUOTED = (
    '"The MTUS asks for proof of better function before opioids go on. The notes give no pain scores. '
    'Percocet 5/325 mg #60 is therefore not medically necessary."'
)
UNDER_HEADING = (
    "Decision rationale: The ODG does not favour a corset to prevent back pain. The notes tell of no slipped vertebra. "
    "The corset requested is not medically necessary. As to the CT scan of the neck, his hand has grown weak. "
    "The CT scan is medically necessary."
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (QUOTED, [("Percocet 5/325 mg #60", "upheld")]),
        (UNDER_HEADING, [("corset", "upheld"), ("CT scan", "overturned")]),
        ("IMR overturned the denial of a left ankle brace. He is a roofer.", [("left ankle brace", "overturned")]),
        ("The drug was refused. The denial of Zanaflex was upheld.", [("Zanaflex", "upheld")]),
        (
            "In this case the reviewer upheld the denial of a gym membership, 6 months, for a 41-year-old cook.",
            [("gym membership, 6 months", "upheld")],
        ),
    ],
)
def test_what_is_decided_is_what_was_asked_for(text: str, found: list[tuple[str, str | None]]) -> None:
    assert decided(text) == found


def test_a_quoted_rationale_has_its_sentences() -> None:
    (service,) = read(QUOTED).services
    assert [sentence.role for sentence in service.rationale][-1] == "conclusion"
    assert len(service.rationale) == 3
    assert [len(service.rationale) for service in read(UNDER_HEADING).services] == [3, 2]


FIRST_PAGE = """\
State of California
Division of Workers' Compensation

IMR Case Number: CM15-0999002      Date of Injury: 04/04/2011
Priority: STANDARD                 Application Received: 10/14/2015
Treatment(s) in Dispute Listed on IMR Application:
Chiropractic care 1x6 for the neck; Voltaren gel 1% 100 g

Dear Reader,

Final Determination: {decision}. This means we decided that {which} of the disputed items/services are medically
necessary and appropriate.
"""


@pytest.mark.parametrize(
    ("decision", "which", "found"),
    [
        ("UPHOLD", "none", "upheld"),
        ("OVERTURN", "all", "overturned"),
        ("PARTIALLY OVERTURN", "some (but not all)", None),  # nobody can say which
    ],
)
def test_the_list_of_a_first_page(decision: str, which: str, found: str | None) -> None:
    text = FIRST_PAGE.format(decision=decision, which=which)
    assert decided(text) == [("Chiropractic care 1x6 for the neck", found), ("Voltaren gel 1% 100 g", found)]
    assert ("no_decision" in {warning.code for warning in read(text).warnings}) == (found is None)


@pytest.mark.parametrize(
    "text",
    [
        "Utilization Review Department. Norco 10/325 mg #90 is not medically necessary. You may appeal within 30 days.",
        "I treat Mr. Roe and disagree with the denial. Lumbar fusion is medically necessary, as his spine is unstable.",
        "Progress note. An MRI of the knee is medically necessary to rule out a tear. Therapy is not indicated now.",
        "Compound creams are not medically necessary. Opioids are medically necessary for cancer pain.",
        "Notice of non-certification. The guidelines do not support this. Acupuncture is not medically necessary.",
    ],
)
def test_a_text_of_another_decides_nothing(text: str) -> None:
    assert decided(text) == []


@pytest.mark.parametrize(
    "conclusion",
    [
        "Not all of the services are medically necessary.",
        "Some (but not all) of the requests are medically necessary.",
        "Not every requested session is medically necessary.",
    ],
)
def test_some_of_the_requests_is_no_decision_on_one(conclusion: str) -> None:
    text = f"The worker requested massage and a cane. The insurer denied both. {conclusion}"
    assert all(decision is None for _, decision in decided(text))


PANEL = """\
Case Summary: A boy aged nine has requested authorization and coverage for a standing frame. The Health Plan denied it.
Findings:
Reviewer 1: The standing frame is medically necessary for this patient.
Reviewer 2: The frame is not medically necessary.
Reviewer 3: His bones need the load. The frame is medically necessary.
"""
VOTE = "Two of the three reviewers determined that the requested service is medically necessary.\n"


def test_members_of_a_panel_decide_together() -> None:
    letter = read(PANEL + VOTE)
    (service,) = letter.services
    assert (service.decision, letter.patient.age, letter.patient.sex) == ("overturned", 9, "male")
    assert "decision_conflict" not in {warning.code for warning in letter.warnings}


def test_members_who_differ_decide_nothing_without_the_panel() -> None:
    letter = read(PANEL)
    assert [service.decision for service in letter.services] == [None]
    assert {"no_decision", "decision_conflict"} <= {warning.code for warning in letter.warnings}
