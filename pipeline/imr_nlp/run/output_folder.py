"""The folder that a run writes.

Everything is written into ``OUT/.incomplete`` and moved into place at the end, ``run.json`` last: a folder with a
``run.json`` holds a complete run, whatever the disk did. The work stands inside OUT, not beside it, so that the final
moves stay on one file system even where OUT is a mount of its own. What an unfinished run leaves is its store
(``.results.sqlite``, see `imr_nlp.run.cache`); everything else is put together anew when it goes on.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from imr_nlp.reading.problems import Problem
from imr_nlp.records import tables
from imr_nlp.run.cache import Store, run_at
from imr_nlp.run.parquet import Writer
from imr_nlp.run.pool import GIVEN_UP
from imr_nlp.run.protocol import Result

WORK = ".incomplete"
STORE = ".results.sqlite"  # see imr_nlp.run.cache
TEXTS = "texts"
RECORDS, ERRORS, RUN = "letters.jsonl", "errors.jsonl", "run.json"
ERROR_TABLE = "errors.parquet"  # from Spark only


class OutputError(Exception):
    """An output folder or database that can't be used as asked; the message says what to do."""


class WriteError(Exception):
    """Writing failed in the course of a run (a full disk, a lost mount); nothing was put into place."""


class OutputFolder:
    """Context manager around one run's output; what isn't finished when it ends is removed.

    ``run`` tells this run from others: a folder that holds the same run, complete or killed while it was being put
    into place, is written again. ``made_by`` tells of the pipeline whose records may be used again.

    Raises OutputError where the folder can't be used: it is a file, it holds anything else and ``overwrite`` isn't
    given, or it can't be made. Afterwards only WriteError.
    """

    def __init__(
        self,
        folder: Path,
        *,
        overwrite: bool = False,
        store_text: bool = False,
        made_by: str = "",
        run: str | None = None,
    ) -> None:
        self.folder = folder
        self.work = folder / WORK
        self.store_text = store_text
        self._made_by, self._run = made_by, run or ""
        try:
            self._new = not folder.exists()
            self.same_run = run is not None and run == _run_in(folder)
            if not (overwrite or self._new or self.same_run) and not all(map(_own, folder.iterdir())):
                raise OutputError(f"{folder} is not empty; name another folder, or add --overwrite to replace its run")
            self.work.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(self.work, os.O_RDONLY)  # goes with this process, however it ends
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in self.work.iterdir():  # by a run that was killed
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        except BlockingIOError as error:
            os.close(self._lock)
            raise OutputError(f"{folder}: another run is writing there; wait for it or name another folder") from error
        except NotADirectoryError as error:
            raise OutputError(f"{folder} is a file, or lies below one; name a folder with -o") from error
        except OSError as error:
            raise OutputError(f"{folder}: can't write there ({error.strerror})") from error

    def __enter__(self) -> OutputFolder:
        with ExitStack() as undo:
            undo.callback(os.close, self._lock)
            undo.callback(shutil.rmtree, self.work, ignore_errors=True)
            try:
                self.store = Store(self.folder / STORE, self._made_by)
                undo.callback(self.store.close)
                self.store.begin(self._run)
                self.given_up = self.store.given_up(self._run)
                if self.store_text:
                    (self.work / TEXTS).mkdir()
                self.records: IO[bytes] = (self.work / RECORDS).open("wb")
                self.errors: IO[str] = (self.work / ERRORS).open("w", encoding="utf-8", newline="\n")
                self.tables = Writer(self.work)
            except OSError as error:
                raise write_error(self.folder, error) from error
            undo.pop_all()
        return self

    def add(self, result: Result) -> None:
        """Write what some letters became, and keep it for when the run goes on."""
        try:
            self.store.add(result.fresh)
            self._give_up(problem for problem in result.errors if problem.code in GIVEN_UP)
            self.records.write(result.lines)
            for problem in result.errors:
                line = {"path": problem.subject, "code": problem.code, "message": problem.message}
                self.errors.write(json.dumps(line, ensure_ascii=False) + "\n")
            for name, text in result.texts:
                (self.work / TEXTS / f"{name}.txt").write_bytes(text.encode())
            self.tables.add(result.rows)
        except OSError as error:
            raise write_error(self.folder, error) from error

    def _give_up(self, problems: Iterable[Problem]) -> None:
        fresh = [problem for problem in problems if problem.subject not in self.given_up]
        if fresh:
            self.store.give_up(self._run, fresh)

    def flush(self) -> None:
        """Write the table rows that are waiting as a row group."""
        try:
            self.tables.flush()
        except OSError as error:
            raise write_error(self.folder, error) from error

    def finish(self, run: dict[str, Any]) -> None:
        """Complete the files, bring them safely to disk, and put them into place."""
        try:
            self.records.close()
            self.errors.close()
            self.tables.close()
            (self.work / RUN).write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            names = [RECORDS, ERRORS, *(f"{name}.parquet" for name in tables.NAMES), RUN]
            for name in names:
                with (self.work / name).open("rb") as stream:
                    os.fsync(stream.fileno())  # a full disk may say so only now
            (self.folder / RUN).unlink(missing_ok=True)  # from here on, a former run isn't complete any more
            shutil.rmtree(self.folder / TEXTS, ignore_errors=True)
            if self.store_text:
                (self.work / TEXTS).rename(self.folder / TEXTS)
            for name in (*names, ERROR_TABLE):
                if (self.folder / name).is_dir():  # by Spark, which writes folders of parts
                    shutil.rmtree(self.folder / name)
            for name in names[:-1]:
                (self.work / name).replace(self.folder / name)
            _sync(self.folder)  # a power cut must not undo these moves and leave the next one done
            (self.work / RUN).replace(self.folder / RUN)
            self.store.complete()
        except OSError as error:
            raise write_error(self.folder, error) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            for stream in (self.records, self.errors):
                with contextlib.suppress(OSError):
                    stream.close()
            self.tables.abandon()
        shutil.rmtree(self.work, ignore_errors=True)  # before the store, which may need the room
        self.store.close()
        os.close(self._lock)
        if kind is not None and self._new:
            with contextlib.suppress(OSError):
                self.folder.rmdir()


def _sync(folder: Path) -> None:
    """Bring a folder's entries safely to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _own(path: Path) -> bool:
    return path.name == WORK or path.name.startswith(STORE)


def _run_in(folder: Path) -> str | None:
    """Return which run a folder holds, or was about to hold when that run was killed."""
    try:
        run = json.loads((folder / RUN).read_bytes())
    except FileNotFoundError:
        return run_at(folder / STORE)
    except (OSError, ValueError):
        return None
    return run.get("run") if isinstance(run, dict) else None


def write_error(folder: Path, error: OSError) -> WriteError:
    """Return the WriteError that tells of an error in writing below ``folder``."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return WriteError(
            f"the disk is full: {folder} is not complete; free some space and run again, which goes on from there"
        )
    return WriteError(f"{folder} could not be written ({error.strerror or type(error).__name__})")
