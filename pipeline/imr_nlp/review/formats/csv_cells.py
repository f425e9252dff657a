"""Values as the cells of a sheet, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from imr_nlp.review.checks import DATE_FORM, is_date
from imr_nlp.review.formats.reading import ANSWERS

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_DECIMAL_COMMA = re.compile(r"-?\d{1,18},\d{1,18}")


def cell_of(value: Any) -> str:
    """Return a value as the text of a cell; an empty cell is no value, a lone apostrophe an empty one.

    >>> cell_of("=1+1"), cell_of("MRI"), cell_of(12), cell_of(True)
    ("'=1+1", 'MRI', '12', 'true')
    """
    if not isinstance(value, str):
        return json.dumps(value)
    return f"'{value}" if not value or value.startswith(_FORMULA) else value


def list_cell(values: list[str]) -> str:
    """Return a list as people write one; as JSON where that would not come back the same.

    >>> list_cell(["left knee", "neck"]), list_cell(["a; b"]), list_cell([])
    ('left knee; neck', '["a; b"]', '[]')
    """
    plain = all(value == value.strip() and value and ";" not in value for value in values)
    return cell_of("; ".join(values)) if values and plain and values[0][0] != "[" else json.dumps(values)


def to_date(cell: str) -> str:
    """Return the date in a cell.

    Raises:
        ValueError: It has another form.

    >>> to_date("2016-03-29")
    '2016-03-29'
    """
    if not is_date(plain(cell)):
        raise ValueError(f"{DATE_FORM}; a spreadsheet changes dates, so make it a column of text")
    return plain(cell)


def to_answer(cell: str) -> str:
    """Return what a reviewer answered.

    Raises:
        ValueError: It is no answer.

    >>> to_answer("Accepted"), to_answer("reject")
    ('Accepted', 'reject')
    """
    if cell.strip().lower() not in ANSWERS:
        raise ValueError("neither accepted nor rejected; write one of them, or nothing")
    return cell


def to_truth(cell: str) -> bool:
    """Return whether a cell says true.

    Raises:
        ValueError: It says neither true nor false.

    >>> to_truth("TRUE"), to_truth("faux")
    (True, False)
    """
    word = cell.strip().lower()  # spreadsheets make it TRUE, or the word of their language
    if word in ("true", "1", "wahr", "vrai", "verdadero", "vero"):
        return True
    if word in ("false", "0", "falsch", "faux", "falso"):
        return False
    raise ValueError("neither true nor false")


def plain(cell: str) -> str:
    """Take away the apostrophe that `cell_of` gave.

    >>> plain("'=1+1"), plain("'"), plain("'tis")
    ('=1+1', '', "'tis")
    """
    return cell[1:] if cell == "'" or (cell.startswith("'") and cell[1:].startswith(_FORMULA)) else cell


def to_list(cell: str) -> list[str]:
    """Return the items of a list as people write one, or as JSON.

    >>> to_list("left knee; neck"), to_list('["a; b"]'), to_list("")
    (['left knee', 'neck'], ['a; b'], [])
    """
    if cell.startswith("["):
        try:
            return [str(value) for value in json.loads(cell)]
        except json.JSONDecodeError:
            pass  # words that a person put in brackets
    return [value.strip() for value in plain(cell).split(";") if value.strip()]


def to_number(cell: str, separator: str) -> int | float:
    """Return the number in a cell; a whole one is an integer, however a program wrote it.

    Args:
        cell: The cell.
        separator: What separates the cells. A comma in a number is a decimal one where commas don't.

    Raises:
        ValueError: It is no number.

    >>> to_number("12", ","), to_number("12.0", ","), to_number("0,75", ";")
    (12, 12, 0.75)
    """
    cell = cell.strip()
    if separator != "," and _DECIMAL_COMMA.fullmatch(cell):
        cell = cell.replace(",", ".")
    try:
        number = float(cell) if len(cell) <= 40 else float("nan")
    except ValueError:
        number = float("nan")
    if not abs(number) <= 1e15:
        raise ValueError("not a number")
    return int(number) if number.is_integer() else number


_PLURAL = {"entity": "entities", "rationale": "rationale sentences"}


def change_of(exported: str | None, counts: Mapping[str, int]) -> str:
    """Return how many rows of each kind were added or removed since the export, in words; "" for none.

    >>> change_of("1f00 entity:28 relation:11 service:2", {"entity": 27, "relation": 1, "service": 3})
    'removed 1 entity, 10 relations; added 1 service'
    """
    gone: list[str] = []
    new: list[str] = []
    for part in (exported or "").split()[1:]:
        kind, _, before = part.partition(":")
        if more := counts.get(kind, 0) - int(before) if before.isdecimal() and len(before) < 9 else 0:
            named = kind if abs(more) == 1 else _PLURAL.get(kind, f"{kind}s")
            (new if more > 0 else gone).append(f"{abs(more):,} {named}")
    said = (f"{word} {', '.join(found)}" for word, found in (("removed", gone), ("added", new)) if found)
    return "; ".join(said)
