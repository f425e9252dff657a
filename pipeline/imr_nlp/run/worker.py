"""A worker process: ``python -m imr_nlp.run.worker FD`` serves its parent over a socket until the parent is gone.

It is told its settings, loads the pipeline, says "ready" (None), and then answers lists of letters with a `Reply`.
What it can't do at all (a rules file that is wrong) it answers with the exception. `imr_nlp.run.pool` is the other end.
"""

from __future__ import annotations

import faulthandler
import gc
import resource
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from imr_nlp.config import ConfigError, shipped
from imr_nlp.run.batch import pipeline, process
from imr_nlp.run.protocol import Order, Reply


def serve(connection: Connection) -> None:
    """Answer letters until the other end closes."""
    order: Order = connection.recv()
    if order.settings.debug:
        faulthandler.enable()  # says where native code crashed; shows no letter
    if order.at_once:
        pipeline(order.settings.rules)
    _settle()
    connection.send(None)
    limit = shipped("reading.yml")["worker_mib"]
    while True:
        items = connection.recv()
        try:
            result = process(items, order.settings)
        except ConfigError:
            raise
        except Exception:  # no letter's fault, as far as that can be told; what Python says of it may quote one
            if order.settings.debug:
                raise
            raise SystemExit(1) from None
        leaving = _resident_mib() > limit
        connection.send(Reply(result, leaving))
        if leaving:
            return


def _settle() -> None:
    """Keep the loaded pipeline out of garbage collection, which would walk its million objects again and again."""
    gc.collect()
    gc.freeze()


def _resident_mib() -> float:
    """Return this process's resident memory; 0 where the system has no /proc to tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 2**20


def _limit_memory() -> None:
    """Let a letter that needs absurd amounts of memory fail here, before the system ends some process of its choice."""
    limit = shipped("reading.yml")["letter_mib"] * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def main() -> None:
    """Serve the socket whose file descriptor is the only argument."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    _limit_memory()
    connection = Connection(int(sys.argv[1]))
    with suppress(EOFError, ConnectionError):  # the parent has ended, whatever way
        try:
            serve(connection)
        except ConfigError as error:
            connection.send(error)


if __name__ == "__main__":
    main()
