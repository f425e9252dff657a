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


_FINDS = "1) MAXIMUS finds the request for a gym pass "


@pytest.mark.parametrize(
    ("entry", "decision"),
    [
        ("to be medically necessary and appropriate.", "overturned"),
        ("to bemedically necessary.", "overturned"),
        ("to be notmedically necessary and appropriate.", "upheld"),
        ("not to be medically necessary.", "upheld"),
        ("isnot medically necessary and ap-\npropriate.", "upheld"),
        ("ismedically necessary and appropriate.", "overturned"),
        ("to be medically necessary for one month only; the rest isnot medically necessary.", "modified"),
        # Mirror images: one of two parts is granted without a word that it is a part, or a mark may hide a "not".
        ("to be not medically necessary for two months; one month is medically necessary.", None),
        ("isn?t medically necessary.", None),
        ("for use at home isn?t medically necessary.", None),
    ],
)
def test_an_entry_may_tell_what_was_found(nlp: Language, entry: str, decision: str | None) -> None:
    ((name, found),) = _services(nlp, _FINDS + entry)
    assert (found, name.startswith("gym pass")) == (decision, True)


def test_requests_above_reasons_without_headings(nlp: Language) -> None:
    text = (
        f"{_FINDS}isnot medically necessary.\n\n"
        "2) MAXIMUSFederal Services, Inc. hasdetermined the request for ten sessions of yoga ismedicallynecessary.\n"
        "\nINDEPENDENT MEDICAL REVIEW DECISION AND RATIONALE\n\n1) Regarding the request for a gym pass:\n"
        "The exercises can be done at home.\n\n2) Regarding the request for ten sessions of yoga:\nA start was made.\n"
    )
    services = nlp(_TOP + text)._.letter.services
    assert [(one.decision, [s.text for s in one.rationale]) for one in services] == [
        ("upheld", ["The exercises can be done at home."]),
        ("overturned", ["A start was made."]),
    ]
    # What the insurer is said to find is no entry, and reasons that conclude the contrary leave a service undecided.
    other = text.replace("MAXIMUS finds", "MAXIMUS has found that the plan finds")
    assert [one.decision for one in nlp(_TOP + other)._.letter.services] == [None, "overturned"]
    other = text.replace("A start was made.", "The reviewer finds that yoga is not medically necessary.")
    assert [one.decision for one in nlp(_TOP + other)._.letter.services] == ["upheld", None]
