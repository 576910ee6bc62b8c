"""A short list of items that tells systems apart, and one number that ranks those scored on it.

The list is chosen for comparing, so it is no sample of the suite: the score orders systems, and estimates nothing.
(Its module cannot be called `screen`: the package would then hold two things of that name.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ippon.stats.curves import covariance, curves
from ippon.stats.filled import filled
from ippon.stats.greedy import greedy_items

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# With fewer past runs history says too little of how items hang together.
FEWEST_RUNS = 3
# Abilities that a list is for, in logits from the mean past run's: a new system is more often better than worse.
_ABILITIES = np.array([-1.0, 0.0, 1.0, 2.0])
# Share of the weight that all items have alike: insurance where a new system is unlike the past ones.
_EVEN = 0.4


def screen(history: ArrayLike, k: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The `k` items to ask a new system first, none twice, the most telling first.

    `history` is runs x items in 0..1 (NaN: not scored). Each next item is the one that, known beside those before it,
    takes most off the variance of the suite's mean, by the curves that past runs draw (`ippon.stats.curves`), among
    systems from one logit below the mean past run to two above it. With fewer than three past runs items are at random
    (by `rng`, which nothing else needs). Above the best past run expect no more of a list than of random items.

    Raises ValueError for a bad history and for a `k` that is negative or larger than the suite.
    """
    runs = past_runs(history)
    n_items = runs.shape[1]
    if not 0 <= k <= n_items:
        raise ValueError(f"{k} items cannot be chosen from a suite of {n_items}")
    return listed(runs, k, rng)


def screen_score(history: ArrayLike, items: ArrayLike, scores: ArrayLike) -> float:
    """One number in 0..1 that ranks systems scored on the same `items` as `screen` chose them; no estimate of a mean.

    A weighted mean of `scores` (one for each of `items`): the best linear predictor's weights, those below zero cut,
    drawn to equal ones. No score counts against a system. With fewer than three past runs it is the plain mean.

    Raises ValueError for a bad history, items unknown or given twice, no items, and scores outside 0..1 or missing.
    """
    runs = past_runs(history)
    at, seen = _checked(items, scores, runs.shape[1])
    return float(weights(runs, at) @ seen)


def past_runs(history: ArrayLike) -> NDArray[np.float64]:
    """History checked and without gaps, runs x items; the suite is as wide as history."""
    table = np.asarray(history, dtype=np.float64)
    return filled(table, table.shape[-1] if table.ndim else 0)


def listed(runs: NDArray[np.float64], k: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The first `k` items, chosen by history where it has runs enough, else at random."""
    if len(runs) < FEWEST_RUNS:
        return rng.permutation(runs.shape[1])[:k]
    return greedy_items(*covariance(curves(runs), _ABILITIES), k)


def weights(runs: NDArray[np.float64], items: NDArray[np.intp]) -> NDArray[np.float64]:
    """Weight of each item's score in a system's; they sum to 1, and none is below zero."""
    even = np.full(len(items), 1.0 / len(items))
    if len(runs) < FEWEST_RUNS or len(items) == runs.shape[1]:
        return even
    loadings, noise = covariance(curves(runs), _ABILITIES)
    chosen, own = loadings[:, items], noise[items]
    with_sum: NDArray[np.float64] = loadings.sum(axis=1) @ chosen + own
    best = np.maximum(np.linalg.solve(chosen.T @ chosen + np.diag(own), with_sum), 0.0)
    total = float(best.sum())
    return _EVEN * even + (1.0 - _EVEN) * best / total if total > 0.0 else even


def _checked(items: ArrayLike, scores: ArrayLike, n_items: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Items and their scores as arrays, after checking that they can be what they say."""
    at = np.asarray(items)
    seen = np.asarray(scores, dtype=np.float64)
    if at.ndim != 1 or at.shape != seen.shape or len(at) == 0:
        raise ValueError(f"items of shape {at.shape} and scores of shape {seen.shape}: one score each, one at least")
    if at.dtype.kind not in "iu" or not ((at >= 0) & (at < n_items)).all() or len(np.unique(at)) < len(at):
        raise ValueError(f"items {at}: each has to be one of 0 to {n_items - 1}, none twice")
    for item, score in zip(at.tolist(), seen.tolist(), strict=True):
        if not 0.0 <= score <= 1.0:  # NaN fails this, too
            raise ValueError(f"item {item} has a score of {score}: not within 0 to 1")
    up = np.argsort(at)  # in another order the same scores are to give the same digits
    return at[up].astype(np.intp), seen[up]
