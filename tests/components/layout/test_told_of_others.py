"""Decisions of earlier reviews, opinions of others, conditions and general sentences: none of them decides here."""

import pytest
from spacy.language import Language

_HEAD = "Case Number: CM15-0011223\nIMR ISSUES, DECISIONS AND RATIONALES\n"
_BLOCK = (
    "{heading}\nClaims Administrator guideline: {guideline}\n"
    "MAXIMUS guideline: Decision based on MTUS 2009.\nDecision rationale: {reasons}\n"
)


def _services(
    nlp: Language, heading: str, reasons: str, guideline: str = "Decision based on MTUS 2009."
) -> list[tuple[str, str | None]]:
    text = _HEAD + _BLOCK.format(heading=heading, reasons=reasons, guideline=guideline)
    return [(" ".join(service.text.split()), service.decision) for service in nlp(text)._.letter.services]


EARLIER = [
    "Under CM13-0007654 the request for a stair ramp was medically necessary.",
    "CM13-0007654 concluded that the stair ramp is not medically necessary.",
    "Number CM13-0007654: the denial of the stair ramp is upheld.",
    "The denial of the stair ramp was reversed in CM13-0007654.",
    "The stair ramp, subject of CM13-0007654, which held it not medically necessary, stands outside.",
    "In the previous letter the denial of the stair ramp is overturned.",
    "The 2013 ruling: the stair ramp is medically necessary.",
    "By determination of May 2, 2013, the denial of the stair ramp was upheld.",
    "A determination dated 5/2/2013 held the stair ramp not medically necessary.",
    "The stair ramp was judged medically necessary on 5/2/2013.",
    "The denial of the stair ramp was affirmed on May 2, 2013.",
    "The stair ramp was deemed not medically necessary at the previous review.",
    "The denial of the stair ramp had been overturned.",
    "The original decision found the stair ramp not medically necessary.",
    "A stair ramp built of wood and taken in 2011 was not medically necessary.",
    "The former stair ramp was medically necessary.",
    "A stair ramp of 2011 was medically necessary.",
    "The reviewing panel of 2013 held the stair ramp medically necessary.",
    "According to CM13-0007654 the stair ramp is not medically necessary.",
    "Maximus overturned the denial of the stair ramp last spring.",
    "It was held in 2013 that the stair ramp is medically necessary.",
    "In the ruling that preceded this one, the stair ramp was found medically necessary.",
    "We considered this request before and concluded that the stair ramp was not medically necessary.",
]  # fmt: skip
OTHERS = [
    "Per the carrier the stair ramp is not medically necessary.",
    "To the chiropractor, the stair ramp is medically necessary.",
    "In our view the stair ramp is medically necessary, wrote Dr. Moss.",
    "We were urged to hold that the stair ramp is medically necessary.",
    "We were told by the nurse that the stair ramp is not medically necessary.",
    "A rival opinion: the stair ramp is not medically necessary.",
    "A second opinion concluded that the stair ramp is medically necessary.",
    "As the carrier sees it, the stair ramp is not medically necessary.",
    "From the lawyer's standpoint, the denial must be overturned.",
    "The stair ramp is medically necessary, in the chiropractor's words.",
    "The stair ramp is medically necessary, in the view of the chiropractor.",
    "The chart holds a statement that the stair ramp is medically necessary.",
    "The theory goes that the stair ramp is medically necessary.",
    "An examiner concluded that the stair ramp is not medically necessary.",
    "Our colleague found that the stair ramp is medically necessary.",
    "The stair ramp is medically necessary (the chiropractor, 3/3/2015).",
    "It has been claimed that the stair ramp is medically necessary.",
]  # fmt: skip
GENERAL = [
    "If the reviewer finds the stair ramp medically necessary, the denial must be overturned.",
    "Wherever this reviewer deems the stair ramp medically necessary, the denial is overturned.",
    "Normally, a stair ramp is not medically necessary.",
    "As a general principle a stair ramp is not medically necessary.",
    "A stair ramp is, as a rule, not medically necessary.",
    "A stair ramp is not medically necessary in most cases.",
    "A stair ramp is seldom medically necessary.",
    "Most ramps are not medically necessary.",
    "Reviewers usually hold that a stair ramp is not medically necessary.",
    "Once this reviewer finds the stair ramp medically necessary, the denial is overturned.",
    "Before the stair ramp is medically necessary, a cane has to be tried.",
]  # fmt: skip


@pytest.mark.parametrize("reasons", [*EARLIER, *OTHERS, *GENERAL])
def test_what_others_decided_or_think_decides_nothing(nlp: Language, reasons: str) -> None:
    assert _services(nlp, "Stair ramp", f"She lives upstairs. {reasons}") == [("Stair ramp", None)]


