"""``nlp-run --engine spark``: letters on any file system of Hadoop's, read by a cluster.

The letters are read into one staging table, ``OUT/.incomplete/extracted``, and everything else is derived from that.
What a task has read becomes visible when the task commits, and Spark lets one attempt of a task commit, so that each
letter is there once whatever tasks are repeated. A run that was killed continues: what is staged is not read again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from py4j.protocol import Py4JError
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  (its customary name)

from imr_nlp.reading.inputs import Skipped
from imr_nlp.reading.limits import MEDIA_TYPES, media_type, size_limit, too_large
from imr_nlp.reading.problems import EMPTY, Problem
from imr_nlp.reading.run_files import ERROR_TABLE, ERRORS, RECORDS
from imr_nlp.records import tables
from imr_nlp.records.ids import ID_LENGTH
from imr_nlp.run.fingerprint import fingerprint
from imr_nlp.run.protocol import TIMEOUT
from imr_nlp.run.runner import Summary, account
from imr_nlp.spark import extract, table
from imr_nlp.spark.filesystem import Hadoop, escaped
from imr_nlp.spark.inputs import InputError, Roots, expand
from imr_nlp.spark.output import SparkOutput
from imr_nlp.spark.session import started

#: Letters whose rows make one part file of a table.
PART = 20_000

#: What tells a file from what stood under its name before.
_KEY = ["uri", "length", "modificationTime"]
_MAX_BYTES = size_limit("application/pdf")


def run(
    inputs: Sequence[str],
    out: str,
    *,
    master: str | None = None,
    rules: Path | None = None,
    overwrite: bool = False,
    timeout: float = TIMEOUT,
    debug: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Summary:
    """Read the letters that ``inputs`` name (paths, URIs, patterns) and write records, tables and errors to ``out``.

    The tables are folders of Parquet files with the columns of the local engine's, ``letters.jsonl`` is a folder of
    text files with the same lines. ``master`` is Spark's (None: by its configuration, else all cores of this machine).
    ``progress`` is called with the letters done and the letters to do, from another thread.

    Raises InputError and OutputError (wrong usage), ConfigError (the rules can't be used) and SparkError. Letters that
    fail raise nothing: they stand in ``errors.parquet``.
    """
    begun = time.perf_counter()
    identity = _identity(inputs, out, fingerprint(rules), timeout)
    with started(master, debug=debug) as session, ExitStack() as stack:
        files = Hadoop(session)
        found = expand(inputs, files)
        _require_existing(found)
        output = SparkOutput(files, out)
        output.check(identity, overwrite=overwrite)
        source = _Source(session, found, output.uri())
        asked = stack.enter_context(_cached(source.listing()))
        letters, others = source.names()
        for name in others:
            found.others.add(name)
        total = asked.count()
        if total < len(letters):
            found.problems += source.empty(asked, letters)
        summary = Summary(skipped=len(found.others), others=found.others)
        if not letters and not found.problems:
            raise _no_letters(inputs, found.others)
        output.begin(identity)

        extracted = _extract(session, source, asked, total, output, rules, timeout, progress)
        errors = _errors(session, asked, extracted, found.problems)
        _write(extracted, errors, output)
        _count(session, output, summary)
        summary.seconds = time.perf_counter() - begun
        context = session.sparkContext
        said = account(
            identity, summary, rules,
            {"engine": "spark", "master": context.master, "parallelism": context.defaultParallelism,
             "timeout": timeout},
        )  # fmt: skip
        said["versions"]["spark"] = session.version
        output.finish(said)
    return summary


def _identity(inputs: Sequence[str], out: str, made_by: str, timeout: float) -> str:
    """Return what tells two runs of one command from others."""
    return hashlib.sha256(json.dumps([list(inputs), out, made_by, timeout]).encode()).hexdigest()


def _require_existing(found: Roots) -> None:
    if not found.roots and found.problems and all(problem.code == "not_found" for problem in found.problems):
        raise InputError(found.problems[0].message)


def _no_letters(inputs: Sequence[str], skipped: Skipped) -> InputError:
    kinds = ", ".join(MEDIA_TYPES)
    return InputError("; ".join([f"no letters ({kinds}) in {', '.join(inputs[:3])}", *skipped.lines()]))


class _Source:
    """The files below the roots of a run: their names, and their contents."""

    def __init__(self, session: SparkSession, found: Roots, out: str) -> None:
        self._session = session
        self._roots = found.roots
        self._out = out
        rows = [(root.uri, root.name) for root in found.roots]
        self._names = F.broadcast(session.createDataFrame(rows, "root string, name string"))

    def names(self) -> tuple[list[str], list[str]]:
        """Return the full names of the letters, and those of other files."""
        # Names by the million: one string that the JVM puts together comes over much sooner than as many objects.
        jvm: Any = self._session._jvm
        joined = str(jvm.org.apache.hadoop.util.StringUtils.join("\n", self._files("*")._jdf.inputFiles()))
        names = (unquote(line).replace("file:///", "file:/", 1) for line in joined.splitlines())
        every = [name for name in names if not name.startswith(self._out)]
        letters = [name for name in every if media_type(name)]
        return letters, [name for name in every if not media_type(name)]

    def empty(self, asked: DataFrame, letters: Sequence[str]) -> list[Problem]:
        """Return the letters that have a name but no content: Spark's sources are silent about them."""
        names = set(letters).difference(row.uri for row in asked.select("uri").toLocalIterator())
        rows = self._session.createDataFrame([(name,) for name in sorted(names)], "uri string")
        paths = [row.path for row in self._named(rows).select("path").collect()]
        return [Problem(path, "empty", f"{path}: {EMPTY}") for path in paths]

    def listing(self) -> DataFrame:
        """Return the letters without their content: uri, path (as the user named it), length, modificationTime."""
        return self._letters().drop("content")

    def contents(self) -> DataFrame:
        """Return the letters with their content, but for those beyond all limits."""
        return self._letters().where(F.col("length") <= _MAX_BYTES)

    def _letters(self) -> DataFrame:
        """Return the files of which letters come in, by their names' endings in capitals or not."""
        endings = ("".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in ending) for ending in MEDIA_TYPES)
        files = self._files(f"*{{{','.join(endings)}}}")
        return self._named(files)

    def _named(self, files: DataFrame) -> DataFrame:
        """Add the column ``path``: the names of files as the user gave them."""
        below = F.col("root").endswith("/") & F.col("uri").startswith(F.col("root"))
        rest = F.expr("substring(uri, length(root) + 1)")
        named = files.join(self._names, (F.col("uri") == F.col("root")) | below)
        return named.withColumn("path", F.concat("name", rest)).drop("root", "name")

    def _files(self, pattern: str) -> DataFrame:
        if not self._roots:
            return self._session.createDataFrame(
                [], "uri string, modificationTime timestamp, length long, content binary"
            )
        options: dict[str, bool | str] = {"recursiveFileLookup": True, "pathGlobFilter": pattern}
        # A file that can't be read, or is gone since it was listed, must not end the run: see _errors.
        options |= {"ignoreCorruptFiles": True, "ignoreMissingFiles": True}
        source = self._session.read.format("binaryFile").options(**options)
        files = source.load([escaped(root.uri) for root in self._roots]).withColumnRenamed("path", "uri")
        return files.where(~F.col("uri").startswith(self._out))


