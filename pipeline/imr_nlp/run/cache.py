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
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

import pyarrow as pa

from imr_nlp.reading.problems import Problem
from imr_nlp.reading.source import Blob

T = TypeVar("T")

#: A record to be kept: its key, the length of its JSON line, the line compressed, and the checksum of these.
Entry = tuple[bytes, int, bytes, bytes]

_APPLICATION, _FORMAT = 0x494D524E, 2  # "IMRN": in the header of the file
_TABLES = """
CREATE TABLE IF NOT EXISTS pipeline (fingerprint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS run (run TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, record BLOB NOT NULL, checksum BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS failures (
    run TEXT NOT NULL, path TEXT NOT NULL, key BLOB, code TEXT NOT NULL, message TEXT NOT NULL, checksum BLOB NOT NULL);
"""
_CODEC = "zstd"

#: A line of JSON is at most this many times as long as its compressed form: a bound on what a damaged size may ask for.
_MAX_RATIO = 10_000

#: Seconds to wait for another process that holds the file: when it is opened, and in the course of a run.
_OPENING, _WRITING = 1.0, 60.0

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISMATCH})
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class CacheHeldError(OSError):
    """Another process holds the file of a cache."""


class DamagedEntryError(Exception):
    """An entry whose checksum or content does not fit its key."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A letter that was given up: its key (None where its content could not be read), and why."""

    key: bytes | None
    problem: Problem


def key_of(blob: Blob) -> bytes:
    """Return what a letter's record is kept under: the digest of its bytes, and what its name promises of them.

    >>> key_of(Blob("a.txt", b"Knee brace: Upheld", "text/plain"))[32:]
    b'text/plain'
    """
    return hashlib.sha256(blob.data).digest() + (blob.media_type or "").encode()


def entry(key: bytes, line: bytes) -> Entry:
    """Return a record as it is kept."""
    packed = pa.compress(line, codec=_CODEC, asbytes=True)
    return key, len(line), packed, _checksum(key, str(len(line)), packed)


def _checksum(*parts: bytes | str | None) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part or b""
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()


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
        return _checked(key, *rows[0]) if rows else None

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()


def _checked(key: bytes, size: object, packed: object, checksum: object) -> bytes:
    """Return the lines of an entry, one a letter. Raises DamagedEntryError where anything about it is wrong."""
    if not isinstance(size, int) or not isinstance(packed, bytes) or checksum != _checksum(key, str(size), packed):
        raise DamagedEntryError("checksum")
    if not 0 < size <= _MAX_RATIO * len(packed):
        raise DamagedEntryError("size")
    try:
        line: bytes = pa.decompress(packed, size, codec=_CODEC, asbytes=True)
    except (OSError, ValueError, MemoryError) as error:
        raise DamagedEntryError("compression") from error
    if not line.endswith(b"\n"):
        raise DamagedEntryError("line")
    return line


def run_at(path: Path) -> str | None:
    """Return which run wrote last beside the cache at ``path``; None where that can't be told."""
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
                connection.close()
                self._set_aside("it is no cache of results")
                continue
            except sqlite3.DatabaseError as error:
                connection.close()
                if _code(error) not in _DAMAGED:
                    raise
                self._set_aside("it was damaged")
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

    def _set_aside(self, reason: str) -> None:
        """Rename the file, so that a new one can be begun and nothing is lost."""
        for number in range(1, 1000):
            target = self.path.with_name(f"{self.path.name}.damaged{'' if number == 1 else f'-{number}'}")
            if not os.path.lexists(target):
                break
        self.path.rename(target)
        for end in ("-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        self.notes.append(f"{self.path} was set aside as {target.name}, since {reason}; its letters are read again")

    def _remove(self) -> None:
        for path in (self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep records; those whose key is there already stay as they are."""
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
            self._write(statement, [(*row, _checksum(*row)) for row in rows])

    def failures(self, run: str) -> dict[str, Failure]:
        """Return the letters that a run has given up, by path as recorded."""

        def rows() -> list[tuple[str, bytes | None, str, str, bytes]]:
            query = "SELECT path, key, code, message, checksum FROM failures WHERE run = ?"
            return self._connection.execute(query, (run,)).fetchall()

        return {
            path: Failure(key, Problem(path, code, message))
            for path, key, code, message, checksum in self._guarded(rows)
            if checksum == _checksum(run, path, key, code, message)
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
                with suppress(sqlite3.Error):
                    self._connection.close()
                if not moved and self.path.exists():
                    self._set_aside("it was damaged")
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
