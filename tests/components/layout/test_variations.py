"""Letters of other programmes, parts of letters, and statements of many persons: who decides what."""

from __future__ import annotations

from typing import Any

import pytest
from spacy.language import Language

from support.variations import faults, variations

CASES = variations()


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']}-{case['kind'].replace(' ', '-')}" for case in CASES])
def test_a_letter_of_another_kind_gives_the_right_record(nlp: Language, case: dict[str, Any]) -> None:
    record = nlp(case["text"])._.letter.model_dump(mode="json")
    assert faults(case["expect"], record, case["text"]) == []
