"""Score the context component on the public NegEx test kit, beside stock medspaCy ConText.

The kit (NegEx/ConText project, Apache 2.0) is a table of sentences of clinical reports, each with a concept and three
judgements. It is not shipped. The concept is given as a DIAGNOSIS at its first place in the sentence, and the context
component decides. ``python -m imr_nlp.evaluation.negex KIT.tsv`` prints the table, and ``--errors negation`` lists rows.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from spacy.language import Language

from imr_nlp.doc.spans import ENTITIES, add

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
            raise ValueError(f"{path}: no column {', '.join(sorted(missing))}; is this the NegEx kit?")
        rows = [Row(r["id"], r["concept"], r["sentence"], r["negation"], r["temporality"]) for r in table]
    return [row for row in rows if row.concept.lower() in row.sentence.lower()]


def assertions(nlp: Language, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the assertion that the project's context component gives to each concept."""
    split, context = nlp.get_pipe("imr_sentences"), nlp.get_pipe("imr_context")
    for row in rows:
        doc = nlp.make_doc(row.sentence)
        start = doc.text.lower().find(row.concept.lower())
        if start < 0:  # the reading view folds white space
            yield "affirmed"
            continue
        span = add(doc, ENTITIES, start, start + len(row.concept), "DIAGNOSIS", rule="negex")
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
        start = row.sentence.lower().find(row.concept.lower())
        found = doc.char_span(start, start + len(row.concept), label="DIAGNOSIS", alignment_mode="expand")
        assert found is not None
        doc.ents = (Span(doc, found.start, found.end, label="DIAGNOSIS"),)
        nlp.get_pipe("medspacy_context")(doc)
        categories = {modifier.category for modifier in doc.ents[0]._.modifiers}
        yield (
            "negated" if "NEGATED_EXISTENCE" in categories else "historical" if "HISTORICAL" in categories else "affirmed"
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a command."""
    from imr_nlp.pipeline import load

    parser = argparse.ArgumentParser(prog="python -m imr_nlp.evaluation.negex", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("kit", type=Path, help="kit.tsv of the NegEx test kit")
    parser.add_argument("--errors", choices=sorted(JUDGEMENTS), help="list the rows that this judgement gets wrong")
    parser.add_argument("--no-stock", action="store_true", help="leave stock medspaCy out")
    options = parser.parse_args(arguments)
    try:
        rows = read_kit(options.kit)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    found = list(assertions(load(), rows))
    if options.errors:
        value = JUDGEMENTS[options.errors]
        for row, assertion in zip(rows, found, strict=True):
            if (getattr(row, options.errors) == value) != (assertion == ASSERTIONS[options.errors]):
                print(f"{row.number}\t{assertion}\t{row.concept}\t{row.sentence}")
        return
    systems = {"imr-nlp": found}
    if not options.no_stock:
        systems["stock medspaCy ConText"] = list(stock_assertions(rows))
    print(f"{len(rows)} rows\n\n| | judgement | P | R | F1 |\n|---|---|--:|--:|--:|")
    for name, answers in systems.items():
        for judgement, counts in score(rows, answers).items():
            print(f"| {name} | {judgement} | {counts.precision:.3f} | {counts.recall:.3f} | {counts.f1:.3f} |")


if __name__ == "__main__":
    main()
