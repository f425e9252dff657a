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
from imr_nlp.components.quantities.reading import OptionalPlurals
from imr_nlp.config import read_yaml
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.numbers import number_words, plain, spelled_number, value_of

SHIPPED = "quantities.yml"
_TO = re.compile(r"\s?\bto\b\s?", re.IGNORECASE)
_LEADING_POINT = re.compile(r"(?<!\d)\.(?=\d)")


@dataclass(frozen=True, slots=True)
class Span:
    """A phase with numbered ends: "weeks 5 to 8"."""

    start: int
    end: int
    low: int
    high: int
    unit: str


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
    text = OptionalPlurals(" ".join(text.split())).text
    request = _request(words)
    found = request.without_restated(list(parser_of(words).find(text, heading=True)), text)
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
    elif not (counts or strength or length) and rate:
        implied = _numbered_phases(found, request.spans(text), request)
    if refills is None:
        refills = request.refills_of(text)
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


def _numbered_phases(found: list[Quantity], spans: list[Span], request: _Request) -> int | None:
    """Return the sessions of phases with numbered ends ("weeks 1 to 4 daily, weeks 5 to 8 once a week").

    None where a phase has no frequency beside it, or doesn't begin where the one before it ended.
    """
    whole = len(spans) > 1 or any(span.high > span.low for span in spans)  # not "twice a week from week 1"
    if not whole or len(spans) != len(found) or any(quantity.label != FREQUENCY for quantity in found):
        return None
    total, last = 0, 0
    first = spans[0].start < found[0].start
    for n, (rate, span) in enumerate(zip(found, spans, strict=True)):
        one, other = (span, rate) if first else (rate, span)
        stop = min(found[n + 1].start, spans[n + 1].start) if n + 1 < len(found) else other.end
        if one.end > other.start or other.end > stop or span.low != last + 1 or span.high < span.low:
            return None
        often = _range(rate, "per", request.pair["per"])
        part = _implied(often, {"max": span.high - span.low + 1, "unit": span.unit}) if often else None
        if part is None:
            return None
        total, last = total + part, span.high
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
        named = rf"(?:(?:a|the|in|during)\s){{0,2}}{one_of(words['phase_orders'])}\s{one_of(words['phases'])}"
        numbered = rf"{one_of(words['phases'])}\s(?:\d|[ivx]{{1,3}}|two|three|four)"
        joints = one_of([*words["next_phase"], *words["joins_phases"]])
        joints = rf"(?:{joints}|(?:{named}|{numbered})\b(?:\s?(?:[:,=-]|of\b|with\b|at\b))?)"
        self._only_joints = compile_pattern(rf"\s{{0,2}}(?:{joints}\s{{0,2}}){{1,5}}", re.IGNORECASE)
        restates = one_of(words["restates"])
        self._restates = compile_pattern(rf"\s?(?:[,;:(]\s?)?(?:\(|{restates},?)\s?", re.IGNORECASE)
        self._refills(words)
        self._values = number_words(words["numbers"])
        number = rf"(?:\d{{1,2}}|{spelled_number(words['numbers'])})"
        periods = [name for name in words["periods"] if name not in ("hour", "day")]
        forms = one_of(form for name in periods for form in words["periods"][name])
        self._periods = {form: name for name in periods for form in words["periods"][name]}
        # "weeks 1 to 4", "week one"
        self._span = compile_pattern(
            rf"\b(?P<unit>{forms})s?\.?\s(?P<low>{number})(?:\s?{one_of(words['through'])}\s?(?P<high>{number}))?(?![\w/]|\s?x)",
            re.IGNORECASE,
        )
        self._strength_names: dict[str, str] = words["strength_names"]
        units = one_of([*words["strengths"], *self._strength_names])
        # A strength in words, or its unit: "two hundred (200) mg", "fifty milligrams", "300 milligram"
        self._worded_strength = compile_pattern(
            rf"(?:\b(?P<words>{spelled_number(words['numbers'])})(?:\s?\([\d.]{{1,6}}\))?[\s-]{{0,2}}(?P<unit>{units})"
            rf"|(?<=\d)[\s-]?(?P<name>{one_of(self._strength_names)}))(?![A-Za-z])",
            re.IGNORECASE,
        )
        unit = one_of(words["strengths"])
        # "7,5 mg", "0,25 mg", "7,5/325 mg"; not "1,000 mg", nor the list "5,10 mg"
        self._decimal_comma = compile_pattern(
            rf"(?<![\d.,])(\d{{1,2}}),(\d|[27]5)(?=\s?{unit}(?![A-Za-z])|/\d)", re.IGNORECASE
        )
        # "7.5", ".5", "7. 5", "7 .5": a blank may stand at the point
        figure = r"(?:\d{1,4}\.\s\d{1,4}(?!\d)|\d{1,3}\s\.\d{1,4}(?!\d)|\d[\d.,]{0,9}|\.\d{1,4})"
        # "7.5mg", "10/325 mg", "7.5-325mg", ".5-1mg", ".5 to 1 mg", "4%-27.5%-0.0325%"
        self._strength = compile_pattern(
            rf"(?<![\w.#])(?<!\s\.\s)(?P<value>{figure}(?:\s?(?:[/-]|\bto\b)\s?{figure}){{0,3}})\s?(?P<unit>{unit})(?![A-Za-z])"
            rf"(?P<more>(?:\s?(?:[/-]|\bto\b)\s?(?:\d|\.(?=\d))[\d.]{{0,8}}\s?{unit}(?![A-Za-z])){{0,5}})",
            re.IGNORECASE,
        )

    def _refills(self, words: dict[str, Any]) -> None:
        """Compile what says how often a drug is refilled, without a number before "refills"."""
        after = one_of(words["no_refills_after"])
        self._no_refills = compile_pattern(
            rf"\b(?:{one_of(words['no_refills'])}\s{{1,2}}refills?|{one_of(words['not_refilled'])}"
            rf"|refills?\s?[:=-]?\s?{after}\b(?=\s?(?:[,;)]|\.(?!\s?\d)|\Z)))",
            re.IGNORECASE,
        )
        self._one_refill = compile_pattern(rf"\b{one_of(words['one_refill'])}\s{{1,2}}refill\b", re.IGNORECASE)
        number = rf"(?:\d{{1,2}}|{spelled_number(words['numbers'])})"
        self._multiples: dict[str, int] = words["multiples"]
        # "be refilled twice", "refillable up to three (3) times"; not "refilled twice a month"
        self._refilled = compile_pattern(
            rf"\b{one_of(words['refilled'])}\s(?:up\sto\s)?"
            rf"(?:(?P<multiple>{one_of(self._multiples)})|(?P<times>{number})(?:\s?\([\w ]{{1,12}}\))?\s?(?:x\b|times)"
            rf"|x\s?(?P<by>{number}))\b(?!\s(?:a|an|per|each|every|daily|weekly|monthly|yearly)\b|\s?[/-])",
            re.IGNORECASE,
        )

    def refills_of(self, text: str) -> int | None:
        """Return the refills that a text states in other words than a number before or behind "refills"."""
        if self._no_refills.search(text):
            return 0
        if self._one_refill.search(text):
            return 1
        match = self._refilled.search(text)
        if match is None:
            return None
        if match["multiple"]:
            return self._multiples[match["multiple"].lower()]
        return int(value_of((match["times"] or match["by"]).lower(), self._values))

    def spans(self, text: str) -> list[Span]:
        """Return the phases with numbered ends."""
        found = []
        for match in self._span.finditer(text):
            low = int(value_of(match["low"].lower(), self._values))
            high = int(value_of(match["high"].lower(), self._values)) if match["high"] else low
            found.append(Span(*match.span(), low, high, self._periods[match["unit"].lower()]))
        return found

    def without_restated(self, found: list[Quantity], text: str) -> list[Quantity]:
        """Drop a frequency and a duration that say the first pair again: "twice a week for 6 weeks (2x6)"."""
        if [quantity.label for quantity in found[:4]] != [FREQUENCY, DURATION] * 2 or not self._restates.fullmatch(
            text[found[1].end : found[2].start]
        ):
            return found
        same = self._known(found[0]) == self._known(found[2]) and self._known(found[1]) == self._known(found[3])
        return found[:2] + found[4:] if same else found

    def _known(self, quantity: Quantity) -> tuple[float, float, str]:
        """Return the values of a quantity, its unit as a request means it."""
        key = "per" if quantity.label == FREQUENCY else "unit"
        return quantity.min, quantity.max, self.pair[key] if quantity.unit == "unknown" else quantity.unit

    def goes_on(self, between: str, same: bool) -> bool:
        """Whether the words between two phases make the second follow the first; ``same`` says that they are equal."""
        if self._next_phase.search(between):
            return True
        return not same and self._only_joints.fullmatch(between) is not None

    def strength_of(self, text: str) -> str | None:
        """Return the strengths of a text as the record writes them, or None."""
        found = []
        text = self._decimal_comma.sub(r"\1.\2", self._worded_strength.sub(self._in_figures, text))
        for match in self._strength.finditer(text):
            unit, more = match["unit"].lower(), match["more"]
            value = _LEADING_POINT.sub("0.", _TO.sub("-", match["value"]).replace(" ", ""))
            more = _LEADING_POINT.sub("0.", _TO.sub("-", more))
            if unit != "%" and (figures := self._one_unit(more, unit)) is not None:
                value, more = value + figures, ""  # "5mg/325mg" is 5/325 mg
            found.append(f"{value}{'' if unit == '%' else ' '}{unit}{more}")
        return "; ".join(found) or None

    def _in_figures(self, match: re.Match[str]) -> str:
        """Return a strength in figures with its short unit: "fifty milligrams" is "50 mg"."""
        written = match["unit"] or match["name"]
        unit = self._strength_names.get(written.lower(), written)
        return f"{value_of(match['words'].lower(), self._values):g} {unit}" if match["words"] else f" {unit}"

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
