"""What a pass of each row does. Everything here runs in the row's own process.

A row is made once (loading, and a warm-up pass over all its letters) and then called for each pass. What is loaded,
read or set up stands outside the clock; what a row is about stands inside it.
"""

from __future__ import annotations

import gc
import math
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from imr_nlp.benchmark.processes import FamilyPeak, cpu_seconds, family, peak_mib
from imr_nlp.reading import source as reading
from imr_nlp.reading.source import SourceText

#: Letters that stock medspaCy reads in a pass: it takes a tenth of a second and more for one.
MEDSPACY_LETTERS = 24
#: Share of a run's letters that pass before its clock starts: every worker is loaded and has met the common words.
RUN_IN = 0.2
#: Files in a task of Spark, which counts a small file as 1 MiB.
SPARK_TASK_FILES = 24


@dataclass(frozen=True, slots=True)
class Job:
    """What a row's process has to do. ``paths`` are the letters; ``copies`` the folder of copies for whole runs."""

    row: str
    paths: tuple[str, ...]
    seconds: float = 1.0
    workers: int = 1
    copies: str | None = None


@dataclass(slots=True)
class Pass:
    """One pass: letters done, seconds by the clock, seconds of processor time, and further figures of the row."""

    letters: int
    seconds: float
    cpu_seconds: float | None = None
    parts: dict[str, float] = field(default_factory=dict)


class Row(Protocol):
    """A row of the table: call it for a pass. ``texts`` are the letters that a pass is about."""

    texts: list[str]

    def __call__(self) -> Pass:
        """Do one pass."""

    def memory(self) -> dict[str, float]:
        """Return the peak memory (MiB) so far."""


class Repeated:
    """Some work on each letter, over all letters as often as it takes to fill ``seconds``."""

    def __init__(self, work: Callable[[Any], object], items: Sequence[Any], texts: list[str], seconds: float) -> None:
        self.work, self.items, self.texts = work, items, texts
        self.times = 1
        self.times = _times(self, seconds)

    def __call__(self) -> Pass:
        """Work on all letters, ``times`` times over."""
        work, items = self.work, self.items
        cpu, begun = time.process_time(), time.perf_counter()
        for _ in range(self.times):
            for item in items:
                work(item)
        seconds = time.perf_counter() - begun
        return Pass(self.times * len(items), seconds, time.process_time() - cpu)

    def memory(self) -> dict[str, float]:
        """Return the peak memory of this process."""
        return {"peak_mib": peak_mib()}


def tokenise(job: Job) -> Row:
    """The floor: spaCy's English tokenizer and nothing else."""
    import spacy

    texts = _texts(job)
    return Repeated(spacy.blank("en"), texts, texts, job.seconds)


def medspacy(job: Job) -> Row:
    """Stock medspaCy on letters whose lengths are spread like those of all."""
    from imr_nlp.benchmark.stock import stock_medspacy

    texts = sorted(_texts(job), key=len)
    step = max(1.0, len(texts) / MEDSPACY_LETTERS)
    sample = [texts[int((number + 0.5) * step)] for number in range(min(MEDSPACY_LETTERS, len(texts)))]
    return Repeated(stock_medspacy(), sample, sample, job.seconds)


def pipeline(job: Job) -> Row:
    """What a run does with a letter once its text is there: text in, record out."""
    from imr_nlp.letter import read_part
    from imr_nlp.pipeline import load

    nlp = load(source_doc=False)  # as runs do: the record is made from the reading view
    sources = _sources(job)
    return Repeated(lambda source: read_part(nlp, source), sources, [s.letter for s in sources], job.seconds)


def library(job: Job) -> Row:
    """What a user of the library gets: every component, then ``doc._.letter``."""
    from imr_nlp.pipeline import load

    nlp, texts = load(), _texts(job)
    return Repeated(lambda text: nlp(text)._.letter, texts, texts, job.seconds)


def pdf(job: Job) -> Row:
    """From a PDF on disk to a line of ``letters.jsonl`` in memory, in one process."""
    from imr_nlp.letter import read_part
    from imr_nlp.pipeline import load

    nlp = load(source_doc=False)

    def line(path: str) -> bytes:
        letters = reading.letters_in(reading.read(path))
        return b"\n".join(read_part(nlp, one).model_dump_json(exclude_none=True).encode() for one in letters)

    return Repeated(line, job.paths, _texts(job), job.seconds)


class Components:
    """The pipeline taken apart: seconds for each component, for making the record, its JSON line and its table rows."""

    def __init__(self, job: Job) -> None:
        from imr_nlp.letter import letter_of
        from imr_nlp.pipeline import load
        from imr_nlp.records import tables

        self.nlp, self.tables, self.letter_of = load(), tables, letter_of
        self.sources = _sources(job)
        self.texts = [source.text for source in self.sources]
        self.times = 1
        self.times = _times(self, job.seconds)

    def __call__(self) -> Pass:
        """Take every letter through the components, one clock each."""
        components = self.nlp.pipeline
        names = ["tokenizer", *(name for name, _ in components), "letter", "json", "tables"]
        spent = [0.0] * len(names)
        clock = time.process_time  # another program's turn is no component's time
        begun = time.perf_counter(), clock()
        for _ in range(self.times):
            for text in self.texts:
                marks = [clock()]
                doc = self.nlp.make_doc(text)
                marks.append(clock())
                for name, component in components:
                    view = doc if name == "imr_record" else None
                    doc = component(doc)
                    marks.append(clock())
                    doc = view or doc  # the record is made from the reading view, as in a run
                letter = self.letter_of(doc)
                marks.append(clock())
                letter.model_dump_json(exclude_none=True).encode()
                marks.append(clock())
                self.tables.batches([letter])
                marks.append(clock())
                for number, (start, end) in enumerate(pairwise(marks)):
                    spent[number] += end - start
        parts = dict(zip(names, spent, strict=True))
        seconds = time.perf_counter() - begun[0]
        return Pass(self.times * len(self.texts), seconds, clock() - begun[1], parts)

    def memory(self) -> dict[str, float]:
        """Return the peak memory of this process."""
        return {"peak_mib": peak_mib()}


