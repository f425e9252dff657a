"""Measure how often each kind of finding is right on gold letters, and how well the probabilities are calibrated.

``imr-nlp train confidence GOLD ...`` writes ``models/confidence/1.0``. Give it letters that no rule was written on: on
letters that were read while the rules were written, every rule looks better than it is.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from imr_nlp.audit import confidence
from imr_nlp.evaluation.gold import Gold
from imr_nlp.evaluation.scoring import ATTRIBUTE, UNIT, match, trim
from imr_nlp.records import schema
from imr_nlp.training.folders import require_model_folder

FOLDS = 5


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """One finding: its letter, its keys from general to specific, and whether the gold agrees."""

    letter: str
    keys: list[str]
    right: bool


def judge(gold: dict[str, Any], letter: schema.Letter, text: str) -> Iterable[JudgedItem]:
    """Yield the findings of a record, judged by gold.

    An entity is right where its boundaries and its attribute or amount are the gold's.

    Args:
        gold: The gold record.
        letter: The record of the same letter.
        text: The letter's text.
    """
    name = gold["name"]
    for label in {entity.label for entity in letter.entities}:
        found = [entity for entity in letter.entities if entity.label == label]
        wanted = [entity for entity in gold["entities"] if entity["label"] == label]
        spans = [trim(text, e.start, e.end) for e in found]
        golds = [trim(text, e["start"], e["end"]) for e in wanted]
        partner = {j: i for i, j in match(golds, spans) if golds[i] == spans[j]}
        for j, entity in enumerate(found):
            right = j in partner and _same(wanted[partner[j]], entity, label)
            yield JudgedItem(name, confidence.entity_keys(entity), right)
    golds = [trim(text, s["start"], s["end"]) for s in gold["services"]]
    spans = [trim(text, s.start, s.end) for s in letter.services]
    partner = {j: i for i, j in match(golds, spans)}
    for j, service in enumerate(letter.services):
        own = gold["services"][partner[j]] if j in partner else {}
        yield JudgedItem(name, confidence.category_keys(service), own.get("category") == service.category)
        if service.decision is not None:
            keys = confidence.decision_keys(service, letter.source.layout)
            yield JudgedItem(name, keys, own.get("decision") == service.decision)


def _same(gold: dict[str, Any], entity: schema.Entity, label: str) -> bool:
    if label in UNIT:
        return all(_number(gold.get(k)) == _number(getattr(entity, k)) for k in ("min", "max"))
    value = gold.get(ATTRIBUTE[label])
    return str(value or "").lower() == str(getattr(entity, ATTRIBUTE[label]) or "").lower()


def _number(value: Any) -> float | None:
    return None if value is None else round(float(value), 4)


def count(judged: Iterable[JudgedItem]) -> dict[str, tuple[int, int]]:
    """Return how often each key was right, and how often it was seen.

    >>> count([JudgedItem("a", ["all", "dx"], True), JudgedItem("b", ["all"], False)])
    {'all': (1, 2), 'dx': (1, 1)}
    """
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for one in judged:
        for key in one.keys:
            right[key] += one.right
            seen[key] += 1
    return {key: (right[key], seen[key]) for key in sorted(seen)}


def calibration(judged: Sequence[JudgedItem]) -> tuple[float, list[tuple[float, float, int]]]:
    """Return the expected calibration error, and for each bin (mean probability, share right, findings).

    The probabilities are cross-validated by letter: each fold is rated by the other folds. The ten bins hold equally
    many findings (Naeini et al. 2015).

    >>> error, bins = calibration([JudgedItem(str(letter), ["all"], letter % 2 == 0) for letter in range(40)])
    >>> len(bins), error < 0.5
    (10, True)
    """
    letters = sorted({one.letter for one in judged})
    rated: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        held = set(letters[fold::FOLDS])
        rates = count(one for one in judged if one.letter not in held)
        rated += [(confidence.rate_of(rates, one.keys), one.right) for one in judged if one.letter in held]
    Random(0).shuffle(rated)  # equal probabilities must not stand in the order of the truth
    rated.sort(key=lambda pair: pair[0])
    size = max(1, len(rated) // 10)
    bins = [rated[at : at + size] for at in range(0, len(rated), size)]
    rows = [(sum(p for p, _ in b) / len(b), sum(r for _, r in b) / len(b), len(b)) for b in bins]
    return sum(abs(p - share) * n for p, share, n in rows) / max(1, len(rated)), rows


def train_confidence(golds: Sequence[Gold], letters: dict[str, schema.Letter], out: Path, names: list[str]) -> Path:
    """Write the model of rates, its description and its card.

    Args:
        golds: Gold with its letters.
        letters: Records of the same letters, by name.
        out: Folder of all models.
        names: Names of the gold files, for the card.

    Returns:
        The model's folder.
    """
    place = out / confidence.MODEL
    require_model_folder(place, "confidence")
    judged = [
        one
        for gold in golds
        for record in gold.records
        for one in judge(record, letters[record["name"]], gold.texts[record["name"]])
    ]
    place.mkdir(parents=True, exist_ok=True)
    data = json.dumps(count(judged), indent=0, sort_keys=True).encode() + b"\n"
    (place / confidence.RATES).write_bytes(data)
    kinds: dict[str, list[JudgedItem]] = defaultdict(list)
    for one in judged:
        kinds[one.keys[0]].append(one)
    figures = {kind: calibration(found) for kind, found in sorted(kinds.items())}
    meta = {
        "name": "confidence", "version": "1.0", "description": "how often each kind of finding was right on gold",
        "letters": len({one.letter for one in judged}), "gold": names,
        "sha256": {confidence.RATES: hashlib.sha256(data).hexdigest()},
        "figures": {kind: {"findings": len(kinds[kind]), "ece": round(ece, 4)} for kind, (ece, _) in figures.items()},
    }  # fmt: skip
    (place / "meta.json").write_text(json.dumps(meta, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (place / "card.md").write_text(_card(meta, figures), encoding="utf-8")
    return place


def _card(meta: dict[str, Any], figures: dict[str, tuple[float, list[tuple[float, float, int]]]]) -> str:
    lines = [
        "# Confidence 1.0",
        "",
        "How often each kind of finding was right on gold letters. The confidences of entities, decisions and",
        "categories come from it (`pipeline/imr_nlp/audit/confidence.py`).",
        "",
        f"Measured on {meta['letters']} real letters ({', '.join(meta['gold'])}). Their text is not shipped.",
        "A rate knows the label, the rule that found the entity and the rule that decided its context.",
        "Rare rules lean on common ones.",
        "",
        "The tables compare probability and truth, cross-validated by letter over five folds.",
    ]
    for kind, (ece, rows) in figures.items():
        lines += ["", f"## {kind}", "", f"Expected calibration error: {ece:.3f}", ""]
        lines += ["| mean probability | share right | findings |", "|--:|--:|--:|"]
        lines += [f"| {p:.3f} | {share:.3f} | {n:,} |" for p, share, n in rows]
    return "\n".join(lines) + "\n"
