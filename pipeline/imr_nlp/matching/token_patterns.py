"""Token patterns tried only where their first word stands.

spaCy's Matcher tries every pattern at every token: over a letter, 0.3 ms for each pattern that begins with a choice of
words. ConText's patterns all begin with a known word ("no ... evidence ... diagnosed with"), so that one look-up a
token tells where to try which. `TokenPatterns.takes` tells whether a pattern can be found so; any other is left to
spaCy's Matcher. The matches are the same as the Matcher's, but contractions count as what they stand for. LOWER is
compared with a token's NORM, so that "not" is found in "isn't".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from spacy.attrs import IS_ALPHA, IS_DIGIT, IS_PUNCT, NORM, SENT_START
from spacy.tokens import Doc
from spacy.vocab import Vocab

Pattern = Sequence[Mapping[str, Any]]

#: What a token description may ask besides its word: whether spaCy's attribute is 1.
_FLAGS = {"IS_ALPHA": IS_ALPHA, "IS_DIGIT": IS_DIGIT, "IS_PUNCT": IS_PUNCT, "IS_SENT_START": SENT_START}
_TIMES = re.compile(r"\{(\d{1,2}),(\d{1,2})\}")


class Step(NamedTuple):
    """One token description: words (by their number in the vocabulary), words it may not be, a flag, how often."""

    words: frozenset[int]
    barred: frozenset[int]
    flag: str | None
    wanted: bool
    least: int
    most: int


class Needed(NamedTuple):
    """A later word without which a pattern cannot match, and the tokens from its first word where it can stand."""

    words: frozenset[int]
    first: int
    stop: int


class _Begun(NamedTuple):
    """A pattern: its number and key, its first step, the further ones, and the later words that it needs."""

    number: int
    key: str
    step: Step
    steps: list[Step]
    needed: tuple[Needed, ...]


class TokenPatterns:
    """Finds token patterns in a Doc. ``patterns`` are pairs of a key and a pattern that `takes` accepts.

    >>> import spacy
    >>> nlp = spacy.blank("en")
    >>> pattern = [{"LOWER": {"IN": ["no", "without"]}}, {"IS_ALPHA": True, "OP": "{0,2}"}, {"LOWER": "evidence"}]
    >>> found = TokenPatterns(nlp.vocab, [("demo", pattern)])
    >>> sorted(found(nlp("Without any clear evidence of it, no, evidence.")))
    [('demo', 0, 4)]
    """

    def __init__(self, vocab: Vocab, patterns: Iterable[tuple[str, Pattern]]) -> None:
        begun: dict[int, list[_Begun]] = defaultdict(list)
        for number, (key, pattern) in enumerate(patterns):
            first, *rest = [_step(vocab, description) for description in pattern]
            one = _Begun(number, key, first, rest, _needed(rest))
            for word in first.words:
                begun[word].append(one)
        self._starting = {word: _Bucket(ones) for word, ones in begun.items()}

    @staticmethod
    def takes(pattern: Any) -> bool:
        """Return whether a pattern begins with one known word or choice of words, and asks only what is known here.

        The first word may have a flag as well: "should" that begins a sentence.

        >>> [TokenPatterns.takes(pattern) for pattern in ([{"LOWER": "no"}], [{"LEMMA": "be"}], [{"OP": "?"}], "no")]
        [True, False, False, False]
        """
        if not isinstance(pattern, list) or not pattern or "OP" in pattern[0] or "LOWER" not in pattern[0]:
            return False
        if isinstance(pattern[0]["LOWER"], dict) and "IN" not in pattern[0]["LOWER"]:
            return False
        first = {key: value for key, value in pattern[0].items() if key not in _FLAGS}
        return all(_known(description) for description in (first, *pattern[1:]))

    def __call__(self, doc: Doc, regions: Iterable[tuple[int, int]] | None = None) -> Iterator[tuple[str, int, int]]:
        """Yield key, first token and end of every match, or of those that begin in the parts given (first, end)."""
        words, *columns = doc.to_array([NORM, *_FLAGS.values()]).T.tolist()
        flags = dict(zip(_FLAGS, columns, strict=True))
        starting = self._starting
        within = chain.from_iterable(range(*region) for region in regions or [(0, len(words))])
        for start in [at for at in within if words[at] in starting]:
            for _, key, step, steps, needed in starting[words[start]].near(words, start):
                if step.flag and (flags[step.flag][start] == 1) != step.wanted:
                    continue
                for one, first, stop in needed:
                    if one.isdisjoint(words[start + first : start + stop]):
                        break
                else:
                    for end in _ends(words, flags, steps, start + 1):
                        yield key, start, end


class _Bucket:
    """The patterns that begin with one word. A comma begins eight, and "not" many more, of which few can match.

    They are filed under the words of which they need one later, which takes a fifth less time than trying all of them.
    """

    def __init__(self, begun: Sequence[_Begun]) -> None:
        self.anyway = [one for one in begun if not one.needed]
        self.by_word: dict[int, list[_Begun]] = defaultdict(list)
        for one in begun:
            for word in one.needed[0].words if one.needed else ():
                self.by_word[word].append(one)
        rarest = [one.needed[0] for one in begun if one.needed]
        self.first, self.stop = min((n.first for n in rarest), default=0), max((n.stop for n in rarest), default=0)

    def near(self, words: Sequence[int], start: int) -> Iterable[_Begun]:
        """Return the patterns of which a needed word follows the token ``start``, in their order."""
        by_word = self.by_word
        found = [by_word[word] for word in words[start + self.first : start + self.stop] if word in by_word]
        if not found:
            return self.anyway
        if len(found) == 1 and not self.anyway:
            return found[0]
        ones = {one.number: one for one in chain(self.anyway, *found)}
        return [ones[number] for number in sorted(ones)]


def _needed(steps: Iterable[Step]) -> tuple[Needed, ...]:
    """Return the words that the steps need, the rarest first: those with the fewest alternatives."""
    first, stop = 1, 2
    found = []
    for step in steps:
        if step.least and step.words:
            found.append(Needed(step.words, first, stop))
        first, stop = first + step.least, stop + step.most
    return tuple(sorted(found, key=lambda needed: len(needed.words)))


def _ends(words: list[int], flags: Mapping[str, list[int]], steps: list[Step], start: int) -> set[int]:
    """Return where the steps can end that begin at a token."""
    ends = {start}
    for step in steps:
        begins, ends = ends, set()
        column = flags[step.flag] if step.flag else None
        for at in begins:
            for end in range(at, min(at + step.most, len(words)) + 1):
                if end - at >= step.least:
                    ends.add(end)
                if end == len(words):
                    break
                if not _fits(words[end], step, column is None or (column[end] == 1) == step.wanted):
                    break
    return ends


def _fits(word: int, step: Step, flagged: bool) -> bool:
    return flagged and word not in step.barred and (not step.words or word in step.words)


def _known(description: Mapping[str, Any]) -> bool:
    asked = [key for key in description if key != "OP"]
    times = description.get("OP", "?")
    if not asked or not (times == "?" or _TIMES.fullmatch(times)):
        return False
    flags = [key for key in asked if key != "LOWER"]
    if len(flags) > 1 or any(key not in _FLAGS or not isinstance(description[key], bool) for key in flags):
        return False
    word = description.get("LOWER", "")
    if isinstance(word, str):
        return not flags or "LOWER" not in description
    return isinstance(word, Mapping) and (list(word) == ["NOT_IN"] or (not flags and list(word) == ["IN"]))


def _step(vocab: Vocab, description: Mapping[str, Any]) -> Step:
    times = description.get("OP")
    counted = _TIMES.fullmatch(times) if times else None
    least, most = (int(counted[1]), int(counted[2])) if counted else (0 if times else 1, 1)
    asked = description.get("LOWER")
    listed = asked if isinstance(asked, Mapping) else {"IN": [asked] if asked is not None else []}
    words, barred = (frozenset(vocab.strings.add(word) for word in listed.get(key, ())) for key in ("IN", "NOT_IN"))
    flag = next((key for key in description if key not in ("OP", "LOWER")), None)
    return Step(words, barred, flag, bool(description[flag]) if flag else True, least, most)
