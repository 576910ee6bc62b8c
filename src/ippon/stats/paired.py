"""Two systems on the same items: the difference with its interval, and the classical tests that it is zero."""

from __future__ import annotations

from bisect import bisect_right
from math import fsum, isfinite, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING

from ippon.stats.intervals import finite_mean, population_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.stats.intervals import Interval

_UNIT = (0.0, 1.0)
# The exact distribution of signed ranks is computed up to here: 2 n^3 additions.
_EXACT = 50
# .6 - .4 and .4 - .2 are one size, whatever rounding makes of them.
_SAME = 1e-9


def paired_difference(
    baseline: Sequence[float], scores: Sequence[float], n_items: int | None = None, *, level: float = 0.95
) -> Interval:
    """Interval for the mean of `scores - baseline`, item by item, both in 0..1; above 0 the new system is better.

    With `n_items` it speaks of that suite, of which these items were drawn at random (`finite_mean`), else of the
    population that the items come from (`population_mean`). Pairing takes out what is hard for both. Raises ValueError
    for lists of different length, scores outside 0..1 or NaN, and as those do.
    """
    _check_pair(baseline, scores)
    differences = [float(new) - float(old) for old, new in zip(baseline, scores, strict=True)]
    if n_items is None:
        return population_mean(differences, level=level, span=(-1.0, 1.0))
    return finite_mean(differences, n_items, level=level, span=(-1.0, 1.0))


def mcnemar(baseline: Sequence[float], scores: Sequence[float]) -> float:
    """Exact two-sided p that as many items turn from 0 to 1 as from 1 to 0 (McNemar 1947; binomial, not chi square).

    1.0 where no item turns. Raises ValueError for scores other than 0 and 1 and lists of different length.
    """
    _check_pair(baseline, scores)
    for score in (*baseline, *scores):
        if score not in _UNIT:
            raise ValueError(f"score {score} is neither 0 nor 1: McNemar's test counts turns")
    pairs = list(zip(baseline, scores, strict=True))
    # As Python's integers: those of numpy overflow in the binomial.
    up, down = sum(bool(new > old) for old, new in pairs), sum(bool(new < old) for old, new in pairs)
    return min(1.0, 2.0 * _binomial_cdf(min(up, down), up + down))


def wilcoxon(differences: Sequence[float]) -> float:
    """Two-sided p of the signed-rank test: differences are symmetric about 0 (Wilcoxon 1945). Zeros are left out.

    Exact up to 50 differences, tied ones included (every sign equally likely, given the sizes); beyond, normal with the
    variance of tied ranks and no continuity correction. 1.0 where all are zero. Raises ValueError for one not finite.
    """
    for at, difference in enumerate(differences):
        if not isfinite(difference):
            raise ValueError(f"difference {at} is {difference}, not a finite number")
    sized = sorted((abs(difference), difference > 0.0) for difference in differences if abs(difference) > _SAME)
    if not sized:
        return 1.0
    doubled = _doubled_ranks([size for size, _ in sized])
    positive = sum(rank for rank, (_, up) in zip(doubled, sized, strict=True) if up)
    distance = abs(2 * positive - sum(doubled))
    if len(doubled) <= _EXACT:
        return _exact_share(doubled, distance)
    z = distance / sqrt(fsum(rank * rank for rank in doubled))
    return min(1.0, 2.0 * NormalDist().cdf(-z))


def _check_pair(baseline: Sequence[float], scores: Sequence[float]) -> None:
    if len(baseline) != len(scores):
        raise ValueError(f"{len(baseline)} scores of the baseline and {len(scores)} of the other: pairs need one each")
    for side, values in (("baseline", baseline), ("scores", scores)):
        for at, value in enumerate(values):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{side}: score {value} at place {at} is not within 0 to 1")


def _binomial_cdf(x: int, n: int) -> float:
    """Chance of at most `x` heads in `n` tosses of a fair coin, as a sum of integers."""
    term = total = 1
    for at in range(x):
        term = term * (n - at) // (at + 1)
        total += term
    return total / 2**n


def _doubled_ranks(sizes: list[float]) -> list[int]:
    """Twice the rank of each of these sorted sizes, ties sharing their mean: integers."""
    ranks: list[int] = []
    while len(ranks) < len(sizes):
        first = len(ranks)
        ties = bisect_right(sizes, sizes[first] + _SAME, lo=first) - first
        ranks += [2 * first + ties + 1] * ties
    return ranks


def _exact_share(doubled: list[int], distance: int) -> float:
    """Share of all ways to give signs whose rank sums lie at least as far apart as `distance`."""
    ways = {0: 1}
    for rank in doubled:
        grown: dict[int, int] = {}
        for total, count in ways.items():
            for step in (total + rank, total - rank):
                grown[step] = grown.get(step, 0) + count
        ways = grown
    far = sum(count for apart, count in ways.items() if abs(apart) >= distance)
    return far / 2 ** len(doubled)
