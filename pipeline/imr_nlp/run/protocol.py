"""What the process of a run and its workers tell each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from imr_nlp.reading.problems import Problem, recorded_name
from imr_nlp.reading.source import Blob
from imr_nlp.records import tables
from imr_nlp.run.cache import Entry, Failure


class WorkerError(RuntimeError):
    """Worker processes can't be started at all, or none of them could load the pipeline."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A letter that the killed run before this one had given up. It is read if its content has changed."""

    letter: str | Blob
    failure: Failure


@dataclass(frozen=True, slots=True)
class KeyOf:
    """The question which key a letter has, asked alone before it is given up."""

    path: str


#: A letter still to be read, one whose bytes are here already, one that was given up, or one known to be unreadable.
Item = str | Blob | Suspect | Problem


#: Letters that go to a process at a time: enough to make the way there cheap, few enough to keep the bar moving.
BATCH_SIZE = 8


#: Seconds that one letter may take. The slowest real ones take a tenth of a second.
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker needs to know.

    Attributes:
        rules: The user's rules file.
        store_text: Whether texts are kept.
        timeout: Seconds after which the process that reads a letter is ended; None for no limit. It is for processes
            that another one replaces.
        cache: The file in which earlier results are looked up.
        debug: Whether to show stack traces.
    """

    rules: str | None = None
    store_text: bool = False
    timeout: float | None = None
    cache: Path | None = None
    debug: bool = False


@dataclass(slots=True)
class Result:
    """What some letters became, in their order.

    Attributes:
        letter_ids: An entry for every letter: its id, or None where it is among the ``errors``.
        counts: How many of them each item that was asked for gave. A file may hold several letters.
        lines: The records as JSON lines.
        rows: The same as rows of the tables.
        errors: Why letters have no record.
        texts: The text of each file with its id, where texts are stored.
        fresh: Records that were not in the cache.
        damaged: Keys of cache entries that were damaged.
        failures: Letters among the ``errors`` that were given up, to be remembered.
        reports: For errors in our own code, where they happened, without any text of a letter.
        reused: How many records come from the cache.
        decisions: How many services have each decision; "none" counts those without.
        warnings: How many warnings have each code.
    """

    letter_ids: list[str | None] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    lines: bytes = b""
    rows: tables.Batches = field(default_factory=lambda: tables.batches([]))
    errors: list[Problem] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    fresh: list[Entry] = field(default_factory=list)
    damaged: list[bytes] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    reused: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    def __getstate__(self) -> dict[str, Any]:
        """Give the rows as Arrow's messages: column by column they cost 0.3 ms a letter more, in both processes."""
        state = {one.name: getattr(self, one.name) for one in fields(self)}
        state["rows"] = {name: batch.serialize().to_pybytes() for name, batch in self.rows.items()}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self.rows = {name: pa.ipc.read_record_batch(rows, tables.SCHEMAS[name]) for name, rows in state["rows"].items()}

    def size(self) -> int:
        """Return how many bytes of memory the result holds, roughly."""
        rows = sum(batch.get_total_buffer_size() for batch in self.rows.values())
        return len(self.lines) + rows + sum(len(text) for _, text in self.texts) + sum(len(e[2]) for e in self.fresh)

    @classmethod
    def joined(cls, results: Iterable[Result]) -> Result:
        """Return several results as one."""
        parts = list(results)
        return cls(
            letter_ids=[letter for part in parts for letter in part.letter_ids],
            counts=[count for part in parts for count in part.counts],
            lines=b"".join(part.lines for part in parts),
            rows={name: pa.concat_batches([part.rows[name] for part in parts]) for name in tables.NAMES},
            errors=[error for part in parts for error in part.errors],
            texts=[text for part in parts for text in part.texts],
            fresh=[entry for part in parts for entry in part.fresh],
            damaged=[key for part in parts for key in part.damaged],
            failures=[failure for part in parts for failure in part.failures],
            reports=[report for part in parts for report in part.reports],
            reused=sum(part.reused for part in parts),
            decisions=sum((part.decisions for part in parts), Counter()),
            warnings=sum((part.warnings for part in parts), Counter()),
        )


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a worker is told first. Without ``load_first`` the pipeline is loaded when a letter needs it."""

    settings: Settings
    load_first: bool = True


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What a batch became. A worker that is ``leaving`` takes no more: it has grown too large."""

    result: Result
    leaving: bool


@dataclass(slots=True)
class Alive:
    """Sent before each letter: the worker is at work. A worker that sends nothing for too long is stopped."""


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut the letters into batches, the same whatever the number of processes.

    >>> [len(batch) for batch in batches(["a.txt"] * 20)]
    [8, 8, 4]
    """
    rest = iter(items)
    while batch := list(islice(rest, BATCH_SIZE)):
        yield batch


def time_limit(seconds: float | None) -> float | None:
    """Return a limit on the seconds that a letter may take; None, no limit, for any above a year.

    >>> time_limit(60.0), time_limit(float("inf"))
    (60.0, None)
    """
    return None if seconds is None or seconds > _YEAR else seconds


_YEAR = 366 * 86400.0


def failure(item: Item, code: str, reason: str) -> Problem:
    """Return the Problem of a letter that was read and could not be finished.

    Args:
        item: The letter.
        code: Of the error.
        reason: In words, without the letter's name.

    >>> failure("a.txt", "timeout", "it took more than 60 s").message
    'a.txt: it took more than 60 s'
    """
    name = name_of(item)
    return Problem(name, code, f"{name}: {reason}")


def name_of(item: Item) -> str:
    """Return the path of a letter as records give it.

    >>> name_of("./in/a.txt"), name_of(Problem("b.txt", "empty", "b.txt: the file is empty"))
    ('in/a.txt', 'b.txt')
    """
    if isinstance(item, Problem):
        return item.subject
    letter = item.letter if isinstance(item, Suspect) else item
    return recorded_name(letter if isinstance(letter, str) else letter.path)
