"""Items of a list that sentences, passages or "all of them" decide by number, or sentences by name."""

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
            "UOU",
            "Independent Medical Review\n"
            "Services at issue:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow, memory foam\n"
            "\n"
            "He fell in May. His doctor says all three items are medically necessary.\n"
            "\n"
            "Findings. With respect to item 1, no need is seen, and the denial is upheld. For item 2, "
            "the ramp is medically necessary and the denial is overturned. Item 3 was asked for only for "
            "sleep; both of the sleep studies are normal and the denial is therefore upheld.\n",
        ),
        (
            "UOU",
            "Independent Medical Review\n"
            "The following were declined and are in dispute:\n"
            "A. Heel cup\n"
            "B. Stair ramp\n"
            "C. Neck pillow\n"
            "\n"
            "Analysis: Items A and C have no support in the notes. The denials are upheld.\n"
            "\n"
            "Item B is what the guideline asks for. The adverse determination is reversed.\n",
        ),
        (
            "U-U",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "Conclusion: As to items 1 and 3, medical necessity isn't established and the denials are "
            "upheld.\n",
        ),
        (
            "---",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            'The surgeon wrote: "As to item 2, it is medically necessary and the denial must be '
            'overturned."\n',
        ),
        (
            "---",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "As to item 1, which unlike item 2 has been tried, the denial is upheld if no new notes "
            "come.\n",
        ),
        (
            "-O-",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "Item 1 was before us in 2014. The denial was upheld then. Item 2 is new. It is medically "
            "necessary.\n",
        ),
        (
            "---",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "Utilization review held that, as to item 1, necessity was not shown and the denial was "
            "upheld on its appeal.\n"
            "As to item 2, the plan's appeals unit decided that the denial is upheld.\n",
        ),
        (
            "OUU",
            "IMR report\n"
            "The disputed services are:\n"
            "(1) Heel cup\n"
            "(2) Stair ramp\n"
            "(3) Neck pillow\n"
            "\n"
            "Discussion. Services 2 and 3 lack any trial. Both are not medically necessary.\n"
            "\n"
            "Regarding service (1), the cup is medically necessary and the refusal is overturned.\n",
        ),
        (
            "UUU",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "All three denials are upheld.\n",
        ),
        (
            "---",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "Two of the three are needed. Both denials are overturned.\n",
        ),
        (
            "---",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "The surgeon asks that all three denials be overturned: all three items are medically "
            "necessary, she says.\n",
        ),
        (
            "UUO",
            "Independent Medical Review\n"
            "Requests denied by the carrier and appealed to us:\n"
            "1) Heel cup\n"
            "2) Stair ramp\n"
            "3) Neck pillow\n"
            "\n"
            "Neither item 1 nor item 2 is medically necessary. Item 3, the pillow, is medically "
            "necessary.\n",
        ),
        (
            "OOO",
            "Independent Medical Review\n"
            "In dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "We overturn all three denials.\n",
        ),
    ],
)
def test_sentences_decide_by_number(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            "OU",
            "Pine IRO, Independent Review Report\n"
            "Services denied by the administrator and sent to us:\n"
            "(a) Heel cup\n"
            "(b) Neck pillow\n"
            "\n"
            "(a) She stands all day. A cup has eased a like pain. The adverse decision is reversed.\n"
            "\n"
            '(b) A pillow isn\'t a medical device. The surgeon says the denial "has to be reversed". The '
            "adverse decision is affirmed.\n",
        ),
        (
            "OUO",
            "Independent Medical Review\n"
            "Items in dispute:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "\n"
            "Item 1: She stands all day. The cup is medically necessary.\n"
            "Item 2: There is a lift. The ramp is not medically necessary.\n"
            "Item 3: He can't sleep. The determination of the carrier is overturned.\n",
        ),
        (
            "OU-",
            "Independent Medical Review\n"
            "Items in dispute:\n"
            "A) Heel cup\n"
            "B) Stair ramp\n"
            "C) Neck pillow\n"
            "\n"
            "A) She stands all day.\n"
            "Her heel is sore. The denial is overturned.\n"
            "B) There is a lift, as she says. The denial is upheld.\n"
            "C) This item was withdrawn. The carrier had denied it as not medically necessary.\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Items in dispute:\n"
            "(a) Heel cup\n"
            "(b) Neck pillow\n"
            "\n"
            "Utilization review's reasons:\n"
            "(a) The heel isn't sore. The cup is not medically necessary, it held.\n"
            "(b) A pillow isn't a device, the reviewer at UR found. It is not medically necessary, UR "
            "wrote.\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Items in dispute:\n"
            "(a) Heel cup\n"
            "(b) Neck pillow\n"
            "\n"
            "The surgeon's letter:\n"
            "(a) The cup is medically necessary.\n"
            "(b) The pillow is medically necessary.\n",
        ),
        (
            "MU",
            "Independent Medical Review\n"
            "Treatments under review\n"
            "1. Massage, 12 visits\n"
            "2. Neck pillow\n"
            "\n"
            "1. Massage eases pain for a while. Six visits are medically necessary; the other six are "
            "not.\n"
            "\n"
            "2. Pillows are not devices. The denial is affirmed.\n",
        ),
        (
            "U-",
            "Independent Medical Review\n"
            "Items in dispute:\n"
            "1. Heel cup\n"
            "2. Neck pillow\n"
            "\n"
            "Documents:\n"
            "1. Letter of 3 May\n"
            "2. Imaging\n"
            "\n"
            "The denial of item 1 is upheld. So is the denial of item 2.\n",
        ),
        (
            "UO",
            "External Review\n"
            "Matters denied by the plan and submitted for review:\n"
            "1. Heel cup\n"
            "2. Neck pillow\n"
            "\n"
            "1. No trial was had. We affirm the plan's decision.\n"
            "2. There is proof enough. We reverse the plan's decision.\n",
        ),
        (
            "--",
            "External Review\n"
            "Matters denied by the plan and submitted for review:\n"
            "1. Heel cup\n"
            "2. Neck pillow\n"
            "\n"
            "1. No trial was had. The plan affirmed its decision on appeal.\n"
            "2. There is proof enough, says the surgeon. The plan's decision should be reversed, he "
            "says.\n",
        ),
        (
            "UU",
            "External Review\n"
            "Services in dispute:\n"
            "(a) Heel cup\n"
            "(b) Neck pillow\n"
            "\n"
            "(a) No trial was had. The denial is upheld.\n"
            "\n"
            "(b) No proof is there. The denial is upheld.\n"
            "\n"
            "The patient had asked us to overturn both denials.\n",
        ),
    ],
)
def test_each_item_has_a_passage(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            "OO",
            "Case Number: CM18-4410067\n"
            "Items for which review was sought:\n"
            " * Heel cup\n"
            " * Neck pillow\n"
            "\n"
            "The claims administrator held that both items were not needed.\n"
            "The reviewer finds both items to be medically necessary, and both denials are overturned.\n",
        ),
        (
            "OOO",
            "Case Number: CM18-4410067\n"
            "Services denied and appealed:\n"
            " - Heel cup\n"
            " - Stair ramp\n"
            " - Neck pillow\n"
            "He fell. Everything that was requested is medically necessary.\n",
        ),
        (
            "UUU",
            "Case Number: CM18-4410067\n"
            "Disputed items\n"
            "• Heel cup\n"
            "• Stair ramp\n"
            "• Neck pillow\n"
            "He fell. Each of the three denials is upheld.\n",
        ),
        (
            "---",
            "Case Number: CM18-4410067\n"
            "Disputed items\n"
            "• Heel cup\n"
            "• Stair ramp\n"
            "• Neck pillow\n"
            'He fell. Two of the denials are upheld. The surgeon writes: "All three items are medically '
            'necessary."\n',
        ),
        (
            "---",
            "Case Number: CM18-4410067\n"
            "Disputed items\n"
            "• Heel cup\n"
            "• Stair ramp\n"
            "• Neck pillow\n"
            "The surgeon asks for all three items. He believes that every one of the three denials "
            "should be overturned.\n"
            "All four items are medically necessary.\n",
        ),
        (
            "---",
            "Case Number: CM18-4410067\n"
            "Disputed items\n"
            "• Heel cup\n"
            "• Stair ramp\n"
            "• Neck pillow\n"
            "Every one of the three denials is overturned. All three items are not medically necessary. "
            "All denials are upheld.\n",
        ),
        (
            "UUU",
            "Case Number: CM18-4410067\n"
            "Disputed items:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "For these reasons all three are found not medically necessary. All the denials are "
            "affirmed.\n",
        ),
        (
            "---",
            "Case Number: CM18-4410067\n"
            "Disputed items:\n"
            "1. Heel cup\n"
            "2. Stair ramp\n"
            "3. Neck pillow\n"
            "Not every one of the denials is overturned. All items would be medically necessary if he "
            "had fallen. Utilization review denied all three.\n",
        ),
        (
            "",
            "Case Number: CM18-4410067\n"
            "Documents reviewed:\n"
            "- Letter of 3 May\n"
            "- Films of 4 May\n"
            "All of the requested items are medically necessary.\n",
        ),
        (
            "OO",
            "Case Number: CM18-4410067\n"
            "Items for which review was sought:\n"
            " * Heel cup,\n"
            "   pair\n"
            " * Neck pillow\n"
            "None of the denials can stand. All are overturned. We reverse both denials.\n",
        ),
    ],
)
def test_one_sentence_decides_on_all(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (
            "UU",
            "RE: IMR CASE CM14-3300988\n"
            "ITEMS IN DISPUTE\n"
            "  - STIMULATOR TRIAL\n"
            "  - PSYCHOLOGICAL CLEARANCE FOR A STIMULATOR\n"
            "\n"
            'PT IS 49, LOW BACK. AGREED MEDICAL EVALUATOR SAID THAT STIM WAS "MEDICALLY NECESSARY".\n'
            "\n"
            "REVIEWER FINDS TRIAL NOT MED NECESSARY. NON-CERTIFICATION OF TRIAL IS UPHELD.\n"
            "CLEARANCE SERVES ONLY THE TRIAL. NON-CERTIFICATION OF CLEARANCE IS LIKEWISE UPHELD.\n",
        ),
        (
            "OU",
            "Independent Medical Review\n"
            "Disputed services:\n"
            "1. Wrist splint\n"
            "2. Neck pillow, memory foam\n"
            "\n"
            "He types all day. The splint is medically necessary. The pillow is not medically necessary.\n",
        ),
        (
            "OU",
            "Independent Medical Review\n"
            "Disputed services:\n"
            "• Wrist splint\n"
            "• Neck pillow\n"
            "He types all day. The denial of the splint is overturned. The denial of the pillow is "
            "upheld.\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Disputed services:\n"
            "• Wrist splint\n"
            "• Neck pillow\n"
            "He types all day. The surgeon says that the splint is medically necessary. UR said that the "
            "pillow is not medically necessary.\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Disputed services:\n"
            "• Wrist splint, left\n"
            "• Wrist splint, right\n"
            "He types all day. The splint is medically necessary.\n",
        ),
        (
            "--",
            "Independent Medical Review\n"
            "Disputed services:\n"
            "• Wrist splint\n"
            "• Neck pillow\n"
            "The surgery is medically necessary. A pillow would be medically necessary if he could not "
            "sleep.\n",
        ),
        (
            "OU",
            "Independent Medical Review\n"
            "Services under review\n"
            "- Wrist splint\n"
            "- Neck pillow\n"
            "- \n"
            "We overturn the denial of the splint. We uphold the denial of the pillow.\n",
        ),
    ],
)
def test_sentences_decide_by_name(nlp: Language, wanted: str, text: str) -> None:
    decisions = _decisions(nlp, text)
    assert decisions == wanted or not (decisions + wanted).strip("-")
