"""Letters whose extraction lost the blanks of headings, or the headings and colons: names and decisions remain."""

import re
from collections.abc import Callable

import pytest
from spacy.language import Language

_HEADINGS = (
    "CLINICAL CASE SUMMARY",
    "IMR ISSUES, DECISIONS AND RATIONALES",
    "Claims Administrator guideline:",
    "MAXIMUS guideline:",
    "Decision rationale:",
)
_LETTER = """CLINICAL CASE SUMMARY
The patient is a 42 year-old male with a sore elbow.
IMR ISSUES, DECISIONS AND RATIONALES
Copper sleeve: Overturned
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: The sleeve is needed.
Foot plate: Upheld
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: No study supports a plate.
"""
_LONE = """CM16-0077000
The file was read by a reviewer who has no ties to the parties.

A 42 year-old male has a sore elbow.

Copper sleeve, left
Overturned
Claims administrator relied on ODG
The sleeve has helped him.

Foot plate, 30 days
Upheld
Claims administrator relied on ODG
No study supports a plate.
"""


def _read(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(one.text, one.decision) for one in nlp(text)._.letter.services]


def _glued(heading: str) -> str:
    return heading.replace(" ", "")


def _spaced(heading: str) -> str:
    return " ".join(_glued(heading))


@pytest.mark.parametrize("damage", [_glued, _spaced])
def test_headings_without_their_blanks(nlp: Language, damage: Callable[[str], str]) -> None:
    text = _LETTER
    for heading in _HEADINGS:
        text = text.replace(heading, damage(heading))
    letter = nlp(text)._.letter
    assert letter.source.layout == "determination"
    assert [(one.text, one.decision) for one in letter.services] == [
        ("Copper sleeve", "overturned"),
        ("Foot plate", "upheld"),
    ]
    assert [len(one.rationale) for one in letter.services] == [1, 1]


def test_a_letter_without_any_blank(nlp: Language) -> None:
    assert _read(nlp, _LETTER.replace(" ", "")) == [("Coppersleeve", "overturned"), ("Footplate", "upheld")]


def test_a_glued_heading_of_another_document_is_no_letter(nlp: Language) -> None:
    text = "UtilizationReviewDetermination\nOurphysiciandecided:\nCopper sleeve: Denied\nTheplanfoundnoneed."
    assert [decision for _, decision in _read(nlp, text) if decision] == []


@pytest.mark.parametrize("lines", [_LONE, re.sub("\n\n", "\n", _LONE), _LONE.upper()])
def test_a_decision_alone_below_a_name(nlp: Language, lines: str) -> None:
    found = [(name.lower(), decision) for name, decision in _read(nlp, lines)]
    assert found == [("copper sleeve, left", "overturned"), ("foot plate, 30 days", "upheld")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"(Copper sleeve, left|Foot plate, 30 days)\n(Upheld|Overturned)", r"\2\n\1"),  # the decision stands above
        (r"\n(Upheld|Overturned)\n", r"\nDenied\n"),  # an insurer's word
        ("CM16-0077000", "Review"),  # nothing says that it is this review
        ("A 42 year-old", "Prior review CM14-0077000:\nCane\nUpheld\n\nA 42 year-old"),
        ("\n\nCopper", "\n\nUtilization review decided:\nCopper"),
        ("Upheld", "Upheld\nOverturned"),
    ],
)
def test_a_decision_alone_that_may_be_anothers(nlp: Language, old: str, new: str) -> None:
    assert [decision for _, decision in _read(nlp, re.sub(old, new, _LONE)) if decision] == []


def test_reasons_below_that_conclude_the_contrary(nlp: Language) -> None:
    text = _LONE.replace("No study supports a plate.", "The denial of the plate is overturned.")
    assert dict(_read(nlp, text)).get("Foot plate, 30 days") is None


@pytest.mark.parametrize(
    "concluded",
    [
        "As such, the request is not medically necessary.",
        "Since the operation is not medically necessary, the requested sling is not medically necessary.",
    ],
)
def test_a_conclusion_above_a_lost_heading_names_no_service(nlp: Language, concluded: str) -> None:
    text = _LETTER.replace("The sleeve is needed.\nFoot plate: Upheld", f"The elbow is stiff.\n{concluded}")
    found = _read(nlp, text)
    assert [name for name, _ in found] == ["Copper sleeve"]


