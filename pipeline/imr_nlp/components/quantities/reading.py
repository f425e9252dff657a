"""Where the pass over a passage stands, and what a number goes with there. Read `parser` first."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from imr_nlp.components.quantities.grammar import DURATION, Quantity, QuantityPatterns, Range

#: Durations as (min, max, unit).
Periods = frozenset[tuple[float, float, str]]
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
#: "Seven weekly visits for a month" are seven a week, more are a course.
MOST_IN = {"day": 7, "week": 7, "month": 12, "year": 52}
#: Up to so many may be a rate where nothing says how long the course runs: "two weekly sessions".
MOST_UNLESS_A_COURSE = {"day": 7, "week": 3, "month": 3, "year": 12}
#: Between a count of visits and the time that they take.
WITHIN = (["in"], ["within"], ["inside"], ["across"], ["in", "the", "first"], ["spread", "over"])
#: Units that are an encounter with someone; all others are things.
ENCOUNTER_UNITS = frozenset({"session", "visit", "treatment", "injection"})
#: A duration longer than this is a calendar year.
MIN_CALENDAR_YEAR = 1900
#: So many years are an age or a career, not a course of treatment.
MIN_AGE = 18
#: A programme has so many hours or days: "functional restoration program, 160 hours".
MIN_PROGRAM, MAX_PROGRAM = {"hour": 20, "day": 2}, {"hour": 400, "day": 60}
#: So many hours count a programme that is named anywhere before.
MANY_HOURS = 80
#: Numbers above this are no teeth.
MAX_TEETH = 32


_OPTIONAL_PLURAL = re.compile(r"(?<=[A-Za-z])\(([sS])\)")
#: A surname behind initials: " Harris", "O'Neil".
_SURNAME = re.compile(r"\s?[A-Z][a-z'’]")


class OptionalPlurals:
    """A text whose plurals in parentheses are plain ones, with a map back.

    >>> one = OptionalPlurals("8 visit(s) a week")
    >>> one.text, one.place(8), one.place(10)
    ('8 visits a week', 10, 12)
    """

    def __init__(self, text: str) -> None:
        """Replace each "(s)" behind a letter.

        Args:
            text: The text as it is written.
        """
        self.text = _OPTIONAL_PLURAL.sub(r"\1", text)
        #: Where the replaced "s" stand in the new text.
        self._plurals = [match.start() - 2 * n for n, match in enumerate(_OPTIONAL_PLURAL.finditer(text))]

    def place(self, at: int) -> int:
        """Return a place of the new text in the text as it is written."""
        return at + 2 * bisect_left(self._plurals, at)


@dataclass(slots=True)
class Reading:
    """The pass over one passage: its text in lower case, where it reads and what it found last."""

    text: str
    heading: bool
    written: str = ""  # the passage with its capitals
    asked: Periods = frozenset()  # how long what the letter disputes is to run
    at: int = 0
    last: Quantity | None = None
    rate: Quantity | None = None  # the last frequency
    encounters: Quantity | None = None  # the last count of sessions, visits, treatments or injections
    counted: Quantity | None = None  # the last count of anything
    moment: int = -1  # where the last number of days, weeks or months ended that was no course of treatment
    teeth: bool | None = None  # whether the passage names teeth, None until it is asked
    program: bool = False  # whether a programme was counted by hours or days

    @property
    def last_end(self) -> int:
        """Where the quantity found last ended, -1 before the first."""
        return self.last.end if self.last is not None else -1


def is_initials(grammar: QuantityPatterns, reading: Reading, match: re.Match[str]) -> bool:
    """Return whether dotted capitals are somebody's initials: "with Q.D. Harris", "T.I.D. Morgan, M.D."."""
    if "." not in match.group() or match.group().upper() != reading.written[match.start() : match.end()]:
        return False
    if not _SURNAME.match(reading.written, match.end()):
        return False
    before = grammar.initials_after.search(reading.text, max(0, match.start() - 12), match.start())
    return bool(before or grammar.credentials.match(reading.text, match.end()))


def opens_sentence(grammar: QuantityPatterns, text: str, number: Range) -> bool:
    """Return whether a number after a full stop counts what follows it: "such is the rule. Ten sessions are ..."."""
    if text[max(0, number.start - 2) : number.start] not in (". ", ".\n"):
        return False
    counted = grammar.counted.match(text, number.end)
    return counted is not None and counted.group().endswith("s")


