"""Services with sentences below them that decide: under "Decision on <request>", or behind "Reviewer's answer:".

The patterns are those of ``configs/layout/listed.yml`` by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided
from imr_nlp.components.layout.statements.decision_statement import Statement
from imr_nlp.components.layout.statements.reader import sentences
from imr_nlp.text.intervals import Place

_MIN_SERVICES = 2  # services of such a letter

Patterns = Mapping[str, re.Pattern[str]]


def answered(
    reading: Reading, patterns: Patterns, most: int, named: Callable[[Reading, Place], Place | None]
) -> Iterator[ServiceHeading]:
    """Yield services with what the sentences below them conclude.

    Args:
        reading: The letter.
        patterns: The wordings.
        most: How many lines below the last heading are read.
        named: Returns the place of a service's name within a heading; None where it names none.
    """
    text = reading.view.text
    found = [
        (place, below, label)
        for request, below, label in _passages(reading, patterns, most)
        if (place := named(reading, request))
    ]
    requests = [text[slice(*place)] for place, _, _ in found]
    for n, (place, below, label) in enumerate(found):
        said = reading.statements.read(text, *below) if below else []
        if below and not _answers(reading, below, said, label=label):
            said = []
        evidence = conclusions(said, [requests[n]], [*requests[:n], *requests[n + 1 :]])[0]
        heading = ServiceHeading(*place, place[1], None, None, None, "heading.listed", shared=True)
        yield decided(replace(heading, rationale=(below,) if below else ()), evidence)


def _passages(reading: Reading, patterns: Patterns, most: int) -> Iterator[tuple[Place, Place | None, bool]]:
    """Yield headings with the passages below them, and whether a label opens those, of the first kind with two of them.

    Nothing in a document that does not say that it is a review. None for a heading without such a passage.
    """
    text, lines = reading.view.text, reading.view.lines
    if not patterns["document"].search(text):
        return
    headings = ((n, patterns["decision_on"].fullmatch(text, *line)) for n, line in enumerate(lines))
    titled = [(n, match.span("request")) for n, match in headings if match]
    for entries in (titled, *reading.listed.numbered.series(reading)):
        found: list[tuple[Place, Place | None, bool]] = []
        label = entries is not titled
        for k, (n, request) in enumerate(entries):
            stop = entries[k + 1][0] if k + 1 < len(entries) else min(len(lines), n + 1 + most)
            below = lines[n + 1 : stop]
            start = below[0][0] if below else None
            if label:
                start = _label_end(reading, patterns, below)
            found.append((request, None if start is None else (start, below[-1][1]), label))
        if sum(passage is not None for _, passage, _ in found) >= _MIN_SERVICES:
            yield from found
            return


def _answers(reading: Reading, below: Place, said: Sequence[Statement], *, label: bool) -> bool:
    """Return whether a passage does not begin by leaving it open; behind a label its first sentence must decide."""
    first = next(iter(sentences(reading.view.text, *below)), below)
    told = any(one.decides and one.start < first[1] for one in said)
    return not reading.decisions.read(reading.view.text[slice(*first)]).open and (told or not label)


def _label_end(reading: Reading, patterns: Patterns, below: Sequence[Place]) -> int | None:
    """Return where the one label of this review in lines ends; None without one, or with several."""
    text = reading.view.text
    labels = [match for line in below if (match := patterns["ruling"].match(text, *line))]
    return labels[0].end() if len(labels) == 1 else None
