"""Services under numbered headings that prose decides on, appeals by number, and items by a letter in brackets."""

import pytest
from spacy.language import Language

from support.scoring import pipeline

_APPEALS = "Final external review decision, file EX/22\n\n"
_ITEMS = "INDEPENDENT MEDICAL REVIEW\nCase Number: CM20-0098765\n\n"
_BRACKETS = _ITEMS + "Services under review\n(a) Heel cup\n(b) Stair ramp\n(c) Neck pillow\n\n"


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
            "OU",
            _APPEALS + "Appeal 1: Heel cup\n"
            "She limps, and the cup helps.\n"
            "The appeal is granted.\n"
            "\n"
            "Appeal 2: Stair ramp\n"
            "The house has no stairs.\n"
            "The appeal is denied.\n",
        ),
        (
            "UO",
            _ITEMS + "Issue 1: Heel cup\n"
            "The cup is a comfort item. The denial is upheld.\n"
            "\n"
            "Issue 2: Stair ramp\n"
            "She cannot climb. The denial is reversed.\n",
        ),
        (
            "U-",
            _ITEMS + "Item 1: Heel cup\n"
            "The cup is a comfort item. The denial is upheld.\n"
            "\n"
            "Item 2: Stair ramp\n"
            "She cannot climb.\n",
        ),
        (
            "-O",
            _ITEMS + "Request 1 - Heel cup\n"
            "The plan says that the denial should be upheld.\n"
            "Request 2 - Stair ramp\n"
            "The denial is overturned.\n",
        ),
        (
            "OUU",
            _BRACKETS + "Conclusions\n"
            "As to (b): not medically necessary. Denial upheld.\n"
            "As to (c): the denial is upheld.\n"
            "As to (a): the denial is overturned.\n",
        ),
        (
            "OU-",
            _BRACKETS
            + "As to (a), it helps and the denial is overturned. As to (b), it is unsafe and the denial is upheld.\n",
        ),
        (
            "--O",
            _BRACKETS + "Regarding (c): she sleeps badly. Denial overturned.\n",
        ),
        (
            "UUO",
            _BRACKETS + "The denial of (a) and (b) is upheld. The denial of (c) is overturned.\n",
        ),
        (
            "UO",
            _ITEMS + "Line 1. Sling - certified by UR. Not in dispute.\n"
            "Line 2. Heel cup - denied by UR. IMR decision: UPHELD. She walks well.\n"
            "Line 3. Stair ramp - denied by UR. IMR decision: OVERTURNED. She cannot climb.\n",
        ),
        (
            "MU",
            _ITEMS + "1) Massage, 8 visits, modified by UR. Our decision: Modified to 4 visits. It helped.\n"
            "2) Ibuprofen 7.5 mg (denied on 5/2). Our decision: denial upheld.\n",
        ),
        (
            "O",
            _ITEMS + "Item 1: Sling. Certified by the plan.\n"
            "Item 2: Heel cup. The reviewer's determination: overturned.\n",
        ),
    ],
)
def test_what_decides(nlp: Language, wanted: str, text: str) -> None:
    assert _decisions(nlp, text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        (
            _APPEALS + "Appeal 1: Heel cup\n"
            "The appeal was denied by the plan's committee in May.\n"
            "Appeal 2: Stair ramp\n"
            "The appeal was granted in part at the second level.\n"
        ),
        (
            "Letter of the health plan on your internal appeal\n\n"
            "Appeal 1: Heel cup\n"
            "The appeal is denied.\n"
            "Appeal 2: Stair ramp\n"
            "The appeal is granted.\n"
        ),
        (
            _APPEALS + "Appeal 1: Heel cup\n"
            "If the appeal is granted, a cup will be sent.\n"
            "Appeal 2: Stair ramp\n"
            "The member asks that the appeal be granted.\n"
        ),
        (
            _APPEALS + "Appeal 1: Heel cup\n"
            "The appeal is granted. The appeal is denied.\n"
            "Appeal 2: Stair ramp\n"
            "Nothing was sent.\n"
        ),
        (
            _ITEMS + "Item 1: Heel cup\n"
            "In 2014 the denial was upheld.\n"
            "\n"
            "Item 2: Stair ramp\n"
            "The surgeon asks us to overturn the denial.\n"
        ),
        (_BRACKETS + "The plan's letter says: as to (a), denial upheld. As to (b), denial overturned.\n"),
        (_BRACKETS + "As to (e): Denial upheld.\n"),
        (_BRACKETS + "As to (a): if an X-ray is sent, the denial is overturned.\n"),
        (_BRACKETS + "As to (a), the prior reviewer wrote that the denial is upheld.\n"),
        (_BRACKETS + "The surgeon wrote on (a): the denial must be overturned.\n"),
        (_BRACKETS + "As to (a): unless it was lost, the denial is upheld.\n"),
        (_BRACKETS + "Item 1: once the X-ray is sent, the denial is overturned.\n"),
        (_BRACKETS + "Item 1: should an X-ray be sent, the denial is overturned.\n"),
        (
            _ITEMS + "Item 1: Heel cup\n[ ] The denial is upheld [ ] The denial is overturned\n"
            "Item 2: Stair ramp\n[ ] The denial is upheld [ ] The denial is overturned\n"
        ),
        (
            _ITEMS + "1. Heel cup - denied by UR. IMR decision: pending.\n"
            "2. Stair ramp - denied by UR. IMR decision: upheld or overturned next week.\n"
        ),
        (_ITEMS + "1. Heel cup. Earlier IMR decision: UPHELD.\n2. Stair ramp. Prior IMR decision: OVERTURNED.\n"),
        (
            _ITEMS + "Results of an earlier review:\n"
            "1. Heel cup - denied by UR. IMR decision: UPHELD.\n"
            "2. Stair ramp - denied by UR. IMR decision: UPHELD.\n"
        ),
        (
            _ITEMS + "1. Heel cup - denied by UR. Plan's decision: UPHELD.\n"
            "2. Stair ramp - denied by UR. UR decision: UPHELD.\n"
        ),
        (
            _ITEMS + "1. Heel cup - denied by UR. IMR decision: UPHELD by stipulation.\n"
            "2. Stair ramp - denied by UR. IMR decision: overturned if an X-ray is sent.\n"
        ),
        (
            _ITEMS + "Issue 1: Heel cup\n"
            "Either: the denial is upheld.\n"
            "Issue 2: Stair ramp\n"
            "Example: the denial is upheld.\n"
        ),
    ],
)
def test_what_decides_nothing(nlp: Language, text: str) -> None:
    assert not _decisions(nlp, text).strip("-")
