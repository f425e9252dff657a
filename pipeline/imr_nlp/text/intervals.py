"""Many spans of a text, asked again and again whether one of them holds or meets another.

Comparing each with each takes the square of their number: seconds in a long letter. Sorted once, each answer takes
the logarithm of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Stretches:
    """Spans (start, end), in any order, overlapping or not.

    >>> regions = Stretches([(10, 20), (0, 5), (3, 8)])
    >>> regions.hold(12, 20), regions.hold(4, 8), regions.hold(4, 9), regions.hold(18, 21)
    (True, True, False, False)
    >>> regions.meet(18, 21), regions.meet(8, 10)
    (True, False)
    """

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(stretches)
        self._starts = [start for start, _ in ordered]
        self._reach = list(accumulate((end for _, end in ordered), max))  # how far the first so many reach

    def hold(self, start: int, end: int) -> bool:
        """Return whether one of them holds all of ``start:end``."""
        before = bisect_right(self._starts, start)
        return before > 0 and self._reach[before - 1] >= end

    def meet(self, start: int, end: int) -> bool:
        """Return whether one of them shares a place with ``start:end``."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._reach[before - 1] > start
