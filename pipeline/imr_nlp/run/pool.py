"""The worker processes of a run, and what happens when one of them dies or stops.

Each thread of a pool owns one child process and one socket pair. Nothing (no queue, no lock) is shared between
children. One may be killed at any moment without harm to another. `ProcessPoolExecutor` gives up all processes when
one dies.

A dead worker is replaced and its batch retried letter by letter to isolate the cause. The kill may be external (out of
memory, an operator). So the failing letter is tried again, as often as `TRIES` says, and then recorded as a `Problem`.
A worker may say nothing for too long: it was stopped, or waits for a disk that is gone. It is killed by its thread and
counts as dead.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

from imr_nlp.config import shipped
from imr_nlp.reading.problems import Problem
from imr_nlp.reading.source import Blob
from imr_nlp.run.cache import Failure, key_of
from imr_nlp.run.protocol import (
    Alive,
    Item,
    KeyOf,
    Result,
    Settings,
    Suspect,
    WorkerError,
    WorkerSetup,
    batches,
    failure,
)

#: Batches that may be finished ahead of one that takes its time.
AHEAD = 256

#: How often a letter is tried alone before it is given up, by the signal that its process died of. SIGKILL usually
#: comes from outside (a person, a system short of memory), and says little about the letter.
TRIES: dict[signal.Signals | None, int] = {signal.SIGALRM: 1, signal.SIGKILL: 4}
OTHERWISE = 2

#: Processes in a row that may die before they are ready: many where somebody kills them, few where they fail.
STARTS: dict[signal.Signals | None, int] = {signal.SIGKILL: 50}
FAILED_STARTS = 3


class Workers:
    """``number`` processes that read letters; a context manager.

    Args:
        settings: Of the run.
        number: Processes.
        load_first: Load the pipeline when a process starts, not when a letter isn't in the cache.
        ahead: Batches that may be finished before one that takes its time.
        waiting: Bytes of results that may wait for one that takes its time; as configured where None.
        silence: Seconds beyond the time limit of a letter after which a process that says nothing is killed.
    """

    def __init__(
        self,
        settings: Settings,
        number: int = 1,
        *,
        load_first: bool = True,
        ahead: int = AHEAD,
        waiting: int | None = None,
        silence: float | None = None,
    ) -> None:
        configured = shipped("run.yml")
        self._settings = settings
        self._setup = WorkerSetup(settings, load_first)
        self._max_pending = 2 * number + ahead
        self._waiting = _Waiting(configured["waiting_mib"] * 2**20 if waiting is None else waiting)
        grace = configured["silence"] if silence is None else silence
        # Fetching a letter and reading it may each take the time limit. Without a limit, silence says nothing.
        self._patience = None if settings.timeout is None else 2 * settings.timeout + grace
        self._threads = ThreadPoolExecutor(number, "worker", _keep_interrupts_from_children)
        self._own = threading.local()  # each thread's child
        self._children: list[_Child] = []
        self._lock = threading.Lock()
        self._closed = False
        #: When the first process was ready to read (`time.perf_counter`); None before.
        self.ready: float | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._lock:
            self._closed = True
            for child in self._children:
                child.kill()
        self._waiting.open()
        self._threads.shutdown(cancel_futures=True)

    def results(self, items: Iterable[Item]) -> Generator[Result, None, None]:
        """Yield what the letters became, a batch at a time, in the order of the letters.

        Raises:
            WorkerError: No process can be started, or the pipeline can't be loaded.
            ConfigError: The user's rules can't be used.
        """
        pending: deque[Future[Result]] = deque()
        self._waiting.restart()
        for number, batch in enumerate(batches(items)):
            pending.append(self._threads.submit(self._process, number, batch))
            while pending and (len(pending) > self._max_pending or pending[0].done()):
                yield self._next(pending)
        while pending:
            yield self._next(pending)

    def _next(self, pending: deque[Future[Result]]) -> Result:
        result = pending.popleft().result()
        self._waiting.taken(result.size())
        return result

    # What follows runs in the threads.

    def _process(self, number: int, items: list[Item]) -> Result:
        self._waiting.wait_for_room(number)
        try:
            result = self._ask_for(items)
        except _DiedError:
            result = Result.joined(self._alone(item) for item in items)
        self._waiting.put(result.size())
        return result

    def _alone(self, item: Item) -> Result:
        """Return what one letter became; where processes die of it, that it was given up."""
        for times in count(1):
            try:
                return self._ask_for([item])
            except _DiedError as died:
                if times >= (OTHERWISE if died.silent else TRIES.get(died.signal, OTHERWISE)):
                    problem = self._given_up(item, died)
                    failed = Failure(self._key(item), problem)
                    return Result(letter_ids=[None], counts=[1], errors=[problem], failures=[failed])
        raise AssertionError

    def _given_up(self, item: Item, died: _DiedError) -> Problem:
        if died.signal == signal.SIGALRM:
            reason = f"it took more than {self._settings.timeout:g} s; try it alone with a larger --timeout"
            return failure(item, "timeout", reason)
        if died.silent:
            reason = f"its process did not answer for {self._patience:g} s; is the disk that it lies on there?"
            return failure(item, "timeout", reason)
        return failure(item, "crashed", f"its process died ({died}); try it alone with --debug")

    def _key(self, item: Item) -> bytes | None:
        """Return the key of a letter that is given up, or None where even that kills a process."""
        letter = item.letter if isinstance(item, Suspect) else item
        if isinstance(letter, Blob):
            return key_of(letter)
        if isinstance(letter, Problem):
            return None
        try:
            key: bytes | None = self._ask(KeyOf(letter))
        except _DiedError:
            return None
        return key

    def _ask_for(self, items: list[Item]) -> Result:
        reply = self._ask(items)
        if reply.leaving:
            self._end(self._own.child)
        result: Result = reply.result
        return result

    def _ask(self, question: object) -> Any:
        """Ask this thread's process. Raises _DiedError where it dies of the question."""
        child = self._child()
        try:
            reply = child.ask(question, self._patience)
        except (EOFError, OSError) as error:
            raise self._end(child, silent=isinstance(error, TimeoutError)) from None
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _child(self) -> _Child:
        """Return this thread's process, started where there is none."""
        for times in count(1):
            child: _Child | None = getattr(self._own, "child", None)
            if child is not None:
                return child
            with self._lock:
                if self._closed:
                    raise WorkerError("the workers are closed")
                try:
                    child = _Child()
                except OSError as error:
                    raise WorkerError(
                        f"a worker process can't be started ({error.strerror}); raise the limits of this shell "
                        "(ulimit -n, ulimit -u), or use fewer --workers"
                    ) from error
                self._children.append(child)
            try:
                reply = child.ask(self._setup, None if self._patience is None else max(self._patience, _LOADING))
            except (EOFError, OSError):
                died = self._end(child)
                if times >= STARTS.get(died.signal, FAILED_STARTS):
                    raise WorkerError(f"the worker processes die when they start ({died})") from None
                continue
            if isinstance(reply, Exception):
                raise reply
            self._own.child = child
            if self.ready is None:
                self.ready = time.perf_counter()
        raise AssertionError

    def _end(self, child: _Child, *, silent: bool = False) -> _DiedError:
        self._own.child = None
        with self._lock:
            self._children.remove(child)
        if silent:
            child.kill()
        return _DiedError(child.end(), silent=silent)


