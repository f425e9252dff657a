"""What a process does with a handful of letters, and the processes that do it.

`process` turns paths into finished output (JSON lines and table rows), so that little crosses between processes and
the parent only writes. `in_parallel` keeps the order of the letters and a bounded number of them in flight; when a
process dies (a crash in a native library, out of memory), the letters that it may have died of are read again one by
one, and only the one that kills its process again is given up.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from spacy.language import Language

from imr_nlp import load, read_letter, reading, tables
from imr_nlp.inputs import Problem
from imr_nlp.reading import ReadError, Source, recorded_name

#: A letter still to be read, one already read (standard input), or one known to be unreadable.
Item = str | Source | Problem

#: Letters that go to a process at a time: enough to make the way there cheap, few enough to keep the bar moving.
CHUNK = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process needs to know: the user's rules file, whether texts are kept, whether to show stack traces."""

    rules: str | None = None
    store_text: bool = False
    debug: bool = False


@dataclass(slots=True)
class Result:
    """What some letters became, in their order."""

    lines: bytes
    rows: tables.Batches
    errors: list[Problem] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    decisions: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)


class WorkerError(RuntimeError):
    """The processes of a run can't be started at all."""


@lru_cache(maxsize=1)
def _pipeline(rules: str | None) -> Language:
    nlp = load(rules=rules)
    # It makes the Doc over the source text; a record is made as well from the reading view, and sooner.
    nlp.disable_pipe("imr_record")
    return nlp


def prepare(settings: Settings) -> None:
    """Load the pipeline. Raises ConfigError where the rules file can't be used."""
    _pipeline(settings.rules)


def process(items: list[Item], settings: Settings) -> Result:
    """Read some letters and return their output. A letter that fails becomes a Problem, never an exception."""
    nlp = _pipeline(settings.rules)
    letters, errors, texts = [], [], []
    for item in items:
        if isinstance(item, Problem):
            errors.append(item)
            continue
        try:
            source = item if isinstance(item, Source) else reading.read(item)
            letter = read_letter(nlp, source)
        except ReadError as error:
            errors.append(Problem(_name(item), error.code, error.message))
        except Exception as error:  # whatever it is, it costs this letter only
            if settings.debug:
                # Frames without the exception's message, which may quote the letter.
                frames = "".join(traceback.format_tb(error.__traceback__))
                sys.stderr.write(f"{_name(item)}: {type(error).__name__}\n{frames}")
            reason = f"the pipeline failed on it ({type(error).__name__}); --debug shows where"
            errors.append(Problem(_name(item), "failed", f"{_name(item)}: {reason}"))
        else:
            letters.append(letter)
            if settings.store_text:
                texts.append((tables.letter_id(letter.source), source.text))
    return Result(
        lines=b"".join(letter.model_dump_json(exclude_none=True).encode() + b"\n" for letter in letters),
        rows=tables.batches(letters),
        errors=errors,
        texts=texts,
        decisions=Counter(service.decision or "none" for letter in letters for service in letter.services),
        warnings=Counter(warning.code for letter in letters for warning in letter.warnings),
    )


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut the letters into handfuls, the same whatever the number of processes."""
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def in_this_process(items: Iterable[Item], settings: Settings) -> Generator[Result, None, None]:
    """Process the letters here, in order."""
    for chunk in chunks(items):
        yield process(chunk, settings)


def in_parallel(items: Iterable[Item], settings: Settings, workers: int) -> Generator[Result, None, None]:
    """Process the letters in ``workers`` processes; results come in the letters' order.

    Raises WorkerError where no process can be started, ConfigError where the pipeline can't be loaded.
    """
    rest = chunks(items)
    pending: deque[tuple[list[Item], Future[Result]]] = deque()
    pool: ProcessPoolExecutor | None = None
    try:
        while True:
            for chunk in islice(rest, 2 * workers + 2 - len(pending)):
                pool = pool or _start(workers, settings)
                pending.append((chunk, _submit(pool, chunk, settings)))
            if not pending:
                return
            chunk, future = pending.popleft()
            try:
                yield future.result()
            except BrokenProcessPool:
                _end(pool)
                pool = None
                with _Alone(settings) as alone:
                    for suspect, answer in [(chunk, future), *pending]:
                        yield from [answer.result()] if _succeeded(answer) else map(alone.process, suspect)
                pending.clear()
    finally:
        _end(pool)


class _Alone:
    """A process for letters of which one may have killed another: they go through it with nothing else at stake."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> _Alone:
        return self

    def process(self, item: Item) -> Result:
        """Return what one letter became; where its process dies again, that it was given up."""
        self._pool = self._pool or _start(1, self._settings)
        try:
            return self._pool.submit(process, [item], self._settings).result()
        except BrokenProcessPool:
            _end(self._pool)
            self._pool = None
            reason = "its process died (a crash or too little memory); try it alone"
            return Result(b"", tables.batches([]), [Problem(_name(item), "crashed", f"{_name(item)}: {reason}")])

    def __exit__(self, *error: object) -> None:
        _end(self._pool)


def _start(workers: int, settings: Settings) -> ProcessPoolExecutor:
    """Start processes that have loaded the pipeline."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_end_with_parent)
    with _interrupts_kept_from_children():
        ready = [pool.submit(prepare, settings) for _ in range(workers)]
    try:
        ready[0].result()
    except BrokenProcessPool as error:
        raise WorkerError("the worker processes die when they start; try --workers 1") from error
    return pool


def _submit(pool: ProcessPoolExecutor, chunk: list[Item], settings: Settings) -> Future[Result]:
    try:
        with _interrupts_kept_from_children():
            return pool.submit(process, chunk, settings)
    except BrokenProcessPool as error:  # it broke since the last result; the caller finds out in order
        failed: Future[Result] = Future()
        failed.set_exception(error)
        return failed


def _succeeded(future: Future[Result]) -> bool:
    return not isinstance(future.exception(), BrokenProcessPool)


def _end(pool: ProcessPoolExecutor | None) -> None:
    if pool is not None:
        pool.shutdown(wait=False, cancel_futures=True)


def _name(item: Item) -> str:
    return recorded_name(item) if isinstance(item, str) else item.path


def _end_with_parent() -> None:
    """Let a process end when the run is killed; it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:

        def wait() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _interrupts_kept_from_children() -> Iterator[None]:
    """Start processes with Ctrl-C blocked, which they inherit: the parent alone answers it, once."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
