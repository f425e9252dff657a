"""Quotation marks: whether a place in a text stands inside a quotation."""

from __future__ import annotations

import re

# Straight marks by their place: '10" tall' opens none.
_OPENS = re.compile(r"(?<!\w)[\"“](?=[\w(])")
_CLOSES = re.compile(r"(?<=[\w.,;:!?)])[\"”](?!\w)")


def in_quotation(text: str, start: int, at: int, end: int) -> bool:
    """Return whether a quotation that begins from ``start`` on is open at ``at``, and closed before ``end``.

    >>> in_quotation('It reads: "Cane: Upheld" and ends.', 0, 17, 34)
    True
    >>> in_quotation('It is 5 by 8" tall. The "cane" is not.', 0, 17, 38)
    False
    >>> in_quotation('It reads: "Cane" and ends.', 0, 11, 26)
    True
    """
    return quotation_end(text, start, at, end) is not None


def quotation_end(text: str, start: int, at: int, end: int) -> int | None:
    """Return where the quotation ends that is open at ``at``; None without one. See `in_quotation`.

    >>> quotation_end('It reads: "Cane: Upheld" and ends.', 0, 17, 34)
    24
    """
    # A mark opens a quotation by the character behind it, which may be the one at ``at``.
    opened = max((mark.start() for mark in _OPENS.finditer(text, start, at + 1)), default=-1)
    if opened < 0 or _CLOSES.search(text, opened + 1, at):
        return None
    close = _CLOSES.search(text, at, end)
    return close.end() if close else None
