"""A linear classifier over readable features: what of a trained scikit-learn model is needed to read letters.

It is kept as plain numbers and names, so that reading letters waits for neither scikit-learn nor SciPy. The
probabilities are those of the fitted pipeline's own ``predict_proba``.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import ZipFile

import numpy as np

#: The files of a model: its numbers (``weights``, a row for each feature and a column for each label, and ``offset``),
#: and the names that go with them.
WEIGHTS, NAMES = "weights.npz", "names.json"
_MAX_BYTES = 100_000_000  # bytes of the numbers once unpacked; ours have less than one million


class LinearModel:
    """Probabilities of the labels of readable feature rows.

    In: the labels; the features in the order of the rows of ``weights``; the weights, a column for each label; and what
    each label starts with. Raises ValueError where their sizes don't fit together.

    >>> model = LinearModel(["no", "yes"], ["cane"], np.array([[-1.0, 1.0]]), np.zeros(2))
    >>> model.probabilities([{"cane": 1.0}, {"unseen": 1.0}]).round(2).tolist()
    [[0.12, 0.88], [0.5, 0.5]]
    """

    def __init__(self, labels: Sequence[str], features: Sequence[str], weights: Any, offset: Any) -> None:
        if weights.shape != (len(features), len(labels)) or offset.shape != (len(labels),):
            raise ValueError(f"{len(features)} features and {len(labels)} labels, but weights of {weights.shape}")
        self.labels = list(labels)
        self.features = list(features)
        self.weights = weights
        self.offset = offset
        self._place = {name: place for place, name in enumerate(self.features)}

    @classmethod
    def of(cls, pipeline: Any) -> LinearModel:
        """Return what a fitted `DictVectorizer` and logistic regression come to.

        >>> from sklearn.feature_extraction import DictVectorizer
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklearn.pipeline import make_pipeline
        >>> rows = [{"a": 1.0}, {"b": 1.0}, {"c": 1.0}]
        >>> pipeline = make_pipeline(DictVectorizer(), LogisticRegression()).fit(rows, ["x", "y", "z"])
        >>> bool(np.allclose(LinearModel.of(pipeline).probabilities(rows), pipeline.predict_proba(rows)))
        True
        """
        vectorizer, regression = pipeline[0], pipeline[-1]
        weights, offset = regression.coef_, regression.intercept_
        if len(pipeline.classes_) == 2:  # scikit-learn keeps one row for both
            weights, offset = np.vstack([-weights, weights]) / 2, np.concatenate([-offset, offset]) / 2
        labels = [str(label) for label in pipeline.classes_]
        return cls(labels, list(vectorizer.feature_names_), np.ascontiguousarray(weights.T), offset)

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> LinearModel:
        """Return the model that `to_files` wrote; no file can make it run code.

        Raises ValueError where the files are damaged or don't fit together.
        """
        try:
            names = json.loads(files[NAMES])
            with ZipFile(io.BytesIO(files[WEIGHTS])) as archive:
                unpacked = sum(part.file_size for part in archive.infolist())
            if unpacked > _MAX_BYTES:
                raise OverflowError("too many numbers")
            with np.load(io.BytesIO(files[WEIGHTS]), allow_pickle=False) as numbers:
                return cls(names["labels"], names["features"], numbers["weights"], numbers["offset"])
        except Exception as error:  # whatever damaged files make zipfile, NumPy and json stumble over
            raise ValueError(f"{WEIGHTS} and {NAMES} can't be read: {type(error).__name__}") from error

    def short(self) -> LinearModel:
        """Return the model with numbers of half the length, which take half the room; probabilities differ by 1e-6.

        >>> LinearModel(["no", "yes"], ["cane"], np.array([[-0.1, 0.1]]), np.zeros(2)).short().weights.dtype.name
        'float32'
        """
        return LinearModel(self.labels, self.features, self.weights.astype(np.float32), self.offset.astype(np.float32))

    def to_files(self) -> dict[str, bytes]:
        """Return the model as files by their names; the same model gives the same bytes.

        >>> model = LinearModel(["no", "yes"], ["cane"], np.array([[-1.0, 1.0]]), np.zeros(2))
        >>> LinearModel.from_files(model.to_files()).features
        ['cane']
        """
        numbers = io.BytesIO()
        np.savez(numbers, weights=self.weights, offset=self.offset)  # NumPy dates its archives 1980
        names = {"labels": self.labels, "features": self.features}
        return {WEIGHTS: numbers.getvalue(), NAMES: (json.dumps(names, indent=0) + "\n").encode()}

    def probabilities(self, rows: Sequence[Mapping[str, float]]) -> Any:
        """Return an array with a row for each row of features and a column for each label; rows add up to 1."""
        scores = np.empty((len(rows), len(self.labels)))
        for at, row in enumerate(rows):
            known = [(place, value) for name, value in row.items() if (place := self._place.get(name)) is not None]
            places, values = [place for place, _ in known], [value for _, value in known]
            scores[at] = np.asarray(values) @ self.weights[places] + self.offset if known else self.offset
        scores -= scores.max(axis=1, keepdims=True)
        shares = np.exp(scores)
        return shares / shares.sum(axis=1, keepdims=True)
