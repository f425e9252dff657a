"""Checks of dates, the case number and the worker's age."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from imr_nlp.audit.completeness import field
from imr_nlp.audit.view import Finding, LetterView, Place

_CASE_YEAR = re.compile(r"[A-Z]{2}(\d{2})-")


def dates_in_order(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find dates that contradict their order; ``order`` lists fields of the letter, the earliest first."""
    known = [(path, day) for path in settings["order"] if (day := _day(view, path))]
    for (earlier, first), (later, second) in combinations(known, 2):
        if first > second:
            places = [place for path in (earlier, later) if (place := view.fact(_name(path)))]
            words = {"earlier": _name(earlier).replace("_", " "), "later": _name(later).replace("_", " ")}
            yield Finding(None, tuple(places), words)


def case_year(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find case numbers whose year does not fit the dates.

    It is more than a year from the application, the assignment or the decision, or earlier than the denial.
    """
    number = view.letter.case.case_number
    match = _CASE_YEAR.match(number or "")
    if match is None:
        return
    year = 2000 + int(match[1])
    for path in ("case.application_received", "case.date_assigned", "case.decision_date"):
        day = _day(view, path)
        if day and not year - 1 <= day.year <= year + 1:
            places: list[Place] = [place for name in ("case_number", _name(path)) if (place := view.fact(name))]
            yield Finding(None, tuple(places), {})
            return
    denied = _day(view, "case.ur_denial_date")
    if denied and denied.year > year:
        earlier = [place for name in ("case_number", "ur_denial_date") if (place := view.fact(name))]
        yield Finding(None, tuple(earlier), {})


def age(view: LetterView, settings: dict[str, Any]) -> Iterator[Finding]:
    """Find workers who were younger than ``youngest`` years when injured, or are older than ``oldest``.

    Only a letter with a date of injury is about an injured worker: other programmes decide on children too.
    """
    years = view.letter.patient.age
    if years is None:
        return
    injured, decided = _day(view, "case.date_of_injury"), _day(view, "case.decision_date")
    since = (decided - injured).days / 365.25 if injured and decided and decided > injured else 0.0
    too_young = injured is not None and years - since < settings["youngest"] - 1
    if too_young or years > settings["oldest"]:
        places = [place for name in ("age", "date_of_injury") if (place := view.fact(name))]
        yield Finding(None, tuple(places), {})


def _name(path: str) -> str:
    return path.rpartition(".")[2]


def _day(view: LetterView, path: str) -> datetime.date | None:
    """Return a date of the record; None where it is absent or no calendar has it."""
    try:
        return datetime.date.fromisoformat(str(field(view.letter, path) or ""))
    except ValueError:
        return None
