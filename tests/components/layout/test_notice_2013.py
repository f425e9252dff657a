"""The notice of 2013: entries of its list that reduce an amount, and entries that do not say who determined them."""

import pytest
from spacy.language import Language

_TOP = "Notice of Independent Medical Review Determination\nMAXIMUS Case Number: CM13-0012345\n\n"
_DETERMINED = "1) MAXIMUS Federal Services, Inc. has determined the request for "
_END = "\n\nINDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE\n"


def _services(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(one.text, one.decision) for one in nlp(_TOP + text + _END)._.letter.services]


@pytest.mark.parametrize(
    ("entry", "decision"),
    [
        ("a gym pass is modified.", "modified"),
        ("a gym pass is modified to one month.", "modified"),
        ("a gym pass is partially medically necessary and appropriate.", "modified"),
        ("a gym pass is medically necessary and appropriate for one month only.", "modified"),
        ("a gym pass is modified. One month is medically necessary and appropriate.", "modified"),
        ("a gym pass is medically necessary and appropriate in part; the rest is not.", "modified"),
        # Mirror images: the insurer modified it, or nothing is reduced.
        ("a gym pass, which was modified by UR, is not medically necessary and appropriate.", "upheld"),
        ("a gym pass is medically necessary and appropriate without delay.", "overturned"),
        # What hides a "not" leaves it undecided; what hides a name does not.
        ("a gym pass is █████ medically necessary and appropriate.", None),
        ("a gym pass is medically ■■ necessary and appropriate.", None),
        ("a gym pass is ____ medically necessary and appropriate.", None),
        ("a gym pass for ████ is not medically necessary and appropriate.", "upheld"),
        ("a gym pass is modified to one month by utilization review.", None),
        ("a gym pass is medically necessary and appropriate for 30 days.", None),
    ],
)
def test_an_entry_may_reduce_what_was_asked(nlp: Language, entry: str, decision: str | None) -> None:
    assert [found for _, found in _services(nlp, _DETERMINED + entry)] == [decision]


def test_entries_need_not_say_who_determined_them(nlp: Language) -> None:
    text = (
        "1) The request for a gym pass is not medically necessary and appropriate.\n\n"
        "2) The request for ten sessions of yoga is modified. Four of the ten sessions are medically necessary.\n\n"
        "INDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE\n\n1) Regarding the request for a gym pass:\n"
        "Rationale for the Decision:\nThe exercises can be done at home.\n\n"
        "2) Regarding the request for ten sessions of yoga:\nRationale for the Decision:\nA start is enough.\n"
        "1) The request for a gym pass is medically necessary and appropriate, wrote her doctor.\n"
    )
    assert [one[1] for one in _services(nlp, text)] == ["upheld", "modified"]


@pytest.mark.parametrize(
    "above", ["Case Summary:\nThe utilization review letter says:\n", "Decisions of the claims administrator:\n"]
)
def test_entries_of_the_insurer_are_none(nlp: Language, above: str) -> None:
    text = (
        above + "1) The request for a gym pass is not medically necessary.\n"
        "2) The request for ten sessions of yoga is modified.\n\n1) Regarding the request for a gym pass:\n"
        "Rationale for the Decision:\nThe pass is a month's.\n\n2) Regarding the request for ten sessions of yoga:\n"
        "Rationale for the Decision:\nA start was made.\n"
    )
    assert [decision for _, decision in _services(nlp, text)] == [None, None]
