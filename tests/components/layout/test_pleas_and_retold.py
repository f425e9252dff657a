"""Pleas, other documents that retell a decision, the insurer's appeals, and conclusions taken back."""

import pytest
from spacy.language import Language

from imr_nlp.components.layout.statements.reader import load_statements

READ = load_statements().read
_REQUEST = "A 33-year-old enrollee has requested authorization and coverage for a swing bed. The plan refused. "
_FOUND = "The reviewer determined that the swing bed is medically necessary. "


def _decided(text: str) -> set[str]:
    return {said.decision for said in READ(text) if said.decides}


PLEAS = [
    "I ask that the reviewer find that the swing bed is medically necessary and that the denial be overturned.",
    "We ask that Maximus find the swing bed medically necessary.",
    "Her lawyer urges the panel to hold that the swing bed is medically necessary.",
    "I trust that the reviewer will find the swing bed medically necessary.",
    "You should find that the swing bed is medically necessary.",
    "I submit that the swing bed is medically necessary.",
    "We hope that the swing bed is found medically necessary.",
    "I request that the swing bed be approved.",
    "We contend that the swing bed is not medically necessary.",
    "Please find that the swing bed is medically necessary.",
    "The only report so far finds that the swing bed is medically necessary.",
    "The reviewer had determined that the swing bed is not medically necessary.",
    "In a similar case the reviewer found that the swing bed is not medically necessary.",
]  # fmt: skip
TAKEN_BACK = [
    "To pronounce the swing bed medically necessary would overlook the films.",
    "Finding the swing bed medically necessary would go beyond the guideline.",
    "Although a case could be made that the swing bed is medically necessary, the reviewer is not persuaded.",
    "An argument may be made that the swing bed is not medically necessary, but it is weak.",
    "One might think that the swing bed is medically necessary.",
    "It may seem that the swing bed is not medically necessary.",
    "The former request for a swing bed was medically necessary. The present one adds a second.",
    "Her first swing bed was medically necessary. Another one is a spare.",
    "The old swing bed, of 2011, was medically necessary.",
    "The swing bed is medically necessary, so the brochure claims.",
    "The swing bed is medically necessary at best.",
    "On paper the swing bed is medically necessary.",
    "The swing bed is medically necessary on paper. The gait tells another story.",
    "The swing bed is medically necessary for travel, which is not a medical purpose.",
    "The swing bed is medically necessary for racing, but no racing is foreseen.",
    "The view that the swing bed is not medically necessary is rejected.",
    "The swing bed was deemed not medically necessary for lack of notes. With the notes now on file it meets the rule.",
    "The swing bed was held not medically necessary in March. She has fallen twice.",
]  # fmt: skip
INNER = [
    "The denial was upheld by the grievance committee.",
    "On appeal the denial was upheld.",
    "After a first-level review the denial was affirmed.",
    "At the second level the denial was sustained.",
    "At both levels of appeal the denial was upheld.",
    "The denial was affirmed at the first level.",
]  # fmt: skip


@pytest.mark.parametrize("sentence", [*PLEAS, *TAKEN_BACK, *INNER])
def test_a_plea_a_supposition_or_the_insurers_appeal_decides_nothing(sentence: str) -> None:
    assert _decided(sentence) == set()


OWN = [
    ("The reviewer finds the swing bed medically necessary.", "overturned"),
    ("This reviewer must conclude that the swing bed is not medically necessary.", "upheld"),
    ("We find that the swing bed is medically necessary.", "overturned"),
    ("The reviewer recommends that the denial be overturned.", "overturned"),
    ("Finding the swing bed medically necessary, this reviewer overturns the denial.", "overturned"),
    ("It is impossible, on these notes, to call the swing bed medically necessary.", "upheld"),
    ("The swing bed is not medically necessary, and to call it so would stretch the rule.", "upheld"),
    ("No case can be made that the swing bed is medically necessary.", "upheld"),
    ("I am not convinced that the swing bed is medically necessary.", "upheld"),
    ("The swing bed is not medically necessary; this reviewer is not convinced.", "upheld"),
    ("The swing bed is medically necessary, as the notes show.", "overturned"),
    ("The swing bed is medically necessary, as the therapist reports a fall.", "overturned"),
    ("The swing bed is medically necessary for the left leg, which is not stable.", "overturned"),
    ("The swing bed was found not medically necessary. The guideline is not met.", "upheld"),
    ("I reject the opinion that the swing bed is not medically necessary.", "overturned"),
    ("The denial was upheld by the independent review panel.", "upheld"),
    ("The first appeal was lost. The denial is upheld.", "upheld"),
    ("On appeal, the denial is overturned.", "overturned"),
    ("The denial was upheld by the grievance panel. The reviewer recommends that the bed be covered.", "overturned"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "decision"), OWN)
def test_the_reviewers_own_words_decide(sentence: str, decision: str) -> None:
    assert _decided(sentence) == {decision}


OTHER = [
    ("Newsletter for case managers, fall issue\n\n", ""),
    ("The surgeon's reply to the plan\n\n", ""),
    ("Minutes of the board\n\n", ""),
    ("Affidavit of the enrollee\n\n", ""),
    ("Transcript, third day\n\n", ""),
    ("", "I am her treating neurologist."),
    ("", "My insurer denied it twice."),
    ("", "The second reviewer has not answered yet."),
    ("", "That review was never in force."),
    ("", "The director later annulled the review."),
    ("", "We ask the panel for a quick decision."),
    ("", "Please uphold the denial."),
    ("", "This letter is not part of any appeal."),
    ("", "Names were changed."),
    ("", "We thank your client for the records."),
]  # fmt: skip


@pytest.mark.parametrize(("title", "tail"), OTHER)
def test_other_documents_give_no_decision(nlp: Language, title: str, tail: str) -> None:
    letter = nlp(title + _REQUEST + _FOUND + tail)._.letter
    assert [service.decision for service in letter.services] == [None]
    assert "other_document" in {warning.code for warning in letter.warnings}


@pytest.mark.parametrize(
    ("title", "tail"),
    [
        ("", ""),
        ("Findings of the reviewer\n\n", ""),
        ("", "The plan's minutes and the brief of her lawyer were read."),
        ("", "The reviewer did not see a second opinion."),
        ("", "Her doctor hopes for an answer."),
        ("", "This decision is in force at once."),
        ("", "She reported that the episode of pain was short."),
        ("", 'The enrollee writes: "My insurer denied it twice. Please overturn the denial."'),
    ],
)
def test_a_finding_stays_a_finding(nlp: Language, title: str, tail: str) -> None:
    letter = nlp(title + _REQUEST + _FOUND + tail)._.letter
    assert [service.decision for service in letter.services] == ["overturned"]
