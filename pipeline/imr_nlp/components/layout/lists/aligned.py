"""Tables whose columns are set apart by blanks, tabs or upright strokes.

Where a cell stands under two columns, or beside all of them, the table is given up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from imr_nlp.components.layout.service_headings import Reading, ServiceHeading
from imr_nlp.text.intervals import Place

_CELL = re.compile(r"[^\s|]+(?: [^\s|]+)*")  # one blank is within a cell, two are between cells
#: A line that is drawn.
DRAWN = re.compile(r"[\s+=_|-]+")
_NUMBER = re.compile(r"#?\(?(?:\d{1,2}|[A-Ha-h])[.)]?")  # the number of a row
#: The kind of a column that numbers the rows, although its name may be that of a column of services.
MARK = "mark"
_OURS = {"item", "ours"}  # the kinds of columns that a row of decisions has
_TAB = 1000  # characters between the columns of a table with tabs or strokes
_SLACK = 2  # characters that a cell may begin before its column's name
_MAX_NAME_CHARS = 60  # characters of a column's name
_MIN_ROWS = 3  # rows of a table, with that of the names


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: where it stands in its line, and in the reading view.

    Attributes:
        left: Its first column of characters.
        right: The column after its last character.
        start: Offset of its text in the view.
        end: Offset after it.
    """

    left: int
    right: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the places of its cells by kind of column, and whether a blank line stands before it."""

    cells: dict[str, Place]
    apart: bool


def rows(reading: Reading, kinds: Callable[[Sequence[str]], list[str]]) -> Iterator[list[Row]]:
    """Yield the rows of each table of a letter.

    Args:
        reading: The letter.
        kinds: Returns the kind of each column by its name: ``item``, ``ours`` and others; empty where the names are
            not those of a table of decisions.

    Yields:
        The rows of one table, without the line of names. None of a table of which a cell has no certain column.
    """
    lines = reading.view.lines
    n = 0

    def decides(cell: Cell) -> bool:
        return any(reading.decisions.places(reading.view.text, cell.start, cell.end))

    while n < len(lines):
        names = cells_of(reading, n)
        columns = _columns(reading, names, kinds) if len(names) > 1 else []
        n += 1
        if not columns:
            continue
        table: list[Row] = []
        while n < len(lines):
            if DRAWN.fullmatch(reading.view.text, *lines[n]):
                n += 1
                continue
            cells = cells_of(reading, n)
            row = _row(cells, names, columns, reading.view.text, decides)
            if table and apart(reading, n) and not any(map(decides, cells)) and not _OURS & set(row or ()):
                break  # what stands below the table
            if len(cells) == 1 and reading.listed.columns.is_legend(reading.view.text, *lines[n]):
                break
            if row is None:
                table = []
            if not row or not (row.keys() - {"item"} or (table and not apart(reading, n))):
                break
            table.append(Row(row, apart(reading, n)))
            n += 1
        if table:
            yield table


def grids(reading: Reading, kinds: Callable[[Sequence[str]], list[str]]) -> Iterator[list[Row]]:
    """Yield the rows of tables of strokes with a drawn line below each row: their cells may take several lines.

    Args:
        reading: The letter.
        kinds: See `rows`.

    Yields:
        The rows of one table, without the names of columns. None of a table where the name of a service is broken.
    """
    text = reading.view.text
    bands: list[list[Cell]] = [[]]  # the cells between two drawn lines
    for line in reading.view.lines:
        if DRAWN.fullmatch(text, *line):
            bands.append([])
        elif "|" in text[slice(*line)]:
            bands[-1] += _stroked(text, *line)
        else:
            yield from _grid(reading, [band for band in bands if band], kinds)
            bands = [[]]
    yield from _grid(reading, [band for band in bands if band], kinds)


def _grid(
    reading: Reading, bands: Sequence[Sequence[Cell]], kinds: Callable[[Sequence[str]], list[str]]
) -> Iterator[list[Row]]:
    """Yield the rows of one such table."""
    if len(bands) < _MIN_ROWS or all(len({c.left for c in band}) == len(band) for band in bands):
        return  # no cell takes several lines
    names = _by_column(bands[0])
    written = [" ".join(reading.view.text[c.start : c.end] for c in cells) for cells in names.values()]
    columns = dict(zip(names, kinds(written), strict=False)) if max(map(len, written)) <= _MAX_NAME_CHARS else {}
    table: list[Row] = []
    for band in bands[1:]:
        row: dict[str, Place] = {}
        for left, cells in _by_column(band).items():
            kind = columns.get(left, "")
            if not kind or (kind == "item" and len(cells) > 1):
                return
            place = cells[0].start, cells[-1].end
            if kind == "ours":
                said = _said(reading, cells)
                kind, place = (kind, said) if said else ("ours, unclear", place)
            row[kind] = place
        table.append(Row(row, apart=True))
    yield table


def _by_column(band: Sequence[Cell]) -> dict[int, list[Cell]]:
    columns: dict[int, list[Cell]] = {}
    for cell in sorted(band, key=lambda cell: (cell.left, cell.start)):
        columns.setdefault(cell.left, []).append(cell)
    return columns


def _said(reading: Reading, cells: Sequence[Cell]) -> Place | None:
    """Return the line of a cell that decides; None where the lines together say something else."""
    text, decisions = reading.view.text, reading.decisions
    told = [cell for cell in cells if any(decisions.places(text, cell.start, cell.end))]
    if len(told) != 1:
        return None
    whole = decisions.read(" ".join(text[c.start : c.end] for c in cells)).decision
    same = whole == decisions.read(text[told[0].start : told[0].end]).decision
    return (told[0].start, told[0].end) if same else None


def _columns(reading: Reading, names: Sequence[Cell], kinds: Callable[[Sequence[str]], list[str]]) -> list[str]:
    """Return the kind of each column; empty where a line holds no names of columns."""
    written = [reading.view.text[cell.start : cell.end] for cell in names]
    return kinds(written) if all(len(name) <= _MAX_NAME_CHARS for name in written) else []


def apart(reading: Reading, n: int) -> bool:
    """Return whether a blank line stands before the line ``n``."""
    return reading.view.apart(*reading.view.lines[n - 1 : n + 1])


def cells_of(reading: Reading, n: int) -> list[Cell]:
    """Return the cells of one line; one cell where the view has other words than the line as it is written.

    Args:
        reading: The letter.
        n: The line.
    """
    view = reading.view
    start, end = view.lines[n]
    first, last = view.to_source(start, end)
    begin = view.source.rfind("\n", 0, first) + 1
    line = view.source[begin:last]
    if "|" in line:
        return _stroked(view.text, start, end)
    if "  " not in line.strip() and "\t" not in line.strip():
        left = line.count("\t", 0, first - begin) * _TAB or first - begin
        return [Cell(left, left + last - first, start, end)]
    found: list[Cell] = []
    at = start
    for match in _CELL.finditer(line):
        place = view.text.find(match.group(), at, end)
        if place < 0 and not any(char.isalnum() for char in match.group()):
            continue  # mark-up, such as "#" at the beginning of a line
        if place < 0:
            return [Cell(first - begin, last - begin, start, end)]
        tabs = line.count("\t", 0, match.start())
        left = tabs * _TAB + match.start() - (line.rfind("\t", 0, match.start()) + 1 if tabs else 0)
        at = place + len(match.group())
        found.append(Cell(left, left + len(match.group()), place, at))
    return found


def _stroked(text: str, start: int, end: int) -> list[Cell]:
    """Return the cells of a line whose columns are set apart by strokes: "| Heel cup | Denied | Upheld |"."""
    found: list[Cell] = []
    at = start
    for k, part in enumerate(text[start:end].split("|")):
        if words := part.strip():
            first = at + part.index(words)
            # A cell is as wide as its column, so that no words stand beside their column's name.
            found.append(Cell(k * _TAB, (k + 1) * _TAB, first, first + len(words)))
        at += len(part) + 1
    return found


def _row(
    cells: Sequence[Cell], names: Sequence[Cell], columns: Sequence[str], written: str, decides: Callable[[Cell], bool]
) -> dict[str, Place] | None:
    """Return the places of a row's cells by column; empty where it is no row, None where a cell has no certain one."""
    row: dict[str, Place] = {}
    for cell in cells:
        if cell.right <= names[0].left and written[cell.start : cell.end].strip("(.)").isdigit():
            continue  # the number of a row, above which no name stands
        under = [k for k, name in enumerate(names) if cell.left < name.right and name.left < cell.right]
        if not under:
            under = [
                k for k, name in enumerate(names) if name.left - _SLACK <= cell.left and cell.right <= _stop(names, k)
            ]
        if len(under) != 1:
            return {} if len(cells) == 1 and not decides(cell) else None  # running text ends the table
        kind = columns[under[0]]
        if kind == MARK and not _NUMBER.fullmatch(written, cell.start, cell.end):
            return None
        if kind in row:
            if kind != "item":
                return None
            row[kind] = row[kind][0], cell.end
        else:
            row[kind] = cell.start, cell.end
    return row


def _stop(names: Sequence[Cell], k: int) -> int:
    """Return where a column ends: at the name of the next one."""
    return next((after.left for name, after in list(pairwise(names))[k : k + 1]), 10**9)


def within(headings: Sequence[ServiceHeading], table: Sequence[Row]) -> bool:
    """Return whether all these services stand inside a table.

    Args:
        headings: Services that another style found.
        table: The rows.
    """
    places = [place for row in table for place in row.cells.values()]
    first, last = min(start for start, _ in places), max(end for _, end in places)
    return all(first <= heading.start and heading.text_end <= last for heading in headings)
