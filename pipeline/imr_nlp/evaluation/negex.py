"""Score the context component on the public NegEx test kit, beside stock medspaCy ConText.

The kit (NegEx/ConText project, Apache 2.0) is a table of sentences of clinical reports, each with a concept and three
judgements. It is not shipped. The concept is given as a DIAGNOSIS at its first place in the sentence. The context
component decides. ``imr-nlp evaluate KIT.tsv --negex`` prints the table, and ``--errors negation`` lists wrong rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language

from imr_nlp.doc.spans import ENTITIES, add_span
from imr_nlp.text.case import lower_case

#: Columns of the kit, and the value that counts as found.
JUDGEMENTS = {"negation": "Negated", "temporality": "Historical"}
#: The assertion of ours that means the same.
ASSERTIONS = {"negation": "negated", "temporality": "historical"}


class Row(NamedTuple):
    """One row of the kit."""

    number: str
    concept: str
    sentence: str
    negation: str
    temporality: str


@dataclass(slots=True)
class Score:
    """Counts of one judgement.

    >>> score = Score(true=8, predicted=10, gold=16)
    >>> score.precision, score.recall, round(score.f1, 3)
    (0.8, 0.5, 0.615)
    """

    true: int = 0
    predicted: int = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        """Share of the predicted that are right."""
        return self.true / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold that was found."""
        return self.true / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.predicted + self.gold
        return 2 * self.true / both if both else 0.0


def read_kit(path: Path) -> list[Row]:
    """Return the rows of a kit file (tab-separated, with a header) whose concept stands in the sentence.

    Raises:
        ValueError: A column is missing.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        table = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        missing = {"id", "concept", "sentence", "negation", "temporality"} - set(table.fieldnames or ())
        if missing:
            raise ValueError(f"no column {', '.join(sorted(missing))}; is this the NegEx kit?")
        rows = [Row(r["id"], r["concept"], r["sentence"], r["negation"], r["temporality"]) for r in table]
    return [row for row in rows if lower_case(row.concept) in lower_case(row.sentence)]


def assertions(nlp: Language, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the assertion that the project's context component gives to each concept."""
    split, context = nlp.get_pipe("imr_sentences"), nlp.get_pipe("imr_context")
    for row in rows:
        doc = nlp.make_doc(row.sentence)
        start = lower_case(doc.text).find(lower_case(row.concept))
        if start < 0:  # the reading view folds white space
            yield "affirmed"
            continue
        span = add_span(doc, ENTITIES, start, start + len(row.concept), "DIAGNOSIS", rule="negex")
        yield str(context(split(doc)).user_data["imr"][span.id_]["assertion"])


def stock_assertions(rows: Iterable[Row]) -> Iterator[str]:
    """Yield what stock medspaCy ConText says of each concept, in the same words."""
    import medspacy
    from loguru import logger
    from spacy.tokens import Span

    logger.disable("PyRuSH")
    nlp = medspacy.load(medspacy_enable=["medspacy_pyrush", "medspacy_context"])
    for row in rows:
        doc = nlp.make_doc(row.sentence)
        nlp.get_pipe("medspacy_pyrush")(doc)
        start = lower_case(row.sentence).find(lower_case(row.concept))
        found = doc.char_span(start, start + len(row.concept), label="DIAGNOSIS", alignment_mode="expand")
        assert found is not None
        doc.ents = (Span(doc, found.start, found.end, label="DIAGNOSIS"),)
        nlp.get_pipe("medspacy_context")(doc)
        categories = {modifier.category for modifier in doc.ents[0]._.modifiers}
        yield (
            "negated"
            if "NEGATED_EXISTENCE" in categories
            else "historical"
            if "HISTORICAL" in categories
            else "affirmed"
        )


def score(rows: Sequence[Row], found: Sequence[str]) -> dict[str, Score]:
    """Return the counts of each judgement.

    >>> rows = [Row("1", "fever", "No fever.", "Negated", "Recent"), Row("2", "pain", "Pain.", "Affirmed", "Recent")]
    >>> score(rows, ["negated", "negated"])["negation"]
    Score(true=1, predicted=2, gold=1)
    """
    scores = {}
    for judgement, value in JUDGEMENTS.items():
        counts = Score()
        for row, assertion in zip(rows, found, strict=True):
            wanted, got = getattr(row, judgement) == value, assertion == ASSERTIONS[judgement]
            counts.true += wanted and got
            counts.predicted += got
            counts.gold += wanted
        scores[judgement] = counts
    return scores


def wrong(rows: Sequence[Row], found: Sequence[str], judgement: str) -> list[tuple[Row, str]]:
    """Return the rows whose judgement differs from ours, with our assertion."""
    value, ours = JUDGEMENTS[judgement], ASSERTIONS[judgement]
    return [
        (row, assertion)
        for row, assertion in zip(rows, found, strict=True)
        if (getattr(row, judgement) == value) != (assertion == ours)
    ]
