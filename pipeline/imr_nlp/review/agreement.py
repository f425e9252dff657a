"""How far annotators agree with each other: F1 of what they marked, Cohen's kappa of what they said of it.

Read `agreement` first. Annotators are compared two by two over the letters that both have. Neither is right: precision
and recall would change places with the annotators, F1 stays (Hripcsak and Rothschild 2005, on agreement where nobody
can count what was rightly left unmarked). Kappa (Cohen 1960) is taken over the pairs that both marked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Any, Literal

from imr_nlp.evaluation.metrics import Counts
from imr_nlp.evaluation.scoring import Item, Span
from imr_nlp.labels import LABELS
from imr_nlp.review.compare import CLOSED, KINDS_OF_SPAN, NOTHING, Aligned, Side, align, order

#: What stands in the confusion of labels where one annotator marked nothing.
UNMARKED = "not marked"
#: Disagreements about the span itself stand before those about what was said of it.
_ABOUT = {"span": 0, "label": 1}


@dataclass(slots=True)
class PairedValues:
    """Values of one facet that two annotators gave to what both marked.

    >>> judged = PairedValues([("gap", "gap"), ("gap", "gap"), ("fact", "gap"), ("fact", "fact")])
    >>> judged.share, judged.kappa
    (0.75, 0.5)
    >>> judged.confusion()
    (['fact', 'gap'], [[1, 1], [0, 2]])
    """

    pairs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Share of the pairs with equal values; 1 where there are none."""
        return sum(a == b for a, b in self.pairs) / len(self.pairs) if self.pairs else 1.0

    @property
    def kappa(self) -> float:
        """Cohen's kappa: agreement beyond chance. 1 for full agreement, also where chance alone would give it."""
        from sklearn.metrics import cohen_kappa_score

        if self.share == 1.0:
            return 1.0
        return float(cohen_kappa_score(*zip(*self.pairs, strict=True)))

    def confusion(self) -> tuple[list[str], list[list[int]]]:
        """Return the values, and how often A (row) said one where B (column) said another."""
        from sklearn.metrics import confusion_matrix

        values = sorted({value for pair in self.pairs for value in pair})
        if len(values) < 2:  # scikit-learn warns of such a table, or refuses it
            return values, [[len(self.pairs)] for _ in values]
        return values, confusion_matrix(*zip(*self.pairs, strict=True), labels=values).tolist()


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One point on which two annotators differ. Places are offsets into the letter's text; None is: not marked."""

    letter: str
    label: str
    about: str
    kind: Literal["only_a", "only_b", "moved", "relabelled", "value"]
    a: Span | None
    b: Span | None
    a_says: str
    b_says: str


@dataclass(slots=True)
class Pair:
    """Two annotators held against each other.

    ``counts`` by label (and ENTITIES for all of them) and ``exact`` or ``overlap``, with A as gold; ``judged`` by label
    and facet; ``labels`` has the labels of every entity, for the confusion of labels.
    """

    a: str
    b: str
    letters: list[str]
    only_a: list[str]
    only_b: list[str]
    counts: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    judged: dict[str, PairedValues] = field(default_factory=lambda: defaultdict(PairedValues))
    labels: PairedValues = field(default_factory=PairedValues)
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, each: Aligned) -> None:
        """Take one aligned annotation into the figures and, where the two differ, into the disagreements."""
        for side, gold, predicted in ((each.a, 1, 0), (each.b, 0, 1)):
            if side:
                self._count(side.label, "exact", 0, predicted, gold)
                self._count(side.label, "overlap", 0, predicted, gold)
        if each.a and each.outcome in ("same", "moved"):
            self._count(each.a.label, "exact", each.outcome == "same", 0, 0)
            self._count(each.a.label, "overlap", 1, 0, 0)
        label = (each.a or each.b).label  # type: ignore[union-attr]  # one of the two is there
        if label in LABELS:
            self.labels.pairs.append((_label(each.a), _label(each.b)))
        for name, a, b in each.judged():
            self.judged[f"{label} {name}"].pairs.append((a, b))
        self._differ(each, label)

    def _count(self, label: str, how: str, correct: int, predicted: int, gold: int) -> None:
        for scope in (label, "ENTITIES") if label in LABELS else (label,):
            self.counts[f"{scope} {how}"].add(correct, predicted, gold)

    def _differ(self, each: Aligned, label: str) -> None:
        a, b = (side.span if side else None for side in (each.a, each.b))
        if each.outcome != "same":
            about = "label" if each.outcome == "relabelled" else "span"
            says = (_says(each.a), _says(each.b))
            self.disagreements.append(Disagreement(each.letter, label, about, each.outcome, a, b, *says))
        for name, *values in each.differing():
            self.disagreements.append(Disagreement(each.letter, label, name, "value", a, b, *values))

    def sections(self) -> dict[tuple[str, str], list[Disagreement]]:
        """Return the disagreements by label and what they are about, in the order of the label scheme."""
        found: dict[tuple[str, str], list[Disagreement]] = {}
        for each in sorted(self.disagreements, key=lambda each: (order(each.label), _ABOUT.get(each.about, 2))):
            found.setdefault((each.label, each.about), []).append(each)
        return found

    def tables(self) -> dict[str, tuple[list[str], list[list[int]]]]:
        """Return the confusion tables: of the labels, and of every facet with a short list of values."""
        closed = {name: each.confusion() for name, each in self.judged.items() if is_closed(name)}
        return {"label": self.labels.confusion(), **closed}

    def differing(self) -> set[str]:
        """Return the names of the confusion tables that have anything off their diagonal."""
        pairs = {"label": self.labels, **self.judged}
        return {name for name in self.tables() if pairs[name].share < 1}

    def figures(self) -> dict[str, Any]:
        """Return figures, confusion tables and disagreements as plain values, without text of the letters."""
        return {
            "a": self.a, "b": self.b, "letters": self.letters, "only_a": self.only_a, "only_b": self.only_b,
            "spans": {
                name: {"f1": each.f1, "common": each.correct, "a": each.gold, "b": each.predicted}
                for name, each in self.counts.items()
            },
            "values": {
                name: {
                    "pairs": len(each.pairs), "agreement": each.share,
                    **({"kappa": each.kappa} if is_closed(name) else {}),
                }
                for name, each in self.judged.items()
            },
            "confusion": {name: {"values": values, "rows": rows} for name, (values, rows) in self.tables().items()},
            "disagreements": [asdict(each) for each in self.disagreements],
        }  # fmt: skip


