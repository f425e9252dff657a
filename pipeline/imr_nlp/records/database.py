"""The tables of a run as one DuckDB database, with views for the questions that are asked most.

The views are in `imr_nlp.records.views`. Columns that hold one of a few words are ENUMs.

    $ duckdb imr.duckdb "from uphold_rate_by_category"
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from imr_nlp.records.tables import COLUMNS, ENUMS, NAMES
from imr_nlp.records.views import VIEWS

if TYPE_CHECKING:
    import duckdb

_MAGIC = b"DUCK"  # bytes 8 to 12 of every DuckDB file

#: The comment on each table and view, which tells that a run made it.
MADE_BY = "made by imr-nlp"


class ForeignDatabaseError(Exception):
    """A file that a run must not replace; the message says what it holds."""


def is_database(path: Path) -> bool:
    """Tell whether a file is a DuckDB database.

    Raises:
        OSError: It can't be read.

    >>> is_database(Path(__file__))
    False
    """
    with path.open("rb") as stream:
        return stream.read(12)[8:] == _MAGIC


def require_replaceable(path: Path) -> None:
    """Check that ``path`` can become a run's database: it is not there, or holds what a run made and nothing else.

    The same holds for the file beside it in which the database is made. A killed run may have left that one.

    Args:
        path: The database.

    Raises:
        ForeignDatabaseError: It is no DuckDB database, or has tables of the user's own.
        OSError: It can't be read.

    >>> require_replaceable(Path("no such folder", "imr.duckdb"))
    """
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ForeignDatabaseError(f"{path}: DuckDB takes only names in UTF-8") from error
    for file in (path, _partial(path)):
        _require_of_a_run(file)


def _require_of_a_run(file: Path) -> None:
    """Check that nothing of the user's is lost with a database. Raises ForeignDatabaseError."""
    log = _log(file)
    if file.is_symlink():
        raise ForeignDatabaseError(f"{file} is a link, which would be replaced, not followed")
    if file.exists() and not (file.is_file() and is_database(file)):
        raise ForeignDatabaseError(f"{file} exists and is no DuckDB database")
    if log.is_symlink() or (log.exists() and not file.exists()):
        raise ForeignDatabaseError(f"{log} exists without its database; move it away")
    own = _of_the_user(file) if file.exists() else []
    if own:
        more = f" and {len(own) - 3} more" if len(own) > 3 else ""
        raise ForeignDatabaseError(f"{file} holds work of your own ({', '.join(own[:3])}{more}); move it away")


def _of_the_user(path: Path) -> list[str]:
    """Return the names of what a database holds beside what a run made."""
    import duckdb

    try:
        with duckdb.connect(os.fspath(path), read_only=True) as connection:
            found = [
                (name, kind, comment)
                for kind in ("table", "view")
                for name, comment in connection.execute(
                    f"SELECT schema_name || '.' || {kind}_name, comment FROM duckdb_{kind}s() WHERE NOT internal"
                ).fetchall()
            ]
            columns = connection.execute(
                "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() WHERE NOT internal"
            ).fetchall()
            others = [
                f"{kind} {name}"
                for kind, column in (("schema", "schema_name"), ("sequence", "sequence_name"), ("index", "index_name"),
                                     ("type", "type_name"), ("function", "function_name"))
                for (name,) in connection.execute(
                    f"SELECT {column} FROM duckdb_{_PLURALS.get(kind, f'{kind}s')}() WHERE {_NOT_INTERNAL[kind]}"
                ).fetchall()
            ]  # fmt: skip
    except duckdb.Error as error:
        raise ForeignDatabaseError(f"{path}: can't be opened ({type(error).__name__}), or is in use") from error
    names = {name for name, _, _ in found}
    tables = {f"main.{name}": kinds for name, kinds in COLUMNS.items()}
    # A table that the user has renamed keeps its comment.
    ours = {name for name, kind, comment in found if comment == MADE_BY and (kind == "view" or name in tables)}
    added = [
        f"{name}.{column}" for name, column in columns if name in ours and column not in tables.get(name, (column,))
    ]
    # Earlier versions left no comments. Their databases have all of these names.
    if not ours and {"main.letters", "main.services", *(f"main.{view}" for view in _OLD_VIEWS)} <= names:
        ours = {*tables, *(f"main.{view}" for view in VIEWS)}
    return sorted(name.removeprefix("main.") for name in (*(names - ours), *added)) + others


