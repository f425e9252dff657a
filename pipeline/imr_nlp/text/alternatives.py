"""One builder for regular expressions that match any of several words."""

from __future__ import annotations

import re
from collections.abc import Iterable


def longest_first(words: Iterable[str]) -> list[str]:
    """Return distinct words, the longest first, so that no word hides one that it begins.

    >>> longest_first(["week", "weekly", "day"])
    ['weekly', 'week', 'day']
    """
    return sorted(dict.fromkeys(words), key=lambda word: (-len(word), word))


def alternatives(words: Iterable[str], *, blank: str | None = None) -> str:
    """Return a pattern that matches any of the words, the longest first.

    Args:
        words: The words as they are written, without regular expressions in them.
        blank: The pattern for a blank inside a word. The blank itself is the default.

    Returns:
        A non-capturing group.

    >>> alternatives(["week", "work day"], blank=r"\\s{1,2}")
    '(?:work\\\\s{1,2}day|week)'
    """
    escaped = map(re.escape, longest_first(words))
    return f"(?:{'|'.join(word if blank is None else word.replace(chr(92) + ' ', blank) for word in escaped)})"


def whole_words(words: Iterable[str]) -> str:
    """Return a pattern for any of the words where no letter stands beside it.

    >>> bool(re.search(whole_words(["leg"]), "left leg")), bool(re.search(whole_words(["leg"]), "allege"))
    (True, False)
    """
    return rf"(?<![A-Za-z]){alternatives(words)}(?![A-Za-z])"
