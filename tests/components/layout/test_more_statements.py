"""More deciding phrases and more people who say them: none is turned round, and nobody but the reviewer decides."""
# ruff: noqa: E501

from __future__ import annotations

import pytest

from imr_nlp.components.layout.statements import words
from imr_nlp.components.layout.statements.reader import load_statements
from imr_nlp.config import ConfigError, read_yaml

READ = load_statements().read
YES = [
    "IT is a medical necessity", "IT is deemed medically necessary", "IT is found to be medically necessary",
    "the necessity of IT is established", "medical necessity for IT is met",
    "the documentation supports the medical necessity of IT", "the records demonstrate that IT is medically necessary",
    "IT meets the definition of medical necessity", "IT is appropriate and medically necessary", "IT is certified",
    "IT is necessary and should be approved", "IT should be covered", "the denial of IT should not stand",
    "the insurer's decision should be overturned", "the adverse determination is reversed",
    "the plan's denial of IT is overturned", "the health plan's denial was not appropriate",
    "it was unreasonable to deny IT", "no other treatment would serve and IT is medically necessary",
    "IT is medically necessary in its entirety", "IT qualifies as medically necessary",
]  # fmt: skip
NO = [
    "IT is not a medical necessity", "IT is not deemed medically necessary", "IT cannot be considered medically necessary",
    "IT was found not to be medically necessary", "the necessity of IT is not established",
    "medical necessity for IT is not met", "the documentation does not support the medical necessity of IT",
    "the records do not demonstrate that IT is medically necessary", "IT does not meet the definition of medical necessity",
    "IT is not appropriate and not medically necessary", "IT is unnecessary and should be denied", "IT is not certified",
    "IT should not be covered", "the denial of IT should stand", "the insurer's decision should be upheld",
    "the adverse determination is upheld", "the plan's denial of IT is affirmed", "it was reasonable to deny IT",
    "there is little to suggest that IT is medically necessary", "IT lacks medical necessity",
    "it has not been demonstrated that IT is medically necessary", "IT is hardly medically necessary",
    "IT in not medically necessary", "IT ls not medically necessary", "IT is nol medically necessary",
    "the insurer's decision on IT is hereby upheld in its entirety",
    "IT is experimental and not medically necessary", "IT does not qualify as medically necessary",
    "it is impossible, on such a record, to call IT medically necessary", "nobody could call IT medically necessary",
    "the records do not, despite three letters, show that IT is medically necessary",
    "there is a dearth of evidence that IT is medically necessary",
]  # fmt: skip
PHRASES = [(phrase, "overturned") for phrase in YES] + [(phrase, "upheld") for phrase in NO]
REVIEWER = [
    "The reviewer determined that {}.", "In my opinion, {}.", "I find that {}.", "Thus, {}.", "Based on the above, {}.",
    "It is the opinion of this reviewer that {}.", "The physician consultant concluded that {}.", "It is determined that {}.",
]  # fmt: skip
OTHERS = [
    "The insurer maintained that {}.", "The carrier's position is that {}.", "According to the health plan, {}.",
    "Utilization review determined that {}.", "In its denial letter, the plan wrote that {}.",
    "The plan's medical director found that {}.", "Per the carrier, {}.",
    "The AME opined that {}.", "Dr. Smith opines that {}.", "According to the provider, {}.",
    "In the opinion of the treating doctor, {}.", "The appeal letter argues that {}.", "The patient contends that {}.",
    "The question is whether {}.", "We were asked to decide whether {}.", "The reviewer was asked if {}.",
    "This review considers whether {}.", "Whether {} is the issue.",
    "The judge ruled that {}.", "The applicant's attorney: {}.", "Her husband is sure that {}.", "It was once thought that {}.",
    "A second opinion might show that {}.",
    "The MTUS says that {}.", "Studies show that {}.", "If the pain persists, {}.", "{} when conservative care fails.",
    "Unless red flags appear, {}.", "Once the criteria are met, {}.",
]  # fmt: skip


BEHIND = [
    "{}, according to the health plan.", "{} in the view of the carrier.", "{}, the insurer says.", "{}, her surgeon believes.",
    "{} in the opinion of the treating doctor.", "{}, according to the AME.", "{}, as the plan notes.",
    "{} in the opinion of one of the three reviewers.", "The plan wrote, ‘After review, {}.’",
]  # fmt: skip
MINE = [
    "For those reasons, {}.", "For those reasons {}.",
    "{} in the opinion of this reviewer.", "{}, in my opinion.", "{}, according to the records.", "{}, as the records show.",
    "{} per the MTUS.", "{}, the reviewer finds.", "{} in the reviewer's judgment.",
]  # fmt: skip


