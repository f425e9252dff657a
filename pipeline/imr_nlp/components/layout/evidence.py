"""Places of a letter that decide on a service, and what they decide together.

A decision comes from a heading word, the list of a 2013 notice, a panel's vote or a conclusion of the reviewer.
`decide` says what they give together. Where they contradict each other, only the heading word or an act on the denial
("the denial should be overturned") outweighs the rest; else there is no decision. All of it stays in the record.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from imr_nlp.config import shipped

_CONTENT = re.compile(r"[a-z][a-z-]{2,}|\d+(?=\s?mg)")
_STEM = 5  # letters that two forms of a word share
FILE = "layout/evidence.yml"
_NO_LISTS = ("opposites", "after_name", "earlier", "not_earlier", "by_kind")


@dataclass(frozen=True, slots=True)
class DecisionEvidence:
    """One place that decides on a service.

    Attributes:
        by: ``heading``, ``list``, ``conclusion`` or ``panel``.
        decision: ``upheld``, ``overturned`` or ``modified``.
        start: Offset of its first character.
        end: Offset after its last character.
        rule: Id of the rule that read it.
        granted: How many of what was asked are granted; None where it does not say.
        part: Whether it is about a part of the request.
    """

    by: str
    decision: str
    start: int
    end: int
    rule: str
    granted: float | None = None
    part: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What the evidence for one service gives together.

    Attributes:
        decision: The decision; None where nobody decides or the evidence contradicts itself.
        place: The evidence that decided.
        granted: How many of what was asked are granted.
    """

    decision: str | None
    place: DecisionEvidence | None = None
    granted: float | None = None


def decide(evidence: Sequence[DecisionEvidence]) -> Decided:
    """Return what the evidence for a service gives together.

    >>> said = "upheld", "overturned"
    >>> upheld, overturned = (DecisionEvidence("conclusion", one, 0, 9, "statement.necessity") for one in said)
    >>> decide([upheld, overturned]).decision
    >>> decide([DecisionEvidence("heading", "upheld", 0, 6, "heading.word"), overturned]).decision
    'upheld'
    """
    if {"upheld", "overturned"} <= {e.decision for e in evidence if e.by == "panel"}:
        return Decided(None)  # its members differ, and nobody says who prevails
    for formal in (
        [e for e in evidence if e.by == "heading" and not e.rule.startswith("heading.title")],
        [e for e in evidence if e.by == "panel" and e.rule != "statement.act"],
        [e for e in evidence if e.rule == "statement.act"],
        list(evidence),
    ):
        if not formal:
            continue
        found = {e.decision for e in formal}
        if formal[0].by == "heading" and _undone(found, evidence):
            return Decided(None)
        if len(found) == 1:
            granted = next((e.granted for e in evidence if e.granted is not None and e.decision != "upheld"), None)
            modified = formal[-1].decision == "modified"
            return Decided(formal[-1].decision, formal[-1], granted if modified else None)
        if (
            len(found) > 1
            and all(e.by == "conclusion" for e in formal)
            and any(e.part or e.granted is not None for e in formal)
        ):
            partly = next((e for e in formal if e.decision == "modified"), formal[-1])
            granted = next((e.granted for e in formal if e.granted is not None), None)
            return Decided("modified", partly, granted)
        return Decided(None)
    return Decided(None)


def _undone(found: Collection[str], evidence: Iterable[DecisionEvidence]) -> bool:
    """Return whether the reviewer concludes the contrary alone, and does it to the denial: one of both is a slip."""
    concluded = [e for e in evidence if e.by == "conclusion"]
    contrary = {"upheld", "overturned"} - set(found)
    acts = any(e.rule == "statement.act" and not e.part for e in concluded)
    return acts and len(contrary) == 1 and {e.decision for e in concluded} == contrary


@lru_cache(maxsize=512)  # each service is compared with what is said of each other one
def topic(text: str) -> frozenset[str]:
    """Return the words of a request, or of a clause's subject, that tell which service it is.

    >>> sorted(topic("the requested 12 sessions of Pool therapies"))
    ['pool', 'thera']
    """
    common = lists()["common"]
    return frozenset(_stem(word) for word in _CONTENT.findall(text.lower()) if word not in common)


def _stem(word: str) -> str:
    return word[:_STEM] if len(word) > _STEM else word.removesuffix("s")


def named_apart(text: str, start: int, end: int, parts: Sequence[str]) -> bool:
    """Return whether a text names each part of a request by itself somewhere else.

    Args:
        text: The text.
        start: Offset of the request.
        end: Offset after it.
        parts: The parts as the request names them.

    >>> text = "eye surgery and prism glasses. The eye surgery and the prism glasses are needed."
    >>> named_apart(text, 0, 29, ["eye surgery", "prism glasses"])
    True
    >>> text = "left and right knee braces. The left and right knee braces are needed."
    >>> named_apart(text, 0, 26, ["left", "right knee braces"])
    False
    """
    data = shipped(FILE)
    empty = lists()["weak"] | {_stem(word) for pair in data["opposites"] for word in pair}
    for part in parts:
        if not topic(part) - empty:
            return False
        name = r"\s".join(re.escape(word) for word in part.split())
        complete = rf"(?=[,.;]|\s(?:{data['after_name']})\b)"
        found = re.finditer(rf"\b(?:the|an?|his|her|their|this|these)\s{name}{complete}", text, re.IGNORECASE)
        if not any(match.end() <= start or match.start() >= end for match in found):
            return False
    return True


@lru_cache(maxsize=1)
def lists() -> dict[str, frozenset[str]]:
    """Return the word lists of ``configs/layout/evidence.yml``; those that are compared with a topic as its stems."""
    data = shipped(FILE)
    stems = {key: frozenset(map(_stem, data[key])) for key in ("weak", "kinds")}
    return {key: frozenset(words) for key, words in data.items() if key not in _NO_LISTS} | stems
