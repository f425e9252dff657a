"""Where the pass over a passage stands, and what a number goes with there. Read `parser` first."""

from __future__ import annotations

from dataclasses import dataclass

from imr_nlp.components.quantities.grammar import DURATION, Quantity, QuantityPatterns, Range

#: More refills than a prescription has: the number counts tablets.
MAX_REFILLS = 12
#: A count above this is a year, a code or a case number, except for tablets.
MAX_SESSIONS = 200
#: "two tablets" is a dose, "30 tablets" a supply.
MAX_IN_A_DOSE = 4
#: "#1" after a drug is a tube, a pack or a bottle.
MIN_TABLETS = 3
#: In "2x4" the first number is times a week, the second weeks.
MAX_TIMES, MAX_WEEKS = 7, 52
#: Units that are an encounter with someone; all others are things.
ENCOUNTER_UNITS = frozenset({"session", "visit", "treatment", "injection"})
#: A duration longer than this is a calendar year.
MIN_CALENDAR_YEAR = 1900


@dataclass(slots=True)
class Reading:
    """The pass over one passage: its text in lower case, where it reads and what it found last."""

    text: str
    heading: bool
    at: int = 0
    last: Quantity | None = None
    rate: Quantity | None = None  # the last frequency
    encounters: Quantity | None = None  # the last count of sessions, visits, treatments or injections

    @property
    def last_end(self) -> int:
        """Where the quantity found last ended, -1 before the first."""
        return self.last.end if self.last is not None else -1


def opens_sentence(grammar: QuantityPatterns, text: str, number: Range) -> bool:
    """Return whether a number after a full stop counts what follows it: "such is the rule. Ten sessions are ..."."""
    if text[max(0, number.start - 2) : number.start] not in (". ", ".\n"):
        return False
    counted = grammar.counted.match(text, number.end)
    return counted is not None and counted.group().endswith("s")


def is_product(reading: Reading, number: Range) -> bool:
    """Return whether a number in parentheses sums up a rate and a period: "3 times a week for 5 weeks (15)"."""
    rate, last, text = reading.rate, reading.last, reading.text
    if rate is None or last is None or last.label != DURATION or rate.unit != last.unit:
        return False
    enclosed = text[number.start] == "(" and text[number.end - 1] == ")" and not text[last.end : number.start].strip()
    return enclosed and number.single and number.max == rate.max * last.max


def names_refills(grammar: QuantityPatterns, reading: Reading, number: Range, end: int) -> bool:
    """Return whether "refills" after a number goes with the next one: "#60 refills", "#4 refills 5"."""
    after = grammar.signs.match(reading.text, end)
    follows = after is not None and grammar.range_at(reading.text, after.end()) is not None
    return number.max > MAX_REFILLS or follows
