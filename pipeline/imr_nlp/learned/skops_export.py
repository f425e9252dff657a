"""Trained scikit-learn models on disk: written reproducibly, read without pickle.

Of a model's folder (`imr_nlp.learned.loading`), ``model.skops`` is the fitted scikit-learn pipeline, a zip archive of
JSON and
plain number arrays. Training writes it, and whoever works with scikit-learn can load it; reading letters needs only the
numbers beside it, which `save_model` takes from the same pipeline.

Reading a pipeline runs no code of the file's choosing: every type that the file names must be in `TRUSTED`, and arrays
are read with ``allow_pickle=False``. Writing the same model twice gives the same bytes: skops names its parts after
memory addresses and the archive after the clock, and both are replaced by what doesn't change.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from skops import io as skops

from imr_nlp.learned.linear_model import LinearModel
from imr_nlp.learned.loading import META, ModelError, place_of, read_model

MODEL = "model.skops"

#: Everything that a model file may be made of.
TRUSTED = frozenset(
    {
        "builtins.dict",
        "builtins.list",
        "builtins.str",
        "builtins.tuple",
        "numpy.float64",
        "numpy.int64",
        "numpy.ndarray",
        "scipy.sparse._csr.csr_matrix",
        "scipy.sparse._dia.dia_matrix",
        "sklearn.feature_extraction._dict_vectorizer.DictVectorizer",
        "sklearn.feature_extraction.text.TfidfTransformer",
        "sklearn.feature_extraction.text.TfidfVectorizer",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.FeatureUnion",
        "sklearn.pipeline.Pipeline",
    }
)
#: How skops may rebuild them: never by calling a function that the file names.
LOADERS = frozenset(
    {"DictNode", "JsonNode", "ListNode", "NdArrayNode", "ObjectNode", "SparseMatrixNode", "TupleNode", "TypeNode"}
)
_MAX_BYTES = 100_000_000  # bytes of a model once unpacked; ours have two or three million
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can tell


def load_pipeline(name: str) -> Any:
    """Return the fitted scikit-learn pipeline of the model ``name``, which `loading.load_model` also takes.

    Raises ModelError where there is none, where the file is not the one that ``meta.json`` describes, or where it holds
    a type that is not in `TRUSTED`.
    """
    place = place_of(name)
    _, files = read_model(place, [MODEL])
    try:
        return from_bytes(files[MODEL])
    except ModelError as error:
        raise ModelError(f"{place / MODEL}: {error}") from error


def save_model(place: Path, pipeline: Any, meta: dict[str, Any]) -> None:
    """Write a fitted pipeline, what of it is needed to read letters, and its description into the folder ``place``.

    In: a `DictVectorizer` and a logistic regression as one scikit-learn pipeline. The same input gives the same bytes.
    """
    files = {MODEL: to_bytes(pipeline), **LinearModel.of(pipeline).to_files()}
    from_bytes(files[MODEL])  # what can't be read back is not written
    LinearModel.from_files(files)
    place.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (place / name).write_bytes(data)
    described = {**meta, "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}}
    (place / META).write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


def to_bytes(pipeline: Any) -> bytes:
    """Return a fitted pipeline as a skops archive, the same bytes for the same weights."""
    archive = ZipFile(io.BytesIO(skops.dumps(pipeline)))
    schema = json.loads(archive.read("schema.json"))
    ids: dict[int, int] = {}
    files: dict[str, str] = {}
    for node in _nodes(schema):
        if "__id__" in node:
            node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
        if isinstance(node.get("file"), str) and "__loader__" in node:
            suffix = Path(node["file"]).suffix
            node["file"] = files.setdefault(node["file"], f"{len(files) + 1}{suffix}")
    packed = io.BytesIO()
    with ZipFile(packed, "w") as out:
        out.writestr(_entry("schema.json"), json.dumps(schema, separators=(",", ":")))
        for old, new in files.items():
            out.writestr(_entry(new), _plain_archive(archive.read(old)) if new.endswith(".npz") else archive.read(old))
    return packed.getvalue()


def from_bytes(data: bytes) -> Any:
    """Return the pipeline in a skops archive.

    Raises ModelError, before anything is built, where the archive names a type that is not trusted.

    >>> from_bytes(b"no archive")
    Traceback (most recent call last):
    imr_nlp.learned.loading.ModelError: not a skops archive
    """
    refused = sorted(_untrusted(_schema(data)))
    if refused:
        raise ModelError(f"holds what is not trusted: {', '.join(refused)}")
    try:
        return skops.loads(data, trusted=sorted(TRUSTED))
    except Exception as error:  # whatever a damaged archive makes skops stumble over
        raise ModelError(f"can't be read: {type(error).__name__}") from error


def _schema(data: bytes) -> Any:
    """Return what an archive says it is made of."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            schema = json.loads(archive.read("schema.json")) if unpacked <= _MAX_BYTES else None
    except Exception as error:  # whatever a damaged archive makes zipfile stumble over
        raise ModelError("not a skops archive") from error
    if schema is None:
        raise ModelError(f"more than {_MAX_BYTES:,} bytes once unpacked")
    return schema


def _untrusted(schema: Any) -> Iterator[str]:
    """Yield the types and ways of rebuilding that a schema names and that are not trusted."""
    for node in _nodes(schema):
        if not {"__class__", "__module__", "__loader__"} & set(node):
            continue
        kind = f"{node.get('__module__')}.{node.get('__class__')}"
        if kind not in TRUSTED:
            yield kind
        if node.get("__loader__") not in LOADERS:
            yield str(node.get("__loader__"))


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every object of a JSON document, outermost first."""
    waiting = [part]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(reversed(node.values()))
        elif isinstance(node, list):
            waiting.extend(reversed(node))


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _EPOCH)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _plain_archive(data: bytes) -> bytes:
    """Return an archive of arrays (a sparse matrix) without the time at which it was written."""
    packed = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as archive, ZipFile(packed, "w") as out:
        for part in archive.namelist():
            out.writestr(_entry(part), archive.read(part))
    return packed.getvalue()
