"""Tables that were exported one cell a line: the names of the columns, then the cells of each row.

A table in which a cell is missing is given up, for its decisions would move to other services.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from imr_nlp.components.layout.lists.aligned import MARK
from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.text.intervals import Place

_MAX_CELL_CHARS = 60  # characters of a column's name, or of a decision
_MAX_COLUMNS = 6
_WRAPPED = 3  # lines of a service's name
_MIN_ROWS = 2  # rows
_NUMBER = re.compile(r"#?\(?(\d{1,2})[.)]?")


def stacked(reading: Reading) -> Iterator[tuple[Place, Place]]:
    """Yield the services of such tables with this review's cells.

    Args:
        reading: The letter.
    """
    n = 0
    while n < len(reading.view.lines):
        kinds = _columns(reading, n)
        found, n = _rows(reading, n + len(kinds), kinds) if kinds else ([], n + 1)
        if len(found) >= _MIN_ROWS:
            yield from found


def _columns(reading: Reading, n: int) -> list[str]:
    """Return the kinds of the columns whose names begin with the line ``n``: a number, the service, decisions."""
    text, columns = reading.view.text, reading.listed.columns
    lines = list(takewhile(lambda line: line[1] - line[0] <= _MAX_CELL_CHARS, reading.view.lines[n : n + _MAX_COLUMNS]))
    if not lines or not columns.is_item(text[slice(*lines[0])]):
        return []
    for count in range(len(lines), 1, -1):
        kinds = columns.kinds([text[slice(*line)] for line in lines[:count]])
        at = kinds.index("item") if kinds else count
        numbered = at == 1 and kinds[0].startswith((MARK, "number"))
        if (at == 0 or numbered) and all(kind == "ours" or kind.startswith("theirs") for kind in kinds[at + 1 :]):
            return kinds
    return []


def _rows(reading: Reading, n: int, kinds: Sequence[str]) -> tuple[list[tuple[Place, Place]], int]:
    """Return the rows from the line ``n`` on, and the line after them; no rows where a cell is missing."""
    lines, at = reading.view.lines, kinds.index("item")
    width = len(kinds) - at - 1
    found: list[tuple[Place, Place]] = []
    while n < len(lines):
        number = _NUMBER.fullmatch(reading.view.text, *lines[n])
        if at and not (number and int(number[1]) == len(found) + 1):
            break
        first = n + at
        near = [_cell(reading, k) for k in range(first, min(len(lines), first + _WRAPPED + width + 1))]
        names = near.index(True) if True in near[: _WRAPPED + 1] else 0
        if not at and True not in near:
            break  # what stands below the table
        if not names or [*near, False][names : names + width + 1] != [True] * width + [False]:
            return [], n + 1
        ours = lines[first + names + kinds.index("ours") - at - 1]
        found.append(((lines[first][0], lines[first + names - 1][1]), ours))
        n = first + names + width
    return found, n


def _cell(reading: Reading, n: int) -> bool:
    """Return whether a line is the cell of a decision, or says that nothing is decided."""
    start, end = reading.view.lines[n]
    written = reading.view.text[start:end]
    decisions = reading.decisions
    plain = decisions.only(written) or reading.listed.patterns["amount"].fullmatch(written) is not None
    return end - start <= _MAX_CELL_CHARS and plain and any(c.isalpha() for c in written) and decisions.known(written)
