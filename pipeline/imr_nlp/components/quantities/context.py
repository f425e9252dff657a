"""What a number is about: a course of treatment, a count of tablets, or neither, by the words around it.

The method is the nearest cue: of the cue words before a number in its sentence, the last one decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from imr_nlp.components.quantities.grammar import Quantity, one_of
from imr_nlp.text.compiled import compile_pattern

#: How far before and after a number its cues are looked for, in characters.
BEFORE, AFTER = 110, 45
#: A duration this close behind another quantity belongs with it: "12 visits over 8 weeks".
CLOSE = 40
#: How far before a frequency a symptom or habit is looked for.
HABIT = 60
#: How far behind a count of sessions a bare number can continue it: "8 sessions. Six more are asked for."
AGAIN = 160


class QuantityContext:
    """Decides by cue words. Takes the words of ``configs/quantities.yml``; all texts given to it are lower case."""

    def __init__(self, words: dict[str, Any]) -> None:
        self._cue = _topics(words["cues"])
        self.default_cue: str = words["default_cue"]
        self._topic = _topics({"symptom": words["symptom"], "treated": words["treated"]})
        self._habit = _topics({"habit": words["habit"], "treated": words["treated"]})
        self._label = _compile(rf"\b{one_of(words['labels_before'])}[.:-]?\s{{0,2}}#?\Z")
        self._ordinal = _compile(rf"\b{one_of(words['ordinals_before'])}\s{{0,2}}\Z")
        self._not_times = _compile(rf"\b{one_of(words['not_times_after'])}[,:]?\s{{0,2}}\Z")
        self._never = _compile(rf"[-\s]{{0,2}}{_words(words['never_before'])}")
        self._seldom = _compile(rf"[-\s]{{0,2}}{_words(words['seldom_before'])}")
        self._always = _compile(rf"[-\s]{{0,2}}{_words(words['always_before'])}")
        self._none = _compile(rf"\b{one_of(words['none_before'])}\s{{1,2}}\Z")
        self._again_before = _compile(rf"\b{one_of(words['again_before'])}\s{{1,2}}\Z")
        self._clause_ends = _compile(rf"\s{{0,2}}(?:[.,;)](?!\d)|--|\Z|{one_of(words['again_clause'])}\b)")
        # " more are", not " more heel raises"
        plural = r"\s(?:[a-z-]{1,24}\s){0,2}[a-z-]{3,24}s\b"
        self._again_after = _compile(rf"\s{{1,2}}{one_of(words['again_after'])}\b(?!{plural})")
        self._in_all = _compile(rf"\s{{1,2}}{one_of(words['in_all'])}\b(?!{plural})")
        self._moment = _compile(rf"\b{one_of(words['moment_after'])}\s{{0,2}}\Z")
        self._request_moment = _compile(rf"\b{one_of(words['request_moment'])}\s{{0,2}}\Z")
        self._request_moment_first = _compile(rf"\b{one_of(words['request_moment_first'])}\s{{0,2}}\Z")
        self._run = _compile(rf"\b{one_of(words['run_after'])}\s{{0,2}}\(?\Z")
        self._limit = _compile(rf"\b{one_of(words['limit_after'])}\s{{0,2}}\(?\Z")
        self._idle = _compile(rf"[-\s]{{1,2}}{_words(words['not_adverb_before'])}")
        self._idle_before = _compile(r"\b(?:activities|activity)\s{1,2}of\s{1,2}\Z")

    def cue(self, text: str, at: int) -> str | None:
        """Return the unit that the nearest cue word before ``at`` names, or None."""
        return self._last(self._cue, text, at)

    def is_label(self, text: str, at: int) -> bool:
        """Whether the number at ``at`` names something: "Chapter 12", "Tylenol #3"."""
        joined = at > 1 and text[at - 1] == "-" and text[at - 2].isalpha() and text[at].isalpha()  # "Gel-One"
        return joined or self._label.search(text, max(0, at - 16), at) is not None

    def is_ordinal(self, text: str, at: int) -> bool:
        """Whether "#3" at ``at`` is the third of something: "visit #3"."""
        return self._ordinal.search(text, max(0, at - 16), at) is not None

    def not_times(self, text: str, at: int) -> bool:
        """Whether "x 3" at ``at`` follows a word it doesn't count: "oriented x 3"."""
        return self._not_times.search(text, max(0, at - 16), at) is not None

    def is_none(self, text: str, at: int) -> bool:
        """Whether "one" at ``at`` is none: "not one injection"."""
        return self._none.search(text, max(0, at - 12), at) is not None

    def goes_on(self, text: str, start: int, stop: int, before: Quantity | None) -> str | None:
        """Return the unit of the bare number ``text[start:stop]`` where it continues what was counted ``before``.

        "Of 8 sessions she attended six": both are sessions. None where the number stands for something else.
        """
        near = before if before is not None and start - before.end <= AGAIN else None
        if self._in_all.match(text, stop):
            return near.unit if near else self.cue(text, start)
        if near is None:
            return None
        if self._again_after.match(text, stop):
            return near.unit
        same_sentence = not _ends_sentence(text, near.end, start)
        if same_sentence and self._again_before.search(text, max(0, start - 20), start):
            return near.unit if self._clause_ends.match(text, stop) else None
        return None

    def is_idle_adverb(self, text: str, at: int, stop: int) -> bool:
        """Whether "daily" says nothing of a treatment: "activities of daily living"."""
        if self._idle.match(text, stop):
            return True
        return self._idle_before.search(text, max(0, at - 16), at) is not None

    def is_moment(self, text: str, quantity: Quantity, *, first: bool) -> bool:
        """Whether a duration in a request is an age or says when something happens, not how long it runs.

        ``first`` says that no other quantity stands before it: "follow-up in 6 weeks".
        """
        at, stop = quantity.start, quantity.end
        if self._never.match(text, stop):
            return True
        near = max(0, at - 24)
        if self._request_moment.search(text, near, at) or (first and self._request_moment_first.search(text, near, at)):
            return True
        return self._seldom.match(text, stop) is not None and not self.runs_before(text, at)

    def is_symptom_rate(self, text: str, at: int) -> bool:
        """Whether the frequency at ``at`` is that of a symptom or a habit: "headaches every 6 months"."""
        return self._last(self._habit, text, at, HABIT) == "habit"

    def is_in_all(self, text: str, stop: int) -> bool:
        """Whether "in all" stands right behind a number: it sums up what the sentence named."""
        return self._in_all.match(text, stop) is not None

    def runs_before(self, text: str, at: int) -> bool:
        """Whether "for", "over" or "at least" stands right before ``at``."""
        return self._run.search(text, max(0, at - 24), at) is not None

    def is_course(self, text: str, quantity: Quantity, before: int) -> bool:
        """Whether a duration is how long a treatment runs; ``before`` is where the quantity before it ended."""
        at, stop = quantity.start, quantity.end
        if self._never.match(text, stop):
            return False
        if self._always.match(text, stop):
            return True
        near = max(0, at - 24)
        limits = self._limit.search(text, near, at) is not None
        runs = limits or self.runs_before(text, at)
        if not runs and (self._moment.search(text, near, at) or self._seldom.match(text, stop)):
            return False
        close = 0 <= before <= at <= before + CLOSE and not _ends_sentence(text, before, at)
        if close and (runs or not self._names(text, "symptom", before, at)):
            return True
        begin, _ = _sentence_before(text, at)
        if limits and self._names(text, "treated", begin, at):
            return True
        topic = self._last(self._topic, text, at)
        if topic is None:
            first = self._topic.search(text, stop, stop + AFTER)
            topic = first.lastgroup if first and not _ends_sentence(text, stop, first.start()) else None
        return topic == "treated"

    @staticmethod
    def _last(pattern: re.Pattern[str], text: str, at: int, reach: int = BEFORE) -> str | None:
        """Return which group the last match in the sentence before ``at`` belongs to, or None."""
        group = None
        for match in pattern.finditer(text, *_sentence_before(text, at, reach)):
            group = match.lastgroup
        return group

    def _names(self, text: str, topic: str, start: int, end: int) -> bool:
        """Whether a word of one topic stands between ``start`` and ``end``."""
        return any(match.lastgroup == topic for match in self._topic.finditer(text, start, end))


def _sentence_before(text: str, at: int, reach: int = BEFORE) -> tuple[int, int]:
    """Return the passage of the sentence that ends at ``at``, at most ``reach`` characters."""
    low = max(0, at - reach)
    return max(low, *(text.rfind(stop, low, at) + 1 for stop in (". ", "? ", "! "))), at


def _ends_sentence(text: str, start: int, end: int) -> bool:
    return text.find(". ", start, end) >= 0


def _compile(pattern: str) -> re.Pattern[str]:
    return compile_pattern(pattern)


def _topics(topics: dict[str, list[str]]) -> re.Pattern[str]:
    """Return a pattern for the words of several topics; the name of the group that matched is the topic."""
    groups = "|".join(f"(?P<{topic}>{one_of(words)})" for topic, words in topics.items())
    return _compile(rf"(?<![a-z])(?:{groups})(?![a-z])")


def _words(words: Iterable[str]) -> str:
    """Return a pattern for any of the words as whole words; "%" needs no boundary."""
    return rf"(?<![a-z]){one_of(words)}(?![a-z])"