def _decisions(frame: str, phrase: str) -> set[str]:
    said = frame.format(phrase.replace("IT", "the knee brace"))
    return {statement.decision for statement in READ(said[0].upper() + said[1:]) if statement.decides}


@pytest.mark.parametrize(("phrase", "decision"), PHRASES)
def test_every_voice_of_the_reviewer_decides_alike(phrase: str, decision: str) -> None:
    assert {frame: _decisions(frame, phrase) for frame in REVIEWER} == {frame: {decision} for frame in REVIEWER}


@pytest.mark.parametrize(("phrase", "_"), PHRASES)
def test_no_other_voice_decides(phrase: str, _: str) -> None:
    assert {frame: _decisions(frame, phrase) for frame in OTHERS} == {frame: set() for frame in OTHERS}


@pytest.mark.parametrize("frame", BEHIND)
def test_whoever_is_named_behind_a_clause_says_it(frame: str) -> None:
    said = READ(frame.format("the knee brace is not medically necessary"))
    assert not [s for s in said if s.decides and s.holder != "member"]


@pytest.mark.parametrize("frame", MINE)
def test_what_the_reviewer_cites_behind_a_clause_is_the_reviewer_s(frame: str) -> None:
    assert _decisions(frame, "IT is not medically necessary") == {"upheld"}


@pytest.mark.parametrize(
    "text",
    [
        "The denial was issued because the knee brace is not medically necessary.",
        "The non-certification was given since medical necessity of the brace was not established.",
        "The QME concluded the brace is medically necessary.",
        "The reviewer would have found that the brace is medically necessary.",
        "I would have found the brace medically necessary had the notes been sent.",
        "Braces are generally not medically necessary.",
        "In most such workers a brace is not medically necessary.",
    ],
)
def test_a_reason_or_a_stranger_decides_nothing(text: str) -> None:
    assert [s for s in READ(text) if s.decides] == []


@pytest.mark.parametrize("lost", ["[illegible]", "____", "*****", "█████", "▓▓", "■■■", "####"])
@pytest.mark.parametrize("rest", ["medically necessary", "and appropriate"])
def test_words_that_nobody_can_read_decide_nothing(lost: str, rest: str) -> None:
    assert [s for s in READ(f"The knee brace is {lost} {rest}.") if s.decides] == []


def test_a_bar_elsewhere_hides_no_decision() -> None:
    said = READ("Ms. ████ was seen by Dr. ■■■■. The knee brace is not medically necessary.")
    assert [s.decision for s in said if s.decides] == ["upheld"]


def test_not_one_of_several_is_none_of_them() -> None:
    decisions = [
        [s.decision for s in READ(text) if s.decides]
        for text in (
            "Not one of the requested braces is medically necessary.",
            "One of the braces is not medically necessary.",
            "The brace is not only medically necessary but overdue.",
        )
    ]
    assert decisions == [["upheld"], ["upheld"], ["overturned"]]


@pytest.mark.parametrize(
    ("word", "decision"),
    [
        ("", "overturned"), ("now", "overturned"), ("clearly", "overturned"), ("not", "upheld"), ("no", "upheld"),
        ("n ot", "upheld"), ("nott", "upheld"), ("nto", None), ("bot", None),
    ],
)  # fmt: skip
def test_a_word_between_to_and_be(word: str, decision: str | None) -> None:
    for text in (
        "The request for a brace is found to {} be medically necessary.",
        "I find it to {} be medically necessary.",
    ):
        assert [s.decision for s in READ(text.format(word)) if s.decides] == [decision] * bool(decision)


def test_a_small_word_is_put_right_only_in_its_formula() -> None:
    said = READ("The insurer denied the brace as not medically necessary. It is in net use; it is hot.")
    assert [s for s in said if s.decides] == []


def test_a_reason_of_the_reviewer_decides() -> None:
    said = READ("The denial is upheld because the knee brace is not medically necessary.")
    assert {s.decision for s in said if s.decides} == {"upheld"}


NO_ANSWERS = [
    "No. {}.", "No, {}.", "No: {}.", "No; {}.", "No - {}.", "Therefore, no, {}.", "Answer: No. {}.",
    "Is it needed? No. {}.", "Is it needed? No, {}.", "For these reasons, no, {}.", "In my opinion, no. {}.",
    "The answer is no: {}.", "Decision: No, {}.",
]  # fmt: skip


@pytest.mark.parametrize("frame", NO_ANSWERS)
def test_an_answer_before_the_reason_turns_nothing_round(frame: str) -> None:
    assert {phrase: _decisions(frame, phrase) for phrase in NO} == {phrase: {"upheld"} for phrase in NO}


