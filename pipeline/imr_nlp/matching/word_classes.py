"""The classes of a vocabulary's words and phrases, with a symbol for each combination of classes.

Sorting some ten thousand entries into classes took a third of the time that loading takes. What comes out is therefore
kept between runs (`imr_nlp.cache`), by the vocabulary, and by the code and data that sort it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from imr_nlp.cache import ContentCache, beside
from imr_nlp.config import ConfigError, folder
from imr_nlp.text import inflection
from imr_nlp.text.compiled import compile_pattern

FIRST_SYMBOL = 0xE000  # private use area: no symbol means anything to `re`

#: Phrases by their first and second word, the longest first: the words after the first one, and the symbol.
Phrases = dict[str, dict[str, list[tuple[list[str], str]]]]


@dataclass(slots=True)
class Sorted:
    """What sorting the entries of a vocabulary gives.

    Attributes:
        combinations: Every combination of classes that can occur, by its symbol.
        words: Symbol of each word that is listed alone.
        phrases: The listed phrases.
    """

    combinations: dict[str, list[str]]
    words: dict[str, str]
    phrases: Phrases


class WordClasses:
    """Which classes a word is in.

    Args:
        classes: Words and phrases, or a regular expression, by class, as a vocabulary file writes them.
        quoted: Words that patterns name themselves; each is a class of its own: ``'of'``.
        tokenize: Splits a phrase into words. Where it has a ``signature``, the result is kept for the next start.
        source: The vocabulary's name, for messages.
        respell: Names the listed word that an unlisted one is a misspelling of, or None.

    Raises:
        ConfigError: A class has a key that is not known.

    >>> classes = WordClasses({"side": ["left"], "level": {"regex": "[CL][1-7]"}}, ["of"], str.split)
    >>> sorted(classes.of_word("left")), sorted(classes.of_word("L4")), sorted(classes.of_word("of"))
    (['side'], ['level'], ["'of'"])
    """

    def __init__(
        self,
        classes: Mapping[str, Any],
        quoted: Iterable[str],
        tokenize: Callable[[str], list[str]],
        source: str = "vocabulary",
        respell: Callable[[str], str | None] | None = None,
    ) -> None:
        mappings = {name: entry for name, entry in classes.items() if isinstance(entry, dict)}
        for name, entry in mappings.items():
            if unknown := set(entry) - {"words", "plural", "regex"}:
                raise ConfigError(f"{source}: class {name!r} has unknown keys {sorted(unknown)}")
        self._regexes = [
            (compile_pattern(entry["regex"]), name) for name, entry in mappings.items() if "regex" in entry
        ]
        self._any_regex = _choice_of([regex for regex, _ in self._regexes])
        self._respell = respell
        self._tokenize = tokenize
        made = self._kept(classes, sorted(quoted))
        self.words, self.phrases = made.words, made.phrases
        self.combinations = {symbol: frozenset(names) for symbol, names in made.combinations.items()}
        self._symbols = {names: symbol for symbol, names in self.combinations.items()}

    def of_word(self, text: str) -> frozenset[str] | set[str]:
        """Return the classes of a word."""
        lower = text.lower()
        listed = self._listed(lower)
        for regex, name in self._regexes if self._any_regex.fullmatch(text) else ():
            if regex.fullmatch(text):
                return listed | {name}
        if not listed and self._respell and (meant := self._respell(lower)):
            return self._listed(meant)
        return listed

    def of_phrase(self, words: Sequence[str]) -> frozenset[str]:
        """Return the classes of a phrase of several words in lower case."""
        for rest, symbol in self.phrases.get(words[0], {}).get(words[1], ()):
            if rest == list(words[1:]):
                return self.combinations[symbol]
        return frozenset()

    def symbol(self, word: str) -> str | None:
        """Return the symbol of a word's classes; None where it is in none, or in a combination without a symbol."""
        return self._symbols.get(frozenset(self.of_word(word)))

    def _listed(self, lower: str) -> frozenset[str]:
        symbol = self.words.get(lower)
        return self.combinations[symbol] if symbol is not None else frozenset()

    def _kept(self, classes: Mapping[str, Any], quoted: list[str]) -> Sorted:
        """Return the sorted entries, from what is kept where they are there."""
        signature = getattr(self._tokenize, "signature", None)
        if signature is None:
            return self._sort(classes, quoted)
        source = json.dumps([signature, _code(), classes, quoted], default=str)
        if (found := _cache().get(source)) is not None:
            return Sorted(**json.loads(found))
        made = self._sort(classes, quoted)
        kept = {"combinations": made.combinations, "words": made.words, "phrases": made.phrases}
        _cache().put(source, json.dumps(kept).encode())
        return made

    def _sort(self, classes: Mapping[str, Any], quoted: list[str]) -> Sorted:
        """Sort all entries, and give every combination of classes that can occur a symbol of its own."""
        entries = _Entries(self._tokenize)
        for name, entry in classes.items():
            entries.add_class(name, entry if isinstance(entry, dict) else {"words": entry})
        for word in quoted:
            entries.add(f"'{word}'", word)
        words = {word: frozenset(names) for word, names in entries.words.items()}
        combinations: set[frozenset[str]] = set(words.values()) | {frozenset({name}) for _, name in self._regexes}
        combinations |= {frozenset(names) for rest in entries.phrases.values() for names in rest.values()}
        for word, names in words.items():
            for text in (word, word.upper(), word.title()):
                if self._any_regex.fullmatch(text):
                    fitting = next((name for regex, name in self._regexes if regex.fullmatch(text)), None)
                    combinations.add(names | {fitting} if fitting else names)
        # Classes in many combinations come first in the order, so that their symbols are neighbours.
        frequent = Counter(name for combination in combinations for name in combination)
        order = sorted(combinations, key=lambda c: sorted((-frequent[name], name) for name in c))
        symbols = {combination: chr(FIRST_SYMBOL + n) for n, combination in enumerate(order)}
        phrases: Phrases = {}
        for first, table in entries.phrases.items():
            seconds = phrases.setdefault(first, {})
            for rest, found in sorted(table.items(), key=lambda item: -len(item[0])):
                seconds.setdefault(rest[0], []).append((list(rest), symbols[frozenset(found)]))
        return Sorted(
            {symbol: sorted(names) for names, symbol in symbols.items()},
            {word: symbols[names] for word, names in words.items()},
            phrases,
        )


