"""Letters in prose: which words name the disputed service, and which only stand for it."""

from __future__ import annotations

import pytest
from spacy.language import Language

Services = list[tuple[str, str | None]]


def given(nlp: Language, text: str) -> Services:
    return [(one.text, one.decision) for one in nlp(text)._.letter.services]


@pytest.mark.parametrize(
    "text",
    [
        "External review\nA repeat request must show new findings.\nDecision: the denial is upheld.",
        "External review\nThe reviewers determined that the proposed device is medically necessary.",
        "External review\nThe visits that the plan approved are medically necessary. The denial is overturned.",
        "INDEPENDENT MEDICAL REVIEW\nRationale: A one month supply for tapering is medically necessary.",
        "IMR\nIn another case a reviewer considered an earlier vest\nand the result there was: Overturned.",
        "INDEPENDENT MEDICAL REVIEW\nRationale: The first six visits are medically necessary.",
        "External review\nThe plan's refusal of the services in Annex 2 is upheld.",
        "External review\nThe adverse determination of March 3 is reversed.",
        "External review\nThe plan refused ten days later: nobody knew. Her surgeon asks that the denial be reversed.",
        "External review\nThe member asked for review of both on May 2. The denial of it should be upheld.",
        "IMR\nRationale: The splint for the wrist asked for is medically necessary.",
        'External review\nThe (new) lens (the "Lens") was refused. The denial of the Lens is overturned.',
    ],
)
def test_words_that_name_nothing_are_no_service(nlp: Language, text: str) -> None:
    assert given(nlp, text) == []


@pytest.mark.parametrize(
    ("text", "services"),
    [
        (
            "External review\nThe reviewers determined that the proposed finger splint is medically necessary. "
            "The denial is overturned.",
            [("finger splint", "overturned")],
        ),
        (
            "External review\nThe reviewers found that the asthma care plan visits are medically necessary.",
            [("asthma care plan visits", "overturned")],
        ),
        (
            "External review\nThe enrollee has requested surgery. The plan denied it. "
            "The reviewer found that the surgery is medically necessary.",
            [("surgery", "overturned")],
        ),
        (
            "External review\nThe physicians found that the requested procedure is not medically necessary. "
            "We uphold the denial of the sacroiliac joint fusion.",
            [("sacroiliac joint fusion", "upheld")],
        ),
        (
            "External review\nThe petitioner sought external review of a denial of coverage for a wrist splint and a "
            "neck pillow. The director adopts the recommendation. The determination is reversed as to the wrist "
            "splint. The determination is upheld as to the neck pillow.",
            [("wrist splint", "overturned"), ("neck pillow", "upheld")],
        ),
        (
            'External review\nThe plan by letters of May 2 and 9 declined to cover (i) a lens (the "Lens") and '
            '(ii) lifting of the left brow (the "Lift"). The denial of the Lens is overturned. '
            "The denial of the Lift is upheld.",
            [('lens (the "Lens")', "overturned"), ('lifting of the left brow (the "Lift")', "upheld")],
        ),
        (
            "External review of the plan's determination of May 2, 2016, which refused a test of the whole genome as "
            "experimental.\nThe final internal adverse benefit determination is correct.",
            [("test of the whole genome", "upheld")],
        ),
        # What one denial is of is decided by an act that names it, and "in part" may be said of something else.
        (
            "External review\nThe denial is reversed in part. The denial of the wrist splint is affirmed.",
            [("wrist splint", None)],
        ),
        ("External review\nThe denial of the wrist splint is affirmed.", [("wrist splint", "upheld")]),
    ],
)
def test_words_that_name_a_service_stay(nlp: Language, text: str, services: Services) -> None:
    assert given(nlp, text) == services


def test_a_line_with_a_decision_names_services_better_than_conclusions(nlp: Language) -> None:
    text = (
        "INDEPENDENT MEDICAL REVIEW\nFinal determination\n\nHospital bed, semi-electric: Upheld\n"
        "Trapeze bar: Overturned\n\n"
        "Rationale: The bed is not medically necessary. The bar is medically necessary."
    )
    assert given(nlp, text) == [("Hospital bed, semi-electric", "upheld"), ("Trapeze bar", "overturned")]


LIFT = "Patient lift, rental"


