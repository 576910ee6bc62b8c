"""Intervals for the mean score of a suite of which a random part was scored: exact for 0/1 scores, else a guarded t.

The suite is a finite population: items are drawn uniformly at random without replacement, and when all are scored
nothing is uncertain. Pure Python, since gates are computed on the warm path. How well the intervals cover is a test
(`tests/stats/test_intervals_coverage.py`), not a hope.
"""

from __future__ import annotations

from math import fsum, inf, isfinite, sqrt
from typing import TYPE_CHECKING, Literal

import msgspec

from ippon.stats.special import beta_quantile, hypergeometric_cdf, t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

Method = Literal[
    "all", "none", "hypergeometric", "clopper-pearson", "t", "missing-bounds", "weighted", "score", "model-assisted",
    "wilson", "bca", "ppi",
]  # fmt: skip

# A model-free t interval covers a little less than it says on skewed scores; 3% mends it (METHODS 2, 6: same factor).
_WIDER = 1.03
# Scores this near to their median, as a share of the span, count as one cluster. (The last digits are for rounding.)
_NEAR = 0.05 + 1e-9
_ROUNDING = 1e-9


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a mean: `value` is the best guess, and `low` to `high` hold the truth with chance `level`.

    All three on the scale of the scores; `value` is None where nothing was scored. `method` says how it was found:
    `all` (every item scored, nothing uncertain), `none` (nothing scored, the ends are the limits of what is possible),
    `hypergeometric` and `clopper-pearson` (exact, 0/1 scores), `t` (guarded, see `finite_mean`), `missing-bounds`
    (missing scores imputed at both ends of the span), `weighted` (several evaluators), `score` (a test turned into an
    interval, see `estimate_mean`), `model-assisted` (the same, helped by past runs), `wilson`, `bca` and `ppi` (see the
    functions of these names).
    """

    value: float | None
    low: float
    high: float
    level: float
    method: Method


def finite_mean(
    scores: Sequence[float], n_items: int, *, level: float = 0.95, span: tuple[float, float] = (0.0, 1.0)
) -> Interval:
    """Interval for the mean score of a suite of `n_items`, of which `scores` were drawn at random, none twice.

    All items scored: the value itself. Only ends of the span seen ("0/1 scores"): the two one-sided hypergeometric
    tests at (1 - level)/2 are inverted on the count of ones (Buonaccorsi 1987), so it covers at least `level` in every
    case, by exact sum. It stays true if unseen items turn out to be graded: the low end counts the items at the top and
    takes all others as 0, the high end the reverse.

    Other scores: t interval with finite-population correction (Cochran 1977, chapter 2), 3% wider, *guarded*, and cut
    to what is still possible. The guard: a t interval believes the spread it sees, and a sample of nearly equal scores
    has not seen the rare ones that differ. So where at least half of the scores lie within a twentieth of the span from
    their median, the others are counted. The share of items below that cluster is at most its one-sided hypergeometric
    bound at 1 - level; those of them not yet seen are worth the mean of the seen ones *and one more at the end of the
    span*; the interval reaches at least to the mean that follows, and above the cluster likewise. Where no score
    differs this is a proof, up to the spread within the cluster: a larger share would have shown itself with chance
    `level`. Where some do, and for the t interval itself, coverage is measured, not proved. A single score is its own
    cluster. Known limit: beside scores that spread widely, a rare kind of item near the end of the span (one in 10 to
    20) may stay unseen, and nothing counts it: .90 to .94 of such intervals hold the truth.

    Raises ValueError for a score that is NaN or outside `span`, for more scores than items, a level outside (0, 1).
    """
    return _mean_interval(scores, n_items, level, span)


def population_mean(
    scores: Sequence[float], *, level: float = 0.95, span: tuple[float, float] = (0.0, 1.0)
) -> Interval:
    """Interval for the mean of the population that `scores` were drawn from: `finite_mean` for an endless suite.

    It has a width even when all of the suite is scored, since the suite is then a sample itself. 0/1 scores: Clopper
    and Pearson (1934), exact; others: the guarded t without correction. Raises as `finite_mean` does.
    """
    return _mean_interval(scores, None, level, span)


def with_missing(
    scores: Sequence[float | None],
    n_items: int | None,
    *,
    level: float = 0.95,
    span: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Interval for all items when some of the drawn ones have no result (None), whatever those would have scored.

    The low end is that of `finite_mean` with the low end of `span` in their place, the high end likewise; `value` is
    the mean of what was scored. `n_items` None asks about the population.

    It holds because imputing turns the suite into another one of the same items, whose mean is not above (not below)
    the true one and of which this *is* a random sample: each end misses no more often than that of `finite_mean`. All
    it needs is that whether an item goes missing does not hang on which others were drawn; that the missing ones score
    differently does no harm (worst-case bounds, Manski 1990). Raises as `finite_mean` does.
    """
    scored = [score for score in scores if score is not None]
    if len(scored) == len(scores):
        return _mean_interval(scored, n_items, level, span)
    n_missing = len(scores) - len(scored)
    lowest = _mean_interval([*scored, *[span[0]] * n_missing], n_items, level, span)
    highest = _mean_interval([*scored, *[span[1]] * n_missing], n_items, level, span)
    value = _mean(scored) if scored else None
    method: Method = "missing-bounds" if scored else "none"
    return Interval(value=value, low=lowest.low, high=highest.high, level=level, method=method)


