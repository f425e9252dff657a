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
#: How far before a number that it may count a score is looked for.
SCORED = 40
#: How far before "three blocks" the block itself may be named.
ALONE = 400
#: How far before its hours a programme may be named.
TOLD = 1000
#: How far behind a count of sessions a bare number can continue it: "8 sessions. Six more are asked for."
AGAIN = 240


class QuantityContext:
    """Decides by cue words. Takes the words of ``configs/quantities.yml``; all texts given to it are lower case."""

    def __init__(self, words: dict[str, Any]) -> None:
        self._cue = _topics({**words["cues"], "tooth": words["teeth"]})
        self._supply = _topics({**words["cues"], "drug": words["oral_drugs"]})
        # "Norco 5/325 " needs no unit of strength
        self._combined = _compile(r"\d{1,2}(?:\.\d)?/\d{3}\s?\Z")
        self._tooth = _topics({"tooth": words["teeth"]})
        self.default_cue: str = words["default_cue"]
        self._topic = _topics({"symptom": words["symptom"], "treated": words["treated"]})
        self._habit = _topics({"habit": words["habit"], "treated": words["treated"]})
        self._label = _compile(rf"\b{one_of(words['labels_before'])}[.:-]?\s{{0,2}}#?\Z")
        self._ordinal = _compile(rf"\b{one_of(words['ordinals_before'])}\s{{0,2}}\Z")
        self._nth = _compile(rf"#(?:[1-9]|1[0-2])\s{{1,2}}{one_of(words['ordinals_after'])}\b")
        self._not_times = _compile(rf"\b{one_of(words['not_times_after'])}[,:]?\s{{0,2}}\Z")
        self._never = _compile(rf"['’]?[-\s]{{0,2}}(?:or\s(?:more|longer|so)\s)?{_words(words['never_before'])}")
        self._seldom = _compile(rf"[-\s]{{0,2}}{_words(words['seldom_before'])}")
        self._always = _compile(rf"[-\s]{{0,2}}{_words(words['always_before'])}")
        self._judged = _compile(rf",?\s{{1,2}}{_words(words['judged_after'])}")
        self._none = _compile(rf"\b{one_of(words['none_before'])}\s{{1,2}}\Z")
        self._again_before = _compile(rf"\b{one_of(words['again_before'])}\s{{1,2}}\Z")
        self._clause_ends = _compile(rf"\s{{0,2}}(?:[.,;)](?!\d)|--|\Z|{one_of(words['again_clause'])}\b)")
        self._again_anywhere = _compile(rf"\b{one_of(words['again_anywhere'])}\s{{1,2}}\Z")
        self._again_opening = _compile(rf"\s{{1,2}}{one_of(words['again_opening'])}\b")
        self._reduced = _compile(rf"\b{one_of(words['reduced'])}\b")
        self._to = _compile(r"\bto\s{1,2}\Z")
        self._scored = _compile(rf"\b{one_of(words['scored'])}\b")
        self._alone_behind = {
            noun: _compile(rf"\b{one_of(behind)}\b") for noun, behind in words["alone_behind"].items()
        }
        self._walked = _compile(rf"\b{one_of(words['walked'])}\b")
        # " more are", not " more heel raises"
        plural = r"\s(?:[a-z-]{1,24}\s){0,2}(?!(?:plus|thus|this|does)\b)[a-z-]{3,24}s\b"
        self._again_after = _compile(rf"\s{{1,2}}{one_of(words['again_after'])}\b(?!{plural})")
        self._in_all = _compile(rf"\s{{1,2}}{one_of(words['in_all'])}\b(?!{plural})")
        self._moment = _compile(rf"\b{one_of(words['moment_after'])}\s{{0,2}}\Z")
        self._request_moment = _compile(rf"\b{one_of(words['request_moment'])}\s{{0,2}}\Z")
        self._request_moment_first = _compile(rf"\b{one_of(words['request_moment_first'])}\s{{0,2}}\Z")
        self._run = _compile(rf"\b{one_of(words['run_after'])}\s{{0,2}}\(?\Z")
        # "continued past ", but not "in the past "
        past = "".join(rf"(?<!\b{word}\s)" for word in ("the", "in", "over", "for", "during", "this"))
        self._limit = _compile(rf"(?:\b{one_of(words['limit_after'])}|{past}\bpast)\s{{0,2}}\(?\Z")
        limits, symptoms = one_of(words["limit_after"]), one_of(words["persisting"])
        # "symptoms persist beyond ", "headaches for more than "
        self._symptom_limit = _compile(rf"\b{symptoms}(?:\s(?:for|of))?\s{{1,2}}{limits}\s{{0,2}}\(?\Z")
        self._since = _compile(r"\s{1,2}since\b")
        self._beyond = _compile(r"\b(?:beyond|longer\sthan|exceeding)\s{1,2}\Z")
        self._opening = _compile(rf"\s{{1,2}}{one_of(words['opening_before'])}\b")
        # "relief for about ", "70% for ", "gave only ", "takes up to "
        runs = one_of(words["outcome_runs"])
        self._outcome = _compile(rf"(?:\b|(?=%)){one_of(words['outcome'])},?\s{{1,2}}{runs}\s{{1,2}}\Z")
        amount = one_of(words["did_amount"])
        self._did = _compile(
            rf"(?P<by>\b{one_of(words['taken_by'])}\s)?\b{one_of(words['did'])}\s{{1,2}}(?:{amount}\s{{1,2}})?\Z"
        )
        programs = one_of(words["programs"])
        self._program = _compile(rf"\b{programs}s?\b")
        self._program_before = _compile(rf"\b{programs}s?[,:]?\s{{1,2}}(?:(?:x|times|for)\s)?\(?\Z")
        self._program_after = _compile(rf"\s{{1,2}}of\s(?:an?\s|the\s)?{programs}\b")
        self._idle = _compile(rf"[-\s]{{1,2}}{_words(words['not_adverb_before'])}")
        self._idle_before = _compile(r"\b(?:activities|activity)\s{1,2}of\s{1,2}\Z")

    def cue(self, text: str, at: int) -> str | None:
        """Return the unit that the nearest cue word before ``at`` names, or None."""
        group = self._last(self._cue, text, at)
        return group if group != "tooth" else None

    def supply(self, text: str, at: int) -> str | None:
        """Return the unit of "#60" at ``at`` as `cue` does, where the name of a drug counts as a cue for tablets."""
        if self._combined.search(text, max(0, at - 10), at):
            return "tablet"
        group = self._last(self._supply, text, at)
        return "tablet" if group == "drug" else group

    def names_teeth(self, text: str) -> bool:
        """Whether a text names teeth."""
        return self._tooth.search(text) is not None

    def is_tooth(self, text: str, at: int) -> bool:
        """Whether "#19" at ``at`` in a text on teeth is one: no other cue is nearer before it."""
        return (self._last(self._cue, text, at) or "tooth") == "tooth"

    def is_label(self, text: str, at: int) -> bool:
        """Whether the number at ``at`` names something: "Chapter 12", "Tylenol #3"."""
        joined = at > 1 and text[at - 1] == "-" and text[at - 2].isalpha() and text[at].isalpha()  # "Gel-One"
        return joined or self._label.search(text, max(0, at - 16), at) is not None

    def is_ordinal(self, text: str, at: int) -> bool:
        """Whether "#3" at ``at`` is the third of something: "visit #3", "#3 on 2/4/16 gave relief"."""
        if self._ordinal.search(text, max(0, at - 16), at):
            return True
        return self._nth.match(text, at) is not None and self.cue(text, at) not in ("tablet", "refill")

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
        if not self._clause_ends.match(text, stop):
            return None
        if not _ends_sentence(text, near.end, start) and self._again_before.search(text, max(0, start - 20), start):
            return near.unit
        if self._scored.search(text, max(0, start - SCORED), start):
            return None
        if self._again_anywhere.search(text, max(0, start - 28), start) or self._is_reduced(text, start):
            return near.unit
        return None

    def opens_again(self, text: str, start: int, stop: int, before: Quantity | None) -> bool:
        """Whether a bare number opens a sentence and judges what was counted before: "Twelve at once is too many"."""
        if before is None or start - before.end > AGAIN or not _opens(text, start):
            return False
        return self._again_opening.match(text, stop) is not None

    def _is_reduced(self, text: str, start: int) -> bool:
        """Whether the number at ``start`` is what a count was cut to: "cut the 12 sessions to four"."""
        if self._to.search(text, max(0, start - 5), start) is None:
            return False
        return self._reduced.search(text, *_sentence_before(text, start)) is not None

    def counts_alone(self, noun: str, text: str, start: int, stop: int) -> bool:
        """Whether a noun that is seldom counted alone is counted: "three blocks" after a nerve block."""
        behind = self._alone_behind.get(noun)
        if behind is None or behind.search(text, max(0, start - ALONE), start) is None:
            return False
        begin, _ = _sentence_before(text, start)
        full_stop = text.find(". ", stop, stop + AFTER)
        return self._walked.search(text, begin, full_stop if full_stop >= 0 else stop + AFTER) is None

    def counts_program(self, text: str, start: int, stop: int) -> bool:
        """Whether days or hours count a programme that stands beside them: "work hardening, 20 days"."""
        before = self._program_before.search(text, max(0, start - 40), start)
        return before is not None or self._program_after.match(text, stop) is not None

    def names_program(self, text: str, at: int) -> bool:
        """Whether a programme is named before the hours at ``at``, which say how many there are, not when."""
        if self._moment.search(text, max(0, at - 24), at):
            return False
        return self._program.search(text, max(0, at - TOLD), at) is not None

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

    def is_treatment(self, text: str, stop: int) -> bool:
        """Whether a duration that ends at ``stop`` is called one of treatment: "a month of bed rest"."""
        return self._always.match(text, stop) is not None

    def is_course(self, text: str, quantity: Quantity, before: int) -> bool:
        """Whether a duration is how long a treatment runs; ``before`` is where the quantity before it ended."""
        at, stop = quantity.start, quantity.end
        if self._never.match(text, stop) and not self._is_limit_since(text, at, stop):
            return False
        if self._always.match(text, stop) or self._judged.match(text, stop):
            return True
        near = max(0, at - 24)
        if self._is_outcome(text, at):
            return False
        if _opens(text, at) and self._opening.match(text, stop):
            return True
        limits = self._limit.search(text, near, at) is not None
        runs = limits or self.runs_before(text, at)
        if not runs and (self._moment.search(text, near, at) or self._seldom.match(text, stop)):
            return False
        close = 0 <= before <= at <= before + CLOSE and not _ends_sentence(text, before, at)
        if close and (runs or not self._names(text, "symptom", before, at)):
            return True
        begin, _ = _sentence_before(text, at)
        if limits and self._symptom_limit.search(text, max(begin, at - 40), at):
            return False
        if limits and self._names(text, "treated", begin, at):
            return True
        topic = self._last(self._topic, text, at)
        if topic is None:
            first = self._topic.search(text, stop, stop + AFTER)
            topic = first.lastgroup if first and not _ends_sentence(text, stop, first.start()) else None
        return topic == "treated"

    def may_be_course(self, text: str, quantity: Quantity) -> bool:
        """Whether nothing shows that a duration is another one than the letter's request has: "21 days exceed"."""
        at, stop = quantity.start, quantity.end
        if self._never.match(text, stop) or self._seldom.match(text, stop) or self._is_outcome(text, at):
            return False
        moment = self._moment.search(text, max(0, at - 24), at) is not None
        return not moment and self._last(self._topic, text, at) != "symptom"

    def _is_limit_since(self, text: str, at: int, stop: int) -> bool:
        """Whether a limit is given with its reason: "not beyond four weeks since tolerance sets in"."""
        return self._since.match(text, stop) is not None and self._beyond.search(text, max(0, at - 24), at) is not None

    def _is_outcome(self, text: str, at: int) -> bool:
        """Whether the duration at ``at`` is that of what a treatment did: "relief for ten days", "takes a month"."""
        if self._outcome.search(text, max(0, at - 40), at):
            return True
        did = self._did.search(text, max(0, at - 40), at)
        return did is not None and did["by"] is None

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


def _opens(text: str, at: int) -> bool:
    """Whether a sentence begins at ``at``."""
    before = text[max(0, at - 3) : at].rstrip()
    return not before or before[-1] in ".?!"


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
