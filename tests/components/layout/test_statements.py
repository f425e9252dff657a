"""Deciding phrases in the mouth of each party: only the reviewer's decide, and none is turned round."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from imr_nlp.components.layout.statements.reader import Statement, load_statements

READ = load_statements().read
#: Clauses that say the request is needed, and clauses that say it is not. IT stands for the request.
YES = [
    "IT is medically necessary", "IT was medically necessary and appropriate", "IT is medically indicated",
    "IT is medically warranted", "IT is medically appropriate for this patient", "IT should be considered medically necessary",
    "the medical necessity of IT has been established", "medical necessity of IT is supported by the record",
    "the medical necessity of IT was clearly shown", "IT meets the criteria for medical necessity",
    "IT satisfies the standard of medical necessity", "IT is likely to be more beneficial than any available standard therapy",
    "IT was, for the reasons given, medically necessary", "IT is now medically necessary", "IT is both safe and medically necessary",
    "the denial of IT should be overturned", "the denial should be reversed", "the determination should be overturned in whole",
    "IT should be authorized", "IT should be certified", "the request for IT is medically supported",
    "IT remains medically necessary", "IT would be medically necessary", "all of IT was medically necessary",
    "there is no doubt that IT is medically necessary", "the denial of IT is not justified", "the denial was improper",
    "IT is clearly medically reasonable", "IT has been medically necessary", "the adverse determination should be set aside",
]  # fmt: skip
NO = [
    "IT is not medically necessary", "IT was not medically necessary or appropriate", "IT isn't medically necessary",
    "IT is never medically indicated", "IT cannot be deemed medically necessary", "IT could not be considered medically necessary",
    "IT is no longer medically necessary", "none of IT is medically necessary", "IT is neither medically necessary nor safe",
    "the medical necessity of IT has not been established", "medical necessity of IT is lacking",
    "the medical necessity of IT has yet to be shown", "IT does not meet the criteria for medical necessity",
    "IT fails to satisfy the standard of medical necessity",
    "IT is not likely to be more beneficial than any available standard therapy",
    "there is insufficient evidence that IT is medically necessary", "there is no proof that IT is medically necessary",
    "the records do not show that IT is medically necessary", "the notes fail to establish that IT is medically necessary",
    "nothing in the file shows that IT is medically necessary", "it cannot be said that IT is medically necessary",
    "IT is medically unnecessary", "the denial of IT should be upheld", "the denial should be affirmed",
    "the determination should be upheld in whole", "IT should not be authorized", "IT is not medically warranted at this time",
    "IT was not, on this record, medically necessary", "the denial of IT was appropriate",
    "the adverse determination should be sustained",
]  # fmt: skip
PHRASES = [(phrase, "overturned") for phrase in YES] + [(phrase, "upheld") for phrase in NO]
FRAMES = {
    "reviewer": "The physician reviewer found that {}.",
    "insurer": "The Health Plan stated that {}.",
    "treating doctor": "The treating surgeon argued that {}.",
    "question": "At issue is whether {}.",
    "guideline": "The guideline states that {}.",
}


def _said(phrase: str, frame: str) -> list[Statement]:
    return READ(FRAMES[frame].format(phrase.replace("IT", "the knee brace")))


def test_there_are_sixty_phrases() -> None:
    assert len(PHRASES) == len({phrase for phrase, _ in PHRASES}) == 60


@pytest.mark.parametrize(("phrase", "decision"), PHRASES)
def test_the_reviewer_decides_and_is_not_turned_round(phrase: str, decision: str) -> None:
    assert [s.decision for s in _said(phrase, "reviewer") if s.decides] == [decision]
    alone = READ(f"Therefore, {phrase.replace('IT', 'the knee brace')}.")
    assert {s.decision for s in alone if s.decides} == {decision}


@pytest.mark.parametrize("frame", [frame for frame in FRAMES if frame != "reviewer"])
@pytest.mark.parametrize(("phrase", "decision"), PHRASES)
def test_nobody_else_decides(phrase: str, decision: str, frame: str) -> None:
    assert [s for s in _said(phrase, frame) if s.decides] == []


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        ("Two of the three reviewers found that the brace is medically necessary.", "panel"),
        ("One of the three reviewers found that the brace is medically necessary.", "member"),
        ("The second reviewer found the brace medically necessary.", "member"),
        ("According to the insurer, the brace is medically necessary.", "insurer"),
        ("UR non-certified the brace as not medically necessary.", "insurer"),
        ("The denial was upheld by the Health Plan on internal appeal.", None),
        ("Her doctor believes that the brace is medically necessary, and I agree.", "reviewer"),
    ],
)
def test_who_speaks(text: str, holder: str | None) -> None:
    assert [s.holder for s in READ(text)] == ([holder] if holder else [])


@pytest.mark.parametrize(
    ("text", "granted"),
    [
        ("Only 6 of the 18 visits are medically necessary.", 6),
        ("The request is medically necessary in part.", None),
        ("The denial should be partially overturned.", None),
    ],
)
def test_a_part_is_modified(text: str, granted: int | None) -> None:
    (said,) = READ(text)
    assert (said.decision, said.granted) == ("modified", granted)
