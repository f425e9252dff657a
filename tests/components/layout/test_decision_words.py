"""What a decision word at the end of a heading is worth: misread, torn from its service, or part of a name."""

from __future__ import annotations

import pytest
from spacy.language import Language

from imr_nlp.components.layout.decisions import load_decisions

LETTER = """CLINICAL CASE SUMMARY
The worker is a 44 year old baker with a sore wrist.{summary}
IMR ISSUES, DECISIONS AND RATIONALES
The Final Determination was based on decisions for the disputed items/services set forth below:
{heading}
Claims Administrator guideline: None cited.
MAXIMUS guideline: None cited.
Decision rationale: {reasons}
Walking cane: Upheld
Claims Administrator guideline: None cited.
MAXIMUS guideline: None cited.
Decision rationale: The gait is steady.
"""
REASONS = "The wrist is swollen."


def _read(nlp: Language, heading: str, reasons: str = REASONS, summary: str = "") -> list[tuple[str, str | None]]:
    letter = nlp(LETTER.format(heading=heading, reasons=reasons, summary=summary))._.letter
    return [(service.text, service.decision) for service in letter.services]


CANE = ("Walking cane", "upheld")


@pytest.mark.parametrize(
    ("written", "decision"),
    [
        ("Overturncd", "overturned"),
        ("UPHELO", "upheld"),
        ("Uphed.", "upheld"),
        ("Overturrned", "overturned"),
        ("O v e r t u r n e d", "overturned"),
        ("Overtur", "overturned"),  # the edge of the page
        ("Uphe", "upheld"),
    ],
)
def test_a_word_with_one_wrong_letter_decides(nlp: Language, written: str, decision: str) -> None:
    assert _read(nlp, f"Wrist splint: {written}") == [("Wrist splint", decision), CANE]


@pytest.mark.parametrize("written", ["Upturned", "Modifier", "Withheld", "Over", "Up", "Author", "Approv"])
def test_another_word_does_not(nlp: Language, written: str) -> None:
    assert [decision for _, decision in _read(nlp, f"Wrist splint: {written}")] == [None, "upheld"]


def test_a_word_behind_a_comma_belongs_to_the_name(nlp: Language) -> None:
    assert _read(nlp, "Swallowing test, barium, modified") == [("Swallowing test, barium, modified", None), CANE]
    assert _read(nlp, "Swallowing test, barium, modified: Overturned")[0][1] == "overturned"
    assert _read(nlp, "Swallowing test, barium: Modified")[0] == ("Swallowing test, barium", "modified")


def test_decisions_torn_from_their_services_name_none(nlp: Language) -> None:
    assert _read(nlp, "Wrist splint\nElbow pad\n\nUpheld\nOverturned") == [CANE]


def test_a_heading_inside_an_open_quotation_is_another_letters(nlp: Language) -> None:
    quoted = '\nA report of May in another case reads in full:\n"Elbow pad: Upheld\n'
    sections = 'MAXIMUS guideline: None cited.\nDecision rationale: It is soft."\nShe asks for a splint now.'
    letter = LETTER.replace("IMR ISSUES, DECISIONS AND RATIONALES\n", "")
    record = nlp(letter.format(heading="Wrist splint: Overturned", reasons=REASONS, summary=quoted + sections))._.letter
    assert "Elbow pad" not in " ".join(service.text for service in record.services)
    assert _read(nlp, 'The "Grip" splint: Overturned')[0] == ('The "Grip" splint', "overturned")
    assert _read(nlp, 'Foam pad 5" wide: Overturned')[0] == ('Foam pad 5" wide', "overturned")


SUMMARY = "The gait is steady.\nFINAL DECISION\nWrist splint ........ {first}\nWalking cane ........ Upheld\n"