OWN = [
    ("In CM15-0011223 the denial of the stair ramp is upheld.", "upheld"),
    ("Although CM13-0007654 upheld the denial, she is weaker and the stair ramp is medically necessary.", "overturned"),
    ("Unlike in CM13-0007654, the stair ramp is medically necessary.", "overturned"),
    ("In CM13-0007654 the denial was overturned. The stair ramp is not medically necessary today.", "upheld"),
    ("The stair ramp requested on 3/4/2015 is not medically necessary.", "upheld"),
    ("The request of 3/4/2015 for a stair ramp is medically necessary.", "overturned"),
    ("The utilization review decision of 3/4/2015 is overturned.", "overturned"),
    ("The previous denial of the stair ramp is upheld.", "upheld"),
    ("The prior authorization of the stair ramp is medically necessary.", "overturned"),
    ("The former ramp is worn out, and the stair ramp is medically necessary.", "overturned"),
    ("A report of 3/4/2015 shows normal gait, and the stair ramp is not medically necessary.", "upheld"),
    ("Final determination of 4/4/2015: the stair ramp is not medically necessary.", "upheld"),
    ("The medical necessity of the stair ramp had not been established.", "upheld"),
    ("Per the records the stair ramp is not medically necessary.", "upheld"),
    ("To the reviewer, the stair ramp is not medically necessary.", "upheld"),
    ("I was asked to review a stair ramp, and the stair ramp is not medically necessary.", "upheld"),
    ("In this reviewer's opinion, the stair ramp is medically necessary.", "overturned"),
    ("As we see it, the stair ramp is not medically necessary.", "upheld"),
    ("The denial is upheld because the stair ramp was built in 2011.", "upheld"),
    ("The denial of the stair ramp is overturned, as the fall was last year.", "overturned"),
    ("As the chiropractor explained, she fell, and the stair ramp is medically necessary.", "overturned"),
    ("Based on my reading of the 2013 films, the stair ramp is not medically necessary.", "upheld"),
    ("On reading the records, the stair ramp is not medically necessary.", "upheld"),
    ("It is my opinion that the stair ramp is not medically necessary.", "upheld"),
    ("Another stair ramp is not medically necessary.", "upheld"),
    ("The initial denial of the stair ramp is upheld.", "upheld"),
    ("It must be said that the stair ramp is not medically necessary.", "upheld"),
    ("This reviewer finds the stair ramp medically necessary, and the denial is overturned.", "overturned"),
    ("When reading the notes, this reviewer finds the stair ramp not medically necessary.", "upheld"),
    ("As a rule ramps are built of wood, and the stair ramp is not medically necessary.", "upheld"),
    ("The stair ramp, which had been found needless by the carrier, is medically necessary.", "overturned"),
    ("As a result, the stair ramp is not medically necessary.", "upheld"),
]  # fmt: skip


@pytest.mark.parametrize(("reasons", "decision"), OWN)
def test_the_reviewers_own_decision_in_such_words_is_read(nlp: Language, reasons: str, decision: str) -> None:
    assert _services(nlp, "Stair ramp", f"She lives upstairs. {reasons}") == [("Stair ramp", decision)]


@pytest.mark.parametrize(
    "words",
    [
        "Ruling reserved (UR: Upheld)", "Not resolved, since Upheld before", "Already Upheld in another case",
        "On hold; last decision Overturned", "Held over, UR Upheld", "Tabled (old ruling Overturned)",
    ],
)  # fmt: skip
def test_a_heading_that_begins_with_no_decision_has_none(nlp: Language, words: str) -> None:
    assert _services(nlp, f"Stair ramp: {words}", "She lives upstairs.") == [("Stair ramp", None)]


@pytest.mark.parametrize(
    ("heading", "decision"),
    [
        ("Stair ramp: Overturned", "overturned"), ("Surgery: Open reduction: Upheld", "upheld"),
        ("Imaging: Outside x-ray reading: Upheld", "upheld"), ("Stair ramp: Not overturned", "upheld"),
    ],
)  # fmt: skip
def test_such_words_in_a_request_leave_its_decision(nlp: Language, heading: str, decision: str) -> None:
    assert [found for _, found in _services(nlp, heading, "She lives upstairs.")] == [decision]


def test_a_sentence_of_the_guideline_line_is_no_heading(nlp: Language) -> None:
    told = "The Claims Administrator relied on an earlier IMR, in which the stair ramp was: Upheld."
    found = _services(nlp, "Stair ramp: Overturned", "The stair ramp is medically necessary.", told)
    assert found == [("Stair ramp", "overturned")]


_OLD = "Foot bath: Upheld\nHeel cup, 2 units: Upheld\nShoe lift: Overturned"
_END = "\nThe stair ramp is medically necessary."


@pytest.mark.parametrize(
    "told",
    [
        f'The determination of 2013 reads: "{_OLD}" and so on.{_END}',
        f"The former letter ruled as follows:\n{_OLD}{_END}",
        f"Taken from the letter of 2013:\n{_OLD}{_END}",
        f"Last spring, these were settled:\n{_OLD}{_END}",
        f'"{_OLD}" is what was written before.{_END}',
        f"History of appeals.\n2012: Foot bath: Upheld\n2013: Heel cup, 2 units: Upheld{_END}",
    ],
)
def test_a_quoted_list_of_another_review_gives_no_services(nlp: Language, told: str) -> None:
    assert _services(nlp, "Stair ramp: Overturned", f"She lives upstairs. {told}") == [("Stair ramp", "overturned")]


@pytest.mark.parametrize(
    "reasons",
    [
        "The stair ramp is medically necessary.\nHeel cup, 2 units: Upheld",
        "She is 5' 2\" tall. The stair ramp is medically necessary.\nHeel cup, 2 units: Upheld",
        'She said "yes" twice. The stair ramp is medically necessary.\nHeel cup, 2 units: Upheld',
    ],
)
def test_a_line_below_the_reasons_is_a_service(nlp: Language, reasons: str) -> None:
    found = _services(nlp, "Stair ramp: Overturned", reasons)
    assert found == [("Stair ramp", "overturned"), ("Heel cup, 2 units", "upheld")]


def test_a_list_of_another_review_beside_this_ones_gives_no_services(nlp: Language) -> None:
    text = "INDEPENDENT MEDICAL REVIEW\nPrior reviews:\nFoot bath: Upheld\n\nThis review:\nStair ramp: Overturned\n"
    assert [(s.text, s.decision) for s in nlp(text)._.letter.services] == [("Stair ramp", "overturned")]
