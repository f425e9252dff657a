"""The pieces of which quantities are written, built from the words of ``configs/quantities.yml``.

Every piece is a bounded regular expression with a name, what it matches and an example; all are compiled once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from imr_nlp.text.alternatives import alternatives, longest_first
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import plural
from imr_nlp.text.numbers import number_words, spelled_number, value_of

SESSION_COUNT, FREQUENCY, DURATION = "SESSION_COUNT", "FREQUENCY", "DURATION"

#: Blanks between two words of one quantity.
GAP = r"\s{0,2}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: where it stands and what it means.

    ``unit`` is the unit counted (SESSION_COUNT), the period (FREQUENCY: times per day, week, month, year) or the unit
    of time (DURATION); ``unknown`` where the letter leaves it out. ``rule`` names the way of writing that was found.
    """

    label: str
    start: int
    end: int
    min: float
    max: float
    unit: str
    rule: str


@dataclass(frozen=True, slots=True)
class Range:
    """A number or a range of numbers as written: "12", "six (6)", "two to three (2-3)"."""

    start: int
    end: int
    min: float
    max: float

    @property
    def single(self) -> bool:
        """Whether one number was written, not a range."""
        return self.min == self.max

    def quantity(
        self, label: str, stop: int, unit: str, rule: str, *, start: int | None = None, factor: float = 1.0
    ) -> Quantity:
        """Return the quantity of this number that ends at ``stop``, its values times ``factor``."""
        begin = self.start if start is None else start
        return Quantity(label, begin, stop, self.min * factor, self.max * factor, unit, rule)


def one_of(words: Iterable[str]) -> str:
    """Return a pattern for any of the words. A blank in a word matches one or two blanks."""
    return alternatives(words, blank=r"\s{1,2}")


def by_initial(words: Iterable[str]) -> str:
    """Return `one_of` with one branch for each first letter: quicker where most places hold none of the words.

    >>> by_initial(["two", "ten", "day"])
    '(?:d(?:ay)|t(?:en|wo))'
    """
    groups: dict[str, list[str]] = {}
    for word in sorted(words):
        groups.setdefault(word[0], []).append(word[1:])
    return f"(?:{'|'.join(first + one_of(rests) for first, rests in groups.items())})"


