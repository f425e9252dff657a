"""The folder that a run writes.

A run writes everything into ``OUT/.incomplete`` and moves it into place at the end, ``run.json`` last. A folder with a
``run.json`` therefore holds a complete run, even after a power failure. The work folder lies inside OUT, so that the
final moves stay on one file system where OUT is a mount of its own. An unfinished run leaves its cache of results
(``.results.sqlite``, see `imr_nlp.run.cache`). Everything else is made again when the run is resumed.

Only files that a run wrote are replaced or removed (see `imr_nlp.run.manifest`). No link is followed: a name that has
become a link is refused. An output folder never holds an input.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import json
import os
import re
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from imr_nlp.reading.run_files import (
    ERROR_TABLE,
    ERRORS,
    FAILURES,
    MANIFEST,
    RECORDS,
    RUN,
    STORE,
    TEXTS,
    WORK,
    WORK_MARK,
)
from imr_nlp.reading.source import STDIN
from imr_nlp.records import tables
from imr_nlp.run import manifest
from imr_nlp.run.cache import CacheHeldError, ResultCache, run_at
from imr_nlp.run.parquet import Writer
from imr_nlp.run.protocol import Result
from imr_nlp.text.visible import json_line

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


class OutputError(Exception):
    """An output folder or database that can't be used as asked; the message says what to do."""


class WriteError(Exception):
    """Writing failed in the course of a run (a full disk, a lost mount); nothing was put into place."""


