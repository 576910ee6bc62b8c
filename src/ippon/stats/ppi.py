"""A cheap judge everywhere and an expensive one on a random few: the expensive mean, from fewer expensive verdicts."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from ippon.stats.intervals import Interval, finite_mean, population_mean
from ippon.stats.special import t_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FEWEST = 4


def ppi_mean(
    expensive: ArrayLike,
    cheap_on_same: ArrayLike,
    cheap_on_rest: ArrayLike,
    *,
    finite: bool = False,
    level: float = 0.95,
) -> Interval:
    """Interval for the mean that the expensive judge would give, all scores in 0..1.

    `expensive` and `cheap_on_same`: one score each for n items drawn at random; `cheap_on_rest`: the cheap judge's for m
    other items. `finite`: the question is the mean of these n + m items, else (wider) of the population they come from.

    Prediction-powered inference with a tuned weight for the cheap judge (PPI++: Angelopoulos, Duchi and Zrnic 2023): the
    cheap mean, times that weight, plus the mean of what is left of the expensive scores. The weight is fitted on the same
    items, so one more degree of freedom is lost: Student's t with n - 2, on leave-one-out residuals, 3% wider; what is
    left is guarded as in `finite_mean`, so equal scores do not promise that all are equal. A useless cheap judge costs
    next to nothing, a good one saves half to two thirds of the expensive verdicts.

    Raises ValueError for fewer than 4 expensive scores, `cheap_on_same` of another length, no cheap score on the rest,
    scores that are NaN or outside 0..1, and a level outside (0, 1).
    """
    dear = _scores(expensive, "expensive", (0.0, 1.0))
    same, rest = (
        _scores(cheap_on_same, "cheap_on_same", (0.0, 1.0)),
        _scores(cheap_on_rest, "cheap_on_rest", (0.0, 1.0)),
    )
    return _powered(dear, same, rest, finite=finite, level=level, span=(0.0, 1.0))


def ppi_difference(
    expensive: tuple[ArrayLike, ArrayLike],
    cheap_on_same: tuple[ArrayLike, ArrayLike],
    cheap_on_rest: tuple[ArrayLike, ArrayLike],
    *,
    finite: bool = False,
    level: float = 0.95,
) -> Interval:
    """The same for the difference of two systems on the same items: each argument is (baseline, new), the mean new less old.

    What the cheap judge gets wrong for all systems alike cancels; what it gets wrong for one of them the expensive judge
    mends. Raises as `ppi_mean` does, and for a baseline with scores of other items than the new system.
    """
    dear, same, rest = (
        _difference(pair, name)
        for pair, name in ((expensive, "expensive"), (cheap_on_same, "cheap_on_same"), (cheap_on_rest, "cheap_on_rest"))
    )
    return _powered(dear, same, rest, finite=finite, level=level, span=(-1.0, 1.0))


def _scores(given: ArrayLike, name: str, span: tuple[float, float]) -> NDArray[np.float64]:
    scores = np.asarray(given, dtype=np.float64)
    if scores.ndim != 1:
        raise ValueError(f"{name} of shape {scores.shape} is not one row of scores")
    outside = ~((scores >= span[0]) & (scores <= span[1]))
    if outside.any():
        at = int(outside.argmax())
        raise ValueError(f"{name}: score {scores[at]} at place {at} is not within {span[0]:g} to {span[1]:g}")
    return scores


def _difference(pair: tuple[ArrayLike, ArrayLike], name: str) -> NDArray[np.float64]:
    old, new = (
        _scores(each, f"{name} of {side}", (0.0, 1.0))
        for each, side in zip(pair, ("the baseline", "the new system"), strict=True)
    )
    if len(old) != len(new):
        raise ValueError(f"{name}: {len(old)} scores of the baseline and {len(new)} of the new system")
    return new - old


def _powered(
    dear: NDArray[np.float64],
    same: NDArray[np.float64],
    rest: NDArray[np.float64],
    *,
    finite: bool,
    level: float,
    span: tuple[float, float],
) -> Interval:
    n, m = len(dear), len(rest)
    if n < _FEWEST or len(same) != n or m == 0:
        raise ValueError(
            f"{n} expensive scores, {len(same)} cheap ones of the same items, {m} of others: "
            f"at least {_FEWEST}, as many, and at least 1"
        )
    weight = _weight(dear, same, rest, finite=finite)
    left = dear - weight * same
    ends = _rest_of(left, weight, n + m if finite else None, level, span)
    widened = _widened(dear, same, weight, level)
    # In a suite the cheap mean of all items is known; in a population it is a sample mean itself, of the rest alone.
    everything = np.concatenate([same, rest]) if finite else rest
    cheap = weight * float(everything.mean())
    spread = 0.0 if finite or m == 1 else weight**2 * float(rest.var(ddof=1)) / m * t_quantile(level, m - 1) ** 2
    middle = float(left.mean())
    down, up = (widened * distance for distance in (middle - ends.low, ends.high - middle))
    value = min(max(cheap + middle, span[0]), span[1])
    low, high = cheap + middle - sqrt(down**2 + spread), cheap + middle + sqrt(up**2 + spread)
    return Interval(
        value=value, low=min(value, max(low, span[0])), high=max(value, min(high, span[1])), level=level, method="ppi"
    )


def _weight(dear: NDArray[np.float64], same: NDArray[np.float64], rest: NDArray[np.float64], *, finite: bool) -> float:
    """How much of the cheap judge is worth taking: the weight with the least variance; 0 where it tells nothing.

    The cheap mean of the rest has an error of its own where the question is the population.
    """
    spread = float(np.concatenate([same, rest]).var(ddof=1))
    if spread == 0.0:
        return 0.0
    together = float((dear - dear.mean()) @ (same - same.mean())) / (len(dear) - 1)
    return max(0.0, together) / spread / (1.0 if finite else 1.0 + len(dear) / len(rest))


def _rest_of(
    left: NDArray[np.float64], weight: float, n_items: int | None, level: float, span: tuple[float, float]
) -> Interval:
    """Guarded interval for the mean of what the weighted cheap scores leave of the expensive ones."""
    taken = sorted((weight * span[0], weight * span[1]))
    limits = (span[0] - taken[1], span[1] - taken[0])
    kept = np.clip(left, *limits).tolist()  # rounding
    if n_items is None:
        return population_mean(kept, level=level, span=limits)
    return finite_mean(kept, n_items, level=level, span=limits)


def _widened(dear: NDArray[np.float64], same: NDArray[np.float64], weight: float, level: float) -> float:
    """How much wider than for scores alone, since the weight was fitted on these: one more degree of freedom is lost."""
    n = len(dear)
    freedom = t_quantile(level, n - 2) / t_quantile(level, n - 1)
    left = dear - weight * same
    off = left - left.mean()
    apart = same - same.mean()
    total, seen = float(apart @ apart), float(off @ off)
    if total == 0.0 or seen == 0.0:
        return freedom * sqrt((n - 1) / (n - 2))
    # What each item's residual would be if the weight had been fitted without it: never less than what was seen.
    pull = 1.0 / n + apart**2 / total
    alone = off / np.maximum(1.0 - pull, 1.0 / n)
    return freedom * sqrt(max((n - 1) / (n - 2), float(alone @ alone) / seen * (n - 1) / n))
