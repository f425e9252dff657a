"""Services with their decision alone on the next line, in letters that lost their headings and colons.

Every such line of a letter must stand directly below a name: where one does not, decisions may stand above the names.
"""

from __future__ import annotations

from collections.abc import Iterator

from imr_nlp.components.layout.conclusions import conclusions
from imr_nlp.components.layout.heading_start import heading_start, line_width
from imr_nlp.components.layout.lists.decision_labels import alone
from imr_nlp.components.layout.lists.list_owners import others_above
from imr_nlp.components.layout.lists.paragraph_headings import headline
from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.components.layout.statements.reservations import CASE
from imr_nlp.text.intervals import Place

_MIN_SERVICES = 2  # services of such a letter
_ENDED = (".", "!", "?", ":")  # how the line above a name ends where no blank line sets it apart


def services(reading: Reading) -> Iterator[tuple[Place, Place, bool]]:
    """Yield each name with the line of its decision, and whether the passage below concludes nothing else.

    Args:
        reading: The letter.

    Yields:
        Nothing where one such line has no name above, or others may have decided: an insurer, or an earlier review.
    """
    text, lines = reading.view.text, reading.view.lines
    below = [n for n, line in enumerate(lines) if alone(reading, line)]
    said = [reading.decisions.read(text[slice(*lines[n])]).decision for n in below]
    if len(below) < _MIN_SERVICES or set(said) == {"modified"}:  # "Modified" alone may be an insurer's word
        return
    if not reading.listed.patterns["document"].search(text) or len(set(CASE.findall(text.lower()))) > 1:
        return
    width = line_width(reading.view)
    before = [0, *(lines[n][1] for n in below)]
    names = [_name(reading, n, floor, width) for n, floor in zip(below, before, strict=False)]
    found = [name for name in names if name]
    if len(found) < len(below):
        return
    requests = [text[slice(*name)] for name in found]
    stops = [*(start for start, _ in found[1:]), len(text)]
    for k, (name, n, stop) in enumerate(zip(found, below, stops, strict=True)):
        passage = reading.statements.read(text, lines[n][1], stop)
        told = conclusions(passage, [requests[k]], requests[:k] + requests[k + 1 :])[0]
        contrary = {"upheld", "overturned"} - {said[k]}
        agrees = len(contrary) > 1 or not contrary & {one.decision for one in told if not one.part}
        yield name, lines[n], agrees


def _name(reading: Reading, n: int, floor: int, width: float) -> Place | None:
    """Return the name directly above the line ``n``; None where what stands there is none.

    Args:
        reading: The letter.
        n: The line of the decision.
        floor: Where the decision above ends.
        width: Characters of a full line.
    """
    view, lines = reading.view, reading.view.lines
    if not n or lines[n - 1][1] <= floor or view.apart(lines[n - 1], lines[n]):
        return None
    start, end = heading_start(view, reading.decisions, floor, lines[n - 1][1], width), lines[n - 1][1]
    above = next((line for line in reversed(lines[:n]) if line[1] <= start), None)
    if above and above[1] > floor:
        opens = view.text[above[1] - 1] in _ENDED or view.apart(above, lines[lines.index(above, 0, n) + 1])
        older = reading.listed.patterns["older"].fullmatch(view.text, *above)
        if not opens or older or others_above(reading, above):
            return None
    head = headline(reading, start, end)
    return head[0] if head and head[1] > end else None
