"""Pages that a copy has lost: what stands behind the gap decides nothing that was asked for before it."""

import pytest
from spacy.language import Language

HEAD = """CLINICAL CASE SUMMARY
The worker is a 51 year old cook with a stiff thumb.
IMR ISSUES, DECISIONS AND RATIONALES
The disputed items/services were decided as is set forth below:
Thumb brace: Upheld
Claims Administrator guideline: None.
MAXIMUS guideline: None.
Decision rationale: The thumb moves well. The brace is not medically necessary.
"""
BEHIND = [
    "{mark}Overturned\nClaims Administrator guideline: None.\nMAXIMUS guideline: None.\nDecision rationale: Yes.\n",
    ":\n{mark}MAXIMUS guideline: None.\nDecision rationale: It helps. The request is medically necessary.\n",
]


def _decisions(nlp: Language, text: str) -> list[tuple[str, str | None]]:
    return [(service.text, service.decision) for service in nlp(text)._.letter.services]


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize(("page", "decision"), [(2, "overturned"), (3, None)])
def test_a_number_below_each_page(nlp: Language, behind: str, page: int, decision: str | None) -> None:
    text = f"{HEAD}Paraffin bath\n{behind.format(mark=f'Page 1 of 4{chr(10)}')}Page {page} of 4\n"
    assert _decisions(nlp, text) == [("Thumb brace", "upheld"), ("Paraffin bath", decision)]


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize(("page", "decision"), [(2, "overturned"), (3, None)])
def test_a_number_above_each_page(nlp: Language, behind: str, page: int, decision: str | None) -> None:
    text = f"Page 1 of 4\n{HEAD}Paraffin bath\n{behind.format(mark=f'{chr(12)}Page {page} of 4{chr(10)}')}"
    assert _decisions(nlp, text) == [("Thumb brace", "upheld"), ("Paraffin bath", decision)]


def test_what_is_decided_before_the_gap_stays(nlp: Language) -> None:
    text = f"{HEAD}Paraffin bath: Upheld\nClaims Administrator guideline: None.\nPage 1 of 4\nSmall.\nPage 3 of 4\n"
    assert _decisions(nlp, text) == [("Thumb brace", "upheld"), ("Paraffin bath", "upheld")]
