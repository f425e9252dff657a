"""Lists of disputed items whose decisions follow by number: "Item 1: Upheld", "Items 1 and 3 are not necessary".

A number that the list lacks, or two decisions for one number, decide nothing. Read `listed` first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imr_nlp.components.layout.evidence import Evidence
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided, trimmed
from imr_nlp.components.layout.statement import DECIDERS
from imr_nlp.components.layout.words import Lexicon

_FEWEST = 2  # entries of a list
_MOST_LISTS = 3  # lists that are tried: for each, the rest of the letter is read
_WRAPPED = 2  # lines of an entry after its first
_REST, _EVERY = "rest", "all"  # in place of numbers
_NAME = re.compile(r"\d{1,2}|[A-H]")
_THROUGH = re.compile(r"(\d{1,2})\s?(?:-|to|through|thru)\s?#?(\d{1,2})", re.IGNORECASE)


@dataclass(frozen=True)
class Numbered:
    """The wordings of such lists, from ``numbered`` of ``configs/layout/listed.yml``.

    Attributes:
        lead: The line above a list of disputed items.
        entry: An entry, with the groups ``number`` and ``request``.
        verdict: Numbers and a decision word, with the groups ``numbers`` and ``word``.
        between: What may stand between and around verdicts in a line.
        numbers: Numbers at the beginning of a line, whatever follows.
        subject: A subject of a sentence that names items by number, with the group ``numbers``.
        limited: What an act is limited to, with the groups ``numbers`` and ``rest``.
        every: A subject of all items.
        verb: Verbs at which a subject ends.
    """

    lead: re.Pattern[str]
    entry: re.Pattern[str]
    verdict: re.Pattern[str]
    between: re.Pattern[str]
    numbers: re.Pattern[str]
    subject: re.Pattern[str]
    limited: re.Pattern[str]
    every: re.Pattern[str]
    verb: re.Pattern[str]

    def read(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the entries of the first list that has decisions by number.

        Args:
            reading: The letter.
        """
        lines, lists = reading.view.lines, 0
        for n in range(len(lines) - _FEWEST):
            if lists < _MOST_LISTS and self.lead.fullmatch(reading.view.text, *lines[n]):
                entries, after = self._entries(reading, n + 1)
                if len(entries) < _FEWEST:
                    continue
                lists += 1
                if told := self._told(reading, after, entries):
                    yield from (self._service(reading, place, told.get(name, [])) for name, place in entries.items())
                    return

    def _entries(self, reading: Reading, n: int) -> tuple[dict[str, tuple[int, int]], int]:
        """Return the entries of a list by number, and the line after it."""
        text, lines = reading.view.text, reading.view.lines
        found: dict[str, tuple[int, int]] = {}
        wrapped = 0
        while n < len(lines):
            entry = self.entry.fullmatch(text, *lines[n])
            if entry and entry["number"] in _next(found):
                found[entry["number"]] = entry.span("request")
                wrapped = 0
            elif found and wrapped < _WRAPPED and text[lines[n][0]].islower() and not entry:
                last = next(reversed(found))
                found[last] = found[last][0], lines[n][1]
                wrapped += 1
            else:
                break
            n += 1
        return found, n

    def _told(
        self, reading: Reading, n: int, entries: Mapping[str, tuple[int, int]]
    ) -> dict[str, list[Evidence]] | None:
        """Return the evidence for each number; None where a number is no entry's."""
        told: dict[str, list[Evidence]] = {}
        rest: list[Evidence] = []
        for numbers, evidence in [*self._verdicts(reading, n), *self._statements(reading, n)]:
            if numbers == _REST:
                rest.append(evidence)
            for name in entries if numbers == _EVERY else () if numbers == _REST else _names(numbers):
                if name not in entries:
                    return None
                told.setdefault(name, []).append(evidence)
        return told | {name: list(rest) for name in entries if rest and told and name not in told}

    def _verdicts(self, reading: Reading, n: int) -> Iterator[tuple[str, Evidence]]:
        """Yield numbers with decision words, of lines that hold nothing else and are not under an insurer's heading."""
        text, decisions = reading.view.text, reading.decisions
        theirs = False
        for start, end in reading.view.lines[n:]:
            matches = list(self.verdict.finditer(text, start, end))
            if not self.verdict.match(text, start, end) and not self.numbers.match(text, start, end):
                theirs = self._others(decisions.lexicon, text[start:end])
            if not matches:
                continue
            rest = self.verdict.sub(" ", text[start:end])
            if theirs or not (self.between.fullmatch(rest) or decisions.label.fullmatch(rest)):
                continue
            for match in matches:
                said = decisions.read(match["word"])
                if said.decision:
                    place = match.span("word")
                    yield match["numbers"], Evidence("list", said.decision, *place, "list.numbered", said.granted)

    def _statements(self, reading: Reading, n: int) -> Iterator[tuple[str, Evidence]]:
        """Yield numbers with what a sentence of the reviewer concludes about them."""
        text, lines = reading.view.text, reading.view.lines
        if n >= len(lines):
            return
        for said in reading.statements.read(text, lines[n][0], len(text)):
            if said.mood != "stated" or said.holder not in DECIDERS:
                continue
            named = self.verb.split(text[said.start : said.subject_end or said.end], maxsplit=1)[0]
            line = lines[bisect_right(lines, said.subject_end or said.start, key=lambda line: line[0]) - 1][0]
            # A verdict without a full stop may stand in the line before, so that the sentence begins there.
            own_line = text[line : said.subject_end] if said.subject_end else ""
            place = Evidence("conclusion", said.decision, said.start, said.end, said.rule)
            behind = self.limited.search(text, said.start, said.end) or self.limited.match(text, said.end)
            if said.kind == "act" and behind:
                yield (_REST if behind["rest"] else behind["numbers"]), place
            elif subject := self.subject.fullmatch(named) or self.subject.fullmatch(own_line):
                yield subject["numbers"], place
            elif said.decision != "modified" and self.every.fullmatch(named):
                yield _EVERY, place

    @staticmethod
    def _others(lexicon: Lexicon, heading: str) -> bool:
        """Return whether a line tells of an insurer's, a physician's or an earlier decision."""
        words = lexicon.words(heading)
        if any(word.any("insurer", "treating", "inner_appeals") for word in words):
            return True
        return any(word.text in lexicon.function["earlier"] for word in words)

    @staticmethod
    def _service(reading: Reading, place: tuple[int, int], evidence: list[Evidence]) -> ServiceHeading:
        start, end = place[0], trimmed(reading.view.text, *place)
        agreed = evidence if len({one.decision for one in evidence}) == 1 else []
        return decided(ServiceHeading(start, end, end, None, None, None, "heading.numbered", shared=True), agreed)


def _next(found: Mapping[str, object]) -> tuple[str, ...]:
    """Return the marks that a list's next entry may have."""
    if not found:
        return "1", "A"
    last = list(found)[-1]
    return (str(int(last) + 1) if last.isdigit() else chr(ord(last) + 1),)


def _names(written: str) -> list[str]:
    """Return the numbers of "1, 2 and 4", "1-3", "A and B".

    >>> _names("1, 2 and 4"), _names("#1 through #3"), _names("A and B")
    (['1', '2', '4'], ['1', '2', '3'], ['A', 'B'])
    """
    if match := _THROUGH.fullmatch(written.strip(" #")):
        return [str(n) for n in range(int(match[1]), int(match[2]) + 1)]
    return _NAME.findall(written)
