"""Spans of a text: between joints, and many of them, asked again and again which covers or overlaps another.

Comparing each with each takes the square of their number: seconds in a long letter. Sorted once, each answer takes
the logarithm of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

#: Where something stands: the offsets of its first character and after its last one.
Place = tuple[int, int]


def between(joints: Iterable[re.Match[str]], start: int, end: int) -> list[Place]:
    """Return what stands before, between and after joints.

    Args:
        joints: What parts a text, in text order.
        start: Where to begin.
        end: Where to stop.

    >>> text = "cane, sling and brace"
    >>> [text[a:b] for a, b in between(re.finditer(", | and ", text), 0, len(text))]
    ['cane', 'sling', 'brace']
    """
    edges = [start, *(edge for joint in joints for edge in joint.span()), end]
    return list(zip(edges[::2], edges[1::2], strict=True))


class IntervalSet:
    """Spans (start, end), in any order, overlapping or not.

    >>> regions = IntervalSet([(10, 20), (0, 5), (3, 8)])
    >>> regions.covers(12, 20), regions.covers(4, 8), regions.covers(4, 9), regions.covers(18, 21)
    (True, True, False, False)
    >>> regions.overlaps(18, 21), regions.overlaps(8, 10)
    (True, False)
    """

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))  # how far the first so many reach

    def covers(self, start: int, end: int) -> bool:
        """Return whether one of them covers all of ``start:end``."""
        before = bisect_right(self._starts, start)
        return before > 0 and self._reach[before - 1] >= end

    def overlaps(self, start: int, end: int) -> bool:
        """Return whether one of them shares a place with ``start:end``."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._reach[before - 1] > start
