"""Decisions that nobody made: words that take a heading's decision back, others' documents, reserved sentences."""

import pytest
from spacy.language import Language

_HEAD = "Case Number: CM15-0011223\nIMR ISSUES, DECISIONS AND RATIONALES\n"
_BLOCK = (
    "{heading}\nClaims Administrator guideline: Decision based on MTUS 2009.\n"
    "MAXIMUS guideline: Decision based on MTUS 2009.\nDecision rationale: {reasons}\n"
)
_NEUTRAL = "The notes of three visits were read. Sensation is intact."


def _services(nlp: Language, *blocks: tuple[str, str]) -> list[tuple[str, str | None]]:
    text = _HEAD + "".join(_BLOCK.format(heading=heading, reasons=reasons) for heading, reasons in blocks)
    return [(" ".join(service.text.split()), service.decision) for service in nlp(text)._.letter.services]


@pytest.mark.parametrize(
    "words",
    [
        "Formerly upheld", "Tentatively overturned", "Might be overturned", "Can not be upheld", "Not yet overturned",
        "Never modified", "Upheld by the insurer", "Denied by UR", "Overturned by the WCJ", "Upheld at reconsideration",
        "Overturned in IMR CM12-0000017", "Overturned in 2013", "Upheld unless films follow",
        "Overturned once she quits",
        "Overturned (proposed)", "Upheld (draft)", "Overturned (tentative, no films)", "Upheld (pending the films)",
        "Upheld (error, see next letter)", "Upheld (typo for Overturned)", "To be upheld or overturned",
        "Overturned, without refills",
        "Upheld / Overturned / Modified", "(Upheld) (Overturned) (Modified)", "Appeal: Upheld", "Not modified",
        "Overturned for 30 days",
    ],
)  # fmt: skip
def test_words_beside_a_decision_word_take_it_back(nlp: Language, words: str) -> None:
    assert _services(nlp, (f"Cervical pillow: {words}", _NEUTRAL)) == [("Cervical pillow", None)]


@pytest.mark.parametrize(
    ("words", "decision"),
    [
        ("Upheld", "upheld"), ("Not upheld", "overturned"), ("Upheld (see below)", "upheld"),
        ("Upheld - not medically necessary", "upheld"), ("Denial upheld", "upheld"), ("Modified to 6", "modified"),
        ("Overturned in part", "modified"), ("Overturned by IMR", "overturned"),
        ("Overturned, 4 visits only", "modified"),
        ("Overturned x 4 visits, balance denied", "modified"), ("Denied on 3/3/2015", "upheld"),
    ],
)  # fmt: skip
def test_words_beside_a_decision_word_that_leave_it(nlp: Language, words: str, decision: str) -> None:
    assert _services(nlp, (f"Cervical pillow: {words}", _NEUTRAL)) == [("Cervical pillow", decision)]


@pytest.mark.parametrize("between", ["; ", ", ", " | ", " and "])
def test_a_line_that_decides_two_services_gives_two(nlp: Language, between: str) -> None:
    found = _services(nlp, (f"Cervical pillow: Upheld{between}Heel cup: Overturned", _NEUTRAL))
    assert found == [("Cervical pillow", "upheld"), ("Heel cup", "overturned")]


@pytest.mark.parametrize("name", ["[Service 1]", "Items 1 and 3", "Service 2"])
def test_a_placeholder_has_no_decision(nlp: Language, name: str) -> None:
    found = _services(nlp, (f"{name}: Upheld", "The request is not medically necessary."))
    assert all(decision is None for _, decision in found)


def test_a_heading_of_amounts_alone_goes_on_from_the_line_before(nlp: Language) -> None:
    assert _services(nlp, ("Baclofen 10mg\n#90, 2 refills: Upheld", _NEUTRAL)) == [
        ("Baclofen 10mg #90, 2 refills", "upheld")
    ]


def test_a_decision_on_a_line_of_its_own_behind_a_sentence_makes_no_service(nlp: Language) -> None:
    found = _services(nlp, ("Cervical pillow:", "The pillow was lost.\nDecision: Upheld"))
    assert [text for text, _ in found] == ["Cervical pillow"]


def test_one_service_with_two_decisions_has_none_and_an_error(nlp: Language) -> None:
    letter = nlp(
        _HEAD
        + _BLOCK.format(heading="Heel cup: Upheld", reasons=_NEUTRAL)
        + _BLOCK.format(heading="Heel cup: Overturned", reasons=_NEUTRAL)
    )._.letter
    assert [service.decision for service in letter.services] == [None, None]
    assert "decision_conflict" in [warning.code for warning in letter.warnings]


