"""Tables, pairs of labels, ticked boxes and groups, in letters whose layout nothing knows."""

from typing import Any

import pytest
from spacy.language import Language

_BEGIN = (
    "Case Number: CM18-0034455\nHOW THE IMR FINAL DETERMINATION WAS MADE\nAn expert reviewer read the file.\n"
    "CLINICAL CASE SUMMARY\nThe worker is a 50 year old male with neck pain.\n"
)
TWO = [("Heel cup, pair", "upheld"), ("Baclofen 10mg #60", "overturned")]


def _services(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(" ".join(one.text.split()), one.decision) for one in nlp(_BEGIN + text)._.letter.services]


@pytest.mark.parametrize(
    "text",
    [
        "| No. | Service | UR decision | IMR decision |\n|---|---|---|---|\n| 1 | Heel cup, pair | Denied | Upheld |\n"
        "| 2 | Baclofen 10mg #60 | Modified | Overturned |",
        "Item  Treatment            Claims administrator  Reviewer\n1   Heel cup, pair       Denied    Upheld\n"
        "2   Baclofen 10mg #60    Denied    Overturned",
        "Issue 1: Heel cup, pair\nOutcome: Upheld\nBasis: No pain.\nIssue 2: Baclofen 10mg #60\nOutcome: Overturned",
        "Requested: Heel cup, pair\n[X] Upheld [ ] Overturned\nRequested: Baclofen 10mg #60\n[ ] Upheld [X] Overturned",
        "The following items are upheld:\n- Heel cup, pair\nThe following items are overturned:\n- Baclofen 10mg #60",
        "Upheld: Heel cup, pair\nOverturned: Baclofen 10mg #60",
        "SUMMARY OF DECISIONS\n1. Heel cup, pair: Upheld\n2. Baclofen 10mg #60: Overturned\nDISCUSSION\nSee the notes.",
    ],
)  # fmt: skip
def test_a_list_gives_each_service_its_decision(nlp: Language, text: str) -> None:
    assert _services(nlp, text) == TWO


@pytest.mark.parametrize(
    "text",
    [
        "Service | UR decision | UR appeal\nHeel cup | Denied | Upheld",  # no column of this review
        "List of what was denied:\n1. Heel cup: Denied\n2. Baclofen 10mg #60: Modified",  # a form's list
        "Utilization review: Upheld",  # no service
        "Requested: Heel cup\n[ ] Upheld [ ] Overturned",
        "Heel cup: Upheld?",
    ],
)
def test_a_list_of_others_or_without_a_decision_decides_nothing(nlp: Language, text: str) -> None:
    assert {decision for _, decision in _services(nlp, text)} <= {None}


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        (
            "Disputed service: Heel cup, pair\n\nReview. The heel is sore.\nDecision. The denial is overturned.",
            "overturned",
        ),
        ("In dispute: Heel cup, pair\nThe heel is sore. The denial is upheld.", "upheld"),
        ("Requested item: Heel cup, pair\nFinal decision: UR denial upheld.", "upheld"),
        ("Requested: Heel cup, pair\nUR: denied in May\nIMR: Modified to one cup", "modified"),
        ("Heel cup, pair: Overturned. The heel is sore and she stands all day.", "overturned"),
    ],
)
def test_a_label_names_a_service_on_its_own_line(nlp: Language, text: str, decision: str) -> None:
    letter = nlp(f"Independent Medical Review\nCase CM19-0001234\n{text}")._.letter
    assert [(service.text, service.decision) for service in letter.services] == [("Heel cup, pair", decision)]


@pytest.mark.parametrize("word", ["them", "both (a) and (b)", "one", "Yes"])
def test_pronouns_and_numbers_are_no_services(nlp: Language, word: str) -> None:
    letter = nlp(f"Independent Medical Review\nThe denial of {word} is overturned. The heel is sore.")._.letter
    assert letter.services == []


