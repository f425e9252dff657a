"""The pipeline for the tests of layouts."""

from __future__ import annotations

import pytest
from spacy.language import Language

from support.scoring import pipeline


@pytest.fixture(scope="module")
def nlp() -> Language:
    return pipeline()
