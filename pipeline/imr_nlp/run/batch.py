"""What one process does with a batch of letters.

`process` turns them into finished output (JSON lines and table rows), so that little crosses between processes and the
parent only writes. A letter that fails in Python becomes a `Problem` here. `imr_nlp.run.pool` deals with one that kills
or hangs its process.
"""

from __future__ import annotations

import functools
import gc
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imr_nlp.compat import spacy_without_commands
from imr_nlp.config import PACKAGE, ConfigError
from imr_nlp.reading import source as reading
from imr_nlp.reading.limits import check_letter
from imr_nlp.reading.problems import Problem, ReadError, recorded_name
from imr_nlp.reading.source import Blob, SourceText
from imr_nlp.records import tables
from imr_nlp.records.ids import content_id, letter_id
from imr_nlp.records.schema import Letter
from imr_nlp.run import cache
from imr_nlp.run.cache import CacheReader, DamagedEntryError
from imr_nlp.run.protocol import Item, Result, Settings, Suspect, WorkerError, failure, name_of
from imr_nlp.text.visible import visible

if TYPE_CHECKING:
    from spacy.language import Language


@functools.lru_cache(maxsize=1)
def pipeline(rules: str | None) -> Language:
    """Load the pipeline, once a process.

    Args:
        rules: The user's rules file.

    Raises:
        ConfigError: The rules file can't be used.
        WorkerError: It can't be loaded for any other reason, which is no letter's fault.

    >>> pipeline("no such file.yml")  # doctest: +IGNORE_EXCEPTION_DETAIL
    Traceback (most recent call last):
    imr_nlp.config.ConfigError: no such file.yml: No such file or directory
    """
    try:
        spacy_without_commands()  # importing spaCy waits until a letter needs it
        from imr_nlp.pipeline import load

        nlp = load(rules=rules, source_doc=False)
    except ConfigError:
        raise
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{_short(last.filename)}:{last.lineno}"
        raise WorkerError(f"the pipeline can't be loaded ({type(error).__name__} at {place})") from None
    # It stays out of garbage collection, which would walk its million objects again and again. No collection goes
    # before: it takes 0.1 s, and what loading drops is little.
    gc.freeze()
    return nlp


def process(items: list[Item], settings: Settings, alive: Callable[[], None] = lambda: None) -> Result:
    """Read some letters and return their output. A letter that fails becomes a Problem.

    Args:
        items: The letters.
        settings: Of the run.
        alive: Called before each letter.

    Raises:
        ConfigError: The user's rules can't be used.
        WorkerError: The pipeline can't be loaded.

    >>> result = process([Blob("a.txt", b"Dear reader", "text/plain"), Problem("b.txt", "empty", "")], Settings())
    >>> [letter is None for letter in result.letter_ids], [error.subject for error in result.errors]
    ([False, True], ['b.txt'])
    """
    result = Result()
    letters: list[Letter] = []
    lines: list[bytes] = []
    for item in items:
        alive()
        before = len(result.letter_ids)
        for outcome in _outcomes(item, settings, result, alive):
            if isinstance(outcome, Problem):
                result.letter_ids.append(None)
                result.errors.append(outcome)
            else:
                letters.append(outcome[0])
                lines.append(outcome[1])
                result.letter_ids.append(letter_id(outcome[0].source))
        result.counts.append(len(result.letter_ids) - before)
    result.lines = b"".join(lines)
    result.rows = tables.batches(letters)
    result.decisions.update(service.decision or "none" for letter in letters for service in letter.services)
    result.warnings.update(warning.code for letter in letters for warning in letter.warnings)
    return result


def _failed(item: Item, error: Exception, settings: Settings, result: Result) -> Problem:
    """Return the Problem of a letter on which our own code failed, and add the report of it.

    The exception's message is never shown: it may quote the letter.
    """
    trace = traceback.extract_tb(error.__traceback__)
    frames = "".join(f"  {_short(frame.filename)}:{frame.lineno} in {frame.name}\n" for frame in trace)
    report = f"{visible(name_of(item))}: {type(error).__name__}\n{frames}"
    result.reports.append(report)
    if settings.debug:
        sys.stderr.write(report)
    ours = [frame for frame in trace if Path(frame.filename).is_relative_to(PACKAGE)] or trace
    place = f" at {_short(ours[-1].filename)}:{ours[-1].lineno}" if ours else ""
    return failure(item, "failed", f"the pipeline failed on it ({type(error).__name__}{place}); --debug shows more")