def with_known(rest: Interval, known_sum: float, n_known: int, n_rest: int) -> Interval:
    """Interval for `n_known` items whose scores are known (their sum is `known_sum`) together with `n_rest` others.

    `rest` is the interval for the mean of those others, of which a part was drawn. Known are items that were chosen:
    they are no sample of anything, and certain. The level stays, since nothing that can miss was added; so does None as
    the value, since chosen items alone estimate nothing. Raises ValueError for negative counts and a sum not finite.
    """
    if n_known < 0 or n_rest < 0 or not isfinite(known_sum):
        raise ValueError(f"a sum of {known_sum} over {n_known} known items beside {n_rest} others makes no mean")
    if n_known == 0:
        return rest
    n_all = n_known + n_rest
    if n_rest == 0:
        value = known_sum / n_known
        return Interval(value=value, low=value, high=value, level=rest.level, method="all")
    return Interval(
        value=None if rest.value is None else (known_sum + n_rest * rest.value) / n_all,
        low=(known_sum + n_rest * rest.low) / n_all,
        high=(known_sum + n_rest * rest.high) / n_all,
        level=rest.level,
        method=rest.method,
    )


def level_each(level: float, n_intervals: int) -> float:
    """Level that each of `n_intervals` needs, so that all hold at once with chance `level` (Bonferroni)."""
    _check_level(level)
    return 1.0 - (1.0 - level) / max(1, n_intervals)


def weighted(intervals: Sequence[Interval], weights: Sequence[float], *, level: float = 0.95) -> Interval:
    """Interval for the weighted mean across evaluators: the weighted mean of the low ends to that of the high.

    If all intervals hold, so does this one; the chance that any fails is at most the sum of their chances to fail,
    however the evaluators hang together (they score the same items, so they do). Hence the intervals are made at
    `level_each(level, len(intervals))`; those of method `all` or `none` cannot fail and need nothing. Weights need not
    sum to 1. The value is None if an evaluator that counts has none.

    Raises ValueError for weights that are negative, not finite, all zero or not one an interval, and for intervals that
    do not promise enough.
    """
    _check_level(level)
    total = _total_weight(intervals, weights)
    chance_to_fail = fsum(1.0 - each.level for each in intervals if each.method not in {"all", "none"})
    if chance_to_fail > 1.0 - level + _ROUNDING:
        each = level_each(level, len(intervals))
        raise ValueError(
            f"intervals that fail with chance {chance_to_fail:.4g} together promise no level of {level}: "
            f"make each of them at a level of {each:.6g}"
        )
    parts = [(weight / total, each) for weight, each in zip(weights, intervals, strict=True) if weight > 0.0]
    values = [share * each.value for share, each in parts if each.value is not None]
    return Interval(
        value=fsum(values) if len(values) == len(parts) else None,
        low=fsum(share * each.low for share, each in parts),
        high=fsum(share * each.high for share, each in parts),
        level=level,
        method="weighted",
    )


def _total_weight(intervals: Sequence[Interval], weights: Sequence[float]) -> float:
    """Sum of the weights, after checking that they can be weights of these intervals."""
    if len(weights) != len(intervals) or not all(0.0 <= weight < inf for weight in weights):
        raise ValueError(f"weights {list(weights)} for {len(intervals)} intervals: one each, finite and not negative")
    total = fsum(weights)
    if total == 0.0:
        raise ValueError("no weight above zero: nothing to average")
    return total


