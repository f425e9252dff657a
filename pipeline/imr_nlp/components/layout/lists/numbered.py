"""Lists of disputed items whose decisions follow by number: "Item 1: Upheld", "Items 1 and 3 are not necessary".

A number that the list lacks, or two decisions for one number, decide nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.evidence import DecisionEvidence, decide
from imr_nlp.components.layout.lists import list_owners, passages
from imr_nlp.components.layout.lists.aligned import apart
from imr_nlp.components.layout.lists.item_numbers import names
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided, trimmed
from imr_nlp.components.layout.statements.decision_statement import DECIDERS, Statement
from imr_nlp.text.intervals import Place

_MIN_ENTRIES = 2  # entries of a list
_MAX_LISTS = 3  # lists that are tried: for each, the rest of the letter is read
_WRAPPED = 2  # lines of an entry after its first
_OBJECT = 90  # characters of what an act is on
_REST, _EVERY = "rest", "all"  # in place of numbers
_BUT = "but "  # before the numbers that are excepted
_CLAUSE = re.compile(r"(?:,\s|\band\s){1,2}")
_PARTS = ("noun", "list", "count")  # patterns that stand in others
_BULLET = "•"  # begins the name of an entry without a number


@dataclass(frozen=True)
class Numbered:
    """The wordings of such lists, from ``numbered`` of ``configs/layout/listed.yml``.

    Attributes:
        lead: The line above a list of disputed items.
        services: What such a line says where its entries are services even if nothing decides on them.
        entry: An entry, with the groups ``number`` and ``request``.
        unmarked: The same without a mark.
        bulleted: An entry without a number, with the group ``request``.
        plain: An entry without any mark, with the group ``request``.
        verdict: Numbers and a decision word, with the groups ``numbers`` and ``word``.
        between: What may stand between and around verdicts in a line.
        numbers: Numbers at the beginning of a line, whatever follows.
        subject: A subject of a sentence that names items by number, with the group ``numbers``.
        limited: What an act is limited to, with the groups ``numbers`` and ``rest``.
        every: A subject of all items.
        excepted: Words that except something of what is said, with the group ``numbers`` for items.
        excepts: The rest of the subject of which items are excepted.
        count: Numbers in such a subject.
        pair: Words in it that count two.
        verb: Verbs at which a subject ends.
        opening: What opens a sentence about items, with the group ``numbers``.
        mention: Numbers of items anywhere, with the group ``numbers``.
        mark: What begins the passage about one item, with the group ``number``.
        head: What begins a paragraph about one item, with its name in the group ``name``.
        act: The end of a clause that decides on what its passage is about.
        object: What an act is on, behind its verb.
        general: A subject of a finding on what its passage is about.
        past: Words that tell of another time.
        partly: Words of a part, by which "necessary" agrees with "modified".
    """

    lead: re.Pattern[str]
    services: re.Pattern[str]
    entry: re.Pattern[str]
    unmarked: re.Pattern[str]
    bulleted: re.Pattern[str]
    plain: re.Pattern[str]
    verdict: re.Pattern[str]
    between: re.Pattern[str]
    numbers: re.Pattern[str]
    subject: re.Pattern[str]
    limited: re.Pattern[str]
    every: re.Pattern[str]
    excepted: re.Pattern[str]
    excepts: re.Pattern[str]
    count: re.Pattern[str]
    pair: re.Pattern[str]
    verb: re.Pattern[str]
    opening: re.Pattern[str]
    mention: re.Pattern[str]
    mark: re.Pattern[str]
    head: re.Pattern[str]
    act: re.Pattern[str]
    object: re.Pattern[str]
    general: re.Pattern[str]
    past: re.Pattern[str]
    partly: re.Pattern[str]

    def read(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the entries of the first list that has decisions by number.

        Args:
            reading: The letter.
        """
        lines, lists = reading.view.lines, 0
        for n in range(len(lines) - _MIN_ENTRIES):
            if lists < _MAX_LISTS and self.lead.fullmatch(reading.view.text, *_announcing(reading, n)):
                for pattern in (self.entry, self.unmarked, self.bulleted, self.plain):
                    entries, after = self._entries(reading, n + 1, pattern)
                    if len(entries) < _MIN_ENTRIES:
                        continue
                    lists += 1
                    said = self._said(reading, after)
                    told, own = self._told(reading, after, entries, said), self._own(reading, after, entries)
                    if told == {} and not any(evidence for _, evidence in own.values()):
                        own = passages.by_name(reading, after, said, entries, self)
                    if told or (told is not None and any(evidence for _, evidence in own.values())):
                        for name, place in entries.items():
                            yield self._service(reading, place, told.get(name, []), *own.get(name, (None, [])))
                        return

    def undecided(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the entries of the first list whose lead names services, without decisions.

        Args:
            reading: The letter.
        """
        text, lines = reading.view.text, reading.view.lines
        for n in range(len(lines) - _MIN_ENTRIES):
            if self.lead.fullmatch(text, *lines[n]) and self.services.fullmatch(text, *lines[n]):
                for pattern in (self.entry, self.bulleted):
                    entries, _ = self._entries(reading, n + 1, pattern)
                    if len(entries) >= _MIN_ENTRIES:
                        yield from (self._service(reading, place, [], None, []) for place in entries.values())
                        return

    def series(self, reading: Reading) -> Iterator[list[tuple[int, Place]]]:
        """Yield the series of numbered, lettered or bulleted lines, whatever stands between them, but another's.

        Args:
            reading: The letter.

        Yields:
            The number of each line, with the place of what it names.
        """
        text, lines = reading.view.text, reading.view.lines
        for pattern in (self.entry, self.bulleted):
            names: dict[str, None] = {}
            found: list[tuple[int, Place]] = []
            for k, line in enumerate(lines):
                entry = pattern.fullmatch(text, *line)
                if entry is None:
                    continue
                name = (entry.groupdict().get("number") or f"{_BULLET}{len(names) + 1}").upper()
                first = name in ("1", "A", f"{_BULLET}1")
                if first:
                    yield from [found] if len(found) >= _MIN_ENTRIES else []
                    names, found = {}, []
                    if k and list_owners.decided_by_others(reading, lines[k - 1]):
                        continue
                if first or (names and (name.startswith(_BULLET) or name in _next(names))):
                    names[name] = None
                    found.append((k, entry.span("request")))
            yield from [found] if len(found) >= _MIN_ENTRIES else []

    def _entries(self, reading: Reading, n: int, pattern: re.Pattern[str]) -> tuple[dict[str, Place], int]:
        """Return the entries of a list by number, and the line after it; bullets are numbered by "•1" and so on."""
        text, lines = reading.view.text, reading.view.lines
        found: dict[str, Place] = {}
        wrapped = 0
        spaced = False  # whether blank lines stand between the entries
        while n < len(lines):
            if pattern is self.plain and found and apart(reading, n):
                break
            entry = pattern.fullmatch(text, *lines[n])
            if entry and pattern is self.plain and self._clause(reading, lines[n]):
                entry = None
            name = (entry.groupdict().get("number") or f"{_BULLET}{len(found) + 1}").upper() if entry else ""
            if entry and (name.startswith(_BULLET) or name in _next(found)):
                spaced = spaced or (bool(found) and apart(reading, n))
                found[name] = entry.span("request")
                wrapped = 0
            elif (
                found
                and wrapped < _WRAPPED
                and text[lines[n][0]].islower()
                and not entry
                and (spaced or not apart(reading, n))
            ):
                last = next(reversed(found))
                found[last] = found[last][0], lines[n][1]
                wrapped += 1
            else:
                return ({} if pattern is self.plain else found), n
            n += 1
        return found, n

    @staticmethod
    def _clause(reading: Reading, line: Place) -> bool:
        """Return whether a line has a verb, or somebody who acts: it is prose, and no entry of a list."""
        words = reading.decisions.lexicon.words(reading.view.text, *line)
        return any(word.any("copulas", "auxiliaries", "modals", "insurer", "reviewer", "upheld") for word in words)

    @staticmethod
    def _said(reading: Reading, n: int) -> list[Statement]:
        """Return what is said from the line ``n`` on. A paragraph begins a sentence, whatever stands before it."""
        lines = reading.view.lines
        if n >= len(lines):
            return []
        breaks = [lines[k][0] for k in range(n + 1, len(lines)) if apart(reading, k)]
        return reading.statements.read(reading.view.text, lines[n][0], len(reading.view.text), breaks)

    def _told(
        self, reading: Reading, n: int, entries: Mapping[str, Place], said: Sequence[Statement]
    ) -> dict[str, list[DecisionEvidence]] | None:
        """Return the evidence for each number; None where a number is no entry's."""
        told: dict[str, list[DecisionEvidence]] = {}
        rest: list[DecisionEvidence] = []
        numbered = not next(iter(entries)).startswith(_BULLET)
        verdicts = self._verdicts(reading, n) if numbered else ()
        for numbers, evidence in [*verdicts, *self._statements(reading, n, entries, said)]:
            if numbers == _REST:
                rest.append(evidence)
            named = names(numbers.removeprefix(_BUT))
            if any(name not in entries for name in named):
                return None
            if numbers.startswith(_BUT):
                named = [name for name in entries if name not in named]
            for name in entries if numbers == _EVERY else named:
                told.setdefault(name, []).append(evidence)
        return told | {name: list(rest) for name in entries if rest and told and name not in told}

    def _own(self, reading: Reading, n: int, entries: Mapping[str, Place]) -> dict[str, passages.Own]:
        """Return each item's own passage with what it concludes; empty where items have none."""
        text = reading.view.text
        requests = {name: text[slice(*place)] for name, place in entries.items()}
        found: dict[str, passages.Own] = {}
        for name, place in passages.marked(reading, n, entries, self).items():
            others = [request for other, request in requests.items() if other != name]
            said = reading.statements.read(text, *place)
            found[name] = place, conclusions(said, [requests[name]], others)[0]
        return found

    def _verdicts(self, reading: Reading, n: int) -> Iterator[tuple[str, DecisionEvidence]]:
        """Yield numbers with decision words, of lines that hold nothing else and are not under an insurer's heading."""
        text, decisions = reading.view.text, reading.decisions
        theirs = False
        for start, end in reading.view.lines[n:]:
            matches = list(self.verdict.finditer(text, start, end))
            if not self.verdict.match(text, start, end) and not self.numbers.match(text, start, end):
                theirs = list_owners.names_others(decisions.lexicon, text[start:end])
            if not matches:
                continue
            rest = self.verdict.sub(" ", text[start:end])
            if theirs or not (self.between.fullmatch(rest) or decisions.label.fullmatch(rest)):
                continue
            for match in matches:
                said = decisions.read(match["word"])
                if said.decision:
                    place = match.span("word")
                    yield (
                        match["numbers"],
                        DecisionEvidence("list", said.decision, *place, "list.numbered", said.granted),
                    )

    def _statements(
        self, reading: Reading, n: int, entries: Mapping[str, Place], statements: Sequence[Statement]
    ) -> Iterator[tuple[str, DecisionEvidence]]:
        """Yield numbers with what a sentence of the reviewer concludes about them."""
        text, lines = reading.view.text, reading.view.lines
        numbered = not next(iter(entries)).startswith(_BULLET)
        opened = passages.opened(reading, n, self) if numbered and statements else []
        for said in statements:
            if said.mood != "stated" or said.holder not in DECIDERS:
                continue
            named = self.verb.split(text[said.start : said.subject_end or said.end], maxsplit=1)[0]
            line = lines[bisect_right(lines, said.subject_end or said.start, key=lambda line: line[0]) - 1][0]
            # A verdict without a full stop may stand in the line before, so that the sentence begins there.
            own_line = text[line : said.subject_end] if said.subject_end else ""
            place = DecisionEvidence("conclusion", said.decision, said.start, said.end, said.rule)
            excepted = self._excepted(text, lines[n][0], said)
            if numbered and excepted:
                if said.decision != "modified" and not said.part:
                    yield _BUT + excepted, place
                continue
            behind = self.limited.search(text, said.start, said.end) or self.limited.match(text, said.end)
            every = self._all(text, said, named)
            if numbered and said.kind == "act" and behind:
                yield (_REST if behind["rest"] else behind["numbers"]), place
            elif numbered and (subject := self.subject.fullmatch(named) or self.subject.fullmatch(own_line)):
                yield subject["numbers"], place
            elif passage := passages.about(reading, opened, said, self):
                yield passage, place
            elif (
                said.decision != "modified"
                and every
                and excepted is None
                and self._counts(reading, every.group(), len(entries))
            ):
                yield _EVERY, place

    def _excepted(self, text: str, first: int, said: Statement) -> str | None:
        """Return the numbers that a statement on all items excepts; None without an exception, "" for an unclear one.

        "All denials except item 5 are overturned", "With the exception of item 2, the denials are upheld".
        """
        near = max(first, said.start - _OBJECT)
        begin = max(near, *(text.rfind(mark, near, said.start) + 1 for mark in (". ", ": ", "; ")))
        region = text[begin : said.end].strip()
        match = self.excepted.search(region)
        if match is None or match["numbers"] is None:
            return "" if match or self.excepted.match(text[said.end : said.end + _OBJECT]) else None
        subject = self.verb.split(f"{region[: match.start()]} {region[match.end() :]}", maxsplit=1)[0].strip(" ,")
        return match["numbers"] if self.excepts.fullmatch(" ".join(subject.split())) else ""

    def _all(self, text: str, said: Statement, named: str) -> re.Match[str] | None:
        """Return the words by which a statement is about all items: "each item is …", "we overturn all denials"."""
        if said.subject_end:
            return self.every.fullmatch(text, said.start, said.subject_end) or self.every.fullmatch(named)
        clause = _CLAUSE.split(text[said.start : said.end])[-1]
        if subject := self.every.fullmatch(named) or self.every.fullmatch(self.verb.split(clause, maxsplit=1)[0]):
            return subject
        at = said.end + (text[said.end : said.end + 1] == " ")
        stop = next((k for k in range(at, min(at + _OBJECT, len(text))) if text[k] in ".,;"), at)
        return self.every.fullmatch(text, at, stop)

    def _counts(self, reading: Reading, written: str, number: int) -> bool:
        """Return whether a subject of all items counts as many as there are, or does not count them."""
        lexicon = reading.decisions.lexicon
        words = [word.group().lower() for word in self.count.finditer(written)]
        counted = [int(word) if word.isdigit() else lexicon.numbers.get(word, 0) for word in words]
        counted += [2] if self.pair.search(written) else []
        return all(count == number for count in counted)

    def _service(
        self,
        reading: Reading,
        place: Place,
        told: list[DecisionEvidence],
        reasons: Place | None,
        concluded: list[DecisionEvidence],
    ) -> ServiceHeading:
        start, end = place[0], trimmed(reading.view.text, *place)
        why = (reasons,) if reasons else ()
        heading = ServiceHeading(start, end, end, None, None, None, "heading.numbered", rationale=why, shared=True)
        if any(one.by == "list" and one.decision == "modified" for one in told):  # "half of it is necessary" agrees
            granted = [one for one in (*told, *concluded) if one.by == "conclusion" and one.decision == "overturned"]
            part = [one for one in granted if self.partly.search(reading.view.text, one.start, one.end)]
            told, concluded = ([one for one in each if one not in part] for each in (told, concluded))
        decisions = {one.decision for one in told} | ({decide(concluded).decision or ""} if concluded else set())
        return decided(heading, [*told, *concluded] if len(decisions) == 1 else [])


def _announcing(reading: Reading, n: int) -> Place:
    """Return the line ``n``, or of one that ends in a colon its last sentence."""
    start, end = reading.view.lines[n]
    stop = reading.view.text.rfind(". ", start, end) if reading.view.text[end - 1] == ":" else -1
    return (stop + 2, end) if stop >= 0 else (start, end)


def _next(found: Mapping[str, object]) -> tuple[str, ...]:
    """Return the marks that a list's next entry may have."""
    if not found:
        return "1", "A"
    last = list(found)[-1]
    return (str(int(last) + 1) if last.isdigit() else chr(ord(last) + 1),)


def load_numbered(patterns: Mapping[str, str], path: str) -> Numbered:
    """Compile the wordings of such lists. In them, "{noun}" stands for the pattern of that name.

    Args:
        patterns: The patterns by name.
        path: The file that they come from, for messages.

    Returns:
        The wordings.

    Raises:
        ConfigError: A pattern is not a regular expression.
        KeyError: A key is missing.
        TypeError: A key is missing or unknown.
    """
    filled = {name: pattern for name, pattern in patterns.items() if name not in _PARTS or name == "count"}
    for part in _PARTS:
        filled = {name: pattern.replace(f"{{{part}}}", patterns[part]) for name, pattern in filled.items()}
    return Numbered(**{name: compiled(pattern, path) for name, pattern in filled.items()})
