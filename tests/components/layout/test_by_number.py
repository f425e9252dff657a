"""Items decided by number, letter or "the remaining items", bulleted outcomes, and panels that are split."""

import pytest
from spacy.language import Language

_TOP = "INDEPENDENT MEDICAL REVIEW\nCase Number: CM20-0098765\n"
_NUMBERED = "Requested\n1. Heel cup\n2. Stair ramp\n3. Neck pillow\n\n"
_LETTERED = "Services under review\nA. Heel cup\nB. Stair ramp\nC. Neck pillow\n\nReasons\nShe limps.\n\n"
_PANEL = "Requested service: Stair ramp\n"


def _decisions(nlp: Language, text: str) -> list[str | None]:
    return [service.decision for service in nlp(_TOP + text)._.letter.services]


@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        (_LETTERED + "The denial of A and C is reversed. The denial of B is affirmed.\n", "OUO"),
        (_LETTERED + "A is medically necessary. B and C are not medically necessary.\n", "OUU"),
        (_NUMBERED + "The denial is upheld for items 1-2. The denial is overturned for the remaining items.\n", "UUO"),
        (_NUMBERED + "The denial is overturned for items 1 and 3 and upheld for item 2.\n", "OUO"),
        (_NUMBERED + "The denial of item 2 is overturned. The denial is upheld as to the others.\n", "UOU"),
        (_NUMBERED + "Decision: Each of the services above is OVERTURNED.\n", "OOO"),
        (_NUMBERED + "None of the disputed items is medically necessary.\n", "UUU"),
        (
            "Items:\n1. Heel cup\n2. Stair ramp\n3. Neck pillow\nDecisions:\n1. Upheld\n2. Upheld\n3. Overturned\n",
            "UUO",
        ),
        (_NUMBERED + "Items 1 and 2: the denial is upheld.\nItem 3: the denial is overturned.\n", "UUO"),
        (_NUMBERED + "Items 1 through 3: Denial overturned.\n", "OOO"),
        (_NUMBERED + "1. Denial modified (two cups medically necessary)\n2. Denial upheld\n3. Upheld\n", "MUU"),
        ("Services in dispute\n 1 Heel cup\n 2 Stair ramp\n\nOutcome\nItems 1 and 2: the denial is upheld.\n", "UU"),
        (
            "In dispute\n- Heel cup\n- Ramp\n\nNone of the disputed items/services is medically necessary.\n",
            "UU",
        ),
        (
            "Services in dispute\n- Heel cup\n- Stair ramp\n\nFinal Determination: OVERTURN. This means we decided "
            "that all of the disputed items/services are medically necessary and appropriate.\n",
            "OO",
        ),
        ("Outcome\n• Heel cup — UPHOLD\n• Gym, 8 visits — OVERTURN IN PART (4 visits)\n", "UM"),
    ],
)
def test_items_are_decided_by_number(nlp: Language, text: str, decisions: str) -> None:
    assert "".join((found or "-")[0].upper() for found in _decisions(nlp, text)) == decisions


@pytest.mark.parametrize(
    "text",
    [
        _NUMBERED + "The carrier held that all of the items are not medically necessary.\n",
        _NUMBERED + "All of the items would be medically necessary if she fell.\n",
        _NUMBERED + "Not all of the items are medically necessary.\n",
        _NUMBERED + "Items 1 and 2: UR said that the denial is upheld.\n",
        _NUMBERED + "Actions of the carrier\nItems 1 through 3: the denial is upheld.\n",
        "Services in dispute\n- Heel cup\n- Ramp\n\nWe decided that some (but not all) of the disputed items/services "
        "are medically necessary.\n",
        _PANEL + "Reviewer 1: Uphold\nReviewer 2: Overturn\nThere is no determination.\n",
        _PANEL + "Reviewer A: The denial should be upheld.\nReviewer B: The denial should be overturned.\n",
        _PANEL + "Vote of reviewer A: uphold\nVote of reviewer B: overturn\nNobody prevails.\n",
    ],
)
def test_nobody_decides(nlp: Language, text: str) -> None:
    assert set(_decisions(nlp, text)) <= {None}


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("Reviewer A: Uphold\nReviewer B: Overturn\nReviewer C: Uphold\nBy majority the denial is upheld.\n", "upheld"),
        ("Reviewer A: Overturn\nReviewer B: Overturn\nThe denial is overturned.\n", "overturned"),
        ("The UR determination is not upheld.\n", "overturned"),
        ("For these reasons the decision of the carrier is not overturned.\n", "upheld"),
        ("The carrier's view is confirmed.\n", "upheld"),
    ],
)
def test_the_panel_or_the_reviewer_decides(nlp: Language, text: str, decision: str) -> None:
    assert _decisions(nlp, _PANEL + text) == [decision]


