"""Printed outcomes of which one is ticked, behind a request or on the line below it."""

import pytest
from spacy.language import Language

LETTER = """CLINICAL CASE SUMMARY
The worker is a 47 year old woman with plantar fasciitis.
IMR ISSUES, DECISIONS AND RATIONALES
The disputed items/services were decided as is set forth below:
{heading}
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: {reasons}
Walking stick: Upheld
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: She walks well.
"""
FORM = "INDEPENDENT MEDICAL REVIEW\nCase Number: CM18-0034455\nClaimant: 50 year old male with neck pain.\n"


def services(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(" ".join(one.text.split()), one.decision) for one in nlp(text)._.letter.services]


@pytest.mark.parametrize("between", [": ", "\nDecision: ", "\n"])
@pytest.mark.parametrize(
    ("boxes", "decision"),
    [
        ("[ ] Upheld [x] Overturned [ ] Modified", "overturned"),
        ("[X] Overturned [ ] Upheld", "overturned"),
        ("[ ] Overturned [X] Upheld", "upheld"),
        ("( ) Upheld ( ) Overturned (x) Modified", "modified"),
        ("☐ Upheld ☒ Overturned", "overturned"),
        ("○ Upheld ● Overturned ○ Modified", "overturned"),
        ("■ Upheld □ Overturned", "upheld"),
        ("¨ Upheld þ Overturned ¨ Modified", "overturned"),
        ("\uf0a8 Upheld \uf0fe Overturned", "overturned"),
        ("[•] Upheld [ ] Overturned", "upheld"),
        ("○ Upheld ○ Overturned ○ Modified", None),
        ("[ ] Upheld [ ] Overturned [ ] Modified", None),
        ("[X] Upheld [X] Overturned", None),
        ("[ ] Overturned", None),
        ("Upheld [ ] Overturned [X]", "overturned"),
        ("Upheld __X__ Overturned ____", "upheld"),
        ("Upheld X Overturned", None),
        ("Upheld _X_ Overturned", None),
        ("[X] Upheld [ ] Overturned [ ]", None),
    ],
)
def test_only_the_tick_decides(nlp: Language, boxes: str, decision: str | None, between: str) -> None:
    text = LETTER.format(heading=f"Heel cup, pair{between}{boxes}", reasons="The heel is sore.")
    assert services(nlp, text) == [("Heel cup, pair", decision), ("Walking stick", "upheld")]


def test_a_conclusion_decides_where_no_box_is_ticked(nlp: Language) -> None:
    text = LETTER.format(heading="Heel cup: [ ] Upheld [ ] Overturned", reasons="The heel cup is medically necessary.")
    assert services(nlp, text)[0] == ("Heel cup", "overturned")


def test_a_tick_and_a_conclusion_against_it_decide_nothing(nlp: Language) -> None:
    text = LETTER.format(heading="Heel cup: [X] Upheld [ ] Overturned", reasons="The heel cup is medically necessary.")
    (letter,) = [nlp(text)._.letter]
    assert "decision_conflict" in {warning.code for warning in letter.warnings}


def test_each_item_of_a_form_has_its_own_tick(nlp: Language) -> None:
    text = FORM + (
        "Item 1: Heel cup, pair\nDecision:  [ ] Upheld   [x] Overturned   [ ] Modified\nRationale: The heel is sore.\n"
        "Item 2: Baclofen 10mg #60\nDecision:  [x] Upheld   [ ] Overturned   [ ] Modified\nRationale: No spasm.\n"
        "Item 3: Walking stick\nDecision:  [ ] Upheld   [ ] Overturned   [ ] Modified\nRationale: She walks well.\n"
    )
    wanted = [("Heel cup, pair", "overturned"), ("Baclofen 10mg #60", "upheld"), ("Walking stick", None)]
    assert services(nlp, text) == wanted


@pytest.mark.parametrize("reviewer", ["MAXIMUS guideline", "Another guideline"])
def test_each_service_with_boxes_is_read_once(nlp: Language, reviewer: str) -> None:
    ticked = ("[ ] Upheld [X] Overturned", "[X] Upheld [ ] Overturned", "[ ] Upheld [ ] Overturned")
    names = ("Heel cup", "Night splint", "Ankle wrap")
    text = LETTER[: LETTER.index("{heading}")] + "".join(
        f"Service {n}: {name}\nDecision: {boxes}\nClaims Administrator guideline: None\n{reviewer}: None\n"
        "Decision rationale: The heel is sore.\n\n"
        for n, (name, boxes) in enumerate(zip(names, ticked, strict=True), 1)
    )
    assert services(nlp, text) == [("Heel cup", "overturned"), ("Night splint", "upheld"), ("Ankle wrap", None)]


def test_boxes_without_a_tick_end_no_paragraph_with_a_decision(nlp: Language) -> None:
    names = ("Heel cup", "Night splint")
    text = FORM + "".join(
        f"{name}\nDecision: □ Upheld   □ Overturned\nReasons: The heel is sore. See above.\n\n" for name in names
    )
    assert all(decision is None for _, decision in services(nlp, text))


def test_filled_signs_beside_no_empty_ones_are_bullets(nlp: Language) -> None:
    text = LETTER.format(heading="■ Heel cup: Overturned", reasons="The heel is sore.")
    assert services(nlp, text)[0] == ("Heel cup", "overturned")


def test_orders_with_marks(nlp: Language) -> None:
    text = (
        f"{FORM}\nTREATMENT:  Neck brace, soft\n   [ ] Uphold UR   [x] Overturn UR   [ ] Modify UR\n\n"
        "TREATMENT:  Hand therapy, 9 visits\n   [ ] Uphold UR   [ ] Overturn UR   [x] Modify UR\n\n"
        "TREATMENT:  Wax bath\n   [x] Uphold UR   [x] Overturn UR   [ ] Modify UR\n"
    )
    expected = [("Neck brace, soft", "overturned"), ("Hand therapy, 9 visits", "modified"), ("Wax bath", None)]
    assert services(nlp, text) == expected
