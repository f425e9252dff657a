"""Results of a run, kept so that no letter is read twice.

The cache is one SQLite file beside the run's output. A record is found by what it was made of: the letter's bytes, the
kind of file that its name promises, and the pipeline (see `imr_nlp.run.fingerprint`). A cache that another pipeline
made is emptied. SQLite's write-ahead log keeps what was committed through a kill at any moment. A power failure may
cost the last moments, which are then done again. One process writes, any number read.

Nothing in a cache is trusted unseen. Each entry has a checksum over its key and content. A damaged entry is dropped,
and its letter is read again. A damaged database, or one that is not a cache, is renamed and a new one begun.

Failures (a letter that crashed its process or took too long) are cached until the run completes. A resumed run skips
them as long as the letter has the same content. The next run tries them again.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

from imr_nlp.reading.problems import Problem
from imr_nlp.run.entries import DamagedEntryError, Entry, checked, checksum, entry, key_of

__all__ = ["CacheReader", "DamagedEntryError", "Entry", "Failure", "ResultCache", "entry", "key_of"]

T = TypeVar("T")

_APPLICATION, _FORMAT = 0x494D524E, 2  # "IMRN": in the header of the file
_TABLES = """
CREATE TABLE IF NOT EXISTS pipeline (fingerprint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS run (run TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, record BLOB NOT NULL, checksum BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS failures (
    run TEXT NOT NULL, path TEXT NOT NULL, key BLOB, code TEXT NOT NULL, message TEXT NOT NULL, checksum BLOB NOT NULL);
"""
#: Seconds to wait for another process that holds the file: when it is opened, and in the course of a run.
_OPENING, _WRITING = 1.0, 60.0

#: What the names of a database, its write-ahead log and the index of that log end in.
_ENDS = ("", "-wal", "-shm")

#: Files that may be set aside beside one cache.
_ASIDE = 999

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH})
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class CacheHeldError(OSError):
    """Another process holds the file of a cache."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A letter that was given up: its key (None where its content could not be read), and why."""

    key: bytes | None
    problem: Problem


class CacheReader:
    """Looks records up, in a cache that another process may be writing.

    A cache that isn't there, or was removed in the course of a run, has no records.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def get(self, key: bytes) -> bytes | None:
        """Return the records (a line of JSON for each letter of a file) kept under ``key``.

        Its path is that of the letter which it was made of.

        Raises:
            DamagedEntryError: The entry, or the database around it, is damaged.
        """
        try:
            if self._connection is None:
                self._connection = _read_only(self._path)
            rows = self._connection.execute(
                "SELECT size, record, checksum FROM results WHERE key = ?", (key,)
            ).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            if _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise DamagedEntryError(type(error).__name__) from error
            return None
        return checked(key, *rows[0]) if rows else None

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()


def run_at(path: Path) -> str | None:
    """Return which run wrote last beside the cache at ``path``; None where that can't be told.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "results.sqlite")
    >>> cache = ResultCache(path, "a pipeline")
    >>> cache.begin("the first run")
    >>> run_at(path)
    'the first run'
    >>> cache.close()
    """
    try:
        with closing(_read_only(path)) as connection:
            rows = connection.execute("SELECT run FROM run").fetchall()
    except sqlite3.Error:
        return None
    return str(rows[0][0]) if rows else None


def _read_only(path: Path) -> sqlite3.Connection:
    if path.is_symlink():
        raise sqlite3.OperationalError
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_WRITING)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


class ResultCache:
    """The cache of one output folder, for the one process that writes it.

    ``notes`` says what was found damaged, in sentences for the user.

    Args:
        path: The file; an absolute path, whose name SQLite can't take for a URI.
        fingerprint: Of the pipeline, see `imr_nlp.run.fingerprint`.

    Raises:
        CacheHeldError: Another process holds the file.
        OSError: It can't be written.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        self.notes: list[str] = []
        self._fingerprint = fingerprint
        self._run: str | None = None
        self._checked = False
        try:
            self._connection = self._open(_OPENING)
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def _open(self, patience: float) -> sqlite3.Connection:
        """Open the file. What isn't a sound cache is renamed; another pipeline's cache is removed."""
        self._unshare()
        for _ in range(3):
            connection = sqlite3.connect(self.path, timeout=patience)
            try:
                connection.execute("PRAGMA trusted_schema = OFF")
                if not _is_new(connection) and not _is_ours(connection):
                    raise _NotOursError
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
                connection.executescript(_TABLES)
                rows = connection.execute("SELECT fingerprint FROM pipeline").fetchall()
                connection.execute("SELECT count(*) FROM results").fetchall()
                if not rows:
                    with connection:
                        connection.execute("INSERT INTO pipeline VALUES (?)", (self._fingerprint,))
                elif rows[0][0] != self._fingerprint:
                    connection.close()
                    self._remove()
                    continue
            except _NotOursError:
                self._set_aside("it is no cache of results", connection)
                continue
            except sqlite3.DatabaseError as error:
                if _code(error) not in _DAMAGED:
                    connection.close()
                    raise
                self._set_aside("it was damaged", connection)
                continue
            connection.execute(f"PRAGMA busy_timeout = {int(1000 * _WRITING)}")
            return connection
        raise sqlite3.OperationalError

    def _unshare(self) -> None:
        """Give the file an inode of its own. A backup of hard links would otherwise be written with it."""
        with suppress(FileNotFoundError):
            if self.path.stat().st_nlink > 1:
                with NamedTemporaryFile(dir=self.path.parent, prefix=f"{self.path.name}.", delete=False) as stream:
                    copy = Path(stream.name)
                try:
                    shutil.copy(self.path, copy)
                    copy.replace(self.path)
                except BaseException:
                    copy.unlink()
                    raise

    def _set_aside(self, reason: str, connection: sqlite3.Connection) -> None:
        """Rename the file and its log, so that a new one can be begun and nothing is lost.

        Args:
            reason: For the user.
            connection: Closed when the file has its new name. SQLite then leaves the log; else it writes it into the
                file, however damaged that is, and removes it.

        Raises:
            OSError: No name is free.
        """
        for number in range(1, _ASIDE + 1):
            target = self.path.with_name(f"{self.path.name}.damaged{'' if number == 1 else f'-{number}'}")
            if not any(os.path.lexists(f"{target}{end}") for end in _ENDS):
                break
        else:
            raise OSError(errno.EEXIST, f"{_ASIDE} files were set aside as {self.path}.damaged; move them away")
        for end in reversed(_ENDS):  # the file last: SQLite drops a log beside a new one
            with suppress(FileNotFoundError):
                Path(f"{self.path}{end}").rename(f"{target}{end}")
        with suppress(sqlite3.Error):
            connection.close()
        self.notes.append(f"{self.path} was set aside as {target.name}, since {reason}; its letters are read again")

    def _remove(self) -> None:
        for end in _ENDS:
            Path(f"{self.path}{end}").unlink(missing_ok=True)

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep entries; those whose key is there already stay as they are."""
        self._write("INSERT OR IGNORE INTO results VALUES (?, ?, ?, ?)", list(entries))

    def forget(self, keys: Iterable[bytes]) -> None:
        """Drop damaged entries. Where the database itself is damaged, begin a new one."""
        keys = list(keys)
        if not keys:
            return
        if not self._checked:
            self._checked = True
            self._guarded(self._require_sound)
        self._write("DELETE FROM results WHERE key = ?", [(key,) for key in keys])

    def _require_sound(self) -> None:
        if self._connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise _DamagedDatabaseError

    def begin(self, run: str) -> None:
        """Remember which run writes here. Killed at any moment, it has the former one or this."""
        self._run = run
        self._write("UPDATE run SET run = ?", [(run,)])
        self._write("INSERT INTO run SELECT ? WHERE NOT EXISTS (SELECT * FROM run)", [(run,)])

    def add_failures(self, run: str, failures: Iterable[Failure]) -> None:
        """Remember letters that a run has given up."""
        rows = [(run, one.problem.subject, one.key, one.problem.code, one.problem.message) for one in failures]
        if rows:
            statement = "INSERT INTO failures VALUES (?, ?, ?, ?, ?, ?)"
            self._write(statement, [(*row, checksum(*row)) for row in rows])

    def failures(self, run: str) -> dict[str, Failure]:
        """Return the letters that a run has given up, by path as recorded."""

        def rows() -> list[tuple[str, bytes | None, str, str, bytes]]:
            query = "SELECT path, key, code, message, checksum FROM failures WHERE run = ?"
            return self._connection.execute(query, (run,)).fetchall()

        return {
            path: Failure(key, Problem(path, code, message))
            for path, key, code, message, noted in self._guarded(rows)
            if noted == checksum(run, path, key, code, message)
        }

    def __len__(self) -> int:
        count = self._guarded(lambda: self._connection.execute("SELECT count(*) FROM results").fetchone())
        return int(count[0])

    def complete(self) -> None:
        """Tell that the run is complete: what it had given up is tried again by the next."""
        self._write("DELETE FROM failures", [()])

    def close(self) -> None:
        """Close the file, and remove it where it holds no record.

        On a full disk the log can't be folded into the file; it stays beside it, and the next to open it does that.
        """
        empty = False
        with suppress(sqlite3.Error, OSError), closing(self._connection):
            empty = self._connection.execute("SELECT count(*) FROM results").fetchone() == (0,)
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if empty:
            self._remove()

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        def write() -> None:
            with self._connection:
                self._connection.executemany(statement, rows)

        self._guarded(write)

    def _guarded(self, work: Callable[[], T]) -> T:
        """Do something with the database; where it turns out to be damaged, begin a new one and do it there."""
        try:
            try:
                return work()
            except sqlite3.Error as error:
                code = getattr(error, "sqlite_errorcode", 0)
                moved = code == sqlite3.SQLITE_READONLY_DBMOVED  # or removed, under the open connection
                if not moved and code != sqlite3.SQLITE_IOERR_SHORT_READ and _code(error) not in _DAMAGED:
                    raise
                if not moved and self.path.exists():
                    self._set_aside("it was damaged", self._connection)
                with suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = self._open(_WRITING)
                if self._run is not None:
                    with self._connection:
                        self._connection.execute("INSERT INTO run VALUES (?)", (self._run,))
                return work()
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def _refused(self, error: sqlite3.Error) -> OSError:
        code = _code(error)
        if code in _HELD:
            return CacheHeldError(errno.EBUSY, f"{self.path} is held by another process; end it, or delete that file")
        if code == sqlite3.SQLITE_FULL:
            return OSError(errno.ENOSPC, "no room for the results")
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_IOERR_WRITE:
            return OSError(errno.EIO, "the results could not be written: a limit (ulimit -f), a quota or a bad disk")
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        return OSError(errno.EIO, f"the results could not be kept ({name}); delete {self.path} and run again")


class _NotOursError(Exception):
    """A database that is no cache of results."""


class _DamagedDatabaseError(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _code(error: BaseException) -> int:
    """Return SQLite's primary result code; 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _is_new(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def _is_ours(connection: sqlite3.Connection) -> bool:
    marks = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
    return marks == [_APPLICATION, _FORMAT]
