"""A database is replaced only where a run made all that it holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from imr_nlp.records.database import ForeignDatabaseError, build, require_replaceable
from imr_nlp.run.parquet import Writer

PARTIAL = ".imr.duckdb.incomplete"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The tables of a run without letters."""
    folder = tmp_path / "run"
    folder.mkdir()
    Writer(folder).close()
    return folder


def change(database: Path, *statements: str) -> None:
    with duckdb.connect(str(database)) as connection:
        for statement in statements:
            connection.execute(statement)


def refused(run: Path, database: Path, says: str) -> None:
    """Check that a database is refused before a run and after it."""
    with pytest.raises(ForeignDatabaseError, match=says):
        require_replaceable(database)
    with pytest.raises(OSError, match=says):
        build(run, database)


def answer(database: Path) -> list[tuple[int]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("FROM mine").fetchall()


@pytest.mark.parametrize("checkpoint", [True, False])
def test_a_database_of_the_users_own_under_the_name_of_a_half_made_one(
    checkpoint: bool, run: Path, tmp_path: Path
) -> None:
    partial = tmp_path / PARTIAL
    if checkpoint:
        change(partial, "CREATE TABLE mine AS SELECT 7 AS answer")
    else:  # it stands in the log alone
        code = f"import duckdb, os; c = duckdb.connect({str(partial)!r}); c.execute('SET wal_autocheckpoint=\\'1TB\\'')"
        code += "; c.execute('CREATE TABLE mine AS SELECT 7 AS answer'); os._exit(0)"
        subprocess.run([sys.executable, "-c", code], check=True)
        assert partial.with_name(f"{PARTIAL}.wal").exists()
    refused(run, tmp_path / "imr.duckdb", "mine")
    assert answer(partial) == [(7,)]


def test_a_log_of_the_users_own_under_that_name(run: Path, tmp_path: Path) -> None:
    log = tmp_path / f"{PARTIAL}.wal"
    log.write_bytes(b"mine")
    refused(run, tmp_path / "imr.duckdb", "without its database")
    assert log.read_bytes() == b"mine"


def test_a_database_that_another_process_is_making_stays(run: Path, tmp_path: Path) -> None:
    partial = tmp_path / PARTIAL
    code = f"import duckdb; c = duckdb.connect({str(partial)!r}); print('open', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        refused(run, tmp_path / "imr.duckdb", "in use")
        assert partial.exists()
        other.communicate("\n")


def test_what_a_killed_run_left_half_made_is_replaced(run: Path, tmp_path: Path) -> None:
    database = tmp_path / "imr.duckdb"
    code = f"""
import os
from pathlib import Path
from imr_nlp.records import database
original = database.pa.RecordBatchReader
count = 0
class Reader:
    @staticmethod
    def from_batches(*arguments):
        global count
        count += 1
        if count == 4:
            os._exit(9)
        return original.from_batches(*arguments)
class Arrow:
    RecordBatchReader = Reader
database.pa = Arrow
database.build(Path({str(run)!r}), Path({str(database)!r}))
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 9
    assert (tmp_path / PARTIAL).exists()
    build(run, database)
    assert not (tmp_path / PARTIAL).exists()
    build(run, database)


@pytest.mark.parametrize(
    ("own", "statement"),
    [
        ("mine", "ALTER TABLE letters RENAME TO mine"),
        ("services.note", "ALTER TABLE services ADD COLUMN note TEXT"),
        ("mine", "CREATE TABLE mine AS FROM letters"),
        ("mine", "CREATE VIEW mine AS FROM letters"),
    ],
)
def test_what_the_user_made_of_a_runs_tables_is_the_users(own: str, statement: str, run: Path, tmp_path: Path) -> None:
    database = tmp_path / "imr.duckdb"
    build(run, database)
    require_replaceable(database)
    change(database, statement)
    refused(run, database, own)


def test_a_failure_leaves_no_half_made_database(run: Path, tmp_path: Path) -> None:
    (run / "warnings.parquet").unlink()
    with pytest.raises(OSError, match=r"warnings\.parquet"):
        build(run, tmp_path / "imr.duckdb")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
