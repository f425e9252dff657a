"""A part of the time that was asked for, granted or denied, is not the whole."""

import pytest
from spacy.language import Language

_ASKED = (
    "The enrollee has requested reimbursement for a hospital stay from 3/01/19 through 4/28/19. "
    "The Health Plan denied it. "
)
_TWICE = (
    "The enrollee has requested reimbursement for a hospital stay from 3/01/19 through 3/28/19 and prospective "
    "authorization and coverage for a hospital stay from 3/29/19 forward. The Health Plan denied it. "
)


def _decisions(nlp: Language, text: str) -> list[str | None]:
    return [service.decision for service in nlp(text)._.letter.services]


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ("The reviewer found that the hospital stay was not medically necessary after 3/28/19.", None),
        ("From 3/29/19 on, a day program would do, and the hospital stay was not medically necessary.", None),
        ("The hospital stay was medically necessary at first.", None),
        ("The stay was needed. The Health Plan's denial is overturned through 3/28/19.", "modified"),
        ("The Health Plan's denial is upheld from 3/29/19 on.", "modified"),
        ("The Health Plan's denial is upheld from 3/1/19 through 4/28/19.", "upheld"),
        ("The Health Plan's denial is overturned.", "overturned"),
        ("The hospital stay was not medically necessary.", "upheld"),
    ],
)
def test_of_one_request(nlp: Language, said: str, decision: str | None) -> None:
    assert _decisions(nlp, _ASKED + said) == [decision]


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ("The hospital stay was not medically necessary after 3/28/19.", None),
        ("The denial is upheld from 3/29/19 on.", None),
        ("The denial is overturned as to the days before 3/29/19.", None),
        ("The hospital stay was not medically necessary. The denial should be upheld.", "upheld"),
    ],
)
def test_of_two_periods(nlp: Language, said: str, decision: str | None) -> None:
    assert _decisions(nlp, _TWICE + said) == [decision, decision]


@pytest.mark.parametrize(
    ("second", "decisions"),
    [
        ("a weighted vest", ["modified", "upheld"]),
        ("a weighted therapy vest", [None, None]),
        ("a speech therapy course", [None, None]),
    ],
)
def test_a_noun_that_one_request_has_names_it(nlp: Language, second: str, decisions: list[str | None]) -> None:
    text = (
        f"The enrollee has requested 60 sessions of occupational therapy and {second}. The Health Plan denied both. "
        "The Health Plan's denial of the therapy is to be set aside to the extent of 24 sessions. "
    )
    if "therapy" not in second:
        text += f"The denial of the {second.removeprefix('a ')} should be upheld."
    assert _decisions(nlp, text) == decisions


def test_two_things_bought_on_two_days_are_no_periods(nlp: Language) -> None:
    text = (
        "The enrollee has requested reimbursement for a wig bought on 3/01/19 and coverage for a cranial brace "
        "ordered on 3/29/19. The Health Plan denied both. The wig is not medically necessary. "
        "The cranial brace is medically necessary."
    )
    assert _decisions(nlp, text) == ["upheld", "overturned"]