@pytest.mark.parametrize("frame", [answer.replace("No", "Yes").replace("no", "yes") for answer in NO_ANSWERS])
def test_a_yes_before_the_reason_turns_nothing_round(frame: str) -> None:
    assert {phrase: _decisions(frame, phrase) for phrase in YES} == {phrase: {"overturned"} for phrase in YES}


@pytest.mark.parametrize("opening", ["", "Answer: ", "Is it needed? ", "In my opinion, "])
def test_no_before_a_noun_denies(opening: str) -> None:
    for noun in ("such brace", "knee brace", "device of this kind"):
        said = f"{opening}No {noun} is medically necessary."
        assert {one.decision for one in READ(said) if one.decides} == {"upheld"}, said
    said = f"{opening}No the knee brace is not medically necessary."
    assert {one.decision for one in READ(said) if one.decides} == {"upheld"}, said


FAR = [
    ("There is no proof in the chart, the films or the letters of the surgeon that IT is medically necessary.", "upheld"),
    ("There is no evidence from the sleep study or from the two clinics that IT is medically necessary.", "upheld"),
    ("There is ample evidence in the notes and in the letters of her surgeon that IT is medically necessary.", "overturned"),
    ("It has not been shown by the chart, the notes or the letters of his doctors that IT is medically necessary.", "upheld"),
    ("It cannot be concluded from the notes of the two visits in March that IT is medically necessary.", "upheld"),
    ("It can be concluded from the notes of the two visits in March that IT is medically necessary.", "overturned"),
    ("Neither the notes nor the letters of her physicians establish that IT is medically necessary.", "upheld"),
    ("The notes submitted by the clinic on behalf of the enrollee fail to establish that IT is medically necessary.", "upheld"),
    ("The plan's decision that IT is experimental cannot be upheld.", "overturned"),
    ("The insurer's determination that IT is not medically necessary was correct.", "upheld"),
    ("The determination of the plan that IT is not medically necessary must be reversed.", "overturned"),
]  # fmt: skip
NOBODY = [
    "It has not been claimed by anyone that IT is not medically necessary.",
    "It is not my opinion that IT is medically necessary.", "It was never the panel's view that IT is medically necessary.",
    "The denial notice, which says that IT is not medically necessary, came in May.",
    "The plan's refusal, on the ground that IT is not medically necessary, came in May.",
    "It was held in the previous review by another panel that IT is medically necessary.",
    "It was argued by the enrollee, and in the letters of two surgeons, that IT is medically necessary.",
    "It was written by the plan in each of its two letters of denial that IT is not medically necessary.",
    "Her surgeon's determination that IT is medically necessary was overturned by the plan.",
    "If the plan's determination that IT is not medically necessary is overturned, she may get it.",
    "The notes of her doctors show that IT is medically necessary.",
    "The health plan's determination that IT was medically necessary is not at issue.",
]  # fmt: skip


@pytest.mark.parametrize(("frame", "decision"), FAR)
def test_what_governs_a_clause_may_stand_far_off(frame: str, decision: str) -> None:
    assert _decisions("{}", frame) == {decision}


@pytest.mark.parametrize("frame", NOBODY)
def test_what_the_reviewer_does_not_say_decides_nothing(frame: str) -> None:
    assert _decisions("{}", frame) == set()


@pytest.mark.parametrize(("verb", "decision"), [("is", "overturned"), ("is not", "upheld")])
@pytest.mark.parametrize("subject", ["the sling", "a sling", "bracing"])
@pytest.mark.parametrize(
    "side",
    [
        "since there are none", "because none was given", "as none of the criteria are met", "given that no trial was done",
        "although no films were sent", "since no other option is left", "since there is no instability",
        "given that there was no improvement", "while no surgery is planned", "now that no other drug is left",
        "because none of the notes of the last year were sent", "though nobody has examined the arm",
    ],
)  # fmt: skip
def test_a_side_clause_without_comma_denies_nothing(side: str, subject: str, verb: str, decision: str) -> None:
    for comma in ("", ","):
        (said,) = READ(f"{side.capitalize()}{comma} {subject} {verb} medically necessary.")
        assert (said.decision, said.mood) == (decision, "stated")


@pytest.mark.parametrize(
    "subject", ["None of the items that were asked for", "No sling", "Neither the sling nor the cane"]
)
def test_a_subject_that_is_none_denies(subject: str) -> None:
    (said,) = READ(f"{subject} is medically necessary.")
    assert said.decision == "upheld"


def test_a_deciding_verb_that_no_trigger_finds_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = dict(read_yaml("layout/statements.yml", "layout/statements.yml"))
    data["verbs"] = {**data["verbs"], "overturned": [*data["verbs"].get("overturned", []), "quash"]}
    monkeypatch.setattr(words, "read_yaml", lambda *_: data)
    with pytest.raises(ConfigError, match='triggers: finds nothing in "quash"'):
        words.load_lexicon()
