"""What a Python worker of Spark does with the letters of its tasks.

Spark forks a Python worker for each task slot and keeps it from task to task, so that what is started here once serves
all tasks of the slot. The letters themselves are read in a child of the Python worker, as in the local engine: one that
crashes or hangs costs itself, not the task.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import pyarrow as pa

from imr_nlp.reading.limits import media_type, size_limit, too_large
from imr_nlp.reading.problems import Problem
from imr_nlp.reading.source import Blob
from imr_nlp.records import tables
from imr_nlp.run.pool import Workers
from imr_nlp.run.protocol import Item, Result, Settings, time_limit
from imr_nlp.version import __version__

CONTENT, TEXT = "content", "text"
_PDF = "application/pdf"

_ROWS = {name: pa.struct(list(columns.items())) for name, columns in tables.COLUMNS.items()}
_ERROR = pa.struct([("code", pa.string()), ("message", pa.string())])
#: What becomes of a letter: the columns that `imr_nlp.spark.extract` adds.
OUTCOME = pa.schema(
    [
        ("letter_id", pa.string()),
        ("record", pa.string()),
        ("error", _ERROR),
        *((name, pa.list_(row)) for name, row in _ROWS.items()),
    ]
)


@dataclass(frozen=True, slots=True)
class Reading:
    """How letters are read, in plain values that go to the executors.

    ``column`` holds the letters ("content" or "text"), ``rules`` the content of a rules file, ``timeout`` seconds;
    ``version`` is that of imr-nlp where the job was put together.
    """

    column: str
    rules: bytes | None
    timeout: float
    version: str


def outcomes(batches: Iterable[pa.RecordBatch], reading: Reading) -> Iterator[pa.RecordBatch]:
    """Turn batches of files into batches of what became of their letters, a row for each letter."""
    if reading.version != __version__:
        raise RuntimeError(
            f"imr-nlp {__version__} on this executor, {reading.version} on the driver: install the same on both"
        )
    workers = _Slot.workers(Settings(rules=_rules_file(reading.rules), timeout=time_limit(reading.timeout)))
    for batch in batches:
        results = Result.joined(workers.results(_items(batch, reading.column))) if batch.num_rows else Result()
        # A file of several letters gives a row for each.
        rows = [number for number, count in enumerate(results.counts) for _ in range(count)]
        kept = batch.drop_columns([reading.column]).take(pa.array(rows, pa.int64()))
        yield pa.RecordBatch.from_arrays(
            [*kept.columns, *_columns(results)], schema=pa.schema([*kept.schema, *OUTCOME])
        )


class _Slot:
    """The child of this Python worker, which outlives its tasks."""

    _settings: Settings | None = None
    _workers: Workers | None = None

    @classmethod
    def workers(cls, settings: Settings) -> Workers:
        """Return the child, started where there is none with these settings."""
        if cls._workers is None or cls._settings != settings:
            if cls._workers is not None:
                cls._workers.close()
            # Spark's daemon ignores the end of its children, and so would we: nobody could tell what they died of.
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            cls._workers, cls._settings = Workers(settings, 1), settings
        return cls._workers


@functools.lru_cache(maxsize=4)
def _rules_file(rules: bytes | None) -> str | None:
    """Return the path of a file that holds ``rules`` on this machine, in a folder that only this user can change."""
    if rules is None:
        return None
    folder = tempfile.mkdtemp(prefix="imr-nlp-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "rules.yml"
    path.write_bytes(rules)
    return str(path)


def _items(batch: pa.RecordBatch, column: str) -> Iterator[Item]:
    item: Callable[[str, object], Item] = _file if column == CONTENT else _text  # type: ignore[assignment]
    for path, letter in zip(batch.column("path"), batch.column(column), strict=True):
        name, value = path.as_py() or "", letter.as_py()
        yield Problem(name, "empty", f"{name}: nothing in column {column}") if value is None else item(name, value)


def _file(name: str, data: bytes) -> Item:
    """A letter by the bytes of its file. They are left to tell their kind where the name doesn't."""
    promised = media_type(name)
    if len(data) > size_limit(promised or _PDF):
        refused = too_large(name, f"{len(data):,} bytes")
        return Problem(name, refused.code, refused.message)
    return Blob(name, data, promised)


def _text(name: str, text: str) -> Item:
    """A letter by its text, as if it were in a file of UTF-8; perhaps somebody has taken it out of a PDF."""
    promised = media_type(name)
    return Blob(name, text.encode(), promised if promised and promised != _PDF else "text/plain")


def _columns(results: Result) -> list[pa.Array]:
    """Return the columns of OUTCOME, a row for each letter."""
    ids = results.letter_ids
    lines, problems = iter(results.lines.splitlines()), iter(results.errors)
    records: list[bytes | None] = [None if letter is None else next(lines) for letter in ids]
    errors = [_as_error(next(problems)) if letter is None else None for letter in ids]
    return [
        pa.array(ids, pa.string()),
        pa.array(records, pa.binary()).cast(pa.string()),
        pa.array(errors, _ERROR),
        *(_rows_by_letter(results.rows[name], ids) for name in tables.NAMES),
    ]


def _as_error(problem: Problem) -> dict[str, str]:
    return {"code": problem.code, "message": problem.message}


def _rows_by_letter(rows: pa.RecordBatch, ids: list[str | None]) -> pa.ListArray:
    """Cut a table's rows, which stand in the letters' order, into one list for each of ``ids``.

    The same letter may be there several times; its rows are then, too.
    """
    times, count = Counter(ids), Counter(rows.column("letter_id").to_pylist())
    ends = accumulate((count[letter] // times[letter] if letter else 0 for letter in ids), initial=0)
    structs = pa.StructArray.from_arrays(rows.columns, fields=list(rows.schema))
    return pa.ListArray.from_arrays(pa.array(list(ends), pa.int32()), structs)