class _Entries:
    """Collects the words and phrases of classes."""

    def __init__(self, tokenize: Callable[[str], list[str]]) -> None:
        self.tokenize = tokenize
        self.words: dict[str, set[str]] = {}
        self.phrases: dict[str, dict[tuple[str, ...], set[str]]] = {}

    def add_class(self, name: str, entry: Mapping[str, Any]) -> None:
        for phrase in entry.get("words") or []:
            self.add(name, str(phrase))
            if entry.get("plural"):
                self.add(name, inflection.plural(str(phrase)))

    def add(self, name: str, phrase: str) -> None:
        """List a phrase; one that is written with a hyphen also without ("x-ray", "x ray")."""
        if "-" in phrase[1:-1]:
            self.add(name, phrase.replace("-", " "))
        words = tuple(word.lower() for word in self.tokenize(phrase))
        if len(words) == 1:
            self.words.setdefault(words[0], set()).add(name)
        elif words:
            self.phrases.setdefault(words[0], {}).setdefault(words[1:], set()).add(name)


def _choice_of(regexes: Sequence[re.Pattern[str]]) -> re.Pattern[str]:
    """Return an expression that fits where one of several does: most words fit none, and are asked about once."""
    scoped = [f"(?{'i' if regex.flags & re.I else ''}:{regex.pattern.removeprefix('(?i)')})" for regex in regexes]
    return compile_pattern("|".join(scoped) or r"(?!)")


@cache
def _cache() -> ContentCache:
    return beside(__file__, "1")


@cache
def _code() -> str:
    """Return the hash of the code and data by which entries are sorted."""
    files = (__file__, inflection.__file__, folder("configs") / "inflection.yml")
    return hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()
