"""Records that a run has made, kept so that no letter is read twice.

One SQLite file beside the run's output. A record is found by what it was made of: the letter's bytes, the kind of file
that its name promises, and the pipeline (see `fingerprint`); a file that was made by another pipeline is emptied.
SQLite's write-ahead log keeps what was committed through a kill at any moment, and stays consistent through a power
cut (the last moments may be missing, and are done again). One process writes, any number read.

Letters that were given up (crashed, timed out) are remembered too, until the run is complete: when a killed run goes
on, it must not wait for them once more, but a later run may have better luck.
"""

from __future__ import annotations

import errno
import hashlib
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

import pyarrow as pa

from imr_nlp.reading.problems import Problem
from imr_nlp.reading.source import Blob

#: A record to be kept: its key, the length of its JSON line, and the line, compressed.
Entry = tuple[bytes, int, bytes]


_TABLES = """
CREATE TABLE IF NOT EXISTS pipeline (fingerprint TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS run (run TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (key BLOB NOT NULL UNIQUE, size INTEGER NOT NULL, record BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS given_up (run TEXT NOT NULL, path TEXT NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL);
"""
_CODEC = "zstd"


def key_of(blob: Blob) -> bytes:
    """Return what a letter's record is kept under: the digest of its bytes, and what its name promises of them.

    >>> key_of(Blob("a.txt", b"Knee brace: Upheld", "text/plain"))[32:]
    b'text/plain'
    """
    return hashlib.sha256(blob.data).digest() + (blob.media_type or "").encode()


def entry(key: bytes, line: bytes) -> Entry:
    """Return a record as it is kept."""
    return key, len(line), pa.compress(line, codec=_CODEC, asbytes=True)


class Reader:
    """Looks records up, in a store that another process may be writing."""

    def __init__(self, path: Path) -> None:
        self._connection = _read_only(path)

    def get(self, key: bytes) -> bytes | None:
        """Return the record (JSON) kept under ``key``: its path is that of the letter which it was made of.

        A store that can't be read has nothing to give: the letter is read again.
        """
        try:
            rows = self._connection.execute("SELECT size, record FROM results WHERE key = ?", (key,)).fetchall()
        except sqlite3.Error:
            return None
        return pa.decompress(rows[0][1], rows[0][0], codec=_CODEC, asbytes=True) if rows else None

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def run_at(path: Path) -> str | None:
    """Return which run wrote last beside the store at ``path``; None where that can't be told."""
    try:
        with closing(_read_only(path)) as connection:
            rows = connection.execute("SELECT run FROM run").fetchall()
    except sqlite3.Error:
        return None
    return str(rows[0][0]) if rows else None


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)


class Store:
    """The store of one output folder, for the one process that writes it. Raises OSError where it can't be written."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path = path
        try:
            self._connection = self._open()
            if self._made_by() not in (None, fingerprint):
                self._connection.close()
                self._remove()
                self._connection = self._open()
            if self._made_by() is None:
                with self._connection:
                    self._connection.execute("INSERT INTO pipeline VALUES (?)", (fingerprint,))
        except sqlite3.DatabaseError as error:
            raise _refused(error) from error

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=60)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            connection.close()
            if isinstance(error, sqlite3.OperationalError):  # a full disk, a lock
                raise
            self._remove()  # damaged, or no database: nothing in it can be trusted, and nothing in it is the only copy
            return self._open()
        return connection

    def _made_by(self) -> str | None:
        rows = self._connection.execute("SELECT fingerprint FROM pipeline").fetchall()
        return str(rows[0][0]) if rows else None

    def _remove(self) -> None:
        for path in (self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep records; those whose key is there already stay as they are."""
        self._write("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", entries)

    def begin(self, run: str) -> None:
        """Remember which run writes here. Killed at any moment, it has the former one or this."""
        self._write("UPDATE run SET run = ?", [(run,)])
        self._write("INSERT INTO run SELECT ? WHERE NOT EXISTS (SELECT * FROM run)", [(run,)])

    def give_up(self, run: str, problems: Iterable[Problem]) -> None:
        """Remember letters that a run has given up."""
        self._write("INSERT INTO given_up VALUES (?, ?, ?, ?)", [(run, p.subject, p.code, p.message) for p in problems])

    def given_up(self, run: str) -> dict[str, Problem]:
        """Return the letters that a run has given up, by path."""
        rows = self._connection.execute("SELECT path, code, message FROM given_up WHERE run = ?", (run,))
        return {path: Problem(path, code, message) for path, code, message in rows}

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM results").fetchone()[0])

    def complete(self) -> None:
        """Tell that the run is complete: what it had given up may be tried again by the next."""
        self._write("DELETE FROM given_up", [()])

    def close(self) -> None:
        """Close the file, and remove it where it holds no record.

        On a full disk the log can't be folded into the file; it stays beside it, and the next to open it does that.
        """
        empty = False
        with suppress(sqlite3.Error), closing(self._connection):
            empty = not len(self)
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if empty:
            self._remove()

    def _write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        try:
            with self._connection:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _refused(error) from error


def _refused(error: sqlite3.Error) -> OSError:
    full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return OSError(errno.ENOSPC if full else errno.EIO, f"the results could not be kept ({type(error).__name__})")
