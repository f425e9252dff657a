"""Training the model of rationale roles: which family, which policy, how much data, and the model itself.

Real letters are tested where there are any. Letters of readers (``annotations/training``) say the same things in many
more words. They share their weights with all other letters, which have further weights of their own (`fit_adapted`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from imr_nlp.components.rationale.role_rules import RoleRules
from imr_nlp.learned.features import Features
from imr_nlp.learned.saving import save_model
from imr_nlp.training.data import Example, GoldLetter, fingerprint, role_examples
from imr_nlp.training.fitting import (
    FAMILIES,
    KEPT,
    Predictions,
    accuracy,
    cross_validate,
    fit,
    fit_adapted,
    macro_f1,
    measures,
    predict_into,
    simplest,
)
from imr_nlp.training.folders import require_model_folder
from imr_nlp.training.prepare import reader_of
from imr_nlp.training.reports import Curve, described, environment
from imr_nlp.training.role_card import card_of_roles

NAME, VERSION = "roles", "1.0"
RULES = "rationale/roles.yml"
_FROM_RULES = ("cue ", "rules say ", "after ", "before ", "outcome ")
_SURE = 0.75  # a rule's score from which the policy "rules where sure" takes its word
_SIZES = (8, 16, 32)
_DRAWS = 3  # random choices of that many letters, for each fold


def train_roles(letters: Sequence[GoldLetter], out: Path, seed: int, *, skops: bool = False) -> Path:
    """Train the model on all letters, measure it by cross-validation over letters, and write its folder.

    The same letters, seed and library versions give the same bits.

    Args:
        letters: From `imr_nlp.training.data.gold_letters`.
        out: Folder of all models.
        seed: Of everything that is drawn at random.
        skops: Whether the pipeline of scikit-learn is written too.

    Returns:
        The folder ``out/roles/<version>`` with the model, its description and its card.

    Raises:
        FolderError: That folder holds files that no training wrote.
    """
    place = out / NAME / VERSION
    require_model_folder(place, NAME)
    everything = role_examples(letters, RoleRules(RULES))
    examples = [e for e in everything if reader_of(e.letter) is None]
    rows, labels = [e.features for e in everything], [e.label for e in everything]
    families = compare_families(examples, seed)
    shipped = adapted(everything, seed)
    figures = {
        "families": {name: _measured(examples, result) for name, result in families.items()},
        "simplest": simplest(labels, [e.letter for e in examples], families),
        "policies": {name: _measured(examples, result) for name, result in policies(examples, families[KEPT]).items()}
        | {"the same, with readers' letters": _measured(everything, shipped)},
        "invented": _invented(examples, seed),
        "readers": by_reader(everything, seed),
        "by_role": _by_role(labels, shipped.labels),
        "learning_curve": learning_curve(examples, seed),
    }
    pipeline = _fitted(everything, seed)
    meta = {
        "name": NAME,
        "version": VERSION,
        "labels": pipeline.classes_.tolist(),
        "seed": seed,
        "examples": len(everything),
        "features": len(pipeline[0].vocabulary_),
        "data_sha256": fingerprint(rows, labels),
        "letters": described(letters),
        "trained_with": environment(),
        "figures": figures,
    }
    save_model(place, pipeline, meta, skops=skops)
    card_of_roles(place, pipeline, meta)
    return place


def compare_families(examples: Sequence[Example], seed: int) -> dict[str, Predictions]:
    """Return what each family of models predicts, cross-validated over letters on the same folds."""
    rows, labels, folds = [e.features for e in examples], [e.label for e in examples], [e.fold for e in examples]
    return {name: cross_validate(rows, labels, folds, make, seed) for name, make in FAMILIES.items()}


def policies(examples: Sequence[Example], combined: Predictions, seed: int = 0) -> dict[str, Predictions]:
    """Return what rules, model and their combinations predict for the letters that are tested on."""
    tested = [i for i, e in enumerate(examples) if e.fold >= 0]
    by_rules = Predictions({i: examples[i].by_rules for i in tested}, {i: examples[i].sure for i in tested})
    labels, folds = [e.label for e in examples], [e.fold for e in examples]
    alone = cross_validate([_own(e.features) for e in examples], labels, folds, FAMILIES[KEPT], seed)
    sure = {i: by_rules.labels[i] if examples[i].sure >= _SURE else alone.labels[i] for i in tested}
    return {
        "rules alone": by_rules,
        "model alone, without the rules' cues": alone,
        f"rules where their score is at least {_SURE}, else the model alone": Predictions(sure, {}),
        "model with the rules' cues": combined,
    }


def adapted(examples: Sequence[Example], seed: int) -> Predictions:
    """Return what the model that ships predicts for each tested letter, trained on all letters of other folds."""
    predicted = Predictions({}, {})
    rows = [e.features for e in examples]
    for fold in sorted({e.fold for e in examples if e.fold >= 0}):
        model = _fitted([e for e in examples if e.fold != fold], seed)
        predict_into(predicted, model, rows, [i for i, e in enumerate(examples) if e.fold == fold])
    return predicted


def by_reader(examples: Sequence[Example], seed: int) -> dict[str, dict[str, dict[str, float]]]:
    """Return how well each reader's sentences are told, by models that saw no letter of any reader, and none of his."""
    readers = sorted({reader for e in examples if (reader := reader_of(e.letter))})
    if not readers:
        return {}
    rows, labels = [e.features for e in examples], [e.label for e in examples]
    whose = [reader_of(e.letter) for e in examples]
    without, others = Predictions({}, {}), Predictions({}, {})
    predict_into(
        without,
        _fitted([e for e, reader in zip(examples, whose, strict=True) if reader is None], seed),
        rows,
        [i for i, reader in enumerate(whose) if reader],
    )
    for reader in readers:
        model = _fitted([e for e, other in zip(examples, whose, strict=True) if other != reader], seed)
        predict_into(others, model, rows, [i for i, other in enumerate(whose) if other == reader])
    by_rules = Predictions({i: examples[i].by_rules for i in others.labels}, {})
    ways = {"rules alone": by_rules, "model without readers' letters": without, "model with those of others": others}
    return {name: _by_group(labels, result, whose) for name, result in ways.items()}


