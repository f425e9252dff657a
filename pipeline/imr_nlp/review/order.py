"""Which letters to review first.

- ``uncertain``: where the pipeline is least sure. Doubt about a letter is the sum of two terms. The first is 1 less the
  record's trust score, or less its lowest model confidence where it has no trust score. The second is its warnings, a
  fifth for each, up to 1; an error counts three times, a remark (info) not at all. Least confidence first is
  uncertainty sampling (Lewis and Gale 1994, "A sequential algorithm for training text classifiers").
- ``random``: a random sample, for figures that speak for all letters.
- ``coverage``: next the letter that shows most of what no letter before it showed (layouts, labels with their values,
  categories, decisions, rules), each thing weighed by how rare it is: greedy weighted coverage, within 1 - 1/e of the
  best choice (Nemhauser, Wolsey and Fisher 1978).
- ``audit``: a random sample in which each layout and each decision has its turn, for a check of quality.

Only the features of the letters are kept in memory, not their texts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

from imr_nlp.review.task import Task, spans_of

_WARNING = 0.2
_WEIGHTS = {"error": 3, "warning": 1, "info": 0}


@dataclass(frozen=True, slots=True)
class Features:
    """What an order knows of a letter."""

    name: str
    doubt: float
    shows: frozenset[str]
    stratum: str


def features(task: Task) -> Features:
    """Return what the orders need to know of a task.

    >>> entity = {"id": "E1", "label": "DIAGNOSIS", "assertion": "negated", "start": 0, "end": 4, "score": 0.75}
    >>> features(Task("a", "None", {"entities": [entity]}, {"warnings": ["no_service"]})).doubt
    0.45
    """
    found: list[tuple[str, dict[str, Any]]] = [
        (kind, values) for kind, values, _, _ in spans_of(task.record) if kind != "decision"
    ]
    shows = {f"layout {task.meta.get('layout')}"}
    for kind, values in found:
        what = values.get("label") or values.get("role") or values.get("name") or kind
        shows.add(f"{what} {values.get('assertion') or values.get('status') or values.get('authority') or ''}")
        shows.update(f"{key} {values[key]}" for key in ("rule", "category", "decision") if values.get(key))
    decisions = sorted({service.get("decision") or "none" for service in task.record.get("services", ())}) or ["none"]
    return Features(
        name=task.name,
        doubt=_doubt(task, found),
        shows=frozenset(shows),
        stratum=f"{task.meta.get('layout', 'unknown')}/{'+'.join(decisions)}",
    )


def choose(tasks: Iterable[Task], order: str, limit: int | None = None, seed: int = 0) -> list[str]:
    """Return the names of the letters to review, first to last: the same for the same tasks and seed, in any sequence.

    >>> tasks = [Task(name, "", {}, {}) for name in "abc"]
    >>> choose(tasks, "random", 2, seed=1) == choose(tasks[::-1], "random", 2, seed=1)
    True
    """
    known = sorted((features(task) for task in tasks), key=lambda one: one.name)
    Random(seed).shuffle(known)  # equals stand in this order
    return ORDERS[order](known, len(known) if limit is None else min(limit, len(known)))


def _doubt(task: Task, found: list[tuple[str, dict[str, Any]]]) -> float:
    """Return how little a letter's record is to be trusted, at least 0."""
    severities = task.meta.get("severities") or ["warning"] * len(task.meta.get("warnings", ()))
    warnings = min(1.0, _WARNING * sum(_WEIGHTS.get(severity, 1) for severity in severities))
    trust = (task.meta.get("trust") or {}).get("score")
    if trust is None:
        scores = (values.get(key) for _, values in found for key in ("score", "category_score"))
        trust = min((score for score in scores if score is not None), default=1.0)
    return round(1 - trust + warnings, 6)


def _uncertain(known: list[Features], limit: int) -> list[str]:
    return [one.name for one in sorted(known, key=lambda one: -one.doubt)[:limit]]


def _random(known: list[Features], limit: int) -> list[str]:
    return [one.name for one in known[:limit]]


def _coverage(known: list[Features], limit: int) -> list[str]:
    """Take greedily what adds most; once all is shown, begin again with those left."""
    common = Counter(thing for one in known for thing in one.shows)
    left, shown, chosen = list(known), set[str](), list[str]()
    while len(chosen) < limit:
        gains = [sum(1 / common[thing] for thing in one.shows - shown) for one in left]
        best = max(range(len(left)), key=gains.__getitem__)
        if not gains[best] and shown:
            shown = set()
            continue
        shown |= left[best].shows
        chosen.append(left.pop(best).name)
    return chosen


def _audit(known: list[Features], limit: int) -> list[str]:
    """Take one of each stratum in turn, the smallest strata first."""
    strata: dict[str, list[Features]] = defaultdict(list)
    for one in known:
        strata[one.stratum].append(one)
    turns = [
        (place, len(stratum), name, one.name)
        for name, stratum in strata.items()
        for place, one in enumerate(stratum)
    ]  # fmt: skip
    return [name for *_, name in sorted(turns)[:limit]]


ORDERS: dict[str, Callable[[list[Features], int], list[str]]] = {
    "uncertain": _uncertain,
    "random": _random,
    "coverage": _coverage,
    "audit": _audit,
}
