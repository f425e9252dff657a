"""Tables with columns of more than one party's outcomes, with notes, and with codes of a legend."""

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
            "OUMU",
            "DETERMINATION SUMMARY     File CM15-7700399\n"
            "\n"
            " #  Item in dispute              UR outcome (08/14/2015)     IMR outcome (this review)\n"
            " -- ---------------------------- --------------------------- -------------------------\n"
            " 1  Heel cup                     Denied                      OVERTURNED\n"
            " 2  Baclofen 10 mg #90           Modified to #20             UPHELD\n"
            " 3  Massage, 12 visits           Denied                      MODIFIED - 6 visits\n"
            " 4  Stair ramp, purchase         30-day rental certified     UPHELD\n"
            "\n"
            "NOTES\n"
            "1  The heel is sore, and the guideline allows a cup after three weeks of rest. None of it "
            "was tried before.\n"
            "2  The twenty tablets already certified cover a taper.\n",
        ),
        (
            "UO",
            "Independent Medical Review, CM15-7700399\n"
            "What was requested      What UR decided      What the reviewer found\n"
            "Heel cup                denied               Denial upheld\n"
            "Neck pillow             denied               Overturned\n",
        ),
        (
            "UO",
            "Independent Medical Review, CM15-7700399\n"
            "Outcome (UR)     Outcome (IMR)     Service\n"
            "Denied           Upheld            Heel cup\n"
            "Certified        Overturned        Neck pillow\n",
        ),
        (
            "",
            "Independent Medical Review, CM15-7700399\n"
            "Service          Outcome (UR)      Date\n"
            "Heel cup         Upheld            3/4/15\n"
            "Neck pillow      Overturned        3/4/15\n",
        ),
        (
            "",
            "UTILIZATION REVIEW CM15-7700399\n"
            "Item               UR outcome\n"
            "Heel cup           Denied\n"
            "Neck pillow        Modified to one\n",
        ),
        (
            "OU",
            "CM15-7700399\n"
            "| Disputed service | Carrier's action | Our ruling |\n"
            "|------------------|------------------|------------|\n"
            "| Heel cup         | Denied           | Overturned |\n"
            "| Neck pillow      | Denied           | Upheld     |\n"
            "\n"
            "The reasons follow.\n",
        ),
        (
            "-U",
            "CM15-7700399\n"
            "Disputed service    Plan's decision     Reviewer's finding\n"
            "Heel cup            Upheld              See page 2\n"
            "Neck pillow         Overturned          Upheld\n"
            "\n"
            "Page 2 is lost.\n",
        ),
        (
            "",
            "CM15-7700399\n"
            "Service          Outcome (UR)      Outcome (appeal)\n"
            "Heel cup         Denied            Upheld\n"
            "Neck pillow      Denied            Overturned\n",
        ),
        (
            "MO",
            "CM15-7700399\n"
            "Service               Determination by the plan     Determination by this review\n"
            "Massage, 12 visits    Denied                        Modified to 4 visits\n"
            "Neck pillow           Denied                        Denial overturned\n"
            "\n"
            "1   Massage helps for a while, as each of the trials found in their tables of the outcomes "
            "at a year.\n",
        ),
    ],
)
def test_columns_of_two_parties(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            "UOMU",
            "IMR RESULT SHEET   case 2016-C-20993\n"
            "Legend:  U = denial upheld   O = denial overturned   M = denial modified in part\n"
            "\n"
            "Code  Disputed item                    Remark\n"
            "----  -------------------------------  ------------------------------\n"
            " U    Cream of baclofen 180 g          one part not recommended\n"
            " O    Naproxen 500 mg #60              acute flare\n"
            " M    Urine screens, 4 per year        1 screen granted\n"
            " U    Omeprazole 20 mg #60             no GI risk listed\n"
            "\n"
            "Signed by the reviewer.\n",
        ),
        (
            "UO-",
            "Independent Medical Review\n"
            "Service              IMR code\n"
            "Heel cup             1\n"
            "Neck pillow          2\n"
            "Stair ramp           3\n"
            "Key: 1 = upheld; 2 = overturned; 3 = withdrawn.\n",
        ),
        (
            "",
            "Independent Medical Review\n"
            "Legend: U = denial upheld   O = denial overturned\n"
            "Service              Pages\n"
            "Heel cup             U\n"
            "Neck pillow          O\n",
        ),
        (
            "UO",
            "Independent Medical Review\n"
            "Codes: UPH means denial upheld, OVT means denial overturned, W means withdrawn.\n"
            "Service              UR code    IMR code\n"
            "Heel cup             OVT        UPH\n"
            "Neck pillow          UPH        OVT\n",
        ),
        (
            "",
            "Independent Medical Review\n"
            "Service              UR code\n"
            "Heel cup             U\n"
            "Neck pillow          O\n"
            "U = upheld   O = overturned\n",
        ),
        (
            "",
            "Utilization report\nD = denied   A = approved\nCode    Service\nD       Heel cup\nA       Neck pillow\n",
        ),
        (
            "O-",
            "Independent Medical Review\n"
            "Legend: U = upheld   O = overturned   M = modified\n"
            "Code    Requested item\n"
            "O       Heel cup\n"
            "X       Neck pillow\n",
        ),
        (
            "",
            "Independent Medical Review\n"
            "Legend: U = upheld   U = overturned\n"
            "Code    Requested item\n"
            "U       Heel cup\n"
            "U       Neck pillow\n",
        ),
        (
            "OU",
            "Independent Medical Review\n"
            "O - denial overturned\n"
            "U - denial upheld\n"
            "\n"
            "Result code   Requested item\n"
            "(O)           Heel cup\n"
            "(U)           Neck pillow\n",
        ),
    ],
)
def test_codes_of_a_legend(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")
