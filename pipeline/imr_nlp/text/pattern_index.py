"""An index of regular expressions by the words without which they can't match.

Each word of a text is looked up, and only the patterns are tried for which it has a word. The idea is that of RE2's
prefilter and of Google Code Search, with words for trigrams.
(R. Cox, "Regular Expression Matching with a Trigram Index", 2012.)
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product
from typing import Any

from imr_nlp.cache import ContentCache, beside

try:
    from re import _parser as known  # type: ignore[attr-defined]
except ImportError:  # a Python that this module doesn't know: every pattern is always tried
    known = None

_WORD = re.compile(r"\w+")
_APART = "\0"  # in a string of a pattern: here stands no letter or digit, or a word begins or ends
_MOST = 256  # strings of one part of a pattern
_RARER = 4  # times that a word becomes rarer with each letter
#: Words that most sentences have.
_COMMON = frozenset("a an and are as at by for from in is it of on or that the this to was were with".split())

_Strings = frozenset[str]
_EMPTY: _Strings = frozenset([""])
_BREAK: _Strings = frozenset([_APART])


class PatternIndex:
    """Patterns by their words.

    >>> index = PatternIndex([r"in an? (?:earlier|prior) review\\b", r"no longer\\b", r"[^.]*"])
    >>> index.possible("This is no longer so."), index.possible("A prior review.")
    ([1, 2], [0, 2])
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        """Take patterns, which are tried whatever the case of a text.

        Args:
            patterns: Regular expressions.

        Raises:
            re.error: One of them is not a regular expression.
        """
        source = "\n".join(patterns)
        kept = _cache().get(source)
        made = kept or json.dumps(_index(patterns)).encode()
        if kept is None:
            _cache().put(source, made)
        self._by_word: dict[str, int]
        self._always, self._by_word = json.loads(made)
        self._numbers = range(len(patterns))

    def possible(self, text: str) -> list[int]:
        """Return the numbers of the patterns that may match in a text; the others can't.

        Args:
            text: All that the patterns are tried on, from the beginning of a word to the end of one.
        """
        found, known_words = self._always, self._by_word
        for word in set(_WORD.findall(text.casefold())):
            if word in known_words:
                found |= known_words[word]
        return [number for number in self._numbers if found >> number & 1]


@cache
def _cache() -> ContentCache:
    return beside(__file__, sys.version)


def _index(patterns: Sequence[str]) -> tuple[int, dict[str, int]]:
    """Return the patterns that are always tried, and those of each word, as bits."""
    by_word: dict[str, int] = defaultdict(int)
    always = 0
    for number, pattern in enumerate(patterns):
        words = needed_words(pattern)
        if words is None:
            always |= 1 << number
        for word in words or ():
            by_word[word] |= 1 << number
    return always, by_word


def needed_words(pattern: str) -> _Strings | None:
    """Return case-folded words of which every match of a pattern holds one; None where none are known.

    >>> sorted(needed_words(r"\\b(?:no|any) reviews?\\b")), needed_words(r"re\\w+")
    (['review', 'reviews'], None)
    """
    if known is None:
        return None
    return _sequence(known.parse(pattern, re.IGNORECASE), apart=False)[1]


def _sequence(nodes: Iterable[tuple[Any, Any]], *, apart: bool) -> tuple[_Strings | None, _Strings | None]:
    """Return all that a sequence can match, None for too much, and the words of which its matches hold one.

    Args:
        nodes: Nodes of a parsed pattern.
        apart: Whether a word can only begin where the sequence begins.
    """
    needed: _Strings | None = None
    run, whole = (_BREAK if apart else _EMPTY), True
    for kind, value in nodes:
        ends = all(string.endswith(_APART) for string in run)
        exact, words = _node(kind, value, apart=ends)
        joined = _joined(run, exact) if exact is not None else None
        if joined is not None:
            run = joined
            continue
        needed, whole = _rarer(needed, words, _words(run)), False
        run = exact if exact is not None else _BREAK if _ends_apart(kind, value, apart=ends) else _EMPTY
    return (run if whole else None), _rarer(needed, _words(run))


def _node(kind: Any, value: Any, *, apart: bool) -> tuple[_Strings | None, _Strings | None]:
    """Return for one node what `_sequence` returns for several."""
    if kind is known.LITERAL:
        return _character(chr(value)), None
    if kind is known.IN:
        return _characters(value), None
    if kind is known.AT:
        return (_BREAK if value is not known.AT_NON_BOUNDARY else _EMPTY), None
    if kind in (known.ASSERT, known.ASSERT_NOT):
        return _EMPTY, None
    if kind is known.SUBPATTERN:
        return _sequence(value[-1], apart=apart)
    if kind is known.BRANCH:
        ways = [_sequence(way, apart=apart) for way in value[1]]
        return _union([exact for exact, _ in ways]), _union([words for _, words in ways])
    if kind in (known.MAX_REPEAT, known.MIN_REPEAT, known.POSSESSIVE_REPEAT):
        least, most, what = value
        exact, words = _sequence(what, apart=apart and most == 1)
        if most == 1 and exact is not None:
            return (exact if least else exact | _EMPTY), words if least else None
        return None, words if least else None
    return None, None


def _ends_apart(kind: Any, value: Any, *, apart: bool) -> bool:
    """Return whether a word can only begin behind a node, before which it can where ``apart`` is true."""
    if kind in (known.MAX_REPEAT, known.MIN_REPEAT, known.POSSESSIVE_REPEAT):
        least, _, what = value
        return (apart or least > 0) and _last_apart(what)
    if kind is known.SUBPATTERN:
        return _last_apart(value[-1])
    if kind is known.BRANCH:
        return all(map(_last_apart, value[1]))
    exact, _ = _node(kind, value, apart=False)
    return exact == _BREAK


def _last_apart(nodes: Sequence[tuple[Any, Any]]) -> bool:
    return len(nodes) > 0 and _ends_apart(*nodes[-1], apart=False)


def _character(character: str) -> _Strings:
    return frozenset([character.casefold()]) if _WORD.match(character) else _BREAK


def _characters(members: Sequence[tuple[Any, Any]]) -> _Strings | None:
    """Return the characters of a class; None for a class of many."""
    found: _Strings = frozenset()
    for kind, value in members:
        if kind is known.LITERAL:
            found |= _character(chr(value))
        elif kind is known.CATEGORY and value in (known.CATEGORY_SPACE, known.CATEGORY_NOT_WORD):
            found |= _BREAK
        else:
            return None
    return found


def _joined(left: _Strings, right: _Strings) -> _Strings | None:
    if len(left) * len(right) > _MOST:
        return None
    return frozenset(a + b for a, b in product(left, right))


def _union(sets: Sequence[_Strings | None]) -> _Strings | None:
    found: _Strings = frozenset()
    for strings in sets:
        if strings is None:
            return None
        found |= strings
    return found if len(found) <= _MOST else None


def _words(strings: _Strings) -> _Strings | None:
    """Return the rarest whole word of each string; None where one has none."""
    found = [max(string.split(_APART)[1:-1], key=_rarity, default="") for string in strings]
    return frozenset(found) if all(found) else None


def _rarity(word: str) -> int:
    return 1 if word in _COMMON else len(word)


def _rarer(*sets: _Strings | None) -> _Strings | None:
    """Return the words that fewest texts hold: few and long ones."""
    some = [words for words in sets if words is not None]
    return min(some, key=lambda words: sum(_RARER ** -_rarity(word) for word in words), default=None)
