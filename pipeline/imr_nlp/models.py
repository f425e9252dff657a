"""Trained scikit-learn models on disk: written reproducibly, read without pickle.

A model is a folder ``models/<name>/<version>/`` with

- ``model.skops``: the fitted scikit-learn pipeline, a zip archive of JSON and plain number arrays;
- ``meta.json``: what it is, what it was trained with, and the SHA-256 of ``model.skops``;
- ``card.md``: for whom and what it is good, and how good.

Reading a model runs no code of the file's choosing: every type that the file names must be in `TRUSTED`, and arrays are
read with ``allow_pickle=False``. Writing the same model twice gives the same bytes: skops names its parts after memory
addresses and the archive after the clock, and both are replaced by what doesn't change.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from imr_nlp.config import ConfigError, folder
from imr_nlp.postponed import set_aside

MODEL, META = "model.skops", "meta.json"

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
_LARGEST = 100_000_000  # bytes of a model once unpacked; ours have two or three million
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive can tell


class ModelError(ConfigError):
    """A model that is missing, damaged, or holds what is not trusted; the message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted pipeline, the name that findings give as their rule (``roles/1.0``), and its ``meta.json``."""

    name: str
    pipeline: Any
    meta: dict[str, Any]


def load_model(name: str) -> Model:
    """Read the model ``name``: ``roles/1.0`` among the shipped ones, or the path of a model's folder.

    Raises ModelError where there is none, where the file is not the one that ``meta.json`` describes, or where it holds
    a type that is not in `TRUSTED`.
    """
    place = folder("models") / name  # an absolute path stays what it is
    try:
        data = (place / MODEL).read_bytes()
        meta = json.loads((place / META).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{place}: no such model: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{place / META}: not JSON") from error
    if meta.get("sha256") != hashlib.sha256(data).hexdigest():
        raise ModelError(f"{place / MODEL}: not the model that {META} describes (its sha256 differs)")
    try:
        return Model(f"{meta['name']}/{meta['version']}", from_bytes(data), meta)
    except ModelError as error:
        raise ModelError(f"{place / MODEL}: {error}") from error


def save_model(place: Path, pipeline: Any, meta: dict[str, Any]) -> None:
    """Write a fitted pipeline and its description into the folder ``place``; the same input gives the same bytes."""
    data = to_bytes(pipeline)
    from_bytes(data)  # what can't be read back is not written
    place.mkdir(parents=True, exist_ok=True)
    (place / MODEL).write_bytes(data)
    described = {**meta, "sha256": hashlib.sha256(data).hexdigest()}
    (place / META).write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")


def to_bytes(pipeline: Any) -> bytes:
    """Return a fitted pipeline as a skops archive, the same bytes for the same weights."""
    archive = ZipFile(io.BytesIO(_skops().dumps(pipeline)))
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
    imr_nlp.models.ModelError: not a skops archive
    """
    refused = sorted(_untrusted(_schema(data)))
    if refused:
        raise ModelError(f"holds what is not trusted: {', '.join(refused)}")
    try:
        return _skops().loads(data, trusted=sorted(TRUSTED))
    except Exception as error:  # whatever a damaged archive makes skops stumble over
        raise ModelError(f"can't be read: {type(error).__name__}") from error


def _skops() -> Any:
    """Return ``skops.io``, imported without its own list of trusted scikit-learn types.

    Only `TRUSTED` counts here, and to make that list skops imports the whole of scikit-learn. It also asks every loaded
    module for every function of SciPy.
    """
    import sklearn.utils

    listed = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = lambda *_, **__: []
    try:
        with set_aside():
            from skops import io as skops
    finally:
        sklearn.utils.all_estimators = listed
    return skops


def _schema(data: bytes) -> Any:
    """Return what an archive says it is made of."""
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
            schema = json.loads(archive.read("schema.json")) if unpacked <= _LARGEST else None
    except Exception as error:  # whatever a damaged archive makes zipfile stumble over
        raise ModelError("not a skops archive") from error
    if schema is None:
        raise ModelError(f"more than {_LARGEST:,} bytes once unpacked")
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
