"""Orders of a board or a judge below a determination, and sentences that introduce the one item that was reviewed."""

import pytest
from spacy.language import Language

_LETTER = (
    "Case Number: CM16-0012345\nIMR ISSUES, DECISIONS AND RATIONALES\n"
    "Shoulder arthroscopy: Upheld\nDecision rationale: No tear is seen. It is not medically necessary.\n"
    "Abduction sling: Overturned\nDecision rationale: The arm is weak. It is medically necessary.\n\n"
    "FINDINGS AND ORDER\n"
)


def _decisions(nlp: Language, text: str) -> str:
    return "".join((one.decision or "-")[0].upper() for one in nlp(text)._.letter.services)


@pytest.mark.parametrize(
    ("order", "decisions"),
    [
        ("It is ordered that the determination is rescinded as to the shoulder arthroscopy only.", "-O"),
        ("IT IS HEREBY ORDERED that the determination CM16-0012345 is reversed with respect to the sling.", "U-"),
        ("IT IS ORDERED that the determination of 3/4/2016 is vacated.", "--"),
        (
            "IT IS ORDERED that the decision is reversed. The matter goes to the Administrative Director for "
            "another review by somebody else.",
            "--",
        ),
        ("The arthroscopy is sent back to the administrative director for another review.", "-O"),
        ("The decision fell, and the sling is referred back to the division for a new review.", "U-"),
        # Mirror images: the order is on another review, of the insurer, a condition, or lets the determination stand.
        ("IT IS ORDERED that the determination CM12-0009999 is reversed as to the sling.", "UO"),
        ("IT IS ORDERED that the petition is denied and that the determination stands.", "UO"),
        ("IT IS ORDERED that the determination is not reversed.", "UO"),
        ("IT IS ORDERED that, if fraud is shown, the determination be reversed.", "UO"),
        ("The parties were told that a determination may be set aside by a judge.", "UO"),
        ("The file was returned to the administrative director after the review.", "UO"),
    ],
)
def test_a_later_order_takes_decisions_back(nlp: Language, order: str, decisions: str) -> None:
    assert _decisions(nlp, _LETTER + order + "\n") == decisions


def test_an_introduction_is_no_part_of_a_request(nlp: Language) -> None:
    text = (
        "IMR Case Number: CM16-0054321\nThe sling was approved by the claims administrator in May.\n\n"
        "Only one item was reviewed:\n\nShoulder arthroscopy: Upheld\n\nDecision rationale: No tear is seen.\n"
    )
    assert [(one.text, one.decision) for one in nlp(text)._.letter.services] == [("Shoulder arthroscopy", "upheld")]


def test_a_label_before_a_request_stays(nlp: Language) -> None:
    text = "IMR CM16-0054321\nAssociated surgical service:\nCold unit: Upheld\nDecision rationale: No need is shown.\n"
    (one,) = nlp(text)._.letter.services
    assert " ".join(one.text.split()).endswith("Cold unit")
    assert one.decision == "upheld"
