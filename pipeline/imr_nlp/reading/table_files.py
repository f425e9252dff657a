"""Letters in tables: ``.csv``, ``.jsonl`` and ``.parquet`` files with a column of texts, one letter a row.

Tables are read as a stream. No more than a row of text, or a few rows of Parquet, is in memory.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imr_nlp.reading.archives import refused
from imr_nlp.reading.csv_rows import OpenQuoteError, Rows
from imr_nlp.reading.decoding import decode_text
from imr_nlp.reading.limits import NAME_COLUMN, limit, suffix
from imr_nlp.reading.problems import EMPTY, Problem, ReadError, recorded_name

#: What looks like the name of a column: up to three words, no longer numbers.
_NAME = re.compile(r"(?=.{1,30}$)[^\W\d]+\d{0,2}(?:[ _.-][^\W\d]+\d{0,2}){0,2}")
#: Columns that a message lists.
_SHOWN = 20
#: Bytes by which the encoding of a file is told.
_SAMPLE = 65536
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table hold the letters and their ids. Without ids, rows are numbered from 1."""

    text: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One letter of a table: "table.csv#ID", and its text."""

    path: str
    text: str


def rows(path: str | os.PathLike[str], columns: Columns) -> Iterator[Row | Problem]:
    """Yield the letters of a table in order. What gives no letter is a Problem in its place.

    Args:
        path: A table. Its ending tells the kind.
        columns: Where the letters are.
    """
    name = recorded_name(path)
    number = 0
    try:
        for number, row in enumerate(_READERS[suffix(path)](path, name, columns), 1):
            yield _letter(row, name, number, columns) if isinstance(row, Mapping) else row
    except ReadError as error:
        yield Problem(name, error.code, error.message)
    except OSError as error:
        told = refused(name, error)
        yield Problem(name, told.code, told.message)
    except OpenQuoteError as error:
        after = f"row {number + 1:,}" if number else "the first row"
        yield Problem(name, "damaged", f"{name}: {error}; nothing from {after} on is read")
    except Exception as error:  # a damaged table: csv, json and pyarrow have many ways to say so
        place = f" after row {number:,}" if number else ""
        yield Problem(name, "damaged", f"{name}: damaged{place} ({type(error).__name__}); the rest is not read")


def lacking(path: str | os.PathLike[str], columns: Columns) -> Problem | None:
    """Return the refusal of a table that has not the named columns. No more than its first row is read."""
    first = next(rows(path, columns), None)
    return first if isinstance(first, Problem) and first.code == "no_column" else None


def unnamed(path: str | os.PathLike[str]) -> Problem:
    """Return the refusal of a table of which no column was named, with its columns."""
    name = recorded_name(path)
    try:
        there = _listed(_names(path, name))
    except ReadError as error:
        return Problem(name, error.code, error.message)
    except Exception:  # as in `rows`
        there = "which cannot be read"
    return Problem(name, "table", f"{name}: a table ({there}); {NAME_COLUMN}")


def expected(path: str | os.PathLike[str]) -> int:
    """Return about how many letters a table holds, without reading it all."""
    try:
        if suffix(path) == ".parquet":
            from pyarrow import parquet

            return int(parquet.read_metadata(path).num_rows)
        return max(1, Path(path).stat().st_size // 6000)
    except Exception:  # `rows` says what is wrong
        return 1


def _letter(row: Mapping[str, Any], name: str, number: int, columns: Columns) -> Row | Problem:
    own = row.get(columns.id) if columns.id else None
    path = f"{name}#{_identifier(number if own is None or own == '' else own)}"
    text = row.get(columns.text)
    if text is None or (isinstance(text, str) and not text.strip()):
        return Problem(path, "empty", f"{path}: no text in column {_name(columns.text)}")
    if not isinstance(text, str):
        return Problem(path, "not_text", f"{path}: column {_name(columns.text)} holds no text ({type(text).__name__})")
    return Row(path, text)


def _identifier(value: object) -> str:
    """Return an id as it may be part of a path: one line, no control characters, bounded."""
    text = " ".join(str(value)[:200].split())
    return "".join(character if character.isprintable() else "_" for character in text) or "_"


def _csv_rows(path: str | os.PathLike[str], name: str, columns: Columns) -> Iterator[Mapping[str, Any] | Problem]:
    encoding = _encoding(path, name)
    csv.field_size_limit(limit("max_row_bytes"))
    header, delimiter = _csv_header(path, encoding, columns.text)
    _require(header, name, columns)
    with Path(path).open(encoding=encoding, errors="replace", newline="") as stream:
        yield from Rows(stream, delimiter)


def _csv_header(path: str | os.PathLike[str], encoding: str, wanted: str | None) -> tuple[list[str], str]:
    """Return the names of the columns and the delimiter: that with which the wanted column is there, else most are."""
    with Path(path).open(encoding=encoding, errors="replace", newline="") as stream:
        head = stream.read(_SAMPLE)
    found = []
    for delimiter in _DELIMITERS:
        header = next(csv.reader(head.splitlines(keepends=True), delimiter=delimiter), [])
        found.append((wanted in header, len(header), delimiter, header))
    best = max(found, key=lambda one: one[:2])
    return best[3], best[2]


def _jsonl_rows(path: str | os.PathLike[str], name: str, columns: Columns) -> Iterator[Mapping[str, Any] | Problem]:
    most, known = limit("max_row_bytes"), False
    with Path(path).open("rb") as stream:
        number = 0
        while line := stream.readline(most + 1):
            number += 1
            place = f"{name}#{number}"
            if len(line) > most:
                while line and not line.endswith(b"\n"):
                    line = stream.readline(most)
                yield Problem(place, "too_large", f"{place}: over {most:,} bytes in one line; split the letter")
                continue
            try:
                row = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except (ValueError, RecursionError):
                if line.strip():
                    yield Problem(place, "damaged", f"{place}: not a line of JSON; write one object a line")
                continue
            if not isinstance(row, dict):
                yield Problem(place, "damaged", f"{place}: no JSON object; write one object a line")
                continue
            if not known:
                _require([str(key) for key in row], name, columns)
                known = True
            yield row


def _parquet_rows(path: str | os.PathLike[str], name: str, columns: Columns) -> Iterator[Mapping[str, Any] | Problem]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        _require(file.schema_arrow.names, name, columns)
        wanted = [one for one in (columns.text, columns.id) if one]
        for batch in file.iter_batches(batch_size=limit("parquet_rows"), columns=wanted):
            yield from batch.to_pylist()


_READERS = {".csv": _csv_rows, ".jsonl": _jsonl_rows, ".parquet": _parquet_rows}


def _names(path: str | os.PathLike[str], name: str) -> Sequence[str]:
    """Return the names of a table's columns."""
    kind = suffix(path)
    if kind == ".parquet":
        from pyarrow import parquet

        names: list[str] = parquet.read_schema(path).names
        return names
    if kind == ".csv":
        return _csv_header(path, _encoding(path, name), None)[0]
    with Path(path).open("rb") as stream:
        row = json.loads(stream.readline(limit("max_row_bytes")).removeprefix(b"\xef\xbb\xbf"))
    return [str(key) for key in row] if isinstance(row, dict) else []


