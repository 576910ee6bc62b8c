"""The interval for a share that is right on average. The exact one is `population_mean` of 0/1 scores."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from ippon.stats.intervals import Interval


def wilson(n_ones: int, n: int, *, level: float = 0.95) -> Interval:
    """Wilson's (1927) score interval for the share of ones in the population that `n` scores of 0 and 1 were drawn from.

    Shorter than the exact interval of Clopper and Pearson (`population_mean`), and right on average only: at 95% it
    holds in 83% of cases at worst. For drawings, not for gates. Raises ValueError for counts that cannot
    be and a level outside (0, 1).
    """
    if not 0 <= n_ones <= n or n == 0:
        raise ValueError(f"{n_ones} ones of {n} scores is no share")
    if not 0.0 < level < 1.0:
        raise ValueError(f"level {level} is not between 0 and 1")
    z = NormalDist().inv_cdf(0.5 + 0.5 * level)
    share, weight = n_ones / n, z * z / n
    centre = (share + 0.5 * weight) / (1.0 + weight)
    reach = z * sqrt(share * (1.0 - share) / n + 0.25 * weight / n) / (1.0 + weight)
    # At 0 and n the end is the value itself, which rounding misses.
    low = 0.0 if n_ones == 0 else centre - reach
    high = 1.0 if n_ones == n else centre + reach
    return Interval(value=share, low=low, high=high, level=level, method="wilson")