class OutputFolder:
    """Context manager around one run's output; what isn't finished when it ends is removed.

    ``run`` tells this run from others: a folder that holds the same run, complete or killed while it was being put
    into place, is written again. ``made_by`` tells of the pipeline whose records may be used again.

    Args:
        folder: OUT.
        overwrite: Replace the files of another run.
        store_text: Keep each letter's text in OUT/texts.
        made_by: Digest of the pipeline, see `imr_nlp.run.cache.fingerprint`.
        run: Digest of the command and its inputs; None where it can't be told.
        inputs: Paths that the run reads; none may lie in OUT.

    Raises:
        OutputError: The folder can't be used. Nothing was changed.
        WriteError: Afterwards, whenever writing fails.
    """

    def __init__(
        self,
        folder: Path,
        *,
        overwrite: bool = False,
        store_text: bool = False,
        made_by: str = "",
        run: str | None = None,
        inputs: Iterable[str] = (),
    ) -> None:
        if _URL.match(str(folder)):
            raise OutputError(
                f"{folder} is a URL; --engine spark writes there, or name a folder of this machine with -o"
            )
        self.folder = folder
        self.work = folder / WORK
        self.store_text = store_text
        self._made_by, self._run = made_by, run or ""
        try:
            self._new = not folder.exists()
            _refuse_inputs(folder, inputs)
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(folder)
        except BlockingIOError as error:
            raise OutputError(f"{folder}: another run is writing there; wait for it or name another folder") from error
        except (NotADirectoryError, FileExistsError) as error:
            kind = "a link that leads nowhere" if folder.is_symlink() else "a file, or lies below one"
            raise OutputError(f"{folder} is {kind}; name a folder with -o") from error
        except OSError as error:
            raise OutputError(f"{folder}: can't write there ({error.strerror})") from error
        try:
            self._claim(run, overwrite=overwrite)
        except BaseException as error:
            with contextlib.suppress(OSError):
                self.work.rmdir()
                if self._new:
                    folder.rmdir()
            os.close(self._lock)
            if isinstance(error, OSError):
                raise OutputError(f"{folder}: can't write there ({error.strerror})") from error
            raise

    def _claim(self, run: str | None, *, overwrite: bool) -> None:
        """Check that every file which the run will write is free or a run's own, before any letter is read."""
        folder = self.folder
        self.same_run = run is not None and run == _run_in(folder)
        self._former = manifest.written_by_a_run(folder, tables.NAMES)
        for name in NAMES:
            _require_ours(folder / name, name in self._former)
        if not (overwrite or self.same_run) and not all(map(_own, folder.iterdir())):
            what, effect = (
                ("", "replace its run") if self._former else (" and holds no run", "write beside what is there")
            )
            raise OutputError(f"{folder} is not empty{what}; name another folder, or add --overwrite to {effect}")
        for name in self._former:
            if name.startswith(f"{TEXTS}/") and (folder / name).is_symlink():
                raise OutputError(f"{folder / name} is a link that no run wrote; move it away, or name another folder")
        texts = folder / TEXTS
        if self.store_text and (texts.is_symlink() or (texts.exists() and not texts.is_dir())):
            raise OutputError(f"{texts} is a link or a file, and the texts go there; move it, or name another folder")
        for path in (folder / STORE, folder / f"{STORE}-wal", folder / f"{STORE}-shm", folder / MANIFEST):
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise OutputError(f"{path} is a link or a folder, not a file of a run; move it, or name another folder")
        _require_ours(folder / MANIFEST, _is_our_manifest(folder / MANIFEST))
        if self.work.is_symlink() or (self.work.exists() and not self.work.is_dir()):
            raise OutputError(f"{self.work} is a link or a file, and the run works there; remove it")
        self.work.mkdir(exist_ok=True)
        self._clear_work()  # what a run that was killed has left
        (self.work / WORK_MARK).touch()

    def _clear_work(self) -> None:
        """Empty the work folder of what runs put there, but for the file that marks it as a run's.

        Raises:
            OutputError: It holds anything else, or has no such file. Nothing was changed.
        """
        found = {left.name: left for left in self.work.iterdir()}
        mark = found.pop(WORK_MARK, None)
        marked = mark is not None and mark.is_file() and not mark.is_symlink()
        texts = found.pop(TEXTS, None)
        if texts is not None and (not marked or texts.is_symlink() or not texts.is_dir()):
            raise OutputError(f"{texts} was not left by a run; move it away")
        if texts is not None:
            found |= {f"{TEXTS}/{left.name}": left for left in texts.iterdir()}
        for name, path in found.items():
            ours = marked and (name == f"{MANIFEST}.new" or manifest.is_a_name_of_ours(name, tables.NAMES))
            if not ours or path.is_symlink() or path.is_dir():
                raise OutputError(f"{path} was not left by a run; move it away")
        for path in found.values():
            path.unlink()
        if texts is not None:
            texts.rmdir()

    def __enter__(self) -> OutputFolder:
        with ExitStack() as undo:
            undo.callback(os.close, self._lock)
            undo.callback(self._leave_folder)
            undo.callback(self._leave_work)
            try:
                self.cache = ResultCache(self.folder.absolute() / STORE, self._made_by)
                undo.callback(self.cache.close)
                self.cache.begin(self._run)
                self.failures = self.cache.failures(self._run)
                if self.store_text:
                    (self.work / TEXTS).mkdir()
                self.records: IO[bytes] = (self.work / RECORDS).open("wb")
                self.errors: IO[str] = (self.work / ERRORS).open("w", encoding="utf-8", newline="\n")
                self._failures: IO[str] | None = None
                self._texts: set[str] = set()
                self.tables = Writer(self.work)
            except CacheHeldError as error:
                raise OutputError(str(error)) from error
            except OSError as error:
                raise write_error(self.folder, error) from error
            undo.pop_all()
        return self

    def add(self, result: Result) -> None:
        """Write what some letters became, and keep it for when the run is resumed."""
        try:
            self.cache.forget(result.damaged)
            self.cache.add(result.fresh)
            self.cache.add_failures(self._run, result.failures)
            self.records.write(result.lines)
            for problem in result.errors:
                line = {"path": problem.subject, "code": problem.code, "message": problem.message}
                self.errors.write(json_line(json.dumps(line, ensure_ascii=False)) + "\n")
            for report in result.reports:
                if self._failures is None:
                    self._failures = (self.work / FAILURES).open("w", encoding="utf-8", errors="backslashreplace")
                self._failures.write(report)
            for name, text in result.texts:
                (self.work / TEXTS / f"{name}.txt").write_bytes(text.encode())
                self._texts.add(f"{TEXTS}/{name}.txt")
            self.tables.add(result.rows)
        except OSError as error:
            raise write_error(self.folder, error) from error

    def flush(self) -> None:
        """Write the table rows that are waiting as a row group."""
        try:
            self.tables.flush()
        except OSError as error:
            raise write_error(self.folder, error) from error

    def finish(self, run: dict[str, Any]) -> None:
        """Complete the files, bring them safely to disk, and put them into place."""
        try:
            self._close_files()
            text = json.dumps(run, indent=2, ensure_ascii=False)
            (self.work / RUN).write_text(json_line(text) + "\n", encoding="utf-8", errors="backslashreplace")
            names = [RECORDS, ERRORS, *(f"{name}.parquet" for name in tables.NAMES)]
            names += [FAILURES] if self._failures else []
            written = {*names, RUN, *self._texts}
            for name in written:
                _sync(self.work / name)  # a full disk may say so only now
            self._require_free(written)
            # Whenever this run is killed now, the next one knows which files are a run's.
            manifest.write(self.folder, self.work, written | self._former)
            (self.folder / RUN).unlink(missing_ok=True)  # from here on, a former run isn't complete any more
            self._remove_former(written)
            self._place_texts()
            for name in names:
                (self.work / name).replace(self.folder / name)
            manifest.write(self.folder, self.work, written)
            if self._texts:
                _sync(self.folder / TEXTS)
            _sync(self.folder)  # a power cut must not undo these moves and leave the next one done
            (self.work / RUN).replace(self.folder / RUN)
            self.cache.complete()
        except OSError as error:
            raise write_error(self.folder, error) from error

    def _require_free(self, names: set[str]) -> None:
        """Check once more, before names are claimed, that none has been taken by somebody else in the meantime."""
        for name in sorted(names - self._former):
            if os.path.lexists(self.folder / name):
                raise OSError(errno.EEXIST, f"{name} is there, and no run wrote it; move it away and run again")

    def _close_files(self) -> None:
        self.records.close()
        self.errors.close()
        if self._failures:
            self._failures.close()
        self.tables.close()

    def _remove_former(self, written: set[str]) -> None:
        """Remove files of the former run that are not replaced by one move, and Spark's folders of parts."""
        texts = self.folder / TEXTS
        in_place = texts.is_dir() and not texts.is_symlink()
        for name in self._former:
            path = self.folder / name
            if name.startswith(f"{TEXTS}/"):
                if in_place:
                    manifest.remove(path)
            elif name not in written or path.is_dir():
                manifest.remove(path)
        if in_place:
            with contextlib.suppress(OSError):  # not empty: it holds files of the user's
                texts.rmdir()

    def _place_texts(self) -> None:
        if not self.store_text:
            return
        texts = self.folder / TEXTS
        if not texts.exists():
            (self.work / TEXTS).rename(texts)
            return
        for name in self._texts:
            (self.work / name).replace(self.folder / name)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            for stream in (self.records, self.errors, self._failures):
                with contextlib.suppress(OSError):
                    if stream is not None:
                        stream.close()
            self.tables.abandon()
        self._leave_work()  # before the cache, which may need the room
        self.cache.close()
        if kind is not None:
            self._leave_folder()
        os.close(self._lock)  # last: whoever gets the lock finds the folder at rest

    def _leave_folder(self) -> None:
        """Remove the folder if this run made it and nothing is in it."""
        if self._new:
            with contextlib.suppress(OSError):
                self.folder.rmdir()

    def _leave_work(self) -> None:
        with contextlib.suppress(OSError, OutputError):
            self._clear_work()
            (self.work / WORK_MARK).unlink(missing_ok=True)
            self.work.rmdir()


