"""Headings with scraps of "not", glued headings, and lines inside the reasons that are another's decisions."""

from __future__ import annotations

import pytest
from spacy.language import Language

LINES = """CLINICAL CASE SUMMARY
The worker is a 38 year old woman with plantar fasciitis.
IMR ISSUES, DECISIONS AND RATIONALES
Night splint: Upheld
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: {reasons}
{middle}Walking boot: Overturned
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: She limps.
"""
LATE = """IMR DECISION(S) AND RATIONALE(S)
1. {first}
The Claims Administrator did not cite any guideline.
The Physician Reviewer's decision rationale: The heel is sore.
2. A walking boot is medically necessary and appropriate.
The Claims Administrator did not cite any guideline.
The Physician Reviewer's decision rationale: She limps.
"""


def services(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(one.text, one.decision) for one in nlp(text)._.letter.services]


@pytest.mark.parametrize(
    ("words", "decision"),
    [
        ("is n ot medically necessary and appropriate.", "upheld"),
        ("is no t medically necessary.", "upheld"),
        ("isn ot medically necessary and appropriate.", "upheld"),
        ("is n o t medically necessary and appropriate.", "upheld"),
        ("is nott medically necessary and appropriate.", "upheld"),
        ("is by no means medically necessary.", "upheld"),
        ("is zt medically necessary and appropriate.", None),
        ("is ne medically necessary.", None),
        ("is plainly medically necessary and appropriate.", "overturned"),
        ("is medically necessary and appropriate without delay.", "overturned"),
    ],
)
def test_a_broken_not_is_read_and_a_scrap_decides_nothing(nlp: Language, words: str, decision: str | None) -> None:
    found = services(nlp, LATE.format(first=f"A night splint {words}"))
    assert [one for _, one in found] == [decision, "overturned"]


@pytest.mark.parametrize(
    "reasons",
    [
        "The adjuster's letter sets out its answers.\nHeel lift: Denied\nIbuprofen 800mg #60: Approved\nShe rests.",
        "UR acted on four requests.\nHeel lift: Certified\nFoot bath: Non-certified\nNo note tells of a trial.",
        "The claims administrator summed up its earlier answers.\nHeel lift: Modified\nFoot bath: Upheld\nShe rests.",
        "Here is what became of the rest.\nHeel lift: Authorized\nShe rests.",
    ],
)
def test_lines_of_the_insurer_in_the_reasons_are_no_services(nlp: Language, reasons: str) -> None:
    wanted = [("Night splint", "upheld"), ("Walking boot", "overturned")]
    assert services(nlp, LINES.format(reasons=reasons, middle="")) == wanted


def test_lines_in_this_reviews_own_words_are_services(nlp: Language) -> None:
    middle = "Heel lift: Overturned\nFoot bath: Upheld\n"
    found = services(nlp, LINES.format(reasons="The claims administrator denied the splint. She rests.", middle=middle))
    assert found[1:3] == [("Heel lift", "overturned"), ("Foot bath", "upheld")]


def test_insurers_words_decide_where_a_letter_has_no_others(nlp: Language) -> None:
    text = LINES.format(reasons="She rests.\nHeel lift: Denied", middle="")
    text = text.replace("Upheld", "Denied").replace("Overturned", "Approved")
    assert ("Heel lift", "upheld") in services(nlp, text)


@pytest.mark.parametrize("heading", ["Claims Administrator guideline: None.", "MAXIMUS guideline: None."])
def test_a_heading_glued_to_a_limit_begins_a_line(nlp: Language, heading: str) -> None:
    middle = f"Foot bath, 12 visits: Modified to 6 visits only{heading}\nDecision rationale: Six will show.\n"
    assert ("Foot bath, 12 visits", "modified") in services(nlp, LINES.format(reasons="She rests.", middle=middle))


FINDINGS = (
    "Nature of Statutory Criteria/Case Summary: The patient has requested authorization and coverage for a pump. "
    "The Health Plan has denied this request. Findings: {findings} Final Result: The reviewer determined that "
    "the pump is medically necessary. Therefore, the Health Plan's denial should be overturned."
)


@pytest.mark.parametrize("label", ["Summary", "Background"])
def test_a_label_inside_the_findings_ends_nothing(nlp: Language, label: str) -> None:
    letter = nlp(FINDINGS.format(findings=f"Her sugar swings. {label}: three falls in a month."))._.letter
    assert len(letter.services[0].rationale) == 4
    assert letter.services[0].decision == "overturned"


@pytest.mark.parametrize(
    "introduction",
    [
        "The outcome for every item in dispute:\n",
        "The contested services, each in turn:\n",
        "The verdicts on the individual requests:\n",
        "The requested services were determined as listed here:\n",
        "Below are the two treatments in dispute and, for each, what the\nreviewer decided:\n",
        "The determinations of the reviewer are the following:\n",
        "Item by item, my decisions:\n",
        "What was disputed, the ruling, and the reasons:\n",
        "The disputed care was decided thus:\n",
    ],
)
def test_a_sentence_that_introduces_the_services_is_no_part_of_the_first(nlp: Language, introduction: str) -> None:
    text = LINES.format(reasons="She rests.", middle="").replace("Night splint", f"{introduction}Night splint", 1)
    assert services(nlp, text) == [("Night splint", "upheld"), ("Walking boot", "overturned")]
    late = LATE.format(first="A night splint is not medically necessary.").replace("1. A", f"{introduction}1. A", 1)
    assert services(nlp, late) == [("A night splint", "upheld"), ("A walking boot", "overturned")]


@pytest.mark.parametrize("begins", ["Associated surgical service:", "Salve, to be rubbed in as is written below:"])
def test_what_belongs_to_a_request_stays_with_it(nlp: Language, begins: str) -> None:
    text = LINES.format(reasons="She rests.", middle="").replace("Night splint", f"{begins}\nNight splint", 1)
    assert " ".join(services(nlp, text)[0][0].split()) == f"{begins} Night splint"


@pytest.mark.parametrize(
    "announced", ["Enclosure: earlier Independent Medical Review, CM14-0000012", "Attachment: CM12-0000034"]
)
def test_a_review_enclosed_below_the_last_service_is_not_this_one(nlp: Language, announced: str) -> None:
    text = LINES.format(reasons="She rests.", middle="").rstrip("\n")
    enclosed = f"{text}\n{announced}\nFoot bath: Upheld\nDecision rationale: The foot is well.\n"
    assert services(nlp, enclosed) == services(nlp, text)
