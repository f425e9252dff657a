"""A run: many letters in, one folder of records, tables and errors out."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imr_nlp.reading import source as reading
from imr_nlp.reading.inputs import Inputs, Skipped
from imr_nlp.reading.problems import Problem, ReadError, recorded_name
from imr_nlp.reading.run_files import STORE
from imr_nlp.records import database
from imr_nlp.run.cache import Failure
from imr_nlp.run.fingerprint import configuration, fingerprint, versions
from imr_nlp.run.output_folder import OutputError, OutputFolder, is_reserved
from imr_nlp.run.pool import Workers
from imr_nlp.run.protocol import BATCH_SIZE, TIMEOUT, Item, Result, Settings, Suspect, name_of, time_limit
from imr_nlp.run.unique import UniqueIds

#: Inputs that make one row group of the tables. It is a multiple of what goes to a process at a time. So row groups
#: begin at the same letters whatever processes there are, and whatever becomes of them.
ROW_GROUP = 256 * BATCH_SIZE


@dataclass(slots=True)
class Summary:
    """What a run did.

    ``reused`` letters were read by a former run; ``seconds`` is the time of the whole reading.
    ``reading`` is that time without the start of the worker processes, which load the pipeline.

    ``damaged`` results of a former run were read again; ``notes`` are sentences about what was found on the way.
    """

    letters: int = 0
    reused: int = 0
    damaged: int = 0
    services: int = 0
    failed: int = 0
    skipped: int = 0
    others: Skipped = field(default_factory=Skipped)
    seconds: float = 0.0
    reading: float = 0.0
    decisions: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def letters_per_second(self) -> float:
        """Letters read a second once the worker processes had started."""
        seconds = self.reading or self.seconds
        return self.letters / seconds if seconds else 0.0

    def add(self, result: Result) -> None:
        """Count what some letters became."""
        self.letters += result.rows["letters"].num_rows
        self.reused += result.reused
        self.damaged += len(result.damaged)
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
    timeout: float = TIMEOUT,
    debug: bool = False,
    progress: Callable[[Summary], None] = lambda summary: None,
) -> Summary:
    """Read ``inputs`` (see `inputs.expand`) and write records, tables, errors and ``run.json`` to ``out``.

    Records are in the order of the inputs. Every file but ``run.json`` is byte for byte the same whatever ``workers``
    is, and however often the run was stopped and resumed. A record that was made before is taken from the cache beside
    the output. Letters that fail raise nothing: they are counted.

    Args:
        inputs: The letters.
        out: Folder to write.
        workers: Processes.
        rules: The user's rules file.
        store_text: Keep each letter's text in ``out/texts``.
        duckdb: Database to write the tables to.
        overwrite: Replace a former run in ``out``, and its database.
        timeout: Seconds that a letter may take; infinity for no limit.
        debug: Show stack traces.
        progress: Called with the counts so far.

    Returns:
        The counts, also of what failed.

    Raises:
        OutputError: ``out`` or ``duckdb`` can't be used.
        ConfigError: The rules file can't be used.
        WriteError: Writing failed, such as on a full disk.
        WorkerError: Processes can't be started, or the pipeline can't be loaded.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> summary = run(Inputs(items=[str(folder / "missing.txt")]), folder / "out")
    >>> summary.failed, (folder / "out" / "run.json").is_file()
    (1, True)
    """
    made_by = fingerprint(rules)
    limit = time_limit(timeout)
    options = {"store_text": store_text, "timeout": limit, "duckdb": str(duckdb), "columns": _columns(inputs)}
    identity = _identity(inputs, made_by, options)
    settings = Settings(str(rules) if rules else None, store_text, limit, out.absolute() / STORE, debug)
    summary = Summary(skipped=inputs.skipped)
    begun = time.perf_counter()
    unique, flushed = UniqueIds(), 0
    letters = (item for item in inputs.items if isinstance(item, str))
    with OutputFolder(
        out, overwrite=overwrite, store_text=store_text, made_by=made_by, run=identity, inputs=letters
    ) as output:
        if duckdb is not None:
            _check_database(duckdb, out, overwrite or output.same_run)
        number = min(workers, -(-inputs.expected() // BATCH_SIZE)) or 1
        with Workers(settings, number, load_first=bool(rules) or not len(output.cache)) as processes:
            for result in processes.results(_items(inputs, output.failures)):
                unique.apply(result)
                output.add(result)
                summary.add(result)
                if summary.letters + summary.failed - flushed >= ROW_GROUP:
                    output.flush()
                    flushed = summary.letters + summary.failed
                progress(summary)
            ended = time.perf_counter()
        summary.seconds, summary.reading = ended - begun, ended - (processes.ready or begun)
        summary.skipped, summary.others = inputs.skipped, inputs.others
        given = {"workers": workers, "store_text": store_text, "timeout": limit, "columns": _columns(inputs)}
        output.finish(account(identity, summary, rules, given))
        summary.notes = _notes(inputs, summary, output)
    if duckdb is not None:
        try:
            database.build(out, duckdb)
        except OSError as error:
            raise OutputError(f"{error}; the run itself is complete in {out}") from error
    return summary


def _notes(inputs: Inputs, summary: Summary, output: OutputFolder) -> list[str]:
    notes = list(output.cache.notes)
    if summary.damaged:
        plural = "result was" if summary.damaged == 1 else "results were"
        notes.append(f"{summary.damaged} {plural} damaged in {output.cache.path}; the letters were read again")
    if inputs.outputs:
        more = f" and {len(inputs.outputs) - 1} more" if len(inputs.outputs) > 1 else ""
        notes.append(f"not read, since a run wrote it: {inputs.outputs[0]}{more}")
    return notes


def _items(inputs: Inputs, failures: Mapping[str, Failure]) -> Iterator[Item]:
    """Yield what the workers are to get. Standard input belongs to this process."""
    for item in inputs.letters():
        if isinstance(item, Problem):
            yield item
        elif item != reading.STDIN:
            failed = failures.get(name_of(item))
            yield item if failed is None else Suspect(item, failed)
        else:
            try:
                yield reading.fetch(reading.STDIN)
            except ReadError as error:
                yield Problem(reading.STDIN, error.code, error.message)


def _columns(inputs: Inputs) -> list[str | None] | None:
    return [inputs.columns.text, inputs.columns.id] if inputs.columns else None


def _identity(inputs: Inputs, made_by: str, options: Mapping[str, object]) -> str | None:
    """Return what tells two runs of one command over the same inputs from others; none where one is a pipe."""
    if reading.STDIN in inputs.items:
        return None
    digest = hashlib.sha256(json.dumps([made_by, options], sort_keys=True).encode())
    for item in inputs.items:
        digest.update(os.fsencode(item if isinstance(item, str) else f"{item.subject}\0{item.code}") + b"\0\0")
    return digest.hexdigest()


def _check_database(path: Path, out: Path, replace: bool) -> None:
    """Refuse before the run what would be refused after it. Raises OutputError."""
    if os.path.realpath(path) == os.path.realpath(out):
        raise OutputError(f"{path} is the output folder; name a file with --duckdb")
    if os.path.realpath(path.parent) == os.path.realpath(out) and is_reserved(path.name):
        raise OutputError(f"{path} is a file that the run itself writes; name another file with --duckdb")
    try:
        if not path.parent.is_dir():
            raise OutputError(f"{path}: no such folder; make {path.parent} first, or name another file with --duckdb")
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise OutputError(f"{path}: no permission to write there; name another file with --duckdb")
        database.require_replaceable(path)
        if path.exists() and not replace:
            raise OutputError(f"{path} exists; name another file, or add --overwrite to replace it")
    except database.ForeignDatabaseError as error:
        raise OutputError(f"{error}; name another file with --duckdb") from error
    except OSError as error:
        raise OutputError(f"{path}: can't be used as a database ({error.strerror})") from error


def account(run: str | None, summary: Summary, rules: Path | None, settings: Mapping[str, object]) -> dict[str, Any]:
    """Return what ``run.json`` says: with what, over what, and how fast. Times stand nowhere else.

    Args:
        run: What tells the run from others, or None.
        summary: What became of them.
        rules: The user's rules file.
        settings: Of the run, by the names that ``configuration`` in ``run.json`` gives them.

    >>> account(None, Summary(letters=1, failed=1), None, {"workers": 1})["counts"]["failed"]
    1
    """
    return {
        "run": run,
        "versions": {**versions(), "python": platform.python_version()},
        "configuration": {
            "sha256": configuration(),
            "rules": recorded_name(rules) if rules else None,
            "rules_sha256": hashlib.sha256(rules.read_bytes()).hexdigest() if rules else None,
            **settings,
        },
        "counts": {
            "inputs": summary.letters + summary.failed,
            "letters": summary.letters,
            "reused": summary.reused,
            "damaged": summary.damaged,
            "failed": summary.failed,
            "skipped": summary.skipped,
            "services": summary.services,
            "decisions": dict(sorted(summary.decisions.items())),
            "errors": dict(sorted(summary.errors.items())),
            "warnings": dict(sorted(summary.warnings.items())),
        },
        "skipped": {"files": summary.others.names, "kinds": dict(sorted(summary.others.kinds.items()))},
        "seconds": round(summary.seconds, 3),
        "letters_per_second": round(summary.letters_per_second, 2),
    }
