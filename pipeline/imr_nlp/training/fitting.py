"""Fitting and cross-validating scikit-learn classifiers over readable features."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from imr_nlp.learned.features import Features

Classifier = Callable[[int], Any]

#: Families of models, the simplest first; each is made for a seed.
FAMILIES: dict[str, Classifier] = {
    "complement naive Bayes": lambda seed: ComplementNB(alpha=0.3),
    "logistic regression": lambda seed: LogisticRegression(C=1.0, max_iter=1000, random_state=seed),
    "linear SVM, calibrated": lambda seed: CalibratedClassifierCV(LinearSVC(C=0.05, random_state=seed), cv=3),
    "random forest": lambda seed: RandomForestClassifier(100, max_features=0.05, random_state=seed, n_jobs=1),
}
KEPT = "logistic regression"
_OWN = "own kind: "
LEAST = 2  # a feature must be in this many examples to be learnt from
_WORSE = 1.64  # standard errors: one-sided, 5 in 100


class Predictions(NamedTuple):
    """What a cross-validated model says of every example that was tested, by the example's number."""

    labels: dict[int, str]
    scores: dict[int, float]

    def among(self, some: set[int]) -> Predictions:
        """Return the predictions for some of the examples."""
        return Predictions(
            {i: label for i, label in self.labels.items() if i in some},
            {i: score for i, score in self.scores.items() if i in some},
        )


def fit(rows: Sequence[Features], labels: Sequence[str], classifier: Any) -> Pipeline:
    """Return a classifier fitted to examples, on one thread, so that the same data give the same bits.

    >>> model = fit([{"a": 1.0}, {"a": 1.0}, {"b": 1.0}, {"b": 1.0}], ["x", "x", "y", "y"], FAMILIES[KEPT](0))
    >>> model.predict([{"a": 1.0}, {"unseen": 1.0, "b": 1.0}]).tolist()
    ['x', 'y']
    """
    counts = Counter(name for row in rows for name in row)
    kept = [{name: value for name, value in row.items() if counts[name] >= LEAST} for row in rows]
    if isinstance(classifier, CalibratedClassifierCV):  # it can't hold out a third of less than three
        classifier.set_params(cv=max(2, min(3, *Counter(labels).values())))
    pipeline = Pipeline([("features", DictVectorizer()), ("classifier", classifier)])
    with threadpool_limits(limits=1):
        pipeline.fit(kept, list(labels))
    return pipeline


def fit_adapted(rows: Sequence[Features], labels: Sequence[str], own: Sequence[bool], seed: int) -> Pipeline:
    """Return a logistic regression for one kind of text that learns from another kind too.

    Each feature has a weight that all examples share, and one that only the own kind adds. The result has their sums:
    it is a model for the own kind, and costs no more than any other. Without examples of the own kind the shared
    weights remain. The method is that of Daumé, "Frustratingly Easy Domain Adaptation" (ACL 2007).

    Args:
        rows: The features of every example.
        labels: The label of every example.
        own: Whether an example is of the kind that the model is for.
        seed: For the solver.

    >>> rows = [{"a": 1.0}, {"a": 1.0}, {"b": 1.0}, {"b": 1.0}] * 2
    >>> own = [True] * 4 + [False] * 4
    >>> model = fit_adapted(rows, ["x", "x", "y", "y", "y", "y", "x", "x"], own, seed=0)
    >>> model.predict([{"a": 1.0}, {"b": 1.0}]).tolist()
    ['x', 'y']
    """
    doubled = [
        {**row, **{f"{_OWN}{name}": value for name, value in row.items()}} if mine else row
        for row, mine in zip(rows, own, strict=True)
    ]
    fitted = fit(doubled, labels, FAMILIES[KEPT](seed))
    vectorizer, regression = fitted[0], fitted[1]
    weights = dict(zip(vectorizer.feature_names_, regression.coef_.T, strict=True))
    names = sorted({name.removeprefix(_OWN) for name in weights})
    zero = np.zeros(len(regression.coef_))
    regression.coef_ = np.array([weights.get(name, zero) + weights.get(_OWN + name, zero) for name in names]).T
    regression.n_features_in_ = len(names)
    vectorizer.feature_names_ = names
    vectorizer.vocabulary_ = {name: number for number, name in enumerate(names)}
    return fitted


def cross_validate(
    rows: Sequence[Features], labels: Sequence[str], folds: Sequence[int], classifier: Classifier, seed: int
) -> Predictions:
    """Predict every example by a model that was trained on the other folds.

    Args:
        rows: The examples.
        labels: Their gold.
        folds: Their folds; those of negative folds are only trained on.
        classifier: Makes a classifier from a seed.
        seed: The seed.
    """
    predicted = Predictions({}, {})
    for fold in sorted({fold for fold in folds if fold >= 0}):
        train = [i for i, other in enumerate(folds) if other != fold]
        test = [i for i, other in enumerate(folds) if other == fold]
        model = fit([rows[i] for i in train], [labels[i] for i in train], classifier(seed))
        predict_into(predicted, model, rows, test)
    return predicted


