"""Printed lists of outcomes of which the reviewer ticks one: "[X] Upheld  [ ] Overturned".

The words of such a list decide nothing. Only the one ticked outcome does. The words and marks are in
``configs/layout/requests.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.statements import Statement
from imr_nlp.config import ConfigError


class Options:
    """Reader of lists of outcomes."""

    def __init__(self, data: Mapping[str, Any], path: str) -> None:
        """Read the words and marks.

        Args:
            data: ``ticked`` and ``empty`` (patterns of marks), ``after`` (what may follow an outcome) and ``outcomes``
                (decision to pattern).
            path: The file that they come from, for messages.

        Raises:
            ConfigError: A key is missing or a pattern is not a regular expression.
        """
        try:
            ticked, empty = data["ticked"], data["empty"]
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
            chosen = [option for option in run if option["ticked"] or (len(run) == 1 and not option["empty"])]
            if len(chosen) == 1 and not self.mark.match(text, end):
                kept.append(self._statement(chosen[0]))
        return sorted(kept, key=lambda s: s.start)

    def begins(self, text: str, start: int, end: int) -> int:
        """Return where the first list of outcomes between two offsets begins, or ``end``."""
        first = self.option.search(text, start, end)
        return first.start() if first else end

    def _runs(self, text: str) -> list[list[re.Match[str]]]:
        """Return the lists: outcomes between which nothing stands but space, or one ticked or explained outcome."""
        runs: list[list[re.Match[str]]] = []
        for option in self.option.finditer(text):
            if runs and not text[runs[-1][-1].end() : option.start()].strip():
                runs[-1].append(option)
            else:
                runs.append([option])
        return [run for run in runs if len(run) > 1 or run[0]["ticked"] or run[0]["after"]]

    def _statement(self, option: re.Match[str]) -> Statement:
        decision = next(d for d, pattern in self.outcomes.items() if pattern.fullmatch(option["words"]))
        return Statement(option.start("words"), option.end("words"), decision, "reviewer", "act")