class QuantityPatterns:
    """The compiled pieces. Takes the words as read from YAML."""

    def __init__(self, words: dict[str, Any]) -> None:
        self.values = number_words(words["numbers"])
        self.periods: dict[str, str] = {form: name for name, forms in words["periods"].items() for form in forms}
        self.adverbs: dict[str, tuple[float, str]] = {
            word: (float(count), str(per)) for word, (count, per) in {**words["adverbs"], **words["latin"]}.items()
        }  # fmt: skip
        self.spacings: dict[str, float] = words["spacings"]
        self.multiples: dict[str, int] = words["multiples"]
        self.nouns: dict[str, str] = {noun: unit for unit, nouns in words["counted"].items() for noun in nouns}
        #: Things whose noun agrees with their number: "2 splints", "1 splint".
        self.supplies = frozenset(words["supplies"])
        self.nouns |= dict.fromkeys(self.supplies - self.nouns.keys(), "unit")
        self._before_supplies = _compile(rf"(?:[^\w\s]|\b{one_of(words['before_supplies'])})\s{{0,2}}\Z")
        self._before_joined = _compile(rf"(?:[^\w\s-]|\b{one_of(words['before_supplies'])})\s{{0,2}}\Z")
        self.doses = frozenset(words["doses"])
        self._plurals: dict[str, str] = {plural(noun): noun for noun in self.nouns}

        # NUMBER: "12", "7.5", "120.00", "six", "twenty-four"
        # "one-hundred-twenty", "a hundred and twenty", "half a dozen"
        spelled = spelled_number(words["numbers"])
        number = rf"(?:\d{{1,4}}(?:\.\d{{1,2}})?|\b{spelled}\b)"
        # GLOSS: the same number again in figures or words: " (6)", "(six)", " (2-3)"
        gloss = rf"(?:{GAP}[(\[]{GAP}{number}(?:{GAP}(?:-|to){GAP}{number})?{GAP}[)\]])?"
        # TO: what joins the ends of a range: "-", " to ", " or ", "- or " ("three- or four-week")
        to = rf"(?:{GAP}-?{GAP}(?:to|or)\b-?{GAP}|{GAP}-{GAP})"
        # RANGE: "2-3", "two to three (2-3)", "two (2) to three (3)"
        self._range = _compile(rf"(?P<low>{number}){gloss}(?:{to}(?P<high>{number}){gloss})?")
        # "between 6 and 8"
        self._between = _compile(rf"(?P<low>{number}){gloss}{GAP}and{GAP}(?P<high>{number}){gloss}")
        self._between_before = _compile(r"\bbetween\s{1,2}\Z")

        # PERIOD: "week", "wks", "mo."
        period = rf"(?P<period>{one_of(self.periods)}(?:s|'s|s')?\b|w\b(?!/))"
        adverb = one_of(words["adverbs"])
        # PER: "a", "per", "/", "each", "in a"
        per = r"(?:/|-?(?:per|a|an|each|every|in\s{1,2}a|times\s{1,2}per)\b)"
        # TIMES: "times", "x"
        times = r"(?:times?\b|x(?:'s)?(?![a-z]{3}))"
        # RATE after a number: " times a week", "x/wk", "xwk", " per week", " times weekly", " days a week"
        self.rate = _compile(
            rf"{GAP}-?(?:"
            rf"(?:(?:(?:times?\b|x(?:'?s\b)?|days?\b){GAP})?{per}{GAP}|(?:times?\b|x(?:'?s\b)?){GAP}){period}"
            rf"|(?:{times}{GAP})?(?P<adverb>{adverb})\b)"
        )
        # The rate of a phase, not its number: "final stage 1x/week"
        self.times_behind = _compile(rf"{GAP}{times}{GAP}{per}")
        # EVERY: " time every 3 months", "q4-6h", "q.6.h", "every other week", "each day"
        self.times_every = _compile(
            rf"{GAP}(?:{times}{GAP})?(?:(?:every|each|once{GAP}every)\b{GAP}|q\.?{GAP})"
            rf"(?:(?P<other>{one_of(self.spacings)}\b){GAP}"
            rf"|(?P<low>{number}){gloss}(?:{to}(?P<high>{number}){gloss})?(?:\.(?=[a-z])|{GAP}-?))?"
            rf"(?:{period}|(?P<part>{one_of(words['parts_of_day'])})s?\b)"
        )
        # CROSS between two bare numbers: "x", " x ", " times ", "x/"
        self.cross = _compile(rf"(?P<times>{GAP}(?:x|times|time)){GAP}/?{GAP}(?=\d|{spelled}\b)")

        # COUNTED: the noun that is counted, with at most five words between: " work conditioning sessions", "-visit"
        stop_words = one_of(words["not_between"])
        noun = rf"(?P<noun>{one_of([*self.nouns, *self._plurals])})(?:'s)?\b"
        # How long or in what form each one is: "two-hour ", "50 minute ", "one-on-one "
        lengths, forms = one_of(words["lengths_of_one"]), one_of(words["forms_of_one"])
        each_is = rf"(?:{number}(?:{GAP}-{GAP}|\s?){lengths}s?|{forms})\s{{1,2}}"
        word_between = (
            rf"(?:{each_is}|(?!(?:{stop_words}|{spelled})\b)(?:\([a-z ]{{2,40}}\)|[a-z][a-z/'-]{{0,24}}),?\s{{1,2}})"
        )
        # "two bandage lenses": of two things the second is counted, but "one pair gloves" is one pair
        holders = "".join(rf"(?<!{word})" for word in words["holders"])
        things = one_of(plural(noun) for noun in self.supplies)
        holds = rf"(?!{holders}\s{{1,2}}{things}\b)"
        goes_on = rf"{holds}(?![-\s]{{1,2}}{one_of(words['not_counted_before'])}s?\b|{GAP}[:=]{GAP}\d)"
        self.counted = _compile(rf"(?:{GAP}-?|\s)(?P<between>(?:{word_between}){{0,5}}?){noun}{goes_on}")
        # PACED: " weekly PT sessions", " twice-weekly visits": so many in all, one or two in each period
        self.paced = _compile(
            rf"{GAP}-?(?P<pace>(?:(?P<multiple>{one_of(self.multiples)})[-\s]{{1,2}})?(?P<adverb>{adverb}))\s{{1,2}}"
            rf"(?:{word_between}){{0,4}}?{noun}{goes_on}"
        )
        # How long it runs, behind a noun: " of massage for 6 weeks"
        self.runs_on = _compile(
            rf"[^.;]{{0,60}}?\b(?:for|over|x|times|during){GAP}(?P<low>{number}){gloss}{GAP}-?{period}"
        )
        # COUNTED RATE: " visits per week", " tablet a day", " PT sessions weekly"
        counted_adverb = rf"(?<!tablet\s)(?<!tablets\s)(?<!tab\s)(?<!tabs\s)(?<!capsule\s)(?P<adverb>{adverb})\b"
        self.counted_rate = _compile(
            rf"{GAP}-?(?:{word_between}){{0,4}}?{noun}{GAP}(?:(?:/|(?:per|a|each|every|in\s{{1,2}}a)\b){GAP}{period}|{counted_adverb})"
        )
        # PART OF: "4/6", "5 of 6", "4 out of 6"
        self.part_of = _compile(rf"{GAP}(?:/|of\b|out{GAP}of\b){GAP}{number}{gloss}")
        # PART OF THE: "14 of her 20", "3 of the nine"
        self.part_of_the = _compile(rf"{GAP}(?:out{GAP})?of\s(?:the|her|his|their|these|those){GAP}{number}{gloss}")
        # A number continues ("12-18-16", "1,200", "10/325"): not a quantity
        self.more_digits = _compile(r"\d|[-/.,:]\d")
        # " a day", "/week", " of sleep" behind hours: not how long a programme is
        self.per_after = _compile(rf"{GAP}-?{GAP}(?:{per}|daily\b|weekly\b|on\b|off\b|apart\b|of\ssleep\b|old\b|ago\b)")
        # " mg", " minutes", "%", "/10"
        self.measurement = _compile(rf"{GAP}-?(?:{one_of(words['measurements'])}(?![a-z])|/{GAP}\d)")
        # " grams" after "#60"
        self.measure_counted = _compile(rf"{GAP}{one_of(words['measures_counted'])}s?\b")
        # " authorized" between the second of two counts and its noun
        self.allotted = _compile(rf"\b{one_of(words['allotted'])}\b")
        # DURATION unit: " weeks", "-week", " wks.", " more weeks"
        self.period = _compile(rf"{GAP}-?{GAP}(?:{one_of(words['more'])}\s{{1,2}})?{period}")
        # Nothing that a number could count follows: "x 12," "times 3 was"
        self.stands_alone = _compile(
            rf"(?!{GAP}-?{GAP}(?:{period}|{one_of(words['measurements'])}(?![a-z])|{times}|{adverb}\b|/)|[-/.,:]?\d)"
            rf"(?!{GAP}(?:{word_between}){{0,3}}?{noun})"
        )  # fmt: skip
        # What may follow a bare number of sessions in a heading: "acupuncture 6, neck", "physical therapy (8)"
        self.closes = _compile(r"\s{0,2}(?:[,;)]|\Z|(?:for|to|of|right|left|bilateral)\b)")
        # Signs between "refills" and its number: "refills 2", "refills: #2"
        self.signs = _compile(r"[\s:=#(x]{0,4}")
        # A drug's name and strength right after a number: " Norco 10/325mg", " Mobic 7. 5 mg"
        strength = one_of([*(unit for unit in words["strengths"] if unit.isalpha()), *words["strength_names"]])
        self.drug_after = _compile(
            rf"\s[a-z][a-z-]{{3,}}[^,;:#\d]{{0,20}}(?:\d{{1,3}}\s?\.\s?\d{{1,4}}|\d[\d./-]{{0,10}}|\b{spelled}(?:\s\(\d{{1,4}}\))?)"
            rf"\s?-?{strength}\b"
        )
        # A therapy's name right after a number: " physical therapy", " PT"
        self.bare_therapy = _compile(rf"\s{{1,2}}{one_of(words['cues']['session'])}\b")
        therapies = one_of([*words["cues"]["session"], *words["cues"]["treatment"]])
        self._therapy_before = _compile(rf"\b{therapies}[,:]?\s{{1,2}}\(?\Z")
        self._additional = _compile(r"\b(?:additional|further|more)\s{1,2}\Z")

        # SUPPLY: "days' supply 30", "day supply: 30"
        self.supply = _compile(rf"days?'?s?'?{GAP}supply{GAP}(?:[:#=]|of\b)?{GAP}#?(?=\d)")
        # QTY: "qty: ", "quantity of ", "refills: "
        qty = rf"(?:(?:qty|quantity){GAP}\.?{GAP}(?:[:#=]|of\b)?|(?:refills?|rfs?){GAP}[:=#x]?)"
        self.quantity = _compile(rf"{qty}{GAP}[#(]?{GAP}(?=\d|{spelled}\b)")
        # SUPPLIED: "No. ", "number: ", "count " before how much of a drug there is
        supplied = one_of([*words["supplied"], *words["dispensed"]])
        self.supplied = _compile(
            rf"(?P<word>{supplied})\b\.?{GAP}[:=]?{GAP}(?:of\s)?(?=\d|(?<!no\s)(?<!no\.\s){spelled}\b)"
        )
        self.dispensed = frozenset(words["dispensed"])
        # TOTAL: "total of ", "series of ", "total would come to "
        come_to = r"total\s(?:would\s|will\s)?(?:come|came|add|amount|amounted)s?\s(?:up\s)?to\b"
        self.total = _compile(rf"(?:(?:total|series){GAP}(?:of\b|[:=])|{come_to}){GAP}(?=\d|{spelled}\b)")
        # BY: "x ", "times (" before the number it governs
        self.by = _compile(rf"(?:x|times){GAP}/?{GAP}\(?(?=\d|{spelled}\b)")
        # HASH: "#", "# "
        self.hash = _compile(rf"#{GAP}(?=\d)")
        # `STRETCH`: "sessions for the lumbar spine, #", "visits: ", "sessions (", and bare: "sessions "
        self.stretch = _compile(rf"{noun}(?:[a-z ,/()'-]{{0,50}}?#|{GAP}[:=(]|(?P<bare>,?\s)){GAP}(?=\d|{spelled}\b)")
        # WORDED: "tablets, " before a number in words, "lancets, " and "splints (" before any number
        self.worded = _compile(rf"{noun}(?:{GAP}(?P<mark>[,:(]){GAP}(?=\d|{spelled}\b)|\s{{1,2}}(?={spelled}\b))")
        # ADVERB: "daily", "b.i.d."; MULTIPLE: "once", "twice"
        # Latin in letters: "b.i.d.", "b. i. d.", "q h s"
        # A full stop at the end belongs to it only where there is one inside: "Norco tid." ends a sentence.
        last_stop = r"(?:(?:(?<=\.[a-z])|(?<=\.\s[a-z]))\.)?"
        dotted = "|".join(r"\.?\s?".join(word) + last_stop for word in words["latin"])
        self.adverb = _compile(rf"{adverb}\b|(?:{dotted})(?![a-z])")
        # The other end of "b.i.d.-t.i.d.", "daily to b.i.d."
        self.adverb_to = _compile(rf"(?:{to}|{GAP}/{GAP})(?P<adverb>{adverb}\b|(?:{dotted})(?![a-z]))")
        self.multiple = _compile(one_of(self.multiples))
        # DOSED: " to the skin every 3 days", " b.i.d.", " 12 hours on": what goes before it is a dose
        self.dosed = _compile(
            rf"\s{{1,2}}(?:[a-z/-]{{1,16}}\s{{1,2}}){{0,4}}?(?:{adverb}\b|(?:{dotted})(?![a-z])|(?:every|each|once|twice|prn)\b"
            rf"|q\.?{GAP}\d|q\s|as\sneeded\b|at\sbedtime\b|{number}{GAP}(?:times\b|hours?\son\b|hrs?\son\b))"
        )
        # ONE: "a month", "a full year"
        self.one = _compile(rf"an?{GAP}(?:full{GAP})?{period}")

        # "with ", "Dr. " before initials, and " Harris, M.D." behind them
        self.initials_after = _compile(rf"\b{one_of(words['initials_after'])}\b\.?\s{{1,2}}\Z")
        letters = "|".join(r"\.?\s?".join(word) for word in longest_first(words["credentials"]))
        self.credentials = _compile(rf"(?:\s?[a-z'’-]{{2,24}}){{1,2}},?\s(?:{letters})(?![a-z])")

        self.latin = frozenset(words["latin"])
        wrong = tuple(words["numbers"].get("misspelled", ()))

        def opens(word: str) -> bool:
            """Whether a number begins with this word; not "ninty" glued to "two", for each word costs time."""
            return word.isalpha() and (word in wrong or not word.startswith(wrong))

        #: Words that begin a quantity, by how it is read on from there.
        self.begins = {
            **dict.fromkeys([word for word in (*self.values, "hundred", "half") if opens(word)], "number"),
            **dict.fromkeys([plural(noun) for noun in words["stretched"]], "stretch"),
            **dict.fromkeys(
                [plural(noun) for noun, unit in self.nouns.items() if unit in ("tablet", "unit")], "worded"
            ),
            **dict.fromkeys(self.adverbs, "adverb"),
            **dict.fromkeys(self.multiples, "multiple"),
            **dict.fromkeys(["every", "each", "q"], "every"),
            **dict.fromkeys(["x", "times"], "by"),
            **dict.fromkeys(["qty", "quantity", "refill", "refills", "rf", "rfs", "rfx"], "quantity"),
            **dict.fromkeys([*words["supplied"], *words["dispensed"]], "supplied"),
            **dict.fromkeys(["total", "series"], "total"),
            **dict.fromkeys(["day", "days"], "supply"),
            **dict.fromkeys(["a", "an"], "one"),
            "#": "hash",
        }
        first_words = by_initial(word for word in self.begins if word != "#" and word not in self.latin)
        # ANCHOR: the character before a quantity and where it may begin. What begins a pattern with a choice of few
        # characters is found several times faster, so that "capsules#60" has an expression of its own.
        begin = rf"[^\w$#](?:\d|#|{first_words}(?![a-z])|(?:{dotted})(?![a-z]))"
        self._anchor, self._anchor_glued = _compile(begin), _compile(rf"{begin}|[a-z]#")

    def anchor_in(self, text: str) -> re.Pattern[str]:
        """Return the expression that finds where a quantity may begin, to be searched in the text behind a blank.

        A match is the character before the place, and the word there: its start is the place in the text.
        """
        return self._anchor_glued if "#" in text else self._anchor

    def range_at(self, text: str, at: int) -> Range | None:
        """Return the number or range that begins at ``at``, or None."""
        match = None
        if self._between_before.search(text, max(0, at - 10), at):
            match = self._between.match(text, at)
        match = match or self._range.match(text, at)
        if match is None:
            return None
        low, high = self.number(match["low"]), self.number(match["high"] or match["low"])
        stop = match.end()
        if high < low:  # "8 - 4 weeks ago": two numbers, not a range
            high, stop = low, match.end("low")
        if text.startswith("+", stop):  # "20+ sessions"
            stop += 1
        if at and text[at - 1] == "(" and text.startswith(")", stop):  # "(12) sessions"
            at, stop = at - 1, stop + 1
        return Range(at, stop, low, high)

    @staticmethod
    def is_fraction(text: str, at: int) -> bool:
        """Whether the number at ``at`` is what follows a leading point: the 5 of ".5 tablet"."""
        return at >= 1 and text[at - 1] == "." and (at == 1 or text[at - 2] in " (-/x" or text[at - 2].isspace())

    @staticmethod
    def is_inside_number(text: str, at: int) -> bool:
        """Whether the digit at ``at`` continues a date, a decimal or a level: the 5 of "L4-5", the 16 of "11-16"."""
        return at >= 2 and text[at - 1] in "./,:-" and text[at - 2].isdigit()

    def number(self, word: str) -> float:
        """Return the value of a number in figures or words."""
        return value_of(word, self.values)

    def plain(self, adverb: str) -> str:
        """Return an adverb or prescription abbreviation as the words file spells it."""
        return adverb if adverb in self.adverbs else re.sub(r"[.\s]", "", adverb)

    def period_name(self, written: str) -> str:
        """Return the unit of time for one way to write it: "wks" -> "week"."""
        written = written.replace("'", "")
        return self.periods.get(written) or self.periods.get(written.rstrip("s")) or "week"

    def period_of(self, match: re.Match[str]) -> tuple[str, float]:
        """Return (period, factor) of a rate: "times a week" is (week, 1)."""
        if match["adverb"]:
            count, per = self.adverbs[self.plain(match["adverb"])]
            return per, count
        per = self.period_name(match["period"])
        return ("day", 24.0) if per == "hour" else (per, 1.0)

    def spacing(self, match: re.Match[str]) -> tuple[float, float, str] | None:
        """Return (least, most, per) of "every N periods": every 4-6 months is 2 to 3 times a year."""
        unit = "day" if match["part"] else self.period_name(match["period"])
        low = float(self.spacings[match["other"]]) if match["other"] else self.number(match["low"] or "1")
        high = self.number(match["high"]) if match["high"] else low
        if not low or not high:
            return None
        numbered = bool(match["low"]) or bool(match["other"])
        in_larger = {"hour": (24.0, "day"), "month": (12.0, "year")} if numbered else {"hour": (24.0, "day")}
        factor, per = in_larger.get(unit, (1.0, unit))
        return _tidy(factor / max(low, high)), _tidy(factor / min(low, high)), per

    def singular_of(self, match: re.Match[str]) -> str:
        """Return the counted noun of a match in the singular."""
        noun = match["noun"]
        return self._plurals.get(noun, noun)

    def unit_of(self, match: re.Match[str]) -> str:
        """Return the record's unit for the counted noun of a match."""
        return self.nouns[self.singular_of(match)]

    def may_count_supplies(self, text: str, at: int, *, joined: bool = False) -> bool:
        """Whether a number at ``at`` may count things, and is no model's: not "Libre 2 sensors".

        ``joined`` says that a hyphen before it joins it to a name.
        """
        before = self._before_joined if joined else self._before_supplies
        return at == 0 or before.search(text, max(0, at - 16), at) is not None

    def therapy_before(self, text: str, at: int) -> bool:
        """Whether a therapy's name stands right before ``at``."""
        return self._therapy_before.search(text, max(0, at - 30), at) is not None

    def additional_before(self, text: str, at: int) -> bool:
        """Whether "additional" stands right before ``at``."""
        return self._additional.search(text, max(0, at - 14), at) is not None


def _compile(pattern: str) -> re.Pattern[str]:
    return compile_pattern(pattern)


def _tidy(value: float) -> float:
    return round(value, 4)
