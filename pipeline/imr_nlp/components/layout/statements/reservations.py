"""What keeps a statement from deciding: the past, a supposition, another's words behind it, or a grant of a part.

The patterns are in ``configs/layout/reservations.yml``. They look at the sentence around a statement. `predicates` and
`acts` look at its own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.text.pattern_index import PatternIndex

_OPENING = re.compile(r"[\s\"'“(\[]*(?:[\w ]{3,24}: )?")  # marks and a label before the first word
_REACH = 400  # characters before and after a statement: a sentence without end may hold thousands of them
_LEAD = 120  # characters of a lead, and of what it takes of the statement
_EVERY = ("upheld", "overturned", "modified")
_PLACES = ("opens", "within", "behind", "whole", "next")
_NEXT = 160  # characters of the next sentence that are looked at
#: The number of a case.
CASE = re.compile(r"\bcm\d\d-?\d{4,8}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reservation:
    """One pattern, and the decisions that it keeps from being made.

    Attributes:
        pattern: What is looked for. A group ``case`` is a case number, which must not be the letter's own.
        of: The decisions.
        near: Whether it must reach the statement's beginning, so that it says nothing of a later clause.
        own: What the statement's own words must hold besides; None for nothing.
    """

    pattern: re.Pattern[str]
    of: tuple[str, ...]
    near: bool = False
    own: re.Pattern[str] | None = None

    def leads(self, match: re.Match[str] | None, one: Statement) -> bool:
        """Return whether a match before or in a statement is one that reserves it."""
        if match is None or (self.near and not match.start() <= one.start <= match.end()):
            return False
        return self.foreign(match, match.string)

    def found_before(self, text: str, one: Statement, first: int) -> bool:
        """Return whether the pattern is found before the end of a statement, from ``first`` on."""
        start, end = first, one.end
        if self.near:
            start, end = max(first, one.start - _LEAD), min(one.end, one.start + _LEAD)
        return any(self.leads(match, one) for match in self.pattern.finditer(text, start, end))

    def foreign(self, match: re.Match[str], letter: str) -> bool:
        """Return whether a match names another case than the letter's own, whose number comes first, or none."""
        first = CASE.search(letter) if "case" in self.pattern.groupindex else None
        return first is None or first.group().lower() != match["case"].lower()

    def applies(self, text: str, one: Statement) -> bool:
        """Return whether the statement's own words let the pattern count."""
        return one.decision in self.of and (self.own is None or bool(self.own.search(text[one.start : one.end])))


class Reservations:
    """The patterns, by where in the sentence they are looked for.

    ``opens``: at the beginning. ``within``: up to the end of the statement. ``behind``: after it. ``whole``: anywhere.
    ``next``: at the beginning of the sentence behind it.

    >>> from imr_nlp.components.layout.statements.reader import load_statements
    >>> read = load_statements().read
    >>> [s.mood for s in read("In 2014 a reviewer found that the brace was not medically necessary.")]
    ['reserved']
    >>> [s.mood for s in read("Assuming that the brace is medically necessary, its price is open.")]
    ['reserved']
    """

    def __init__(self, rules: Mapping[str, Sequence[Reservation]]) -> None:
        """Take the patterns of each place."""
        self.rules = rules
        self.indexes = {place: PatternIndex([rule.pattern.pattern for rule in rules[place]]) for place in _PLACES}

    def applied(self, text: str, start: int, end: int, found: Sequence[Statement], last: int) -> list[Statement]:
        """Return the statements of the sentence ``text[start:end]``; those under a reservation have another mood.

        Args:
            text: Text of the reading view.
            start: Where the sentence begins.
            end: Where it stops.
            found: Its statements.
            last: Where the passage stops that the sentence is of.
        """
        following = text[end : min(last, end + _NEXT)].lstrip()
        return [self._applied(text, start, end, one, following) if one.decides else one for one in found]

    def _applied(self, text: str, start: int, end: int, one: Statement, following: str) -> Statement:
        near, far = max(start, one.start - _REACH), min(end, one.end + _REACH)
        opening = _OPENING.match(text, start, end)
        first = opening.end() if opening else start

        def likely(place: str, said: str) -> Iterator[Reservation]:
            rules = self.rules[place]
            return (rules[n] for n in self.indexes[place].possible(said) if rules[n].applies(text, one))

        rest, all_of_it = text[one.end : far], text[near:far]
        kept = (
            any(
                rule.leads(rule.pattern.match(text, at, end), one)
                for rule in likely("opens", text[start : min(end, first + _REACH)])
                for at in {start, first}
            )
            or any(rule.found_before(text, one, near) for rule in likely("within", text[near : one.end]))
            or any(self._behind(rule, text, rest) for rule in likely("behind", rest))
            or any(rule.pattern.search(all_of_it) for rule in likely("whole", all_of_it))
            or any(rule.pattern.match(following) for rule in likely("next", following))
        )
        return replace(one, mood="reserved") if kept else one

    @staticmethod
    def _behind(rule: Reservation, text: str, rest: str) -> bool:
        match = rule.pattern.search(rest)
        return match is not None and rule.foreign(match, text)


def load_reservations(path: str = "layout/reservations.yml") -> Reservations:
    """Read the patterns.

    Args:
        path: File of patterns, relative to ``configs/``.

    Returns:
        The patterns, compiled.

    Raises:
        ConfigError: A key is missing or a pattern is not a regular expression.
    """
    data = read_yaml(path, "layout/reservations.yml")
    try:
        terms = dict(data["terms"])
        return Reservations({place: [_rule(entry, terms, path) for entry in data[place]] for place in _PLACES})
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: {error!r}") from error


def _rule(entry: Mapping[str, Any], terms: Mapping[str, str], path: str) -> Reservation:
    pattern = entry["pattern"]
    for name, meant in terms.items():
        pattern = pattern.replace(f"%{name}%", meant)
    own = compiled(entry["own"], path) if "own" in entry else None
    of, near = tuple(entry.get("of") or _EVERY), bool(entry.get("near"))
    return Reservation(compiled(pattern, path), of, near, own)
