"""Requested against granted amounts, with the limits that reviewers quote."""

from __future__ import annotations

from dataclasses import dataclass

from imr_nlp.report.dataset import Run, unit_words

#: Services that the overview lists; the list of services has the rest.
MAX_ROWS = 500


@dataclass(frozen=True, slots=True)
class Amount:
    """The amounts of one service, each the upper end of what the letter says. ``limit`` has the unit of the request."""

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
class Amounts:
    """The amounts of a run: all by unit and decision, and services one by one."""

    units: list[tuple[str, str, int, float, float | None, int]]
    services: list[Amount]
    total: int


def amounts(run: Run) -> Amounts | None:
    """Return the amounts of a run, or None where its tables have none.

    A unit's row: unit, decision, services, sum requested, sum granted (None where none is known), services with a
    quoted limit of that unit.
    """
    if "requested_max" not in run.columns["services"] or "limits" not in run.columns:
        return None
    total = run.rows("SELECT count(*) FROM services WHERE requested_max IS NOT NULL")[0][0]
    if not total:
        return None
    limits = f"""(SELECT service_id, unit, max("max") AS most,
                 string_agg(quote, '; ' ORDER BY place) AS quoted
                 FROM (SELECT service_id, unit, "max", min(position) AS place,
                       concat_ws(', ', regexp_replace(CAST("max" AS VARCHAR), '[.]0$', '') || ' '
                                 || coalesce({unit_words("unit", '"max"')}, ''), guideline) AS quote
                       FROM limits GROUP BY service_id, unit, "max", guideline)
                 GROUP BY service_id, unit) q ON q.service_id = s.service_id AND q.unit = s.requested_unit"""
    units = run.rows(
        f"""SELECT coalesce(s.requested_unit, ''), coalesce(s.decision, 'none found'), count(*), sum(s.requested_max),
            sum(s.granted_max), count(q.most)
        FROM services s LEFT JOIN {limits} WHERE s.requested_max IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"""
    )
    rows = run.rows(
        f"""SELECT s.service_id, s.text, s.decision, s.requested_unit, s.requested_max, s.authorized_before_max,
            s.granted_max, q.most, q.quoted
        FROM services s JOIN report_services o ON o.service_id = s.service_id LEFT JOIN {limits}
        WHERE s.requested_max IS NOT NULL
        ORDER BY coalesce(s.decision = 'modified', false) DESC, (q.most IS NOT NULL) DESC, o.row LIMIT {MAX_ROWS}"""
    )
    return Amounts(units, [Amount(*row) for row in rows], total)
