"""Amounts of a request: how much was asked for, authorized before the review and granted by it, and a drug's supply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from imr_nlp.text.numbers import number_words, plain

#: An amount of the record: ``{"min", "max", "unit"}``.
Amount = dict[str, Any]
_REFILL = "refill"
_WORDS = number_words()
_NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(_WORDS)})"
_SUPPLY = re.compile(
    rf"\b{_NUMBER}(?:[\s-]*\(\d{{1,3}}\))?[\s-]*(?P<unit>days?|weeks?|months?)(?:'s|'|s')?[\s-]*(?:supply|prescription)\b",
    re.IGNORECASE,
)
_DAYS = {"day": 1, "week": 7, "month": 30}


def days_supply(request: str) -> int | None:
    """Return for how many days a request asks for a drug; None where it does not say.

    >>> days_supply("Norco 10/325 mg #60, 30 day supply"), days_supply("one month supply of Lyrica")
    (30, 30)
    >>> days_supply("Soma 350mg #90") is None
    True
    """
    found = _SUPPLY.search(request)
    if found is None:
        return None
    number = int(found["number"]) if found["number"].isdigit() else _WORDS[found["number"].lower()]
    return number * _DAYS[found["unit"].lower().rstrip("s")] or None


def amount_of(quantities: Iterable[Mapping[str, Any]]) -> Amount | None:
    """Return the amount that the first of some quantities states; refills do not count, a range keeps both ends.

    >>> amount_of([{"min": 8, "max": 12, "unit": "visit"}])
    {'min': 8, 'max': 12, 'unit': 'visit'}
    """
    for found in quantities:
        if found.get("min") is not None and found.get("unit") != _REFILL:
            return {"min": found["min"], "max": found["max"], "unit": found.get("unit")}
    return None


def implied_amount(known: Mapping[str, Any]) -> Amount | None:
    """Return the amount of a service from its own fields, where no quantity states one.

    >>> implied_amount({"implied_sessions": 12, "frequency": {"min": 2, "max": 3}, "duration": {"min": 4, "max": 4}})
    {'min': 8, 'max': 12, 'unit': 'session'}
    """
    most = known.get("implied_sessions")
    if most is not None:
        often, long = known.get("frequency"), known.get("duration")
        share = 1.0
        if often and long and often["max"] and long["max"]:
            share = often["min"] * long["min"] / (often["max"] * long["max"])
        least = most * share
        return {"min": plain(least), "max": most, "unit": "session"}
    if (sessions := known.get("sessions")) is not None:
        return {"min": sessions, "max": sessions, "unit": "session"}
    if (count := known.get("count")) is not None:
        return {"min": count, "max": count, "unit": "unit"}
    return None


def granted_amount(decision: str, at_issue: Amount | None) -> Amount | None:
    """Return what the review grants of the amount at issue: all of it, nothing, or None where that is not known.

    >>> granted_amount("overturned", {"min": 6, "max": 6, "unit": "visit"})
    {'min': 6, 'max': 6, 'unit': 'visit'}
    >>> granted_amount("upheld", {"min": 6, "max": 6, "unit": "visit"})
    {'min': 0, 'max': 0, 'unit': 'visit'}
    """
    if at_issue is None or decision not in ("overturned", "upheld"):
        return None
    return dict(at_issue) if decision == "overturned" else {"min": 0, "max": 0, "unit": at_issue["unit"]}
