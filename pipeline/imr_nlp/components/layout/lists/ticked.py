"""Services before ticked boxes: "Heel cup: [X] Upheld [ ] Overturned", or with the boxes on the lines below."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from imr_nlp.components.layout.evidence import DecisionEvidence
from imr_nlp.components.layout.lists.list_owners import names_others
from imr_nlp.components.layout.lists.options import Printed
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided
from imr_nlp.text.intervals import Place


def services(
    reading: Reading, item: re.Pattern[str], named: Callable[[Reading, Place], Place | None]
) -> Iterator[ServiceHeading]:
    """Yield the services before boxes. Boxes of which none is ticked leave their service undecided.

    Args:
        reading: The letter.
        item: A line that names a service behind a label.
        named: Gives the place of what is asked for within a passage; None where it names no service.
    """
    text, lines = reading.view.text, reading.view.lines
    options = reading.findings.options
    found = options.printed(text)
    if not found and reading.listed.patterns["document"].search(text):
        found = [one for one in options.findings(text) if not _of_others(reading, one)]
    for boxes in found:
        at = bisect_right(lines, boxes.start, key=lambda line: line[0]) - 1
        place = (lines[at][0], boxes.start)
        unnamed = not text[slice(*place)].strip(" :-|") or reading.decisions.label.fullmatch(text, *place)
        if unnamed and at > 1 and reading.decisions.label.fullmatch(text, *lines[at - 1]):
            at -= 1  # "Determination:" alone on its line
        if unnamed and at:
            place = lines[at - 1]
            if match := item.fullmatch(text, *place):
                place = match.span("request")
        request = named(reading, place)
        if request and (tick := boxes.ticked):
            heading = ServiceHeading(request[0], tick.end, request[1], None, None, None, "heading.listed")
            yield decided(heading, (DecisionEvidence("heading", tick.decision, tick.start, tick.end, "heading.word"),))
        elif request:
            yield ServiceHeading(request[0], boxes.end, request[1], None, None, None, "heading.listed")


def _of_others(reading: Reading, boxes: Printed) -> bool:
    """Return whether the words before boxes, or the line above them, say that others tick here."""
    lines, text = reading.view.lines, reading.view.text
    at = bisect_right(lines, boxes.start, key=lambda line: line[0]) - 1
    before = text[lines[max(at - 1, 0)][0] : boxes.start]
    return names_others(reading.decisions.lexicon, before)
