"""Number words of English with their values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(rf"(?:(?:{'|'.join(TENS)})[- ])?[a-z]+")


def number_words(words: Mapping[str, Sequence[str]] | None = None) -> dict[str, int]:
    """Return number words up to ninety-nine with their values.

    Args:
        words: Other spellings: lists ``ones`` (from 1), ``teens`` (from 10) and ``tens`` (from 20).

    Returns:
        Each word with its value. Tens and ones are joined by a hyphen and by a blank.

    >>> known = number_words()
    >>> known["seven"], known["twelve"], known["forty-two"], known["forty two"]
    (7, 12, 42, 42)
    """
    ones, teens, tens = (words["ones"], words["teens"], words["tens"]) if words else (ONES, TEENS, TENS)
    values = {word: i for i, word in enumerate(ones, 1)}
    values |= {word: i for i, word in enumerate(teens, 10)}
    for i, ten in enumerate(tens, 2):
        values[ten] = 10 * i
        for j, one in enumerate(ones, 1):
            values[f"{ten}-{one}"] = values[f"{ten} {one}"] = 10 * i + j
    return values


@lru_cache(maxsize=1)
def _values() -> dict[str, int]:
    return number_words()


def numbers_in(text: str) -> set[float]:
    """Return the numbers of a text, in figures or in words below a hundred.

    >>> sorted(numbers_in("Twenty-four visits, 2 times a week (24), 7.5 mg"))
    [2.0, 7.5, 24.0]
    """
    values = _values()
    words = _WORD.findall(text.lower())
    return {float(n) for n in _FIGURE.findall(text)} | {float(values[word]) for word in words if word in values}


def plain(value: float) -> int | float:
    """Return a whole number as int.

    >>> plain(6.0), plain(7.5)
    (6, 7.5)
    """
    return int(value) if value == int(value) else value


def value_of(word: str, values: Mapping[str, int]) -> float:
    """Return the value of a number in figures or words, below a thousand.

    Args:
        word: Lower case, such as "12", ".5", "one hundred and twenty-two".
        values: Number words up to ninety-nine (`number_words`).

    Raises:
        ValueError: The word is no number.

    >>> known = number_words()
    >>> [value_of(word, known) for word in ("12", "sixty", "one hundred twenty", "a hundred and five", "hundred")]
    [12.0, 60.0, 120.0, 105.0, 100.0]
    """
    if word in values:
        return float(values[word])
    before, hundred, after = word.partition("hundred")
    if not hundred:
        return float(word)
    head, rest = before.strip(), " ".join(after.split()).removeprefix("and ").strip()
    return 100.0 * (1 if head in ("", "a") else values[head]) + (value_of(rest, values) if rest else 0.0)
