"""Rows of CSV as the standard library reads them, but for quotation marks that are never closed.

`csv` takes the rest of a file for one cell, or two rows for one, and says nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import dropwhile
from typing import Any


class OpenQuoteError(ValueError):
    """A quotation mark that opens a cell and is not closed where the cell ends.

    Attributes:
        line: The number of the line where the row begins.
    """

    def __init__(self, line: int) -> None:
        super().__init__(
            f"a quotation mark opens in the row at line {line:,} and is not closed; close it there, "
            "and double the marks within the text"
        )
        self.line = line


class Rows:
    """The rows of CSV by the names of their columns.

    Attributes:
        names: The names of the columns.

    Raises:
        OpenQuoteError: A quotation mark is not closed. The rows after it cannot be told apart.

    >>> rows = Rows(['case,text\\n', 'A,"Knee\\n', 'brace"\\n', 'B,"Lumbar\\n', 'C,MRI\\n'])
    >>> next(rows)
    {'case': 'A', 'text': 'Knee\\nbrace'}
    >>> next(rows)
    Traceback (most recent call last):
    imr_nlp.reading.csv_rows.OpenQuoteError: a quotation mark opens in the row at line 4 and is not closed; ...
    """

    def __init__(self, lines: Iterable[str], delimiter: str = ",") -> None:
        self._delimiter = delimiter
        self._lines: list[str] = []  # of the row that is read
        self._ended = False
        self._reader = csv.DictReader(self._noted(lines), delimiter=delimiter)
        self.names = list(self._reader.fieldnames or ())
        if self.names:
            self._require_closed()

    @property
    def line_num(self) -> int:
        """The number of the last line that was read."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[dict[str | Any, str | Any]]:
        return self

    def __next__(self) -> dict[str | Any, str | Any]:
        row = next(self._reader)
        self._require_closed()
        return row

    def _noted(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._lines.append(line)
            yield line
        self._ended = True

    def _require_closed(self) -> None:
        """Raise OpenQuoteError where the row was not complete.

        Only an open quote makes the reader ask for a line behind the last. Where a row of several lines has text
        right behind a quote, that quote opened the next row.
        """
        read = list(dropwhile(lambda line: not line.strip("\r\n"), self._lines))  # `csv` passes over empty rows
        if self._ended or (len(read) > 1 and not self._is_strict(read)):
            raise OpenQuoteError(self.line_num - len(read) + 1)
        self._lines.clear()

    def _is_strict(self, lines: list[str]) -> bool:
        try:
            for _ in csv.reader(lines, delimiter=self._delimiter, strict=True):
                pass
        except csv.Error:
            return False
        return True
