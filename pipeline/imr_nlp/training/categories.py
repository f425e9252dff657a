"""Training the model of request categories: from the vocabulary's own names and the requests of gold letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from imr_nlp.components.services.category_model import features
from imr_nlp.concepts.services import category, plain_name
from imr_nlp.learned.features import Features
from imr_nlp.learned.saving import save_model
from imr_nlp.matching.vocabulary import load_vocabulary
from imr_nlp.training.category_card import card_of_categories
from imr_nlp.training.data import TRAIN_ONLY, GoldLetter, Name, Request, fingerprint, requests
from imr_nlp.training.fitting import (
    FAMILIES,
    KEPT,
    Classifier,
    Predictions,
    cross_validate,
    fit,
    measures,
    predict_into,
    simplest,
)
from imr_nlp.training.folders import require_model_folder
from imr_nlp.training.prepare import fold_of
from imr_nlp.training.reports import described, environment

NAME, VERSION = "categories", "1.0"
PROCEDURES, MEDICATIONS = "treatments/procedures.yml", "treatments/medications.yml"
_FOLDS = 5  # half of the folds of letters, two to one: each takes thousands of names to train
_NOT_LETTERS = re.compile(r"[^a-z]+")


def train_categories(letters: Sequence[GoldLetter], out: Path, seed: int, *, skops: bool = False) -> Path:
    """Train the model on the vocabulary's names and all requests, measure it, and write its folder.

    The same letters, vocabulary, seed and library versions give the same bits.

    Args:
        letters: From `imr_nlp.training.data.gold_letters`.
        out: Folder of all models.
        seed: Of everything that is drawn at random.
        skops: Whether the pipeline of scikit-learn is written too.

    Returns:
        The folder ``out/categories/<version>`` with the model, its description and its card.

    Raises:
        FolderError: That folder holds files that no training wrote.
    """
    place = out / NAME / VERSION
    require_model_folder(place, NAME)
    names = vocabulary_names()
    wanted = [r._replace(fold=r.fold % _FOLDS) if r.fold >= 0 else r for r in requests(letters)]
    rows = [features(name.text) for name in names] + [features(request.text) for request in wanted]
    labels = [name.category for name in names] + [request.category for request in wanted]
    pipeline = fit(rows, labels, FAMILIES[KEPT](seed))
    meta = {
        "name": NAME,
        "version": VERSION,
        "labels": pipeline.classes_.tolist(),
        "seed": seed,
        "examples": len(rows),
        "features": len(pipeline[0].vocabulary_),
        "data_sha256": fingerprint(rows, labels),
        "letters": described(letters),
        "trained_with": environment(),
        "figures": _figures(names, wanted, rows, labels, seed),
    }
    save_model(place, pipeline, meta, skops=skops)
    card_of_categories(place, pipeline, meta)
    return place


def vocabulary_names() -> list[Name]:
    """Return every procedure and drug of the shipped vocabulary with the category of a request for it.

    >>> next(name for name in vocabulary_names() if name.text == "magnetic resonance imaging")
    Name(text='magnetic resonance imaging', category='diagnostic_imaging', canonical='mri')
    """
    names = [
        Name(str(word), group["category"], str(canonical))
        for group in load_vocabulary(PROCEDURES)["names"]
        for canonical, others in group["names"].items()
        for word in (canonical, *others)
    ]
    drugs = load_vocabulary(MEDICATIONS)["classes"]["drug"]
    return names + [Name(str(drug), "pharmaceutical", str(drug)) for drug in drugs]


def without_names(names: Sequence[Name], wanted: Sequence[Request], test: Sequence[int]) -> list[int]:
    """Return which examples (names, then requests) say nothing of what the requests ``test`` are for.

    Left out are the requests of the same letters, those for the same procedure, and every wording of a name that one
    of the tested requests contains: to the model, their names are as new as if no vocabulary had them.
    """
    texts = [f" {_letters(wanted[i].text)} " for i in test]
    contained = {n.canonical for n in names if any(f" {_letters(n.text)} " in text for text in texts)}
    letters, procedures = {wanted[i].letter for i in test}, {wanted[i].procedure for i in test}
    kept = [i for i, name in enumerate(names) if name.canonical not in contained]
    return kept + [
        len(names) + i
        for i, request in enumerate(wanted)
        if request.letter not in letters and request.procedure not in procedures
    ]


def _figures(
    names: Sequence[Name], wanted: Sequence[Request], rows: Sequence[Features], labels: Sequence[str], seed: int
) -> dict[str, object]:
    after = len(names)
    tested = [i for i, request in enumerate(wanted) if request.fold >= 0]
    folds = [TRAIN_ONLY] * after + [request.fold for request in wanted]
    seen = cross_validate(rows, labels, folds, FAMILIES[KEPT], seed)
    vocabulary = {after + i: wanted[i].by_rules for i in tested}
    combined = {i: label if wanted[i - after].known else seen.labels[i] for i, label in vocabulary.items()}
    unseen = {name: _unseen(names, wanted, rows, labels, make, seed) for name, make in FAMILIES.items()}
    wordings = {after + i: category(wanted[i].text, []) for i in tested}
    letter_of = [""] * after + [request.letter for request in wanted]
    return {
        "requests": {
            "vocabulary, then the fallback wordings": measures(labels, Predictions(vocabulary, {})),
            "vocabulary, then the model": measures(labels, Predictions(combined, {})),
            "model alone": measures(labels, seen),
        },
        "known": sum(wanted[i].known for i in tested),
        "unseen": {"fallback wordings": measures(labels, Predictions(wordings, {}))}
        | {name: measures(labels, predicted) for name, predicted in unseen.items()},
        "simplest": simplest(labels, letter_of, unseen),
        "names": _unseen_names(names, rows, labels, seed),
        "plain_name": _plain_names([wanted[i] for i in tested]),
    }


def _unseen(
    names: Sequence[Name], wanted: Sequence[Request], rows: Sequence[Features], labels: Sequence[str],
    make: Classifier, seed: int,
) -> Predictions:  # fmt: skip
    """Predict each fold's requests by a model to which the names in them are new."""
    predicted = Predictions({}, {})
    for fold in sorted({request.fold for request in wanted if request.fold >= 0}):
        test = [i for i, request in enumerate(wanted) if request.fold == fold]
        train = without_names(names, wanted, test)
        model = fit([rows[i] for i in train], [labels[i] for i in train], make(seed))
        predict_into(predicted, model, rows, [len(names) + i for i in test])
    return predicted


def _unseen_names(
    names: Sequence[Name], rows: Sequence[Features], labels: Sequence[str], seed: int
) -> dict[str, dict[str, float]]:
    """Return how well bare names are told whose every wording is new to the model, and by the fallback wordings."""
    dealt = fold_of({name.canonical for name in names}, _FOLDS, seed)
    folds = [dealt[name.canonical] for name in names]
    predicted = cross_validate(rows[: len(names)], labels[: len(names)], folds, FAMILIES[KEPT], seed)
    wordings = {i: category(name.text, []) for i, name in enumerate(names)}
    return {
        "fallback wordings": measures(labels, Predictions(wordings, {})),
        KEPT: measures(labels, predicted),
    }


def _plain_names(wanted: Sequence[Request]) -> float:
    """Return how often the name that is read off a request's own wording is the canonical one by hand."""
    right = sum((plain_name(request.text) or "") == request.procedure.lower() for request in wanted)
    return round(right / max(1, len(wanted)), 4)


def _letters(text: str) -> str:
    return _NOT_LETTERS.sub(" ", text.lower()).strip()
