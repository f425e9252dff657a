"""Lists of outcomes of which one is ticked."""

import pytest

from imr_nlp.components.layout.definitions import load_layouts
from imr_nlp.components.layout.evidence import decide
from imr_nlp.components.layout.prose.findings import Findings
from imr_nlp.components.layout.statements.reader import load_statements
from imr_nlp.text.view import read_view

FINDINGS = Findings(load_statements())
TEXAS = next(layout for layout in load_layouts() if layout.id == "texas")


def outcome(box: str, reason: str = "Grip strength was equal.") -> str | None:
    text = (
        "DESCRIPTION OF THE SERVICE OR SERVICES IN DISPUTE: Left elbow ultrasound\n"
        "REVIEW OUTCOME:\nThe reviewer finds that the previous adverse determination should be:\n"
        f"{box}\nANALYSIS AND EXPLANATION OF THE DECISION: {reason}\n"
    )
    (found,) = FINDINGS.read(TEXAS, read_view(text), [])
    return decide(found.evidence).decision


@pytest.mark.parametrize(
    ("box", "decision"),
    [
        ("[X] Upheld (Agree)\n[ ] Overturned (Disagree)\n[ ] Partially Overturned", "upheld"),
        ("[ ] Upheld (Agree)\n[x] Overturned (Disagree)\n[ ] Partially Overturned", "overturned"),
        ("☐ Upheld ☐ Overturned ☒ Partially overturned (Agree in part/Disagree in part)", "modified"),
        ("__ Upheld (Agree) _X_ Overturned (Disagree)", "overturned"),
        ("Upheld [X] Overturned [ ]", "upheld"),
        ("Upheld (Agree) __X__ Overturned (Disagree) _____ Partially Overturned _____", "upheld"),
        ("Upheld X (Agree)\nOverturned (Disagree) __", "upheld"),
        ("X Upheld (Agree)\nOverturned (Disagree)\nPartially Overturned", "upheld"),
    ],
)
def test_the_ticked_outcome_decides(box: str, decision: str) -> None:
    assert outcome(box) == decision


@pytest.mark.parametrize(
    "box",
    [
        "Upheld (Agree)\nOverturned (Disagree)\nPartially Overturned",
        "[ ] Upheld (Agree)\n[ ] Overturned (Disagree)",
        "[X] Upheld [X] Overturned",
        "Upheld [X] Overturned",
    ],
)
def test_a_list_without_one_clear_tick_decides_nothing(box: str) -> None:
    assert outcome(box) is None
    assert outcome(box, "The left elbow ultrasound is medically necessary.") == "overturned"


def test_one_explained_outcome_alone_decides() -> None:
    assert outcome("Upheld (Agree)") == "upheld"
    assert outcome("[X] Overturned") == "overturned"
    assert outcome("[ ] Overturned (Disagree)") is None


PARTLY = "[ ] Upheld (Agree)\n[ ] Overturned (Disagree)\n[X] Partially Overturned (Agree in part / Disagree in part)"


def outcomes(services: str, box: str, reason: str = "He fell from a roof.") -> list[tuple[str, str | None]]:
    text = (
        f"DESCRIPTION OF THE SERVICE OR SERVICES IN DISPUTE\n{services}\n\n"
        f"REVIEW OUTCOME\nThe reviewer finds that the previous adverse determination should be:\n{box}\n\n"
        f"ANALYSIS AND EXPLANATION OF THE DECISION\n{reason}\n"
    )
    found = FINDINGS.read(TEXAS, read_view(text), [])
    return [(read_view(text).text[one.start : one.end], decide(one.evidence).decision) for one in found]


def test_a_box_for_a_part_decides_none_of_several_services() -> None:
    two = "Left elbow ultrasound\nCubital tunnel release"
    assert outcomes(two, PARTLY) == [("Left elbow ultrasound", None), ("Cubital tunnel release", None)]
    assert outcomes("Left elbow ultrasound", PARTLY) == [("Left elbow ultrasound", "modified")]
    reason = "The denial of the elbow ultrasound is upheld. The denial of the cubital tunnel release is overturned."
    assert [decision for _, decision in outcomes(two, PARTLY, reason)] == ["upheld", "overturned"]
    upheld = outcomes(two, "[X] Upheld (Agree)\n[ ] Overturned (Disagree)")
    assert [decision for _, decision in upheld] == ["upheld", "upheld"]


def test_a_line_that_goes_on_below_is_one_service() -> None:
    assert len(outcomes("Left elbow ultrasound and\nCubital tunnel release", PARTLY)) == 1
