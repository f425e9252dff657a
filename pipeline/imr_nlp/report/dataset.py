"""A finished run as two tables of DuckDB: one row a service, one row a letter, with everything a report asks for.

Pages, the server and the tests of both read these tables. So a number on a page, the list it leads to and the answer
of the server come from one place. The Parquet files are read only.
"""

from __future__ import annotations

import glob
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from imr_nlp.reading.run_files import RUN
from imr_nlp.records.tables import NAMES
from imr_nlp.report.dimensions import LETTERS, SERVICES, Dimension

#: Columns of the list of services, besides the dimensions: name and SQL.
_SERVICE_COLUMNS = {
    "service_id": "s.service_id",
    "letter_id": "s.letter_id",
    "position": "s.position",
    "case_number": "l.case_number",
    "path": "l.path",
    "decided": "CAST(l.decision_date AS VARCHAR)",
    "request": "s.text",
}
#: Amounts of a service, as ``services.parquet`` names them.
AMOUNTS = ("requested", "authorized_before", "granted")
_LETTER_COLUMNS = {
    "letter_id": "l.letter_id",
    "case_number": "l.case_number",
    "path": "l.path",
    "decided": "CAST(l.decision_date AS VARCHAR)",
    "services": "l.service_count",
    "upheld": "coalesce(d.upheld, 0)",
    "overturned": "coalesce(d.overturned, 0)",
    "modified": "coalesce(d.modified, 0)",
    "age": "l.age",
    "sex": "l.sex",
}
_DOCUMENT = """CASE
    WHEN coalesce(canonical_title, title) IS NULL THEN authority
    WHEN authority = 'other' THEN coalesce(canonical_title, title)
    ELSE authority || ': ' || coalesce(canonical_title, title) END"""
_CITED = f"""
    SELECT service_id,
        list(authority) FILTER (party = 'reviewer') AS reviewers,
        list(authority) FILTER (party = 'claims_administrator') AS administrators,
        list_sort(list_distinct(reviewers)) AS reviewer,
        list_sort(list_distinct(administrators)) AS administrator,
        list({_DOCUMENT}) FILTER (party = 'reviewer' AND authority <> 'none') AS documents,
        list({_DOCUMENT}) FILTER (party = 'claims_administrator' AND authority <> 'none') AS administrator_documents
    FROM citations GROUP BY service_id"""
#: Tables without which there is no report. A run of an older version lacks others.
_NEEDED = frozenset({"letters", "services", "entities", "citations", "rationale"})
_DECIDED = """
    SELECT letter_id, count(*) FILTER (decision = 'upheld') AS upheld,
        count(*) FILTER (decision = 'overturned') AS overturned,
        count(*) FILTER (decision = 'modified') AS modified,
        list_sort(list_distinct(list(coalesce(decision, 'none found')))) AS decisions,
        list_sort(list_distinct(list(category))) AS categories
    FROM services GROUP BY letter_id"""


class ReportError(Exception):
    """A run that can't be reported; the message names the folder and says what to do."""


@dataclass(frozen=True, slots=True)
class View:
    """A list of rows that people filter: ``services`` or ``letters``, with its dimensions and columns."""

    name: str
    dimensions: tuple[Dimension, ...]
    columns: tuple[str, ...]

    def dimension(self, name: str) -> Dimension | None:
        """Return a dimension by name."""
        return next((one for one in self.dimensions if one.name == name), None)


