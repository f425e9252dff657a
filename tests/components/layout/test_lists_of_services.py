"""Lists, tables and forms of services, by kind: which of them are decided, and how. The letters are data."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from spacy.language import Language

FILE = Path(__file__).parents[2] / "data/lists_of_services.yml"
KINDS: dict[str, list[dict[str, str]]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
LETTERS = [
    pytest.param(one["text"], one["decisions"], id=f"{kind} {n}")
    for kind, letters in KINDS.items()
    for n, one in enumerate(letters, 1)
]


@pytest.mark.parametrize(("text", "wanted"), LETTERS)
def test_which_services_are_decided(nlp: Language, text: str, wanted: str) -> None:
    decisions = [service.decision for service in nlp(text)._.letter.services]
    if wanted == "none":
        assert not any(decisions)
    else:
        assert "".join((decision or "-")[0].upper() for decision in decisions) == wanted
