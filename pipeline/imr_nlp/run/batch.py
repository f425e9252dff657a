"""What one process does with a handful of letters.

`process` turns them into finished output (JSON lines and table rows), so that little crosses between processes and
the parent only writes. A letter that fails in Python becomes a `Problem` here; one that kills or hangs its process is
`imr_nlp.run.pool`' to deal with.
"""

from __future__ import annotations

import functools
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

import imr_nlp
from imr_nlp.config import ConfigError
from imr_nlp.reading import source as reading
from imr_nlp.reading.inputs import Problem
from imr_nlp.reading.source import Blob, ReadError, recorded_name
from imr_nlp.records import tables
from imr_nlp.records.schema import Letter
from imr_nlp.run import cache as store

if TYPE_CHECKING:
    from spacy.language import Language

#: A letter still to be read, one whose bytes are here already, or one known to be unreadable.
Item = str | Blob | Problem

#: Letters that go to a process at a time: enough to make the way there cheap, few enough to keep the bar moving.
CHUNK = 8

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


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut the letters into handfuls, the same whatever the number of processes."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


@functools.lru_cache(maxsize=1)
def pipeline(rules: str | None) -> Language:
    """Load the pipeline, once a process. Raises ConfigError where the rules file can't be used."""
    nlp = imr_nlp.load(rules=rules)
    # It makes the Doc over the source text; a record is made as well from the reading view, and sooner.
    nlp.disable_pipe("imr_record")
    return nlp


def process(items: list[Item], settings: Settings) -> Result:
    """Read some letters and return their output. A letter that fails becomes a Problem, never an exception."""
    result = Result()
    letters: list[Letter] = []
    lines: list[bytes] = []
    for item in items:
        result.letter_ids.append(None)
        if isinstance(item, Problem):
            result.errors.append(item)
            continue
        try:
            letter, line = _letter(item, settings, result)
        except ReadError as error:
            result.errors.append(Problem(name_of(item), error.code, error.message))
        except ConfigError:
            raise
        except Exception as error:  # whatever it is, it costs this letter only
            if settings.debug:
                # Frames without the exception's message, which may quote the letter.
                frames = "".join(traceback.format_tb(error.__traceback__))
                sys.stderr.write(f"{name_of(item)}: {type(error).__name__}\n{frames}")
            reason = f"the pipeline failed on it ({type(error).__name__}); --debug shows where"
            result.errors.append(failure(item, "failed", reason))
        else:
            letters.append(letter)
            lines.append(line)
            result.letter_ids[-1] = tables.letter_id(letter.source)
    result.lines = b"".join(lines)
    result.rows = tables.batches(letters)
    result.decisions.update(service.decision or "none" for letter in letters for service in letter.services)
    result.warnings.update(warning.code for letter in letters for warning in letter.warnings)
    return result


def _letter(item: str | Blob, settings: Settings, result: Result) -> tuple[Letter, bytes]:
    """Return one letter's record and its line, from the store or from its text."""
    with _at_most(settings.timeout):
        blob = item if isinstance(item, Blob) else reading.fetch(item)
        key = store.key_of(blob)
        known = _store(settings.store).get(key) if settings.store else None
        source = reading.decode(blob) if known is None or settings.store_text else None
    if known is not None:
        letter, line = _again(known, recorded_name(blob.path))
        result.reused += 1
    elif source is not None:
        nlp = pipeline(settings.rules)  # loading it is no letter's fault
        with _at_most(settings.timeout):
            letter = imr_nlp.read_letter(nlp, source)
            line = _line(letter)
        if settings.store:
            result.fresh.append(store.entry(key, line))
    if settings.store_text and source is not None:
        result.texts.append((tables.letter_id(letter.source), source.text))
    return letter, line


def _again(line: bytes, path: str) -> tuple[Letter, bytes]:
    """Return a record that was made before, as that of the letter at ``path``."""
    letter = Letter.model_validate_json(line)
    if letter.source.path == path:
        return letter, line
    letter.source.path = path  # the same content stands in several places
    return letter, _line(letter)


def _line(letter: Letter) -> bytes:
    return letter.model_dump_json(exclude_none=True).encode() + b"\n"


@functools.lru_cache(maxsize=1)
def _store(path: Path) -> store.Reader:
    return store.Reader(path)


@contextmanager
def _at_most(seconds: float | None) -> Iterator[None]:
    """Let the system end this process when the time is up: nothing less stops a loop in native code.

    That it died of SIGALRM, whose default action this is, tells the parent why.
    """
    if seconds is None:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def failure(item: Item, code: str, reason: str) -> Problem:
    """Return the Problem of a letter that was read and could not be finished."""
    name = name_of(item)
    return Problem(name, code, f"{name}: {reason}")


def name_of(item: Item) -> str:
    """Return the path of a letter as records give it."""
    return recorded_name(item if isinstance(item, str) else item.path)
