"""Tables, pairs of labels, ticked boxes and groups, in letters whose layout nothing knows."""

import pytest
from spacy.language import Language

from support.scoring import pipeline

_BEGIN = (
    "Case Number: CM18-0034455\nHOW THE IMR FINAL DETERMINATION WAS MADE\nAn expert reviewer read the file.\n"
    "CLINICAL CASE SUMMARY\nThe worker is a 50 year old male with neck pain.\n"
)
TWO = [("Heel cup, pair", "upheld"), ("Baclofen 10mg #60", "overturned")]


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()


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