_PLURALS = {"index": "indexes"}
_NOT_INTERNAL = {
    "schema": "NOT internal AND schema_name <> 'main'",
    "sequence": "NOT temporary",
    "index": "true",
    "type": "NOT internal AND schema_name = 'main' AND database_name NOT IN ('system', 'temp')",
    "function": "NOT internal",
}


#: The views of version 1.0.
_OLD_VIEWS = ("uphold_rate_by_category", "services_with_citations", "letters_overview")


def build(folder: Path, target: Path) -> None:
    """Write the Parquet tables in ``folder`` and the views into a new database ``target``.

    The database is made beside its target and moved into place when it is complete.

    Args:
        folder: The output folder of a run.
        target: The database, which a run may have made before.

    Raises:
        OSError: It can't be written, or ``target`` has come to hold something that no run made.

    >>> import duckdb, tempfile
    >>> from imr_nlp.run.parquet import Writer
    >>> folder = Path(tempfile.mkdtemp())
    >>> Writer(folder).close()
    >>> build(folder, folder / "imr.duckdb")
    >>> with duckdb.connect(str(folder / "imr.duckdb"), read_only=True) as connection:
    ...     connection.execute("FROM letters_overview").fetchall()
    []
    """
    import duckdb

    partial = _partial(target)
    made = False
    try:
        require_replaceable(target)
        _remove(partial)  # what a killed run has left
        with duckdb.connect(os.fspath(partial)) as connection:
            made = True
            _fill(connection, folder)
        _require_of_a_run(target)
        _log(target).unlink(missing_ok=True)  # of the database that goes; DuckDB would not open the new one with it
        partial.replace(target)
        made = False
    except duckdb.Error as error:
        raise OSError(f"{target}: the DuckDB database could not be written ({type(error).__name__})") from error
    except ForeignDatabaseError as error:
        raise OSError(str(error)) from error
    finally:
        if made:
            _remove(partial)


def _fill(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make tables and views in one transaction: a process that is killed leaves none without its comment."""
    connection.begin()
    for name in NAMES:
        # DuckDB would take brackets or a star in the folder's name for a pattern. Arrow reads an open file.
        with (folder / f"{name}.parquet").open("rb") as stream:
            table = parquet.ParquetFile(stream)
            rows = pa.RecordBatchReader.from_batches(table.schema_arrow, table.iter_batches())
            connection.from_arrow(rows).project(_columns(name)).create(name)
        connection.execute(f"COMMENT ON TABLE {name} IS '{MADE_BY}'")
    for name, query in VIEWS.items():
        connection.execute(f'CREATE VIEW "{name}" AS {query}')
        connection.execute(f"COMMENT ON VIEW {name} IS '{MADE_BY}'")
    connection.commit()


def _log(target: Path) -> Path:
    """Return the write-ahead log that DuckDB keeps beside a database."""
    return target.with_name(f"{target.name}.wal")


def _partial(target: Path) -> Path:
    return target.with_name(f".{target.name}.incomplete")


def _remove(partial: Path) -> None:
    """Remove a half made database, which is this run's or was found to be a killed one's."""
    partial.unlink(missing_ok=True)
    _log(partial).unlink(missing_ok=True)


def _columns(table: str) -> str:
    """Return what is selected from a table's file: columns with a few words as ENUMs."""
    words = ENUMS.get(table, {})
    return ", ".join(
        f'CAST("{column}" AS ENUM ({_listed(words[column])})) AS "{column}"' if column in words else f'"{column}"'
        for column in COLUMNS[table]
    )


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)
