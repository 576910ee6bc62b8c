"""How far judges agree, with each other and with themselves."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ippon.stats.bootstrap import bca
from ippon.stats.intervals import Interval, population_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

Metric = Literal["nominal", "ordinal", "interval"]


def cohen_kappa(
    one: Sequence[Any], two: Sequence[Any], *, weights: Literal["linear", "quadratic"] | None = None
) -> float:
    """Cohen's kappa of two raters of the same items: agreement beyond chance, 1 for all and 0 for none beyond chance.

    `one` and `two` are categories, one an item; weights (Cohen 1968) count a near miss for less, by the distance of the
    categories in sorted order, among those that occur. Raises ValueError for lists of different length, none at all,
    NaN, unknown weights, and where both used one and the same category throughout: then chance alone agrees always,
    and kappa is not defined.
    """
    if len(one) != len(two) or len(one) == 0:
        raise ValueError(f"{len(one)} and {len(two)} ratings: two raters of the same items, at least one")
    if weights not in {None, "linear", "quadratic"}:
        raise ValueError(f"weights {weights!r} are neither 'linear' nor 'quadratic' nor None")
    ratings = [*one, *two]
    if any(isinstance(rating, float) and isnan(rating) for rating in ratings):
        raise ValueError("NaN is no category: leave out the items that one of the two did not rate")
    # Not as an array: in one, 1 and "1" are the same, and a pair is two ratings.
    categories = list(dict.fromkeys(ratings)) if weights is None else sorted(set(ratings))
    places = {category: place for place, category in enumerate(categories)}
    at = np.array([places[rating] for rating in ratings])
    n, k = len(one), len(categories)
    table = np.zeros((k, k))
    np.add.at(table, (at[:n], at[n:]), 1.0 / n)
    apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k))).astype(np.float64)
    if weights is None:
        apart = np.minimum(apart, 1.0)
    elif weights == "quadratic":
        apart **= 2
    by_chance = float((apart * np.outer(table.sum(axis=1), table.sum(axis=0))).sum())
    if by_chance == 0.0:
        raise ValueError(f"both raters say {categories[0]!r} of every item: kappa is not defined")
    return 1.0 - float((apart * table).sum()) / by_chance


def krippendorff_alpha(
    ratings: ArrayLike,
    metric: Metric = "nominal",
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = 1000,
) -> Interval:
    """Krippendorff's alpha of any number of judges, with its interval: 1 is agreement, 0 is chance, below 0 is worse.

    `ratings`: judges x items, numbers, NaN where a judge did not rate; items with fewer than two ratings say nothing and
    are left out. `metric`: how far apart two values are (Krippendorff 2004, chapter 11). The interval is for the items'
    population: BCa bootstrap over items (resampling them as Zapf et al. 2016 do). Without any disagreement the low end is
    that of a share of items with disagreement at its Clopper-Pearson bound, each as far apart as values go.

    Raises ValueError for an unknown metric, a table of another shape, infinite ratings, fewer than 2 items rated twice,
    and where all of those ratings are equal: agreement cannot be told from a judge who always says the same.
    """
    if metric not in get_args(Metric):
        raise ValueError(f"metric {metric!r} is none of {', '.join(get_args(Metric))}")
    table = _checked(ratings)
    values, counts = _counts(table)
    if len(values) == 1:
        raise ValueError(f"all ratings are {values[0]:g}: alpha is not defined")

    def alpha(rows: NDArray[np.float64]) -> float:
        seen, expected = _disagreement(rows, values, metric)
        return 1.0 - seen / expected if expected > 0.0 else 1.0  # a resample in which all ratings are equal

    if ((counts > 0).sum(axis=1) == 1).all():
        _, expected = _disagreement(counts, values, metric)
        share = population_mean([1.0] * len(counts), level=level).low
        farthest = float(_apart(values, counts.sum(axis=0), metric).max())
        low = 1.0 - (1.0 - share) * farthest / expected
        return Interval(value=1.0, low=max(-1.0, low), high=1.0, level=level, method="clopper-pearson")
    return bca(counts, alpha, rng=rng, level=level, resamples=resamples)


def flip_rate(verdicts: ArrayLike, *, level: float = 0.95) -> Interval:
    """Interval for the share of items of which a judge, asked again, does not always say the same.

    `verdicts`: items x repeats, numbers, NaN where a repeat is missing; items with fewer than two verdicts are left out.
    Exact for the items' population (Clopper and Pearson 1934). With two repeats it is how often a second look differs;
    with more, how often any does, which grows with their number. Raises ValueError for a table of another shape,
    infinite verdicts, and no item judged twice.
    """
    table = _checked(np.asarray(verdicts, dtype=np.float64).T)
    flipped = np.nanmax(table, axis=0) > np.nanmin(table, axis=0)
    return population_mean(flipped.astype(np.float64).tolist(), level=level)


def _checked(ratings: ArrayLike) -> NDArray[np.float64]:
    """Judges x items of which each has two ratings at least."""
    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2 or np.isinf(table).any():  # noqa: PLR2004 - a table
        raise ValueError(f"ratings of shape {table.shape} are no table of finite numbers and NaN")
    kept = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    if kept.shape[1] == 0:
        raise ValueError("no item has two ratings: nothing to compare")
    return kept


def _counts(table: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The values that occur, sorted, and how often each item was given each: items x values."""
    rated = ~np.isnan(table)
    values, at = np.unique(table[rated], return_inverse=True)
    counts = np.zeros((table.shape[1], len(values)))
    np.add.at(counts, (np.nonzero(rated)[1], at), 1.0)
    return values, counts


def _disagreement(counts: NDArray[np.float64], values: NDArray[np.float64], metric: Metric) -> tuple[float, float]:
    """Mean squared distance of two ratings of one item, and of any two ratings."""
    sizes = counts.sum(axis=1)
    totals = counts.sum(axis=0)
    n = float(totals.sum())
    apart = _apart(values, totals, metric)
    weighted = counts / (sizes - 1.0)[:, None]
    # Pairs of a rating with itself are apart by 0 and need no taking out.
    seen = float(((weighted.T @ counts) * apart).sum()) / n
    return seen, float(totals @ apart @ totals) / (n * (n - 1.0))


def _apart(values: NDArray[np.float64], totals: NDArray[np.float64], metric: Metric) -> NDArray[np.float64]:
    """Squared distance of each two values."""
    if metric == "nominal":
        return 1.0 - np.eye(len(values))
    # Ordinal: as many ratings as lie between the two, each end counting half.
    places = values if metric == "interval" else np.cumsum(totals) - 0.5 * totals
    return np.subtract.outer(places, places) ** 2
