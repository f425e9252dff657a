"""What reviewers changed in the records of a run, by label and by the rule that is answerable for it.

Read `diff` first. Every change has one owner: the rule that found the span (``rule``), or, for an assertion or status,
the rule that read the context (``context_rule``), or, for a category, the model that chose it (``category_rule``). What
reviewers added has no rule; it is counted by label alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from imr_nlp.evaluation.gold import Gold
from imr_nlp.evaluation.scoring import Item
from imr_nlp.review.compare import Aligned, align, order

Duty = Literal["find", "context", "category"]

#: Facets that another rule decides than the one that found the span: its duty, and the field that names it.
_OTHER_OWNER: dict[str, tuple[Duty, str]] = {
    "assertion": ("context", "context_rule"),
    "status": ("context", "context_rule"),
    "category": ("category", "category_rule"),
}
#: Who decides where the record names no rule.
_UNNAMED = {"find": "(no rule named)", "context": "(default)", "category": "(vocabulary)"}
_CHANGES = {"only_a": "removed", "only_b": "added", "moved": "moved", "relabelled": "relabelled"}


@dataclass(slots=True)
class LabelChanges:
    """What reviewers did to the annotations of one label."""

    label: str
    found: int = 0
    kept: int = 0
    added: int = 0
    removed: int = 0
    moved: int = 0
    relabelled: int = 0
    changed: Counter[str] = field(default_factory=Counter)

    def figures(self) -> dict[str, Any]:
        """Return the numbers as plain values for JSON."""
        numbers = {name: getattr(self, name) for name in ("found", "kept", "added", "removed", "moved", "relabelled")}
        return {"label": self.label, **numbers, "changed": dict(self.changed)}


@dataclass(slots=True)
class RuleChanges:
    """How a rule fared: how often reviewers let it stand, and what they did where they didn't.

    ``duty`` is what it was trusted with: to find a span, to read its context, or to choose a category. ``values`` has
    the changes of values by (facet, was, became).

    >>> rule = RuleChanges("DIAGNOSIS", "find", "icd", decided=4, right=3)
    >>> rule.wrong, rule.precision
    (1, 0.75)
    """

    label: str
    duty: Duty
    rule: str
    decided: int = 0
    right: int = 0
    removed: int = 0
    moved: int = 0
    relabelled: int = 0
    values: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    @property
    def wrong(self) -> int:
        """How many of its decisions reviewers changed."""
        return self.decided - self.right

    @property
    def precision(self) -> float:
        """Share of its decisions that reviewers let stand."""
        return self.right / self.decided

    def figures(self) -> dict[str, Any]:
        """Return the numbers as plain values for JSON."""
        named = ("label", "duty", "rule", "decided", "right", "wrong", "precision", "removed", "moved", "relabelled")
        values = [
            {"facet": facet, "was": was, "became": became, "times": times}
            for (facet, was, became), times in self.values.most_common()
        ]
        return {**{name: getattr(self, name) for name in named}, "values": values}


@dataclass(slots=True)
class Diff:
    """Labels in the order of their scheme; rules with the most changes first, of equals the least precise."""

    letters: int
    without_record: list[str]
    labels: list[LabelChanges]
    rules: list[RuleChanges]

    def figures(self) -> dict[str, Any]:
        """Return everything as plain values for JSON."""
        return {
            "letters": self.letters,
            "without_record": self.without_record,
            "labels": [label.figures() for label in self.labels],
            "rules": [rule.figures() for rule in self.rules],
        }


def diff(records: Mapping[str, Item], gold: Gold) -> Diff:
    """Explain what turned the records of a run into gold.

    Args:
        records: Records as plain values by letter (`imr_nlp.evaluation.gold.read_records`).
        gold: The gold with its letters.

    Returns:
        What changed in the letters of the gold that have a record.

    Raises:
        ValueError: A span lies outside its letter.
    """
    changes = _Changes()
    for reviewed in gold.records:
        name = reviewed["name"]
        if name in records:
            for each in align(name, gold.letters[name].text, records[name], reviewed):
                changes.add(each)
    missing = [each["name"] for each in gold.records if each["name"] not in records]
    return Diff(
        letters=len(gold.records) - len(missing),
        without_record=missing,
        labels=[changes.labels[label] for label in sorted(changes.labels, key=order)],
        rules=sorted(
            changes.rules.values(),
            key=lambda rule: (-rule.wrong, rule.precision, order(rule.label), rule.duty, rule.rule),
        ),
    )


class _Changes:
    """Collects labels and rules, annotation by annotation; A is the run, B the gold."""

    def __init__(self) -> None:
        self.labels: dict[str, LabelChanges] = {}
        self.rules: dict[tuple[str, Duty, str], RuleChanges] = {}

    def add(self, each: Aligned) -> None:
        if each.a is None:
            assert each.b
            self._label(each.b.label).added += 1
            return
        label = self._label(each.a.label)
        label.found += 1
        differing = list(each.differing())
        change = _CHANGES.get(each.outcome)
        if change:
            setattr(label, change, getattr(label, change) + 1)
        label.changed.update(name for name, _, _ in differing)
        label.kept += not change and not differing
        self._finder(each, change, [values for values in differing if values[0] not in _OTHER_OWNER])
        for name, was, became in each.judged():
            if name in _OTHER_OWNER:
                duty, owner = _OTHER_OWNER[name]
                rule = self._rule(each.a.label, duty, each.a.item.get(owner))
                rule.decided += 1
                rule.right += was == became
                if was != became:
                    rule.values[name, was, became] += 1

    def _finder(self, each: Aligned, change: str | None, differing: list[tuple[str, str, str]]) -> None:
        """Hold the rule that found the span to its place, its label, and the values that no other rule decides."""
        assert each.a
        rule = self._rule(each.a.label, "find", each.a.item.get("rule"))
        rule.decided += 1
        rule.right += not change and not differing
        if change:
            setattr(rule, change, getattr(rule, change) + 1)
        rule.values.update(differing)
        if each.outcome == "relabelled" and each.b:
            rule.values["label", each.a.label, each.b.label] += 1

    def _label(self, label: str) -> LabelChanges:
        return self.labels.setdefault(label, LabelChanges(label))

    def _rule(self, label: str, duty: Duty, rule: str | None) -> RuleChanges:
        key = (label, duty, rule or _UNNAMED[duty])
        return self.rules.setdefault(key, RuleChanges(*key))
