"""A part of the amount that was asked for, granted or denied, is not the whole."""

import pytest
from spacy.language import Language

_ASKED = (
    "A 40-year-old enrollee has requested authorization and coverage for 20 sessions of hand therapy. UR denied it. "
)


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ("Half of the sessions are medically necessary.", "modified"),
        ("The reviewer found that a quarter of the requested sessions is medically necessary.", "modified"),
        ("Part of the sessions is medically necessary.", "modified"),
        ("Half of the sessions are not medically necessary.", None),
        ("Some of the sessions are not medically necessary.", None),
        ("8 of the 20 sessions are not medically necessary.", None),
        ("The last ten sessions are not medically necessary.", None),
        (
            "The first ten sessions are medically necessary. The last ten sessions are not medically necessary.",
            "modified",
        ),
        ("The 20 sessions are not medically necessary.", "upheld"),
        ("None of the 20 sessions is medically necessary.", "upheld"),
        ("Hand therapy as part of a home program is not medically necessary.", "upheld"),
        ("Hand therapy as part of a home program is medically necessary.", "overturned"),
    ],
)
def test_of_one_request(nlp: Language, said: str, decision: str | None) -> None:
    assert [service.decision for service in nlp(_ASKED + said)._.letter.services] == [decision]