def test_a_correction_below_a_decision_leaves_it_open(nlp: Language) -> None:
    found = _services(nlp, ("Heel cup: Upheld", f"{_NEUTRAL} Corrigendum: read the opposite above."))
    assert found == [("Heel cup", None)]


@pytest.mark.parametrize(
    "reasons",
    [
        "During 2012 a reviewer held that the heel cup was not medically necessary.",
        "An earlier determination found that the heel cup is not medically necessary.",
        "Three years ago the heel cup was medically necessary.",
        "The heel cup was medically necessary in 2011.",
        "Supposing that the heel cup is medically necessary, who pays is open.",
        "The carrier writes: the heel cup is not medically necessary.",
        "The heel cup, which her podiatrist thinks is medically necessary, is worn out.",
        "I see little reason to uphold the denial.",
        "The heel cup was found not medically necessary by the plan.",
        "The denial should be overturned, she insists.",
        "The heel cup is medically necessary until 5/1/2016.",
        "The heel cup is medically necessary for the left foot, but not for the right.",
        "An ankle brace is medically necessary.",
        "Yoga is not medically necessary.",
    ],
)
def test_a_sentence_of_another_time_person_or_thing_decides_nothing(nlp: Language, reasons: str) -> None:
    ((_, decision),) = _services(nlp, ("Heel cup", reasons))
    assert decision in (None, "overturned") if "little reason" in reasons else decision is None


@pytest.mark.parametrize(
    ("request_", "reasons", "decision"),
    [
        ("Heel cup", "Proposed heel cup is not medically necessary.", "upheld"),
        ("Heel cup", "The heel cup is found not medically necessary by me.", "upheld"),
        ("Left knee arthroscopy", "The right knee surgery is medically necessary.", None),
        ("Left knee arthroscopy", "The left knee surgery is medically necessary.", "overturned"),
        ("Injection at C6-7", "An injection at C3-4 is not medically necessary.", None),
        ("Home traction", "A home program is medically necessary.", None),
        ("Norco 10mg", "The requested opioid is not medically necessary.", "upheld"),
    ],
)
def test_a_conclusion_must_name_the_request(nlp: Language, request_: str, reasons: str, decision: str | None) -> None:
    assert _services(nlp, (request_, reasons)) == [(request_, decision)]


@pytest.mark.parametrize(
    "conclusion", ["Item 1 is overturned.", "One of the denials is overturned.", "It is upheld in part."]
)
def test_a_conclusion_on_some_of_several_services_decides_none_of_them(nlp: Language, conclusion: str) -> None:
    found = _services(nlp, ("1. Heel cup", _NEUTRAL), ("2. Ankle brace", f"{_NEUTRAL} The denial: {conclusion}"))
    assert [decision for _, decision in found] == [None, None]


@pytest.mark.parametrize(
    "text",
    [
        "UTILIZATION REVIEW DECISION\nTreatment requested: Heel cup\nThe heel cup is not medically necessary.",
        "Notice of Denial\nRequest for a heel cup. The heel cup is not medically necessary.\n"
        "If you disagree, you may ask for an independent medical review.",
        "Re: Appeal of the denial\nI am writing to ask for the heel cup. The heel cup is medically necessary.",
        "Panel QME supplemental report\nHeel cup requested. The request for a heel cup is medically necessary.",
        "NOTICE OF CASE ASSIGNMENT\nIMR\nReconsideration gave:\n1. Heel cup: Upheld\n2. Cane: Overturned",
        "Quarterly statistics of Independent Medical Review\nHeel cup: Upheld\nCane: Overturned",
        "Independent Medical Review\nHeel cup: Upheld\nSo said utilization review. A reviewer will be appointed.",
        "Invoice\nIndependent Medical Review of one item\nHeel cup: Upheld\nFee $90",
    ],
)  # fmt: skip
def test_a_document_of_another_kind_has_no_decision(nlp: Language, text: str) -> None:
    letter = nlp(text)._.letter
    assert letter.source.layout == "other-document"
    assert {service.decision for service in letter.services} <= {None}
    assert "other_document" in [warning.code for warning in letter.warnings]


@pytest.mark.parametrize("answer", ["Deferred", "Withdrawn by the provider", "May be overturned", "Upheld?"])
def test_a_heading_that_leaves_it_open_is_not_decided_by_a_sentence(nlp: Language, answer: str) -> None:
    found = _services(
        nlp, (f"Heel cup: {answer}", "The first denial of a sling was upheld. It is not medically necessary.")
    )
    assert found == [("Heel cup", None)]


