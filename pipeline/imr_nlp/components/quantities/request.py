"""The quantities of one request, as a service heading states them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from imr_nlp.components.quantities.grammar import Quantity, one_of
from imr_nlp.components.quantities.parser import DURATION, FREQUENCY, SESSION_COUNT, parser_of
from imr_nlp.config import read_yaml
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.numbers import plain

SHIPPED = "quantities.yml"
_TO = re.compile(r"\s?\bto\b\s?", re.IGNORECASE)
_LEADING_POINT = re.compile(r"(?<!\d)\.(?=\d)")


@dataclass(frozen=True, slots=True)
class RequestQuantities:
    """What a request says of amounts; None where it says nothing.

    ``sessions`` is a stated number; ``implied_sessions`` is the most that frequency and duration allow, given only
    where no number is stated. ``count`` is a number of tablets, tests or things. ``frequency`` and ``duration`` are
    as in the record: ``{"min", "max", "per"}`` and ``{"min", "max", "unit"}``.
    """

    sessions: int | None = None
    implied_sessions: int | None = None
    frequency: Mapping[str, Any] | None = None
    duration: Mapping[str, Any] | None = None
    count: int | None = None
    strength: str | None = None
    refills: int | None = None


def request_quantities(text: str, words: str | Path = SHIPPED) -> RequestQuantities:
    """Return the quantities of a request's text.

    >>> request_quantities("Physical therapy, 1-2 times per week for 4 weeks").implied_sessions
    8
    >>> found = request_quantities("Naproxen 550mg #60 with 2 refills"); found.count, found.strength, found.refills
    (60, '550 mg', 2)
    """
    text = " ".join(text.split())
    request = _request(words)
    found = list(parser_of(words).find(text, heading=True))
    counts = [quantity for quantity in found if quantity.label == SESSION_COUNT]
    sessions = _stated(q for q in counts if q.unit in request.session_units)
    refills = _stated(q for q in counts if q.unit == "refill")
    count = _stated(q for q in counts if q.unit not in request.session_units and q.unit != "refill")
    frequency = _first(found, FREQUENCY)
    duration = _first(found, DURATION)
    rate = _range(frequency, "per", request.pair["per"])
    length = _range(duration, "unit", request.pair["unit"])
    strength = request.strength_of(text)
    implied = None
    if not (counts or strength) and rate and length:
        implied = _all_phases(found, text, request) if len(found) > 2 else _implied(rate, length)
    if refills is None and request.no_refills.search(text):
        refills = 0
    return RequestQuantities(sessions, implied, rate, length, count, strength, refills)


def _all_phases(found: list[Quantity], text: str, request: _Request) -> int | None:
    """Return the sessions of all phases of a course ("3 times a week for 4 weeks, then once a week for 2 weeks").

    Each phase is a frequency and a duration, in either order. None where one phase isn't joined to the one before it,
    or where frequencies without a duration of their own differ.
    """
    phases = list(zip(found[::2], found[1::2], strict=False))
    if len(found) % 2 or any({first.label, second.label} != {FREQUENCY, DURATION} for first, second in phases):
        if len({(q.min, q.max, q.unit) for q in found if q.label == FREQUENCY}) > 1:
            return None
        return _implied_by(_first(found, FREQUENCY), _first(found, DURATION), request)
    total: int | None = 0
    before: tuple[Quantity, Quantity] | None = None
    for phase in phases:
        rate, length = phase if phase[0].label == FREQUENCY else phase[::-1]
        if before is not None and not request.goes_on(text[before[1].end : phase[0].start], _same(before, phase)):
            return None
        part = _implied_by(rate, length, request)
        if part is None or total is None:
            return None
        total, before = total + part, phase
    return total


def _same(one: tuple[Quantity, Quantity], other: tuple[Quantity, Quantity]) -> bool:
    """Whether two phases say the same: the second may only repeat the first."""
    return {(q.label, q.min, q.max, q.unit) for q in one} == {(q.label, q.min, q.max, q.unit) for q in other}


def _implied_by(rate: Quantity | None, length: Quantity | None, request: _Request) -> int | None:
    """Return the sessions of one frequency and one duration."""
    often, long = _range(rate, "per", request.pair["per"]), _range(length, "unit", request.pair["unit"])
    return _implied(often, long) if often and long else None


class _Request:
    def __init__(self, words: dict[str, Any]) -> None:
        self.session_units = frozenset(words["implied"]["sessions"])
        self.pair: dict[str, str] = words["implied"]["pair"]
        self._next_phase = compile_pattern(rf"\b{one_of(words['next_phase'])}\b", re.IGNORECASE)
        joints = one_of([*words["next_phase"], *words["joins_phases"]])
        self._only_joints = compile_pattern(rf"\s{{0,2}}(?:{joints}\s{{0,2}}){{1,5}}", re.IGNORECASE)
        self.no_refills = compile_pattern(rf"\b{one_of(words['no_refills'])}\s{{1,2}}refills?\b", re.IGNORECASE)
        unit = one_of(words["strengths"])
        # "7.5", ".5", "7. 5", "7 .5": a blank may stand at the point
        figure = r"(?:\d{1,4}\.\s\d{1,4}(?!\d)|\d{1,3}\s\.\d{1,4}(?!\d)|\d[\d.,]{0,9}|\.\d{1,4})"
        # "7.5mg", "10/325 mg", "7.5-325mg", ".5-1mg", ".5 to 1 mg", "4%-27.5%-0.0325%"
        self._strength = compile_pattern(
            rf"(?<![\w.#])(?P<value>{figure}(?:\s?(?:[/-]|\bto\b)\s?{figure}){{0,3}})\s?(?P<unit>{unit})(?![A-Za-z])"
            rf"(?P<more>(?:\s?(?:[/-]|\bto\b)\s?(?:\d|\.(?=\d))[\d.]{{0,8}}\s?{unit}(?![A-Za-z])){{0,5}})",
            re.IGNORECASE,
        )

    def goes_on(self, between: str, same: bool) -> bool:
        """Whether the words between two phases make the second follow the first; ``same`` says that they are equal."""
        if self._next_phase.search(between):
            return True
        return not same and self._only_joints.fullmatch(between) is not None

    def strength_of(self, text: str) -> str | None:
        """Return the strengths of a text as the record writes them, or None."""
        found = []
        for match in self._strength.finditer(text):
            unit, more = match["unit"].lower(), match["more"]
            value = _LEADING_POINT.sub("0.", _TO.sub("-", match["value"]).replace(" ", ""))
            more = _LEADING_POINT.sub("0.", _TO.sub("-", more))
            if unit != "%" and (figures := self._one_unit(more, unit)) is not None:
                value, more = value + figures, ""  # "5mg/325mg" is 5/325 mg
            found.append(f"{value}{'' if unit == '%' else ' '}{unit}{more}")
        return "; ".join(found) or None

    def _one_unit(self, more: str, unit: str) -> str | None:
        """Return further strengths without their unit; None where it isn't always the same."""
        figures = re.sub(rf"\s?{re.escape(unit)}(?![a-z/])", "", more, flags=re.IGNORECASE).replace(" ", "")
        return figures if not re.search(r"[a-z%]", figures, re.IGNORECASE) else None


