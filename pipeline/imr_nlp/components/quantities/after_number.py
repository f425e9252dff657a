"""What may follow a number: a rate, a pair, a period or something counted. Read `parser` first."""

from __future__ import annotations

import re
from dataclasses import replace

from imr_nlp.components.quantities.context import QuantityContext
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
    MANY_HOURS,
    MAX_IN_A_DOSE,
    MAX_PROGRAM,
    MAX_REFILLS,
    MAX_SESSIONS,
    MAX_TIMES,
    MAX_WEEKS,
    MIN_AGE,
    MIN_CALENDAR_YEAR,
    MIN_PROGRAM,
    Reading,
    counts_course,
    counts_supplies,
    goes_on_from_moment,
    holds_encounters,
    is_dose,
    is_model,
    is_product,
    names_refills,
)

#: What a reader returns: the quantities found, and where to read on.
Found = tuple[list[Quantity], int]


class AfterNumber:
    """Readers for what a number goes with; each returns None where the number goes with something else."""

    grammar: QuantityPatterns
    context: QuantityContext
    not_alone: frozenset[str]

    def _paced(self, reading: Reading, number: Range) -> Found | None:
        """Read "10 weekly sessions": ten sessions, once a week."""
        g = self.grammar
        pace = g.paced.match(reading.text, number.end)
        if pace is None or not counts_course(g, reading.text, number, pace):
            return None
        times, per = g.adverbs[g.plain(pace["adverb"])]
        times *= float(g.multiples[pace["multiple"]]) if pace["multiple"] else 1.0
        count = number.quantity(SESSION_COUNT, pace.end(), g.unit_of(pace), "paced")
        often = Quantity(FREQUENCY, pace.start("pace"), pace.end("pace"), times, times, per, "paced")
        return [count, often], pace.end()

    def _rate(self, reading: Reading, number: Range, rule: str = "rate") -> Found | None:
        """Read "2 times a week", "3x/wk", "1 time every 3 months", "3 visits per week", "one tablet a day"."""
        g, text = self.grammar, reading.text
        if (rate := g.rate.match(text, number.end)) is not None:
            per, factor = g.period_of(rate)
            return self._frequency(reading, number.quantity(FREQUENCY, rate.end(), per, rule, factor=factor))
        every = g.times_every.match(text, number.end)
        spacing = g.spacing(every) if every is not None else None
        if every is not None and spacing is not None:
            low, high, per = spacing
            values = (number.min * low, number.max * high, per, f"{rule}_every")
            return self._frequency(reading, Quantity(FREQUENCY, number.start, every.end(), *values))
        rate = g.counted_rate.match(text, number.end)
        if rate is not None and (number.max <= MAX_IN_A_DOSE or g.unit_of(rate) in ENCOUNTER_UNITS):
            per, factor = g.period_of(rate)
            return self._frequency(reading, number.quantity(FREQUENCY, rate.end(), per, "counted_rate", factor=factor))
        return None

    def _pair(self, reading: Reading, number: Range) -> Found | None:
        """Read "2x4", "3 x 4", "1 times 6": times a week and weeks, where the letter leaves units out."""
        g, text = self.grammar, reading.text
        cross = g.cross.match(text, number.end)
        weeks = g.range_at(text, cross.end()) if cross is not None else None
        if cross is None or weeks is None or number.max > MAX_TIMES or weeks.max > MAX_WEEKS:
            return None
        if g.more_digits.match(text, weeks.end) or g.measurement.match(text, weeks.end):
            return [], weeks.end
        period = g.period.match(text, weeks.end)
        clear = reading.heading or period is not None
        if not clear and self.context.cue(text, number.start) not in ENCOUNTER_UNITS:
            return [], weeks.end
        unit = g.period_name(period["period"]) if period is not None else "unknown"
        stop = period.end("period") if period is not None else weeks.end
        per = "week" if period is not None else "unknown"
        times = number.quantity(FREQUENCY, cross.end("times"), per, "pair")
        return [times, weeks.quantity(DURATION, stop, unit, "pair")], stop

    def _period(self, reading: Reading, number: Range) -> Found | None:
        """Read "6 weeks", "30-day": how long a treatment runs; an age or a time since something is skipped."""
        g, text = self.grammar, reading.text
        period = g.period.match(text, number.end)
        if period is not None and (count := self._program(reading, number, period)) is not None:
            return count
        if g.measurement.match(text, number.end):
            return [], number.end
        if period is None:
            return None
        stop, unit = period.end("period"), g.period_name(period["period"])
        if unit == "hour" or number.max >= MIN_CALENDAR_YEAR or (unit == "year" and number.min >= MIN_AGE):
            return [], number.end
        quantity = number.quantity(DURATION, stop, unit, "period")
        if reading.heading:
            moment = self.context.is_moment(text, quantity, first=reading.last is None)
            return self._one(quantity) if not moment else ([], stop)
        if holds_encounters(reading, number) or (
            not goes_on_from_moment(reading, number) and self.context.is_course(text, quantity, reading.last_end)
        ):
            return self._one(quantity)
        if (quantity.min, quantity.max, unit) in reading.asked and self.context.may_be_course(text, quantity):
            return self._one(replace(quantity, rule="period_again"))
        reading.moment = stop
        return [], number.end

    def _program(self, reading: Reading, number: Range, period: re.Match[str]) -> Found | None:
        """Read "functional restoration program, 160 hours" or "20 days": how much of the programme there is."""
        unit = self.grammar.period_name(period["period"])
        if unit not in ("hour", "day") or number.max < MIN_PROGRAM[unit] or number.max > MAX_PROGRAM[unit]:
            return None
        text, stop = reading.text, period.end("period")
        if self.grammar.per_after.match(text, stop) is not None:
            return None
        enough = reading.program or number.max >= MANY_HOURS
        told = unit == "hour" and enough and self.context.names_program(text, number.start)
        if not told and not self.context.counts_program(text, number.start, stop):
            return None
        reading.program = True
        return self._one(number.quantity(SESSION_COUNT, stop, "other" if unit == "hour" else unit, "program"))

    def _counted(self, reading: Reading, number: Range) -> Found | None:
        """Read "12 work conditioning sessions", "3 refills", "60 tablets", "an additional 12 physical therapy"."""
        g, text = self.grammar, reading.text
        noun = g.counted.match(text, number.end)
        if noun is None:
            return self._uncounted(reading, number)
        unit = g.unit_of(noun)
        alone = not (noun["between"] or reading.heading) and g.singular_of(noun) in self.not_alone
        if alone and (
            number.max == 1 or not self.context.counts_alone(g.singular_of(noun), text, number.start, noun.end())
        ):
            return None
        if unit == "tablet" and number.max <= MAX_IN_A_DOSE:
            return [], noun.end()
        if number.max == 1 and self.context.is_none(text, number.start):
            return [], noun.end()
        if reading.heading and is_model(g, text, number, noun):
            return [], number.end
        if g.singular_of(noun) in g.supplies and not counts_supplies(g, reading, number, noun):
            return [], number.end
        if reading.heading and is_dose(g, text, number, noun):
            return [], noun.end()
        if reading.heading and unit == "refill" and number.max > MAX_REFILLS:  # "Norco 60 refills 2"
            follows = names_refills(g, reading, number, noun.end(), anyway=False)
            return self._one(number.quantity(SESSION_COUNT, number.end, "tablet", "counted")) if follows else None
        if number.max > MAX_SESSIONS and unit not in ("tablet", "unit"):
            return None
        return self._one(number.quantity(SESSION_COUNT, noun.end(), unit, "counted"))

    def _uncounted(self, reading: Reading, number: Range) -> Found | None:
        """Read "an additional 12 physical therapy"; in a heading also "acupuncture 6", "60 Norco 10/325mg"."""
        g, text = self.grammar, reading.text
        if number.max > MAX_SESSIONS or number.max < 2:
            return None
        if is_product(reading, number):
            start, stop = number.start + 1, number.end - 1  # without the parentheses
            return [number.quantity(SESSION_COUNT, stop, "session", "product", start=start)], number.end
        first = reading.heading and number.start == 0 and number.single and number.max > MAX_IN_A_DOSE
        if first and g.drug_after.match(text, number.end) is not None:
            return self._one(number.quantity(SESSION_COUNT, number.end, "tablet", "before_drug"))
        if (therapy := g.bare_therapy.match(text, number.end)) is not None:
            if not (reading.heading or g.additional_before(text, number.start)):
                return None
            return self._one(number.quantity(SESSION_COUNT, therapy.end(), "session", "before_therapy"))
        if not reading.heading and g.stands_alone.match(text, number.end):
            unit = self.context.goes_on(text, number.start, number.end, reading.encounters)
            if unit is None and self.context.opens_again(text, number.start, number.end, reading.counted):
                unit = reading.counted.unit if reading.counted else None
            return self._one(number.quantity(SESSION_COUNT, number.end, unit, "goes_on")) if unit else None
        if not (reading.heading and number.single and g.closes.match(text, number.end)):
            return None
        if not g.therapy_before(text, number.start):
            return None
        return self._one(number.quantity(SESSION_COUNT, number.end, "session", "after_therapy"))

    # --- shared -----------------------------------------------------------------------------------------------------

    def _frequency(self, reading: Reading, quantity: Quantity) -> Found:
        if not reading.heading and self.context.is_symptom_rate(reading.text, quantity.start):
            return [], quantity.end
        return [quantity], quantity.end

    @staticmethod
    def _one(quantity: Quantity) -> Found:
        return [quantity], quantity.end
