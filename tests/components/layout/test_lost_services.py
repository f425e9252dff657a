"""No service is lost, invented or given another's reasons, however its heading is written or scanned."""

from __future__ import annotations

from typing import Any

import pytest
from spacy.language import Language

from support.scoring import pipeline

LINES = """CLINICAL CASE SUMMARY
{summary}The worker is a 51 year old man with plantar fasciitis.
IMR ISSUES, DECISIONS AND RATIONALES
The disputed items/services were decided as is set forth below:
Copper elbow sleeve: Overturned
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: The elbow is sore.
{middle}
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: {reasons}
Walking stick: Upheld
Claims Administrator guideline: None.
MAXIMUS guideline: None.
{heading} He walks well.
"""
NOTICE = """MAXIMUS FEDERAL SERVICES, INC.
Notice of Independent Medical Review Determination
{first} MAXIMUS Federal Services, Inc. has determined the request for a copper elbow sleeve is medically necessary and appropriate.
2) MAXIMUS Federal Services, Inc. has determined the request for {entry}.
Case Summary:
The worker is a 51 year old man.
1) Regarding the request for a copper elbow sleeve:
Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision:
None was found.
Rationale for the Decision:
The elbow is sore.
{section}
"""  # noqa: E501
SECTION = """{cue}
Section of the Medical Treatment Utilization Schedule Relied Upon by the Expert Reviewer to Make His/Her Decision:
None was found.
Rationale for the Decision:
No study was given.
"""
LATE = """IMR DECISION(S) AND RATIONALE(S)
The disputed items/services were decided as is set forth below:
1. A copper elbow sleeve is medically necessary and appropriate.
The Claims Administrator did not cite any guideline.
The Physician Reviewer's decision rationale: The elbow is sore.
2. {middle}
The Claims Administrator did not cite any guideline.
The Physician Reviewer's decision rationale: No study was given.
3. A walking stick is not medically necessary and appropriate.
The Claims Administrator did not cite any guideline.
The Physician Reviewer's decision rationale: He walks well.
"""
ISSUES = """MEDICAL PROFESSIONAL REVIEW
ISSUE AT DISPUTE:
{issue}
CASE SUMMARY:
The worker is a 51 year old man.
RATIONALE:
The copper elbow sleeve is not medically necessary. The foot plate is medically necessary.
"""
ASKED = (
    "The patient has requested authorization and coverage for {request}. The Health Plan has denied this request. {end}"
)
BOTH = "The reviewer found that the sleeve is medically necessary. The stick is not medically necessary."


def read(nlp: Language, text: str) -> Any:
    return nlp(text)._.letter


def services(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(service.text, service.decision) for service in read(nlp, text).services]


def lines(middle: str = "Vibrating foot plate: Upheld", **more: str) -> str:
    return LINES.format(
        **{"summary": "", "reasons": "No study was given.", "heading": "Decision rationale:", "middle": middle, **more}
    )


@pytest.mark.parametrize(
    ("written", "decision"),
    [
        ("Vibrating foot plate:", None),
        ("Vibrating foot plate", None),
        ("Vibrating foot plate is", None),
        ("Vibrating foot plate: Upheld; Overturned", None),
        ("Vibrating foot plate: Overturned in part, upheld in part", "modified"),
        ("Vibrating foot plate: Withdrawn by the provider before the review began", None),
        ("Vibrating foot plate: Decision deferred until the notes of the surgeon come", None),
        ("Vibrating foot plate: Upheld. Overturned.", None),
        ("Vibrating foot plate: O v e r t u r n e d", "overturned"),
        ("Vibrating foot plate: UpheId", "upheld"),
        ("Vibrating foot plate: 0vertumed", "overturned"),
        ("Vibrating foot plate: Uphold", "upheld"),
        ("Vibrating foot plate: [Upheld]", "upheld"),
        ("Vibrating foot plate: Conditionally approved", None),
        ("Item 2: Vibrating foot plate: Upheld", "upheld"),
        ("(b) Vibrating foot plate: Upheld", "upheld"),
        ("B. Vibrating foot plate: Upheld", "upheld"),
        ("II. Vibrating foot plate: Upheld", "upheld"),
        ("✓ Vibrating foot plate: Upheld", "upheld"),
        ("Item: Vibrating foot plate\nDecision: Upheld", "upheld"),
    ],
)
def test_a_heading_gives_its_service_whatever_stands_for_the_decision(
    nlp: Language, written: str, decision: str | None
) -> None:
    record = read(nlp, lines(written))
    assert [(s.text, s.decision) for s in record.services] == [
        ("Copper elbow sleeve", "overturned"), ("Vibrating foot plate", decision), ("Walking stick", "upheld")
    ]  # fmt: skip
    assert [len(service.rationale) for service in record.services] == [1, 1, 1]
    assert ("no_decision" in {warning.code for warning in record.warnings}) == (decision is None)