def _mean_interval(scores: Sequence[float], n_items: int | None, level: float, span: tuple[float, float]) -> Interval:
    """`finite_mean`, or `population_mean` where `n_items` is None."""
    _check_level(level)
    lowest, highest = span
    _check_scores(scores, lowest, highest)
    if n_items is not None and n_items < len(scores):
        raise ValueError(f"{len(scores)} scores of {n_items} items: there cannot be more scores than items")
    if len(scores) == 0:  # true of a list and of an array
        return Interval(value=None, low=lowest, high=highest, level=level, method="none")
    value = _mean(scores)
    if len(scores) == n_items:
        return Interval(value=value, low=value, high=value, level=level, method="all")
    width = highest - lowest
    units = sorted((score - lowest) / width for score in scores)
    if all(unit in {0.0, 1.0} for unit in units):
        low, high = _zero_one_ends(round(fsum(units)), len(units), n_items, level)
        method: Method = "clopper-pearson" if n_items is None else "hypergeometric"
    else:
        low, high = _graded_ends(units, n_items, level)
        method = "t"
    # Rounding, and the steps of a count at levels near 0, must not leave the value outside.
    low, high = min(lowest + width * low, value), max(lowest + width * high, value)
    return Interval(value=value, low=max(low, lowest), high=min(high, highest), level=level, method=method)


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level {level} is not between 0 and 1")


def _check_scores(scores: Sequence[float], lowest: float, highest: float) -> None:
    if not -inf < lowest < highest < inf:
        raise ValueError(f"span {lowest} to {highest} is not a finite range")
    for score in scores:
        if not lowest <= score <= highest:  # NaN fails this, too
            raise ValueError(f"score {score} is not within {lowest} to {highest}")


def _mean(scores: Sequence[float]) -> float:
    return fsum(scores) / len(scores)


def _zero_one_ends(n_ones: int, n: int, n_items: int | None, level: float) -> tuple[float, float]:
    """Ends of the exact interval for the share of ones: each end's test is one-sided at (1 - level)/2."""
    tail = 0.5 * (1.0 - level)
    return 1.0 - _highest_share(n - n_ones, n, n_items, tail), _highest_share(n_ones, n, n_items, tail)


def _graded_ends(units: list[float], n_items: int | None, level: float) -> tuple[float, float]:
    """Ends of the guarded t interval for sorted scores within 0..1."""
    n, mean = len(units), _mean(units)
    reach = _t_reach(units, mean, n_items, level)
    low, high = mean - reach, mean + reach
    centre = 0.5 * (units[(n - 1) // 2] + units[n // 2])
    if 2 * sum(abs(unit - centre) <= _NEAR for unit in units) >= n:
        turned = [1.0 - unit for unit in units]
        low = min(low, _cluster_low(units, centre, n_items, 1.0 - level))
        high = max(high, 1.0 - _cluster_low(turned, 1.0 - centre, n_items, 1.0 - level))
    if n_items is None:
        return max(low, 0.0), min(high, 1.0)
    return max(low, mean * n / n_items), min(high, 1.0 - (1.0 - mean) * n / n_items)


def _t_reach(units: list[float], mean: float, n_items: int | None, level: float) -> float:
    """Half-width of the t interval; 0 for one score, of which the guard takes care."""
    n = len(units)
    if n == 1:
        return 0.0
    variance = fsum((unit - mean) ** 2 for unit in units) / (n - 1)
    left = 1.0 if n_items is None else 1.0 - n / n_items
    return _WIDER * t_quantile(level, n - 1) * sqrt(variance * left / n)


def _cluster_low(units: list[float], centre: float, n_items: int | None, tail: float) -> float:
    """Mean of all items if as many of them as can be lie below the cluster round `centre`, one of those at 0."""
    below = [unit for unit in units if unit < centre - _NEAR]
    others = [unit for unit in units if unit >= centre - _NEAR]
    share = _highest_share(len(below), len(units), n_items, tail)
    worth_below, worth_others = fsum(below) / (len(below) + 1), _mean(others)
    if n_items is None:
        return share * worth_below + (1.0 - share) * worth_others
    # Items already scored are what they are: the bound speaks of the unseen only.
    n_below = round(share * n_items) - len(below)
    n_others = n_items - len(units) - n_below
    return (fsum(units) + n_below * worth_below + n_others * worth_others) / n_items


def _highest_share(x: int, n: int, n_items: int | None, tail: float) -> float:
    """Largest share of marked items under which `x` or fewer of `n` drawn are marked with a chance above `tail`."""
    if n_items is not None:
        return _highest_count(x, n, n_items, tail) / n_items
    return 1.0 - beta_quantile(tail, n - x, x + 1) if x < n else 1.0


def _highest_count(x: int, n: int, n_items: int, tail: float) -> int:
    """Largest number of marked items of `n_items` that the test of `_highest_share` does not reject, by bisection."""
    low, high = x, n_items - n + x
    while low < high:
        middle = (low + high + 1) // 2
        if hypergeometric_cdf(x, n_items, middle, n) > tail:
            low = middle
        else:
            high = middle - 1
    return low
