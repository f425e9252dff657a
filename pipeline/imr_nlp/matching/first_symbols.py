"""With which symbols a match of a pattern can begin.

The expressions are those that `imr_nlp.matching.token_grammar` writes: character classes, groups ``(?:…)``, lookaheads,
alternatives and quantifiers, and nothing else of the language of regular expressions.
"""

import re

_QUANTIFIER = re.compile(r"[?*+]\+?|\{(\d+)(?:,\d*)?\}")


def first_symbols(expression: str) -> set[str]:
    """Return the symbols that can stand first in a match of ``expression``.

    >>> sorted(first_symbols("(?:[ab]~*+)?(?:(?:[c])|(?:[d]){0,2}(?:[e]))[f]"))
    ['a', 'b', 'c', 'd', 'e']
    >>> sorted(first_symbols("(?!(?:[a][b]))(?:[ac]|[d])"))
    ['a', 'c', 'd']
    """
    return _Reader(expression).alternatives()[0]


def _members(inside: str) -> set[str]:
    """Return the symbols of a character class: "ac-e" is a, c, d, e."""
    symbols = set(inside.replace("-", ""))
    for at in (i for i, char in enumerate(inside) if char == "-"):
        symbols.update(map(chr, range(ord(inside[at - 1]), ord(inside[at + 1]) + 1)))
    return symbols


class _Reader:
    """Reads an expression from left to right; each method returns (first symbols, whether it can match nothing)."""

    def __init__(self, expression: str) -> None:
        self.text = expression
        self.at = 0

    def alternatives(self) -> tuple[set[str], bool]:
        symbols, empty = self._sequence()
        while self.text[self.at : self.at + 1] == "|":
            self.at += 1
            more, also = self._sequence()
            symbols, empty = symbols | more, empty or also
        return symbols, empty

    def _sequence(self) -> tuple[set[str], bool]:
        symbols: set[str] = set()
        empty = True
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            more, also = self._item()
            symbols, empty = symbols | more if empty else symbols, empty and also
        return symbols, empty

    def _item(self) -> tuple[set[str], bool]:
        symbols: set[str]
        if self.text.startswith(("(?!", "(?="), self.at):  # looks ahead and takes nothing
            self.at += 3
            self.alternatives()
            self.at += 1
            symbols, empty = set(), True
        elif self.text.startswith("(?:", self.at):
            self.at += 3
            symbols, empty = self.alternatives()
            self.at += 1
        elif self.text[self.at] == "[":
            end = self.text.index("]", self.at)
            symbols, empty = _members(self.text[self.at + 1 : end]), False
            self.at = end + 1
        else:
            symbols, empty = {self.text[self.at]}, False
            self.at += 1
        if quantifier := _QUANTIFIER.match(self.text, self.at):
            self.at = quantifier.end()
            empty = empty or quantifier.group()[0] in "?*" or quantifier[1] == "0"
        return symbols, empty
