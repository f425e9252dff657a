"""Two annotations of one letter laid side by side: what `agreement` counts and what `diff` explains.

`align` pairs entities within their label, services with services, and the rationale sentences of paired services, with
the matching and trimming that `imr_nlp.evaluation.scoring` scores by. What is left over is paired across labels where
both clearly mean the same words. `facets` gives what an annotation says beyond its place, as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from imr_nlp.evaluation.scoring import CitationKey, Item, Span, match, trim
from imr_nlp.labels import ATTRIBUTE, LABELS, UNIT

SERVICE, RATIONALE = "SERVICE", "RATIONALE"
#: Everything that is annotated as a span, in the order of every table.
KINDS_OF_SPAN = (*LABELS, SERVICE, RATIONALE)
#: Facets whose values come from a short list, so that chance-corrected agreement and confusion tables mean something.
CLOSED = ("assertion", "status", "authority", "decision", "category", "role")
NOTHING = "nothing"
#: Share of the longer span that two spans of different labels have in common when one is the other relabelled.
_SAME_WORDS = 0.5

Outcome = Literal["same", "moved", "relabelled", "only_a", "only_b"]


@dataclass(frozen=True, slots=True)
class Side:
    """One annotation: its label, its place without white space and punctuation at both ends, and all it says."""

    label: str
    span: Span
    item: Item

    @property
    def facets(self) -> dict[str, str]:
        """What it says beyond its place, as text by name."""
        return facets(self.label, self.item)


@dataclass(frozen=True, slots=True)
class Aligned:
    """An annotation of A and its counterpart of B; one of the two may be missing."""

    letter: str
    outcome: Outcome
    a: Side | None
    b: Side | None

    def differing(self) -> Iterator[tuple[str, str, str]]:
        """Yield name, value of A and value of B of every facet that both state differently."""
        for name, a, b in self.judged():
            if a != b:
                yield name, a, b

    def judged(self) -> Iterator[tuple[str, str, str]]:
        """Yield name, value of A and value of B of every facet that both have; nothing where the labels differ."""
        if self.a and self.b and self.outcome != "relabelled":
            others = self.b.facets
            for name, value in self.a.facets.items():
                if name in others:
                    yield name, value, others[name]


def facets(label: str, item: Item) -> dict[str, str]:
    """Return what an annotation says beyond its place, each as text that is equal where the meaning is.

    >>> facets("DIAGNOSIS", {"assertion": "negated"})
    {'assertion': 'negated'}
    >>> facets("FREQUENCY", {"min": 1, "max": 2.0, "per": "week"})
    {'value': '1-2 week'}
    >>> facets("RATIONALE", {})
    {'role': 'nothing'}
    """
    if label in ATTRIBUTE:
        canonical = {"canonical": str(item["canonical"]).lower()} if item.get("canonical") else {}
        return {ATTRIBUTE[label]: _text(item.get(ATTRIBUTE[label])), **canonical}
    if label in UNIT:
        return {"value": _range(item, UNIT[label])}
    if label == RATIONALE:
        return {"role": _text(item.get("role"))}
    if label != SERVICE:
        return {}
    citations = (str(CitationKey.of(citation)) for citation in item.get("citations") or ())
    return {
        "decision": _text(item.get("decision")),
        "category": _text(item.get("category")),
        "procedure": _text(item.get("procedure")).lower(),
        "body parts": ", ".join(sorted(str(part).lower() for part in item.get("body_parts") or ())) or NOTHING,
        "sessions": _number(item.get("sessions") or item.get("implied_sessions")),
        "frequency": _range(item.get("frequency"), "per"),
        "duration": _range(item.get("duration"), "unit"),
        "citations": "; ".join(sorted(citations)) or NOTHING,
    }


def align(letter: str, text: str, a: Item, b: Item) -> Iterator[Aligned]:
    """Yield every annotation of two records of one letter, paired where both have it.

    In: the letter's name and decoded text, and two records (gold records, or records of a run). Raises ValueError,
    naming letter and place, where an annotation doesn't lie inside the text.

    >>> one = {"entities": [{"label": "DIAGNOSIS", "start": 0, "end": 6}], "services": []}
    >>> two = {"entities": [{"label": "PROCEDURE", "start": 0, "end": 7}], "services": []}
    >>> [(each.outcome, each.b.label) for each in align("x", "Sprain.", one, two)]
    [('relabelled', 'PROCEDURE')]
    """
    left_a, left_b = [], []
    mine, others = (_by_label(letter, text, record.get("entities") or ()) for record in (a, b))
    for label in sorted({*mine, *others}, key=order):
        pairs, only_a, only_b = _paired(mine.get(label, []), others.get(label, []))
        yield from _both(letter, pairs)
        left_a += only_a
        left_b += only_b
    yield from _relabelled(letter, left_a, left_b)
    pairs, alone_a, alone_b = _paired(
        *(_sides(letter, text, SERVICE, record.get("services") or ()) for record in (a, b))
    )
    yield from _both(letter, pairs)
    yield from _single(letter, alone_a, alone_b)
    for service, other in [*pairs, *((side, None) for side in alone_a), *((None, side) for side in alone_b)]:
        sentences = (
            _sides(letter, text, RATIONALE, side.item.get("rationale") or ()) if side else []
            for side in (service, other)
        )
        linked, only_a, only_b = _paired(*sentences)
        yield from _both(letter, linked)
        yield from _single(letter, only_a, only_b)


def order(label: str) -> tuple[int, str]:
    """Return what a label is sorted by: those of the scheme come in its order, any other after them.

    >>> sorted(["SPLINT", "PROCEDURE", "DIAGNOSIS"], key=order)
    ['DIAGNOSIS', 'PROCEDURE', 'SPLINT']
    """
    return (KINDS_OF_SPAN.index(label) if label in KINDS_OF_SPAN else len(KINDS_OF_SPAN), label)


def _by_label(letter: str, text: str, entities: Sequence[Item]) -> dict[str, list[Side]]:
    found: dict[str, list[Item]] = {}
    for entity in entities:
        found.setdefault(entity["label"], []).append(entity)
    return {label: _sides(letter, text, label, items) for label, items in found.items()}


def _sides(letter: str, text: str, label: str, items: Sequence[Item]) -> list[Side]:
    """Return annotations in text order, whatever order they were written in."""
    sides = [Side(label, _place(letter, text, label, item), item) for item in items]
    return sorted(sides, key=lambda side: (side.span, sorted(side.facets.items())))


def _place(letter: str, text: str, label: str, item: Item) -> Span:
    start, end = item["start"], item["end"]
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"{letter}: {label} at {start}-{end} is outside the text ({len(text)} characters)")
    trimmed = trim(text, start, end)
    return trimmed if trimmed[0] < trimmed[1] else (start, end)


def _paired(a: list[Side], b: list[Side]) -> tuple[list[tuple[Side, Side]], list[Side], list[Side]]:
    """Return pairs that overlap, what A has alone, and what B has alone."""
    pairs = sorted(_match([side.span for side in a], [side.span for side in b]))
    hit, used = {i for i, _ in pairs}, {j for _, j in pairs}
    return (
        [(a[i], b[j]) for i, j in pairs],
        [side for i, side in enumerate(a) if i not in hit],
        [side for j, side in enumerate(b) if j not in used],
    )


def _match(a: list[Span], b: list[Span]) -> list[tuple[int, int]]:
    """Pair spans as `match` does, but the same way round for A against B and B against A.

    `match` settles ties by position in its first list. Empty spans have no character in common with anything; two at
    one place are a pair.
    """
    pairs = match(a, b) if a <= b else [(i, j) for j, i in match(b, a)]
    empty: dict[Span, list[int]] = {}
    for j, span in enumerate(b):
        if span[0] == span[1]:
            empty.setdefault(span, []).append(j)
    return pairs + [(i, empty[span].pop(0)) for i, span in enumerate(a) if empty.get(span)]


def _both(letter: str, pairs: list[tuple[Side, Side]]) -> Iterator[Aligned]:
    for a, b in pairs:
        yield Aligned(letter, "same" if a.span == b.span else "moved", a, b)


def _single(letter: str, a: list[Side], b: list[Side]) -> Iterator[Aligned]:
    for side in a:
        yield Aligned(letter, "only_a", side, None)
    for side in b:
        yield Aligned(letter, "only_b", None, side)


def _relabelled(letter: str, a: list[Side], b: list[Side]) -> Iterator[Aligned]:
    """Pair across labels what covers mostly the same words; what is left stands alone."""
    a, b = sorted(a, key=_where), sorted(b, key=_where)
    pairs, only_a, only_b = _paired(a, b)
    for mine, other in pairs:
        if _mostly_same(mine.span, other.span):
            yield Aligned(letter, "relabelled", mine, other)
        else:
            only_a.append(mine)
            only_b.append(other)
    yield from _single(letter, sorted(only_a, key=_where), sorted(only_b, key=_where))


def _where(side: Side) -> tuple[Span, str]:
    return side.span, side.label


def _mostly_same(a: Span, b: Span) -> bool:
    common = min(a[1], b[1]) - max(a[0], b[0])
    return common >= _SAME_WORDS * max(a[1] - a[0], b[1] - b[0])


def _text(value: Any) -> str:
    return NOTHING if value in (None, "") else str(value).strip()


def _number(value: Any) -> str:
    """Return a number without a decimal point that says nothing; a value that is none as it stands."""
    return f"{value:g}" if isinstance(value, int | float) else _text(value)


def _range(value: Mapping[str, Any] | None, unit: str) -> str:
    if not value:
        return NOTHING
    low, high = _number(value.get("min")), _number(value.get("max"))
    return f"{low if low == high else f'{low}-{high}'} {_text(value.get(unit))}"