@lru_cache(maxsize=8)
def _request(words: str | Path) -> _Request:
    return _Request(read_yaml(words, "quantities.yml"))


def _stated(quantities: Any) -> int | None:
    """Return the first single number; a range states none."""
    return next((int(q.min) for q in quantities if q.min == q.max), None)


def _first(found: list[Quantity], label: str) -> Quantity | None:
    return next((quantity for quantity in found if quantity.label == label), None)


def _range(quantity: Quantity | None, key: str, unknown: str) -> dict[str, Any] | None:
    if quantity is None:
        return None
    unit = unknown if quantity.unit == "unknown" else quantity.unit
    return {"min": plain(quantity.min), "max": plain(quantity.max), key: unit}


_DAYS = {"day": 1, "week": 7}


def _implied(rate: Mapping[str, Any], length: Mapping[str, Any]) -> int | None:
    """Return the most sessions that the frequency allows in the time, or None where their units don't divide."""
    per, unit = rate["per"], length["unit"]
    if per == unit:
        periods = float(length["max"])
    elif per in _DAYS and unit in _DAYS:
        periods = length["max"] * _DAYS[unit] / _DAYS[per]
    elif (per, unit) == ("month", "year"):
        periods = length["max"] * 12.0
    else:
        return None
    total = rate["max"] * periods
    return int(total) if total == int(total) else None