def test_a_decision_below_a_lost_name_decides_nothing(nlp: Language) -> None:
    text = _LETTER.replace("Foot plate: Upheld", "Upheld").replace("a plate.", "it. The request is not necessary.")
    assert [decision for _, decision in _read(nlp, text)] == ["overturned", None]


@pytest.mark.parametrize("between", ["", "\n", "Page 2 of 3\n"])
def test_a_heading_that_is_printed_twice_is_one_service(nlp: Language, between: str) -> None:
    text = _LETTER.replace("Foot plate: Upheld\n", f"Foot plate: Upheld\n{between}Foot plate: Upheld\n")
    assert _read(nlp, text) == [("Copper sleeve", "overturned"), ("Foot plate", "upheld")]


def test_a_heading_that_is_printed_twice_with_two_decisions(nlp: Language) -> None:
    text = _LETTER.replace("Foot plate: Upheld\n", "Foot plate: Upheld\nFoot plate: Overturned\n")
    assert [decision for _, decision in _read(nlp, text)] == ["overturned", None, None]


def test_a_sentence_of_a_guideline_is_no_service(nlp: Language) -> None:
    said = "MTUS Guidelines support massage when there are spasms that last, and so it is medically necessary."
    text = (
        _LETTER.replace("Copper sleeve: Overturned\n", "")
        .replace("Foot plate: Upheld\n", "")
        .replace("The sleeve is needed.", said)
    )
    assert not [name for name, _ in _read(nlp, text) if "Guidelines support" in name]


@pytest.mark.parametrize(
    ("heading", "slip"),
    [
        ("Claims Administrator guideline:", "Claims Adminstrator guideline:"),
        ("Claims Administrator guideline:", "Clamis Administrator guideline:"),
        ("MAXIMUS guideline:", "MAXIMUS guidelline:"),
        ("Decision rationale:", "Decision ratoinale:"),
        ("Decision rationale:", "Decision rationele:"),
    ],
)
def test_a_slip_in_a_heading(nlp: Language, heading: str, slip: str) -> None:
    letter = nlp(_LETTER.replace(heading, slip))._.letter
    assert [(one.text, one.decision) for one in letter.services] == [
        ("Copper sleeve", "overturned"),
        ("Foot plate", "upheld"),
    ]
    assert [len(one.rationale) for one in letter.services] == [1, 1]


def test_two_slips_are_no_heading(nlp: Language) -> None:
    text = _LETTER.replace("Decision rationale: No", "Decsion ratonale: No")
    assert [len(one.rationale) for one in nlp(text)._.letter.services] == [1, 0]


def test_a_group_title_that_lost_its_line_decides_nothing_above(nlp: Language) -> None:
    text = (
        "INDEPENDENT MEDICAL REVIEW\nCase Number: CM16-0012345\n\n"
        "DENIALS THE PHYSICIAN HAS OVERTURNED\n- Copper sleeve\n"
        "- Elbow strap{}DENIALS THE PHYSICIAN HAS UPHELD\n- Foot plate\n- Neck pillow\n"
    )
    assert [decision for _, decision in _read(nlp, text.format("\n"))] == [
        "overturned",
        "overturned",
        "upheld",
        "upheld",
    ]
    assert dict(_read(nlp, text.format("  "))).get("Foot plate") is None


def test_an_introduction_that_lost_its_line_is_no_part_of_the_name(nlp: Language) -> None:
    said = "The disputed items/services were decided as is set forth below: "
    text = _LETTER.replace("Copper sleeve:", f"{said}Copper sleeve:")
    assert _read(nlp, text) == [("Copper sleeve", "overturned"), ("Foot plate", "upheld")]


def test_rows_that_are_copied_twice(nlp: Language) -> None:
    row = "| {} | Denied | {} |\n"
    rows = row.format("Copper sleeve", "Upheld") + row.format("Foot plate", "Overturned") * 2
    text = f"INDEPENDENT MEDICAL REVIEW\nCase Number: CM16-0012345\n\n| Service | UR decision | IMR decision |\n{rows}"
    assert _read(nlp, text) == [("Copper sleeve", "upheld"), ("Foot plate", "overturned")]
