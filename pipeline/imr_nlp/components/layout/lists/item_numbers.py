"""The numbers by which sentences name disputed items: "Items 1, 2 and 4", "items 1-3", "(a) and (b)"."""

from __future__ import annotations

import re

_NAME = re.compile(
    r"(?P<first>\d{1,2})\s?(?:[-–]|to|through|thru)\s?#?(?P<last>\d{1,2})|\d{1,2}|\b[A-Ha-h]\b", re.IGNORECASE
)


def names(written: str) -> list[str]:
    """Return the numbers or letters that are named, ranges in full.

    >>> names("1, 2 and 4"), names("#1 through #3"), names("1-3 and 5"), names("A and B"), names("(a) and (b)")
    (['1', '2', '4'], ['1', '2', '3'], ['1', '2', '3', '5'], ['A', 'B'], ['A', 'B'])
    """
    found: list[str] = []
    for match in _NAME.finditer(written):
        if match["first"]:
            found += map(str, range(int(match["first"]), int(match["last"]) + 1))
        else:
            found.append(match.group().upper())
    return found
