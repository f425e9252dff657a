"""Lists of outcomes of which one is ticked."""

import pytest

from imr_nlp.components.layout.definitions import load_layouts
from imr_nlp.components.layout.evidence import decide
from imr_nlp.components.layout.findings import Findings
from imr_nlp.components.layout.statements import load_statements
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