def _fitted(examples: Sequence[Example], seed: int) -> Any:
    own = [reader_of(e.letter) is None for e in examples]
    return fit_adapted([e.features for e in examples], [e.label for e in examples], own, seed)


def _by_group(
    labels: Sequence[str], predicted: Predictions, groups: Sequence[str | None]
) -> dict[str, dict[str, float]]:
    """Return the measures over all predicted examples, and over those of each group."""
    found = {"all": measures(labels, predicted)}
    for group in sorted({group for i in predicted.labels if (group := groups[i])}):
        found[group] = measures(labels, predicted.among({i for i in predicted.labels if groups[i] == group}))
    return found


def learning_curve(examples: Sequence[Example], seed: int) -> Curve:
    """Return accuracy and macro-F1 by the number of letters trained on: 8, 16, 32 and all of the other folds.

    Only letters that are tested on are counted and trained on; each size is drawn several times for each fold.
    """
    rows, labels = [e.features for e in examples], [e.label for e in examples]
    letters = {e.letter: e.fold for e in examples if e.fold >= 0}
    most = len(letters) - max(Counter(letters.values()).values(), default=0)
    curve: Curve = {}
    for size in (*(size for size in _SIZES if size < most), most):
        draws = []
        for draw in range(_DRAWS if size < most else 1):
            predicted = Predictions({}, {})
            for fold in sorted(set(letters.values())):
                others = sorted(name for name, other in letters.items() if other != fold)
                chosen = set(Random(f"{seed} {draw} {fold}").sample(others, min(size, len(others))))
                train = [i for i, e in enumerate(examples) if e.letter in chosen and e.fold >= 0]
                if len({labels[i] for i in train}) < 2:
                    continue
                model = fit([rows[i] for i in train], [labels[i] for i in train], FAMILIES[KEPT](seed))
                predict_into(predicted, model, rows, [i for i, e in enumerate(examples) if e.fold == fold])
            draws.append((accuracy(labels, predicted.labels), macro_f1(labels, predicted.labels)))
        curve[size] = (
            round(sum(draw[0] for draw in draws) / len(draws), 4),
            round(sum(draw[1] for draw in draws) / len(draws), 4),
        )
    return curve


def _invented(examples: Sequence[Example], seed: int) -> dict[str, dict[str, float]]:
    """Return how well rules and a model of the tested letters alone do on the letters that are only trained on."""
    rows, labels = [e.features for e in examples], [e.label for e in examples]
    tested = [i for i, e in enumerate(examples) if e.fold >= 0]
    others = [i for i, e in enumerate(examples) if e.fold < 0]
    if not others:
        return {}
    predicted = Predictions({}, {})
    model = fit([rows[i] for i in tested], [labels[i] for i in tested], FAMILIES[KEPT](seed))
    predict_into(predicted, model, rows, others)
    by_rules = Predictions({i: examples[i].by_rules for i in others}, {})
    return {"rules alone": measures(labels, by_rules), "model of the public letters": measures(labels, predicted)}


def _own(row: Features) -> Features:
    """Return the features of a sentence that don't come from the rules."""
    return {name: value for name, value in row.items() if not name.startswith(_FROM_RULES)}


def _measured(examples: Sequence[Example], predicted: Predictions) -> dict[str, dict[str, float]]:
    """Return the measures over all tested letters and over each half of them."""
    labels = [e.label for e in examples]
    halves = {"all": (False, True), "develop": (False,), "held": (True,)}
    return {
        name: measures(labels, predicted.among({i for i in predicted.labels if examples[i].held in which}))
        for name, which in halves.items()
    }


def _by_role(labels: Sequence[str], predicted: Mapping[int, str]) -> dict[str, dict[str, Any]]:
    """Return for each role how many sentences of it were given which role, and its F1."""
    found: dict[str, dict[str, Any]] = {}
    given = Counter(predicted.values())
    for role in sorted({labels[i] for i in predicted}):
        mine = [i for i in predicted if labels[i] == role]
        right = sum(predicted[i] == role for i in mine)
        found[role] = {
            "sentences": len(mine),
            "f1": round(2 * right / (len(mine) + given[role]), 4),
            "given": dict(sorted(Counter(predicted[i] for i in mine).items())),
        }
    return found
