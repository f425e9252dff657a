"""How good the entity model is: cross-validation by letter of the rules, the model alone and both, and their errors.

Every figure is about letters that the model has not seen. The rules, however, were written with every other of the
real letters in view, so that figures are given for the *held* letters apart: those say what to expect on new letters.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy

from imr_nlp.components.entity_model.component import (
    LABELS,
    EntityModelTagger,
    combine,
    hints_of,
    load_policy,
    reading,
    sentences,
)
from imr_nlp.doc.spans import ENTITIES, EntityDraft, attrs_of, spans_of
from imr_nlp.evaluation.scoring import match
from imr_nlp.training.entities import train
from imr_nlp.training.prepare import GOLD, Letter, read_prepared

#: The setting that hides all the rules' findings from the model when it is 1.
HIDDEN = "corpora.train.hint_dropout"
RULES, ALONE, READER, COMBINED = "rules", "model alone", "model that reads the rules", "combined"
Key = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class FoldScores:
    """What was found in one letter that no model of its fold has seen: by the rules, by the model, by both."""

    letter: Letter
    gold: frozenset[Key]
    found: dict[str, frozenset[Key]]


def cross_validate(prepared: Path, config: Path | None = None, **settings: Any) -> list[FoldScores]:
    """Train once for each fold on the other folds' letters and read the letters of the fold.

    The *model alone* is trained without the rules' findings. ``settings`` override the config's.
    """
    letters = read_prepared(prepared)
    judged: list[FoldScores] = []
    for fold in sorted({letter.fold for letter in letters}):
        with tempfile.TemporaryDirectory() as place:
            settings["paths.leave_out"] = fold
            both = _recogniser(train(prepared, Path(place, "both"), config, **settings))
            alone = _recogniser(train(prepared, Path(place, "alone"), config, **{**settings, HIDDEN: 1.0}))
            judged += [_judge(letter, both, alone) for letter in letters if letter.fold == fold]
    return judged


def figures(judged: Iterable[FoldScores]) -> dict[str, dict[str, dict[str, float | int]]]:
    """Return exact precision, recall and F1 by label and by who found it.

    >>> letter = Letter("a", 0, "corpus", True, spacy.blank("en")(""))
    >>> one = FoldScores(letter, frozenset({(0, 2, "DIAGNOSIS")}), {"rules": frozenset({(0, 2, "DIAGNOSIS")})})
    >>> figures([one])["DIAGNOSIS"]["rules"]
    {'precision': 1.0, 'recall': 1.0, 'f1': 1.0, 'gold': 1}
    """
    counts: dict[str, dict[str, Counter[str]]] = {}
    for one in judged:
        for who, found in one.found.items():
            for label in (*sorted(LABELS), "ALL"):
                wanted = {key for key in one.gold if label in (key[2], "ALL")}
                got = {key for key in found if label in (key[2], "ALL")}
                row = counts.setdefault(label, {}).setdefault(who, Counter())
                row.update(correct=len(wanted & got), found=len(got), gold=len(wanted))
    return {label: {who: _figures(row) for who, row in rows.items()} for label, rows in counts.items()}


def causes(judged: Iterable[FoldScores], who: str = COMBINED) -> dict[str, Counter[str]]:
    """Return how many errors remain by label and cause. Of two spans that overlap, the gold one is the measure."""
    table: dict[str, Counter[str]] = {label: Counter() for label in sorted(LABELS)}
    for one in judged:
        for label, counter in table.items():
            gold = sorted(key[:2] for key in one.gold if key[2] == label)
            found = sorted(key[:2] for key in one.found[who] if key[2] == label)
            pairs = match(gold, found)
            for i, j in pairs:
                if gold[i] != found[j]:
                    counter[_bounds(gold[i], found[j])] += 1
            paired = {i for i, _ in pairs}, {j for _, j in pairs}
            others = [key[:2] for key in one.gold if key[2] != label]
            counter["not found"] += len(gold) - len(paired[0])
            for j in range(len(found)):
                if j not in paired[1]:
                    known = _touches(found[j], gold), _touches(found[j], others)
                    counter[
                        "part of one already found" if known[0] else "another label" if known[1] else "nothing there"
                    ] += 1
    return table


def _recogniser(model: Path) -> EntityModelTagger:
    return EntityModelTagger(spacy.blank("en"), str(model.resolve()))


def _judge(letter: Letter, both: EntityModelTagger, alone: EntityModelTagger) -> FoldScores:
    """Read one letter as the pipeline would."""
    doc = letter.doc
    rules = [
        EntityDraft(attrs_of(span)["start"], attrs_of(span)["end"], span.label_, attrs_of(span))
        for span in spans_of(doc, ENTITIES)
        if span.label_ in LABELS
    ]
    policy = load_policy("entity_model/policy.yml")
    model = both.find(reading(doc, sentences(doc, policy.labels), hints_of(doc)), doc)
    found = {
        RULES: rules,
        ALONE: alone.find(reading(doc, sentences(doc), []), doc),
        READER: both.find(reading(doc, sentences(doc), hints_of(doc)), doc),
        COMBINED: combine(rules, [item for item in model if item.label in policy.labels], policy),
    }
    gold = [(span.start_char, span.end_char, span.label_) for span in doc.spans[GOLD] if span.label_ in LABELS]
    return FoldScores(
        letter, frozenset(gold), {who: frozenset(item[:3] for item in items) for who, items in found.items()}
    )


def _figures(row: Counter[str]) -> dict[str, float | int]:
    correct, found, gold = row["correct"], row["found"], row["gold"]
    return {
        "precision": round(correct / found, 4) if found else 0.0,
        "recall": round(correct / gold, 4) if gold else 0.0,
        "f1": round(2 * correct / (found + gold), 4) if found + gold else 0.0,
        "gold": gold,
    }


def _bounds(gold: tuple[int, int], found: tuple[int, int]) -> str:
    if gold[0] <= found[0] and found[1] <= gold[1]:
        return "too short"
    if found[0] <= gold[0] and gold[1] <= found[1]:
        return "too long"
    return "shifted"


def _touches(stretch: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    return any(stretch[0] < end and start < stretch[1] for start, end in others)