class Run:
    """A whole run from files to an output folder, by ``workers`` processes, at its steady rate.

    A pass is a run of its own over copies of the letters, each with content of its own, into an empty folder. The rate
    is taken between two reports of progress, the first after `RUN_IN` of the letters, the second after the last one.
    """

    def __init__(self, job: Job) -> None:
        from imr_nlp.reading.inputs import Inputs, expand

        self.workers = job.workers
        self.texts = _texts(job)
        self.inputs: Inputs = expand([job.copies or ""])
        self.watch = FamilyPeak()

    def __call__(self) -> Pass:
        """Run once; the progress reports say how fast."""
        from imr_nlp.run import runner

        total = len(self.inputs.items)
        begun = time.perf_counter()
        first = start = last = (begun, 0, 0.0)  # seconds, letters done, processor time of all processes

        def progress(summary: runner.Summary) -> None:
            nonlocal first, start, last
            done = summary.letters + summary.failed
            last = (time.perf_counter(), done, 0.0)
            first = first if first[1] else last
            if start[1] == 0 and RUN_IN * total <= done < total:
                start = (last[0], done, cpu_seconds(family(os.getpid())) or 0.0)
            if done == total:
                last = (last[0], done, cpu_seconds(family(os.getpid())) or 0.0)
                self.watch.look()  # the processes are still there

        with tempfile.TemporaryDirectory() as folder, self.watch:
            runner.run(self.inputs, Path(folder, "out"), workers=self.workers, progress=progress)
            ended = time.perf_counter()
        parts = {"seconds_to_first": first[0] - begun, "seconds_to_finish": ended - last[0]}
        return Pass(total - start[1], last[0] - start[0], last[2] - start[2] or None, parts)

    def memory(self) -> dict[str, float]:
        """Return the peak of all processes together and of the largest worker."""
        worker = self.watch.largest_child_mib or peak_mib()  # one worker may be this process
        return {"peak_mib": max(self.watch.mib, peak_mib()), "peak_mib_worker": worker}


class Spark:
    """From files to records, tables and errors in Spark on this machine, ``workers`` tasks at a time.

    A pass is a job over the copies, whose output nobody keeps: Spark computes every column of it. Spark and its Python
    workers run already and have read all letters once.
    """

    def __init__(self, job: Job) -> None:
        from imr_nlp.spark.session import started

        self.texts = _texts(job)
        self.copies, self.watch = job.copies, FamilyPeak()
        self._total = sum(1 for _ in Path(job.copies or "").iterdir())
        self._stack = ExitStack()  # Spark ends with the process
        self.session = self._stack.enter_context(started(f"local[{job.workers}]"))
        # Many small tasks: with a few large ones, all but one core wait for the last.
        self.session.conf.set("spark.sql.files.maxPartitionBytes", str(SPARK_TASK_FILES * 2**20))
        self()

    def __call__(self) -> Pass:
        """Run a job over all copies."""
        from imr_nlp.spark import extract

        with self.watch:
            cpu, begun = cpu_seconds(family(os.getpid())) or 0.0, time.perf_counter()
            files = self.session.read.format("binaryFile").load(self.copies).select("path", "content")
            extract(files).write.format("noop").mode("overwrite").save()
            seconds = time.perf_counter() - begun
            spent = (cpu_seconds(family(os.getpid())) or 0.0) - cpu
            self.watch.look()
        return Pass(self._total, seconds, spent or None)

    def memory(self) -> dict[str, float]:
        """Return the peak of all processes together, Java's among them."""
        return {"peak_mib": self.watch.mib}


ROWS: dict[str, Callable[[Job], Row]] = {
    "tokenise": tokenise,
    "pipeline": pipeline,
    "medspacy": medspacy,
    "library": library,
    "components": Components,
    "pdf": pdf,
    "workers": Run,
    "spark": Spark,
}


def _sources(job: Job) -> list[SourceText]:
    return [letter for path in job.paths for letter in reading.letters_in(reading.read(path))]


def _texts(job: Job) -> list[str]:
    return [source.text for source in _sources(job)]


def _times(row: Callable[[], Pass], seconds: float) -> int:
    """Warm a row up and return how often it goes over its letters in a pass."""
    row()  # every word has been met once, every cache is filled
    # As workers do: garbage collection is not to walk what was loaded again and again.
    gc.collect()
    gc.freeze()
    return max(1, math.ceil(seconds / row().seconds))
