"""Labels of decisions in the lines below a service, on their own line or before the words; titles above a service.

The patterns are those of ``configs/layout/listed.yml`` and ``decisions.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.text.intervals import Place

_WHOLE = re.compile(r"(?P<request>.+)")
#: The number at the end of a label or title: "Item 2:", "Disputed item A".
_OWN = re.compile(r"\s(?:no\.?\s?|#)?\(?(\d{1,2}|[a-h])\)?(?: of \d{1,2})?[\s.:-]*\Z", re.IGNORECASE)
_MAX_DECISION_CHARS = 60  # characters of a decision
_MIN_SERVICES = 2  # services of such a letter


def labelled(reading: Reading, below: Sequence[Place], *, bare: bool = False, own: str = "") -> Iterator[Place]:
    """Yield what stands behind the labels of decisions in the lines below a service, or below a label alone.

    Where it is ``bare``, the first line does without a label. What names another item than its ``own`` is left out.
    """
    text = reading.view.text
    for line in below[: reading.listed.lines_between + 1]:
        label = reading.decisions.label.match(text, *line)
        if bare and label is None and alone(reading, line):
            yield line
        bare = label is not None and label.end() == line[1]
        if label is None or ":" not in label.group():
            label = reading.listed.patterns["ruling"].match(text, *line)
        if label and not bare:
            word = label.end(), _first_sentence(text, label.end(), line[1])
            named = [match["numbers"] for match in reading.listed.numbered.mention.finditer(text, *word)]
            if word[1] - word[0] <= _MAX_DECISION_CHARS and all(one.strip("()").lower() == own for one in named):
                yield word


def alone(reading: Reading, line: Place) -> bool:
    """Return whether a line only decides, in words that no one but a reviewer uses."""
    text, decisions = reading.view.text, reading.decisions
    if line[1] - line[0] > _MAX_DECISION_CHARS or not decisions.only(text[slice(*line)]):
        return False
    own = all(decisions.is_own(text[slice(*place)]) for place in decisions.places(text, *line))
    return own and decisions.read(text[slice(*line)]).decision is not None


def bare_words(reading: Reading, below: Sequence[Sequence[Place]]) -> bool:
    """Return whether directly below each of several services stands one line that only decides.

    Decisions in a row are torn from their services. "Modified" alone may be an insurer's word.
    """
    text = reading.view.text
    told = [[alone(reading, line) for line in lines[:2]] for lines in below]
    said = {reading.decisions.read(text[slice(*lines[0])]).decision for lines in below if lines}
    each = all(lines and one[0] and not any(one[1:]) for lines, one in zip(below, told, strict=True))
    return len(below) >= _MIN_SERVICES and each and said != {"modified"}


def own_number(reading: Reading, n: int, label: str) -> str:
    """Return the number or letter of the service on line ``n``: its label's, or that of a title above; else ""."""
    text, line = reading.view.text, reading.view.lines[max(n - 1, 0)]
    above = text[slice(*line)] if n and reading.listed.patterns["titled"].fullmatch(text, *line) else ""
    number = _OWN.search(label) or _OWN.search(above)
    return number[1].lower() if number else ""


def titled(reading: Reading) -> list[tuple[int, re.Match[str]]]:
    """Return the lines below titles such as "Disputed item 1", each with its line and a match of all of it."""
    text, lines = reading.view.text, reading.view.lines
    titles = [n for n, line in enumerate(lines[:-1]) if reading.listed.patterns["titled"].fullmatch(text, *line)]
    found = [(n + 1, _WHOLE.fullmatch(text, *lines[n + 1])) for n in titles]
    return [(n, match) for n, match in found if match] if len(found) >= _MIN_SERVICES else []


def _first_sentence(text: str, start: int, end: int) -> int:
    """Return where the first sentence between two offsets ends: "Unable to determine. Nothing was sent"."""
    stop = text.find(". ", start, end)
    return stop if stop >= 0 else end