def test_a_summary_that_says_otherwise_takes_the_decision_away(nlp: Language) -> None:
    for word, decision in (("Upheld", None), ("Overturned", "overturned")):
        text = LETTER.replace("The gait is steady.\n", SUMMARY.format(first=word))
        services = nlp(text.format(heading="Wrist splint: Overturned", reasons=REASONS, summary=""))._.letter.services
        assert [(service.text, service.decision) for service in services] == [("Wrist splint", decision), CANE]


@pytest.mark.parametrize(
    ("row", "heading"),
    [
        ("{n}. {name}: {word}", "{n}. {name}"),
        ("{name}      {word}", "{n}. {name}"),
        ("| {n} | {name} | {word} |", "{name}"),
        ("Service {n}: {name} .... {word}", "{n}) {name}"),
    ],
)
def test_a_summary_names_services_with_or_without_numbers(nlp: Language, row: str, heading: str) -> None:
    titles = {"DECISIONS": None, "UR DECISIONS": "overturned", "A former review of 2013 decided:": "overturned"}
    letter = LETTER.replace("Walking cane: Upheld", heading.format(n=2, name="Walking cane: Upheld"))
    rows = (row.format(n=1, name="Wrist splint", word="Upheld"), row.format(n=2, name="Walking cane", word="Upheld"))
    for title, decision in titles.items():
        summary = "\n\n" + "\n".join([title, *rows])
        splint = heading.format(n=1, name="Wrist splint: Overturned")
        services = nlp(letter.format(heading=splint, reasons=REASONS, summary=summary))._.letter.services
        assert [(service.text, service.decision) for service in services] == [("Wrist splint", decision), CANE]


def test_one_line_of_an_older_review_is_no_summary(nlp: Language) -> None:
    older = "\nWrist splint: Upheld in 2014."
    assert _read(nlp, "Wrist splint: Overturned", summary=older)[0] == ("Wrist splint", "overturned")


def test_a_heading_misread_behind_a_sentence_opens_its_sections(nlp: Language) -> None:
    text = LETTER.replace("Walking cane: Upheld\n", "Walking cane: UpheId.\n")
    services = nlp(text.format(heading="Wrist splint: Overturned", reasons=REASONS, summary=""))._.letter.services
    assert [(service.text, service.decision) for service in services] == [("Wrist splint", "overturned"), CANE]


def test_lines_decide_where_all_section_headings_are_lost(nlp: Language) -> None:
    text = """CM16-0000000
Utilization review denied splints and a cane.

Wrist splint, left: Overturned

The wrist is swollen, and the splint is medically necessary.

Walking cane: Upheld

The gait is steady. The cane is not medically necessary.
"""
    services = nlp(text)._.letter.services
    assert [(service.text, service.decision) for service in services] == [("Wrist splint, left", "overturned"), CANE]


def test_a_page_that_was_scanned_twice_is_read_once(nlp: Language) -> None:
    page = LETTER.format(heading="Wrist splint: Overturned", reasons=REASONS, summary="")
    for between in ("\f", "Page 1 of 2\n"):
        record = nlp(f"{page}{between}{page}{between}")._.letter
        assert [service.text for service in record.services] == ["Wrist splint", "Walking cane"]


NOTES = [
    "[handwritten: approved per the adjuster]",
    "[Stamped: RECEIVED 05/12/2016]",
    "{margin note: overturned?}",
]


@pytest.mark.parametrize("note", NOTES)
def test_a_note_that_somebody_put_in_decides_nothing(nlp: Language, note: str) -> None:
    assert _read(nlp, f"Wrist splint: Upheld {note}") == [("Wrist splint", "upheld"), CANE]


def test_a_decision_that_is_struck_out_is_none(nlp: Language) -> None:
    assert _read(nlp, "Wrist splint: {struck: Upheld} [ill.]")[0][1] is None
    assert _read(nlp, "Wrist splint [purchase]: Upheld")[0] == ("Wrist splint [purchase]", "upheld")