class Run:
    """A finished run, read only.

    Args:
        folder: What ``imr-nlp run -o`` wrote.
        threads: Threads of DuckDB; None leaves the choice to it.

    Raises:
        ReportError: The folder holds no finished run, or its tables can't be read.
    """

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.folder = folder
        self.account = _account(folder)
        self.database = duckdb.connect(":memory:", config={"threads": threads} if threads else {})
        self.database.execute("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        try:
            names = [name for name in NAMES if name in _NEEDED or (folder / f"{name}.parquet").exists()]
            for name in names:
                self.database.read_parquet(_files(folder, name)).create_view(name)
            self.columns = {name: frozenset(self.database.table(name).columns) for name in names}
            self.views = {"services": self._services(), "letters": self._letters()}
        except (duckdb.Error, OSError) as error:
            raise ReportError(
                f"{folder}: the run's tables can't be read ({type(error).__name__}); run imr-nlp run again"
            ) from error
        self.letters: int = self.rows("SELECT count(*) FROM report_letters")[0][0]

    def rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query, on a cursor of its own, so that threads may ask at the same time."""
        return self.database.cursor().execute(sql, values or None).fetchall()

    def close(self) -> None:
        """Release the tables."""
        self.database.close()

    def _known(self, dimensions: Iterable[Dimension]) -> tuple[Dimension, ...]:
        """Return the dimensions that the tables have columns for; of one name the first."""
        found: dict[str, Dimension] = {}
        for one in dimensions:
            if one.known(self.columns):
                found.setdefault(one.name, one)
        return tuple(found.values())

    def _services(self) -> View:
        known = self._known(SERVICES)
        themes = ""
        if "theme" in self.columns["rationale"]:
            themes = ", list_sort(list_distinct(list(theme) FILTER (theme IS NOT NULL))) AS themes"
        chapters = ""
        if "diagnoses" in self.columns:
            chapters = """LEFT JOIN (SELECT service_id, list(chapter) AS chapters FROM
                (SELECT unnest(service_ids) AS service_id, chapter FROM diagnoses) GROUP BY service_id) x
                ON x.service_id = s.service_id"""
        amounts = {name: _amount(f"s.{name}") for name in AMOUNTS if f"{name}_min" in self.columns["services"]}
        columns = {**_SERVICE_COLUMNS, **amounts}
        self._create(
            "report_services", columns, known,
            f"""FROM services s JOIN letters l USING (letter_id)
            LEFT JOIN ({_CITED}) c ON c.service_id = s.service_id
            LEFT JOIN (SELECT service_id {themes} FROM rationale GROUP BY service_id) r
                ON r.service_id = s.service_id
            {chapters}
            ORDER BY l.path, s.letter_id, s.position""",
        )  # fmt: skip
        return View("services", known, tuple(columns))

    def _letters(self) -> View:
        known = self._known(LETTERS)
        columns = dict(_LETTER_COLUMNS)
        if "service_count" not in self.columns["letters"]:  # a run of version 1.0
            columns["services"] = "l.services"
        self._create(
            "report_letters", columns, known,
            f"FROM letters l LEFT JOIN ({_DECIDED}) d ON d.letter_id = l.letter_id ORDER BY l.path, l.letter_id",
        )  # fmt: skip
        return View("letters", known, tuple(_LETTER_COLUMNS))

    def _create(self, name: str, columns: Mapping[str, str], dimensions: Iterable[Dimension], rest: str) -> None:
        """Write one of the two tables. Values of a dimension are a list without nulls and doubles."""
        parts = [f"{sql} AS {column}" for column, sql in columns.items()]
        for one in dimensions:
            values = one.sql if one.many else f"[{one.sql}]"
            filtered = f"list_filter(coalesce({values}, []), lambda value: value IS NOT NULL AND value <> '')"
            parts.append(f"list_sort(list_distinct({filtered})) AS by_{one.name}")
        self.database.execute(
            f"CREATE TABLE {name} AS SELECT row_number() OVER () AS row, * FROM (SELECT {', '.join(parts)} {rest})"
        )


def _amount(column: str) -> str:
    """Return SQL for an amount as people read it: "8 visits", "8 to 12 visits"."""
    number = "regexp_replace(CAST({} AS VARCHAR), '[.]0$', '')"
    low, high = number.format(f"{column}_min"), number.format(f"{column}_max")
    return f"""CASE WHEN {column}_min IS NULL THEN NULL ELSE concat_ws(' ', {low},
        CASE WHEN {column}_min <> {column}_max THEN 'to ' || {high} END,
        {unit_words(f"{column}_unit", f"{column}_max")}) END"""


def unit_words(unit: str, number: str) -> str:
    """Return SQL for a unit beside its number: "visit" of 1, "visits" of others, nothing for ``other``.

    Args:
        unit: SQL for the unit.
        number: SQL for the number.

    >>> import duckdb
    >>> duckdb.sql("SELECT " + unit_words("'visit'", "6")).fetchall()
    [('visits',)]
    """
    plural = f"{number} <> 1 AND regexp_matches({unit}, '[a-z]$')"
    return f"CASE WHEN {unit} = 'other' THEN NULL WHEN {plural} THEN {unit} || 's' ELSE CAST({unit} AS VARCHAR) END"


def _account(folder: Path) -> dict[str, Any]:
    """Return a run's ``run.json``."""
    try:
        account = json.loads((folder / RUN).read_bytes())
    except FileNotFoundError as error:
        raise ReportError(f"{folder} holds no finished run; name the folder that imr-nlp run -o wrote") from error
    except (OSError, ValueError) as error:
        raise ReportError(f"{folder}/run.json can't be read; run imr-nlp run again") from error
    if not isinstance(account, dict):
        raise ReportError(f"{folder}/run.json is no account of a run; run imr-nlp run again")
    return account


def _files(folder: Path, table: str) -> str:
    """Return a pattern for the Parquet files of a table: one file, or the parts that Spark wrote."""
    path = folder / f"{table}.parquet"
    if not path.exists():
        raise ReportError(f"{folder} has no {path.name}; run imr-nlp run again")
    return glob.escape(str(path)) + ("/*.parquet" if path.is_dir() else "")
