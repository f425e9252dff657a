"""Cuts "A, B and C" into the services that it names, where they are told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imr_nlp.components.layout.evidence import named_apart, topic
from imr_nlp.components.layout.statements import Statement
from imr_nlp.components.layout.words import Lexicon

_ITEM = re.compile(
    r",? ?(?:\band )?\(?\d{1,2}[.)] (?=\S)|,? and \(?[a-d]\) (?=\S)|,? ?(?:\band )?\([ivx]{1,4}\) (?=\S)"
)
_JOINT = re.compile(r", and |, |,? (?:and|as well as|along with|together with|in addition to) ")
_DATE = re.compile(r"\d{1,2}/\d{1,2}(?:/\d{2,4})?\b")
_BOTH = re.compile(r"both (?=\w)")
_SEMICOLON = re.compile(r"\s?;\s?(?:(?:and|or) )?(?:\(?(?:\d{1,2}|[a-h])[.)] )?(?=\S)")
_MARK = re.compile(r"\(?(?:\d{1,2}|[a-h])[.)] ")
_STARTS = re.compile(r"(?:an?|the|one|two|three|four|\d+) [A-Za-z]|[A-Z][a-z]+\b")
_STRENGTH = re.compile(r"\d\s?(?:mg|mcg|ml|%|g)\b", re.IGNORECASE)


def items(
    lexicon: Lexicon, joins: re.Pattern[str], text: str, start: int, end: int, statements: Sequence[Statement]
) -> list[tuple[int, int]]:
    """Return the services that a request names, where they are told apart.

    Args:
        lexicon: The words of statements.
        joins: What stands between two periods of one service.
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
        bounds = [mark.end() if mark else start, *(edge for joint in joints for edge in joint.span()), end]
        parts = list(zip(bounds[::2], bounds[1::2], strict=True))
        return parts if all(topic(text[a:b]) for a, b in parts) else [(start, end)]
    if later := joins.search(text, start, end):
        periods = [(start, later.start()), (later.end(), end)]
        if all(_DATE.search(text, *place) and topic(text[slice(*place)]) for place in periods):
            return periods
    joints = list(_JOINT.finditer(text, start, end))
    if not any(joint.group() != ", " for joint in joints):
        return [(start, end)]
    strong = [joint for joint in joints if "and" not in joint.group() and joint.group() != ", "]
    if strong and len(strong) < len(joints):
        edges = [start, *(edge for joint in strong for edge in joint.span()), end]
        wholes = list(zip(edges[::2], edges[1::2], strict=True))
        if all(_STARTS.match(text[a:b]) and topic(text[a:b]) for a, b in wholes[1:]):
            return [item for a, b in wholes for item in items(lexicon, joins, text, a, b, statements)]
    both = _BOTH.match(text, start, end)
    bounds = [both.end() if both else start, *(edge for joint in joints for edge in joint.span()), end]
    parts = list(zip(bounds[::2], bounds[1::2], strict=True))
    told = [topic(" ".join(s.subject)) for s in statements if s.decides]
    topics = [topic(text[a:b]) for a, b in parts]
    alone = [
        any(words & t and not any(words & o - t for o in topics) for words in told) if t else False for t in topics
    ]
    # "the necessity of naproxen and of a brace"
    again = next((word for word in ("of ", "for ") if text.endswith(word, 0, start)), None)
    begins = [_STARTS.match(text, a, b) or (again and text.startswith(again, a)) for a, b in parts[1:]]
    apart = all(begins) and all(topic(text[a:b]) for a, b in parts[1:])
    strengths = all(_STRENGTH.search(text[a:b]) and re.match(r"[A-Za-z]", text[a:b]) for a, b in parts)
    if all(t for t in topics) and (
        apart or strengths or sum(alone) == len(parts) or (both and _headed(lexicon, text, parts))
        or named_apart(text, start, end, [text[a:b] for a, b in parts])
    ):  # fmt: skip
        return parts
    return [(start, end)]


def _headed(lexicon: Lexicon, text: str, parts: Sequence[tuple[int, int]]) -> bool:
    """Return whether each part but the last ends with a noun of services: "muscle surgery" and "glasses"."""
    return all(
        " " in text[a:b] and any(word.any("request") for word in lexicon.words(text, a, b)[-1:]) for a, b in parts[:-1]
    )
