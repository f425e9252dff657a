"""The overview of a run: its aggregates, each over the tables of `imr_nlp.report.dataset`."""

from __future__ import annotations

from dataclasses import dataclass

from imr_nlp.report.dataset import Run
from imr_nlp.report.dimensions import Dimension
from imr_nlp.report.statistics import wilson

#: Groups of one section that the overview lists; the rest is reached through the list of services.
MAX_GROUPS = 500
#: Months up to which time is shown by month; above, by year.
MAX_MONTHS = 36
_COUNTS = """count(*), count(DISTINCT letter_id),
    count(*) FILTER (list_contains(by_decision, 'upheld')), count(*) FILTER (list_contains(by_decision, 'overturned')),
    count(*) FILTER (list_contains(by_decision, 'modified')),
    count(*) FILTER (list_contains(by_decision, 'none found'))"""


@dataclass(frozen=True, slots=True)
class Group:
    """Services that share a value. ``value`` is "" for those that have none."""

    value: str
    services: int
    letters: int
    upheld: int
    overturned: int
    modified: int
    undecided: int

    @property
    def decided(self) -> int:
        """Services whose decision was found."""
        return self.services - self.undecided

    @property
    def rate(self) -> float | None:
        """Overturned services as a share of those decided."""
        return self.overturned / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's interval of the rate."""
        return wilson(self.overturned, self.decided)


@dataclass(frozen=True, slots=True)
class Section:
    """Services grouped by one dimension; ``total`` counts all groups, also those that are not listed."""

    dimension: Dimension
    groups: list[Group]
    total: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows. ``filters`` are the dimensions that the list of letters can be filtered by."""

    everything: Group
    letters: int
    warned: int
    empty: int
    failed: int
    time: Section
    sections: list[Section]
    parties: list[tuple[str, str, int]]
    agreement: Section
    documents: list[tuple[str, int, int]]
    themes: Section | None
    warnings: list[tuple[str, str, int, int]]
    filters: frozenset[str]


def overview(run: Run) -> Overview:
    """Return the aggregates of a run."""
    months = run.rows("SELECT count(DISTINCT by_month) FROM report_services")[0][0]
    dimensions = {one.name: one for one in run.views["services"].dimensions}
    total = run.rows(f"SELECT {_COUNTS} FROM report_services")[0]
    warned, empty = run.rows(
        "SELECT count(*) FILTER (len(by_warning) > 0), count(*) FILTER (services = 0) FROM report_letters"
    )[0]
    return Overview(
        everything=Group("", *total),
        letters=run.letters, warned=warned, empty=empty,
        failed=int(run.account.get("counts", {}).get("failed", 0)),
        time=grouped(run, dimensions["month" if months <= MAX_MONTHS else "year"], order="value"),
        sections=[grouped(run, one) for one in dimensions.values() if one.section],
        parties=_parties(run),
        agreement=grouped(run, dimensions["agreement"]),
        documents=_documents(run),
        themes=grouped(run, dimensions["theme"]) if "theme" in dimensions else None,
        warnings=_warnings(run),
        filters=frozenset(one.name for one in run.views["letters"].dimensions),
    )  # fmt: skip


def grouped(run: Run, dimension: Dimension, order: str = "2 DESC, 1") -> Section:
    """Return services by the values of a dimension, the most frequent first.

    A service with several values counts in the group of each. So groups may add up to more than all services.
    """
    found = run.rows(
        f"""SELECT value, {_COUNTS} FROM
            (SELECT *, unnest(CASE WHEN len(by_{dimension.name}) = 0 THEN [''] ELSE by_{dimension.name} END) AS value
             FROM report_services)
            GROUP BY value ORDER BY {"1" if order == "value" else order}"""
    )
    groups = [Group(*row) for row in found]
    return Section(dimension, groups[:MAX_GROUPS], len(groups))


def _parties(run: Run) -> list[tuple[str, str, int]]:
    """Return how often an authority of the administrator stands beside one of the reviewer, for one service."""
    return run.rows(
        """WITH pairs AS (
            SELECT administrator, unnest(by_reviewer) AS reviewer FROM
            (SELECT by_reviewer, unnest(by_administrator) AS administrator FROM report_services))
        SELECT administrator, reviewer, count(*) FROM pairs GROUP BY 1, 2 ORDER BY 1, 2"""
    )


def _documents(run: Run) -> list[tuple[str, int, int]]:
    """Return the documents cited, and for how many services each party cites them."""
    return run.rows(
        f"""WITH cited AS (
            SELECT unnest(by_administrator_guideline) AS document, 1 AS administrator, 0 AS reviewer
            FROM report_services
            UNION ALL SELECT unnest(by_guideline), 0, 1 FROM report_services)
        SELECT document, sum(administrator)::BIGINT, sum(reviewer)::BIGINT FROM cited
        GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MAX_GROUPS}"""
    )


def _warnings(run: Run) -> list[tuple[str, str, int, int]]:
    """Return each warning: code, severity, letters that have it, and how often they have it."""
    if "warnings" not in run.columns:  # of a run before the audit
        return run.rows(
            """WITH codes AS (SELECT unnest(by_warning) AS code FROM report_letters)
            SELECT code, '', count(*), count(*) FROM codes GROUP BY 1 ORDER BY 3 DESC, 1"""
        )
    return run.rows(
        """SELECT code, severity, count(DISTINCT letter_id), count(*) FROM warnings GROUP BY 1, 2
        ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, 3 DESC, 1"""
    )