@pytest.mark.parametrize(
    ("request_", "words", "decision"),
    [
        ("Associated surgical service: Ice machine, 7 days", "Upheld [3]", "upheld"),
        ("Associated surgical services: Knee sling", "Overturned (see note)", "overturned"),
        ("Post-op DME: Raised toilet seat", "Upheld*", "upheld"),
        ("Labs: Iron panel", "Not overturned", "upheld"),
        ("Pharmacy: Celebrex 200mg #60", "Modified to #30", "modified"),
        ("Associated surgical service: Shower chair", "Remanded", None),
        ("Shower chair", "Upheld: see below", "upheld"),
        ("Shower chair", "Upheld: not indicated: see note", "upheld"),
        ("Shower chair", "Withdrawn: settled", None),
    ],
)
def test_a_colon_within_a_request_does_not_end_it(
    nlp: Language, request_: str, words: str, decision: str | None
) -> None:
    assert services(nlp, lines(f"{request_}: {words}"))[1] == (request_, decision)


def test_the_last_words_of_a_rationale_are_no_heading(nlp: Language) -> None:
    text = lines().replace("Vibrating foot plate: Upheld\n", "He takes nothing for it.\n")
    assert len(services(nlp, text)) == 2
    assert services(nlp, lines("E. coli test: Upheld"))[1] == ("E. coli test", "upheld")


@pytest.mark.parametrize("before", ["The letter of May read:", "His previous request had this end."])
def test_a_heading_that_a_rationale_quotes_is_no_service(nlp: Language, before: str) -> None:
    reasons = f"No study was given.\n{before}\nCork sandal: Overturned\nThat was long ago. The file holds no more."
    assert [text for text, _ in services(nlp, lines(reasons=reasons))] == [
        "Copper elbow sleeve", "Vibrating foot plate", "Walking stick"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    ["Documents reviewed: all that came.", "Case summary: see there.", "Medical reviewer qualifications: none told."],
)
def test_the_words_of_a_heading_within_a_text_end_nothing(nlp: Language, words: str) -> None:
    record = read(
        nlp, lines(reasons=f"No study was given.\n{words}\nThe plate is new.", summary=f"He fell.\n{words}\n")
    )
    assert record.patient.age == 51
    assert len(record.services[1].rationale) == 3


@pytest.mark.parametrize("heading", ["Decision rationaIe:", "Decisionrationale:", "Declsion rationa1e:"])
def test_a_misread_heading_is_a_heading(nlp: Language, heading: str) -> None:
    assert len(read(nlp, lines(heading=heading)).services[2].rationale) == 1


def test_the_foot_of_a_form_is_no_sentence(nlp: Language) -> None:
    foot = "Final Letter of Determination      Form Effective 5.16.13      Page 4 of 6"
    record = read(nlp, lines(reasons=f"No study was given.\n\n{foot}\n\nThe plate is new."))
    assert [sentence.text for sentence in record.services[1].rationale] == ["No study was given.", "The plate is new."]


def test_the_history_of_a_request_may_begin_with_the_original(nlp: Language) -> None:
    history = (
        "The original request was for pool therapy, 12 visits, of which 4 visits were authorized by the plan. "
        "The remaining IMR eligible portion, pool therapy, 8 visits, is: Upheld"
    )
    service = read(nlp, lines(history)).services[1]
    assert (service.text, service.authorized) == ("pool therapy, 8 visits", "4 visits")


@pytest.mark.parametrize(
    ("written", "decision"),
    [
        ("Vibrating foot plate is withdrawn.", None),
        ("Vibrating foot plate.", None),
        ("Vibrating foot plate: Upheld", "upheld"),
        ("Vibrating foot plate: not medically necessary and appropriate.", "upheld"),
        ("Decision for Vibrating foot plate is not medically necessary and appropriate.", "upheld"),
    ],
)
def test_a_letter_of_late_2013_gives_every_number(nlp: Language, written: str, decision: str | None) -> None:
    found = services(nlp, LATE.format(middle=written))
    assert len(found) == 3
    assert found[1] == ("Vibrating foot plate", decision)


@pytest.mark.parametrize(
    "said",
    [
        "n ot medically necessary",
        "not medica11y necessarv",
        "notmedicallynecessaryandappropriate",
        "non-medically necessary",
    ],
)
@pytest.mark.parametrize(
    "cue",
    ["2) Regarding the request for a vibrating foot plate:", "2) Regardlng the requestfor a vibrating foot plate:", ""],
)
def test_an_entry_of_a_notice_is_read_with_and_without_its_section(nlp: Language, said: str, cue: str) -> None:
    section = SECTION.format(cue=cue) if cue else ""
    text = NOTICE.format(first="l)", entry=f"a vibrating foot plate is {said}", section=section)
    assert services(nlp, text) == [("copper elbow sleeve", "overturned"), ("vibrating foot plate", "upheld")]


