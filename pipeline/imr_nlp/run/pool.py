"""The worker processes of a run, and what happens when one of them dies.

Each thread of a pool owns one child process and one socket pair, so that nothing (no queue, no lock) is shared between
children: one may be killed at any moment without harm to another. That is why this is not `ProcessPoolExecutor`, which
gives up all processes when one dies.

A child that dies is replaced. What it was reading is read again one letter at a time, so that the letter it died of
is found; that one gets another try, for the fault may not be its own (the system was out of memory, somebody killed
the process), and is then given up as a `Problem`.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

from imr_nlp.reading.problems import Problem
from imr_nlp.run.protocol import Item, Order, Result, Settings, batches, failure

#: Handfuls of letters that may be finished ahead of one that takes its time.
AHEAD = 256

#: How often a letter is tried alone before it is given up, by the signal that its process died of. SIGKILL comes from
#: outside, as a rule (a person, a system short of memory), and says little about the letter.
TRIES: dict[signal.Signals | None, int] = {signal.SIGALRM: 1, signal.SIGKILL: 4}
OTHERWISE = 2

#: Processes in a row that may die before they are ready: many where somebody kills them, few where they fail.
STARTS: dict[signal.Signals | None, int] = {signal.SIGKILL: 50}
FAILED_STARTS = 3

#: Codes of the Problems that only this module finds.
GIVEN_UP = frozenset({"timeout", "crashed"})


class WorkerError(RuntimeError):
    """Worker processes can't be started at all."""


class Workers:
    """``number`` processes that read letters; a context manager.

    Without ``at_once`` a process loads the pipeline only when a letter is not in the store. ``ahead`` bounds the
    handfuls that are finished before one that takes its time.
    """

    def __init__(self, settings: Settings, number: int = 1, *, at_once: bool = True, ahead: int = AHEAD) -> None:
        self._settings = settings
        self._order = Order(settings, at_once)
        self._most = 2 * number + ahead
        self._threads = ThreadPoolExecutor(number, "worker", _keep_interrupts_from_children)
        self._own = threading.local()  # each thread's child
        self._children: list[_Child] = []
        self._lock = threading.Lock()
        self._closed = False

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
        self._threads.shutdown(cancel_futures=True)

    def results(self, items: Iterable[Item]) -> Generator[Result, None, None]:
        """Yield what the letters became, a handful at a time, in the order of the letters.

        Raises WorkerError where no process can be started, ConfigError where the pipeline can't be loaded.
        """
        pending: deque[Future[Result]] = deque()
        for chunk in batches(items):
            pending.append(self._threads.submit(self._process, chunk))
            while pending and (len(pending) > self._most or pending[0].done()):
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    # What follows runs in the threads.

    def _process(self, items: list[Item]) -> Result:
        try:
            return self._answer(items)
        except _DiedError:
            return Result.joined(self._alone(item) for item in items)

    def _alone(self, item: Item) -> Result:
        """Return what one letter became; where processes die of it, that it was given up."""
        for times in count(1):
            try:
                return self._answer([item])
            except _DiedError as died:
                if times >= TRIES.get(died.signal, OTHERWISE):
                    return Result(letter_ids=[None], errors=[self._given_up(item, died)])
        raise AssertionError

    def _given_up(self, item: Item, died: _DiedError) -> Problem:
        if died.signal == signal.SIGALRM:
            reason = f"it took more than {self._settings.timeout:g} s; try it alone with a larger --timeout"
            return failure(item, "timeout", reason)
        return failure(item, "crashed", f"its process died ({died}); try it alone with --debug")

    def _answer(self, items: list[Item]) -> Result:
        """Ask this thread's process. Raises _DiedError where it dies of the question."""
        child = self._child()
        try:
            reply = child.ask(items)
        except (EOFError, OSError):
            raise self._end(child) from None
        if isinstance(reply, Exception):
            raise reply
        if reply.leaving:
            self._end(child)
        result: Result = reply.result
        return result

    def _child(self) -> _Child:
        """Return this thread's process, started where there is none."""
        for times in count(1):
            child: _Child | None = getattr(self._own, "child", None)
            if child is not None:
                return child
            with self._lock:
                if self._closed:
                    raise WorkerError("the workers are closed")
                child = _Child()
                self._children.append(child)
            try:
                reply = child.ask(self._order)
            except (EOFError, OSError):
                died = self._end(child)
                if times >= STARTS.get(died.signal, FAILED_STARTS):
                    raise WorkerError(f"the worker processes die when they start ({died})") from None
                continue
            if isinstance(reply, Exception):
                raise reply
            self._own.child = child
        raise AssertionError

    def _end(self, child: _Child) -> _DiedError:
        self._own.child = None
        with self._lock:
            self._children.remove(child)
        return _DiedError(child.end())


class _DiedError(Exception):
    """A process has ended, with a code as `subprocess.Popen` gives it: below 0, the signal."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.signal = signal.Signals(-code) if -code in set(signal.Signals) else None

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
        self._connection = Connection(ours.detach())

    def ask(self, question: object) -> Any:
        """Send something, and return the answer. Raises EOFError or OSError where the process is gone."""
        self._connection.send(question)
        return self._connection.recv()

    def kill(self) -> None:
        """End the process; the thread that waits for its answer finds out."""
        self._process.kill()

    def end(self) -> int:
        """Let go of a process that has died or is leaving, and return its exit code."""
        self._connection.close()
        try:
            return self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


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
