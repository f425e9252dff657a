"""Questions to a run's lists: filters, search, order and page, as the address of a list says them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imr_nlp.report.dataset import AMOUNTS, Run, View
from imr_nlp.report.search import FIELDS

A_PAGE = 50
#: Values that a filter offers.
MAX_VALUES = 1000


@dataclass(frozen=True, slots=True)
class Question:
    """Filters (values of one dimension are alternatives), words to search, order and page."""

    filters: dict[str, list[str]]
    words: tuple[str, ...] = ()
    field: str = ""
    sort: str = ""
    page: int = 0

    @classmethod
    def read(cls, view: View, given: Iterable[tuple[str, str]]) -> Question:
        """Return the question that an address asks; what it names that the list does not have is left out."""
        filters: dict[str, list[str]] = {}
        values: dict[str, str] = {}
        for name, value in given:
            if view.dimension(name):
                filters.setdefault(name, []).append(value)
            else:
                values[name] = value
        page = values.get("page", "0")
        return cls(
            filters, tuple(values.get("q", "").lower().split()), values.get("in", ""), values.get("sort", ""),
            int(page) if page.isdecimal() and len(page) < 10 else 0,
        )  # fmt: skip


def where(view: View, question: Question) -> tuple[str, list[Any]]:
    """Return the condition of a question in SQL, with its values apart from it.

    Args:
        view: The list that is asked.
        question: What is asked. No word of it stands in the condition.

    >>> from imr_nlp.report.dimensions import SERVICES
    >>> view = View("services", SERVICES, ())
    >>> where(view, Question.read(view, [("decision", "upheld")]))
    ('true AND (list_has_any(by_decision, ?))', [['upheld']])
    """
    parts: list[str] = ["true"]
    values: list[Any] = []
    for name, wanted in question.filters.items():
        column = f"by_{view.dimension(name).name}"  # type: ignore[union-attr]
        tests = []
        if stated := [value for value in wanted if value]:
            tests.append(f"list_has_any({column}, ?)")
            values.append(stated)
        if "" in wanted:
            tests.append(f"len({column}) = 0")
        parts.append(f"({' OR '.join(tests)})")
    for word in question.words:
        if view.name == "letters":
            parts.append("(contains(lower(coalesce(case_number, '')), ?) OR contains(lower(coalesce(path, '')), ?))")
            values += [word, word]
    if question.words and view.name == "services":
        fields = [question.field] if question.field in FIELDS else FIELDS
        tests = [f"({' OR '.join(f'contains({field}, ?)' for field in fields)})" for _ in question.words]
        parts.append(f"row IN (SELECT row FROM report_search WHERE {' AND '.join(tests)})")
        values += [word for word in question.words for _ in fields]
    return " AND ".join(parts), values


def order(run: Run, view: View, question: Question) -> str:
    """Return the order of a question in SQL: rows without a value last, equals as the run has them."""
    name = question.sort.removeprefix("-")
    if name not in run.database.cursor().table(f"report_{view.name}").columns:
        return "row"
    column = f"array_to_string({name}, '; ')" if name.startswith("by_") else name
    text = f"nullif(CAST({column} AS VARCHAR), '') IS NULL"
    way = "DESC" if question.sort.startswith("-") else "ASC"
    number = ""
    if name in AMOUNTS:  # "6 sessions" comes before "12 sessions"
        number = f"TRY_CAST(regexp_extract({name}, '^[0-9.]+') AS DOUBLE) {way}, "
    return f"{text}, {number}{column} {way}, row"


def columns_of(run: Run, view: View) -> list[str]:
    """Return the columns of a list, as both its rows and its CSV have them."""
    return [name for name in run.database.cursor().table(f"report_{view.name}").columns if name != "row"]


def answer(run: Run, view: View, question: Question) -> dict[str, Any]:
    """Return a page of a list: total, letters, services by decision, rows."""
    condition, values = where(view, question)
    table, in_order = f"report_{view.name}", order(run, view, question)
    needed = {"row", "letter_id", "by_decision"}
    if (sorted_by := question.sort.removeprefix("-")) in columns_of(run, view):
        needed.add(sorted_by)
    # One pass over the rows: a search of long texts is not repeated for each part of the answer.
    total, letters, counts, page = run.rows(
        f"""WITH kept AS MATERIALIZED (SELECT {_names(sorted(needed))} FROM {table} WHERE {condition})
        SELECT (SELECT count(*) FROM kept), (SELECT count(DISTINCT letter_id) FROM kept),
            (SELECT list([decision, CAST(number AS VARCHAR)] ORDER BY decision) FROM
             (SELECT decision, count(*) AS number FROM
              (SELECT unnest(by_decision) AS decision FROM kept) GROUP BY decision)),
            (SELECT list(row) FROM
             (SELECT row FROM kept ORDER BY {in_order} LIMIT {A_PAGE} OFFSET {A_PAGE * question.page}))""", values,
    )[0]  # fmt: skip
    numbers = ", ".join(map(str, page or [0]))  # rows count from 1
    rows = run.rows(f"SELECT {_names(columns_of(run, view))} FROM {table} WHERE row IN ({numbers}) ORDER BY {in_order}")
    return {"total": total, "letters": letters, "counts": {name: int(n) for name, n in counts or []}, "rows": rows}


def rows(run: Run, view: View, question: Question) -> list[tuple[Any, ...]]:
    """Return all rows of a question, for its CSV."""
    condition, values = where(view, question)
    return run.rows(
        f"SELECT {_names(columns_of(run, view))} FROM report_{view.name} WHERE {condition} "
        f"ORDER BY {order(run, view, question)}", values,
    )  # fmt: skip


def head(run: Run, view: View) -> dict[str, Any]:
    """Return what a list shows before its rows: dimensions, columns, and the values that a filter offers."""
    facets = {}
    for one in view.dimensions:
        if one.name == "letter":
            continue
        facets[one.name] = run.rows(
            f"""SELECT value, count(*) FROM
            (SELECT unnest(CASE WHEN len(by_{one.name}) = 0 THEN [''] ELSE by_{one.name} END) AS value
             FROM report_{view.name}) GROUP BY 1
            ORDER BY {"1" if one.name in ("month", "year") else "2 DESC, 1"} LIMIT {MAX_VALUES}"""
        )
    return {
        "dimensions": [{"name": one.name, "title": one.title} for one in view.dimensions],
        "columns": columns_of(run, view),
        "facets": facets,
    }


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
