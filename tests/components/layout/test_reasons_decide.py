"""Decisions that stand below the name of a service: in its reasons, in lines of both parties, or under its letter."""

from __future__ import annotations

import pytest
from spacy.language import Language

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.evidence import decide
from imr_nlp.components.layout.statements.reader import load_statements

TOP = """IMR Case Number: CM19-0000017
{before}CLINICAL CASE SUMMARY
The worker is a 51 year old man.{summary}

IMR ISSUES, DECISIONS AND RATIONALES

"""
GUIDELINES = """Claims Administrator guideline: None.
MTUS guideline: None.
"""
LETTER = f"""{TOP}1. Copper elbow sleeve{{lines}}
{GUIDELINES}Rationale: {{reasons}}

2. Walking stick{{others}}
{GUIDELINES}{{heading}} He walks well. The stick is not medically necessary.
"""
HEADED = f"""{TOP}Copper elbow sleeve: Overturned
{GUIDELINES}Decision rationale: The elbow is sore.
Walking stick: Upheld
{GUIDELINES}Decision rationale: He walks well.
{{after}}"""


def decisions(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    """Return the services of a letter with their decisions."""
    return [(" ".join(one.text.split()), one.decision) for one in nlp(text)._.letter.services]


def letter(reasons: str = "The elbow is sore.", heading: str = "Rationale:", **more: str) -> str:
    """Return the letter with lines below its services."""
    parts = {"before": "", "summary": "", "lines": "", "others": ""} | more
    return LETTER.format(reasons=reasons, heading=heading, **parts)


@pytest.mark.parametrize(
    ("reasons", "decision"),
    [
        ("I do not find medical necessity for it.", "upheld"),
        ("The reviewer sees no medical necessity for the sleeve.", "upheld"),
        ("I find medical necessity for the sleeve.", "overturned"),
        ("UR did not find medical necessity for it. The sleeve is medically necessary.", "overturned"),
        ("The surgeon finds medical necessity for it. The sleeve is not medically necessary.", "upheld"),
        ("UR did not find medical necessity for the sleeve.", None),
        ("I would find medical necessity for the sleeve if he fell.", None),
    ],
)
@pytest.mark.parametrize("heading", ["Rationale:", "Reasoning:", "Rationale\n"])
def test_short_headings_open_the_reasons(nlp: Language, reasons: str, decision: str | None, heading: str) -> None:
    found = decisions(nlp, letter(reasons, heading))
    assert [one for _, one in found] == [decision, "upheld"]


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("There is no ground on which the denial could be overturned, and it stands.", "upheld"),
        ("There is no ground on which the denial could be upheld, and it falls.", "overturned"),
        ("I see no good reason why the denial should be reversed.", "upheld"),
        ("I see no good reason why the denial should be sustained.", "overturned"),
        ("There is no basis for overturning the denial.", "upheld"),
        ("The denial falls.", "overturned"),
        ("The denial stands.", "upheld"),
        ("The plan says there is no ground on which the denial could be overturned.", None),
        ("The surgeon sees no ground on which the denial could be upheld.", None),
        ("There is ample ground on which the denial could be overturned.", None),
        ("There is no ground on which the denial could be upheld in part.", None),
        ("If he has no fever, there is no ground on which the denial could be upheld.", None),
        ("There is no doubt on which the denial could be upheld.", None),
    ],
)
def test_no_ground_denies_the_act(text: str, decision: str | None) -> None:
    said = [one.decision for one in load_statements().read(text) if one.decides]
    assert said == ([decision] if decision else [])


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(
    ("lines", "others"),
    [
        (
            "\n   UR decision: {theirs}.     IMR decision: {ours}.",
            "\n   UR decision: {ours}.     IMR decision: {theirs}.",
        ),
        (
            "\n   IMR decision: {ours}.     UR decision: {theirs}.",
            "\n   IMR decision: {theirs}.     UR decision: {ours}.",
        ),
        ("\nUR decision: {theirs}\nOur decision: {ours}", "\nUR decision: {ours}\nOur decision: {theirs}"),
    ],
)
def test_both_parties_decide_in_one_line(nlp: Language, lines: str, others: str, swap: bool) -> None:
    words = ("certified", "NON-CERTIFIED") if swap else ("non-certified", "CERTIFIED")
    theirs, ours = words
    text = letter(lines=lines.format(theirs=theirs, ours=ours), others=others.format(theirs=theirs, ours=ours)).replace(
        " The stick is not medically necessary.", ""
    )
    expected = ["upheld", "overturned"] if swap else ["overturned", "upheld"]
    assert [one for _, one in decisions(nlp, text)] == expected