def goes_on_from_moment(reading: Reading, number: Range) -> bool:
    """Return whether a duration continues a list of moments: the second of "tests at 3 months, 6 months"."""
    between = reading.text[reading.moment : number.start] if 0 <= reading.moment <= number.start else "-"
    return len(between) <= 6 and between.strip() in (",", "and", ", and", "or", "/", "&")


def holds_encounters(reading: Reading, number: Range) -> bool:
    """Return whether visits are counted within a duration: "six visits in three weeks"."""
    last = reading.last
    if last is None or last is not reading.encounters or last.unit == "injection" or last.end > number.start:
        return False
    return reading.text[last.end : number.start].split() in WITHIN


def is_product(reading: Reading, number: Range) -> bool:
    """Return whether a number in parentheses sums up a rate and a period: "3 times a week for 5 weeks (15)"."""
    rate, last, text = reading.rate, reading.last, reading.text
    if rate is None or last is None or last.label != DURATION or rate.unit != last.unit:
        return False
    enclosed = text[number.start] == "(" and text[number.end - 1] == ")" and not text[last.end : number.start].strip()
    return enclosed and number.single and number.max == rate.max * last.max


def names_refills(grammar: QuantityPatterns, reading: Reading, number: Range, end: int, *, anyway: bool = True) -> bool:
    """Return whether "refills" after a number goes with the next one: "#60 refills", "#4 refills 5".

    ``anyway`` says that a number too high for refills is enough.
    """
    after = grammar.signs.match(reading.text, end)
    follows = after is not None and grammar.range_at(reading.text, after.end()) is not None
    return follows or (anyway and number.max > MAX_REFILLS)


def counts_course(grammar: QuantityPatterns, text: str, number: Range, pace: re.Match[str]) -> bool:
    """Return whether "10 weekly sessions" are ten in all, not ten a week.

    "Two weekly sessions" and "five weekly sessions for 6 weeks" are a rate.
    """
    unit = grammar.unit_of(pace)
    if unit not in ENCOUNTER_UNITS or number.max < 2 or number.max > MAX_SESSIONS or not pace.group().endswith("s"):
        return False
    times, per = grammar.adverbs[grammar.plain(pace["adverb"])]
    if pace["multiple"] or times != 1:  # "12 twice-weekly visits", "4 quarterly visits"
        return True
    run = grammar.runs_on.match(text, pace.end())
    if run is not None:
        same = grammar.period_name(run["period"]) == per and grammar.number(run["low"]) == number.max
        return same or number.max > MOST_IN[per]
    if unit == "injection" and per != "day":
        return True
    return number.max > MOST_UNLESS_A_COURSE[per]


def counts_things(grammar: QuantityPatterns, text: str, noun: re.Match[str], number: Range) -> bool:
    """Return whether a number behind a plural counts it: "lancets, 100", "wrist splints (2)"."""
    if not number.single or number.max != int(number.max) or number.max >= MIN_CALENDAR_YEAR or number.max < 1:
        return False
    closed = text[number.end - 1] == ")" if noun["mark"] == "(" else True
    return noun["mark"] is not None and closed and grammar.closes.match(text, number.end) is not None


def is_model(grammar: QuantityPatterns, text: str, number: Range, noun: re.Match[str]) -> bool:
    """Return whether a number in a request names a model: "Orbit 12 knee brace", "Vita-4 stimulator unit".

    It stands behind a name, and the noun is in the singular. "30 patch" alone is careless writing, and counts.
    """
    if number.max <= 1 or noun["noun"].endswith("s") or grammar.unit_of(noun) != "unit":
        return False
    return bool(noun["between"]) and not grammar.may_count_supplies(text, number.start, joined=True)


def counts_supplies(grammar: QuantityPatterns, reading: Reading, number: Range, noun: re.Match[str]) -> bool:
    """Return whether a number counts the things behind it: "2 splints", "1 splint"; not "Libre 2 sensors"."""
    if noun["noun"].endswith("s") != (number.max > 1):
        return False
    if reading.heading:
        return grammar.may_count_supplies(reading.text, number.start)
    return bool(noun["between"]) or " " in noun["noun"]


def is_dose(grammar: QuantityPatterns, text: str, number: Range, noun: re.Match[str]) -> bool:
    """Return whether a small number is what is taken each time: "one patch every 72 hours"."""
    if number.max > MAX_IN_A_DOSE or grammar.singular_of(noun) not in grammar.doses:
        return False
    return grammar.dosed.match(text, noun.end()) is not None
