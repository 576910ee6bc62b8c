"""A test turned into an interval: all means at which the value seen would not be a surprise.

A t interval takes the noise from the sample, and a lucky sample has little. Here each candidate mean brings the noise
that it would have: what Wilson (1927) did for a share, for any value with a known law of noise. It is approximate; how
well it covers is a test and a benchmark (`tests/stats/test_estimate_coverage.py`, `make bench-science`).
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from ippon.stats.special import t_quantile

_STEPS = 800
_WIDER = 1.03


class ExpectedNoise(msgspec.Struct, frozen=True, kw_only=True):
    """What is known, before the sample, of a score's variance about its prediction.

    `at` gives it for an array of suite means; it counts as much as `worth` observations.
    """

    at: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    worth: float


def score_interval(
    value: float,
    residuals: NDArray[np.float64],
    scores: NDArray[np.float64],
    n_items: int,
    *,
    expected: ExpectedNoise,
    level: float,
) -> tuple[float, float, float]:
    """The value and the ends round it, all cut to what the unseen of `n_items` leave possible.

    `scores` are the seen ones, at least one and not all; `residuals` say how far each was from its prediction. A grid
    of means is tested; each end is half a step beyond the outermost that is kept. Where nothing but 0 (1) was seen, the
    low (high) end is the limit itself: no prediction from past runs speaks against a suite that goes on like that.
    """
    n, total = len(scores), float(scores.sum())
    lowest, highest = total / n_items, (total + n_items - n) / n_items
    value = min(max(value, lowest), highest)
    means = np.linspace(lowest, highest, _STEPS + 1)
    errors = np.sqrt(_variance(residuals, means, expected) * (1.0 - n / n_items) / n)
    kept = means[np.abs(value - means) <= _WIDER * t_quantile(level, max(n - 1, 1)) * errors]
    half_step = 0.5 * (highest - lowest) / _STEPS
    low = lowest if total == 0.0 else max(float(kept.min(initial=value)) - half_step, lowest)
    high = highest if total == n else min(float(kept.max(initial=value)) + half_step, highest)
    return value, low, high


def _variance(
    residuals: NDArray[np.float64], means: NDArray[np.float64], expected: ExpectedNoise
) -> NDArray[np.float64]:
    """Variance of a residual if the suite's mean is each of `means`.

    The sample's own variance says little near 0 and 1: with few counts it hangs on one or two of them. Its worth in
    degrees of freedom follows from the kurtosis of 0/1 scores at that mean, Var(s^2) = s^4 (k - 1)/n. A sample that
    scatters *more* than expected is believed, whatever its worth: past runs may be variants of one system, and look too
    much alike for a new one.
    """
    freedom = max(len(residuals) - 1, 1)
    own = float((residuals**2).sum()) / freedom
    room = means * (1.0 - means)
    worth = (len(residuals) - 1) * np.minimum(1.0, 2.0 * room / np.maximum(1.0 - 4.0 * room, 1e-9))
    mixed = (worth * own + expected.worth * expected.at(means)) / (worth + expected.worth)
    return np.maximum(mixed, own)
