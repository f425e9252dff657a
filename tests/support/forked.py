"""The command line, and workers, as forks of a process that has imported the package and loaded the pipeline.

Such a command is a process of its own, with its own streams, environment, folder and end, as a worker is. Only the
start of Python is missing, which takes two to four seconds of processor time a run. `support.letters.imr_nlp` starts
Python: for tests of the start, of what is imported, of signals, and for some whole runs. Other systems than Linux
start Python always.

This file is also the program of the process that is forked. It has one thread and no open files of tests: SQLite and
locks do not survive a fork. Each request comes with a socket of its own, over which a keeper tells the process's number
and its end.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

CAN_FORK = sys.platform == "linux"
#: Bytes of a request at most: the environment is most of it.
REQUEST = 2**18


def imr_nlp_forked(
    *arguments: str | Path, cwd: Path | None = None, columns: int = 100, input: str = "", timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a fork, its workers in forks too.

    Raises:
        subprocess.TimeoutExpired: It took longer.
    """
    if not CAN_FORK:
        from support.letters import imr_nlp

        return imr_nlp(*arguments, cwd=cwd, input=input, timeout=timeout)
    words = ["imr-nlp", *map(str, arguments)]
    asked = {"words": words, "cwd": os.fspath(cwd or Path.cwd()), "env": {**os.environ, "COLUMNS": str(columns)}}
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        stdin.write(input.encode())
        stdin.seek(0)
        server = _server()
        process = Forked(server, asked, [stdin.fileno(), stdout.fileno(), stderr.fileno(), server.fileno()])
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        said = []
        for stream in (stdout, stderr):
            stream.seek(0)
            said.append(stream.read().decode("utf-8"))
    return subprocess.CompletedProcess(words, code, *said)


@contextmanager
def forked_workers() -> Iterator[None]:
    """Let the workers of runs in this process be forks."""
    if CAN_FORK:
        from imr_nlp.run import pool

        with _workers_from(pool, _server()):
            yield
    else:
        yield


class Forked:
    """A process that was forked elsewhere, as `subprocess.Popen` shows a child."""

    def __init__(self, server: socket.socket, asked: dict[str, Any], files: list[int]) -> None:
        self._keeper, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(server, [json.dumps(asked).encode()], [theirs.fileno(), *files])
        self._answers = self._keeper.makefile("r", encoding="ascii")
        self.pid = int(self._answers.readline())
        self._code: int | None = None

    def kill(self) -> None:
        """Kill the process. Its number is its own until the keeper has told its end."""
        if self._code is None and not self._ended(0):
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        if self._code is None:
            if not self._ended(timeout):
                raise subprocess.TimeoutExpired("a fork", timeout or 0)
            self._code = int(self._answers.readline())
            self._answers.close()
            self._keeper.close()
        return self._code

    def _ended(self, timeout: float | None) -> bool:
        return bool(select.select([self._keeper], [], [], timeout)[0])


@functools.cache
def _server() -> socket.socket:
    """Start the process that is forked, once a process of the tests; it ends with the last that holds the socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen([sys.executable, "-P", __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    atexit.register(process.wait, 60)
    atexit.register(ours.close)  # comes first
    return ours


@contextmanager
def _workers_from(pool: Any, server: socket.socket) -> Iterator[None]:
    real = pool._Child

    class Child(real):  # type: ignore[misc]
        def __init__(self) -> None:
            ours, theirs = socket.socketpair()
            with theirs, open(os.devnull, "r+b") as nothing:  # noqa: PTH123
                asked = {"words": None, "cwd": os.fspath(Path.cwd()), "env": pool._environment()}
                self._process = Forked(server, asked, [nothing.fileno(), nothing.fileno(), 2, theirs.fileno()])
            self._connect(ours)

    pool._Child = Child
    try:
        yield
    finally:
        pool._Child = real


# --- What follows runs in the process that is forked, and in its forks ------------------------------------------------


def _serve(requests: socket.socket) -> NoReturn:
    """Fork a keeper for each request."""
    _prepare()
    signal.signal(signal.SIGCHLD, _reap)
    while True:
        data, files, *_ = socket.recv_fds(requests, REQUEST, 8)
        if not data:
            os._exit(0)  # some libraries complain at an end
        if os.fork() == 0:
            requests.close()
            _keep(json.loads(data), files)
        for file in files:
            os.close(file)


def _reap(*signal: object) -> None:
    """Wait for keepers that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _prepare() -> None:
    """Import what commands and workers import when they begin, load the pipeline, and read a letter."""
    import imr_nlp.cli
    import imr_nlp.run.runner
    import imr_nlp.run.serving
    from imr_nlp.reading.source import Blob
    from imr_nlp.run import batch
    from imr_nlp.run.protocol import Settings

    for name in ("duckdb", "pyarrow.parquet", "rich.console", "rich.live", "rich.progress", "rich.table"):
        importlib.import_module(name)
    letter = b"MRI of the knee: Upheld\nDecision rationale: The notes name no red flag of the knee."
    batch.process([Blob("a.txt", letter, "text/plain")], Settings())
    assert imr_nlp


def _keep(asked: dict[str, Any], files: list[int]) -> NoReturn:
    """Fork the process that is asked for, and tell its number and its end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    keeper, *streams, last = files
    pid = os.fork()
    if pid == 0:
        os.close(keeper)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _be(lambda: _begin(asked, last))
    for file in (*streams, last):
        os.close(file)
    with suppress(OSError):  # nobody may wait for it any more
        os.write(keeper, b"%d\n" % pid)
        os.write(keeper, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os._exit(0)


def _begin(asked: dict[str, Any], last: int) -> None:
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    from imr_nlp.run import pool, worker

    if asked["words"] is None:
        sys.argv = ["worker", str(last)]
        worker.main()
        return
    sys.argv = asked["words"]
    from imr_nlp.cli import main

    with socket.socket(fileno=last) as server, _workers_from(pool, server):
        main()


def _be(program: Callable[[], None]) -> NoReturn:
    """Run a program to its end, as Python does."""
    code = 0
    try:
        program()
    except SystemExit as end:
        code = int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
