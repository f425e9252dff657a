"""A fitted `DictVectorizer` and logistic regression, applied without the checks that scikit-learn makes at every call.

The probabilities are those of the pipeline's own ``predict_proba``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class LinearModel:
    """Probabilities of the labels of readable feature rows.

    >>> from sklearn.feature_extraction import DictVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> rows = [{"a": 1.0}, {"b": 1.0}, {"c": 1.0}]
    >>> pipeline = make_pipeline(DictVectorizer(), LogisticRegression()).fit(rows, ["x", "y", "z"])
    >>> bool(np.allclose(LinearModel(pipeline).probabilities(rows), pipeline.predict_proba(rows)))
    True
    """

    def __init__(self, pipeline: Any) -> None:
        vectorizer, regression = pipeline[0], pipeline[-1]
        self.labels = [str(label) for label in pipeline.classes_]
        self._place: dict[str, int] = vectorizer.vocabulary_
        weights, offset = regression.coef_, regression.intercept_
        if len(self.labels) == 2:  # scikit-learn keeps one row for both
            weights, offset = np.vstack([-weights, weights]) / 2, np.concatenate([-offset, offset]) / 2
        self._weights = np.ascontiguousarray(weights.T)
        self._offset = offset

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> Any:
        """Return an array with a row for each row of features and a column for each label; rows add up to 1."""
        scores = np.empty((len(rows), len(self.labels)))
        for at, row in enumerate(rows):
            known = [(place, value) for name, value in row.items() if (place := self._place.get(name)) is not None]
            places, values = [place for place, _ in known], [value for _, value in known]
            scores[at] = np.asarray(values) @ self._weights[places] + self._offset if known else self._offset
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        return shares / shares.sum(axis=1, keepdims=True)
