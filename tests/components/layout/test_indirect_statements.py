"""Sentences that decide in a roundabout way: asides, parts, echoes, votes, and evidence that somebody misses."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from imr_nlp.components.layout.statements.reader import load_statements, sentences

READ = load_statements().read


def _decided(text: str) -> list[tuple[str, str]]:
    return [(" ".join(s.subject), s.decision) for s in READ(text) if s.decides and s.holder != "member"]


ROUNDABOUT = [
    "It is impossible, on such a chart, to call the ramp medically necessary.",
    "It is hard, given her films, to regard the ramp as medically necessary.",
    "One cannot describe the ramp as medically necessary.",
    "Nobody could call the ramp medically necessary.",
    "The chart is too thin to call the ramp medically necessary.",
    "The notes do not, in spite of the care that was taken with them by two clinics, show that the ramp is medically necessary.",
    "The records do not, for all their length and the films that came along, establish that the ramp is medically necessary.",
    "The trials do not show that the ramp is medically necessary.",
    "The literature has not established that the ramp is medically necessary.",
    "The reviewer saw no evidence that the ramp is medically necessary.",
    "The surgeon's notes contain no evidence that the ramp is medically necessary.",
    "There is no evidence in the plan's file that the ramp is medically necessary.",
    "There is a dearth of evidence that the ramp is medically necessary.",
    "Is the ramp medically necessary? The answer must be no.",
    "The question is whether the ramp is medically necessary. The answer to this question can only be no.",
    "The question is whether the ramp is medically necessary. The answer cannot be yes.",
    "The reviewer, a physiatrist, found that the ramp is not medically necessary.",
    "The plan's refusal should be allowed to stand.",
    "The denial of the ramp should be left in place.",
    "Its refusal of the ramp is not to be disturbed.",
    "The reviewer sees no basis to overturn the denial.",
    "There is no ground on which to disturb the plan's decision.",
    "Upheld decision of health plan.",
]  # fmt: skip


@pytest.mark.parametrize("text", ROUNDABOUT)
def test_a_roundabout_denial_upholds(text: str) -> None:
    assert {decision for _, decision in _decided(text)} == {"upheld"}


@pytest.mark.parametrize(
    "text",
    [
        "It is fair to call the ramp medically necessary.",
        "The question is whether the ramp is medically necessary. The answer has to be yes.",
        "The reviewer would call the ramp medically necessary.",
        "The reviewer, a pediatrician, found that the ramp is medically necessary.",
        "The plan's refusal should not be allowed to stand.",
        "The denial of the ramp cannot be left in place.",
        "The plan's refusal of the ramp should be lifted.",
        "Overturned decision of health plan.",
    ],
)
def test_a_roundabout_approval_overturns(text: str) -> None:
    assert {decision for _, decision in _decided(text)} == {"overturned"}


UNDECIDED = [
    "The insurer saw no evidence that the ramp is medically necessary.",
    "The plan denied the ramp, for it found no proof that the ramp is medically necessary.",
    "The carrier refused it, as it found little proof that the ramp is medically necessary.",
    "The carrier refused it, for there was insufficient evidence that the ramp is medically necessary.",
    "The plan denied it for want of proof that the ramp is medically necessary.",
    "The claims administrator points to a lack of evidence that the ramp is medically necessary.",
    "The Health Plan denied the ramp. It saw no evidence that the ramp is medically necessary.",
    "Her surgeon found no proof that the ramp is not medically necessary.",
    "Some would call the ramp medically necessary.",
    "Her aunt calls the ramp medically necessary.",
    "The plan cannot call the ramp medically necessary.",
    "It is not impossible to call the ramp medically necessary.",
    "Studies show that the ramp is not medically necessary.",
    "The question is whether the ramp is medically necessary. The answer may be no.",
    "The question is whether the ramp is medically necessary. The plan's answer is no.",
    "The reviewer read three trials. Two of the three concluded that the ramp is medically necessary.",
    "The patient was allowed to stand for ten minutes.",
    "The plate was left in place. The brace was lifted.",
    "The medical director sees no basis to overturn the denial.",
    "There would be no reason to disturb the denial if she had a scooter.",
    "There is no reason to uphold the denial.",
    "Three surgeons saw her. Two of the three concluded that the ramp is medically necessary.",
]  # fmt: skip


@pytest.mark.parametrize("text", UNDECIDED)
def test_evidence_that_others_miss_and_names_that_others_give_decide_nothing(text: str) -> None:
    assert _decided(text) == []


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("The denial should be overturned, but only in part.", "modified"),
        ("The denial is overturned, albeit only partly.", "modified"),
        ("The denial should be overturned, though not in full.", "modified"),
        ("I overturn the denial, but only in part.", "modified"),
        ("The ramp is medically necessary, but only in part.", "modified"),
        ("The denial is overturned, but only for the first 12 visits.", "modified"),
        ("The denial is overturned to the extent of 12 visits.", "modified"),
        ("The denial is overturned, limited to eight days.", "modified"),
        ("The denial should be overturned in respect of 8 days only.", "modified"),
        ("The denial is overturned, for six sessions were of help.", "overturned"),
        ("The denial is overturned, for the ramp meets the criteria.", "overturned"),
        ("The denial should be overturned, though the plan acted in good faith.", "overturned"),
        ("The denial should not be upheld, though in part the plan was right.", "overturned"),
        ("The denial is overturned in full.", "overturned"),
    ],
)
def test_a_part_is_said_behind_a_comma(text: str, decision: str) -> None:
    assert {said for _, said in _decided(text)} == {decision}


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Therefore, by majority vote, the denial should be upheld.", "the denial"),
        ("The denial, on this record, should be upheld.", "the denial"),
        ("The denial, which came by mail in May, should be upheld.", "the denial"),
        ("The denial, as to the ramp, should be upheld.", "the denial , as to the ramp ,"),
    ],
)
def test_an_aside_does_not_name_what_is_decided(text: str, subject: str) -> None:
    assert _decided(text) == [(subject, "upheld")]


ASKED = "A ramp and a hoist were asked for. "


@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        ("The ramp is medically necessary, as is the hoist.", ("overturned", "overturned")),
        ("The ramp is medically necessary, and so is the hoist.", ("overturned", "overturned")),
        ("The ramp is medically necessary. So is the hoist, which spares his back.", ("overturned", "overturned")),
        ("The ramp is not medically necessary, nor is the hoist.", ("upheld", "upheld")),
        ("The ramp is not medically necessary. Neither is the hoist.", ("upheld", "upheld")),
        ("The reviewer found that the ramp is not medically necessary. The same is true of the hoist.", ("upheld", "upheld")),
        ("The ramp is medically necessary. The same cannot be said of the hoist.", ("overturned", "upheld")),
        ("The ramp is not medically necessary. The same cannot be said of the hoist.", ("upheld",)),
        ("The ramp is medically necessary. So is the hoist, if his gait fails.", ("overturned",)),
        ("The ramp is not medically necessary, nor is the hoist safe.", ("upheld",)),
        ("The ramp is medically necessary. Neither is the hoist broken.", ("overturned",)),
        ("The plan wrote that the ramp is not medically necessary, nor is the hoist.", ()),
        ("The plan wrote that the ramp is not medically necessary. The same is true of the hoist.", ()),
        ("Is the ramp medically necessary? So is the hoist.", ()),
    ],
)  # fmt: skip
def test_a_predicate_that_is_not_said_again(text: str, decisions: tuple[str, ...]) -> None:
    assert tuple(decision for _, decision in _decided(ASKED + text)) == decisions


THREE = "Three physician reviewers read the file. "


@pytest.mark.parametrize(
    ("text", "decisions"),
    [
        ("Two of the three concluded that the ramp is not medically necessary.", {"upheld"}),
        ("All three concluded that the ramp is medically necessary.", {"overturned"}),
        ("None of them concluded that the ramp is medically necessary.", {"upheld"}),
        ("One found that the ramp is medically necessary. The other two found that it is not medically necessary.", {"upheld"}),
        ("One found it medically necessary. The remaining two reviewers found the ramp not medically necessary.", {"upheld"}),
        ("Only one of them concluded that the ramp is medically necessary.", set()),
        ("Both of them concluded that the ramp is medically necessary.", set()),
    ],
)  # fmt: skip
def test_reviewers_are_counted_where_only_their_number_is_named(text: str, decisions: set[str]) -> None:
    assert {decision for _, decision in _decided(THREE + text)} == decisions


def test_others_of_five_may_be_too_few() -> None:
    text = "Five reviewers read it. One found that it is safe. The other two reviewers found the ramp not medically necessary."
    assert _decided(text) == []


def test_a_letter_of_a_name_may_end_a_sentence() -> None:
    text = "She takes vitamin C. The plan denied it. Dr. J. Moss wrote. A. The ramp. By R. Smith. He has hepatitis B. A scan came."
    assert [text[a:b] for a, b in sentences(text, 0, len(text))] == [
        "She takes vitamin C.", "The plan denied it.", "Dr. J. Moss wrote.", "A. The ramp.", "By R. Smith.",
        "He has hepatitis B.", "A scan came.",
    ]  # fmt: skip