def _extract(
    session: SparkSession, source: _Source, asked: DataFrame, total: int, output: SparkOutput,
    rules: Path | None, timeout: float, progress: Callable[[int, int], None],
) -> DataFrame:  # fmt: skip
    """Stage what isn't staged yet, and return what became of the letters: uri, path and the columns of `extract`."""
    contents = source.contents()
    letters = extract(contents, rules=rules, timeout=timeout)
    before = output.staged()
    done = session.read.schema(letters.schema).parquet(*before) if before else None
    if done is not None:
        contents = contents.join(F.broadcast(done.select(_KEY)), _KEY, "left_anti")
        letters = extract(contents, rules=rules, timeout=timeout)
        asked_for = asked.where(F.col("length") <= _MAX_BYTES)
        waiting = asked_for.join(done, _KEY, "left_anti").count()
    else:
        waiting = total
    if waiting:
        with _followed(session, total - waiting, total, progress):
            # Version 2 puts the file of a task into place when the task commits, not when all have: it outlives a
            # driver that is killed. The file's name is the task's, so that a repeated commit replaces the former.
            writer = letters.write.option("mapreduce.fileoutputcommitter.algorithm.version", "2")
            writer.option("compression", "zstd").parquet(output.stage(len(before)))
    extracted = session.read.schema(letters.schema).parquet(*output.staged())
    if done is not None:
        # A task of a killed run may have committed after we looked; a file may have changed between the runs.
        extracted = extracted.join(asked.select(_KEY), _KEY, "left_semi").dropDuplicates(["uri", "letter_id"])
    return extracted


@contextmanager
def _followed(session: SparkSession, done: int, total: int, progress: Callable[[int, int], None]) -> Iterator[None]:
    """Report how many letters are done, from the tasks that are."""
    over = threading.Event()
    tracker = session.sparkContext.statusTracker()

    def follow() -> None:
        with suppress(Py4JError, OSError):  # the JVM is gone, which the main thread finds out too
            while not over.wait(0.5):
                stages = [info for stage in tracker.getActiveStageIds() if (info := tracker.getStageInfo(stage))]
                parts = [info.numCompletedTasks / info.numTasks for info in stages if info.numTasks]
                if parts:
                    progress(done + round((total - done) * min(parts)), total)

    progress(done, total)
    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _errors(session: SparkSession, asked: DataFrame, extracted: DataFrame, problems: list[Problem]) -> DataFrame:
    """Return path, code and message of all that was asked for and gave no record."""
    failed = extracted.where("error is not null").select("path", "error.*")
    unread = asked.join(extracted.select("uri"), "uri", "left_anti").select("path", "length").toLocalIterator()
    rest = [*problems, *(_unread(row.path, row.length) for row in unread)]
    rows = [(problem.subject, problem.code, problem.message) for problem in rest]
    return failed.unionAll(session.createDataFrame(rows, "path string, code string, message string"))


