"""Requests that are not at issue: granted by the insurer, told of an earlier time, or asked for a second time.

`Settled.at_issue` leaves them out of several requests. A single request always stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.evidence import topic
from imr_nlp.components.layout.statements.reader import Statement
from imr_nlp.components.layout.statements.words import Lexicon, Word
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.numbers import numbers_in

_AND = re.compile(r"\band ")
_MAX_EARLIER = 20  # earlier requests that a later one is compared with
_BY = re.compile(r"\s?by\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """A service that was asked for: where it stands, and the sentence that asks.

    ``reasons`` are its own passages of reasons: one where it stands at the end of one, none in a list. None otherwise.
    ``past`` says that the sentence tells of an earlier time: "had requested".
    """

    start: int
    end: int
    sentence: int
    rule: str
    reasons: tuple[tuple[int, int], ...] | None = None
    past: bool = False


class Settled:
    """Tells requests that are at issue from others.

    Args:
        data: Content of ``layout/requests.yml``.
        denied: Pattern of a denial.
        lexicon: The words of statements.
        path: The file, for messages.

    Raises:
        KeyError: A key is missing.
        ConfigError: A pattern is not a regular expression.
    """

    def __init__(self, data: Mapping[str, Any], denied: re.Pattern[str], lexicon: Lexicon, path: str) -> None:
        self.granted, self.more = compiled(data["granted"], path), compiled(data["more"], path)
        self.after, self.clause, self.again, self.name_ends = (
            compile_pattern(data["settled"][key]) for key in ("after", "clause", "again", "name_ends")
        )
        self.denied = denied
        self.lexicon = lexicon

    def at_issue(
        self, text: str, cut: list[tuple[int, int]], asked: list[Asked], statements: Sequence[Statement]
    ) -> list[Asked]:
        """Return the requests that are at issue, in text order.

        Args:
            text: The text of the reading view.
            cut: Its sentences (start, end).
            asked: What was asked for.
            statements: What its sentences decide.
        """
        for leave_out in (self._earlier, self._not_granted, self._repeated):
            if len(asked) > 1:
                asked = leave_out(text, cut, asked, statements) or asked
        return asked

    def _earlier(
        self, text: str, cut: list[tuple[int, int]], asked: list[Asked], statements: Sequence[Statement]
    ) -> list[Asked]:
        """Leave out what "had requested" tells beside "has requested", unless a statement decides on it."""
        now = [one for one in asked if not one.past]
        if not now or any(self.more.search(text, *cut[one.sentence]) for one in now):
            return asked
        others = {word for one in now for word in topic(text[one.start : one.end])}
        told = _decided_on(statements) - others
        return [
            one for one in asked
            if not one.past or one.start > now[0].start or told & topic(text[one.start : one.end])
        ]  # fmt: skip

    def _repeated(
        self, text: str, cut: list[tuple[int, int]], asked: list[Asked], statements: Sequence[Statement]
    ) -> list[Asked]:
        """Leave out what an earlier sentence asked for already. Another amount of it is another request."""
        kept: list[Asked] = []
        naming: dict[str, list[Asked]] = {}  # earlier requests by their words: few share one with a later request
        for one in asked:
            request = text[one.start : one.end]
            words, numbers = topic(request), numbers_in(request)
            again = words and not self.more.search(text, cut[one.sentence][0], one.end)
            if not again or not any(
                known.sentence != one.sentence
                and _names_again(text[known.start : known.end], words, self.name_ends)
                and numbers <= numbers_in(text[known.start : known.end])
                for known in naming.get(min(words), ())[:_MAX_EARLIER]
            ):
                kept.append(one)
                for word in words:
                    naming.setdefault(word, []).append(one)
        return kept

    def _not_granted(
        self, text: str, cut: list[tuple[int, int]], asked: list[Asked], statements: Sequence[Statement]
    ) -> list[Asked]:
        """Leave out those that the insurer has granted."""
        given: set[str] = set()
        asking = {one.sentence for one in asked}
        whole: set[int] = set()  # sentences whose requests were granted: "and the plan paid for it"
        for n, (start, end) in enumerate(cut):
            for match in self.granted.finditer(text, start, end):
                before = self.lexicon.words(text, start, match.start())
                if not before or any(word.any("negators", "modals") for word in before[-2:]):
                    continue
                if before[-1].any("copulas"):
                    given |= self._passive(text, start, end, match, before)
                elif self._insurer_acts(before):
                    stop = self.after.search(text, match.end(), end)
                    after = text[match.end() : stop.start() if stop else end]
                    if not self.again.match(after) and (after.strip(" .") or n not in asking):
                        given |= topic(after)
                    elif not self.denied.search(text, start, end) and not self._partly(text, start, end):
                        whole.add(n if n in asking else n - 1)
        topics = [topic(text[one.start : one.end]) for one in asked]
        services = Counter(word for own in topics for word in own)
        decided_on = _decided_on(statements)
        kept = []
        for one, own in zip(asked, topics, strict=True):
            told = {word for word in own if services[word] == 1}
            granted = one.sentence in whole or (told & given and not told - given)
            if not granted or told & decided_on:
                kept.append(one)
        return kept

    @staticmethod
    def _insurer_acts(before: Sequence[Word]) -> bool:
        """Return whether the insurer is the subject of the verb after these words: "the plan denied A but paid for"."""
        if any(word.any("insurer") for word in before[-4:]):
            return True
        if before[-1].text not in ("and", "but"):
            return False
        commas = [k for k, word in enumerate(before) if word.text == ","]
        aside = len(commas) > 1 and commas[-1] == len(before) - 2 and before[commas[-2] + 1].any("sides", "causes")
        before = before[: commas[-2]] if aside else before  # "refused A, since she walks, and agreed to B"
        holders = ("insurer", "reviewer", "treating", "source")
        near = next((word for word in reversed(before) if word.any(*holders)), None)
        return near is not None and near.any("insurer")

    def _passive(self, text: str, start: int, end: int, match: re.Match[str], before: Sequence[Word]) -> set[str]:
        """Return the topic of what was granted in a passive: by the insurer, or in contrast to what was denied."""
        if _BY.match(text, match.end(), end):
            agent = self.lexicon.words(text, match.end(), end)[1:5]
            if not any(word.any("insurer") for word in agent):
                return set()
        elif before[-1].text in ("be", "being", "is", "are") or not self.denied.search(text, start, end):
            return set()
        for mark in self.clause.finditer(text, start, match.start()):
            start = mark.end()
        if self.denied.search(text, start, match.start()):
            for mark in _AND.finditer(text, start, match.start()):
                start = mark.end()
        return set(topic(text[start : match.start()]))

    def _partly(self, text: str, start: int, end: int) -> bool:
        words = self.lexicon.words(text, start, end)
        return any(word.any("part") or word.text in ("only", "first", "initially") for word in words)


def _decided_on(statements: Sequence[Statement]) -> set[str]:
    """Return the words that tell what statements decide on."""
    return {word for s in statements if s.decides for word in topic(" ".join(s.subject))}


def _names_again(request: str, words: frozenset[str], name_ends: re.Pattern[str]) -> bool:
    """Return whether the words of a later request are all of an earlier one, and hold the noun that it is.

    >>> ends = re.compile(" of ")
    >>> _names_again("cartilage implant of the knee", topic("the implant"), ends)
    True
    >>> _names_again("wheelchair ramp", topic("wheelchair"), ends)
    False
    """
    known = topic(request)
    name = name_ends.split(request, maxsplit=1)[0].split()
    noun = topic(name[-1]) if name else frozenset()
    return words <= known and (words == known or bool(noun and noun <= words))