def test_an_entry_without_section_is_counted_in_its_place_and_takes_no_text(nlp: Language) -> None:
    text = NOTICE.format(
        first="1)", entry="a vibrating foot plate is not medically necessary.\n3) MAXIMUS Federal Services, Inc. has "
        "determined the request for a walking stick is medically necessary",
        section=SECTION.format(cue="3) Regarding the request for a walking stick:"),
    )  # fmt: skip
    record = read(nlp, text)
    assert [(s.text, s.decision, len(s.rationale)) for s in record.services] == [
        ("copper elbow sleeve", "overturned", 1),
        ("vibrating foot plate", "upheld", 0),
        ("walking stick", "overturned", 1),
    ]  # fmt: skip
    assert [service.id for service in record.services] == ["S1", "S2", "S3"]


def test_one_entry_may_decide_on_two_services(nlp: Language) -> None:
    text = NOTICE.format(
        first="1)", entry="nothing else", section=SECTION.format(cue="2) Regarding the request for a foot plate:")
    ).replace("the request for a copper elbow sleeve is", "the requests for a copper elbow sleeve and a foot plate are")
    text = text.replace("2) MAXIMUS Federal Services, Inc. has determined the request for nothing else.\n", "")
    assert services(nlp, text) == [("copper elbow sleeve", "overturned"), ("foot plate", "overturned")]


def test_an_entry_in_other_words_is_known_by_its_number(nlp: Language) -> None:
    section = SECTION.format(cue="2) Regarding the request for a plate:")
    text = NOTICE.format(
        first="1)", entry="a trial of the vibrating foot plate is not medically necessary", section=section
    )
    assert services(nlp, text)[1] == ("plate", "upheld")


@pytest.mark.parametrize(
    "issue",
    [
        "a) Copper elbow sleeve\nb) Foot plate",
        "i. Copper elbow sleeve\nii. Foot plate",
        "(A) Copper elbow sleeve\n(B) Foot plate",
        "o Copper elbow sleeve\no Foot plate",
        "l. Copper elbow sleeve\n2. Foot plate",
        "Item 1: Copper elbow sleeve\nItem 2: Foot plate",
        "Copper elbow sleeve; and Foot plate",
    ],
)
def test_a_list_of_issues_is_read_item_by_item(nlp: Language, issue: str) -> None:
    assert services(nlp, ISSUES.format(issue=issue)) == [
        ("Copper elbow sleeve", "upheld"),
        ("Foot plate", "overturned"),
    ]


def test_a_semicolon_within_an_item_cuts_nothing(nlp: Language) -> None:
    found = services(nlp, ISSUES.format(issue="Copper elbow sleeve; 12 visits"))
    assert [text for text, _ in found] == ["Copper elbow sleeve; 12 visits"]


@pytest.mark.parametrize(
    "request_",
    ["a sleeve; and a stick", "(1) a sleeve; and (2) a stick", "1) a sleeve; 2) a stick", "(a) a sleeve; (b) a stick"],
)
def test_semicolons_cut_what_was_asked_for(nlp: Language, request_: str) -> None:
    assert services(nlp, ASKED.format(request=request_, end=BOTH)) == [("sleeve", "overturned"), ("stick", "upheld")]


@pytest.mark.parametrize("clause", ["she walks with a limp", "the Health Plan denied it", "and he is in pain"])
def test_a_clause_after_a_semicolon_is_no_service(nlp: Language, clause: str) -> None:
    assert [text for text, _ in services(nlp, ASKED.format(request=f"a sleeve; {clause}", end=""))] == ["sleeve"]


@pytest.mark.parametrize("said", ["The provider submitted a request for", "The patient would like coverage for"])
def test_other_words_of_asking_are_known(nlp: Language, said: str) -> None:
    text = f"{said} a foot plate. The Health Plan denied this request indicating that it is not needed."
    assert [found for found, _ in services(nlp, text)] == ["foot plate"]


def test_a_request_for_a_review_is_no_service(nlp: Language) -> None:
    text = "The enrollee submitted a request for an independent medical review. The Health Plan denied it in May."
    assert services(nlp, text) == []


@pytest.mark.parametrize("text", ["***", "____\n____", "<b></b>", "MEDICAL PROFESSIONAL REVIEW\nISSUE AT DISPUTE:\n"])
def test_a_text_without_lines_or_items_has_no_service(text: str) -> None:
    assert pipeline()(text)._.letter.services == []


