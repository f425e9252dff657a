"""Predicates in a relative clause whose antecedent is denied, and their mirror images."""

from __future__ import annotations

import pytest

from imr_nlp.components.layout.statements.reader import Statements, load_statements


@pytest.fixture(scope="module")
def statements() -> Statements:
    return load_statements()


def decisions(statements: Statements, sentence: str) -> list[str]:
    return [said.decision for said in statements.read(sentence) if said.decides]


@pytest.mark.parametrize(
    ("sentence", "subject"),
    [
        ("The brace is not a device that is medically necessary.", "the brace"),
        ("The brace is no longer a device that is medically necessary.", "the brace"),
        ("The brace is not what I would call medically necessary.", ""),
        ("The brace is not one of the items that are medically necessary.", "the brace"),
        ("Such braces are not among the items that are medically necessary.", "such braces"),
        ("This is not a case in which medical necessity has been shown.", "medical necessity"),
        ("This is not an instance where approval is warranted.", "approval"),
        ("This isn't a case where the brace is medically necessary.", "the brace"),
        ("This is hardly a case where the brace is medically necessary.", "the brace"),
        ("Nor is this a case where the brace is medically necessary.", "the brace"),
        ("Medical necessity is not something that has been shown.", "medical necessity"),
        ("Medical necessity is not, on this file, something this reviewer can say was shown.", "medical necessity"),
        ("This is not the sort of record that establishes medical necessity.", "this"),
        ("The patient is not someone for whom the brace is medically necessary.", "the brace"),
        ("I am not a reviewer who would find this medically necessary.", "this"),
        ("It is not the brace that is medically necessary.", "the brace"),
        ("There is nothing in the file that shows that the brace is medically necessary.", "the brace"),
        ("There is no note that shows that the brace is medically necessary.", "the brace"),
        ("This is not a case in which the denial should be overturned.", "the denial"),
    ],
)
def test_what_is_denied_of_the_antecedent_is_denied(statements: Statements, sentence: str, subject: str) -> None:
    assert [(" ".join(s.subject), s.decision) for s in statements.read(sentence) if s.decides] == [(subject, "upheld")]


@pytest.mark.parametrize(
    "sentence",
    [
        "The brace is a device that is medically necessary.",
        "The brace is not only a device that helps but one that is medically necessary.",
        "The brace is not a luxury but a device that is medically necessary.",
        "The brace is not a luxury that insurers can refuse, it is medically necessary.",
        "This is a case in which medical necessity has been shown.",
        "This is not a patient who has tried a brace, and the brace is medically necessary.",
        "She is not a patient who can walk, so the brace is medically necessary.",
        "Surgery is not the first line of care that guidelines name, but it is medically necessary here.",
        "The plan's reviewer is not a neurologist, and the surgery is medically necessary.",
        "It is no secret that the brace is medically necessary.",
        "It is not in dispute that the brace is medically necessary.",
        "There is no doubt that the brace is medically necessary.",
    ],
)
def test_what_is_denied_elsewhere_stands(statements: Statements, sentence: str) -> None:
    assert decisions(statements, sentence) == ["overturned"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The brace is not the only device that is medically necessary.",
        "The brace is not a device that is not medically necessary.",
        "This is not a case in which the request should be denied.",
        "She is not a patient who can walk without it and the brace is medically necessary.",
        "It is not a given that the brace is medically necessary.",
        "It is not the plan's place to say what is medically necessary.",
    ],
)
def test_what_is_left_open_decides_nothing(statements: Statements, sentence: str) -> None:
    assert decisions(statements, sentence) == []


@pytest.mark.parametrize(
    ("sentence", "decision"),
    [
        # Words before "that" which deny, assert, or leave open what follows.
        ("The file leaves me unconvinced that the ramp is medically necessary.", "upheld"),
        ("I am left unsatisfied that the ramp is medically necessary.", "upheld"),
        ("The file does anything but show that the ramp is medically necessary.", "upheld"),
        ("It is incorrect that the ramp is not medically necessary.", "overturned"),
        ("It is a myth that the ramp is medically necessary.", "upheld"),
        ("Nobody can seriously doubt that the ramp is medically necessary.", "overturned"),
        ("I strongly doubt that the ramp is medically necessary.", "upheld"),
        ("No doubt the ramp is medically necessary.", "overturned"),
        ("I cannot see that the ramp is medically necessary.", None),
        ("That she wants it does not mean that the ramp is medically necessary.", None),
        ("That the films are normal does not mean that the ramp is not medically necessary.", None),
        ("The appeal rests on the notion that the ramp is medically necessary.", None),
        ("The denial overlooks that the ramp is medically necessary.", None),
        ("The denial fails to recognize that the ramp is medically necessary.", None),
        # Questions, tests and conditions.
        ("I am unable to see in what way the ramp is medically necessary.", None),
        ("The request fails every test by which a ramp is medically necessary.", None),
        ("The criteria under which a ramp is medically necessary are not met.", None),
        ("I would find the ramp medically necessary had the films shown a fracture.", None),
        ("But for the normal films the ramp would be medically necessary.", None),
        ("The ramp was medically necessary last year but is so no longer.", None),
        ("Where the ramp is medically necessary, the plan pays.", None),
        ("Only medically necessary services are covered.", None),
        ("The policy covers what is medically necessary.", None),
        ("Under the MTUS a ramp is medically necessary after a fusion.", None),
        ("Allegedly the ramp is medically necessary.", None),
        ("Assume the ramp is medically necessary.", None),
        # Whose word it is.
        ("Dr. Poe attests that the ramp is medically necessary.", None),
        ("The first-level reviewer found the ramp not medically necessary.", None),
        ("The ramp is not medically necessary (the plan's words).", None),
        ("To the surgeon's mind the ramp is medically necessary.", None),
        ("The surgeon claims to have established medical necessity.", None),
        ("The reviewer's draft found the ramp medically necessary.", None),
        ("The reviewer first thought the ramp medically necessary.", None),
        ("We are asked to overturn the denial.", None),
        ("We decided to overturn the denial.", "overturned"),
        ("IMR can uphold or overturn the denial.", None),
        ("I cannot uphold the denial.", "overturned"),
        ("When an IMR overturns a denial, the plan has five days.", None),
        ("Where the denial is overturned, the plan must pay.", None),
        ("A denial that is upheld may be appealed to the court.", None),
        # Acts as subjects, and acts that are declined.
        ("To overturn the denial would be wrong.", None),
        ("Upholding the denial is not warranted.", None),
        ("Reversal of the denial is not supported.", "upheld"),
        ("Reversal of the denial is supported.", "overturned"),
        ("I decline to uphold the denial.", "overturned"),
        ("I decline to overturn the denial.", "upheld"),
        # Who is denied, and what.
        ("Not even a short ramp is medically necessary.", "upheld"),
        ("Not a single ramp is medically necessary.", "upheld"),
        ("No alternative exists and the ramp is medically necessary.", "overturned"),
        ("No ramp and no rail is medically necessary.", "upheld"),
        ("The ramp could not be more medically necessary.", None),
        ("I see no reason the ramp should be denied.", None),
        ("I see no reason why the denial should be reversed.", "upheld"),
    ],
)
def test_what_surrounds_a_clause_counts(statements: Statements, sentence: str, decision: str | None) -> None:
    assert decisions(statements, sentence) == ([decision] if decision else [])
