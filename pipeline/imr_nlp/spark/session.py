"""Spark, started quietly for one run, and what went wrong with it said in one line."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway

#: Letters that go to a Python worker at a time, and their bytes: what stands in memory beside the pipeline.
BATCH, BATCH_BYTES = 64, 64 * 2**20

_SETTINGS = {
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH),
    "spark.sql.execution.arrow.maxBytesPerBatch": str(BATCH_BYTES),
    # A letter takes milliseconds whatever its size: files are spread by number rather than by bytes, about a hundred
    # to a task (128 MiB of files, each counted as at least one), and a task that fails loses no more than that.
    "spark.sql.files.openCostInBytes": str(2**20),
}
_LOCAL = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}
_NO_RETRIES = re.compile(r"local(?:\[(\*|\d+)\])?$")
_MENDS = (
    (
        r"Could not parse Master URL|Master must either be",
        "no such kind of master: {master}; say local[N], spark://HOST:PORT or yarn",
    ),
    (r"All masters are unresponsive|Master removed our application", "no Spark cluster answers at {master}"),
    (r"UnsupportedClassVersion|more recent version of the Java", "Spark needs Java 17; the Java found is older"),
    (r"JAVA_GATEWAY_EXITED|JAVA_HOME is not set", "Java could not be started; Spark needs Java 17 (see JAVA_HOME)"),
    (r"No module named 'imr_nlp'", "imr-nlp is not installed on the executors; see docs/spark.md"),
    (r"install the same on both", "imr-nlp has another version on the executors than on the driver; install the same"),
    (r"worker processes die when they start", "the reading processes die when they start; do executors lack memory?"),
    (
        r"No FileSystem for scheme|ClassNotFoundException: Class org.apache.hadoop.fs",
        "Spark lacks the connector for such paths; add it with spark.jars.packages (s3a: org.apache.hadoop:hadoop-aws)",
    ),
    (r"OutOfMemoryError", "Spark ran out of memory; raise spark.driver.memory or spark.executor.memory"),
    (r"No space left on device", "a disk is full; free some space and give the same command again"),
)


class SparkError(RuntimeError):
    """Spark can't be started, or gave up. ``usage`` is true where the command line is to blame."""

    def __init__(self, message: str, *, usage: bool = False) -> None:
        super().__init__(message)
        self.usage = usage


@contextmanager
def started(master: str | None, *, debug: bool = False) -> Iterator[SparkSession]:
    """Give a session of a Spark that runs already in this process, or else of one that is started and ended here.

    ``master`` is Spark's; None takes what Spark's own configuration says, or all cores of this machine. Spark's log
    is shown with ``debug`` only. Raises SparkError, also for what Spark raises in the block.
    """
    running = SparkSession.getActiveSession()
    with tempfile.TemporaryFile() as log:
        try:
            session = running.newSession() if running else _start(master, None if debug else log)
            _configure(session)
            stop = _nothing if running else session.stop
            try:
                yield session
            except KeyboardInterrupt:
                stop = _nothing if running else _abandon
                raise
            finally:
                stop()
        except (ConnectionError, Py4JNetworkError) as error:
            raise SparkError(
                "Spark's JVM is gone; had it enough memory? The same command goes on from there"
            ) from error
        except (Py4JError, PySparkException) as error:
            raise _explained(error, master, _tail(log)) from error


def _configure(session: SparkSession) -> None:
    for key, value in _SETTINGS.items():
        session.conf.set(key, value)
    # Few letters, too, go to all cores, in tasks that are short beside the whole.
    session.conf.set("spark.sql.files.minPartitionNum", str(4 * session.sparkContext.defaultParallelism))


def _start(master: str | None, log: IO[bytes] | None) -> SparkSession:
    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise SparkError("Spark needs Java 17, and there is no Java here; install one, or set JAVA_HOME")
    conf = SparkConf(loadDefaults=False).setAppName("imr-nlp").set("spark.ui.showConsoleProgress", "false")
    if log is not None:
        conf.set("spark.log.level", "ERROR")
    if master is not None:
        conf.setMaster(_with_retries(master))
    if master is None or master.startswith("local"):
        # On one machine the JVM does little but move bytes: it is ready in half the time if it doesn't optimise itself.
        os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1")
    gateway = SparkContext._gateway or launch_gateway(conf, {"stderr": log} if log is not None else None)
    if master is None:
        conf.setMaster(_with_retries(_configured_master(gateway)))
    if conf.get("spark.master", "").startswith("local"):
        conf.setAll(list(_LOCAL.items()))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    handler = signal.getsignal(signal.SIGINT)
    context = SparkContext(conf=conf, gateway=gateway)
    # PySpark's SIGINT handler calls the JVM inside another call; ours is restored.
    signal.signal(signal.SIGINT, handler)
    if log is not None:
        # It would print a traceback where the JVM goes away, which is said in one line.
        context._accumulatorServer.handle_error = lambda *request: None  # type: ignore[method-assign]
    return SparkSession.builder.getOrCreate()


def _nothing() -> None:
    """Leave a Spark alone that was there before."""


def _abandon() -> None:
    """End the JVM, which is in the middle of something and wouldn't listen."""
    process = SparkContext._gateway and SparkContext._gateway.proc
    if process:
        process.terminate()
        process.wait()


def _configured_master(gateway: JavaGateway) -> str:
    """Return the master by spark-submit, spark-defaults.conf, or Spark's default, which is ``local[*]``."""
    return str(gateway.jvm.SparkConf().get("spark.master", "local[*]"))


def _with_retries(master: str) -> str:
    """Let a task be tried four times on one machine as it is on many.

    >>> _with_retries("local[2]"), _with_retries("local"), _with_retries("yarn")
    ('local[2,4]', 'local[1,4]', 'yarn')
    """
    local = _NO_RETRIES.match(master)
    return f"local[{local[1] or 1},4]" if local else master


def _tail(log: IO[bytes]) -> str:
    log.seek(max(0, log.seek(0, os.SEEK_END) - 20_000))
    return log.read().decode("utf-8", "replace")


def _explained(error: Exception, master: str | None, log: str) -> SparkError:
    """Return what went wrong and the fix, in one line."""
    said = str(error)
    for pattern, mend in _MENDS:
        if re.search(pattern, said) or ("JAVA_GATEWAY" in said and re.search(pattern, log)):
            return SparkError(mend.format(master=master), usage="no such kind of master" in mend)
    reason = str(error.java_exception.getMessage()) if isinstance(error, Py4JJavaError) else said
    first = next((line.strip() for line in reason.splitlines() if line.strip()), type(error).__name__)
    return SparkError(f"Spark failed ({first[:300]}); --debug shows its log")
