"""Takes the measurements: starts the rows' processes, has them pass in turns, and keeps the fastest passes.

A ratio between two rows means something only where both met the same machine, and a machine is not the same from one
minute to the next: other programs, heat, a neighbour on the same host. So rows that are compared are loaded first, each
in its process, and then pass in turns, round after round, while the others wait; whatever disturbs the machine for
longer than a round meets all of them. Of each row's passes the fastest counts, as in `timeit`: what disturbs only ever
makes a pass slower. Rows of one process also tell the processor time that they took, which is what their ratios are
made of: waiting for a core that somebody else has isn't counted there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from imr_nlp.benchmark.plan import ALONE, Plan, make_copies
from imr_nlp.benchmark.processes import family

#: Passes of a row of whole runs, at most: they take long, and are the steadier for it.
RUNS = 3
#: Passes of a whole run last this many times ``--seconds``.
RUN_LENGTH = 15
#: Letters a second and process, where no row has measured it.
_GUESS = 30.0
#: Seconds that a process gets to end by itself.
_TO_END = 20.0

#: Called with what is being done now, and the share of everything that is done.
Progress = Callable[[str, float], None]


@dataclass(slots=True)
class Measured:
    """A row with all its passes. ``size`` is the letters' mean size (tokens, characters), ``memory`` the peaks."""

    name: str
    passes: list[dict[str, Any]] = field(default_factory=list)
    size: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    load_seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Letters a second by the clock, in the fastest pass."""
        return max(known["letters"] / known["seconds"] for known in self.passes)

    @property
    def cpu_rate(self) -> float | None:
        """Letters a second of processor time, in the pass that took the least; None where that isn't measured."""
        rates = [known["letters"] / known["cpu_seconds"] for known in self.passes if known["cpu_seconds"]]
        return max(rates, default=None)


class RowError(Exception):
    """A row's process failed; the message says how, in a line without text of letters."""


def measure(plan: Plan, progress: Progress = lambda doing, share: None) -> list[Measured]:
    """Measure all rows of a plan. A row that fails is left out, with a line in ``plan.failed``."""
    rows: list[Measured] = []
    alone = [kind for kind in ALONE if kind in plan.kinds]
    steps = _Steps(progress, len(alone) * (plan.passes + 3) + 8 * len(plan.workers) * ("workers" in plan.kinds) + 8)
    jobs = [_job(kind, plan, plan.letters.pdfs if kind == "pdf" else plan.letters.all) for kind in alone]
    rows += _in_turns([(kind, job) for kind, job in zip(alone, jobs, strict=True)], plan.passes, plan, steps)
    if "workers" in plan.kinds or "spark" in plan.kinds:
        rate = next((row.rate for row in rows if row.name in ("pdf", "pipeline")), _GUESS)
        with tempfile.TemporaryDirectory(prefix="imr-benchmark-") as folder:
            rows += _whole_runs(plan, rate, Path(folder), steps)
    return rows


def _whole_runs(plan: Plan, rate: float, folder: Path, steps: _Steps) -> list[Measured]:
    """Measure the rows that begin with a folder of files; ``rate`` is about what one process does in a second."""
    jobs: list[tuple[str, dict[str, Any]]] = []
    copies: dict[int, str] = {}
    for workers in plan.workers:
        # Whole handfuls for every process, and each letter equally often, so that means are those of the corpus.
        wanted = rate * workers * RUN_LENGTH * plan.seconds
        count = max(1, round(wanted / len(plan.letters.files))) * len(plan.letters.files)
        copies[workers] = str(folder / f"{workers}")
        Path(copies[workers]).mkdir()
        steps.say(f"{count:,} letters for {workers} workers")
        for _ in make_copies(plan.letters.files, count, Path(copies[workers])):
            pass
        jobs.append((f"workers-{workers}", _job("workers", plan, plan.letters.files, workers, copies[workers])))
    runs = min(RUNS, plan.passes)
    rows = _in_turns(jobs, runs, plan, steps) if "workers" in plan.kinds else []
    if "spark" in plan.kinds:
        most = plan.workers[-1]
        job = _job("spark", plan, plan.letters.files, most, copies[most])
        rows += _in_turns([(f"spark-{most}", job)], runs, plan, steps)
    return rows


def _job(kind: str, plan: Plan, paths: tuple[str, ...], workers: int = 1, copies: str | None = None) -> dict[str, Any]:
    return {"row": kind, "paths": paths, "seconds": plan.seconds, "workers": workers, "copies": copies}


def _in_turns(jobs: list[tuple[str, dict[str, Any]]], rounds: int, plan: Plan, steps: _Steps) -> list[Measured]:
    """Load all jobs, let them pass in turns, and ask each for its memory at the end."""
    running: list[tuple[Measured, _Child]] = []
    with ExitStack() as stack:

        @contextmanager
        def failing_alone(row: Measured, child: _Child) -> Iterator[None]:
            try:
                yield
            except RowError as error:
                plan.failed.append(f"{row.name}: {error}")
                running.remove((row, child))

        for name, job in jobs:
            row, child = Measured(name), stack.enter_context(_Child(job))
            running.append((row, child))
            steps.start(name, 2)
            with failing_alone(row, child):
                row.load_seconds = child.answer()["seconds"]
        for number in range(rounds):
            for row, child in running:
                steps.start(f"{row.name}, pass {number + 1} of {rounds}")
                with failing_alone(row, child):
                    row.passes.append(child.ask("pass"))
        for row, child in running:
            steps.start(row.name)
            with failing_alone(row, child):
                known = child.ask("end")
                row.size = {key: known.pop(key) for key in ("tokens", "characters", "sample")}
                row.memory = known
        return [row for row, _ in running]


class _Child:
    """The process of one row; see `imr_nlp.benchmark.child`. A context manager, which ends it with all below it."""

    def __init__(self, job: dict[str, Any]) -> None:
        debug = "IMR_BENCHMARK_DEBUG" in os.environ
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "imr_nlp.benchmark.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=None if debug else subprocess.DEVNULL, text=True, encoding="utf-8", env=_environment(),
        )  # fmt: skip
        self._say(json.dumps(job))

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._process.communicate(timeout=0 if kind else _TO_END)
        except subprocess.TimeoutExpired:
            for pid in reversed(family(self._process.pid)):
                with _gone_already():
                    os.kill(pid, signal.SIGKILL)
            self._process.communicate()

    def ask(self, question: str) -> dict[str, Any]:
        """Say a line and return the answer. Raises RowError."""
        self._say(question)
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Wait for an answer. Raises RowError."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RowError(f"its process ended with code {self._process.wait()}")
        known: dict[str, Any] = json.loads(line)
        if "error" in known:
            raise RowError(f"it failed with {known['error']}")
        return known

    def _say(self, line: str) -> None:
        with _gone_already():
            if self._process.stdin:
                self._process.stdin.write(line + "\n")
                self._process.stdin.flush()


class _Steps:
    """Counts what is done, and says what is being done."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done, self._begun = progress, total, 0, 0

    def start(self, doing: str, weight: int = 1) -> None:
        """Say what begins now; what began before is done."""
        self._done += self._begun
        self._begun = weight
        self.say(doing)

    def say(self, doing: str) -> None:
        """Say what is being done."""
        self._progress(doing, min(1.0, self._done / self._total))


@contextmanager
def _gone_already() -> Iterator[None]:
    """A process that is gone can't be told anything; that it is gone shows when it is asked."""
    with suppress(BrokenPipeError, ProcessLookupError):
        yield


def _environment() -> dict[str, str]:
    """The same modules as here, and one thread for linear algebra, as in workers: a row is to take one core."""
    return {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