def test_one_of_several_reviewers_is_no_service(nlp: Language) -> None:
    text = (
        "IMR ISSUES, DECISIONS AND RATIONALES\nStair ramp\nClaims Administrator guideline: None.\n"
        "MAXIMUS guideline: None.\nDecision rationale: It was split.\nReviewer A: Overturned\nReviewer B: Upheld\n"
    )
    assert _decisions(nlp, text) == [None]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("OUO", _NUMBERED + "All denials except item 2 are overturned. The denial of item 2 is upheld.\n"),
        ("O-O", _NUMBERED + "All denials except item 2 are overturned.\n"),
        (
            "OUO",
            _NUMBERED + "Except for item 2, all of the denials are overturned. As to item 2 the denial is upheld.\n",
        ),
        (
            "UUO",
            _NUMBERED + "With the exception of number 3, the denials are upheld. Item 3 is medically necessary.\n",
        ),
        ("UOU", _LETTERED + "All but B are not medically necessary. B is medically necessary.\n"),
        ("UOU", _LETTERED + "The denials, except that of service B, are upheld. The denial of B is overturned.\n"),
        ("OOO", _NUMBERED + "As to items 1-3, she asked for item 2 first. The denial is overturned.\n"),
        ("OO-", _NUMBERED + "As to items 1 to 2, she can walk. The denial is overturned.\n"),
        ("OOO", _NUMBERED + "Apart from its cost, item 2 is a good tool. All of the denials are overturned.\n"),
    ],
)
def test_all_items_but_some_are_decided(nlp: Language, wanted: str, text: str) -> None:
    assert "".join((one or "-")[0].upper() for one in _decisions(nlp, text)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "All denials except item 7 are overturned.\n",
        "All denials except the last one are overturned.\n",
        "All denials are overturned, except for the second item.\n",
        "In 2014 all denials except item 2 were overturned.\n",
        "The plan says that all denials except item 2 are upheld by the guideline.\n",
        "The surgeon asks that all denials except item 2 be overturned.\n",
        "The denials except item 2 are overturned in part.\n",
    ],
)
def test_what_is_excepted_is_not_certain(nlp: Language, text: str) -> None:
    assert not any(_decisions(nlp, _NUMBERED + text))


@pytest.mark.parametrize("word", ["Issue", "Item"])
def test_issues_of_a_professional_review_by_number(nlp: Language, word: str) -> None:
    mark = "Issue 1." if word == "Issue" else "1."
    text = (
        "CM13-0077001\nIndependent Medical Review - Final Determination\n\nIssues at dispute\n\n"
        f"{mark} Neck brace, soft\n{mark.replace('1', '2')} Wax bath for home use\n"
        f"{mark.replace('1', '3')} Hand surgeon visit\n\n"
        f"Determination\n\n{word}s 1 and 3 are medically necessary and appropriate.\n"
        f"{word} 2 is not medically necessary and appropriate.\n\nCase summary\n\nThe worker fell.\n\nRationale\n\n"
        "The neck is stiff. Wax has not been tried in the clinic. A surgeon has to see the hand.\n"
    )
    decisions = [one.decision for one in nlp(text)._.letter.services]
    assert decisions == ["overturned", "upheld", "overturned"]
