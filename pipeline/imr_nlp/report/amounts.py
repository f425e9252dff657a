"""Requested against granted amounts, with the limits that reviewers quote."""

from __future__ import annotations

from dataclasses import dataclass

from imr_nlp.records.schema import SESSION_UNITS
from imr_nlp.report.dataset import Run, unit_words

#: Services that the overview lists; the list of services has the rest.
MAX_ROWS = 500


@dataclass(frozen=True, slots=True)
class Amount:
    """The amounts of one service, each the upper end of what the letter says.

    The unit of ``limit`` compares with that of the request: sessions, visits and treatments are one.
    """

    service_id: str
    request: str
    decision: str | None
    unit: str | None
    requested: float
    before: float | None
    granted: float | None
    limit: float | None
    quoted: str | None


@dataclass(frozen=True, slots=True)
class Unit:
    """The sums of one unit and decision.

    ``known`` counts the services whose granted amount is known, in the unit of the request. ``requested_of_known`` and
    ``granted`` are sums over these same services, so that one can be held against the other.
    """

    unit: str
    decision: str
    services: int
    requested: float
    known: int
    requested_of_known: float | None
    granted: float | None
    limited: int


@dataclass(frozen=True, slots=True)
class Amounts:
    """The amounts of a run: all by unit and decision, and services one by one."""

    units: list[Unit]
    services: list[Amount]
    total: int


def amounts(run: Run) -> Amounts | None:
    """Return the amounts of a run, or None where its tables have none."""
    if "requested_max" not in run.columns["services"] or "limits" not in run.columns:
        return None
    total = run.rows("SELECT count(*) FROM services WHERE requested_max IS NOT NULL")[0][0]
    if not total:
        return None
    same = f"{_compared('s.granted_unit')} = {_compared('s.requested_unit')}"
    limits = f"""(SELECT service_id, {_compared("unit")} AS unit, max("max") AS most,
                 string_agg(quote, '; ' ORDER BY place) AS quoted
                 FROM (SELECT service_id, unit, "max", min(position) AS place,
                       concat_ws(', ', regexp_replace(CAST("max" AS VARCHAR), '[.]0$', '') || ' '
                                 || coalesce({unit_words("unit", '"max"')}, ''), guideline) AS quote
                       FROM limits GROUP BY service_id, unit, "max", guideline)
                 GROUP BY 1, 2) q ON q.service_id = s.service_id AND q.unit = {_compared("s.requested_unit")}"""
    known = f"FILTER (s.granted_max IS NOT NULL AND {same})"
    units = run.rows(
        f"""SELECT coalesce(s.requested_unit, ''), coalesce(s.decision, 'none found'), count(*), sum(s.requested_max),
            count(*) {known}, sum(s.requested_max) {known}, sum(s.granted_max) {known}, count(q.most)
        FROM services s LEFT JOIN {limits} WHERE s.requested_max IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"""
    )
    rows = run.rows(
        f"""SELECT s.service_id, s.text, s.decision, s.requested_unit, s.requested_max, s.authorized_before_max,
            CASE WHEN {same} THEN s.granted_max END, q.most, q.quoted
        FROM services s JOIN report_services o ON o.service_id = s.service_id LEFT JOIN {limits}
        WHERE s.requested_max IS NOT NULL
        ORDER BY coalesce(s.decision = 'modified', false) DESC, (q.most IS NOT NULL) DESC, o.row LIMIT {MAX_ROWS}"""
    )
    return Amounts([Unit(*row) for row in units], [Amount(*row) for row in rows], total)


def _compared(unit: str) -> str:
    """Return SQL for a unit under which sessions, visits and treatments are one, as in the audit; none is one too."""
    sessions = ", ".join(f"'{one}'" for one in SESSION_UNITS)
    return f"CASE WHEN {unit} IN ({sessions}) THEN 'session' ELSE coalesce(CAST({unit} AS VARCHAR), '') END"
