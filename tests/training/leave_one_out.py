"""What each source of the entities contributes, measured by leaving it out: a markdown table.

    python tests/training/leave_one_out.py REAL_GOLD.jsonl annotations/gold.jsonl

The first gold file is told apart into its two halves (every other letter by name), the second is taken whole. Each cell
is "develop / held / samples": exact-span F1 in percent, or the accuracy of the assertion or status.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

import imr_nlp
from imr_nlp.concepts.service_names import ServiceNames
from imr_nlp.doc.spans import ENTITIES, RATIONALE, attrs_of, spans_of
from imr_nlp.evaluation.gold import Gold, read_gold, read_letters
from imr_nlp.evaluation.metrics import Report
from imr_nlp.evaluation.scoring import score


def pipeline(**components: dict[str, Any]) -> Language:
    """Load the pipeline with rules alone for roles and context: the models were trained on these very letters."""
    context = {"status_model": None, "assertion_model": None, **components.pop("imr_context", {})}
    return imr_nlp.load(imr_rationale={"model": None}, imr_context=context, **components)


@Language.component("test_without_roles")
def without_roles(doc: Doc) -> Doc:
    """Forget the roles of the rationale sentences."""
    doc.spans[RATIONALE] = []
    return doc


@Language.component("test_default_context")
def default_context(doc: Doc) -> Doc:
    """Call every diagnosis affirmed and every treatment performed."""
    for span in spans_of(doc, ENTITIES):
        attrs_of(span).update({"assertion": "affirmed"} if span.label_ == "DIAGNOSIS" else {"status": "performed"})
    return doc


def without(*components: str) -> Callable[[], Language]:
    """Return how to load the pipeline without some components."""

    def load() -> Language:
        nlp = pipeline()
        for name in components:
            nlp.remove_pipe(name)
        return nlp

    return load


def no_context_rules() -> Language:
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "none.yml")
        rules.write_text("context: []\n", encoding="utf-8")
        return pipeline(imr_context={"rules": str(rules)})


def no_context() -> Language:
    nlp = pipeline()
    nlp.replace_pipe("imr_context", "test_default_context")
    return nlp


def no_roles() -> Language:
    nlp = pipeline()
    nlp.add_pipe("test_without_roles", before="imr_context")
    return nlp


def roles_by_model() -> Language:
    return imr_nlp.load(imr_context={"status_model": None, "assertion_model": None})


def no_same_service() -> Language:
    class Nothing(ServiceNames):
        def among(self, name: str, disputed: set[frozenset[str]]) -> bool:
            return False

    nlp = pipeline()
    nlp.get_pipe("imr_context").names = Nothing({"generic": [], "same": []})
    return nlp


#: What is left out, and how to load the pipeline without it.
SOURCES: dict[str, Callable[[], Language]] = {
    "nothing": without(),
    "target rules (`imr_targets`; none are shipped)": without("imr_targets"),
    "vocabulary of diagnoses": without("imr_diagnoses"),
    "vocabulary of procedures": without("imr_procedures"),
    "requests that no vocabulary names (`imr_unnamed`)": without("imr_unnamed"),
    "vocabulary of medications": without("imr_medications"),
    "guidelines": without("imr_guidelines"),
    "grammar of quantities": without("imr_quantities"),
    "abbreviations": without("imr_abbreviations"),
    "all context (all affirmed, performed)": no_context,
    "context rules (sections and roles stay)": no_context_rules,
    "sentence roles as evidence": no_roles,
    "same-service evidence": no_same_service,
    "nothing; roles by the shipped model, which has seen these letters": roles_by_model,
}
#: Column heads, and where a report has their figures.
COLUMNS: dict[str, Callable[[Report], float]] = {
    "all labels F1": lambda report: report.counts["ENTITIES exact"].f1,
    "DIAGNOSIS F1": lambda report: report.counts["DIAGNOSIS exact"].f1,
    "assertion": lambda report: report.agreements["DIAGNOSIS assertion"].accuracy,
    "PROCEDURE F1": lambda report: report.counts["PROCEDURE exact"].f1,
    "its status": lambda report: report.agreements["PROCEDURE status"].accuracy,
    "MEDICATION F1": lambda report: report.counts["MEDICATION exact"].f1,
    "status": lambda report: report.agreements["MEDICATION status"].accuracy,
}


def percent(figure: Callable[[Report], float], report: Report) -> str:
    """Return a figure in percent, or a dash where nothing was found to judge."""
    try:
        return f"{100 * figure(report):.1f}"
    except ZeroDivisionError:
        return "-"


def row(name: str, load: Callable[[], Language], golds: Sequence[Gold]) -> str:
    """Return one line of the table."""
    nlp = load()
    reports = [score(gold.records, read_letters(nlp, gold), gold.texts) for gold in golds]
    cells = [" / ".join(percent(figure, report) for report in reports) for figure in COLUMNS.values()]
    return "| " + " | ".join([name, *cells]) + " |"


def table(golds: Sequence[Gold], sources: dict[str, Callable[[], Language]]) -> list[str]:
    """Return the table's lines."""
    head = ["| left out | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    return head + [row(name, load, golds) for name, load in sources.items()]


def main() -> None:
    real, samples = (read_gold(Path(path)) for path in sys.argv[1:3])
    print("\n".join(table([real.split("dev"), real.split("heldout"), samples], SOURCES)))


if __name__ == "__main__":
    main()