#: Seconds that a worker may take to load the pipeline from a cold disk.
_LOADING = 600.0


class _Waiting:
    """Bounds the bytes of results that wait to be taken, in the order of their batches."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._next = 0
        self._open = False
        self._changed = threading.Condition()

    def restart(self) -> None:
        """Begin to count batches anew."""
        with self._changed:
            self._held = self._next = 0

    def wait_for_room(self, number: int) -> None:
        """Wait until batch ``number`` may be read: there is room, or all others wait for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._open or number <= self._next or self._held < self._limit)

    def put(self, size: int) -> None:
        """Count a result that waits from now on."""
        with self._changed:
            self._held += size

    def taken(self, size: int) -> None:
        """Count the next result, in order, as taken."""
        with self._changed:
            self._held -= size
            self._next += 1
            self._changed.notify_all()

    def open(self) -> None:
        """Let everybody through: the workers are about to end."""
        with self._changed:
            self._open = True
            self._changed.notify_all()


class _DiedError(Exception):
    """A process has ended, with a code as `subprocess.Popen` gives it: below 0, the signal."""

    def __init__(self, code: int, *, silent: bool = False) -> None:
        super().__init__(code)
        self.signal = signal.Signals(-code) if -code in set(signal.Signals) else None
        self.silent = silent

    def __str__(self) -> str:
        return self.signal.name if self.signal else f"exit code {self.args[0]}"


class _Child:
    """One worker process and the socket to it."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                # -P: what lies in the current folder is not to be imported.
                [sys.executable, "-P", "-m", "imr_nlp.run.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=_environment(),
            )  # fmt: skip
        self._connect(ours)

    def _connect(self, ours: socket.socket) -> None:
        self._connection = Connection(ours.detach())
        self._answers = select.poll()  # `Connection.poll` makes a selector each time: 0.25 ms a letter
        self._answers.register(self._connection, select.POLLIN)

    def ask(self, question: object, patience: float | None) -> Any:
        """Send something, and return the answer.

        Args:
            question: What is sent.
            patience: Seconds that the process may say nothing; None for ever.

        Raises:
            TimeoutError: It has said nothing for longer.
            EOFError: The process is gone.
            OSError: The same.
        """
        self._connection.send(question)
        while True:
            if not self._answers.poll(None if patience is None else 1000 * patience):
                raise TimeoutError
            reply = self._connection.recv()
            if not isinstance(reply, Alive):
                return reply

    def kill(self) -> None:
        """End the process; the thread that waits for its answer finds out."""
        self._process.kill()

    def end(self) -> int:
        """Let go of a process that has died or is leaving, and return its exit code."""
        self._connection.close()
        for _ in range(2):
            with suppress(subprocess.TimeoutExpired):
                return self._process.wait(timeout=10)
            self._process.kill()
        return -signal.SIGKILL  # it waits for a device and can't be ended; the system ends it when the device answers


def _environment() -> dict[str, str]:
    """The same modules as here, and one thread for linear algebra: the processes share the cores among them."""
    return {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }


def _keep_interrupts_from_children() -> None:
    """Block Ctrl-C in a thread, and so in the processes that it starts: the main thread alone answers it, once."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