def predict_into(predicted: Predictions, model: Pipeline, rows: Sequence[Features], test: Sequence[int]) -> None:
    """Add a model's predictions for the examples ``test``."""
    if not test:
        return
    probabilities = model.predict_proba([rows[i] for i in test])
    for i, label, score in zip(
        test, model.classes_[probabilities.argmax(axis=1)].tolist(), probabilities.max(axis=1).tolist(), strict=True
    ):
        predicted.labels[i], predicted.scores[i] = label, score


def accuracy(labels: Sequence[str], predicted: Mapping[int, str]) -> float:
    """Return the share of the predicted examples whose label is right.

    >>> accuracy(["a", "b", "b"], {0: "a", 2: "a"})
    0.5
    """
    return sum(labels[i] == label for i, label in predicted.items()) / max(1, len(predicted))


def macro_f1(labels: Sequence[str], predicted: Mapping[int, str]) -> float:
    """Return the mean of the F1 of every label that the gold of the predicted examples has.

    >>> macro_f1(["a", "b", "b"], {0: "a", 1: "b", 2: "b"}), macro_f1(["a", "b"], {0: "a", 1: "a"})
    (1.0, 0.3333333333333333)
    """
    gold = [labels[i] for i in predicted]
    return float(f1_score(gold, list(predicted.values()), labels=sorted(set(gold)), average="macro", zero_division=0))


def calibration_error(labels: Sequence[str], predicted: Predictions, bins: int = 10) -> float:
    """Return the expected calibration error: how far probabilities and shares of right answers are apart.

    Source: Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.

    >>> predicted = Predictions(dict.fromkeys(range(4), "a"), dict.fromkeys(range(4), 0.75))
    >>> calibration_error(["a", "a", "b", "a"], predicted)
    0.0
    """
    binned: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for i, score in predicted.scores.items():
        binned[min(int(score * bins), bins - 1)].append((score, predicted.labels[i] == labels[i]))
    apart = [abs(sum(score - right for score, right in held)) for held in binned.values()]
    return sum(apart) / max(1, len(predicted.scores))


def measures(labels: Sequence[str], predicted: Predictions) -> dict[str, float]:
    """Return how many examples were tested, accuracy, macro-F1 and, where there are scores, the calibration error.

    >>> measures(["a", "b"], Predictions({0: "a", 1: "b"}, {}))
    {'examples': 2, 'accuracy': 1.0, 'macro_f1': 1.0}
    """
    found: dict[str, float] = {
        "examples": len(predicted.labels),
        "accuracy": round(accuracy(labels, predicted.labels), 4),
        "macro_f1": round(macro_f1(labels, predicted.labels), 4),
    }
    if predicted.scores:
        found["calibration_error"] = round(calibration_error(labels, predicted), 4)
    return found


def measurably_worse(
    labels: Sequence[str], groups: Sequence[str], one: Mapping[int, str], other: Mapping[int, str]
) -> bool:
    """Whether ``one`` makes more mistakes than ``other`` beyond chance: paired by letter, one-sided, at 5 in 100.

    >>> labels, letters = ["a"] * 40, [str(i // 2) for i in range(40)]
    >>> measurably_worse(labels, letters, dict.fromkeys(range(40), "b"), dict(enumerate(labels)))
    True
    """
    more: dict[str, int] = dict.fromkeys((groups[i] for i in one), 0)
    for i in one:
        more[groups[i]] += (one[i] != labels[i]) - (other[i] != labels[i])
    extra = np.array(list(more.values()), dtype=float)
    return bool(extra.sum() > _WORSE * sqrt(len(extra)) * extra.std())


def simplest(labels: Sequence[str], groups: Sequence[str], results: Mapping[str, Predictions]) -> str:
    """Return the first family of models that is not measurably worse than the most accurate one.

    Args:
        labels: The gold of the examples.
        groups: The letter of each example.
        results: What each family predicts, the simplest first.

    >>> right, wrong = (Predictions(dict.fromkeys(range(40), label), {}) for label in "ab")
    >>> letters = [str(i // 2) for i in range(40)]
    >>> simplest(["a"] * 40, letters, {"small": wrong, "middle": right, "large": right})
    'middle'
    """
    best = max(results, key=lambda family: accuracy(labels, results[family].labels))
    return next(
        family
        for family, predicted in results.items()
        if not measurably_worse(labels, groups, predicted.labels, results[best].labels)
    )
