"""One number moves all items: past item means, tilted on the logit scale to the mean of another system.

A better system gains most on items of middling past means, and next to nothing where nearly all were right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS, _FAR = 240, 9.0
_PASSES = 60
_CLOSE = 1e-8
# A mean of exactly 0 or 1 lies at no finite tilt.
_EDGE = 1e-6


def log_odds(item_means: NDArray[np.float64], n_runs: int) -> NDArray[np.float64]:
    """Log odds of item means over `n_runs`, with half a success and half a failure more, so that none is infinite."""
    return np.log((n_runs * item_means + 0.5) / (n_runs * (1.0 - item_means) + 0.5))


def tilted(odds: NDArray[np.float64], tilt: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Scores in 0..1 at log odds `odds` + `tilt`."""
    return 1.0 / (1.0 + np.exp(-(odds + tilt)))


def tilt_to(odds: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each row of `odds`, the tilt at which the row's mean is that of `means`; both with the rows first.

    Newton's method on the log odds of the mean, which are nearly a straight line of the tilt; a bracket catches the
    steps that leave it, since they are not where a history has only easy and impossible items.
    """
    goals = _logit(np.clip(means, _EDGE, 1.0 - _EDGE))
    low: NDArray[np.float64] = goals - odds.max(axis=1)
    high: NDArray[np.float64] = goals - odds.min(axis=1)
    at, gap, passes = 0.5 * (low + high), np.full(len(goals), np.inf), 0
    while np.abs(gap).max() > _CLOSE and passes < _PASSES:
        scores = tilted(odds, at[:, None])
        mean = scores.mean(axis=1)
        gap = _logit(mean) - goals
        low, high = np.where(gap < 0.0, at, low), np.where(gap < 0.0, high, at)
        slope = (scores * (1.0 - scores)).mean(axis=1) / (mean * (1.0 - mean))
        newton = at - gap / slope
        at = np.where((newton >= low) & (newton <= high), newton, 0.5 * (low + high))
        passes += 1
    return at


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(share / (1.0 - share))


def variance_curve(odds: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of p(1 - p) over the items tilted to each suite mean `at`: the spread of 0/1 scores about the tilt."""
    tilts = np.linspace(-_FAR - float(odds.max()), _FAR - float(odds.min()), _STEPS + 1)
    scores = tilted(odds, tilts[:, None])
    means = np.concatenate([[0.0], scores.mean(axis=1), [1.0]])
    spreads = np.concatenate([[0.0], (scores * (1.0 - scores)).mean(axis=1), [0.0]])
    return np.interp(at, means, spreads)


def dispersion(runs: NDArray[np.float64], scored: NDArray[np.bool_]) -> float:
    """How far past runs scatter about the tilt of the *other* runs' item means, as a share of what 0/1 scores would.

    About 1 for 0/1 scores, .2 to .5 for graded ones. Runs that differ in it make it larger by a quarter of their
    coefficient of variation: which of them a new system is like is not known. `runs` is full, two rows at least; only
    the cells that were `scored` are counted.
    """
    others = (runs.sum(axis=0) - runs) / (len(runs) - 1)
    # The sum of the others may pass 0 or 1 by a rounding error.
    odds = log_odds(np.clip(others, 0.0, 1.0), len(runs) - 1)
    expected = tilted(odds, tilt_to(odds, runs.mean(axis=1))[:, None])
    scatter = ((runs - expected) ** 2).sum(axis=1, where=scored)
    room = (expected * (1.0 - expected)).sum(axis=1, where=scored)
    each = scatter / room
    return float(scatter.sum() / room.sum() * (1.0 + 0.25 * each.std() / max(each.mean(), _EDGE)))
