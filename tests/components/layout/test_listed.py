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