@pytest.mark.parametrize(
    ("text", "services"),
    [
        (f"IMR\nDisputed: {LIFT}\nReviewer's determination: OVERTURNED.", [(LIFT, "overturned")]),
        (
            f"IMR\nDisputed service: {LIFT}\nDisputed service: Air mattress\nNothing supports them.\n"
            "Decision: both denials are upheld.",
            [(LIFT, "upheld"), ("Air mattress", "upheld")],
        ),
        (
            f"IMR\nDisputed service: {LIFT}\nDisputed service: Air mattress\nThe lift is medically necessary. "
            "The air mattress is not medically necessary.",
            [(LIFT, "overturned"), ("Air mattress", "upheld")],
        ),
        (
            "IMR\nItem in dispute: Pool therapy, 16 sessions (UR certified four on 01/15/2016)\n"
            "Determination: MODIFIED. Ten sessions are medically necessary.",
            [("Pool therapy, 16 sessions", "modified")],
        ),
        (
            "Outcome of an independent medical review\nWhat was asked for: hand therapy, 12 visits.\n"
            "What UR did: certified 6 visits.\nWhat is before this review: 6 more visits of hand therapy.\n"
            "Outcome. The six visits that UR withheld are not medically necessary. "
            "The UR decision is upheld as to them.",
            [("6 more visits of hand therapy", "upheld")],
        ),
        (
            "External appeal\nDiagnosis: Gout.\nTreatments: Febuxostat 40 mg; a uric acid test; "
            "6 visits to a dietitian.\n"
            "The insurer denied all three. The denial of the febuxostat is upheld. The denial of the uric acid test is "
            "overturned. The denial of the visits to a dietitian is overturned for two of the six visits.",
            [("Febuxostat 40 mg", "upheld"), ("uric acid test", "overturned"), ("6 visits to a dietitian", "modified")],
        ),
        (
            "REFERENCE ID: MN19-0000101\nREPORT YEAR: 2019 | TREATMENT CATEGORY: Air mattress, rental\n"
            "DETERMINATION: Overturned Decision of Health Plan\nFINDINGS: The reviewer found that her skin breaks.",
            [("Air mattress, rental", "overturned")],
        ),
        ("External review\nNot in dispute: a night splint\nDisputed: a heel lift\nThe denial is overturned.",
         [("heel lift", "overturned")]),
        (
            "IMR\nContested item: Disc biopsy\nIf there were fever, the denial would be overturned. There is none.\n"
            "Decision: the denial is upheld. A new request can be sent at any time.",
            [("Disc biopsy", "upheld")],
        ),
    ],
)  # fmt: skip
def test_a_label_names_what_is_disputed(nlp: Language, text: str, services: Services) -> None:
    assert given(nlp, text) == services


@pytest.mark.parametrize(
    "text",
    [
        "If the film shows a gap, the denial could be overturned. So far there is no film.",
        'The surgeon reads the film as "loose screws; revision is medically necessary."\nThe file is with a reviewer.',
        "UR found that it was not medically necessary. The application was withdrawn on May 3.",
        "Most denials are upheld.",
    ],
)
def test_a_label_does_not_make_others_words_a_decision(nlp: Language, text: str) -> None:
    assert given(nlp, f"External review\nDisputed: Revision of the wrist fusion\n{text}") == [
        ("Revision of the wrist fusion", None)
    ]


