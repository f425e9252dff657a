"""Writing a trained model: the numbers that reading letters needs, and scikit-learn's own form on request.

Reading is in `imr_nlp.learned.loading`. Nothing here is imported when letters are read.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from imr_nlp.learned.linear_model import LinearModel
from imr_nlp.learned.loading import META

SKOPS = "model.skops"


def save_model(place: Path, pipeline: Any, meta: dict[str, Any], *, skops: bool = False, short: bool = False) -> None:
    """Write what reading letters needs of a fitted pipeline, and its description, into a folder.

    The same pipeline and description give the same bytes.

    Args:
        place: The model's folder, ``models/<name>/<version>``. It is created where it does not exist.
        pipeline: A fitted scikit-learn pipeline of a `DictVectorizer` and a logistic regression.
        meta: What ``meta.json`` says, without the digests of the files.
        skops: Whether to write the pipeline itself too, as ``model.skops``. No part of this package reads that file,
            and its bytes differ each time: skops names its parts after memory addresses.
        short: Whether to write numbers of half the length (`LinearModel.short`).

    Raises:
        ImportError: ``skops`` is asked for and not installed.
        ValueError: The pipeline is of another kind.

    >>> import tempfile
    >>> from sklearn.feature_extraction import DictVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> fitted = make_pipeline(DictVectorizer(), LogisticRegression()).fit([{"cane": 1.0}, {"bed": 1.0}], ["a", "b"])
    >>> place = Path(tempfile.mkdtemp())
    >>> save_model(place, fitted, {"name": "demo", "version": "1.0"})
    >>> sorted(file.name for file in place.iterdir())
    ['meta.json', 'names.json', 'weights.npz']
    """
    linear = LinearModel.of(pipeline)
    files = (linear.short() if short else linear).to_files()
    LinearModel.from_files(files)  # what cannot be read back is not written
    place.mkdir(parents=True, exist_ok=True)
    (place / SKOPS).unlink(missing_ok=True)  # that of an earlier training
    if skops:
        from skops.io import dump

        dump(pipeline, place / SKOPS)
    for name, data in files.items():
        (place / name).write_bytes(data)
    described = {**meta, "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}}
    (place / META).write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
