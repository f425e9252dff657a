"""The tables of a run as one DuckDB database, with views for the questions that are asked most.

The views are in `imr_nlp.records.views`. Columns that hold one of a few words are ENUMs.

    $ duckdb imr.duckdb "from uphold_rate_by_category"
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from imr_nlp.records.tables import COLUMNS, ENUMS, NAMES
from imr_nlp.records.views import VIEWS

_MAGIC = b"DUCK"  # bytes 8 to 12 of every DuckDB file

#: The comment on each table and view, which tells that a run made it.
MADE_BY = "made by imr-nlp"


class ForeignDatabaseError(Exception):
    """A file that a run must not replace; the message says what it holds."""


def is_database(path: Path) -> bool:
    """Tell whether a file is a DuckDB database."""
    with path.open("rb") as stream:
        return stream.read(12)[8:] == _MAGIC


def require_replaceable(path: Path) -> None:
    """Check that ``path`` can become a run's database: it is not there, or holds what a run made and nothing else.

    Raises:
        ForeignDatabaseError: It is no DuckDB database, or has tables of the user's own.
        OSError: It can't be read.
    """
    try:
        os.fspath(path).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ForeignDatabaseError(f"{path}: DuckDB takes only names in UTF-8") from error
    for file in (path, _partial(path)):
        if file.is_symlink():
            raise ForeignDatabaseError(f"{file} is a link, which would be replaced, not followed")
        if file.exists() and not (file.is_file() and is_database(file)):
            raise ForeignDatabaseError(f"{file} exists and is no DuckDB database")
    if _log(path).is_symlink() or (_log(path).exists() and not path.exists()):
        raise ForeignDatabaseError(f"{_log(path)} exists without its database; move it away")
    own = _of_the_user(path) if path.exists() else []
    if own:
        more = f" and {len(own) - 3} more" if len(own) > 3 else ""
        raise ForeignDatabaseError(f"{path} holds tables of your own ({', '.join(own[:3])}{more})")


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
    marked = any(comment == MADE_BY for _, _, comment in found)
    # Earlier versions left no comments. Their databases have all of these names.
    old = not marked and {"main.letters", "main.services", *(f"main.{view}" for view in _OLD_VIEWS)} <= names
    ours = {f"main.{name}" for name in (*NAMES, *VIEWS)}
    return (
        sorted(
            name.removeprefix("main.")
            for name, _, comment in found
            if not (comment == MADE_BY or (old and name in ours))
        )
        + others
    )


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

    Raises:
        OSError: It can't be written, or ``target`` has come to hold something that no run made.
    """
    import duckdb

    partial = _partial(target)
    _remove(partial)
    try:
        with duckdb.connect(os.fspath(partial)) as connection:
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
        require_replaceable(target)
        _log(target).unlink(missing_ok=True)  # of the database that goes; DuckDB would not open the new one with it
        partial.replace(target)
    except duckdb.Error as error:
        raise OSError(f"{target}: the DuckDB database could not be written ({type(error).__name__})") from error
    except ForeignDatabaseError as error:
        raise OSError(str(error)) from error
    finally:
        _remove(partial)


def _log(target: Path) -> Path:
    """Return the write-ahead log that DuckDB keeps beside a database."""
    return target.with_name(f"{target.name}.wal")


def _partial(target: Path) -> Path:
    return target.with_name(f".{target.name}.incomplete")


def _remove(partial: Path) -> None:
    """Remove a database that a killed run has left half made. A file that is none stays."""
    if partial.exists() and not partial.is_symlink() and is_database(partial):
        partial.unlink()
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
