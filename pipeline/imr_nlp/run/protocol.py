"""What the process of a run and its workers tell each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from imr_nlp.reading.problems import Problem, recorded_name
from imr_nlp.reading.source import Blob
from imr_nlp.records import tables
from imr_nlp.run import cache as store

if TYPE_CHECKING:
    pass


#: A letter still to be read, one whose bytes are here already, or one known to be unreadable.
Item = str | Blob | Problem


#: Letters that go to a process at a time: enough to make the way there cheap, few enough to keep the bar moving.
BATCH_SIZE = 8


#: Seconds that one letter may take. The slowest real ones take a tenth of a second.
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process needs to know.

    ``rules`` is the user's rules file, ``store_text`` whether texts are kept, ``store`` the file that earlier results
    are looked up in, ``debug`` whether to show stack traces. ``timeout`` is the seconds after which the process that
    reads a letter is ended (None: it isn't); it is for processes of which another one takes care.
    """

    rules: str | None = None
    store_text: bool = False
    timeout: float | None = None
    store: Path | None = None
    debug: bool = False


@dataclass(slots=True)
class Result:
    """What some letters became, in their order.

    ``letter_ids`` has an entry for every letter that was asked for: its id, or None where it is among the ``errors``.
    ``fresh`` are the records that were not in the store.
    """

    letter_ids: list[str | None] = field(default_factory=list)
    lines: bytes = b""
    rows: tables.Batches = field(default_factory=lambda: tables.batches([]))
    errors: list[Problem] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    fresh: list[store.Entry] = field(default_factory=list)
    reused: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)

    @classmethod
    def joined(cls, results: Iterable[Result]) -> Result:
        """Return several results as one."""
        parts = list(results)
        return cls(
            letter_ids=[letter for part in parts for letter in part.letter_ids],
            lines=b"".join(part.lines for part in parts),
            rows={name: pa.concat_batches([part.rows[name] for part in parts]) for name in tables.NAMES},
            errors=[error for part in parts for error in part.errors],
            texts=[text for part in parts for text in part.texts],
            fresh=[entry for part in parts for entry in part.fresh],
            reused=sum(part.reused for part in parts),
            decisions=sum((part.decisions for part in parts), Counter()),
            warnings=sum((part.warnings for part in parts), Counter()),
        )


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is told first. Without ``at_once`` the pipeline is loaded when a letter needs it."""

    settings: Settings
    at_once: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """What some letters became. A worker that is ``leaving`` takes no more: it has grown too large."""

    result: Result
    leaving: bool


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut the letters into batches, the same whatever the number of processes."""
    rest = iter(items)
    while chunk := list(islice(rest, BATCH_SIZE)):
        yield chunk


def failure(item: Item, code: str, reason: str) -> Problem:
    """Return the Problem of a letter that was read and could not be finished."""
    name = name_of(item)
    return Problem(name, code, f"{name}: {reason}")


def name_of(item: Item) -> str:
    """Return the path of a letter as records give it."""
    if isinstance(item, Problem):
        return item.subject
    return recorded_name(item if isinstance(item, str) else item.path)
