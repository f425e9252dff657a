"""A run: many letters in, one folder of records, tables and errors out."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from imr_nlp import __version__, database, reading
from imr_nlp.config import folder
from imr_nlp.inputs import Inputs, Problem
from imr_nlp.output import OutputError, OutputFolder
from imr_nlp.work import CHUNK, Item, Result, Settings, in_parallel, in_this_process, prepare

#: Inputs that make one row group of the tables: a multiple of what goes to a process at a time, so that row groups
#: begin at the same letters whatever processes there are and whatever becomes of them.
ROW_GROUP = 256 * CHUNK

_PARTS = ("spacy", "medspacy", "scispacy", "scikit-learn", "pydantic", "pypdfium2", "pyarrow", "duckdb")


@dataclass(slots=True)
class Summary:
    """What a run did. ``seconds`` counts from the start of reading to the last file in place."""

    letters: int = 0
    services: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    decisions: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    @property
    def letters_per_second(self) -> float:
        """Letters read a second, the time to load the pipeline included."""
        return self.letters / self.seconds if self.seconds else 0.0

    def add(self, result: Result) -> None:
        """Count what some letters became."""
        self.letters += result.rows["letters"].num_rows
        self.services += result.rows["services"].num_rows
        self.failed += len(result.errors)
        self.errors.update(problem.code for problem in result.errors)
        self.decisions.update(result.decisions)
        self.warnings.update(result.warnings)


def run(
    inputs: Inputs,
    out: Path,
    *,
    workers: int = 1,
    rules: Path | None = None,
    store_text: bool = False,
    duckdb: Path | None = None,
    overwrite: bool = False,
    debug: bool = False,
    progress: Callable[[Summary], None] = lambda summary: None,
) -> Summary:
    """Read ``inputs`` (see `imr_nlp.inputs.expand`) and write records, tables, errors and ``run.json`` to ``out``.

    Records stand in the order of the inputs, and every file but ``run.json`` is byte for byte the same whatever
    ``workers`` is. ``progress`` is called with the counts so far. With more than one worker the caller's main module
    must be importable (``if __name__ == "__main__":``), as for every use of multiprocessing.

    Raises OutputError (``out`` or ``duckdb`` can't be used), ConfigError (a rules file can't), WriteError (the disk
    is full) and WorkerError (processes can't be started). Letters that fail raise nothing: they are counted.
    """
    if duckdb is not None:
        _check_database(duckdb, overwrite)
    settings = Settings(str(rules) if rules else None, store_text, debug)
    summary = Summary(skipped=inputs.skipped)
    begun = time.perf_counter()
    with OutputFolder(out, overwrite=overwrite, store_text=store_text) as output:
        for result in _results(inputs.items, settings, workers):
            output.add(result)
            summary.add(result)
            if (summary.letters + summary.failed) % ROW_GROUP == 0:
                output.flush()
            progress(summary)
        summary.seconds = time.perf_counter() - begun
        output.finish(_account(inputs, summary, workers, settings))
    if duckdb is not None:
        try:
            database.build(out, duckdb)
        except OSError as error:
            raise OutputError(f"{error}; the run itself is complete in {out}") from error
    return summary


def _results(items: Iterable[str | Problem], settings: Settings, workers: int) -> Iterator[Result]:
    read = (_standard_input() if item == reading.STDIN else item for item in items)
    if workers > 1:
        with closing(in_parallel(read, settings, workers)) as results:
            yield from results
    else:
        prepare(settings)
        yield from in_this_process(read, settings)


def _standard_input() -> Item:
    """Standard input belongs to this process; the others get what it holds."""
    try:
        return reading.read(reading.STDIN)
    except reading.ReadError as error:
        return Problem(reading.STDIN, error.code, error.message)


def _check_database(path: Path, overwrite: bool) -> None:
    """Refuse before the run what would be refused after it."""
    try:
        if path.exists() and not database.is_database(path):
            raise OutputError(f"{path} exists and is no DuckDB database; name another file with --duckdb")
        if path.exists() and not overwrite:
            raise OutputError(f"{path} exists; name another file, or add --overwrite to replace it")
    except OSError as error:
        raise OutputError(f"{path}: can't be used as a database ({error.strerror})") from error


def _account(inputs: Inputs, summary: Summary, workers: int, settings: Settings) -> dict[str, Any]:
    """Return what ``run.json`` says: with what, over what, and how fast. Times stand nowhere else."""
    return {
        "versions": {
            "imr-nlp": __version__,
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in _PARTS},
        },
        "configuration": {
            "sha256": fingerprint(),
            "rules": settings.rules,
            "rules_sha256": hashlib.sha256(Path(settings.rules).read_bytes()).hexdigest() if settings.rules else None,
            "workers": workers,
            "store_text": settings.store_text,
        },
        "counts": {
            "inputs": len(inputs.items),
            "letters": summary.letters,
            "failed": summary.failed,
            "skipped": summary.skipped,
            "services": summary.services,
            "decisions": dict(sorted(summary.decisions.items())),
            "errors": dict(sorted(summary.errors.items())),
            "warnings": dict(sorted(summary.warnings.items())),
        },
        "seconds": round(summary.seconds, 3),
        "letters_per_second": round(summary.letters_per_second, 2),
    }


def fingerprint() -> str:
    """Return a digest of every shipped rule, vocabulary, layout and model: two runs with the same one agree.

    >>> len(fingerprint())
    64
    """
    digest: dict[str, str] = {}
    for name in ("configs", "models"):
        for path in folder(name).rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                digest[f"{name}/{path.relative_to(folder(name)).as_posix()}"] = hashlib.sha256(
                    path.read_bytes()
                ).hexdigest()
    return hashlib.sha256(json.dumps(digest, sort_keys=True).encode()).hexdigest()
