"""Printed lists of outcomes of which the reviewer ticks one: "[X] Upheld  [ ] Overturned".

The words of such a list decide nothing. Only the one ticked outcome does. Marks stand before their words or behind
them, which the two ends of the list tell. The words and marks are in ``configs/layout/requests.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.statements.reader import Statement
from imr_nlp.config import ConfigError

Token = re.Match[str]
_MARKS = ("ticked", "filled", "empty")


@dataclass(frozen=True, slots=True)
class Printed:
    """A list of outcomes.

    Attributes:
        start: Offset of its first mark or word.
        end: Offset after its last.
        ticked: What the ticked outcome states; None without exactly one, or where a mark may belong to two words.
        marked: Whether it has marks.
    """

    start: int
    end: int
    ticked: Statement | None
    marked: bool


class Options:
    """Reader of lists of outcomes."""

    def __init__(self, data: Mapping[str, Any], path: str) -> None:
        """Read the words and marks.

        Args:
            data: ``ticked``, ``filled`` and ``empty`` (patterns of marks; what is filled is ticked beside what is
                empty, and a bullet elsewhere), ``signs`` (of which a letter with marks holds one),
                ``after`` (what may follow an outcome), ``outcomes`` (decision to pattern) and ``findings`` (the same
                of necessity, which others tick too).
            path: The file that they come from, for messages.

        Raises:
            ConfigError: A key is missing or a pattern is not a regular expression.
        """
        try:
            self.signs = tuple(data["signs"])
            listed = [data["outcomes"], data["findings"]]
            self.meanings = [(d, compiled(pattern, path)) for one in listed for d, pattern in one.items()]
            self.token, self.finding = (_token(data, one, path) for one in listed)
        except (AttributeError, KeyError, TypeError) as error:
            raise ConfigError(f"{path}: options: {error!r}") from error

    def ticked(self, text: str, statements: Sequence[Statement]) -> list[Statement]:
        """Replace what was read in lists of outcomes by the outcome that is ticked.

        Args:
            text: Text of the reading view.
            statements: The statements read in it, in text order.

        Returns:
            The statements in text order. A list without one certain tick gives none.
        """
        kept = list(statements)
        for one in self._lists(text, self.token):
            kept = [s for s in kept if s.end <= one.start or s.start >= one.end]
            if one.ticked:
                kept.append(one.ticked)
        return sorted(kept, key=lambda s: s.start)

    def printed(self, text: str) -> list[Printed]:
        """Return the lists of a text that have marks, in text order.

        Args:
            text: Text of the reading view.

        Returns:
            The lists. Outcomes without any mark are none of them.
        """
        if not any(sign in text for sign in self.signs):
            return []
        return [one for one in self._lists(text, self.token) if one.marked]

    def findings(self, text: str) -> list[Printed]:
        """Return the lists of findings of necessity that have marks: "[ ] Medically necessary [X] Not …"."""
        if not any(sign in text for sign in self.signs):
            return []
        return [one for one in self._lists(text, self.finding) if one.marked]

    def _lists(self, text: str, tokens: re.Pattern[str]) -> Iterator[Printed]:
        """Yield the lists: outcomes and marks between which nothing stands but space, or one marked or explained."""
        for run in self._runs(text, tokens):
            if not any(token.lastgroup == "empty" for token in run):
                run = [token for token in run if token.lastgroup != "filled"]
            words = [token for token in run if token.lastgroup == "words"]
            marked = any(token.lastgroup in _MARKS for token in run)
            if not words:
                continue
            # "Overturned ____" may be a line to sign on, and "Overturned x 4" a number.
            alone = len(words) == 1 and run[0].lastgroup == "words"
            if alone and (len(run) == 1 or run[-1].lastgroup == "empty" or run[-1].group().isalpha()):
                continue
            yield Printed(run[0].start(), run[-1].end(), self._chosen(run, marked=marked), marked)

    @staticmethod
    def _runs(text: str, tokens: re.Pattern[str]) -> Iterator[list[Token]]:
        run: list[Token] = []
        for token in tokens.finditer(text):
            if run and text[run[-1].end() : token.start()].strip():
                yield run
                run = []
            run.append(token)
        if run:
            yield run

    def _chosen(self, run: Sequence[Token], *, marked: bool) -> Statement | None:
        """Return what the one ticked outcome of a list states; the one of a list that has only one, without marks."""
        words = [token for token in run if token.lastgroup == "words"]
        if not marked:
            return self._statement(words[0]) if len(words) == 1 else None
        core = [token for token in run if token.lastgroup != "after"]
        before, behind = core[0].lastgroup in _MARKS, core[-1].lastgroup in _MARKS
        if before == behind:
            return None
        of_word: dict[int, str] = {}
        for k, token in enumerate(core):
            if token.lastgroup in _MARKS:
                beside = core[k + 1 if before else k - 1]
                if beside.lastgroup != "words" or beside.start() in of_word:
                    return None
                of_word[beside.start()] = str(token.lastgroup)
        ticked = [word for word in words if of_word.get(word.start()) in ("ticked", "filled")]
        return self._statement(ticked[0]) if len(ticked) == 1 else None

    def _statement(self, option: Token) -> Statement:
        decision = next(d for d, pattern in self.meanings if pattern.fullmatch(option["words"]))
        return Statement(option.start("words"), option.end("words"), decision, "reviewer", "act")


def _token(data: Mapping[str, Any], outcomes: Mapping[str, str], path: str) -> re.Pattern[str]:
    """Return the pattern of a mark, an outcome, or what may follow one, each as a group of its name."""
    words = "|".join(f"(?:{pattern})" for pattern in outcomes.values())
    kinds = {**{mark: data[mark] for mark in _MARKS}, "words": words, "after": data["after"]}
    return compiled("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items()), path)
