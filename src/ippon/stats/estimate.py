"""What the whole suite would say, from a random part of it: the mean, helped by past runs, and an interval that covers.

Past runs make the value sharper; that it is right rests on the items being drawn at random (model-assisted estimation:
Sarndal, Swensson and Wretman 1992, chapter 6). They enter the interval as one source, of limited weight, of the size of
the noise.
"""

from __future__ import annotations

from functools import lru_cache, partial

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ippon.stats.factors import Factors, about_means, about_tilt, ridge
from ippon.stats.filled import filled, scored_runs
from ippon.stats.intervals import Interval, finite_mean
from ippon.stats.score_interval import ExpectedNoise, score_interval
from ippon.stats.tilt import dispersion, log_odds, tilt_to, tilted, variance_curve

_FEWEST_RUNS = 3
# What an expectation of the noise is worth, in observations: from past runs, and from scores being in 0..1 alone.
_WORTH_OF_RUNS, _WORTH_OF_RANGE = 20.0, 4.0
# A batch of estimates has one history; a few more are kept for those that compare.
_HISTORIES_KEPT = 4
_CURVE_AT = np.linspace(0.0, 1.0, 801)


class _Past(msgspec.Struct, frozen=True, kw_only=True):
    """A history made ready: all that an estimate needs of it, whatever the sample."""

    item_means: NDArray[np.float64]
    odds: NDArray[np.float64]
    factors: Factors
    noise: ExpectedNoise


def estimate_mean(
    scores: ArrayLike, items: ArrayLike, n_items: int, *, history: ArrayLike | None = None, level: float = 0.95
) -> Interval:
    """Interval for the mean score of all `n_items`, of which `items` (indices) were drawn at random and have `scores`.

    Scores are in 0..1. `history` is past runs x `n_items`, NaN where nothing was scored; the runs may be of any systems,
    only not of this sample. From three runs with scores on, the value is the average of two predictions of the suite,
    each from a ridge on a few factors of past runs: of the strays from the past item means, and of the strays from
    these means tilted to the sample's level (method `model-assisted`). With fewer it is the sample's mean (`score`),
    and 0/1 scores have the exact interval of `finite_mean`.

    The interval holds every mean at which the value would not surprise, given the noise that scores would have *at that
    mean* (`score_interval`): on skewed and on 0/1 scores, where few failures are seen, a t interval covers 84 to 88
    times in 100 instead of 95. Coverage is measured, not proved. It is cut to what the unseen items still leave
    possible; all items seen is method `all`, none seen `none`. What is worked out of a history is kept, by its content,
    for the last four of them.

    Raises ValueError for scores or a history outside 0..1 or NaN (scores), items that are unknown, repeated, more than
    the suite's or not one a score, a history of another width, and a level outside (0, 1).
    """
    seen, at = _checked(scores, items, n_items)
    if not 0.0 < level < 1.0:
        raise ValueError(f"level {level} is not between 0 and 1")
    past = None if history is None else _past_of(history, n_items)
    if len(seen) in {0, n_items} or (past is None and np.isin(seen, (0.0, 1.0)).all()):
        return finite_mean(seen.tolist(), n_items, level=level)
    if past is None:
        value, residuals = float(seen.mean()), seen - seen.mean()
        noise = ExpectedNoise(at=_largest_variance, worth=_WORTH_OF_RANGE)
    else:
        value, residuals = _assisted(past, seen, at)
        noise = past.noise
    value, low, high = score_interval(value, residuals, seen, n_items, expected=noise, level=level)
    return Interval(value=value, low=low, high=high, level=level, method="score" if past is None else "model-assisted")


def _assisted(past: _Past, seen: NDArray[np.float64], at: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
    """The value, and how far each seen score is from what the others predict for it."""
    tilt = tilt_to(past.odds[None, at], seen.mean(keepdims=True))
    by_tilt = tilted(past.odds, tilt)
    by_means = ridge(past.factors, at, seen - past.item_means[at])
    moved = ridge(about_tilt(past.factors, past.item_means, by_tilt), at, seen - by_tilt[at])
    predicted = 0.5 * (past.item_means + by_means.strays + by_tilt + moved.strays)
    value = float(predicted.sum() + (seen - predicted[at]).sum()) / len(predicted)
    return value, 0.5 * (by_means.residuals + moved.residuals)


def _largest_variance(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest variance that scores in 0..1 can have about each mean: that of 0/1 scores."""
    return means * (1.0 - means)


def _past_of(history: ArrayLike, n_items: int) -> _Past | None:
    """The history made ready, or None where it has too few runs; worked out once for equal contents."""
    table = np.ascontiguousarray(history, dtype=np.float64)
    return _past(table.tobytes(), table.shape, n_items)


@lru_cache(maxsize=_HISTORIES_KEPT)
def _past(cells: bytes, shape: tuple[int, ...], n_items: int) -> _Past | None:
    known = scored_runs(np.frombuffer(cells).reshape(shape), n_items)
    runs = filled(known, n_items)
    # A run that repeats another, say from a cache, shows no spread: it would only make systems look more alike.
    distinct = np.sort(np.unique(runs, axis=0, return_index=True)[1])
    if len(distinct) < _FEWEST_RUNS:
        return None
    runs, scored = runs[distinct], ~np.isnan(known[distinct])
    item_means = runs.mean(axis=0)
    odds = log_odds(item_means, len(runs))
    variances = dispersion(runs, scored) * variance_curve(odds, _CURVE_AT)
    return _Past(
        item_means=item_means,
        odds=odds,
        factors=about_means(runs, scored),
        noise=ExpectedNoise(at=partial(np.interp, xp=_CURVE_AT, fp=variances), worth=_WORTH_OF_RUNS),
    )


def _checked(scores: ArrayLike, items: ArrayLike, n_items: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Scores and items as arrays, if they can be a sample of the suite."""
    seen, at = np.asarray(scores, dtype=np.float64), np.asarray(items)
    if seen.ndim != 1 or seen.shape != at.shape:
        raise ValueError(f"scores of shape {seen.shape} for items of shape {at.shape}: one each, in a row")
    outside = ~((seen >= 0.0) & (seen <= 1.0))  # NaN is outside, too
    if outside.any():
        where = int(outside.argmax())
        raise ValueError(f"score {seen[where]} of item {at[where]} is not within 0 to 1")
    if len(at) > n_items:
        raise ValueError(f"{len(at)} scores of {n_items} items: there cannot be more scores than items")
    return seen, _checked_items(at, n_items)


def _checked_items(at: NDArray[np.generic], n_items: int) -> NDArray[np.int64]:
    if len(at) == 0:
        return np.empty(0, dtype=np.int64)
    if at.dtype.kind not in "iu":
        raise ValueError(f"items of type {at.dtype} are no indices of items")
    indices = at.astype(np.int64)
    unknown = (indices < 0) | (indices >= n_items)
    if unknown.any():
        raise ValueError(f"item {indices[unknown.argmax()]} is not one of the suite's 0 to {n_items - 1}")
    repeated = np.flatnonzero(np.bincount(indices) > 1)
    if len(repeated):
        raise ValueError(f"item {repeated[0]} is there twice: items are drawn without replacement")
    return indices
