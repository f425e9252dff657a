"""What a record depends on beside its letter: versions, code, configuration, rules of the user's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from imr_nlp.config import PACKAGE, folder
from imr_nlp.version import __version__

#: Packages whose version may change a record.
PARTS = ("spacy", "medspacy", "scispacy", "scikit-learn", "pydantic", "pypdfium2", "pyarrow", "duckdb")


def versions() -> dict[str, str]:
    """Return the versions of this package and of those that a record depends on."""
    return {"imr-nlp": __version__, **{name: metadata.version(name) for name in PARTS}}


def configuration() -> str:
    """Return a digest of every shipped rule, vocabulary, layout and model: two runs with the same one agree.

    >>> len(configuration())
    64
    """
    return _digest({name: folder(name) for name in ("configs", "models")}, "*")


def fingerprint(rules: Path | None = None) -> str:
    """Return a digest of all that a record depends on beside the letter: versions, code, configuration, own rules."""
    own = hashlib.sha256(rules.read_bytes()).hexdigest() if rules else ""
    parts = [json.dumps(versions()), configuration(), _digest({"imr_nlp": PACKAGE}, "*.py"), own]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _digest(folders: Mapping[str, Path], pattern: str) -> str:
    digest = {
        f"{name}/{path.relative_to(top).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for name, top in folders.items()
        for path in top.rglob(pattern)
        if path.is_file() and not path.name.startswith(".")
    }
    return hashlib.sha256(json.dumps(digest, sort_keys=True).encode()).hexdigest()
