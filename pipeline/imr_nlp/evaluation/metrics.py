"""The figures of an evaluation, and the errors behind them; `imr_nlp.evaluation.scoring` fills them in."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal

from imr_nlp.labels import LABELS

#: Names that errors are collected under.
ERRORS = (
    *LABELS, "value", "assertion", "status", "authority", "case", "service", "decision", "category", "procedure",
    "body_parts", "quantities", "citation", "rationale", "role",
)  # fmt: skip


@dataclass(slots=True)
class Counts:
    """How many were right, predicted and in the gold.

    >>> counts = Counts()
    >>> counts.add(correct=3, predicted=4, gold=6)
    >>> counts.precision, counts.recall, round(counts.f1, 3)
    (0.75, 0.5, 0.6)
    """

    correct: int = 0
    predicted: int = 0
    gold: int = 0

    def add(self, correct: int, predicted: int, gold: int) -> None:
        """Add the counts of one letter, or of one service."""
        self.correct += correct
        self.predicted += predicted
        self.gold += gold

    @property
    def precision(self) -> float:
        """Share of the predicted that is right; 1 where there was nothing to find and nothing was predicted."""
        return self.correct / self.predicted if self.predicted else float(not self.gold)

    @property
    def recall(self) -> float:
        """Share of the gold that was found; 1 where there was nothing to find and nothing was predicted."""
        return self.correct / self.gold if self.gold else float(not self.predicted)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(slots=True)
class Agreement:
    """Pairs of (gold class, predicted class).

    >>> agreement = Agreement([("upheld", "upheld"), ("upheld", "modified"), ("modified", "modified")])
    >>> round(agreement.accuracy, 3), agreement.by_class()
    (0.667, {'modified': 0.6666666666666666, 'upheld': 0.6666666666666666})
    """

    pairs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        """Share of the pairs that agree."""
        return sum(gold == predicted for gold, predicted in self.pairs) / len(self.pairs)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the classes that the gold has."""
        values = self.by_class().values()
        return sum(values) / len(values)

    def by_class(self) -> dict[str, float]:
        """Return the F1 of each class that the gold has."""
        correct = Counter(gold for gold, predicted in self.pairs if gold == predicted)
        in_gold = Counter(gold for gold, _ in self.pairs)
        predicted = Counter(got for _, got in self.pairs)
        return {name: 2 * correct[name] / (in_gold[name] + predicted[name]) for name in sorted(in_gold)}


@dataclass(frozen=True, slots=True)
class Error:
    """One thing missed, invented or found with another value, and its place where it has one."""

    letter: str
    kind: Literal["missed", "invented", "wrong"]
    start: int | None = None
    end: int | None = None
    gold: str = ""
    got: str = ""


@dataclass(slots=True)
class Report:
    """What `score` found: figures by name, and the errors behind them by the names in `ERRORS`."""

    letters: int = 0
    with_record: int = 0
    counts: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    agreements: dict[str, Agreement] = field(default_factory=lambda: defaultdict(Agreement))
    errors: dict[str, list[Error]] = field(default_factory=lambda: defaultdict(list))

    def figures(self) -> dict[str, dict[str, Any]]:
        """Return every figure by name, as plain values for JSON."""
        found: dict[str, dict[str, Any]] = {
            name: {
                "precision": counts.precision, "recall": counts.recall, "f1": counts.f1,
                "gold": counts.gold, "predicted": counts.predicted,
            }
            for name, counts in self.counts.items()
        }  # fmt: skip
        for name, agreement in self.agreements.items():
            found[name] = {
                "accuracy": agreement.accuracy, "macro_f1": agreement.macro_f1, "gold": len(agreement.pairs),
                "by_class": {of: round(f1, 3) for of, f1 in agreement.by_class().items()},
            }  # fmt: skip
        return found

    def headline(self) -> dict[str, float]:
        """Return one number a figure (F1, or accuracy and macro-F1), for comparing runs."""
        numbers = {name: counts.f1 for name, counts in self.counts.items()}
        for name, agreement in self.agreements.items():
            numbers[f"{name} accuracy"] = agreement.accuracy
            numbers[f"{name} macro-F1"] = agreement.macro_f1
        return numbers
