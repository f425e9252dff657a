"""Tell regular expressions that may try a text in exponentially many ways.

Python's matcher goes back to each choice when it fails. Its tries multiply where a repetition can match one text in
several ways: ``(?:[a-z]{1,20})+!`` takes 70 s over 29 letters. It needs that long only where the automaton is
exponentially ambiguous (Weideman et al. 2016, "Analyzing matching time behavior …", CIAA, LNCS 9705:322).

The check here is quicker and refuses more. At each choice within a repetition, the next character must tell the way.
Such expressions are one-unambiguous (Brüggemann-Klein and Wood 1998, Information and Computation 142:182). Possessive
repetitions and atomic groups pass, because a matcher does not go back into them. Time that grows with a power of a
text's length is not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from re import _constants as sre  # type: ignore[attr-defined]
from typing import Any, NamedTuple

#: A repetition of so many times makes at most as many ways as the cube of the text's length.
_FEW = 3
#: The first so many characters of Unicode are told apart, with all blanks. Of the others, three kinds are.
_TOLD_APART = 0x3001
_DIGIT, _LETTER, _SIGN = (1 << _TOLD_APART + kind for kind in range(3))
_OTHERS = _DIGIT | _LETTER | _SIGN
_ALL = (1 << _TOLD_APART) - 1 | _OTHERS
_CHARACTERS = (sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN)

REPEATED = (
    "a repetition within another can match one text in many ways; let each part begin with other characters than "
    "what may follow it, or make the inner repetition possessive, such as {1,20}+"
)
ALIKE = "alternatives within a repetition begin alike; write what they share once, or the group as (?>…)"


class _Head(NamedTuple):
    """How a part begins: its possible first characters (a bit each), and whether it can match nothing."""

    first: int
    empty: bool


def ambiguities(tree: Any) -> Iterator[str]:
    """Yield a reason for each choice within a repetition that the next character does not settle.

    Args:
        tree: An expression as `re._parser` parses it. Both is tried, that case counts and that it does not.

    >>> from re import _parser
    >>> [next(ambiguities(_parser.parse(text)), None) for text in ("(?:[a-z]+ ){1,9}", "(?:[a-z]{1,20}+)+!")]
    [None, None]
    >>> next(ambiguities(_parser.parse("(?:[a-z]{1,20})+!")))[:27]
    'a repetition within another'
    """
    for any_case in (False, True):
        yield from _Reader(any_case).choices(tree, 0, 1)


class _Reader:
    """Reads one expression."""

    def __init__(self, any_case: bool) -> None:
        self.any_case = any_case
        self.heads: dict[int, _Head] = {}

    def choices(self, items: Any, behind: int, times: int) -> Iterator[str]:
        """Yield a reason for each open choice of a sequence.

        Args:
            items: The sequence.
            behind: The characters that may follow it within the repetitions around it.
            times: How often those repeat it at most, since the last part that a matcher does not go back into.
        """
        for operator, argument in reversed(list(items)):
            yield from self._choice(operator, argument, behind, times)
            first, empty = self._head_of(operator, argument)
            behind = first | (behind if empty else 0)

    def _choice(self, operator: Any, argument: Any, behind: int, times: int) -> Iterator[str]:
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            least, most, body = int(argument[0]), int(argument[1]), argument[2]
            first, empty = self._head(body)
            if operator is sre.POSSESSIVE_REPEAT:
                behind, times = 0, 1
            elif times > _FEW and least != most and (empty or first & behind):
                yield REPEATED
            again = first if most > 1 else 0
            yield from self.choices(body, again | (behind if times > _FEW else 0), times * max(most, 1))
        elif operator is sre.BRANCH:
            if times > _FEW:
                yield from self._alternatives([list(part) for part in argument[1]], behind)
            for part in argument[1]:
                yield from self.choices(part, behind, times)
        elif operator is sre.SUBPATTERN:
            yield from self.choices(argument[3], behind, times)
        elif operator is sre.GROUPREF_EXISTS:
            for part in filter(None, argument[1:]):
                yield from self.choices(part, behind, times)
        elif operator is sre.ATOMIC_GROUP:
            yield from self.choices(argument, 0, 1)
        elif operator in (sre.ASSERT, sre.ASSERT_NOT):
            yield from self.choices(argument[1], 0, 1)

    def _alternatives(self, parts: Sequence[list[Any]], behind: int) -> Iterator[str]:
        """Yield a reason where the next character does not choose among alternatives, less what they share."""
        groups: dict[str, list[list[Any]]] = defaultdict(list)
        for number, part in enumerate(parts):
            shared = part and part[0][0] in _CHARACTERS
            groups[str(part[0]) if shared else f"alone {number}"].append(part)
        taken = 0
        for group in groups.values():
            first, empty = self._sequence(group[0])
            first |= behind if empty else 0
            if first & taken:
                yield ALIKE
            taken |= first
            if len(group) > 1:
                at = 1
                while at < len(group[0]) and len({str(part[at : at + 1]) for part in group}) == 1:
                    at += 1
                yield from self._alternatives([part[at:] for part in group], behind)

    def _head(self, tree: Any) -> _Head:
        """Return how a part of the parsed expression begins; each is worked out once."""
        if (found := self.heads.get(id(tree))) is None:
            found = self.heads[id(tree)] = self._sequence(tree)
        return found

    def _sequence(self, items: Any) -> _Head:
        first, empty = 0, True
        for operator, argument in items:
            more, empty = self._head_of(operator, argument)
            first |= more
            if not empty:
                break
        return _Head(first, empty)

    def _head_of(self, operator: Any, argument: Any) -> _Head:
        if operator in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            first, empty = self._head(argument[2])
            return _Head(first, empty or not argument[0])
        if operator is sre.SUBPATTERN:
            return self._head(argument[3])
        if operator is sre.ATOMIC_GROUP:
            return self._head(argument)
        if operator in (sre.BRANCH, sre.GROUPREF_EXISTS):
            parts = argument[1] if operator is sre.BRANCH else argument[1:]
            heads = [self._head(part) if part is not None else _Head(0, True) for part in parts]
            first = 0
            for head in heads:
                first |= head.first
            return _Head(first, any(head.empty for head in heads))
        if operator in _CHARACTERS:
            return _Head(self._characters(operator, argument), False)
        return _Head(_ALL if operator is sre.GROUPREF else 0, True)  # others look at a place and take nothing

    def _characters(self, operator: Any, argument: Any) -> int:
        if operator is sre.ANY:
            return _ALL
        items = argument if operator is sre.IN else [(sre.LITERAL, argument)]
        negated = operator is sre.NOT_LITERAL or items[0][0] is sre.NEGATE
        found = 0
        for kind, value in items:
            if kind is sre.CATEGORY:
                found |= _category(str(value))
            elif kind is not sre.NEGATE:
                low, high = value if kind is sre.RANGE else (value, value)
                found |= self._range(low, high, surely=negated)
        return _ALL & ~found if negated else found

    def _range(self, low: int, high: int, surely: bool) -> int:
        """Return the characters of a range, and those of the other case: all that may be, or all that surely are."""
        found = (1 << min(high + 1, _TOLD_APART)) - (1 << min(low, _TOLD_APART))
        if self.any_case:
            found |= (found & _between("A", "Z")) << 32 | (found & _between("a", "z")) >> 32
        if surely:
            return found
        cased = _cased() if self.any_case and found & _cased() else 0
        return found | cased | (_OTHERS if high >= _TOLD_APART else 0)


def _between(low: str, high: str) -> int:
    return (1 << ord(high) + 1) - (1 << ord(low))


def _told_apart(fits: Callable[[str], bool]) -> int:
    return int("".join("1" if fits(chr(code)) else "0" for code in reversed(range(_TOLD_APART))), 2)


@cache
def _cased() -> int:
    """Return the letters beyond ASCII that have another case; they count as one where case does not count."""
    return _told_apart(lambda one: ord(one) > 127 and one.lower() != one.upper())


@cache
def _category(name: str) -> int:
    """Return the characters of ``\\w``, ``\\d`` or ``\\s``, or all others."""
    kind = name.rpartition("_")[2]
    found = {
        "DIGIT": lambda: _told_apart(str.isdecimal) | _DIGIT,
        "SPACE": lambda: _told_apart(str.isspace),
        "WORD": lambda: _told_apart(lambda one: one.isalnum() or one == "_") | _DIGIT | _LETTER,
    }[kind]()
    return _ALL & ~found if "_NOT_" in name else found
