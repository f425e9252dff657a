"""Quantities as letters write them: text in, typed quantities out.

One parser serves the entities of running text and the service headings. Read it in this order: `Quantity`, what is
found; `QuantityParser.find`, the single pass; the ``_read_…`` methods, one for each way a quantity begins. The words
are in ``configs/quantities.yml``, the pieces of grammar that they are built into in
`imr_nlp.components.quantities.grammar`. What a number is followed by is read in
`imr_nlp.components.quantities.after_number`. What a duration belongs to is decided in
`imr_nlp.components.quantities.context`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from imr_nlp.components.quantities.after_number import AfterNumber, Found
from imr_nlp.components.quantities.context import AGAIN, QuantityContext
from imr_nlp.components.quantities.grammar import (
    DURATION,
    FREQUENCY,
    SESSION_COUNT,
    Quantity,
    QuantityPatterns,
    Range,
)
from imr_nlp.components.quantities.reading import (
    ENCOUNTER_UNITS,
    MAX_IN_A_DOSE,
    MAX_REFILLS,
    MAX_SESSIONS,
    MAX_TEETH,
    MIN_TABLETS,
    OptionalPlurals,
    Periods,
    Reading,
    counts_things,
    is_initials,
    names_refills,
    opens_sentence,
)
from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.text.case import lower_case

__all__ = [
    "DURATION",
    "FREQUENCY",
    "SESSION_COUNT",
    "Quantity",
    "QuantityParser",
    "parser_of",
    "shipped_parser",
]


class QuantityParser(AfterNumber):
    """Finds session counts, frequencies and durations in a text.

    Takes the words of ``configs/quantities.yml`` as read from YAML; raises KeyError where a list is missing.
    A parser has no state: it can be shared, and its answers depend on the text alone.

    >>> text = "Physical therapy 2 times a week for six (6) weeks, 12 sessions"
    >>> for found in shipped_parser().find(text):
    ...     print(found.label, repr(text[found.start : found.end]), found.min, found.max, found.unit)
    FREQUENCY '2 times a week' 2.0 2.0 week
    DURATION 'six (6) weeks' 6.0 6.0 week
    SESSION_COUNT '12 sessions' 12.0 12.0 session
    """

    def __init__(self, words: dict[str, Any]) -> None:
        self.grammar = QuantityPatterns(words)
        self.context = QuantityContext(words)
        self.not_alone = frozenset(words["not_alone"])
        self.readers: dict[str, Callable[[Reading, int], Found]] = {
            kind: getattr(self, f"_read_{kind}") for kind in set(self.grammar.begins.values())
        }

    def find(
        self, text: str, start: int = 0, end: int | None = None, *, heading: bool = False, asked: Periods = frozenset()
    ) -> Iterator[Quantity]:
        """Yield the quantities of ``text[start:end]`` in text order.

        None overlaps another, but that a FREQUENCY may stand within a SESSION_COUNT: "10 weekly sessions".

        ``heading`` says that the passage is a request: every duration in it belongs to a treatment. ``asked`` has the
        durations of the letter's requests, which other passages name again. Time is linear in the passage's length.
        """
        written = text[start:end]
        lowered = lower_case(written)
        if "(s)" not in lowered:
            for quantity in self._find(Reading(lowered, heading, written, asked)):
                yield replace(quantity, start=quantity.start + start, end=quantity.end + start)
            return
        one = OptionalPlurals(written)  # "2 refill(s)"
        for quantity in self._find(Reading(lower_case(one.text), heading, one.text, asked)):
            yield replace(quantity, start=one.place(quantity.start) + start, end=one.place(quantity.end) + start)

    def _find(self, reading: Reading) -> Iterator[Quantity]:
        """Yield the quantities of one pass, with offsets into its text."""
        begins = self.grammar.begins
        anchors, behind = self.grammar.anchor_in(reading.text), f" {reading.text}"
        while (anchor := anchors.search(behind, reading.at)) is not None:
            word = anchor.group()[1:]
            kind = "number" if word.isdigit() else begins.get(word) or begins[self.grammar.plain(word)]
            found, position = self.readers[kind](reading, anchor.start())
            reading.at = max(position, anchor.start() + 1)
            for quantity in found:
                reading.last = quantity
                if quantity.label == FREQUENCY:
                    reading.rate = quantity
                if quantity.label == SESSION_COUNT:
                    reading.counted = quantity
                if quantity.label == SESSION_COUNT and quantity.unit in ENCOUNTER_UNITS:
                    reading.encounters = quantity
                yield quantity

    # --- one reader for each way in which a quantity begins: (the pass, where it begins) -> Found ------------------

    def _read_number(self, reading: Reading, at: int) -> Found:
        """Read what begins with a number: a rate, a pair, a duration or something counted."""
        g, text = self.grammar, reading.text
        number = g.range_at(text, at)
        if number is None or g.is_inside_number(text, at):
            return [], at + 1
        if g.is_fraction(text, at):
            return [], number.end
        stop = number.end
        part = g.part_of.match(text, stop) if number.single else None  # "4/6 treatments", "5 of 6 sessions"
        if part is not None:
            noun = g.counted.match(text, part.end())
            if noun is not None and g.unit_of(noun) in ENCOUNTER_UNITS:
                both = g.allotted.search(noun["between"]) is not None  # "5 of 9 authorized visits": two counts
                end, rule = (stop, "count_part_of_allotted") if both else (noun.end(), "count_part_of")
                return self._one(number.quantity(SESSION_COUNT, end, g.unit_of(noun), rule))
        part = g.part_of_the.match(text, stop) if number.single else None  # "14 of her 20 visits": both count visits
        if part is not None:
            noun = g.counted.match(text, part.end())
            if noun is not None and g.unit_of(noun) in ENCOUNTER_UNITS:
                return self._one(number.quantity(SESSION_COUNT, stop, g.unit_of(noun), "count_part_of_the"))
        if g.more_digits.match(text, stop) or (
            self.context.is_label(text, at)
            and not (opens_sentence(g, text, number) or g.times_behind.match(text, stop))
        ):
            return [], stop
        for read in (self._paced, self._rate, self._pair, self._period, self._counted):
            if (found := read(reading, number)) is not None:
                return found
        return [], stop

    def _read_hash(self, reading: Reading, at: int) -> Found:
        """Read "#60", "#1 box", "#60 grams"; not "Tylenol #3", "visit #3" or tooth "#19"."""
        if not reading.heading and self.context.is_ordinal(reading.text, at):
            return [], at
        number = self.grammar.range_at(reading.text, at + 1)
        if number is not None and number.max <= MAX_TEETH:
            if reading.teeth is None:
                reading.teeth = self.context.names_teeth(reading.text)
            if reading.teeth and self.context.is_tooth(reading.text, at):
                return [], at
        return self._bare(reading, at, self.grammar.hash.match(reading.text, at), "hash")

    def _read_quantity(self, reading: Reading, at: int) -> Found:
        """Read "QTY: 3" as a whole; of "with a quantity of 60" only the number."""
        opening = self.grammar.quantity.match(reading.text, at)
        start = at
        if opening is not None and opening.group().rstrip().endswith("of"):
            article = reading.text[max(0, at - 3) : at].split() or [""]
            start = opening.end() if article[-1] == "a" else at
        return self._bare(reading, start, opening, "quantity_word")

    def _read_supplied(self, reading: Reading, at: int) -> Found:
        """Read "No. 60", "Disp: 60" of a drug in a request; not "Tylenol No. 3", "dispense one month supply"."""
        opening = self.grammar.supplied.match(reading.text, at) if reading.heading else None
        cue = self.context.cue(reading.text, at)
        if opening is None or not (cue in ("tablet", "unit") or opening["word"] in self.grammar.dispensed):
            return [], at
        number = self.grammar.range_at(reading.text, opening.end())
        if number is None or self.grammar.period.match(reading.text, number.end):
            return [], opening.end()
        return self._bare(reading, at, opening, "supplied")

    def _read_total(self, reading: Reading, at: int) -> Found:
        """Read "for a total of 18", "a series of 3"; what names its unit is read as any other number."""
        opening = self.grammar.total.match(reading.text, at)
        number = self.grammar.range_at(reading.text, opening.end()) if opening else None
        if opening is None or number is None or not self.grammar.stands_alone.match(reading.text, number.end):
            return [], opening.end() if opening else at
        unit = self.context.cue(reading.text, at) or ("session" if reading.heading else None)
        if unit is None and reading.encounters is not None and at - reading.encounters.end <= AGAIN:
            unit = reading.encounters.unit
        if unit is None and self.context.counts_alone("block", reading.text, at, number.end):
            unit = "injection" if opening.group().startswith("series") else None
        if unit is None:
            return [], number.end
        return self._one(number.quantity(SESSION_COUNT, number.end, unit, "total"))

    def _read_by(self, reading: Reading, at: int) -> Found:
        """Read "x 12", "times 3" after the name of a therapy or test; "x 6 weeks", "x6 visits" as the number."""
        opening = self.grammar.by.match(reading.text, at)
        number = self.grammar.range_at(reading.text, opening.end()) if opening else None
        if opening is None or number is None:
            return [], at
        if not self.grammar.stands_alone.match(reading.text, number.end):
            return self._read_number(reading, number.start)
        last = reading.last
        follows = last is not None and last.label == FREQUENCY and at - last.end <= 2
        if last is not None and follows and last.unit != "year":  # "2 times a week x 6"; "quarterly x 4" is four times
            return self._one(number.quantity(DURATION, number.end, last.unit, "rate_by"))
        cue = self.context.cue(reading.text, at) or ("other" if reading.heading else None)
        if cue is None or number.max > MAX_SESSIONS or self.context.not_times(reading.text, at):
            return [], number.end
        return self._one(number.quantity(SESSION_COUNT, number.end, cue, "times", start=at))

    def _read_stretch(self, reading: Reading, at: int) -> Found:
        """Read "sessions for the lumbar spine #6": the noun, a passage, then the number."""
        opening = self.grammar.stretch.match(reading.text, at)
        number = self.grammar.range_at(reading.text, opening.end()) if opening else None
        if opening is None or number is None or number.max > MAX_SESSIONS:
            return [], at
        if self.context.is_in_all(reading.text, number.end) or self.context.is_label(reading.text, number.start):
            return [], at
        if not self.grammar.stands_alone.match(reading.text, number.end):
            return [], at
        if opening["bare"] and not self.grammar.closes.match(reading.text, number.end):
            return [], at
        unit = self.grammar.unit_of(opening)
        return self._one(number.quantity(SESSION_COUNT, number.end, unit, "noun_then_number", start=at))

    def _read_worded(self, reading: Reading, at: int) -> Found:
        """Read "tablets, ninety", "wrist splints (2)" in a request: how many, behind the noun."""
        g, text = self.grammar, reading.text
        opening = g.worded.match(text, at) if reading.heading else None
        number = g.range_at(text, opening.end()) if opening else None
        if opening is None or number is None or not g.stands_alone.match(text, number.end):
            return [], at
        unit = g.unit_of(opening)
        if unit == "tablet" and number.max <= MAX_IN_A_DOSE:
            return [], at
        if (unit == "unit" or text[opening.end()].isdigit()) and not counts_things(g, text, opening, number):
            return [], at
        return self._one(number.quantity(SESSION_COUNT, number.end, unit, "worded"))

    def _read_supply(self, reading: Reading, at: int) -> Found:
        """Read "days' supply 30"."""
        opening = self.grammar.supply.match(reading.text, at)
        number = self.grammar.range_at(reading.text, opening.end()) if opening else None
        if number is None:
            return [], at
        return self._one(number.quantity(DURATION, number.end, "day", "days_supply", start=at))

    def _read_one(self, reading: Reading, at: int) -> Found:
        """Read "at least a month", "a dozen"."""
        match = self.grammar.one.match(reading.text, at)
        if match is None and self.grammar.range_at(reading.text, at) is not None:
            return self._read_number(reading, at)
        if match is None:
            return [], at
        if not (self.context.runs_before(reading.text, at) or self.context.is_treatment(reading.text, match.end())):
            return [], at
        unit = self.grammar.period_name(match["period"])
        quantity = Quantity(DURATION, at, match.end(), 1.0, 1.0, unit, "one_period")
        if unit == "hour" or not self.context.is_course(reading.text, quantity, reading.last_end):
            return [], match.end()
        return self._one(quantity)

    def _read_adverb(self, reading: Reading, at: int) -> Found:
        """Read "daily", "weekly", "b.i.d.", "b.i.d. to t.i.d."; not "activities of daily living"."""
        g, text = self.grammar, reading.text
        match = g.adverb.match(text, at)
        if match is not None and is_initials(g, reading, match):
            return [], match.end()
        if match is None or self.context.is_idle_adverb(text, at, match.end()):
            return [], at
        count, per = g.adverbs[g.plain(match.group())]
        other = g.adverb_to.match(text, match.end())
        most, same = g.adverbs[g.plain(other["adverb"])] if other is not None else (count, per)
        if other is None or same != per or most <= count:
            return self._frequency(reading, Quantity(FREQUENCY, at, match.end(), count, count, per, "adverb"))
        return self._frequency(reading, Quantity(FREQUENCY, at, other.end(), count, most, per, "adverb_range"))

    def _read_multiple(self, reading: Reading, at: int) -> Found:
        """Read "once a week", "twice daily", "once every four years"."""
        g = self.grammar
        word = g.multiple.match(reading.text, at)
        if word is None:
            return [], at
        count = float(g.multiples[word.group()])
        number = Range(at, word.end(), count, count)
        return self._rate(reading, number, "multiple") or ([], word.end())

    def _read_every(self, reading: Reading, at: int) -> Found:
        """Read "every 3 months", "every other week", "q4-6h"."""
        latin = self._read_adverb(reading, at)
        if latin[0] or latin[1] > at:  # "q.h.s." is no "every hour"
            return latin
        match = self.grammar.times_every.match(reading.text, at)
        spacing = self.grammar.spacing(match) if match is not None else None
        if match is None or spacing is None:
            return [], at
        return self._frequency(reading, Quantity(FREQUENCY, at, match.end(), *spacing, "every"))

    # --- shared -----------------------------------------------------------------------------------------------------

    def _bare(self, reading: Reading, at: int, opening: Any, rule: str) -> Found:
        """Read a number after "#" or "QTY"; its unit is that of the noun after it, or of the nearest cue before it."""
        g, text = self.grammar, reading.text
        number = g.range_at(text, opening.end()) if opening is not None else None
        if number is None or g.more_digits.match(text, number.end):
            return [], at
        if self.context.is_label(text, at):
            return [], number.end
        measure, noun = g.measure_counted.match(text, number.end), g.counted.match(text, number.end)
        if measure is not None:
            stop, unit = measure.end(), "other"
        elif noun is not None and not (g.unit_of(noun) == "refill" and names_refills(g, reading, number, noun.end())):
            stop, unit = noun.end(), g.unit_of(noun)
            at = at if rule == "hash" else number.start
        else:
            stop, unit = number.end, self.context.supply(text, number.start) or self.context.default_cue
            if unit == "refill" and number.max > MAX_REFILLS:
                unit = self.context.default_cue
            if unit == "tablet" and number.max < MIN_TABLETS:
                unit = "unit"
        return self._one(number.quantity(SESSION_COUNT, stop, unit, rule, start=at))


@lru_cache(maxsize=8)
def parser_of(path: str | Path) -> QuantityParser:
    """Return the parser of one words file (relative to ``configs/``), built once a process.

    Raises ConfigError where the file is missing, lacks a list, or holds a bare ``no`` or ``on``, which YAML reads as
    true and false.
    """
    words = read_yaml(path, "quantities.yml")
    if (where := _not_a_word(words)) is not None:
        raise ConfigError(f'{path}: {where}: put yes, no, on and off in quotes ("no")')
    try:
        return QuantityParser(words)
    except KeyError as error:
        raise ConfigError(f"{path}: the list {error} is missing") from error


def _not_a_word(words: Any, where: str = "") -> str | None:
    """Return the name of the first list that holds true or false, or None."""
    if isinstance(words, bool):
        return where
    inside = (
        words.items() if isinstance(words, dict) else ((where, w) for w in words) if isinstance(words, list) else ()
    )
    return next((found for name, word in inside if (found := _not_a_word(word, str(name))) is not None), None)


def shipped_parser() -> QuantityParser:
    """Return the parser of the shipped words."""
    return parser_of("quantities.yml")