@pytest.mark.parametrize(
    "text",
    [
        "DRAFT - for internal use\n" + _HEAD + _BLOCK.format(heading="Heel cup: Upheld", reasons=_NEUTRAL),
        "*** DRAFT FOR REVIEW ***\n" + _HEAD + _BLOCK.format(heading="Heel cup: Upheld", reasons=_NEUTRAL),
        "PROPOSED - NOT FINAL\n" + _HEAD + _BLOCK.format(heading="Heel cup: Upheld", reasons=_NEUTRAL),
        "Tentative decision, for comment.\n" + _HEAD + _BLOCK.format(heading="Heel cup: Upheld", reasons=_NEUTRAL),
        "SAMPLE LETTER\n" + _HEAD + _BLOCK.format(heading="Heel cup: Upheld", reasons=_NEUTRAL),
        _HEAD + _BLOCK.format(heading="Heel cup: Upheld", reasons="This determination has been rescinded."),
    ],
)
def test_a_draft_or_a_rescinded_letter_has_no_decision(nlp: Language, text: str) -> None:
    letter = nlp(text)._.letter
    assert letter.source.layout == "other-document"
    assert {service.decision for service in letter.services} <= {None}


def test_a_line_that_begins_with_utilization_review_makes_no_other_document(nlp: Language) -> None:
    text = (
        "INDEPENDENT MEDICAL REVIEW\nCase CM19-0001234\nThe worker has had a sore heel since May.\n"
        "Utilization review turned it down in June.\nDisputed service: Heel cup\nDecision: Overturned\n"
    )
    letter = nlp(text)._.letter
    assert [(service.text, service.decision) for service in letter.services] == [("Heel cup", "overturned")]


@pytest.mark.parametrize(
    "reasons",
    [
        "The first reviewer determined that the heel cup is medically necessary, and that the denial should be "
        "overturned. "
        "The second reviewer determined that it is not, and that the denial should be upheld.",
        "One reviewer found that the heel cup is medically necessary.",
    ],
)
def test_members_of_a_panel_decide_nothing_without_its_vote(nlp: Language, reasons: str) -> None:
    assert _services(nlp, ("Heel cup", reasons)) == [("Heel cup", None)]


def test_a_labelled_quotation_is_its_label_s(nlp: Language) -> None:
    found = _services(
        nlp, ("Heel cup", 'The file holds a page. Guideline: "A heel cup is not medically necessary at first."')
    )
    assert found == [("Heel cup", None)]


@pytest.mark.parametrize(
    ("name", "found"),
    [("Heel cup", [("Heel cup", "overturned")]), ("Neck pillow", [("Heel cup", None), ("Neck pillow", "overturned")])],
)
def test_the_corrected_decision_of_the_same_service_holds(
    nlp: Language, name: str, found: list[tuple[str, str | None]]
) -> None:
    text = f"Heel cup: Upheld\nThe corrected determination reads:\n{name}: Overturned\nIt is final.\n"
    letter = nlp(f"INDEPENDENT MEDICAL REVIEW\n{text}")._.letter
    assert [(service.text, service.decision) for service in letter.services] == found


@pytest.mark.parametrize(
    "words",
    [
        "ADDENDUM: the decision on the pillow is changed from Upheld to Overturned.",
        "The decision for the pillow should read Overturned.",
        "This determination was vacated on 3/3/2016.",
    ],
)
def test_a_decision_that_was_changed_later_is_none(nlp: Language, words: str) -> None:
    blocks = [("Cervical pillow: Upheld", _NEUTRAL), ("Cane: Overturned", f"{_NEUTRAL}\n{words}")]
    assert {decision for _, decision in _services(nlp, *blocks)} == {None}


def test_each_service_of_a_line_has_its_own_decision(nlp: Language) -> None:
    found = _services(nlp, ("Cane: Upheld. Cervical pillow: Overturned. Sling: Upheld.", _NEUTRAL))
    assert found == [("Cane", "upheld"), ("Cervical pillow", "overturned"), ("Sling", "upheld")]


@pytest.mark.parametrize("label", ["Retro", "Right shoulder", "Associated surgical service"])
def test_a_label_belongs_to_a_request_without_a_decision_word(nlp: Language, label: str) -> None:
    found = _services(nlp, (f"{label}: sling", "The sling is not medically necessary."))
    assert found == [(f"{label}: sling", "upheld")]