def _unread(path: str, size: int) -> Problem:
    if size > _MAX_BYTES:
        refused = too_large(path, f"{size:,} bytes")
        return Problem(path, refused.code, refused.message)
    return Problem(
        path, "unreadable", f"{path}: could not be read (no permission, damaged, or gone since it was found)"
    )


def _write(extracted: DataFrame, errors: DataFrame, output: SparkOutput) -> None:
    """Write the tables, records and errors beside the staging table."""
    parts = max(1, -(-extracted.count() // PART))
    extracted = _unique(extracted)
    for name in tables.NAMES:
        _parquet(table(extracted, name).coalesce(parts), output.new(f"{name}.parquet"))
    lines = extracted.where("record is not null").select("record").coalesce(parts)
    lines.write.mode("overwrite").text(output.new(RECORDS))
    with _cached(errors.coalesce(1)) as found:
        _parquet(found, output.new(ERROR_TABLE))
        found.select(F.to_json(F.struct("*"))).write.mode("overwrite").text(output.new(ERRORS))


#: Columns whose ids are those of a catalogue, the same in all letters.
_OF_CATALOGUES = frozenset({"procedure_id", "guideline_ids"})


def _unique(extracted: DataFrame) -> DataFrame:
    """Give the second and every further letter of the same content an id of its own, as the local engine does."""
    again = Window.partitionBy("letter_id").orderBy("uri")
    named = extracted.where("letter_id is not null").select("uri", "letter_id")
    times = named.withColumn("times", F.row_number().over(again)).where("times > 1")
    with _cached(times) as found:
        if found.isEmpty():
            return extracted
    joined = extracted.join(F.broadcast(times), ["uri", "letter_id"], "left").select(*extracted.columns, "times")
    # A column of its own: in the select below, "letter_id" might be taken for the new id.
    joined = joined.withColumn("new_id", F.concat("letter_id", F.lit("-"), F.col("times").cast("string")))
    new = F.col("new_id")
    quoted = [F.concat(F.lit('"id":"'), one, F.lit('"')) for one in (F.col("letter_id"), new)]
    changed = {name: F.transform(name, _renamed(name, new)) for name in tables.NAMES}
    changed |= {"record": F.replace("record", *quoted), "letter_id": new}
    kept = {name: F.when(F.col("times").isNull(), F.col(name)).otherwise(one) for name, one in changed.items()}
    return joined.select(*(kept.get(name, F.col(name)).alias(name) for name in extracted.columns))


def _renamed(name: str, letter: Column) -> Callable[[Column], Column]:
    """Return what gives the rows of a table another letter's id. The ids of other things begin with the letter's."""
    own = [column for column in tables.COLUMNS[name] if column not in _OF_CATALOGUES]
    ids = [column for column in own if column.endswith("_id")]
    lists = [column for column in own if column.endswith("_ids")]

    def renamed(old: Column) -> Column:
        return F.concat(letter, F.substring(old, ID_LENGTH + 1, 1 << 20))

    def rename(row: Column) -> Column:
        for column in ids:
            row = row.withField(column, renamed(row[column]))
        for column in lists:
            row = row.withField(column, F.transform(row[column], renamed))
        return row

    return rename


@contextmanager
def _cached(rows: DataFrame) -> Iterator[DataFrame]:
    """Keep rows while they are needed: no longer, or another run in this Spark would take them for its own."""
    try:
        yield rows.persist()
    finally:
        rows.unpersist()


def _parquet(rows: DataFrame, target: str) -> None:
    rows.write.mode("overwrite").option("compression", "zstd").parquet(target)


def _count(session: SparkSession, output: SparkOutput, summary: Summary) -> None:
    """Complete a summary by what was written."""

    def rows(name: str) -> DataFrame:
        return session.read.parquet(output.new(f"{name}.parquet"))

    summary.letters = rows("letters").count()
    summary.decisions = _counted(rows("services"), F.coalesce("decision", F.lit("none")))
    summary.services = sum(summary.decisions.values())
    summary.warnings = _counted(rows("letters"), F.explode("warnings"))
    summary.errors = _counted(rows("errors"), F.col("code"))
    summary.failed = sum(summary.errors.values())


def _counted(rows: DataFrame, value: Column) -> Counter[str]:
    return Counter({row[0]: row[1] for row in rows.select(value.alias("value")).groupBy("value").count().collect()})