#: Every name in an output folder that a run may write, but for its texts.
NAMES = (RECORDS, ERRORS, RUN, FAILURES, ERROR_TABLE, *(f"{name}.parquet" for name in tables.NAMES))


def _locked(folder: Path) -> int:
    """Return a descriptor of ``folder`` with a lock that ends with this process, however that ends.

    The folder may be removed and made again between opening and locking it. The lock then holds for a folder that
    nobody sees, so the descriptor is compared with what the path names.

    Raises:
        BlockingIOError: Another process holds the lock.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            there = folder.stat()
            if os.path.samestat(os.fstat(descriptor), there):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _refuse_inputs(folder: Path, inputs: Iterable[str]) -> None:
    """Refuse an output folder that an input lies in: a run replaces and removes files there."""
    below = os.path.realpath(folder).rstrip("/") + "/"
    real_folder = functools.lru_cache(maxsize=1024)(os.path.realpath)
    for path in inputs:
        if path == STDIN:
            continue
        above, name = os.path.split(path)
        # Many inputs share a folder, so that only links cost a walk along the whole path.
        real = os.path.realpath(path) if Path(path).is_symlink() else f"{real_folder(above or '.').rstrip('/')}/{name}"
        if real.startswith(below):
            raise OutputError(
                f"the input {path} lies in the output folder {folder}, where a run replaces files; "
                "name another folder with -o"
            )


def _require_ours(path: Path, ours: bool) -> None:
    """Refuse a name that a run must write and that holds something else."""
    if not os.path.lexists(path):
        return
    # Runs write no links: one under a listed name is somebody else's.
    if ours and not path.is_symlink() and (not path.is_dir() or manifest.is_folder_of_parts(path)):
        return
    kind = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "a file"
    raise OutputError(f"{path} is {kind} that no run wrote; move it away, or name another folder with -o")


def _is_our_manifest(path: Path) -> bool:
    return path.is_file() and manifest.is_ours(path.read_bytes())


def _sync(path: Path) -> None:
    """Bring what a file holds, or the names in a folder, safely to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_reserved(name: str) -> bool:
    """Tell whether a run writes a file or folder of this name directly into its output folder.

    >>> is_reserved("letters.jsonl"), is_reserved(".manifest.json"), is_reserved("imr.duckdb")
    (True, True, False)
    """
    return name in (*NAMES, TEXTS) or _own(Path(name))


def _own(path: Path) -> bool:
    return path.name in (WORK, MANIFEST) or path.name.startswith(STORE)


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
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return WriteError(f"{folder} could not be written: too many open files; raise the limit (ulimit -n)")
    return WriteError(f"{folder} could not be written ({error.strerror or type(error).__name__})")
