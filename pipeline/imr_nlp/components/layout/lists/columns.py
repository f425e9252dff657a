"""The columns of a table of decisions by their names, and the legend of its codes.

The wordings are in ``configs/layout/listed.yml``. `aligned` reads the rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from imr_nlp.components.layout.lists.aligned import DRAWN, MARK
from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.text.compiled import compile_pattern

_NOTED = re.compile(r"(?P<name>[^()]+?)\s?\((?P<note>[^()]{1,30})\)")  # a name with a note
_DATED = re.compile(r"(?P<name>[^\d]+?),? \d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?")  # a name with a date
_MIN_CODES = 2  # codes of a legend


@dataclass(frozen=True)
class Columns:
    """The names of columns.

    Attributes:
        names: Kind of a column to the pattern of its names.
        bare: A name that does not say whose decisions are below it: "Outcome".
        of_decisions: Words by which a column holds decisions, whoever made them.
        code: What one code of a legend means, with the groups ``code`` and ``words``.
        key: The same of a word in quotation marks, explained in a sentence.
        coded: A cell with such a word, with the group ``code``.
    """

    names: dict[str, re.Pattern[str]]
    bare: re.Pattern[str]
    of_decisions: re.Pattern[str]
    code: re.Pattern[str]
    key: re.Pattern[str]
    coded: re.Pattern[str]

    def kinds(self, names: Sequence[str]) -> list[str]:
        """Return the kind of each column by its name; empty where they are not those of a table of decisions.

        Args:
            names: The names, in order.
        """
        kinds = [self._kind_of(name.strip(" .:")) for name in names]
        if kinds[:2] == ["item", "item"] and names[0].strip(" .:").isalpha():
            kinds[0] = MARK  # "Item", "Requested treatment"
        for kind in ("bare", "code"):
            if "ours" not in kinds and kinds.count(kind) == 1 and "unknown" not in kinds:
                kinds[kinds.index(kind)] = "ours"
        if kinds.count("item") != 1 or kinds.count("ours") != 1:
            return []
        return [kind if kind in ("item", "ours", MARK) else f"{kind} {n}" for n, kind in enumerate(kinds)]

    @cached_property
    def _any(self) -> re.Pattern[str]:
        return compile_pattern(
            "|".join(rf"\b(?P<{name}>{p.pattern})(?!\w)" for name, p in self.names.items()), re.IGNORECASE
        )

    @cached_property
    def labels(self) -> re.Pattern[str]:
        """A name of decisions with a colon, in the group ``ours`` where they are this review's."""
        ours, theirs = self.names["ours"].pattern, self.names["theirs"].pattern
        return compile_pattern(rf"[\s.;,|(]*\b(?:(?P<ours>{ours})|{theirs})\s?:\s?", re.IGNORECASE)

    def of_line(self, line: str) -> list[str]:
        """Return the columns of decisions that a line of names holds, in order; empty where it is no such line.

        Args:
            line: The line.
        """
        if DRAWN.fullmatch(line) or self._any.sub("", line).strip(" |#.:/-"):
            return []
        names = [str(match.lastgroup) for match in self._any.finditer(line)]
        decisions = [name for name in names if name in ("ours", "theirs")]
        return decisions if "item" in names and decisions.count("ours") == 1 else []

    def is_item(self, name: str) -> bool:
        """Return whether a name is that of a column of services, or of their numbers.

        Args:
            name: The name.
        """
        return self._kind(name.strip(" .:")) in ("item", "number")

    def _kind_of(self, name: str) -> str:
        """Return the kind of a column whose name may have a note or a date: "UR outcome (8/14/2015)", "IMR 9/2/15"."""
        if dated := _DATED.fullmatch(name):
            kind = self._kind(dated["name"])
            return "unknown" if kind == "bare" else kind  # of several decisions it may be any one
        match = _NOTED.fullmatch(name)
        if match is None:
            return self._kind(name)
        kind, note = self._kind(match["name"]), self._kind(match["note"])
        if note == "other" or kind == note:
            return kind
        return note if kind == "bare" else "unknown"

    def _kind(self, name: str) -> str:
        """Return the kind of a column: ``bare`` is "Decision" alone, ``unknown`` one of decisions that nobody knows."""
        if self.bare.fullmatch(name):
            return "bare"
        for kind, pattern in self.names.items():
            if pattern.fullmatch(name):
                return kind
        return "unknown" if self.of_decisions.search(name) else "other"

    def is_legend(self, text: str, start: int, end: int) -> bool:
        """Return whether a line says what codes mean: "U = upheld, O = overturned".

        Args:
            text: Text of the reading view.
            start: Where the line begins.
            end: Where it ends.
        """
        return sum(1 for _ in self.code.finditer(text, start, end)) >= _MIN_CODES

    def legend(self, reading: Reading) -> dict[str, str]:
        """Return the decision of each code of a legend, "U = denial upheld"; "" where it is none of ours.

        Args:
            reading: The letter.
        """
        text, decisions = reading.view.text, reading.decisions
        found: dict[str, str] = {}
        for line in reading.view.lines:
            for match in self.code.finditer(text, *line):
                places = decisions.places(text, *match.span("words"))
                own = all(decisions.is_own(text[slice(*place)]) for place in places)
                said = (decisions.read(match["words"]).decision or "") if own else ""
                found[match["code"]] = said if found.get(match["code"], said) == said else ""
        for match in self.key.finditer(text):
            code = match["code"].lower()
            said = meaning(reading, *match.span("words"))
            if said and any(word.any("part") for word in decisions.lexicon.words(code)):
                said = "modified"  # "partially favorable"
            found[code] = said if found.get(code, said) == said else ""
        return found if len(found) >= _MIN_CODES else {}

    def meant(self, legend: Mapping[str, str], written: str) -> str:
        """Return the decision of a cell by the legend; "" where it says none: "B", "Granted (10 visits)".

        Args:
            legend: The decision of each code.
            written: The cell.
        """
        coded = self.coded.fullmatch(written)
        return legend.get(written.strip("()[].")) or (legend.get(coded["code"].lower(), "") if coded else "")


def meaning(reading: Reading, start: int, end: int) -> str:
    """Return what a sentence of a legend decides: "the reviewer agrees with the denial"; "" where that is not certain.

    Args:
        reading: The letter.
        start: Where it begins.
        end: Where it ends.
    """
    that = reading.view.text.find(" that ", start, end)  # "agrees with the plan that it was rightly denied"
    said = reading.statements.read(reading.view.text, start, that if that >= 0 else end)
    found = {one.decision for one in said if one.decides and one.holder != "member"}
    return found.pop() if len(found) == 1 else ""
