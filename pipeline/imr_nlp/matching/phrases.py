"""Phrases in a sentence, found by one look-up a word: the cost does not grow with the number of phrases."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from imr_nlp.config import ConfigError
from imr_nlp.text.case import lower_case
from imr_nlp.text.compiled import compile_pattern

_WORD = re.compile(r"[a-z0-9]+(?:[/.'-][a-z0-9]+){0,8}|%")


_ANY = frozenset({"*"})  # any one word


CACHE_SIZE = 20_000  # words whose classes are remembered, so that memory stays flat


MAX_GAP = 6  # words that "..." stands for


class Phrase(NamedTuple):
    """What is left of a cue's phrase after the words it is kept under: words (sets of alternatives) and its cue."""

    words: tuple[frozenset[str] | None, ...]  # None stands for "..."
    cue: int
    where: str  # "start" or "end" of the sentence, or "anywhere"


class PhraseIndex:
    """Which cues occur in a list of words.

    ``classes`` names kinds of words by a regular expression; a phrase may use the name for any such word.

    >>> index = PhraseIndex({"@number": r"\\d+"})
    >>> index.add("no ... evidence|documentation", cue=0)
    >>> index.add("@number visits", cue=1, where="start")
    >>> index.find(words("There is no clear documentation of 12 visits."))
    {0}
    """

    def __init__(self, classes: dict[str, str]) -> None:
        self.classes = [(name, compile_pattern(pattern)) for name, pattern in classes.items()]
        # A phrase is kept under its first two words, or under its first if a gap or nothing follows.
        self.by_pair: dict[str, dict[str, list[Phrase]]] = {}
        self.by_first: dict[str, list[Phrase]] = defaultdict(list)
        self.begins: set[str] = set()
        self.memo: dict[str, tuple[str, ...]] = {}

    def add(self, phrase: str, cue: int, where: str = "anywhere") -> None:
        """Add a phrase of ``cue``; see ``configs/rationale/roles.yml`` for how phrases are written."""
        if not isinstance(phrase, str):
            raise ConfigError(f"a phrase isn't text: {phrase!r} (put yes, no, on, off and numbers in quotation marks)")
        parts = tuple(map(_part, phrase.split()))
        first = parts[0] if parts else None
        if first is None or parts[-1] is None or first == _ANY:
            raise ConfigError(f"a phrase must begin and end with a word: {phrase!r}")
        second = parts[1] if len(parts) > 1 and parts[1] != _ANY else None
        self.begins |= first
        for word in first:
            if second is None:
                self.by_first[word].append(Phrase(parts[1:], cue, where))
            for follower in second or ():
                self.by_pair.setdefault(word, {}).setdefault(follower, []).append(Phrase(parts[2:], cue, where))

    def find(self, sentence: list[str]) -> set[int]:
        """Return the numbers of the cues that occur in a sentence's words (as `words` gives them)."""
        found: set[int] = set()
        memo = self.memo
        kinds = [memo.get(word) or self._kinds(word) for word in sentence]
        for at, names in enumerate(kinds):
            for name in names:
                if name not in self.begins:
                    continue
                if phrases := self.by_first.get(name):
                    self._check(phrases, kinds, at, at + 1, found)
                if pairs := self.by_pair.get(name):
                    for follower in kinds[at + 1] if at + 1 < len(kinds) else ():
                        if phrases := pairs.get(follower):
                            self._check(phrases, kinds, at, at + 2, found)
        return found

    def _check(
        self, phrases: Iterable[Phrase], kinds: list[tuple[str, ...]], first: int, at: int, found: set[int]
    ) -> None:
        """Add the cues of those phrases, begun at word ``first``, that continue at word ``at``."""
        for phrase in phrases:
            if phrase.cue in found or (first and phrase.where == "start"):
                continue
            if _follows(kinds, at, phrase.words, phrase.where == "end"):
                found.add(phrase.cue)

    def kind(self, word: str) -> str:
        """Return the first class of a word, or the word itself where it belongs to none.

        >>> index = PhraseIndex({"@number": r"\\d+"})
        >>> index.kind("12"), index.kind("visits")
        ('@number', 'visits')
        """
        kinds = self.memo.get(word) or self._kinds(word)
        return kinds[1] if len(kinds) > 1 else word

    def _kinds(self, word: str) -> tuple[str, ...]:
        """Return a word and the names of its classes."""
        known = self.memo.get(word)
        if known is None:
            if len(self.memo) >= CACHE_SIZE:
                self.memo.clear()
            known = (word, *(name for name, pattern in self.classes if pattern.fullmatch(word)))
            self.memo[word] = known
        return known


def _part(written: str) -> frozenset[str] | None:
    return {"...": None, "*": _ANY}.get(written, frozenset(written.split("|")))


def _follows(kinds: list[tuple[str, ...]], at: int, wanted: tuple[frozenset[str] | None, ...], to_end: bool) -> bool:
    """Whether the words from ``at`` on are the wanted ones, up to the end of the sentence where that is asked."""
    for i, part in enumerate(wanted):
        if part is None:
            rest = wanted[i + 1 :]
            starts = range(at, min(at + MAX_GAP + 1, len(kinds)))
            return any(_follows(kinds, start, rest, to_end) for start in starts if _is(rest[0], kinds[start]))
        if at >= len(kinds) or not _is(part, kinds[at]):
            return False
        at += 1
    return not to_end or at == len(kinds)


def _is(part: frozenset[str] | None, word: tuple[str, ...]) -> bool:
    """Whether a word may be the first of what a part stands for."""
    return part is None or not part.isdisjoint(word) or part == _ANY


def words(sentence: str) -> list[str]:
    """Return a sentence's words, lower case, without punctuation.

    >>> words('The patient\\'s "work-related" MRI (10/2016).')
    ['the', "patient's", 'work-related', 'mri', '10/2016']
    """
    return _WORD.findall(lower_case(sentence))


def placed_words(sentence: str) -> list[tuple[int, str]]:
    """Return the `words` of a sentence, each with its place.

    >>> placed_words("No MRI.")
    [(0, 'no'), (3, 'mri')]
    """
    return [(match.start(), match.group()) for match in _WORD.finditer(lower_case(sentence))]