ROWS = [("Elbow pad", "upheld"), ("Keppra 500mg #60", "overturned")]
ITEMS = "The following services are in dispute:\n1. Elbow pad\n2. Keppra 500mg #60\n"
LETTERED = "Disputed items\nA) Elbow pad\nB) Keppra 500mg #60\n"


@pytest.mark.parametrize(
    "text",
    [
        "Requested Service          Date requested    Carrier         Reviewer\n"
        "Elbow pad                  02/03/2018        Denied          Upheld\n\n"
        "Keppra 500mg #60           02/09/2018        Modified        Overturned\nThat is all.",
        "IMR Decision      Item\n------------      ----\nUpheld            Elbow pad\n"
        "Overturned        Keppra 500mg #60",
        "Item\tRequested\tUR decision\tDecision of the reviewer\nElbow pad\t1\t\tUpheld\n"
        "Keppra 500mg #60\t60\tDenied\tOverturned",
        "          Treatment              UR            IMR\n          Elbow pad            Denied        Upheld\n"
        "       Keppra 500mg #60       Modified     Overturned",
        "IMR ISSUES, DECISIONS AND RATIONALES\nService               UR Determination   IMR Determination\n"
        "Elbow pad             Denied             Upheld\nKeppra 500mg #60      Denied             Overturned\n"
        "Decision rationale: Neither was tried.",
        "#   Treatment            Utilization Review   Outcome of IMR\n"
        "1   Elbow pad            Denied               Upheld\n"
        "    \n2   Keppra 500mg #60     Denied               Overturned",
    ],
)
def test_a_table_set_in_blanks_gives_each_service_its_decision(nlp: Language, text: str) -> None:
    assert _services(nlp, text) == ROWS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # an empty cell, and one that is not a decision
        (
            "Service               UR           IMR\nElbow pad             Denied\n"
            "Keppra 500mg #60                   Overturned",
            [("Elbow pad", None), ("Keppra 500mg #60", "overturned")],
        ),
        (
            "Service               UR           IMR\nElbow pad             Denied       See page 2\n"
            "Keppra 500mg #60      Denied       Upheld",
            [("Elbow pad", None), ("Keppra 500mg #60", "upheld")],
        ),
        # a decision that goes on in the next line
        (
            "Service               IMR decision   Pages\nElbow pad             Upheld         2\n"
            "Keppra 500mg #60      Partially      3\n                      overturned",
            [("Elbow pad", "upheld"), ("Keppra 500mg #60", None)],
        ),
        # no column of this review, or two that may be
        ("Service               UR decision      Appeal\nElbow pad             Denied           Upheld", []),
        ("Service               Appeal           Decision\nElbow pad             Denied           Upheld", []),
        # the words of both columns, one blank apart, are told by their number
        ("Service        UR           IMR\nElbow pad          Denied Upheld", [("Elbow pad", "upheld")]),
        # a cell under two columns
        ("Service    Qty   IMR decision\nElbow pad for both arms  2   Upheld", []),
        ("Service        UR           IMR\nElbow pad  Denied     Pended Upheld", []),
        # columns of something else
        ("Medication           Result\nKeppra               Denied chest pain", []),
    ],
)
def test_a_cell_without_a_certain_column_decides_nothing(nlp: Language, text: str, wanted: list[Any]) -> None:
    assert _services(nlp, text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        f"{ITEMS}Item 1: Upheld\nItem 2: Overturned",
        f"{ITEMS}Final decision\n1 - Upheld\n2 - Overturned",
        f"{ITEMS}Discussion: He is well.\nService #1 is not medically necessary. Service #2 is medically necessary.",
        f"{ITEMS}Conclusion: The denial of item 1 is upheld. The denial of item 2 is overturned.",
        f"{ITEMS}The insurer denied items 1 and 2.\nOutcome: No. 1: Upheld; No. 2: Overturned.",
        f"{LETTERED}Determination: A: Upheld; B: Overturned",
    ],
)
def test_decisions_by_number_go_to_the_items_of_the_list(nlp: Language, text: str) -> None:
    assert _services(nlp, text) == ROWS


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{ITEMS}Items 1 and 2: Overturned", ["overturned", "overturned"]),
        (f"{ITEMS}Both were denied.\nItem 2: Upheld", [None, "upheld"]),
        # two decisions for one number, a number that is not there, another's decisions
        (f"{ITEMS}Item 1: Upheld\nItem 2: Upheld\nItem 2 is medically necessary.", ["upheld", None]),
        (f"{ITEMS}Item 1: Upheld\nItem 3: Overturned", [None, None]),
        (f"{ITEMS}Utilization review decisions:\nItem 1: Upheld\nItem 2: Modified", [None, None]),
        (f"{ITEMS}Prior decisions\n1: Upheld\n2: Overturned", [None, None]),
        (f"{ITEMS}The surgeon holds that item 1 is medically necessary.", [None, None]),
        (f"{ITEMS}Item 1: not upheld", [None, None]),
        # a list of something else
        ("Documents reviewed:\n1. Letter of 3/4/18\n2. Imaging of 3/9/18\n1: Upheld\n2: Overturned", []),
    ],
)
def test_numbers_that_are_not_certain_decide_nothing(nlp: Language, text: str, wanted: list[str | None]) -> None:
    assert [one for _, one in _services(nlp, text)] == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # a cell of several words, a row that nothing decides
        (
            "| # | Item/service | UR decision | IMR decision |\n|---|---|---|---|\n"
            "| 1 | Elbow pad | Modified to one | Upheld |\n"
            "| 2 | Keppra 500mg #60 | Not seen | Overturned |\n| 3 | Sling | Denied | Not in dispute |",
            [*ROWS, ("Sling", None)],
        ),
        # the reasons between a service and its decision, and a label that decides nothing
        (
            "Service 1: Elbow pad\nGuideline: ODG, Elbow.\nRationale: The elbow is sore.\nIt was not padded.\n"
            "Determination: UPHOLD\nService 2: Keppra 500mg #60\nReason: Seizures.\nDetermination: OVERTURN\n"
            "Service 3: Sling\nDetermination: Unable to determine. Nothing was sent.",
            [*ROWS, ("Sling", None)],
        ),
        # another name of the column, and a denial that is decided
        (
            "Item\tUtilization review\tThis review\nElbow pad\tUpheld on appeal\tUpheld\n"
            "Keppra 500mg #60\tDenied\tOverturned",
            ROWS,
        ),
        ("• Elbow pad — denial upheld\n• Keppra 500mg #60 — denial overturned", ROWS),
        # a service under the same label as a decided one
        (
            "Requested treatment: Elbow pad\nFinal determination: UPHOLD\nRequested treatment: Sling\n"
            "Requested treatment: Keppra 500mg #60\nFinal determination: OVERTURN",
            [ROWS[0], ("Sling", None), ROWS[1]],
        ),
        # items and their decisions by number or letter
        ("Items:\n1. Elbow pad\n2. Keppra 500mg #60\nDecisions:\n2. Overturned\n1. Upheld", ROWS),
        ("Items:\nA. Elbow pad\nB. Keppra 500mg #60\nDecisions:\nA: Upheld\nB: Overturned", ROWS),
        # a summary that agrees, and one that does not
        (
            "Issue 1: Elbow pad ...... UPHELD\nIssue 2: Keppra 500mg #60 ...... OVERTURNED\nDETAILS\n"
            "Issue 1: Elbow pad\nDecision: Upheld\nIssue 2: Keppra 500mg #60\nDecision: Overturned",
            ROWS,
        ),
        (
            "Issue 1: Elbow pad ...... OVERTURNED\nIssue 2: Keppra 500mg #60 ...... OVERTURNED\nDETAILS\n"
            "Issue 1: Elbow pad\nDecision: Upheld\nIssue 2: Keppra 500mg #60\nDecision: Overturned",
            [("Elbow pad", None), ROWS[1]],
        ),
    ],
)
def test_no_row_or_pair_of_a_list_is_lost(nlp: Language, text: str, wanted: list[tuple[str, str | None]]) -> None:
    assert _services(nlp, text) == wanted
