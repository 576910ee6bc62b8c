"""Whether the level of a series of runs shifted once, and where; false alarms are bounded first, finding comes second."""

from __future__ import annotations

from math import exp, pi, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ippon.stats.special import beta_cdf

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SHORTEST = 10
# Runs that a level takes at least: with fewer, single outliers and skewed tails decide.
_SEGMENT = 4
# From here on ranks can reach any p that is asked for: distribution-free, where values would need a normal tail.
_RANKED_FROM = 25
# What the approximation of the tail is short of at its worst (25 ranks), and, for values, which it takes for normal, with
# bounded, skewed, heavy-tailed and rounded noise as well.
_SAFETY_RANKED, _SAFETY = 1.3, 3.0
_SMALLEST_P = 1e-290
# Values that only rounding tells apart are one level.
_ROUNDING = 1e-14
_SLIGHT = 1.5


class ChangePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A shift in level: run `index` is the first of the new level; mean `before` and `after` it; `p` without a shift."""

    index: int
    before: float
    after: float
    p: float


def changepoint(series: ArrayLike, *, alpha: float = 0.005) -> ChangePoint | None:
    """The one shift in level of `series` (a number a run, in order of time), or None where noise would do.

    The two levels are compared at every split that leaves each at least 4 runs, by a standardised difference of mean
    ranks (from 25 runs on, or where most values are ties: Pettitt 1979 with the standardisation of Lombard 1987) or of
    mean values (else, since ranks of so few cannot reach a small p). The largest one is judged by its tail as James,
    James and Siegmund (1987) approximate it.

    Promised: of series whose runs differ by independent noise of one distribution at most `alpha` give an alarm,
    whatever that distribution from 25 runs on, and below for normal, heavy-tailed, bounded and mildly skewed ones
    (measured at 1 in 200: `python -m bench.science alarms`). Autocorrelated series: the standard error is widened by the
    lag-1 autocorrelation left beside the two levels, corrected upwards for how it was found. Alarms are then near
    `alpha` from 200 runs on, twice that at 100, three to four times at 60; at 25 runs six times with an autocorrelation
    of .4, since so few cannot tell it from a shift. A drift or several shifts are shown as one. A shift of 2.5 standard
    deviations in the middle is found mostly from 20 runs on, one of 1.5 from 40; with 10 runs it takes 4.

    Raises ValueError for fewer than 10 runs, numbers that are not finite, and alpha outside (0, 1).
    """
    values = _checked(series, alpha)
    n = len(values)
    if np.ptp(values) <= _ROUNDING * np.abs(values).max():
        return None
    ranked = n >= _RANKED_FROM or 2 * len(np.unique(values)) < n
    scores = _centred_ranks(values) if ranked else values - values.mean()
    # Ties leave ranks less spread; that is not corrected for, else one odd run at an end would count as a level.
    total = n * (n * n - 1) / 12.0 if ranked else float(scores @ scores)
    split, explained = _best_split(scores, total)
    z = _as_normal(explained, n) / sqrt(_widening(scores, split))
    p = min(1.0, _tail(z, n) * (_SAFETY_RANKED if ranked else _SAFETY))
    if p > alpha:
        return None
    return ChangePoint(index=split, before=float(values[:split].mean()), after=float(values[split:].mean()), p=p)


def _checked(series: ArrayLike, alpha: float) -> NDArray[np.float64]:
    values = np.asarray(series, dtype=np.float64)
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha {alpha} is not between 0 and 1")
    if values.ndim != 1 or len(values) < _SHORTEST:
        raise ValueError(f"a series of shape {values.shape}: a shift in level needs {_SHORTEST} runs in one row")
    if not np.isfinite(values).all():
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ValueError(f"run {at} of the series is {values[at]}, not a finite number")
    return values


def _centred_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks less their mean; equal values share the mean of theirs."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - 0.5 * (counts - 1)
    return middles[at] - 0.5 * (len(values) + 1)


def _best_split(scores: NDArray[np.float64], total: float) -> tuple[int, float]:
    """The split whose two means differ most for their size, and the share of the sum of squares that it explains."""
    n = len(scores)
    sizes = np.arange(_SEGMENT, n - _SEGMENT + 1)
    sums = np.cumsum(scores)[sizes - 1]
    between = sums**2 * n / (sizes * (n - sizes))
    best = int(between.argmax())
    return int(sizes[best]), min(1.0, float(between[best]) / total)


def _as_normal(explained: float, n: int) -> float:
    """Normal deviate with the tail of the t statistic (n - 2 degrees of freedom) that explains such a share."""
    tail = beta_cdf(1.0 - explained, 0.5 * (n - 2), 0.5)
    return -NormalDist().inv_cdf(0.5 * max(tail, _SMALLEST_P))


def _widening(scores: NDArray[np.float64], split: int) -> float:
    """How many times the variance of a mean is larger than with independent runs: (1 + r) / (1 - r), at least 1.

    r is low by about (1 + 3 r) / n beside a fitted mean (Marriott and Pope 1954); twice that, since the split was chosen.
    """
    n = len(scores)
    rest = np.concatenate([scores[:split] - scores[:split].mean(), scores[split:] - scores[split:].mean()])
    spread = float(rest @ rest)
    r = float(rest[1:] @ rest[:-1]) / spread if spread > 0.0 else 0.0
    r = min(0.95, max(0.0, r + 2.0 * (1.0 + 3.0 * r) / n))
    return (1.0 + r) / (1.0 - r)


def _tail(z: float, n: int) -> float:
    """Chance that the largest of the standardised differences passes `z` where nothing shifted."""
    if z < _SLIGHT:  # the approximation is one of the tail
        return 1.0
    sizes = np.arange(_SEGMENT, n - _SEGMENT + 1)
    steps = n / (sizes * (n - sizes))
    overshoot = np.exp(-0.583 * z * np.sqrt(steps))
    return z * exp(-0.5 * z * z) / sqrt(2.0 * pi) * float((overshoot * steps).sum())