@pytest.mark.parametrize(
    ("reasons", "decision"),
    [
        ("The splint is medically necessary. The denial is overturned.", None),
        ("The splint is medically necessary.", "upheld"),  # a heading word outweighs it, with a warning
        ("The plea that the denial be overturned fails. The splint is not medically necessary.", "upheld"),
        ("The denial is upheld.", "upheld"),
    ],
)
def test_a_heading_that_its_own_reasons_undo_decides_nothing(nlp: Language, reasons: str, decision: str | None) -> None:
    assert _read(nlp, "Wrist splint: Upheld", reasons) == [("Wrist splint", decision), CANE]


def test_only_services_with_the_word_that_was_misprinted_are_left_out(nlp: Language) -> None:
    sheet = "ERRATA. The decision for the cane was printed as Upheld. It is Overturned.\n"
    letter = nlp(sheet + LETTER.format(heading="Wrist splint: Overturned", reasons=REASONS, summary=""))._.letter
    assert [service.decision for service in letter.services] == ["overturned", None]


@pytest.mark.parametrize(
    ("above", "decided"),
    [
        ("VOID   VOID   VOID\n", False),
        ("It was mailed too early. Do not rely on the page below.\n", False),
        ("No decision yet. I would expect the determination to say this.\n", False),
        ("The avoidable void was filled. Do not rely on pain pills alone.\n", True),
    ],
)
def test_a_letter_that_is_called_void_decides_nothing(nlp: Language, above: str, decided: bool) -> None:
    letter = nlp(above + LETTER.format(heading="Wrist splint: Overturned", reasons=REASONS, summary=""))._.letter
    assert any(service.decision for service in letter.services) is decided


def test_a_label_of_decisions_above_each_service_is_its_own(nlp: Language) -> None:
    above = (
        "IMR result\nIssue 1\nDecision: Overturned\nService: Wrist splint\nReasons: it is swollen.\n"
        "Issue 2\nDecision: Upheld\nService: Walking cane\nReasons: the gait is steady.\n"
    )
    below = "IMR result\nService: Wrist splint\nDecision: Overturned\nService: Walking cane\nDecision: Upheld\n"
    for text in (above, below):
        services = nlp(text)._.letter.services
        assert [(service.text, service.decision) for service in services] == [("Wrist splint", "overturned"), CANE]


def test_rows_of_marks_are_read_in_no_time(nlp: Language) -> None:
    """They could be cut into pieces in more ways than there is time for."""
    for mark in ("-", ".", "1-", "x1 ", "(", "- "):
        assert _read(nlp, f"{mark * 60} sheet 1 of 4\nWrist splint: Overturned")[-1] == CANE


@pytest.mark.parametrize(
    ("written", "decision"),
    [
        ("[ ] Upheld   [X] Overturned   [ ] Modified", None),  # `Options` reads the mark
        ("OVERTURNED   Reason: an exception applies", "overturned"),
        ("Upheld. Rationale: other than rest, nothing was tried", "upheld"),
        ("Overturned, excepting the refills", "modified"),
    ],
)
def test_what_stands_behind_a_decision(written: str, decision: str | None) -> None:
    assert load_decisions().read(written).decision == decision


@pytest.mark.parametrize(
    ("written", "decision"),
    [("necessary for #10 only; UR had denied all", None), ("UR denied", None), ("Denied", "upheld")],
)
def test_an_insurers_own_verb(written: str, decision: str | None) -> None:
    assert load_decisions().read(written).decision == decision


def test_a_cell_that_grants_less(nlp: Language) -> None:
    text = (
        "INDEPENDENT MEDICAL REVIEW\nCase Number: CM18-0034455\n\nTreatment              UR             IMR\n"
        "Duloxetine 60 mg #90   denied         CERTIFIED #30\nKnee sleeve            denied         CERTIFIED\n"
        "Tens leads #8          denied         CERTIFIED #8\n"
    )
    assert [one.decision for one in nlp(text)._.letter.services] == ["modified", "overturned", "overturned"]
