"""Tables of crosses, tables whose rows are numbered by "Item", and lists under a title that decides."""

import pytest
from spacy.language import Language

from support.scoring import pipeline

_TOP = "Independent Medical Review, CM15-3300500\n\n"


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
            "OMU",
            "Line   Requested service        Our decision        UR\n"
            "1      Heel wedge               Overturned          Denied\n"
            "2      Massage, 8 visits        Modified: 3 visits  Denied\n"
            "3      Neck collar              Upheld              Denied\n",
        ),
        (
            "UO",
            "| Item | Description of service | IMR decision | UR decision |\n"
            "|------|------------------------|--------------|-------------|\n"
            "| A | Heel wedge | Upheld | Denied |\n"
            "| B | Neck collar | Overturned | Denied |\n",
        ),
        (
            "UO",
            "Issue\tTreatment requested\tReviewer\n(1)\tHeel wedge\tUpheld\n(2)\tNeck collar\tOverturned\n",
        ),
        (
            "OU",
            "Item   Requested service        UR                 Our decision\n"
            "1      Heel wedge               Upheld on appeal   Overturned\n"
            "2      Neck collar              Denied             Upheld\n",
        ),
        (
            "OUM",
            "Service              Overturned   Upheld   Modified\n"
            "Heel wedge               X\n"
            "Neck collar                         X\n"
            "Massage, 8 visits                             X\n",
        ),
        (
            "UO",
            "| Item | Upheld | Overturned |\n|---|---|---|\n| Heel wedge | x |  |\n| Neck collar |  | x |\n",
        ),
        (
            "UO",
            "| Treatment | Denial upheld | Denial overturned |\n"
            "| Heel wedge | [X] | [ ] |\n"
            "| Neck collar | [ ] | [X] |\n",
        ),
        (
            "-O-",
            "| Treatment | Upheld | Overturned |\n"
            "| Heel wedge | X | X |\n"
            "| Neck collar |  | X |\n"
            "| Massage, 8 visits |  |  |\n",
        ),
        (
            "OU",
            "| No. | Treatment | Upheld | Overturned |\n"
            "| 1 | Heel wedge |  | ✓ |\n"
            "| 2 | Neck collar | ✓ |  |\n"
            "\n"
            "Reasons\n"
            "1. It helps. 2. It does not help.\n",
        ),
        (
            "OUM",
            "Denials overturned\n"
            "- Heel wedge\n"
            "\n"
            "Denials upheld\n"
            "- Neck collar\n"
            "\n"
            "Denials modified\n"
            "- Massage, 8 visits (3 allowed)\n",
        ),
        (
            "UO",
            "THE REFUSALS THIS REVIEW HAS UPHELD\n"
            "1. Heel wedge\n"
            "THE REFUSALS THIS REVIEW HAS OVERTURNED\n"
            "2. Neck collar\n",
        ),
        (
            "UO",
            "SERVICES FOR WHICH THE DENIAL IS UPHELD\n"
            "* Heel wedge\n"
            "SERVICES FOR WHICH THE DENIAL IS OVERTURNED\n"
            "* Neck collar\n",
        ),
        (
            "UO",
            "UPHELD\n* Heel wedge\nOVERTURNED\n* Neck collar\n",
        ),
    ],
)
def test_what_decides(nlp: Language, wanted: str, text: str) -> None:
    assert _decisions(nlp, _TOP + text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        (
            "Item                Treatment requested       IMR finding\n"
            "Foot                Heel wedge                Upheld\n"
            "Neck                Neck collar               Overturned\n"
        ),
        (
            "What the claims administrator asks for:\n"
            "| Treatment | Upheld | Overturned |\n"
            "| Heel wedge | X |  |\n"
            "| Neck collar |  | X |\n"
        ),
        (
            "X = not applicable, V = applies\n"
            "| Treatment | Upheld | Overturned |\n"
            "| Heel wedge | X |  |\n"
            "| Neck collar |  | X |\n"
        ),
        ("| Treatment | Approved | Denied |\n| Heel wedge | X |  |\n| Neck collar |  | X |\n"),
        ("| Year | Upheld | Overturned |\n| 2014 | 1200 | 140 |\n| 2015 | 1300 | 150 |\n"),
        (
            "Treatment            UR: Upheld on appeal    IMR: Overturned\n"
            "Heel wedge               X\n"
            "Neck collar                                  X\n"
        ),
        ("DENIALS THE PLAN HAS UPHELD\n- Heel wedge\nDENIALS THE PLAN HAS OVERTURNED\n- Neck collar\n"),
        ("Outcome of the insurer's internal appeal\nUPHELD\n- Heel wedge\nOVERTURNED\n- Neck collar\n"),
        ("Results of an earlier review:\nOVERTURNED\n- Neck collar\n\nDENIALS THE REVIEWER HAS UPHELD\n- Heel wedge\n"),
    ],
)
def test_what_decides_nothing(nlp: Language, text: str) -> None:
    assert not _decisions(nlp, _TOP + text).strip("-")
