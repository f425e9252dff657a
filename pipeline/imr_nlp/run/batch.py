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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from imr_nlp.config import ConfigError
from imr_nlp.reading import source as reading
from imr_nlp.reading.problems import Problem, ReadError, recorded_name
from imr_nlp.reading.source import Blob
from imr_nlp.records import tables
from imr_nlp.records.schema import Letter
from imr_nlp.run import cache as store
from imr_nlp.run.protocol import Item, Result, Settings, failure, name_of

if TYPE_CHECKING:
    from spacy.language import Language


@functools.lru_cache(maxsize=1)
def pipeline(rules: str | None) -> Language:
    """Load the pipeline, once a process. Raises ConfigError where the rules file can't be used."""
    from imr_nlp.pipeline import load  # importing spaCy waits until a letter needs it

    nlp = load(rules=rules)
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
            from imr_nlp.letter import read_letter

            letter = read_letter(nlp, source)
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
