"""Services listed with their decisions: tables, pairs of labels, ticked boxes, groups and plain lines.

They are read where no style of layout finds a decision. The wordings are in ``configs/layout/listed.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.evidence import DecisionEvidence
from imr_nlp.components.layout.lists import (
    aligned,
    crosses,
    lone_decisions,
    outcome_lines,
    paragraph_headings,
    stated_lines,
    ticked,
)
from imr_nlp.components.layout.lists.answered import answered
from imr_nlp.components.layout.lists.cell_decisions import granting_less, read_cell
from imr_nlp.components.layout.lists.columns import Columns
from imr_nlp.components.layout.lists.decision_labels import bare_words, labelled, own_number, titled
from imr_nlp.components.layout.lists.listed_names import named_service
from imr_nlp.components.layout.lists.numbered import Numbered, load_numbered
from imr_nlp.components.layout.lists.stacked import stacked
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, count_told, decided, wording
from imr_nlp.config import ConfigError, read_yaml
from imr_nlp.text.intervals import Place

_NUMBER = re.compile(r"\s(?:no\.?\s?|#)?(?:\d{1,2}|\(?[a-h]\)?)[\s.:-]*\Z")  # behind a label: "item 2:", "item b."
_MIN_LINES = 2  # of a list


@dataclass(frozen=True)
class Listed:
    """The wordings of lists, compiled; see the file for what each is.

    >>> from imr_nlp.text.view import read_view
    >>> from imr_nlp.components.layout.component import LayoutSectionizer
    >>> import spacy
    >>> component = LayoutSectionizer(spacy.blank("en"))
    >>> text = "IMR\\n| Item | UR decision | IMR decision |\\n| Heel cup | Denied | Overturned |"
    >>> reading = component.reading(read_view(text), component.layouts[-1], [])
    >>> [(text[one.start : one.text_end], one.decision) for one in component.listed.read(reading)]
    [('Heel cup', 'overturned')]
    """

    columns: Columns
    patterns: dict[str, re.Pattern[str]]
    lines_between: int
    numbered: Numbered

    def read(self, reading: Reading) -> list[ServiceHeading]:
        """Return the services of the first kind of list that a letter holds, in text order."""
        kinds: tuple[Callable[[Reading], Iterator[ServiceHeading]], ...] = (
            self._crossed, self._stacked, self._aligned, self._table, self._ticked, self._pairs, self._under_marks,
            self._worded, self._numbered, self._headed, self._answered, self._lettered, paragraph_headings.services,
            self._below_names, self._stated,
        )  # fmt: skip
        for kind in kinds:
            found = list(kind(reading))
            if any(one.decision for one in found):
                return sorted(found, key=lambda one: one.start)
        return []

    def instead(self, reading: Reading, found: Sequence[ServiceHeading]) -> list[ServiceHeading]:
        """Return the services of a list in which all those stand that another style found; empty without such.

        Args:
            reading: The letter.
            found: The services of the other style.
        """
        if reading.layout.services["style"] == "findings":
            pairs = list(self._pairs(reading))
            if count_told(pairs) > count_told(found) and all(pairs[0].start <= one.start for one in found):
                return pairs
            surest = (
                self._crossed, self._stacked, self._aligned, self._under_marks, self._numbered,
                paragraph_headings.services, self._below_names,
            )  # fmt: skip
            for kind in surest:
                listed = list(kind(reading))
                if count_told(listed) > count_told(found):
                    return listed
            worded = list(self._worded(reading))  # lines name services better than sentences do
            if count_told(worded) >= max(count_told(found), _MIN_LINES):
                return worded
        elif reading.layout.services["style"] == "issue_list":
            by_number = list(self._numbered(reading))  # "Issues 1 and 4 are medically necessary"
            if count_told(by_number) > count_told(found):
                return by_number
        lines = (reading.view.source[slice(*reading.view.to_source(one.start, one.end))] for one in found)
        if not any("  " in line.rstrip() for line in lines):
            return []
        for table in aligned.rows(reading, self.columns.kinds):
            if aligned.within(found, table):
                return self._services(reading, table)
        return []

    def unglued(self, reading: Reading, found: Sequence[ServiceHeading]) -> list[ServiceHeading]:
        """Return the entries of a list where a service was read over several of them; else nothing.

        Args:
            reading: The letter.
            found: The services of another style.
        """
        entries = self.undecided(reading) if found else []
        over = (sum(one.start < e.text_end and e.start < one.text_end for e in entries) for one in found)
        return entries if max(over, default=0) > 1 else []

    def undecided(self, reading: Reading) -> list[ServiceHeading]:
        """Return the entries of a list of disputed services without decisions; empty in letters with headings.

        Args:
            reading: The letter.
        """
        called = reading.layout.services["style"] == "findings" and self.patterns["document"].search(reading.view.text)
        return list(self.numbered.undecided(reading)) if called else []

    def _aligned(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the rows of tables that are set in blanks, tabs or strokes."""
        if any(mark in reading.view.source for mark in ("  ", "\t", "|")):
            grids = list(aligned.grids(reading, self.columns.kinds)) if "|" in reading.view.source else []
            for table in grids or aligned.rows(reading, self.columns.kinds):
                yield from self._services(reading, table)

    def _services(self, reading: Reading, table: Sequence[aligned.Row]) -> list[ServiceHeading]:
        """Return the services of a table's rows; undecided where the cell of this review says nothing certain."""
        text, found = reading.view.text, list[ServiceHeading]()
        called = self.patterns["document"].search(text) is not None  # else "Denied" may be an insurer's word
        legend: dict[str, str] | None = None
        for row, below in pairwise([*table, None]):
            if row is None or "item" not in row.cells or not row.cells.keys() - {"item"}:
                continue
            word = row.cells.get("ours")
            places = list(reading.decisions.places(text, *word)) if word else []
            one = None
            if word and len(places) == 1 and (called or reading.decisions.is_own(text[slice(*places[0])])):
                # "Modified - 6 visits": behind the decision the cell may say how much is granted.
                amount = self.patterns["amount"].fullmatch(text, *word) is not None
                one = self._row(reading, row.cells["item"], word, labelled=amount)
            elif word and not places:
                legend = self.columns.legend(reading) if legend is None else legend
                one = self._coded(reading, row.cells["item"], word, legend)
            goes_on = below and not below.apart and "item" not in below.cells and "ours" in below.cells
            if one is None or goes_on:
                start, end = row.cells["item"]
                one = decided(ServiceHeading(start, end, end, None, None, None, "heading.listed"), ())
            found.append(one)
        return found

    def _coded(self, reading: Reading, request: Place, word: Place, legend: Mapping[str, str]) -> ServiceHeading | None:
        """Return a service whose decision a code of the legend says; None where it says none."""
        said, place = self.columns.meant(legend, reading.view.text[slice(*word)]), self.request(reading, request)
        if not said or place is None:
            return None
        heading = ServiceHeading(*place, place[1], None, None, None, "heading.listed")
        return decided(heading, (DecisionEvidence("heading", said, *word, "heading.code"),))

    def _lettered(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield lines that end in a code of a legend, where the document says what it is: "Heel cup .... (O)"."""
        legend = self.columns.legend(reading) if self.patterns["document"].search(reading.view.text) else {}
        for request, code in outcome_lines.lettered(reading, self.patterns, legend):
            if one := self._coded(reading, request, code, legend) or self._ruled(reading, request, None):
                yield one

    def _numbered(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the entries of a list whose decisions follow by number, where the document says what it is."""
        if self.patterns["document"].search(reading.view.text):
            yield from self.numbered.read(reading)

    def _table(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the rows of a table whose first line names a column of services and one of this review's decisions."""
        text, ours, count = reading.view.text, 0, 0
        for start, end in reading.view.lines:
            line = text[start:end]
            if columns := self.columns.of_line(line):
                ours, count = columns.index("ours"), len(columns)
            elif count and not aligned.DRAWN.fullmatch(line):
                words = list(self._trailing_words(reading, start, end))
                if len(words) != count:
                    count = 0
                    continue
                amount = ours == count - 1 and self.patterns["amount"].fullmatch(text, words[ours][0], end)
                word = (words[ours][0], end) if amount else words[ours]
                if one := self._row(reading, (start, words[0][0]), word, labelled=bool(amount)):
                    yield one

    def _stacked(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the rows of tables with one cell a line; undecided where the cell says nothing certain."""
        text = reading.view.text
        called = self.patterns["document"].search(text) is not None
        for request, word in stacked(reading):
            own = called or reading.decisions.is_own(text[slice(*word)])
            if one := (self._row(reading, request, word, labelled=own) or self._ruled(reading, request, None)):
                yield one if own else decided(one, ())

    def _trailing_words(self, reading: Reading, start: int, end: int) -> Iterator[Place]:
        """Yield the decision words with which a line ends."""
        found = list(reading.decisions.places(reading.view.text, start, end))
        behind = reading.view.text[found[-1][1] : end] if found else ""
        if any(c.isalnum() for c in behind) and not self.patterns["amount"].fullmatch(f"modified{behind}"):
            return
        kept: list[Place] = []
        for place in reversed(found):
            if kept and reading.view.text[place[1] : kept[-1][0]].strip(" |"):
                break
            kept.append(place)
        yield from reversed(kept)

    def _ticked(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the services before ticked boxes: "Heel cup: [X] Upheld [ ] Overturned"."""
        yield from ticked.services(reading, self.patterns["item"], self.request)

    def _pairs(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield services under one label whose decision follows under another: "Issue: …", "Determination: …".

        Where the other label decides nothing ("Unable to determine"), the service is undecided. A service that has two
        pairs, or stands in a summary too ("Issue 1: Heel cup .... UPHELD"), is one, and all its places decide.
        """
        named: dict[str, list[ServiceHeading]] = {}
        for one in self._each_pair(reading):
            named.setdefault(wording(reading, one), []).append(one)
        for same in named.values():
            yield decided(same[-1], [place for one in same for place in one.evidence])

    def _each_pair(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield each pair, and each line that names a service and ends in a decision.

        A service that the letter labels as it labels a decided one, and does not decide, is undecided.
        """
        text, lines = reading.view.text, reading.view.lines
        items = [self.patterns["item"].fullmatch(text, *line) for line in lines]
        legend = cache(lambda: self.columns.legend(reading))
        undecided: list[tuple[str, ServiceHeading]] = []
        labels: set[str] = set()
        found = [(n, item) for n, item in enumerate(items) if item] or titled(reading)
        # "Decision: Upheld" above each "Service: heel cup", and none below the last one.
        above = all(n and any(labelled(reading, lines[n - 1 : n])) for n, _ in found)
        above = above and not any(labelled(reading, lines[found[-1][0] + 1 :] if found else ()))
        stops = [*(n for n, _ in found[1:]), len(lines)][: len(found)]
        bare = bare_words(reading, [lines[n + 1 : stop] for (n, _), stop in zip(found, stops, strict=True)])
        for (n, item), stop in zip(found, stops, strict=True):
            label = _NUMBER.sub("", text[item.start() : item.start("request")].lower()).strip("0123456789.:- ")
            around = lines[n - 1 : n] if above else lines[n + 1 : stop]
            own = own_number(reading, n, text[item.start() : item.start("request")])
            said = labelled(reading, around, bare=bare and not above, own=own)
            if one := self._with_decision(reading, item.span("request"), around, legend, said):
                labels.add(label)
                yield one
            elif place := self.request(reading, item.span("request")):
                undecided.append((label, ServiceHeading(*place, place[1], None, None, None, "heading.listed")))
        yield from (one for label, one in undecided if label in labels)

    def _with_decision(
        self,
        reading: Reading,
        request: Place,
        below: Sequence[Place],
        legend: Callable[[], Mapping[str, str]],
        said: Iterable[Place],
    ) -> ServiceHeading | None:
        """Return a service with the decision that ends its line or follows under a label; None where none does."""
        if words := list(self._trailing_words(reading, *request)):
            return self._row(reading, (request[0], words[0][0]), words[-1])
        for word in said:
            one = self._row(reading, request, word, labelled=True) or self._coded(reading, request, word, legend())
            if one:
                return decided(one, ()) if outcome_lines.contradicted(reading, one, below) else one
        return None

    def _headed(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the services of numbered headings that sentences below decide on: "Appeal No. 1 - Heel cup"."""
        for request, evidence in outcome_lines.headed(reading, self.patterns, self.lines_between):
            if place := self.request(reading, request):
                yield decided(ServiceHeading(*place, place[1], None, None, None, "heading.listed"), evidence)

    def _stated(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the subjects of entries that are sentences: "1. The cane is medically necessary"."""
        if self.patterns["document"].search(reading.view.text):
            for request, evidence in stated_lines.services(reading):
                if place := self.request(reading, request):
                    yield decided(ServiceHeading(*place, place[1], None, None, None, "heading.listed"), evidence)

    def _answered(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield services with sentences below: "Decision on the heel cup", "(1) Heel cup", "Our answer: …"."""
        yield from answered(reading, self.patterns, self.lines_between, self.request)

    def _under_marks(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield services of numbered lines with a labelled decision below: "1) Heel cup", "Denial: upheld".

        Only words count that no one but a reviewer uses. Two lines or more have such a label. In one of several series
        of numbers two must be decided.
        """
        if not self.patterns["document"].search(reading.view.text):
            return
        series = list(self.numbered.series(reading))
        for entries in series:
            below = [self._below(reading, entries, n) for n in range(len(entries))]
            bare = bare_words(reading, below)
            words = [next(labelled(reading, lines, bare=bare), None) for lines in below]
            found = [self._ruled(reading, request, word) for (_, request), word in zip(entries, words, strict=True)]
            told = sum(one is not None and one.decision is not None for one in found)
            least = _MIN_LINES if len(series) > 1 else 1
            if sum(map(bool, words)) >= _MIN_LINES and told >= least:
                yield from filter(None, found)

    def _below_names(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield services with their decision alone on the next line; undecided where the reasons conclude otherwise."""
        for request, word, agrees in lone_decisions.services(reading):
            if one := self._row(reading, request, word, labelled=True):
                yield one if agrees else decided(one, ())

    def _below(self, reading: Reading, entries: Sequence[tuple[int, Place]], n: int) -> Sequence[Place]:
        """Return the lines below an entry."""
        stop = entries[n + 1][0] if n + 1 < len(entries) else len(reading.view.lines)
        return reading.view.lines[entries[n][0] + 1 : min(stop, entries[n][0] + 2 + self.lines_between)]

    def _ruled(self, reading: Reading, request: Place, word: Place | None) -> ServiceHeading | None:
        """Return a service with what a label below says; undecided without, None where it is no service."""
        text, decisions = reading.view.text, reading.decisions
        own = word and all(decisions.is_own(text[slice(*place)]) for place in decisions.places(text, *word))
        if word and own and (one := self._row(reading, request, word, labelled=True)):
            return one
        place = self.request(reading, request)
        return ServiceHeading(*place, place[1], None, None, None, "heading.listed") if place else None

    def _worded(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the entries of lists under a decision; without such, lines that begin with one, or that end in one."""
        for kind in (outcome_lines.groups, outcome_lines.leading, outcome_lines.plain):
            rows = [
                self._row(reading, request, word, labelled=kind is outcome_lines.plain)
                for request, word in kind(reading, self.patterns)
            ]
            if any(rows):
                yield from filter(None, rows)
                return

    def _crossed(self, reading: Reading) -> Iterator[ServiceHeading]:
        """Yield the rows of a table of crosses under decisions; without such, lines with signs that are explained."""
        if self.patterns["document"].search(reading.view.text):
            marked = list(crosses.rows(reading)) or outcome_lines.signed(reading, self.patterns)
            for request, cross, decision in marked:
                if place := self.request(reading, request):
                    heading = ServiceHeading(*place, place[1], None, None, None, "heading.listed")
                    told = (DecisionEvidence("heading", decision, *cross, "heading.cross"),) if decision else ()
                    yield decided(heading, told)

    def _row(self, reading: Reading, request: Place, word: Place, *, labelled: bool = False) -> ServiceHeading | None:
        """Return a service with the decision at ``word``; None where the request names none or nothing is decided."""
        said = read_cell(reading, word, labelled=labelled)
        if said is None or (place := self.request(reading, request)) is None:
            return None
        start, end = place
        if self.patterns["amount"].fullmatch(reading.view.text, *word):
            said = granting_less(said, reading.view.text[slice(*word)], reading.view.text[start:end])
        stop = max(end, word[1]) if word[0] >= start else end
        return decided(ServiceHeading(start, stop, end, None, None, None, "heading.listed"), (said,))

    def request(self, reading: Reading, request: Place) -> Place | None:
        """Return the place of what is asked for without numbers and marks around it; None where it names no service."""
        return named_service(reading, self.patterns, request)


def load_listed(path: str = "layout/listed.yml") -> Listed:
    """Read the wordings of lists.

    Args:
        path: File of wordings, relative to ``configs/``.

    Returns:
        The wordings, compiled.

    Raises:
        ConfigError: A key is missing or a pattern is not a regular expression.
    """
    data = read_yaml(path, "layout/listed.yml")
    names = (
        "item group group_title granted bullet leading line inline heading modified older document no_item goes_on "
        "amount ruling titled decision_on signed lettered denied_of headline unnamed asks"
    ).split()
    try:
        columns = {name: compiled(pattern, path) for name, pattern in data["columns"].items()}
        patterns = {name: compiled(data[name], path) for name in names}
        kinds = Columns(columns, *(compiled(data[name], path) for name in "bare of_decisions legend key coded".split()))
        return Listed(kinds, patterns, data["lines_between"], load_numbered(data["numbered"], path))
    except (KeyError, TypeError) as error:
        raise ConfigError(f"{path}: {error!r}") from error
