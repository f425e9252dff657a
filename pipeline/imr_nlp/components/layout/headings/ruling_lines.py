"""Lines below a service with the decisions of both parties: "UR decision: denied.  IMR decision: CERTIFIED".

The labels are the names of columns in ``configs/layout/listed.yml``.
"""

from __future__ import annotations

from bisect import bisect_left

from imr_nlp.components.layout.service_headings import Reading, trimmed
from imr_nlp.text.intervals import Place

_MAX_LINES = 4  # such lines below one service


def own_ruling(reading: Reading, floor: int, end: int) -> tuple[int, Place] | None:
    """Return where a request ends and the words of this review's decision in the labelled lines below it.

    Args:
        reading: The letter.
        floor: Offset before which the service can't begin.
        end: Offset of the section heading below the lines.

    Returns:
        None where the lines do not give one decision of this review beside one of another.
    """
    text, lines = reading.view.text, reading.view.lines
    labels = reading.listed.columns.labels
    at = last = bisect_left(lines, end, key=lambda line: line[0])
    while at and last - at < _MAX_LINES and lines[at - 1][0] > floor and labels.match(text, *lines[at - 1]):
        at -= 1
    if at == last:
        return None
    found = list(labels.finditer(text, lines[at][0], end))
    stops = [*(label.start() for label in found[1:]), end]
    words = [
        (label.end(), label.end() + len(text[label.end() : stop].rstrip(" .;,|(")))
        for label, stop in zip(found, stops, strict=True)
        if label["ours"]
    ]
    request_end = trimmed(text, floor, lines[at][0])
    if len(words) != 1 or len(found) == 1 or words[0][0] >= words[0][1] or request_end <= floor:
        return None
    return request_end, words[0]
