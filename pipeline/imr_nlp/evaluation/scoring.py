"""Score records against gold: precision, recall and F1 of spans; accuracy and macro-F1 of attributes.

Read `score` first, then `_LetterScore`, whose methods follow a record from its head to its rationale. Gold is plain
JSON (``annotations/gold.jsonl``; its README gives the form), and so are the records, so that what is scored is what a
run writes. Every offset counts characters of the letter's text as decoded.

The figures are those of the scorer that comes with the real letters (``eval/score.py``), to the last digit. Spans are
paired one to one within their label, those whose boundaries differ least first, after white space, quotes and
punctuation at both ends were cut off:

- ``exact``: same boundaries; ``overlap``: at least one character in common; ``value``: overlap, and the same numbers
  and unit;
- attributes (assertion, status, authority) are judged on the overlapping pairs alone;
- what belongs to a service (citations, rationale, ...) is judged against the service paired with it;
- a rationale sentence is linked when four fifths of the longer of two sentences are common to both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from imr_nlp.evaluation.metrics import Error, Report
from imr_nlp.labels import ATTRIBUTE, LABELS, UNIT

Span = tuple[int, int]
Item = Mapping[str, Any]

#: Share of the longer of two rationale sentences that both must have in common.
SAME_SENTENCE = 0.8
#: What may stand at the ends of a span without making it another span.
_ENDS = " \t\r\n\f.,;:\"'“”()"
_NOT_NAME = re.compile(r"[^a-z0-9]+")


def score(golds: Iterable[Item], records: Mapping[str, Item], texts: Mapping[str, str]) -> Report:
    """Score records against gold.

    In: gold records, records as `Letter` writes them (by the gold's names), and the letters' decoded texts (by the
    same names). Out: a `Report`. A letter without a record has found nothing.

    >>> gold = {"name": "a", "services": [], "entities": [
    ...     {"label": "DIAGNOSIS", "start": 0, "end": 6, "assertion": "affirmed"},
    ...     {"label": "DIAGNOSIS", "start": 8, "end": 13, "assertion": "negated"}]}
    >>> record = {"entities": [{"label": "DIAGNOSIS", "start": 0, "end": 7, "assertion": "negated"}]}
    >>> report = score([gold], {"a": record}, {"a": "Sprain. No gout"})
    >>> report.counts["DIAGNOSIS exact"]
    Counts(correct=1, predicted=1, gold=2)
    >>> report.agreements["DIAGNOSIS assertion"].pairs
    [('affirmed', 'negated')]
    >>> [(error.kind, error.start) for error in report.errors["DIAGNOSIS"]]
    [('missed', 8)]
    """
    report = Report()
    for gold in golds:
        name = gold["name"]
        report.letters += 1
        report.with_record += name in records
        letter = _LetterScore(name, texts[name], report)
        record = records.get(name, {})
        letter.case_facts(gold, record)
        letter.entities(gold["entities"], record.get("entities") or [])
        letter.services(gold["services"], record.get("services") or [])
    return report


def match(gold: Sequence[Span], predicted: Sequence[Span]) -> list[tuple[int, int]]:
    """Pair overlapping spans one to one, those whose boundaries differ least first; return pairs of indices.

    >>> match([(0, 10), (12, 20)], [(12, 19), (0, 4), (5, 10)])
    [(1, 0), (0, 2)]
    """
    candidates = [
        (abs(g[0] - p[0]) + abs(g[1] - p[1]), -_common(g, p), i, j)
        for i, g in enumerate(gold)
        for j, p in enumerate(predicted)
        if _common(g, p) > 0
    ]
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, _, i, j in sorted(candidates):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return list(pairs.items())


class CitationKey(NamedTuple):
    """What makes two citations the same: all of it, whatever the order of sections and of pages."""

    party: str
    authority: str
    title: str
    year: str
    sections: tuple[str, ...]
    pages: tuple[str, ...]

    @classmethod
    def of(cls, citation: Item) -> CitationKey:
        """Return the key of a citation of a record.

        >>> CitationKey.of({"party": "reviewer", "authority": "ODG", "title": "Knee & Leg", "pages": ["7", "6"]})
        CitationKey(party='reviewer', authority='ODG', title='knee leg', year='', sections=(), pages=('6', '7'))
        """
        return cls(
            citation["party"],
            citation["authority"],
            _name(citation.get("title")),
            re.sub(r"\D", "", str(citation.get("year") or ""))[:4],
            _names(citation.get("sections")),
            _names(citation.get("pages")),
        )

    def __str__(self) -> str:
        parts = (self.party, self.authority, self.title, self.year, ", ".join(self.sections), ", ".join(self.pages))
        return " | ".join(part or "-" for part in parts)


@dataclass(slots=True)
class _LetterScore:
    """Scores one letter into a report."""

    name: str
    text: str
    report: Report

    def case_facts(self, gold: Item, record: Item) -> None:
        for part in ("case", "patient", "reviewer"):
            found = record.get(part) or {}
            for key, value in (gold.get(part) or {}).items():
                got = found.get(key)
                if value in (None, "", []):  # gold without a value counts as gold that does not name the fact
                    continue
                same = _names(value) == _names(got) if isinstance(value, list) else _name(value) == _name(got)
                self.count("case facts", same, got not in (None, "", []), True)
                if not same:
                    self.wrong("case", None, f"{key} {_shown(value)}", _shown(got))

    def entities(self, gold: Sequence[Item], predicted: Sequence[Item]) -> None:
        for label in LABELS:
            self._label(
                label,
                [entity for entity in gold if entity["label"] == label],
                [entity for entity in predicted if entity["label"] == label],
            )

    def _label(self, label: str, gold: Sequence[Item], predicted: Sequence[Item]) -> None:
        wanted, found = self.spans(gold), self.spans(predicted)
        pairs = match(wanted, found)
        exact = [(i, j) for i, j in pairs if wanted[i] == found[j]]
        for scope in (label, "ENTITIES"):
            self.count(f"{scope} exact", len(exact), len(found), len(wanted))
            self.count(f"{scope} overlap", len(pairs), len(found), len(wanted))
        self.unpaired(label, wanted, found, exact)
        if label in ATTRIBUTE:
            attribute = ATTRIBUTE[label]
            for i, j in pairs:
                self.judge(
                    f"{label} {attribute}", attribute, wanted[i], gold[i].get(attribute), predicted[j].get(attribute)
                )
        else:
            unit = UNIT[label]
            same = [_same_range(gold[i], predicted[j], unit) for i, j in pairs]
            self.count(f"{label} value", sum(same), len(found), len(wanted))
            for (i, j), agrees in zip(pairs, same, strict=True):
                if not agrees:
                    self.wrong("value", wanted[i], _shown(gold[i], unit), _shown(predicted[j], unit))

    def services(self, gold: Sequence[Item], predicted: Sequence[Item]) -> None:
        wanted, found = self.spans(gold), self.spans(predicted)
        pairs = match(wanted, found)
        self.count("service found", len(pairs), len(found), len(wanted))
        self.count("service text exact", sum(wanted[i] == found[j] for i, j in pairs), len(found), len(wanted))
        self.unpaired("service", wanted, found, pairs)
        for i, j in pairs:
            if wanted[i] != found[j]:
                self.wrong("service", wanted[i], self.text[slice(*wanted[i])], self.text[slice(*found[j])])
        partner = dict(pairs)
        for i, service in enumerate(gold):
            self._service(service, predicted[partner[i]] if i in partner else {}, wanted[i])
        for _ in range(len(predicted) - len(pairs)):
            self.count("decision", 0, 1, 0)
            self.count("category", 0, 1, 0)

    def _service(self, gold: Item, got: Item, at: Span) -> None:
        """Score what belongs to one service; ``got`` is empty where the service was not found."""
        for key in ("decision", "category"):
            same = gold[key] == got.get(key)
            self.count(key, same, bool(got), True)
            if not same:
                self.wrong(key, at, gold[key], _shown(got.get(key)))
        if gold.get("procedure"):
            same = _name(gold["procedure"]) == _name(got.get("procedure"))
            self.count("procedure name", same, bool(got.get("procedure")), True)
            if not same:
                self.wrong("procedure", at, gold["procedure"], _shown(got.get("procedure")))
        parts, got_parts = ({_name(part) for part in of.get("body_parts") or []} for of in (gold, got))
        self.count("body parts", len(parts & got_parts), len(got_parts), len(parts))
        if parts != got_parts:
            self.wrong("body_parts", at, _shown(sorted(parts)), _shown(sorted(got_parts)))
        self._quantities(gold, got, at)
        self._citations(gold.get("citations") or [], got.get("citations") or [], at)
        self._rationale(gold.get("rationale") or [], got.get("rationale") or [])

    def _quantities(self, gold: Item, got: Item, at: Span) -> None:
        wanted, found = (of.get("sessions") or of.get("implied_sessions") for of in (gold, got))
        checks = [("sessions", wanted, found, _same_number(wanted, found))]
        for key, unit in (("frequency", "per"), ("duration", "unit")):
            wanted, found = gold.get(key), got.get(key)
            checks.append((key, wanted, found, _same_range(wanted, found, unit)))
        for key, wanted, found, same in checks:
            if wanted or found:
                self.count("quantities (sessions, frequency, duration)", same, bool(found), bool(wanted))
                if not same:
                    self.wrong("quantities", at, f"{key} {_shown(wanted)}", _shown(found))

    def _citations(self, gold: Sequence[Item], predicted: Sequence[Item], at: Span) -> None:
        wanted, found = (Counter(map(CitationKey.of, citations)) for citations in (gold, predicted))
        self.count("citation strict", (wanted & found).total(), found.total(), wanted.total())
        sources, got = (Counter(key[:2] for key in keys.elements()) for keys in (wanted, found))
        self.count("citation party+authority", (sources & got).total(), got.total(), sources.total())
        errors = self.report.errors["citation"]
        errors += [Error(self.name, "missed", *at, gold=str(key)) for key in (wanted - found).elements()]
        errors += [Error(self.name, "invented", *at, got=str(key)) for key in (found - wanted).elements()]

    def _rationale(self, gold: Sequence[Item], predicted: Sequence[Item]) -> None:
        wanted, found = self.spans(gold), self.spans(predicted)
        linked = [
            (i, j)
            for i, j in match(wanted, found)
            if _common(wanted[i], found[j]) >= SAME_SENTENCE * max(_length(wanted[i]), _length(found[j]))
        ]
        self.count("rationale sentence linked", len(linked), len(found), len(wanted))
        self.unpaired("rationale", wanted, found, linked)
        for sentence, at in zip(gold, wanted, strict=True):
            best = max(range(len(found)), key=lambda j: _common(at, found[j]), default=None)
            hit = best is not None and _common(at, found[best]) > 0
            role = predicted[best].get("role") if best is not None and hit else "missing"
            self.judge("rationale role", "role", at, sentence["role"], role)

    # --- what the methods above write into the report ---

    def count(self, figure: str, correct: int, predicted: int, gold: int) -> None:
        self.report.counts[figure].add(correct, predicted, gold)

    def judge(self, figure: str, errors: str, at: Span, gold: Any, got: Any) -> None:
        self.report.agreements[figure].pairs.append((_name(gold), _name(got)))
        if _name(gold) != _name(got):
            self.wrong(errors, at, _shown(gold), _shown(got))

    def wrong(self, errors: str, at: Span | None, gold: str, got: str) -> None:
        start, end = at or (None, None)
        self.report.errors[errors].append(Error(self.name, "wrong", start, end, gold, got))

    def unpaired(
        self, errors: str, gold: Sequence[Span], got: Sequence[Span], pairs: Sequence[tuple[int, int]]
    ) -> None:
        hit, used = {i for i, _ in pairs}, {j for _, j in pairs}
        rows = self.report.errors[errors]
        rows += [Error(self.name, "missed", *span) for i, span in enumerate(gold) if i not in hit]
        rows += [Error(self.name, "invented", *span) for j, span in enumerate(got) if j not in used]

    def spans(self, items: Iterable[Item]) -> list[Span]:
        return [trim(self.text, item["start"], item["end"]) for item in items]


def trim(text: str, start: int, end: int) -> Span:
    """Cut white space, quotes and punctuation off both ends of a span.

    >>> trim('the "left knee." was', 4, 16)
    (5, 14)
    """
    while start < end and text[start] in _ENDS:
        start += 1
    while end > start and text[end - 1] in _ENDS:
        end -= 1
    return start, end


def _common(a: Span, b: Span) -> int:
    """How many characters two spans have in common; not positive where they have none."""
    return min(a[1], b[1]) - max(a[0], b[0])


def _length(span: Span) -> int:
    return span[1] - span[0]


def _name(value: Any) -> str:
    """Return a value as lower-case words, so that case and punctuation make no difference."""
    return _NOT_NAME.sub(" ", str(value or "").lower()).strip()


def _names(values: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(sorted(filter(None, map(_name, values or ()))))


def _same_number(a: Any, b: Any) -> bool:
    """Same number, or neither is one."""
    try:
        return abs(float(a) - float(b)) < 1e-6
    except (TypeError, ValueError):
        return a in (None, "") and b in (None, "")


def _same_range(gold: Item | None, got: Item | None, unit: str) -> bool:
    """Same numbers, and the same unit unless the gold could not tell it."""
    if not gold or not got:
        return not gold and not got
    numbers = all(_same_number(gold.get(end), got.get(end)) for end in ("min", "max"))
    return numbers and (gold.get(unit) == "unknown" or _name(gold.get(unit)) == _name(got.get(unit)))


def _shown(value: Any, unit: str = "") -> str:
    """Return a value as a person would write it in a list of errors."""
    if isinstance(value, Mapping):
        unit = unit or ("per" if "per" in value else "unit")
        return f"{value.get('min')}-{value.get('max')} {value.get(unit)}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return "nothing" if value in (None, "") else str(value)