def _short(name: str) -> str:
    """Return a module's path without what is this machine's own."""
    path = Path(name)
    if path.is_relative_to(PACKAGE):
        return path.relative_to(PACKAGE).as_posix()
    parts = path.parts
    return "/".join(parts[parts.index("site-packages") + 1 :] if "site-packages" in parts else parts[-2:])


#: A record with its line, or why there is none.
Outcome = Problem | tuple[Letter, bytes]


def _outcomes(item: Item, settings: Settings, result: Result, alive: Callable[[], None]) -> Iterator[Outcome]:
    """Yield what became of each letter in a file: one outcome at least.

    A letter that was given up before, and has the same content still, stays given up.
    """
    if isinstance(item, Problem):
        yield item
        return
    try:
        with _at_most(settings.timeout):
            given = item.letter if isinstance(item, Suspect) else item
            blob = given if isinstance(given, Blob) else reading.fetch(given)
            key = cache.key_of(blob)
            given_up = item.failure.problem if isinstance(item, Suspect) and key == item.failure.key else None
            known = None if given_up else _known(key, blob, settings, result)
            source = reading.decode(blob) if not given_up and (known is None or settings.store_text) else None
            parts = reading.letters_in(source) if known is None and source is not None else []
    except ReadError as error:
        yield Problem(name_of(item), error.code, error.message)
        return
    except Exception as error:  # whatever it is, it costs this file only
        yield _failed(item, error, settings, result)
        return
    if given_up is not None:
        yield given_up
    if known is not None:
        result.reused += len(known)
        yield from known
    lines: list[bytes] = []
    for part in parts:
        outcome = _read(item, part, settings, result, alive)
        if not isinstance(outcome, Problem):
            lines.append(outcome[1])
        yield outcome
    if settings.cache and parts and len(lines) == len(parts):
        result.fresh.append(cache.entry(key, b"".join(lines)))
    if settings.store_text and source is not None and (known is not None or lines):
        result.texts.append((content_id(source.text_sha256), source.text))


def _read(item: Item, source: SourceText, settings: Settings, result: Result, alive: Callable[[], None]) -> Outcome:
    """Return the record of one letter, and its line."""
    try:
        nlp = pipeline(settings.rules)
        alive()
        with _at_most(settings.timeout):
            from imr_nlp.letter import read_part

            if source.part is not None:
                check_letter(source.letter, f"{source.path}, letter {source.part.number}")
            letter = read_part(nlp, source)
            return letter, _line(letter)
    except ReadError as error:
        return Problem(name_of(item), error.code, error.message)
    except (ConfigError, WorkerError):
        raise
    except Exception as error:  # whatever it is, it costs this letter only
        return _failed(item, error, settings, result)


def _known(key: bytes, blob: Blob, settings: Settings, result: Result) -> list[tuple[Letter, bytes]] | None:
    """Return the records that the cache has of a file, as those of the file at this path.

    A damaged entry, or one of another file, counts as none.
    """
    if settings.cache is None:
        return None
    try:
        lines = _cache(settings.cache).get(key)
        if lines is None:
            return None
        letters = [Letter.model_validate_json(line) for line in lines.splitlines()]
        if not letters or any(letter.source.sha256 != key[:32].hex() for letter in letters):
            raise DamagedEntryError("another letter's")
    except (DamagedEntryError, ValueError):
        result.damaged.append(key)
        return None
    path = recorded_name(blob.path)
    if letters[0].source.path == path:
        return list(zip(letters, lines.splitlines(keepends=True), strict=True))
    for letter in letters:
        letter.source.path = path  # the same content is in several places
    return [(letter, _line(letter)) for letter in letters]


def key_of(path: str | Blob, timeout: float | None) -> bytes | None:
    """Return the key of the letter at ``path``; None where it can't be read.

    Args:
        path: The letter's file, or its bytes.
        timeout: Seconds that reading the file may take; None for no limit.

    >>> one, other = (key_of(Blob(path, b"Dear reader", "text/plain"), None) for path in ("a.txt", "b.txt"))
    >>> one == other, key_of("no such letter.txt", None)
    (True, None)
    """
    try:
        with _at_most(timeout):
            return cache.key_of(path if isinstance(path, Blob) else reading.fetch(path))
    except ReadError:
        return None


def _line(letter: Letter) -> bytes:
    return letter.model_dump_json(exclude_none=True).encode() + b"\n"


@functools.lru_cache(maxsize=1)
def _cache(path: Path) -> CacheReader:
    return CacheReader(path)


@contextmanager
def _at_most(seconds: float | None) -> Iterator[None]:
    """Kill this process after ``seconds`` (SIGALRM, default action).

    A Python timeout cannot interrupt native code. The parent reads the signal from the exit status.
    """
    if seconds is None:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