@pytest.mark.parametrize(
    ("text", "services"),
    [
        (
            "You asked us to look again at the plan's refusal of the hip resurfacing with a metal cup.\n"
            "The reviewers determined that the requested operation is not medically necessary. "
            "The plan's denial should be, and hereby is, upheld.",
            [("hip resurfacing with a metal cup", "upheld")],
        ),
        (
            "Your health plan turned down an insulin pump on May 4.\n"
            "The reviewer finds that the requested device is medically necessary. We overturn the denial.",
            [("insulin pump", "overturned")],
        ),
        (
            "You wrote that your insurer was wrong when it said no to gel injections. You added: "
            '"My doctor says they are medically necessary."\n'
            "The reviewer agrees with your insurer. The denial stays in place.",
            [("gel injections", "upheld")],
        ),
        (
            "Matter: zolpidem 10 mg, thirty tablets, refused in full by the claims administrator.\n"
            "It is the opinion of the reviewer that ten tablets are medically necessary, and that the remaining twenty "
            "are not. The denial is accordingly modified.",
            [("zolpidem 10 mg, thirty tablets", "modified")],
        ),
        (
            "The carrier refused a hip resurfacing and a raised toilet seat.\n"
            "The reviewers determined that both are medically necessary. The denial is overturned.",
            [("hip resurfacing", "overturned"), ("raised toilet seat", "overturned")],
        ),
        (
            "The carrier refused a hip resurfacing and a raised toilet seat.\n"
            "The reviewers determined that the requested operation is medically necessary.",
            [("hip resurfacing", None), ("raised toilet seat", None)],
        ),
        (
            "Her refusal of a blood test was noted. The reviewers determined that the requested drug is necessary.\n"
            "The denial is overturned.",
            [],
        ),
        ("Matter: Jane Doe v. Acme Insurance\nThe reviewer finds that the drug is not medically necessary.", []),
        ("UR refused both items in full.\nA trial of six visits is medically necessary.", []),
    ],
)
def test_words_that_stand_for_a_service_lead_to_its_name(nlp: Language, text: str, services: Services) -> None:
    assert given(nlp, f"Letter of a review organization\n{text}") == services


def test_what_a_patient_is_quoted_with_makes_no_plea_of_a_letter(nlp: Language) -> None:
    told = '"I beg you, my doctor asked for it and my request was right." The reviewer agrees with your insurer.'
    letter = nlp(f"Dear Mr. Low,\nYour insurer denied a tongue splint. You wrote: {told}")._.letter
    assert letter.source.layout != "other-document"
    own = nlp(
        "Dear Sirs,\nmy insurer denied a tongue splint. My doctor asked for it and my request was right."
    )._.letter
    assert own.source.layout == "other-document"


@pytest.mark.parametrize(
    ("text", "services"),
    [
        (
            "UR refused both items in full.\nISSUES AND DECISIONS\nCupping 2 x 5, neck: Modified\n"
            "Basis of the reviewer: MTUS.\n"
            "Rationale: A first course of five is medically necessary and the second five is not.\n"
            "Tapentadol 50 mg #90: Modified\nRationale: A supply of 40 tablets for weaning is medically necessary.",
            [("Cupping 2 x 5, neck", "modified"), ("Tapentadol 50 mg #90", "modified")],
        ),
        ("Decisions\nCupping: Modified\nHeel cup: Upheld", [("Cupping", "modified"), ("Heel cup", "upheld")]),
        ("UR decided on May 3 as follows:\nCupping: Modified\nHeel cup: Denied\nThe file is with the reviewer.", []),
        ("Decisions\nThe carrier had decided:\nCupping: Modified\nThe reviewer has the file.", []),
        ("History of decisions\nCupping: Modified\nThe reviewer has the file.", []),
    ],
)
def test_a_line_grants_in_part_below_a_heading_of_decisions(nlp: Language, text: str, services: Services) -> None:
    assert given(nlp, f"Independent medical review\n{text}") == services


PANEL = (
    "IMR PANEL REPORT\nDisputed treatment: radiosurgery of the liver\n\n"
    "The file was put before three reviewers, each alone.\n\n"
)


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        (
            "Reviewer One. The treatment is not medically necessary and I would uphold the plan.\n\n"
            "Reviewer Two. The request is not medically necessary.\n\n"
            "Reviewer Three (dissenting). I disagree. Radiosurgery is medically necessary, and the denial should be "
            "overturned.\n\nOutcome of the panel: by two votes to one, the plan's denial is UPHELD.",
            "upheld",
        ),
        (
            "Reviewer One. The treatment is medically necessary.\n\n"
            "Reviewer Two (dissenting). I would uphold the denial.\n\n"
            "Reviewer Three. The request is medically necessary.\n\n"
            "Outcome of the panel: the denial is overturned by a majority of two to one.",
            "overturned",
        ),
        (
            "Reviewer One. The treatment is medically necessary.\n\n"
            "Reviewer Two (dissenting). I disagree.\nThe denial should be upheld.",
            None,
        ),
        ("The file was read by Reviewer 1. It was then read by Reviewer 2. The denial is overturned.", "overturned"),
    ],
)
def test_members_of_a_panel_decide_together(nlp: Language, text: str, decision: str | None) -> None:
    assert given(nlp, PANEL + text) == [("radiosurgery of the liver", decision)]
