"""Number words of English with their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(rf"(?:(?:{'|'.join(TENS)})[- ])?[a-z]+")


#: Lists ``ones`` (from 1), ``teens`` (from 10) and ``tens`` (from 20), and ``misspelled``: a misspelling's right word.
Spellings = Mapping[str, Any]
_LISTS = {"ones": ONES, "teens": TEENS, "tens": TENS}
_HUNDRED = "hundred"


def _spellings(words: Spellings | None) -> tuple[dict[str, list[str]], list[str]]:
    """Return each number word with all its spellings, and the spellings of "hundred"."""
    wrong: Mapping[str, str] = words.get("misspelled", {}) if words else {}
    known = {word: [word] for name, list_ in _LISTS.items() for word in (words[name] if words else list_)}
    known[_HUNDRED] = [_HUNDRED]
    for written, meant in wrong.items():
        known[meant].append(written)
    return known, known.pop(_HUNDRED)


def number_words(words: Spellings | None = None) -> dict[str, int]:
    """Return number words up to ninety-nine with their values, and misspellings of "hundred".

    Args:
        words: Other spellings.

    Returns:
        Each word with its value. Tens and ones are joined by a hyphen, by a blank and by nothing.

    >>> known = number_words()
    >>> known["seven"], known["twelve"], known["forty-two"], known["forty two"], known["fortytwo"]
    (7, 12, 42, 42, 42)
    """
    lists: Spellings = words or _LISTS
    known, hundreds = _spellings(words)
    ones = {word: i for i, one in enumerate(lists["ones"], 1) for word in known[one]}
    values = ones | {word: i for i, teen in enumerate(lists["teens"], 10) for word in known[teen]}
    for i, right in enumerate(lists["tens"], 2):
        for ten in known[right]:
            values[ten] = 10 * i
            for one, j in ones.items():
                values |= dict.fromkeys((f"{ten}-{one}", f"{ten} {one}", f"{ten}{one}"), 10 * i + j)
    return values | dict.fromkeys(hundreds[1:], 100)


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


def spelled_number(words: Spellings | None = None) -> str:
    """Return a pattern for numbers below a thousand in words, and for dozens; `value_of` reads what it matches.

    Hyphens, blanks or nothing may join the words.

    Args:
        words: As for `number_words`.

    >>> pattern = re.compile(spelled_number())
    >>> [pattern.match(s).group() for s in ("one-hundred-and-four", "fifty- six", "fiftysix", "half a dozen", "twelve")]
    ['one-hundred-and-four', 'fifty- six', 'fiftysix', 'half a dozen', 'twelve']
    """
    lists: Spellings = words or _LISTS
    known, hundred = _spellings(words)
    one, teen, ten = ("|".join(word for right in lists[name] for word in known[right]) for name in _LISTS)
    gap = r"[-\s]{0,3}"
    small = rf"(?:(?:{ten}){gap}(?:{one})(?![a-z])|{teen}|{ten}|{one})"
    hundreds = rf"(?:(?:{one}|an?){gap})?(?:{'|'.join(hundred)})(?:{gap}(?:and{gap})?{small})?"
    dozens = rf"(?:(?:{one}|a|(?:a\s{{1,2}})?half(?:\s{{1,2}}a)?)[-\s]{{1,2}})dozen"
    return rf"(?:{hundreds}|{dozens}|{small})"


def value_of(word: str, values: Mapping[str, int]) -> float:
    """Return the value of a number in figures or words, below a thousand.

    Args:
        word: Lower case, such as "12", ".5", "one hundred and twenty-two", "two dozen".
        values: Number words up to ninety-nine (`number_words`).

    Raises:
        ValueError: The word is no number.

    >>> known = number_words()
    >>> [value_of(word, known) for word in ("12", "sixty", "one-hundred-twenty", "a hundred and five", "hundred")]
    [12.0, 60.0, 120.0, 105.0, 100.0]
    >>> [value_of(word, known) for word in ("fifty- six", "half a dozen", "two dozen")]
    [56.0, 6.0, 24.0]
    """
    if word in values:
        return float(values[word])
    if not word[-1:].isalpha():  # in figures, as nearly all are
        return float(word)
    letters = re.sub(r"[-\s]", "", word)
    if letters in values:
        return float(values[letters])
    if letters.endswith("dozen"):
        head = letters.removesuffix("dozen")
        return 6.0 if "half" in head else 12.0 * values.get(head, 1)
    for hundred in (_HUNDRED, *(known for known, value in values.items() if value == 100)):
        head, found, rest = letters.partition(hundred)
        if found:
            break
    else:
        raise ValueError(f"{word!r} is no number")
    rest = rest.removeprefix("and")
    return 100.0 * values.get(head, 1) + (value_of(rest, values) if rest else 0.0)
