"""Cuts "A, B and C" into the services that it names, where they are told apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from imr_nlp.components.layout.definitions import compiled
from imr_nlp.components.layout.evidence import named_apart, topic
from imr_nlp.components.layout.statements.reader import Statement
from imr_nlp.components.layout.statements.words import Lexicon
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.intervals import Place, between

_ITEM = re.compile(
    r",? ?(?:\band )?\(?\d{1,2}[.)] (?=\S)|,? and \(?[a-d]\) (?=\S)|,? ?(?:\band )?\([ivx]{1,4}\) (?=\S)"
)
_DATE = re.compile(r"\d{1,2}/\d{1,2}(?:/\d{2,4})?\b")
_SEMICOLON = re.compile(r"\s?;\s?(?:(?:and|or) )?(?:\(?(?:\d{1,2}|[a-h])[.)] )?(?=\S)")
_MARK = re.compile(r"\(?(?:\d{1,2}|[a-h])[.)] ")


class Items:
    """Cuts what a request names into services.

    Args:
        words: The block ``items`` of ``layout/requests.yml``.
        again: What stands between two periods of one service.
        lexicon: The words of statements.
        path: The file, for messages.

    Raises:
        KeyError: A key is missing.
        ConfigError: A pattern is not a regular expression.
    """

    def __init__(self, words: Mapping[str, str], again: re.Pattern[str], lexicon: Lexicon, path: str) -> None:
        self.joint, self.both, self.starts = (compile_pattern(words[key]) for key in ("joint", "both", "starts"))
        self.strength = compiled(words["strength"], path)
        self.again = again
        self.lexicon = lexicon

    def of(self, text: str, start: int, end: int, statements: Sequence[Statement]) -> list[Place]:
        """Return the services that a request names, where they are told apart.

        Args:
            text: The text of the reading view.
            start: Offset of the request.
            end: Offset after it.
            statements: What the letter's sentences decide.

        Returns:
            Their offsets in text order; the whole request where it can't be told that it names several.
        """
        marks = list(_ITEM.finditer(text, max(start - 4, 0), end))
        if len(marks) > 1:
            stops = [*(mark.start() for mark in marks[1:]), end]
            return [(mark.end(), stop) for mark, stop in zip(marks, stops, strict=True)]
        joints = list(_SEMICOLON.finditer(text, start, end))
        if joints:
            mark = _MARK.match(text, start, end)
            parts = between(joints, mark.end() if mark else start, end)
            return parts if all(topic(text[a:b]) for a, b in parts) else [(start, end)]
        if later := self.again.search(text, start, end):
            periods = [(start, later.start()), (later.end(), end)]
            if all(_DATE.search(text, *place) and topic(text[slice(*place)]) for place in periods):
                return periods
        joints = list(self.joint.finditer(text, start, end))
        if not any(joint.group() != ", " for joint in joints):
            return [(start, end)]
        strong = [joint for joint in joints if "and" not in joint.group() and joint.group() != ", "]
        if strong and len(strong) < len(joints):
            wholes = between(strong, start, end)
            if all(self.starts.match(text[a:b]) and topic(text[a:b]) for a, b in wholes[1:]):
                return [item for a, b in wholes for item in self.of(text, a, b, statements)]
        both = self.both.match(text, start, end)
        parts = between(joints, both.end() if both else start, end)
        told = [topic(" ".join(s.subject)) for s in statements if s.decides]
        topics = [topic(text[a:b]) for a, b in parts]
        alone = [
            any(words & t and not any(words & o - t for o in topics) for words in told) if t else False for t in topics
        ]
        # "the necessity of naproxen and of a brace"
        again = next((word for word in ("of ", "for ") if text.endswith(word, 0, start)), None)
        begins = [self.starts.match(text, a, b) or (again and text.startswith(again, a)) for a, b in parts[1:]]
        apart = all(begins) and all(topic(text[a:b]) for a, b in parts[1:])
        strengths = all(self.strength.search(text[a:b]) and re.match(r"[A-Za-z]", text[a:b]) for a, b in parts)
        if all(t for t in topics) and (
            apart or strengths or sum(alone) == len(parts) or (both and _headed(self.lexicon, text, parts))
            or named_apart(text, start, end, [text[a:b] for a, b in parts])
        ):  # fmt: skip
            return parts
        return [(start, end)]


def _headed(lexicon: Lexicon, text: str, parts: Sequence[tuple[int, int]]) -> bool:
    """Return whether each part but the last ends with a noun of services: "muscle surgery" and "glasses"."""
    return all(
        " " in text[a:b] and any(word.any("request") for word in lexicon.words(text, a, b)[-1:]) for a, b in parts[:-1]
    )
