"""Printed lists of outcomes of which the reviewer ticks one: "[X] Upheld  [ ] Overturned".

The words of such a list decide nothing. Only the one ticked outcome does. The words and marks are in
``configs/layout/requests.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.statements import Statement
from imr_nlp.config import ConfigError


@dataclass(frozen=True, slots=True)
class Printed:
    """A list of outcomes with its marks.

    Attributes:
        start: Offset of its first mark or word.
        end: Offset after its last.
        ticked: What the ticked outcome states; None without exactly one.
    """

    start: int
    end: int
    ticked: Statement | None


class Options:
    """Reader of lists of outcomes."""

    def __init__(self, data: Mapping[str, Any], path: str) -> None:
        """Read the words and marks.

        Args:
            data: ``ticked`` and ``empty`` (patterns of marks), ``signs`` (of which a letter with marks holds one),
                ``after`` (what may follow an outcome) and ``outcomes`` (decision to pattern).
            path: The file that they come from, for messages.

        Raises:
            ConfigError: A key is missing or a pattern is not a regular expression.
        """
        try:
            ticked, empty, self.signs = data["ticked"], data["empty"], tuple(data["signs"])
            self.outcomes = {decision: compiled(pattern, path) for decision, pattern in data["outcomes"].items()}
            words = "|".join(f"(?:{pattern})" for pattern in data["outcomes"].values())
            mark = rf"(?:(?P<ticked>{ticked})|(?P<empty>{empty}))"
            self.option = compiled(rf"(?:{mark}\s{{0,3}})?(?P<words>{words})\s{{0,3}}(?P<after>{data['after']})?", path)
            self.mark = compiled(rf"\s{{0,3}}(?:(?:{ticked})|(?:{empty}))", path)
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: options: {error!r}") from error

    def ticked(self, text: str, statements: Sequence[Statement]) -> list[Statement]:
        """Replace what was read in lists of outcomes by the outcome that is ticked.

        Args:
            text: Text of the reading view.
            statements: The statements read in it, in text order.

        Returns:
            The statements in text order. A list without exactly one ticked outcome gives none. So does a list whose
            marks follow their words: there, a mark may belong to either of its neighbours.
        """
        kept = list(statements)
        for run in self._runs(text):
            start, end = run[0].start(), run[-1].end()
            kept = [s for s in kept if s.end <= start or s.start >= end]
            if chosen := self._chosen(text, run):
                kept.append(chosen)
        return sorted(kept, key=lambda s: s.start)

    def printed(self, text: str) -> list[Printed]:
        """Return the lists of a text that have marks, in text order.

        Args:
            text: Text of the reading view.

        Returns:
            The lists. Outcomes without any mark are none of them.
        """
        found = []
        for run in self._runs(text) if any(sign in text for sign in self.signs) else ():
            behind = self.mark.match(text, run[-1].end())
            if behind or any(option["ticked"] or option["empty"] for option in run):
                end = behind.end() if behind else run[-1].end()
                found.append(Printed(run[0].start(), end, self._chosen(text, run)))
        return found

    def _runs(self, text: str) -> list[list[re.Match[str]]]:
        """Return the lists: outcomes between which nothing stands but space, or one ticked or explained outcome."""
        runs: list[list[re.Match[str]]] = []
        for option in self.option.finditer(text):
            if runs and not text[runs[-1][-1].end() : option.start()].strip():
                runs[-1].append(option)
            else:
                runs.append([option])
        return [run for run in runs if len(run) > 1 or run[0]["ticked"] or run[0]["empty"] or run[0]["after"]]

    def _chosen(self, text: str, run: Sequence[re.Match[str]]) -> Statement | None:
        """Return what the one ticked outcome of a list states."""
        chosen = [option for option in run if option["ticked"] or (len(run) == 1 and not option["empty"])]
        return self._statement(chosen[0]) if len(chosen) == 1 and not self.mark.match(text, run[-1].end()) else None

    def _statement(self, option: re.Match[str]) -> Statement:
        decision = next(d for d, pattern in self.outcomes.items() if pattern.fullmatch(option["words"]))
        return Statement(option.start("words"), option.end("words"), decision, "reviewer", "act")
