"""Predicates that are not said again: "So is the brace", "nor is the cane", "The same cannot be said of the ramp".

The wordings are in ``configs/layout/statements.yml`` under ``echoes``.
"""

from __future__ import annotations

import re
from dataclasses import replace

from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.words import Lexicon

_REST = 120  # characters of the sentence behind an echo that may hold a condition


def inside(lexicon: Lexicon, text: str, stop: int, said: Statement) -> Statement | None:
    """Return what follows a statement in its own sentence: "is medically necessary, and so is the cane".

    Args:
        lexicon: The words of statements.
        text: Text of the reading view.
        stop: Where the sentence ends.
        said: The statement.

    Returns:
        The same predicate of the other subject; None where nothing of the kind follows.
    """
    return _echo(lexicon, text, stop, said, lexicon.echoes["inside"].match(text, said.end, stop))


def behind(lexicon: Lexicon, text: str, start: int, stop: int, said: Statement) -> Statement | None:
    """Return what the sentence ``text[start:stop]`` says by pointing to the statement of the one before.

    >>> from imr_nlp.components.layout.statements.reader import load_statements
    >>> read = load_statements().read
    >>> text = "A ramp and a cane were denied. The ramp is not medically necessary. Neither is the cane."
    >>> [(" ".join(said.subject), said.decision) for said in read(text)]
    [('the ramp', 'upheld'), ('the cane', 'upheld')]
    """
    return _echo(lexicon, text, stop, said, lexicon.echoes["behind"].match(text, start, stop))


def _echo(lexicon: Lexicon, text: str, stop: int, said: Statement, match: re.Match[str] | None) -> Statement | None:
    whole = said.kind in ("necessity", "noun", "beneficial") and not said.part and not said.rest
    if match is None or not whole or said.decision == "modified" or text[stop - 1] == "?":
        return None
    denied, turned = match["denied"], match.groupdict().get("turned")
    agrees = (said.decision == "upheld") if denied else (said.decision == "overturned" or not match["affirmed"])
    if not agrees or (turned and said.decision == "upheld"):
        return None
    if lexicon.echoes["reserved"].search(text, match.end(), min(stop, match.end() + _REST)):
        return None
    start, end = match.span("subject")
    words = lexicon.words(text, start, end)
    if not words or text.find(text[words[-1].start : end], 0, said.start) < 0:
        return None  # a service was named before: "nor is the cane safe" names none
    decision = "upheld" if turned else said.decision
    return replace(said, start=match.start(), end=end, decision=decision, granted=None,
                   subject=tuple(word.text for word in words), subject_end=end)  # fmt: skip
