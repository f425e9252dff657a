"""Trained models on disk, as they are read to read letters: plain numbers and names, no pickle, no scikit-learn.

A model is a folder ``models/<name>/<version>/`` with

- ``weights.npz`` and ``names.json``: the numbers and the names of features and labels (`imr_nlp.learned.linear_model`);
- ``meta.json``: what it is, what it was trained with, and the SHA-256 of each of these files;
- ``card.md``: for whom and what it is good, and how good.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imr_nlp.config import ConfigError, folder
from imr_nlp.learned.linear_model import NAMES, WEIGHTS, LinearModel

META = "meta.json"


class ModelError(ConfigError):
    """A model that is missing, damaged, or holds what is not trusted; the message names the file and the reason."""


@dataclass(frozen=True, slots=True)
class Model:
    """A linear model, the name that findings give as their rule (``roles/1.0``), and its ``meta.json``."""

    name: str
    linear: LinearModel
    meta: dict[str, Any]


def load_model(name: str) -> Model:
    """Read a model.

    Args:
        name: ``roles/1.0`` among the shipped ones, or the path of a model's folder.

    Raises:
        ModelError: There is none, a file is not the one that ``meta.json`` describes, or it is damaged.

    >>> load_model("roles/1.0").linear.labels
    ['conclusion', 'fact', 'gap', 'guideline', 'other']
    """
    place = place_of(name)
    meta, files = read_model(place, (WEIGHTS, NAMES))
    try:
        linear = LinearModel.from_files(files)
    except ValueError as error:
        raise ModelError(f"{place}: {error}") from error
    return Model(f"{meta['name']}/{meta['version']}", linear, meta)


def place_of(name: str) -> Path:
    """Return the folder of a model, which need not exist.

    >>> place_of("roles/1.0").parts[-3:], place_of("/data/mine/2.0").as_posix()
    (('models', 'roles', '1.0'), '/data/mine/2.0')
    """
    return folder("models") / name  # an absolute path stays what it is


def read_model(place: Path, names: Sequence[str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return ``meta.json`` of a model's folder, and the bytes of its files by name.

    Args:
        place: The folder.
        names: Of the files.

    Raises:
        ModelError: A file is not the one that ``meta.json`` describes, or there is no such file.

    >>> meta, files = read_model(place_of("roles/1.0"), [NAMES])
    >>> meta["name"], meta["version"], list(files)
    ('roles', '1.0', ['names.json'])
    """
    try:
        meta = json.loads((place / META).read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{place}: no such model: {error.strerror}") from error
    except ValueError as error:
        raise ModelError(f"{place / META}: not JSON") from error
    if not (isinstance(meta, dict) and {"name", "version"} <= set(meta) and isinstance(meta.get("sha256"), dict)):
        raise ModelError(f"{place / META}: not the description of a model: name, version and sha256 of its files")
    files = {}
    for name in names:
        try:
            files[name] = (place / name).read_bytes()
        except OSError as error:
            raise ModelError(f"{place / name}: can't be read: {error.strerror}") from error
        if meta["sha256"].get(name) != hashlib.sha256(files[name]).hexdigest():
            raise ModelError(f"{place / name}: not the file that {META} describes (its sha256 differs)")
    return meta, files
