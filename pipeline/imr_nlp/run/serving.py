"""What a worker process does: it loads the pipeline, and answers batches of letters until the other end closes.

It is told its settings, loads the pipeline, answers "ready" (None), and then answers each batch of letters with a
`BatchResult`. Before each letter it says that it is alive. If the pipeline can't be loaded, it answers with the
exception. `imr_nlp.run.worker` starts it; `imr_nlp.run.pool` is the other end.
"""

from __future__ import annotations

import faulthandler
import gc
import sys
import traceback
from importlib.abc import MetaPathFinder
from multiprocessing.connection import Connection
from pathlib import Path
from resource import getpagesize

import pyarrow as pa

from imr_nlp.cache import save_all
from imr_nlp.config import ConfigError, shipped
from imr_nlp.run.batch import key_of, pipeline, process
from imr_nlp.run.protocol import Alive, BatchResult, KeyOf, WorkerError, WorkerSetup


def serve(connection: Connection) -> None:
    """Answer batches of letters until the other end closes.

    Args:
        connection: The socket to the process of the run.

    Raises:
        ConfigError: The user's rules can't be used.
        WorkerError: The pipeline can't be loaded. Every worker would fail so.
        EOFError: The other end has closed.
        SystemExit: A batch failed for a reason that is not known.
    """
    setup: WorkerSetup = connection.recv()
    settings = setup.settings
    if settings.debug:
        faulthandler.enable()  # says where native code crashed; shows no letter
    _without_pandas()
    if setup.load_first:
        pipeline(settings.rules)
    gc.enable()
    connection.send(None)
    limit = shipped("run.yml")["worker_mib"]
    alive = Alive()
    while True:
        asked = connection.recv()
        if isinstance(asked, KeyOf):
            connection.send(key_of(asked.path, settings.timeout))
            continue
        try:
            result = process(asked, settings, lambda: connection.send(alive))
        except (ConfigError, WorkerError):
            raise
        except Exception as error:  # no letter's fault, as far as that can be told
            if settings.debug:  # the frames only: what Python says of it may quote a letter
                shown = traceback.extract_tb(error.__traceback__)
                frames = "".join(f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in shown)
                sys.stderr.write(f"worker: {type(error).__name__}\n{frames}")
            raise SystemExit(1) from None
        leaving = _resident_mib() > limit
        save_all()  # before the answer: the parent kills a worker that has nothing left to do
        connection.send(BatchResult(result, leaving))
        if leaving:
            return


class _NoPandas(MetaPathFinder):
    """Finds no pandas; every other module is left to the next finder."""

    @classmethod
    def find_spec(cls, fullname: str, path: object = None, target: object = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(f"no {fullname} here", name=fullname)


def _without_pandas() -> None:
    """Let Arrow find no pandas: it looks once, at its first array, and no pandas object comes here.

    The import takes 0.3 to 0.5 s of processor time and 44 MiB, in each worker.
    """
    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([], pa.int8())
    finally:
        sys.meta_path.remove(_NoPandas)


def _resident_mib() -> float:
    """Return this process's resident memory; 0 where the system has no /proc to tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * getpagesize() / 2**20
