"""The pipeline run over gold letters, once a process however many tests ask."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from spacy.language import Language

import imr_nlp
from imr_nlp.evaluation.gold import Gold, read_gold, read_letters, read_records
from imr_nlp.evaluation.metrics import Report
from imr_nlp.evaluation.scoring import score
from support.paths import ANNOTATIONS

SAMPLES = ANNOTATIONS / "gold.jsonl"


class Scored(NamedTuple):
    """Gold, the pipeline's records by name, and how they agree."""

    gold: Gold
    records: dict[str, dict[str, Any]]
    report: Report


@lru_cache(maxsize=1)
def pipeline() -> Language:
    """The pipeline as it ships."""
    return imr_nlp.load()


@lru_cache(maxsize=4)
def scored(path: Path, run: Path | None = None) -> Scored:
    """Score what the pipeline says of the letters of a gold file: in ``run``, or read now."""
    gold = read_gold(path)
    records = read_letters(pipeline(), gold) if run is None else read_records(run, gold)
    return Scored(gold, records, score(gold.records, records, gold.texts))