def test_a_line_that_is_a_paragraph_is_not_wrapped_into_the_next_heading(nlp):
    """The reasons of the cane end without a full stop, and each line is a paragraph."""
    reasons = "The worker walks well, and nothing in the record tells of a fall or of a weak leg. " * 6
    text = (
        f"CLINICAL CASE SUMMARY\n{reasons}\n\nIMR ISSUES, DECISIONS AND RATIONALES\n\nCane: Upheld\n\n"
        "Claims Administrator guideline: Decision based on MTUS.\n\nMAXIMUS guideline: Decision based on MTUS.\n\n"
        f"Decision rationale: {reasons}The request is not medically necessary and appropriate\n\n"
        "Walking boot: Overturned\n\nClaims Administrator guideline: Decision based on MTUS.\n\n"
        f"MAXIMUS guideline: Decision based on MTUS.\n\nDecision rationale: {reasons}The boot is medically necessary."
    )
    assert services(nlp, text) == [("Cane", "upheld"), ("Walking boot", "overturned")]


@pytest.mark.parametrize("of", ["of the original request", "of that request", "of her initial request", ""])
@pytest.mark.parametrize("share", ["portion", "part"])
def test_what_remains_of_a_split_request_is_the_service(nlp: Language, share: str, of: str) -> None:
    text = (
        "IMR ISSUES, DECISIONS AND RATIONALES\nHand therapy, 9 visits was the original request. Hand therapy, 4 visits "
        f"was authorized at utilization review. The remaining IMR eligible {f'{share} {of}'.strip()}, hand therapy, 5 "
        "visits is: Upheld\nMAXIMUS guideline: None.\nDecision rationale: The visits are not medically necessary.\n"
    )
    (service,) = nlp(text)._.letter.services
    assert (service.text, service.decision) == ("hand therapy, 5 visits", "upheld")


@pytest.mark.parametrize("word", ["Withdrawn", "Not in dispute", "Ineligible", "Dismissed"])
@pytest.mark.parametrize("below", ["The provider no longer asks for it.\n", ""])
def test_a_line_that_closes_a_request_is_a_service_without_decision(nlp: Language, word: str, below: str) -> None:
    text = (
        f"IMR ISSUES, DECISIONS AND RATIONALES\nElbow brace: {word}\n{below}Cane: Upheld\nMAXIMUS guideline: None.\n"
        "Decision rationale: He walks well.\n"
    )
    assert services(nlp, text) == [("Elbow brace", None), ("Cane", "upheld")]


def test_a_status_within_the_reasons_is_no_service(nlp: Language) -> None:
    text = (
        "IMR ISSUES, DECISIONS AND RATIONALES\nCane: Upheld\nMAXIMUS guideline: None.\n"
        "Decision rationale: He walks well.\nElbow surgery: Deferred\nThe cane is not medically necessary.\n"
    )
    assert services(nlp, text) == [("Cane", "upheld")]


@pytest.mark.parametrize("label", ["Decision", "Final decision", "Determination"])
def test_a_decision_below_the_reasons_ends_its_service(nlp: Language, label: str) -> None:
    wanted = [("Cane", "upheld"), ("Elbow brace", "overturned"), ("Sling", "upheld")]
    block = "{}\nMAXIMUS guideline: None.\nDecision rationale: The notes of two visits were read.\n{}: {}\n"
    text = "".join(block.format(name, label, str(decision).capitalize()) for name, decision in wanted)
    assert services(nlp, f"IMR ISSUES, DECISIONS AND RATIONALES\n{text}") == wanted


_REASONED = (
    "Final Determination Letter for IMR Case Number CM16-0076543\n[pages 1-4 are missing]\n\n"
    "4. Ankle brace, laced\n\nDecision rationale: The joint is loose. The brace is medically necessary.\n\n"
    "{heading}\n\nDecision rationale: Nothing is known of a fall. It is not medically necessary.\n"
)


def test_numbered_headings_directly_above_their_reasons_are_services(nlp: Language) -> None:
    found = nlp(_REASONED.format(heading="5. Shower chair"))._.letter.services
    assert [(one.text, one.decision) for one in found] == [
        ("Ankle brace, laced", "overturned"),
        ("Shower chair", "upheld"),
    ]


@pytest.mark.parametrize("heading", ["7. Shower chair", "Shower chair"])
def test_other_lines_above_reasons_are_none(nlp: Language, heading: str) -> None:
    found = nlp(_REASONED.format(heading=heading))._.letter.services
    assert [one.text for one in found] == ["Ankle brace, laced"]
    assert found[0].decision in (None, "overturned")
