"""What a verb of finding depends on, whose word a quotation is, and parts of a request: none decides by mistake."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.evidence import decide
from imr_nlp.components.layout.statements.reader import load_statements

READ = load_statements().read
IT = "the ankle brace is medically necessary"
DENIES = [
    f"The evidence is too sparse to conclude that {IT}.", f"The chart is inadequate to establish that {IT}.",
    f"It would be speculative to say that {IT}.", f"It is difficult to find that {IT}.",
    f"The reviewer refused to find that {IT}.", f"The reviewer was unwilling to conclude that {IT}.",
    f"The letters fall short of proving that {IT}.", f"The notes stop short of demonstrating that {IT}.",
    f"It has yet to be demonstrated that {IT}.", f"Nothing in the file supports a conclusion that {IT}.",
    f"None of the reviewers found that {IT}.", f"No reviewer concluded that {IT}.",
    f"Not one of the four reviewers determined that {IT}.", f"The reviewer rejects the argument that {IT}.",
    f"The reviewer does not accept that {IT}.", f"There is little in the chart to suggest that {IT}.",
    "The ankle brace is neither safe nor medically necessary.", "Neither is medically necessary.",
    "The ankle brace is non-medically necessary.", "The ankle brace was found nonmedically necessary.",
]  # fmt: skip
GRANTS = [
    f"The evidence is sufficient to conclude that {IT}.", f"The reviewer was able to determine that {IT}.",
    f"It is reasonable to conclude that {IT}.", f"The records tend to show that {IT}.",
    "The ankle brace is not only medically necessary but urgent.", f"It cannot be denied that {IT}.",
    f"Nobody doubts that {IT}.", "The reviewer sees no basis on which to uphold the denial.",
    "The reviewer disagrees with the Health Plan.", "The panel sides with the treating physician.",
]  # fmt: skip
SILENT = [
    f"That {IT} has not been proven.", f"The notion that {IT} finds no support in the file.",
    f"Evidence that {IT} is lacking.", f"The burden of showing that {IT} was not met.",
    f"Her surgeon wrote: “In my opinion {IT}. The denial should be overturned.”",
    f'The carrier stated, "The brace is a comfort item. It is not the case that {IT}."',
    f"“{IT[0].upper()}{IT[1:]},” her therapist wrote.", "The denial letter reads: “The brace is not medically necessary.”",
    f"The insurer's physician reviewer determined that {IT}.", "In 2017 the denial of a walker was overturned.",
    "A previous independent reviewer upheld the denial of a walker.",
    "Were she unable to stand, the denial would be overturned.", "The brace would be medically necessary had she fallen.",
]  # fmt: skip


def _decisions(text: str) -> set[str]:
    return {one.decision for one in READ(text) if one.decides}


@pytest.mark.parametrize("text", DENIES)
def test_what_a_verb_depends_on_denies_it(text: str) -> None:
    assert _decisions(text) == {"upheld"}


@pytest.mark.parametrize("text", GRANTS)
def test_what_a_verb_depends_on_lets_it_stand(text: str) -> None:
    assert _decisions(text) == {"overturned"}


@pytest.mark.parametrize("text", SILENT)
def test_others_and_what_is_only_mentioned_decide_nothing(text: str) -> None:
    assert _decisions(text) == set()


def test_a_quotation_without_a_speaker_stays_the_reviewers() -> None:
    assert _decisions("“The ankle brace is medically necessary for this patient.”") == {"overturned"}


PARTS = [
    ("16 visits of aquatic therapy", "Ten visits are medically necessary and six are not.", 10),
    ("16 visits of aquatic therapy", "No more than 10 visits are medically necessary.", 10),
    ("16 visits of aquatic therapy", "10 visits, but not 16, are medically necessary.", 10),
    ("16 visits of aquatic therapy", "The denial should be overturned for ten visits and upheld for six.", 10),
    ("home nursing, 12 hours a day", "Six hours a day are medically necessary, and the other six are not.", 6),
    ("inpatient stay", "The stay from 1/2/20 to 1/9/20 was medically necessary. The stay after 1/9/20 was not medically necessary.", None),
]  # fmt: skip


@pytest.mark.parametrize(("request_text", "said", "granted"), PARTS)
def test_a_part_is_granted(request_text: str, said: str, granted: int | None) -> None:
    (evidence,) = conclusions(READ(said), [request_text])
    found = decide(evidence)
    assert found.decision == "modified"
    if granted is not None:
        assert found.granted == granted


SHARED = [
    ("The denial is overturned for the cane and upheld for the ankle brace.", ["upheld", "overturned"]),
    ("The denial should be upheld with respect to the ankle brace and overturned with respect to the cane.", ["upheld", "overturned"]),
    ("The reviewer found the cane, but not the ankle brace, medically necessary.", ["upheld", "overturned"]),
    ("The cane, unlike the ankle brace, is medically necessary.", ["upheld", "overturned"]),
    ("Both are medically necessary except the ankle brace.", ["upheld", "overturned"]),
    ("Neither is medically necessary.", ["upheld", "upheld"]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "decisions"), SHARED)
def test_outcomes_are_shared_out(said: str, decisions: list[str]) -> None:
    found = conclusions(READ(said), ["ankle brace", "cane"])
    assert [decide(evidence).decision for evidence in found] == decisions


def test_one_member_of_a_panel_decides_nothing_alone() -> None:
    (evidence,) = conclusions(READ(f"Only one of three reviewers determined that {IT}."), ["ankle brace"])
    assert decide(evidence).decision is None


def test_the_rest_alone_decides_nothing() -> None:
    (evidence,) = conclusions(READ("The rest is not medically necessary."), ["16 visits of aquatic therapy"])
    assert decide(evidence).decision is None


ANSWERS = [
    ("Was the ankle brace medically necessary? Yes.", "overturned"), ("Are the braces medically necessary? No.", "upheld"),
    ("Question: Is the ankle brace medically necessary?\nAnswer: No. The sprain has healed.", "upheld"),
    ("At issue is whether the ankle brace is medically necessary. The physician reviewer concluded that it was.", "overturned"),
    ("Is the ankle brace medically necessary? The answer is in the negative.", "upheld"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "decision"), ANSWERS)
def test_an_answer_to_the_question_decides(text: str, decision: str) -> None:
    assert _decisions(text) == {decision}


@pytest.mark.parametrize(
    "between", ["The plan says that it was not.", "The ankle is sprained.", "No. 5 of the policy applies."]
)
def test_a_question_is_answered_in_the_next_sentence_or_not_at_all(between: str) -> None:
    assert _decisions(f"Is the ankle brace medically necessary? {between} Yes.") == set()