@dataclass(slots=True)
class Agreement:
    """Every pair of annotators."""

    pairs: list[Pair]

    def figures(self) -> dict[str, Any]:
        """Return all pairs as plain values for JSON, with the mean over the pairs of each F1 and kappa."""
        return {"mean": self.mean(), "pairs": [pair.figures() for pair in self.pairs]}

    def mean(self) -> dict[str, float]:
        """Return the mean over the pairs of every F1 and kappa that a pair has."""
        found: dict[str, list[float]] = defaultdict(list)
        for pair in self.pairs:
            for name, counts in pair.counts.items():
                found[f"{name} F1"].append(counts.f1)
            for name, judged in pair.judged.items():
                if is_closed(name):
                    found[f"{name} kappa"].append(judged.kappa)
        return {name: sum(values) / len(values) for name, values in found.items()}


def agreement(sets: Mapping[str, Iterable[Item]], texts: Mapping[str, str]) -> Agreement:
    """Hold two or more sets of gold records against each other, two by two.

    In: gold records (as in ``annotations/gold.jsonl``) by annotator, and the decoded texts by letter. Out: an
    `Agreement`. Raises ValueError where a set has a letter twice or an annotation lies outside its text.

    >>> gout = {"label": "DIAGNOSIS", "start": 3, "end": 7}
    >>> ann, bob = ([{"name": "x", "services": [], "entities": [{**gout, "assertion": said}]}]
    ...             for said in ("negated", "possible"))
    >>> pair, = agreement({"ann": ann, "bob": bob}, {"x": "No gout."}).pairs
    >>> pair.counts["DIAGNOSIS exact"].f1, pair.judged["DIAGNOSIS assertion"].kappa
    (1.0, 0.0)
    >>> [(each.about, each.a_says, each.b_says) for each in pair.disagreements]
    [('assertion', 'negated', 'possible')]
    """
    by_name = {who: _by_letter(who, records) for who, records in sets.items()}
    return Agreement([_pair(a, b, by_name[a], by_name[b], texts) for a, b in combinations(by_name, 2)])


def is_closed(figure: str) -> bool:
    """Return whether the values of a figure such as ``DIAGNOSIS assertion`` come from a short list.

    >>> is_closed("DIAGNOSIS assertion"), is_closed("DIAGNOSIS canonical")
    (True, False)
    """
    return figure.split(" ", 1)[1] in CLOSED


def _by_letter(who: str, records: Iterable[Item]) -> dict[str, Item]:
    found: dict[str, Item] = {}
    for record in records:
        if record["name"] in found:
            raise ValueError(f"{who}: letter {record['name']} is there twice")
        found[record["name"]] = record
    return found


def _pair(a: str, b: str, mine: Mapping[str, Item], others: Mapping[str, Item], texts: Mapping[str, str]) -> Pair:
    both = sorted(mine.keys() & others.keys())
    pair = Pair(a, b, both, sorted(mine.keys() - others.keys()), sorted(others.keys() - mine.keys()))
    for label in ("ENTITIES", *KINDS_OF_SPAN):
        for how in ("exact", "overlap"):
            pair.counts[f"{label} {how}"].add(0, 0, 0)
    for name in both:
        for each in align(name, texts[name], mine[name], others[name]):
            pair.add(each)
    return pair


def _label(side: Side | None) -> str:
    return side.label if side else UNMARKED


def _says(side: Side | None) -> str:
    """Return an annotation in words: its label and, where they are short, its values."""
    if side is None:
        return UNMARKED
    values = [value for name, value in side.facets.items() if value != NOTHING and name in (*CLOSED, "value")]
    return " ".join([side.label, *values])
