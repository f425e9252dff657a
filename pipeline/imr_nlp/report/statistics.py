"""Rates with their intervals."""

from __future__ import annotations

from math import sqrt

#: Standard normal quantile of a two-sided interval of 95 %.
_Z = 1.959963984540054


def wilson(successes: int, trials: int) -> tuple[float, float] | None:
    """Return Wilson's 95 % score interval of a proportion.

    Wilson 1927, J Am Stat Assoc 22:209. It holds for few trials and for rates near 0 and 1.

    Args:
        successes: Trials that succeeded.
        trials: All trials.

    Returns:
        Lower and upper bound, or None without a trial.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    >>> wilson(0, 0) is None
    True
    """
    if not trials:
        return None
    share, square = successes / trials, _Z * _Z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    reach = _Z / (1 + square / trials) * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, centre - reach), min(1.0, centre + reach)
