"""The styles of layout: which code finds the services of a letter (``services.style`` of a layout file).

`decision_lines` reads almost all letters. Where a style finds nothing, `findings` reads the letter as running text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise

from imr_nlp.components.layout.doubts import without_doubtful
from imr_nlp.components.layout.headings.decision_lines import decision_lines
from imr_nlp.components.layout.issue_list import issue_list
from imr_nlp.components.layout.notice_list import cue_lines
from imr_nlp.components.layout.prose.findings import running_text
from imr_nlp.components.layout.service_headings import Reading, ServiceHeading, decided, wording

_ANNOUNCED = 90  # characters before a service that announce it

#: Rules whose requests are the subjects of conclusions, or what one denial is of.
_BY_CONCLUSION = ("stated.concluded", "stated.found", "stated.denial_of", "stated.denial_was")

STYLES: dict[str, Callable[[Reading], list[ServiceHeading]]] = {
    "decision_line": decision_lines,
    "cue_line": cue_lines,
    "issue_list": issue_list,
    "findings": running_text,
}


def find_services(reading: Reading) -> list[ServiceHeading]:
    """Return the services of a letter in text order, with decisions and evidence.

    Args:
        reading: The letter, its layout and its section headings.

    Returns:
        The services; empty where the letter asks for none. Without decisions where no independent reviewer wrote.
    """
    style = STYLES[reading.layout.services["style"]]
    found = style(reading)
    if not reading.layout.services.get("undecided"):
        if any(one.open or (one.decision and _named(reading, one)) for one in found) and not _retold(found):
            found = reading.listed.instead(reading, found) or reading.listed.unglued(reading, found) or found
        else:
            found = reading.listed.read(reading) or reading.listed.unglued(reading, found) or found
    if not found and style is not running_text:
        found = running_text(reading)
    found = found or reading.listed.undecided(reading)
    if reading.layout.services.get("undecided"):
        return [decided(heading, ()) for heading in found]
    found = _printed_once(reading, sorted(_replaced(reading, found), key=lambda one: one.start))
    return without_doubtful(reading, found)


def _retold(found: list[ServiceHeading]) -> bool:
    """Return whether only conclusions and acts name the services: a list of the letter names them better."""
    return all(one.rule.startswith(_BY_CONCLUSION) for one in found)


def _named(reading: Reading, one: ServiceHeading) -> bool:
    """Return whether a service has a name: "item 1" is none."""
    return reading.decisions.names(reading.view.text, one.start, one.text_end)


def _replaced(reading: Reading, found: list[ServiceHeading]) -> list[ServiceHeading]:
    """Return the services without those that stand again below as corrected."""
    text, kept = reading.view.text, list(found)
    for one in found:
        if reading.decisions.replaces.search(text, max(0, one.start - _ANNOUNCED), one.start):
            name = wording(reading, one)
            kept = [other for other in kept if other.start >= one.start or wording(reading, other) != name]
    return kept


def _printed_once(reading: Reading, found: list[ServiceHeading]) -> list[ServiceHeading]:
    """Return the services without those that the next line says again: at a page's end, or copied twice."""
    text, lines = reading.view.text, reading.view.lines
    again = set()
    for n, (one, following) in enumerate(pairwise(found)):
        if one.decision != following.decision or wording(reading, one) != wording(reading, following):
            continue
        first, second = (bisect_right(lines, place.start, key=lambda line: line[0]) - 1 for place in (one, following))
        copied = second == first + 1 and text[slice(*lines[first])] == text[slice(*lines[second])]
        if copied or not text[one.end : following.start].strip():
            again.add(n)
    return [one for n, one in enumerate(found) if n not in again]
