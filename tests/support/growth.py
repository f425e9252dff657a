"""How processor time grows with the size of an input: a ratio in one run, never an absolute time."""

from __future__ import annotations

import time
from collections.abc import Callable


def growth(work: Callable[[int], object], small: int, large: int, *, times: int = 3) -> float:
    """Return the time of ``work(large)`` divided by that of ``work(small)``.

    The least processor time of several runs counts, taken in turns: a busy neighbour slows both sizes.

    Args:
        work: Does something whose size is its argument.
        small: The smaller size. Its time should be well above the clock's resolution (a few milliseconds).
        large: The larger size.
        times: Number of runs of each size.

    Returns:
        The ratio of the two times. It is about ``large / small`` where time is linear in the size.

    >>> 1 < growth(lambda size: sum(range(size * 10_000)), 10, 100) < 100
    True
    """
    best = [float("inf"), float("inf")]
    for _ in range(times):
        for index, size in enumerate((small, large)):
            begin = time.process_time()
            work(size)
            best[index] = min(best[index], time.process_time() - begin)
    return best[1] / max(best[0], 1e-9)