@pytest.mark.parametrize(
    ("summary", "right"),
    [
        ("\nAn earlier review dealt with both. Its decisions read:\n{list}\nHe has moved since.", True),
        ("\nThe results of the review of 5/2/2016 were as follows:\n{list}", True),
        ("\nAn earlier review was lost. The present decisions are:\n{list}", False),
        ("\nThe decisions are:\n{list}", False),
    ],
)
def test_an_earlier_reviews_list_is_no_summary(nlp: Language, summary: str, right: bool) -> None:
    listed = "Copper elbow sleeve: Upheld\nWalking stick: Overturned"
    found = decisions(nlp, HEADED.format(before="", summary=summary.format(list=listed), after=""))
    assert [one for _, one in found] == (["overturned", "upheld"] if right else [None, None])


APPENDED = (
    "Copper elbow sleeve: Denied\nWalking stick: Approved\nIf you disagree with this, you may apply for an IMR.\n"
)


@pytest.mark.parametrize(
    "line",
    [
        "ATTACHMENT - FROM THE CLAIMS ADMINISTRATOR",
        "Enclosure: utilization review determination",
        "NOTICE OF NON-CERTIFICATION",
    ],
)
def test_an_appended_document_is_no_part_of_the_letter(nlp: Language, line: str) -> None:
    found = decisions(nlp, HEADED.format(before="", summary="", after=f"\n{line}\n{APPENDED}"))
    assert found == [("Copper elbow sleeve", "overturned"), ("Walking stick", "upheld")]
    before = HEADED.format(before=f"{line}\n", summary="", after="")
    assert len(decisions(nlp, before)) == 2 or line.isupper()
    assert not any(decision for _, decision in decisions(nlp, f"{line}\n{APPENDED}"))


ITEMS = """Final determination of an independent medical review.
Disputed item {first}
Service: Copper elbow sleeve
Determination: The denial of item {one} is upheld.

Disputed item {second}
Service: Walking stick
Determination: The denial of item {two} is overturned.
"""


@pytest.mark.parametrize(("first", "second"), [("A", "B"), ("1", "2")])
def test_a_ruling_may_name_its_own_item(nlp: Language, first: str, second: str) -> None:
    found = decisions(nlp, ITEMS.format(first=first, second=second, one=first, two=second))
    assert [one for _, one in found] == ["upheld", "overturned"]


def test_a_ruling_on_another_item_decides_nothing(nlp: Language) -> None:
    found = decisions(nlp, ITEMS.format(first="A", second="B", one="B", two="B"))
    assert [one for _, one in found] == [None, "overturned"]


def test_services_with_one_topic_are_told_apart_by_their_words() -> None:
    requests = ["hearing-loop amplifier", "12 visits of hearing therapy"]
    said = "The hearing-loop amplifier is {}medically necessary. The hearing therapy is {}medically necessary. {}"
    partly = "Therefore, the denial should be partially overturned."
    for first, second, expected in (("", "not ", ["overturned", "upheld"]), ("not ", "", ["upheld", "overturned"])):
        told = load_statements().read(said.format(first, second, partly))
        assert [decide(found).decision for found in conclusions(told, requests)] == expected
    assert [decide(found).decision for found in conclusions(load_statements().read(partly), requests[:1])] == [
        "modified"
    ]


def test_a_refusal_of_all_that_was_asked_is_no_part() -> None:
    said = "Massage is medically necessary in acute strain. The 10 sessions {} are not medically necessary."
    told = load_statements().read(said.format("requested"))
    assert [decide(found).decision for found in conclusions(told, ["massage, 10 sessions"])] != ["modified"]
