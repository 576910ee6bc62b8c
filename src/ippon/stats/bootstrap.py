"""An interval for what has no formula: bias-corrected and accelerated bootstrap."""

from __future__ import annotations

from math import isfinite
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from ippon.stats.intervals import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

_NORMAL = NormalDist()


def bca(
    rows: ArrayLike,
    statistic: Callable[[NDArray[Any]], float],
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 2000,
) -> Interval:
    """Interval for `statistic(rows)`, the rows (first axis) being independent draws from a population.

    BCa of Efron (1987): percentiles of `resamples` resampled statistics, shifted by their median bias and by the skew
    that leaving out one row at a time shows. Right to second order, that is, from 20 to 50 rows on; below, and for
    extremes and counts, prefer an interval with a formula. It knows nothing of a finite suite.

    Raises ValueError for fewer than 2 rows, fewer than 100 resamples, a level outside (0, 1), a statistic that is not
    finite, and one that is the same in every resample: that says nothing of its error.
    """
    table: NDArray[Any] = np.array(rows)  # a copy: a statistic may sort in place
    n = len(table)
    if n < 2 or resamples < 100 or not 0.0 < level < 1.0:  # noqa: PLR2004 - as the docstring says
        raise ValueError(
            f"{n} rows, {resamples} resamples, level {level}: needs 2 rows, 100 resamples, a level in (0, 1)"
        )
    value = _finite(statistic(table))
    again = np.array([_finite(statistic(table[rng.integers(0, n, n)])) for _ in range(resamples)])
    if again.min() == again.max():
        raise ValueError(f"the statistic is {value:g} in every resample: the bootstrap has no interval for it")
    shares = _shares(value, again, _acceleration(table, statistic), level)
    low, high = (float(end) for end in np.quantile(again, shares))
    return Interval(value=value, low=min(low, value), high=max(high, value), level=level, method="bca")


def _finite(number: float) -> float:
    if not isfinite(number):
        raise ValueError(f"the statistic is {number}, not a finite number, on these rows or on a resample of them")
    return float(number)


def _acceleration(rows: NDArray[Any], statistic: Callable[[NDArray[Any]], float]) -> float:
    """A sixth of the skewness of the statistic's influences, by the jackknife."""
    without = np.array([_finite(statistic(np.delete(rows, at, axis=0))) for at in range(len(rows))])
    influences = without.mean() - without
    spread = float((influences**2).sum())
    return float((influences**3).sum()) / (6.0 * spread**1.5) if spread > 0.0 else 0.0


def _shares(value: float, again: NDArray[np.float64], acceleration: float, level: float) -> list[float]:
    """Which quantiles of the resampled statistics are the ends."""
    below = 0.5 * float((again < value).mean() + (again <= value).mean())
    edge = 0.5 / len(again)  # all of them on one side: as if half of one were on the other
    bias = _NORMAL.inv_cdf(min(max(below, edge), 1.0 - edge))
    shares: list[float] = []
    for tail in (0.5 - 0.5 * level, 0.5 + 0.5 * level):
        z = bias + _NORMAL.inv_cdf(tail)
        # Past its pole the transformation turns back: the end is the outermost resample.
        scale = 1.0 - acceleration * z
        shares.append(_NORMAL.cdf(bias + z / scale) if scale > 0.0 else float(z > 0.0))
    return shares
