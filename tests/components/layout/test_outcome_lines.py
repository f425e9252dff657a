"""Items with their outcomes on a line below, also those that nobody decides, or with the outcome before them."""

import pytest
from spacy.language import Language

from support.scoring import pipeline


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


def _decisions(nlp: Language, text: str) -> str:
    """Return the first letters of the decisions, "-" for none."""
    return "".join((service.decision or "-")[0].upper() for service in nlp(text)._.letter.services)


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            "O--",
            "DETERMINATION LETTER\n"
            "CM16-5500299\n"
            "\n"
            "Item A. Heel cup, pair\n"
            "        Result: Overturned. He stands all day.\n"
            "\n"
            "Item B. Massage, 10 sessions\n"
            '        Result: Not eligible. UR\'s denial of 02/08/2016 ("denied, not medically necessary") '
            "was served by mail.\n"
            "\n"
            "Item C. Neck pillow\n"
            "        Result: Deferred. The employer contests the neck.\n",
        ),
        (
            "U-O",
            "Independent Medical Review\n"
            "Service (a): Heel cup\n"
            "Outcome: Upheld\n"
            "Service (b): Stair ramp\n"
            "Outcome: Withdrawn by the physician\n"
            "Service (c): Neck pillow\n"
            "Outcome: Overturned\n",
        ),
        (
            "UO",
            "Independent Medical Review\n"
            "Request No. 1 - Heel cup\n"
            "Ruling: Denial upheld.\n"
            "Request No. 2 - Neck pillow\n"
            "Ruling: Denial overturned.\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Item A. Heel cup\n"
            "UR result: Upheld on appeal\n"
            "Item B. Neck pillow\n"
            "UR result: Denied\n",
        ),
        (
            "-U",
            "Independent Medical Review\n"
            "Issue A: Heel cup\n"
            "Decision: pending, may be overturned\n"
            "Issue B: Neck pillow\n"
            "Decision: upheld\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Item A. Heel cup\n"
            "Result: Late. UR had upheld its denial.\n"
            "Item B. Neck pillow\n"
            "Result: Deferred until liability is settled; UR's denial was overturned by nobody.\n",
        ),
    ],
)
def test_lettered_items_with_other_endings(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            "U-O",
            "Case Number: CM17-7730099\n"
            "Three items were on the application.\n"
            "\n"
            "1) Nerve stimulation, 4 treatments\n"
            "   Denial: Upheld.\n"
            "   No trial was had. Not medically necessary.\n"
            "\n"
            "2) Home aide, 4 hours a day\n"
            '   The doctor withdrew this item before the file reached the reviewer. UR had found it "not '
            'medically necessary."\n'
            "\n"
            "3) Stair ramp\n"
            "   Denial: Overturned.\n"
            "   She lives alone.\n",
        ),
        (
            "O-U",
            "Independent Medical Review\n"
            "A. Heel cup\n"
            "   Our decision: denial overturned\n"
            "   She stands.\n"
            "B. Stair ramp\n"
            "   Our decision: none, since liability is contested\n"
            "C. Neck pillow\n"
            "   Our decision: denial upheld\n",
        ),
        (
            "",
            "Utilization review report, appeal\n"
            "Independent medical review may be asked for.\n"
            "1. Heel cup\n"
            "   Decision: Denied\n"
            "2. Neck pillow\n"
            "   Decision: Approved\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Earlier reviews:\n"
            "1. Heel cup\n"
            "   Decision: Upheld\n"
            "2. Neck pillow\n"
            "   Decision: Overturned\n",
        ),
        (
            "UO",
            "IMR, file CM17-7730099\n"
            "(1) Heel cup\n"
            "Reason: no trial.\n"
            "Disposition: UR denial upheld\n"
            "(2) Neck pillow\n"
            "Reason: the neck is sore.\n"
            "Disposition: UR denial overturned\n",
        ),
        (
            "--",
            "IMR, file CM17-7730099\n"
            "1. Heel cup\n"
            "UR decision: Upheld on reconsideration\n"
            "2. Neck pillow\n"
            "UR decision: Overturned in part on reconsideration\n",
        ),
        (
            "UO",
            "Independent Medical Review\n- Heel cup\n  Denial: upheld\n- Neck pillow\n  Denial: overturned\n",
        ),
        (
            "-O",
            "Independent Medical Review\n"
            "1. Heel cup\n"
            "   Denial: upheld or overturned\n"
            "2. Neck pillow\n"
            "   Denial: overturned\n",
        ),
    ],
)
def test_an_outcome_under_a_numbered_line(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            "OU",
            "RULINGS\n"
            "Case CM17-2201199, hand reviewer\n"
            "\n"
            "OVERTURN -- Heel cup, pair\n"
            '  UR rested on a passage that reads: "Cups are not recommended." He stands all day. It\'s '
            "medically necessary.\n"
            "\n"
            "UPHOLD -- Neck pillow\n"
            "  A pillow is not medically necessary.\n",
        ),
        (
            "UO",
            "Independent Medical Review\nUPHELD - Heel cup\nOVERTURNED - Neck pillow\n",
        ),
        (
            "UO",
            "Independent Medical Review\n[Upheld] - Heel cup\n[Overturned] - Neck pillow\n",
        ),
        (
            "UUO",
            "Independent Medical Review\nUpheld:\n- Heel cup\n- Stair ramp\nOverturned:\n- Neck pillow\n",
        ),
        (
            "OU",
            "Independent Medical Review\n"
            "Denial of the following is reversed:\n"
            "1. Heel cup\n"
            "The denial of the following items is affirmed:\n"
            "1. Neck pillow\n",
        ),
        (
            "",
            "Dear reviewer,\nOverturn: Heel cup\nUphold: nothing\n",
        ),
        (
            "",
            "Independent Medical Review\nUpheld by UR on appeal:\n- Heel cup\n- Neck pillow\n",
        ),
        (
            "",
            "Independent Medical Review\nDenied by the plan:\n- Heel cup\n- Neck pillow\nApproved: Sling\n",
        ),
        (
            "",
            "Independent Medical Review\nPast rulings:\nUpheld - Heel cup\nOverturned - Neck pillow\n",
        ),
        (
            "UO",
            "Independent Medical Review\n1. Affirmed: Heel cup\n2. Reversed: Neck pillow\n",
        ),
        (
            "",
            "Independent Medical Review\nOverturned in the past:\n- Heel cup\n",
        ),
    ],
)
def test_the_outcome_before_the_service(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")