def _encoding(path: str | os.PathLike[str], name: str) -> str:
    with Path(path).open("rb") as stream:
        sample = stream.read(_SAMPLE)
    if not sample:
        raise ReadError("empty", f"{name}: {EMPTY}")
    try:
        encoding = decode_text(_whole_characters(sample), name)[1]
    except ReadError:
        if len(sample) < _SAMPLE:
            raise
        encoding = decode_text(sample[:-2], name)[1]  # UTF-16: it may end between the two halves of a character
    # The codecs without byte order take a byte-order mark off. Without a mark, they would guess the order.
    marked = sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
    return "utf-8-sig" if encoding == "utf-8" else encoding[: len("utf-16")] if marked else encoding


def _whole_characters(sample: bytes) -> bytes:
    """Return the sample of a longer file without the first bytes of a UTF-8 character that its end cuts."""
    if len(sample) < _SAMPLE or b"\0" in sample:
        return sample
    for size in (1, 2, 3):  # bytes of such a beginning
        if sample[-size] >= 0xC0:
            return sample[:-size]
        if sample[-size] < 0x80:
            break
    return sample


def _require(there: Sequence[str], name: str, columns: Columns) -> None:
    """Raise ReadError where a column is missing, with those that are there."""
    for wanted in (columns.text, columns.id):
        if wanted is not None and wanted not in there:
            raise ReadError("no_column", f"{name}: no column {_name(wanted)}; {_listed(there)}")


def _listed(there: Sequence[str]) -> str:
    """Return the columns for a message: a file without a header has the text of a letter in its first row.

    >>> _listed(["case", "letter text"]), _listed(["A-1", "The worker is a nurse with a sprained wrist."])
    ('columns: case, letter text', '2 columns; their names are not shown, since not all look like names')
    """
    if not there:
        return "it has no columns"
    if not all(_NAME.fullmatch(column) for column in there):
        count = f"{len(there):,} columns" if len(there) > 1 else "1 column"
        return f"{count}; their names are not shown, since not all look like names"
    more = f" and {len(there) - _SHOWN:,} more" if len(there) > _SHOWN else ""
    return f"columns: {', '.join(there[:_SHOWN])}{more}"


def _name(column: str) -> str:
    """Return the name of a column that the user gave, for a message."""
    shown = _identifier(column)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"
