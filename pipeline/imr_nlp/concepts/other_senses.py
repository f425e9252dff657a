"""Whether the name of a treatment or a condition means something else where it stands.

The rules are in ``concepts/other_senses.yml``: jobs, places, machines, verbs and things at work. A request's own text
names treatments whatever follows them, so components do not ask about it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from imr_nlp.config import shipped
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.inflection import singular

_FILE = "concepts/other_senses.yml"
_AROUND = 72  # characters on either side that a rule may look at
_HEAD = 2  # words at the end of a name by which a rule may know it
#: Kind of the names of conditions; treatments have the kinds of their vocabulary.
CONDITION = "diagnosis"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One way in which a name means something else; each of its conditions must hold."""

    id: str
    written: re.Pattern[str] | None
    right: bool  # whether something must stand behind the name
    sides: tuple[tuple[int, bool, re.Pattern[str]], ...]  # (0 before or 1 after, wanted, what stands there)

    def fits(self, written: str, sides: tuple[str, str]) -> bool:
        if self.written is not None and not self.written.search(written):
            return False
        return all(bool(pattern.search(sides[side])) is wanted for side, wanted, pattern in self.sides)


def other_sense(text: str, start: int, end: int, kind: str) -> str | None:
    """Return the rule by which ``text[start:end]`` is no treatment or condition; None where it is one.

    Args:
        text: The reading view.
        start: Offset of the name.
        end: Offset after it.
        kind: Kind of the name in its vocabulary; ``CONDITION`` for a diagnosis.

    >>> other_sense("She is a massage therapist.", 9, 16, "therapy"), other_sense("A massage helped.", 2, 9, "therapy")
    ('job', None)
    """
    sides = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    written = text[start:end]
    words = singular(written.lower()).split(" ")
    heads = {" ".join(words[-size:]) for size in range(1, _HEAD + 1)}
    followed = bool(_followed().match(sides[1]))
    rules = _rules(kind)
    for rule in chain(rules[""], *(rules[head] for head in heads if head in rules)):
        if (followed or not rule.right) and rule.fits(written, sides):
            return rule.id
    return None


@lru_cache(maxsize=32)
def _rules(kind: str) -> dict[str, list[_Rule]]:
    """Return the rules for a kind of name by the heads of the names; "" has those for all names."""
    data = shipped(_FILE)
    found: dict[str, list[_Rule]] = {"": []}
    for entry in data["senses"]:
        if kind in entry.get("kinds", (kind,)):
            rule = _rule(entry, data["words"])
            for name in entry.get("names") or ("",):
                found.setdefault(name, []).append(rule)
    return found


@lru_cache(maxsize=1)
def _followed() -> re.Pattern[str]:
    """Return what some rule wants behind a name; few names have it, and the others need most rules not."""
    data = shipped(_FILE)
    wanted = [_filled(entry["right"], data["words"]) for entry in data["senses"] if entry.get("right")]
    return compile_pattern("|".join(f"(?:{regex})" for regex in wanted), re.IGNORECASE)


def _rule(entry: Mapping[str, Any], words: Mapping[str, str]) -> _Rule:
    sides = []
    for key in ("right", "not_right", "left", "not_left"):  # what is looked for at a fixed place comes first
        if regex := entry.get(key):
            pattern = compile_pattern(_filled(regex, words), re.IGNORECASE)
            sides.append((int(key.endswith("right")), not key.startswith("not"), pattern))
    written = compile_pattern(entry["written"]) if entry.get("written") else None
    return _Rule(entry["id"], written, "right" in entry, tuple(sides))


def _filled(regex: str, words: Mapping[str, str]) -> str:
    for word, piece in words.items():
        regex = regex.replace(word, piece)
    return regex
