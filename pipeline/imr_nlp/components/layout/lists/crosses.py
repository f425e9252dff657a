"""Tables of crosses: each column is a decision, and one cross a row stands under one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imr_nlp.components.layout.lists import aligned
from imr_nlp.components.layout.lists.list_owners import others_above
from imr_nlp.components.layout.service_headings import Reading
from imr_nlp.text.intervals import Place

_CROSS = re.compile(r"[\[(]?\s?[xX✓✔☒☑●]\s?[\])]?")
_EMPTY = re.compile(r"[\[(]?\s?[☐□_.·–—-]?\s?[\])]?")  # "[ ]", "-"
_MIN_COLUMNS = 2  # columns of decisions


def rows(reading: Reading) -> Iterator[tuple[Place, Place, str | None]]:
    """Yield what each row names, where its cross is, and the decision above it; None for no cross, or two.

    Args:
        reading: The letter.

    Yields:
        The rows of the first such table. None of a table with a cell that is neither a name nor a mark.
    """
    lines, text = reading.view.lines, reading.view.text
    for n in range(len(lines)):
        if not (names := _outcomes(reading, n)):
            continue
        if n and others_above(reading, lines[n - 1]):
            continue
        table: list[tuple[Place, Place, str | None]] = []
        for k in range(n + 1, len(lines)):
            if aligned.DRAWN.fullmatch(text, *lines[k]):
                continue
            row = _row(reading, k, names)
            if row is None:
                break
            table.append(row)
        if any(decision for _, _, decision in table) and not _explained(reading):
            yield from table
            return


def _outcomes(reading: Reading, n: int) -> list[tuple[aligned.Cell, str]]:
    """Return the columns of decisions that a line names; empty where it names others, or no two decisions."""
    text, decisions = reading.view.text, reading.decisions
    found: list[tuple[aligned.Cell, str]] = []
    others = []
    for cell in aligned.cells_of(reading, n):
        written = " ".join(text[cell.start : cell.end].lower().split())
        if lead := decisions.column_lead.match(written):
            written = written[lead.end() :]
        if written in decisions.words and decisions.is_own(written):
            found.append((cell, decisions.words[written]))
        else:
            others.append(cell)
    known = {decision for _, decision in found}
    if len(found) < _MIN_COLUMNS or len(known) != len(found) or not {"upheld", "overturned"} & known:
        return []
    named = all(reading.listed.columns.is_item(text[cell.start : cell.end]) for cell in others)
    return found if named and all(cell.right <= found[0][0].left for cell in others) else []


def _explained(reading: Reading) -> bool:
    """Return whether the letter says what a cross means: that may be anything."""
    code = reading.listed.columns.code
    return any(_CROSS.fullmatch(m["code"]) for m in code.finditer(reading.view.text))


def _row(reading: Reading, n: int, names: list[tuple[aligned.Cell, str]]) -> tuple[Place, Place, str | None] | None:
    """Return a row's name, its cross and the decision; None where it is no row of the table."""
    text, cells = reading.view.text, aligned.cells_of(reading, n)
    first = names[0][0].left
    named = [cell for cell in cells if cell.right <= first]
    marks = [cell for cell in cells if cell.right > first]
    if not named or any(not _mark(text[cell.start : cell.end]) for cell in marks):
        return None
    place = named[0].start, named[-1].end
    crossed = [cell for cell in marks if _CROSS.fullmatch(text, cell.start, cell.end)]
    if not crossed:
        return (place, place, None) if marks or "|" in text[slice(*reading.view.lines[n])] else None
    under = [decision for name, decision in names if crossed[0].left < name.right and name.left < crossed[0].right]
    decision = under[0] if len(crossed) == 1 and len(under) == 1 else None
    return place, (crossed[0].start, crossed[0].end), decision


def _mark(written: str) -> bool:
    return bool(_CROSS.fullmatch(written) or _EMPTY.fullmatch(written))
