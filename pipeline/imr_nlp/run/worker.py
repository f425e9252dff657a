"""A worker process: ``python -m imr_nlp.run.worker FD`` serves its parent over a socket until the parent is gone.

What it does is in `imr_nlp.run.serving`. Garbage collection is off while that loads: importing and loading make very
many objects and drop few. It saves 0.2 of 1.5 s of processor time.
"""

from __future__ import annotations

import gc
import resource
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from imr_nlp.config import ConfigError, shipped


def _limit_memory() -> None:
    """Let a letter that needs absurd amounts of memory fail here, before the system ends some process of its choice."""
    limit = shipped("run.yml")["letter_mib"] * 2**20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def main() -> None:
    """Serve the socket whose file descriptor is the only argument."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    _limit_memory()
    connection = Connection(int(sys.argv[1]))
    gc.disable()
    from imr_nlp.run.protocol import WorkerError
    from imr_nlp.run.serving import serve

    with suppress(EOFError, ConnectionError):  # the parent has ended, whatever way
        try:
            serve(connection)
        except (ConfigError, WorkerError) as error:
            connection.send(error)


if __name__ == "__main__":
    main()
