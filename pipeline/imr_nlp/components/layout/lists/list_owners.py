"""Who decides in a list, as the line above it tells: this review, or others, whose decisions count for nothing."""

from __future__ import annotations

from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.components.layout.statements.words import Lexicon
from imr_nlp.text.intervals import Place

_OTHERS = ("insurer", "treating", "inner_appeals")  # classes of words


def names_others(lexicon: Lexicon, heading: str) -> bool:
    """Return whether a line tells of an insurer's, a physician's or an earlier decision.

    Args:
        lexicon: The classes of words.
        heading: The line.

    >>> from imr_nlp.components.layout.statements.words import load_lexicon
    >>> [names_others(load_lexicon(), line) for line in ("The carrier's decisions", "Our decisions")]
    [True, False]
    """
    earlier = lexicon.function["earlier"]
    return any(word.any(*_OTHERS) or word.text in earlier for word in lexicon.words(heading))


def others_above(reading: Reading, line: Place) -> bool:
    """Return whether the line above a list says that others decide in it. A whole sentence says nothing of it.

    Args:
        reading: The letter.
        line: The line.
    """
    said = reading.view.text[slice(*line)]
    return not said.endswith(".") and names_others(reading.decisions.lexicon, said)


def decided_by_others(reading: Reading, line: Place) -> bool:
    """Return whether others decide below a line, unless it is a sentence of the reviewer too.

    Args:
        reading: The letter.
        line: The line.
    """
    words = reading.decisions.lexicon.words(reading.view.text, *line)
    ours = reading.view.text[line[1] - 1] == "." and any(word.any("reviewer") for word in words)
    return not ours and names_others(reading.decisions.lexicon, reading.view.text[slice(*line)])
