"""The services that sentences ask for: "has requested coverage for a leg brace".

The words are in ``configs/layout/requests.yml``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from imr_nlp.components.layout.definitions import Layout, compiled
from imr_nlp.components.layout.evidence import topic
from imr_nlp.components.layout.prose.items import Items
from imr_nlp.components.layout.prose.settled import Asked, Settled
from imr_nlp.components.layout.statements.reader import Statement
from imr_nlp.components.layout.statements.words import Lexicon, Word
from imr_nlp.text.compiled import compile_pattern

_QUOTED = re.compile(r'[\W_]{0,3}["“][^"“”]{40,}["”][\W_]{0,3}')
#: Classes of words that the subject of a passive request does not hold.
_NO_SUBJECT = ("copulas", "auxiliaries", "modals", "deny", "insurer", "reviewer", "negators")
_MAX_LENGTH = 400  # characters of a request


class RequestWordings:
    """Finds what running text asks for.

    Args:
        data: Content of ``layout/requests.yml``.
        lexicon: The words of statements.
        path: The file, for messages.

    Raises:
        KeyError: A key is missing.
        ConfigError: A pattern is not a regular expression.
    """

    def __init__(self, data: Mapping[str, Any], lexicon: Lexicon, path: str) -> None:
        self.requests = frozenset(data["requests"])
        self.recommends = frozenset(data["recommends"])
        self.patient = compiled(data["patient"], path)
        self.denied = compiled(data["denied"], path)
        self.not_services = compiled(data["not_services"], path)
        self.lead = compile_pattern(data["lead"])  # a name is told by its capital
        self.tail = compiled(data["tail"], path)
        self.subject_lead = compile_pattern(data["subject_lead"])
        self.subject_tail = compiled(data["subject_tail"], path)
        self.not_subjects = compiled(data["not_subjects"], path)
        self.not_names = compiled(data["not_names"], path)
        self.generic = frozenset(data["generic"])
        self.labels, self.fallbacks = (
            [(entry["id"], compiled(entry["pattern"], path)) for entry in data[key]] for key in ("labels", "fallbacks")
        )
        self.past, self.again = compiled(data["past"], path), compiled(data["again"], path)
        self.not_asking, self.asking_lead, self.passives = (
            frozenset(data[key]) for key in ("not_asking", "asking_lead", "passives")
        )
        self.asked_nothing = compiled(data["asked_nothing"], path)
        self.item_opens, self.line_continues = (compiled(data[key], path) for key in ("item_opens", "line_continues"))
        self.items = Items(data["items"], self.again, lexicon, path)
        self.settled = Settled(data, self.denied, lexicon, path)
        self.lexicon = lexicon

    def find(
        self, layout: Layout, text: str, cut: list[tuple[int, int]], titles: Sequence[Any],
        statements: Sequence[Statement],
    ) -> list[Asked]:  # fmt: skip
        """Return what was asked for and not granted by the insurer, in text order.

        Args:
            layout: The letter's layout; its ``services.labels`` are patterns that name the service.
            text: The text of the reading view.
            cut: Its sentences (start, end).
            titles: The section headings, in text order.
            statements: What its sentences decide.
        """
        asked = (
            self._labelled(layout, text, cut)
            or _as_one(self._by_rules(self.labels, text, cut))
            or self._asked(text, cut, titles, statements)
            or self._by_rules(self.fallbacks, text, cut)
            or self._concluded(text, cut, statements, titles)
        )
        return self.settled.at_issue(text, cut, self._split(text, asked, statements), statements)

    def _labelled(self, layout: Layout, text: str, cut: list[tuple[int, int]]) -> list[Asked]:
        for rule in layout.services.get("labels", ()):
            for match in rule["pattern"].finditer(text):
                begin, stop = match.span("request")
                n = _index(cut, begin)
                while n + 1 < len(cut) and cut[n][1] < stop and text[cut[n][1] - 1] == ";":
                    n += 1  # "Treatments: Heel cup; Ankle brace" is cut into sentences
                start, end = self._service(text, begin, min(stop, cut[n][1]))
                if end > start:
                    below = self._lines_below(text, cut, n, stop)
                    last = n + len(below)  # what follows is about them all
                    return [Asked(a, b, last, rule["id"]) for a, b in ((start, end), *below)]
        return []

    def _lines_below(self, text: str, cut: list[tuple[int, int]], n: int, stop: int) -> list[tuple[int, int]]:
        """Return the services on the lines below a label's first one; none where a line may continue on another."""
        below: list[tuple[int, int]] = []
        for start, end in cut[n + 1 :]:
            if end > stop:
                break
            if not self._is_item(text, start, end) or self.line_continues.search(text, cut[n][0], start):
                return []
            below.append(self._service(text, start, end))
        return below

    def _asked(
        self, text: str, cut: list[tuple[int, int]], titles: Sequence[Any], statements: Sequence[Statement]
    ) -> list[Asked]:
        reasons = [(t.start, t.category) for t in titles if t.category in ("rationale", "reviewer", "documents")]
        first = min((start for start, category in reasons if category == "rationale"), default=len(text))
        found = [a for n in range(len(cut)) for a in self._in_sentence(text, cut, n, self.requests)]
        before = [a for a in found if a.start < first]
        if before or found:
            return before or found[:1]
        denied = bool(self.denied.search(text))
        found = [a for n in range(len(cut)) for a in self._passive(text, cut, n, self.requests, agentless=denied)]
        told = [topic(" ".join(s.subject)) for s in statements if s.decides]
        own = frozenset().union(*(topic(text[a.start : a.end]) for a in found))
        if found and (not told or any(not words or words & own for words in told)):
            return [a for a in found if a.start < first] or found[:1]
        if not denied:
            return []
        for n in range(len(cut)):
            found = list(self._in_sentence(text, cut, n, self.recommends))
            if found := found or list(self._passive(text, cut, n, self.recommends, agentless=False)):
                return found
        return []

    def _in_sentence(self, text: str, cut: list[tuple[int, int]], n: int, verbs: frozenset[str]) -> Iterator[Asked]:
        start, end = cut[n]
        if not any(verb[:6] in text[start:end].lower() for verb in verbs):
            return
        words = self.lexicon.words(text, start, end)
        for i, word in enumerate(words):
            if word.text not in verbs or not self._person(words, i, text[start:end]):
                continue
            if any(w.any("modals", "copulas", "auxiliaries") and w.text != "to" for w in words[i + 1 : i + 2]):
                continue  # the noun: "a new request may be made"
            begin = word.end
            stop = self._stop(text, cut, n, begin)
            if self.not_services.match(text[begin:stop].strip()):
                continue
            a, b = self._service(text, begin, stop)
            if self.not_services.match(text[a:b]):
                continue  # "asked for review of both", behind words that are taken away
            if b - a >= 3 and not self.asked_nothing.match(text, a, b):
                n = _index(cut, b - 1)  # a list may be cut into sentences
                past = any(near.text == "had" for near in words[max(0, i - 3) : i])
                past = past or bool(self.past.search(text[start : word.start]))
                yield Asked(a, b, n, self._rule(verbs), past=past)
                return

    def _rule(self, verbs: frozenset[str]) -> str:
        return "stated.asked" if verbs is self.requests else "stated.recommended"

    def _passive(
        self, text: str, cut: list[tuple[int, int]], n: int, verbs: frozenset[str], *, agentless: bool
    ) -> Iterator[Asked]:
        """Yield what a sentence asks for in the passive: "a walker has been requested by her surgeon"."""
        start, end = cut[n]
        if not any(verb[:6] in text[start:end].lower() for verb in verbs):
            return
        words = self.lexicon.words(text, start, end)
        for i, word in enumerate(words):
            if word.text not in verbs or not word.text.endswith(("ed", "sought")):
                continue
            last = i - 1
            while last > 0 and not words[last].any("copulas") and (
                words[last].any("fillers") or words[last].text.endswith("ly")
            ):  # fmt: skip
                last -= 1
            if last < 1 or words[last].text not in self.passives:
                continue
            first = last
            while first > 0 and words[first - 1].any("copulas", "auxiliaries"):
                first -= 1
            if not self._asking_agent(words, i, agentless=agentless) or not first:
                continue
            if words[0].any("sides", "breaks") or words[0].text in ("after", "when"):
                comma = max((k for k in range(first) if words[k].text == ","), default=-1)
                start = words[comma].end if comma >= 0 else start
            subject = [w for w in words[:first] if w.start >= start]
            if any(w.any(*_NO_SUBJECT) and w.text != "to" for w in subject):
                continue
            if lead := self.subject_lead.match(text[start : words[first].start].lstrip(" ,")):
                start = text.index(lead.group(), start) + lead.end()
            a, b = self._service(text, start, words[first].start)
            if b - a >= 3 and topic(text[a:b]) and not self.not_services.match(text[a:b]):
                yield Asked(a, b, n, self._rule(verbs), past=words[first].text == "had")
                return

    def _asking_agent(self, words: Sequence[Word], i: int, *, agentless: bool) -> bool:
        """Return whether the patient's side asks in the passive whose verb stands at ``i``."""
        following = words[i + 1 : i + 8]
        by = next((k for k, w in enumerate(following) if w.text == "by"), None)
        if by is None:
            return agentless
        agent = following[by + 1 :]
        stop = next((k for k, w in enumerate(agent) if w.text in (",", ";", "and", "but")), len(agent))
        if any(w.any("insurer", "reviewer", "source") for w in agent[:stop]):
            return False
        known = any(w.any("treating") for w in agent[:stop])
        return known or (bool(agent) and agent[0].text in ("her", "his", "their"))

    def _stop(self, text: str, cut: list[tuple[int, int]], n: int, begin: int) -> int:
        """Return where a request ends: at its sentence's end, or at a semicolon that no other item follows."""
        end = cut[n][1]
        while True:
            stop = text.find(";", begin, end)
            if stop < 0:
                return end
            if stop + 1 >= end:
                if n + 1 == len(cut):
                    return stop
                n += 1
                end = cut[n][1]
            following = text.find(";", stop + 1, end)
            following = end if following < 0 else following
            if not self._is_item(text, stop + 1, following):
                return stop
            begin = stop + 1

    def _is_item(self, text: str, start: int, end: int) -> bool:
        """Return whether words after a semicolon are an item of a list and no clause."""
        if end - start > _MAX_LENGTH or not self.item_opens.match(text, start, end) or not topic(text[start:end]):
            return False
        clause = ("copulas", "auxiliaries", "modals", "insurer", "reviewer", "treating")
        words = self.lexicon.words(text, start, end)
        pronouns = self.lexicon.function["pronouns"]
        return not self.denied.search(text, start, end) and not any(
            (word.any(*clause) and word.text != "to") or word.text in pronouns for word in words
        )

    def _person(self, words: Sequence[Word], i: int, sentence: str) -> bool:
        """Return whether the patient's side is the subject of the verb of asking at ``i``."""
        before = words[i - 1].text if i else ""
        if words[i].text.endswith("ing") and before in ("is", "are", "was", "were", "be", "been"):
            before = ""
        if before in self.not_asking:
            return False
        for word in reversed(words[:i]):
            if word.any("insurer", "reviewer", "source"):
                return False
            if word.any("treating"):
                return True
            if word.text in (";", "which", "that"):
                return False
        return bool(self.patient.search(sentence)) or (0 < i < 8 and words[0].text in self.asking_lead)

    def _by_rules(
        self, rules: Sequence[tuple[str, re.Pattern[str]]], text: str, cut: list[tuple[int, int]]
    ) -> list[Asked]:
        """Return the requests of the first rule that finds any: of each topic the fullest wording."""
        for rule, pattern in rules:
            found: dict[frozenset[str], Asked] = {}
            for start, end, sentence in self._places(pattern, text, cut):
                start, end = self._service(text, start, end)
                words = frozenset(topic(text[start:end]))
                if (
                    end - start < 3
                    or self.not_services.match(text[start:end])
                    or any(words <= known for known in found)
                    or not self._named(text, start, end)
                ):
                    continue
                for known in [known for known in found if known < words]:
                    del found[known]
                found[words] = Asked(start, end, sentence, rule, () if "list" in pattern.groupindex else None)
            if found:
                return sorted(found.values(), key=lambda one: one.start)
        return []

    def _places(
        self, pattern: re.Pattern[str], text: str, cut: list[tuple[int, int]]
    ) -> Iterator[tuple[int, int, int]]:
        """Yield where a pattern finds requests, each with its sentence; those of a list are asked for in its last one.

        No request continues after its sentence, so that the next one is found too.
        """
        if "above" in pattern.groupindex:
            for sentence, (place, below) in enumerate(pairwise(cut)):
                if pattern.fullmatch(text, *place) and self._is_item(text, *below):
                    yield *below, sentence + 1
            return
        if "line" in pattern.groupindex:  # a label begins a line or a sentence
            for sentence, place in enumerate(cut):
                if match := pattern.match(text, *place):
                    yield *match.span("request"), sentence
            return
        at = 0
        while match := pattern.search(text, at):
            if "list" in pattern.groupindex:
                start, at = match.start("list"), max(match.end("list"), at + 1)
                yield from ((max(a, start), min(b, at), _index(cut, at)) for a, b in cut if a < at and b > start)
                continue
            start, end = match.span("request")
            sentence = _index(cut, start)
            at = max(min(match.end(), cut[sentence][1]), start, at + 1)
            yield start, min(end, cut[sentence][1]), sentence

    def _concluded(
        self, text: str, cut: list[tuple[int, int]], statements: Sequence[Statement], titles: Sequence[Any]
    ) -> list[Asked]:
        """Return what conclusions of a rationale are about, where nothing says what was asked for.

        "Norco is not necessary" may be anybody's word. It is the reviewer's under a heading of a rationale, and in a
        text that is one quotation.
        """
        found: dict[frozenset[str], Asked] = {}
        heads = [title.end for title in titles if title.category == "rationale"]
        if not heads and not _QUOTED.fullmatch(text.strip()):
            return []
        reasons = max((end for end in heads if statements and end <= statements[0].start), default=0)
        for one in statements:
            if not one.decides or one.subject_end is None or one.kind not in ("necessity", "noun"):
                continue
            start, end = one.start, one.subject_end
            if lead := self.subject_lead.match(text[start:end]):
                start += lead.end()
            if tail := self.subject_tail.search(text, start, end):
                end = tail.start()
            start, end = self._service(text, start, end)
            words, sentence = topic(text[start:end]), _index(cut, start)
            if not words or self.not_subjects.match(text[start:end]) or not self._named(text, start, end):
                continue
            if not any(words <= known for known in found):
                found[words] = Asked(start, end, sentence, "stated.concluded", ((reasons, cut[sentence][1]),))
                reasons = cut[sentence][1]
        return list(found.values())

    def _service(self, text: str, start: int, end: int) -> tuple[int, int]:
        """Take away what stands before and after a service in the words that ask for it."""
        end = min(end, start + _MAX_LENGTH)
        while start < end and text[start] in " ,:":
            start += 1
        while (match := self.lead.match(text[start:end])) and match.end() and start + match.end() < end:
            start += match.end()
            while start < end and text[start] == " ":
                start += 1
        if tail := self.tail.search(text, start + 2, end):
            end = tail.start()
        while end > start and text[end - 1] in " .,;:?":
            end -= 1
        return start, end

    def _named(self, text: str, start: int, end: int) -> bool:
        """Return whether words name a service: "the operation", "a supply of 60 tablets" and "UR certified" do not."""
        words = self.lexicon.words(text, start, end)
        told = {part for word in words for part in word.text.split() if part[0].isalpha()}
        clause = any(
            a.any("insurer", "reviewer") and b.any("deny", "denied", "approved", "modified", "auxiliaries", "copulas")
            for a, b in pairwise(words)
        )
        begins = bool(words) and words[0].any("modals", "copulas", "auxiliaries")
        defined = any(f"(the {mark}{text[start:end]}" in text for mark in '"“')  # 'a lift of the brow (the "Lift")'
        return bool(told - self.generic) and not clause and not begins and not defined

    def _clause(self, text: str, start: int, end: int) -> bool:
        """Return whether words have a verb of their own, as no service has: "guidelines support it where there are"."""
        words = self.lexicon.words(text, start, end)
        verb = next((n for n, word in enumerate(words) if word.any("copulas")), None)
        return verb is not None and not any(w.any("relatives") or w.text == "that" for w in words[:verb])

    def _split(self, text: str, asked: list[Asked], statements: Sequence[Statement]) -> list[Asked]:
        """Cut "A, B and C" into its services where they are told apart."""
        found = []
        for one in asked:
            for start, end in self.items.of(text, one.start, one.end, statements):
                begin, stop = self._service(text, start, end)
                clause = stop > begin and self._clause(text, begin, stop)
                if stop > begin and not clause and not self.not_names.fullmatch(text, begin, stop):
                    found.append(replace(one, start=begin, end=stop))
        return found


def _as_one(asked: list[Asked]) -> list[Asked]:
    """Return requests under labels with one sentence for those on lines in a row: what follows is about them all."""
    found: list[Asked] = []
    for one, following in zip(reversed(asked), [None, *reversed(asked)], strict=False):
        joined = following and following.sentence == one.sentence + 1
        found.append(replace(one, sentence=found[-1].sentence) if joined else one)
    return found[::-1]


def _index(cut: list[tuple[int, int]], at: int) -> int:
    return max(bisect_right(cut, at, key=lambda c: c[0]) - 1, 0)
