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
PARTS = ("spacy", "medspacy", "scispacy", "numpy", "scikit-learn", "pydantic", "pypdfium2", "python-docx", "pyarrow")

#: Code that works with records, or carries letters, and cannot change what a record says. A new room counts as code
#: that can.
UNRELATED = (
    "cli/", "report/", "review/", "benchmark/", "training/", "evaluation/", "spark/",
    "run/cache.py", "run/entries.py", "run/fingerprint.py", "run/isolated.py", "run/manifest.py",
    "run/output_folder.py", "run/parquet.py", "run/pool.py", "run/runner.py", "run/unique.py", "run/worker.py",
    "records/database.py", "records/files.py", "records/kept.py", "records/notebook.py", "records/reference.py",
    "records/summary.py", "records/views.py",
    "text/visible.py", "text/subject.py",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return the versions of this package, of those that a record depends on, and of DuckDB.

    >>> sorted(versions())[:3]
    ['duckdb', 'imr-nlp', 'medspacy']
    """
    return {"imr-nlp": __version__, **{name: metadata.version(name) for name in (*PARTS, "duckdb")}}


def configuration() -> str:
    """Return a digest of every shipped rule, vocabulary, layout and model: two runs with the same one agree.

    >>> len(configuration())
    64
    """
    return _digest({name: folder(name) for name in ("configs", "models")}, "*")


def code() -> str:
    """Return a digest of the package's own code, as far as it can change a record.

    >>> code() == code()
    True
    """
    return _digest({"imr_nlp": PACKAGE}, "*.py", leave_out=UNRELATED)


def fingerprint(rules: Path | None = None) -> str:
    """Return a digest of all that a record depends on beside the letter: versions, code, configuration, own rules.

    Args:
        rules: The user's rules file.

    >>> len(fingerprint()), fingerprint() == fingerprint()
    (64, True)
    """
    own = hashlib.sha256(rules.read_bytes()).hexdigest() if rules else ""
    used = {"imr-nlp": __version__, **{name: metadata.version(name) for name in PARTS}}
    parts = [json.dumps(used), configuration(), code(), own]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _digest(folders: Mapping[str, Path], pattern: str, leave_out: tuple[str, ...] = ()) -> str:
    digest = {
        f"{name}/{path.relative_to(top).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for name, top in folders.items()
        for path in top.rglob(pattern)
        if path.is_file()
        and not path.name.startswith(".")
        and not path.relative_to(top).as_posix().startswith(leave_out or ("\0",))
    }
    return hashlib.sha256(json.dumps(digest, sort_keys=True).encode()).hexdigest()
