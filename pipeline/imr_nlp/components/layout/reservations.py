"""What keeps a statement from deciding: the past, a supposition, another's words behind it, or a grant of a part.

The patterns are in ``configs/layout/reservations.yml``. They look at the sentence around a statement. `predicates` and
`acts` look at its own words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.statement import Statement
from imr_nlp.config import ConfigError, read_yaml

_OPENING = re.compile(r"[\s\"'“(\[]*(?:[\w ]{3,24}: )?")  # marks and a label before the first word
_REACH = 400  # characters before and after a statement: a sentence without end may hold thousands of them
_EVERY = ("upheld", "overturned", "modified")


@dataclass(frozen=True, slots=True)
class Reservation:
    """One pattern, and the decisions that it keeps from being made."""

    pattern: re.Pattern[str]
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reservations:
    """The patterns, by where in the sentence they are looked for.

    Attributes:
        opens: At the beginning.
        within: Up to the end of the statement.
        behind: After it.
        whole: Anywhere.

    >>> from imr_nlp.components.layout.statements import load_statements
    >>> read = load_statements().read
    >>> [s.mood for s in read("In 2014 a reviewer found that the brace was not medically necessary.")]
    ['reserved']
    >>> [s.mood for s in read("Assuming that the brace is medically necessary, its price is open.")]
    ['reserved']
    """

    opens: tuple[Reservation, ...]
    within: tuple[Reservation, ...]
    behind: tuple[Reservation, ...]
    whole: tuple[Reservation, ...]

    def applied(self, text: str, start: int, end: int, found: Sequence[Statement]) -> list[Statement]:
        """Return the statements of the sentence ``text[start:end]``; those under a reservation have another mood."""
        return [self._applied(text, start, end, one) if one.decides else one for one in found]

    def _applied(self, text: str, start: int, end: int, one: Statement) -> Statement:
        near, far = max(start, one.start - _REACH), min(end, one.end + _REACH)
        opening = _OPENING.match(text, start, end)
        first = opening.end() if opening else start
        opens, within, behind, whole = (
            [rule.pattern for rule in rules if one.decision in rule.of]
            for rules in (self.opens, self.within, self.behind, self.whole)
        )
        kept = (
            any(pattern.match(text, at, end) for pattern in opens for at in {start, first})
            or any(pattern.search(text, near, one.end) for pattern in within)
            or any(pattern.search(text[one.end : far]) for pattern in behind)
            or any(pattern.search(text, near, far) for pattern in whole)
        )
        return replace(one, mood="reserved") if kept else one


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
        return Reservations(
            *(
                tuple(Reservation(compiled(e["pattern"], path), tuple(e.get("of") or _EVERY)) for e in data[place])
                for place in ("opens", "within", "behind", "whole")
            )
        )
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: {error!r}") from error
