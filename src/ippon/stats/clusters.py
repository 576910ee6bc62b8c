"""Means of scores that are not one bag: clusters, of which a few were drawn, and strata, each of which was drawn from.

Which of the two a grouping is has to be said: treating fixed categories as clusters widens the interval several times,
treating clusters as strata makes it too narrow.
"""

from __future__ import annotations

from math import fsum, sqrt
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ippon.stats.intervals import Interval, finite_mean, population_mean
from ippon.stats.special import t_quantile

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

_WIDER = 1.03  # as every t interval of this package
_NEAR = 0.05 + 1e-9  # likewise, what counts as alike

_Name = TypeVar("_Name", bound="Hashable")


def clustered_mean(
    scores: Sequence[float], clusters: Sequence[Hashable], *, n_clusters: int | None = None, level: float = 0.95
) -> Interval:
    """Interval for the mean of scores in 0..1 that hang together within `clusters` (one name a score).

    Repeats of an item, turns of a conversation, questions about one text. `n_clusters`: how many the suite has, of which
    these were drawn at random; None asks about the population. Clusters of one size: the interval of their means
    (`finite_mean`, `population_mean`). Others: Student's with G - 1 degrees of freedom on the cluster jackknife's
    standard error (CV3 of MacKinnon, Nielsen and Webb 2023), 3% wider, G being the effective number of clusters (Carter,
    Schnepel and Steigerwald 2017: fewer where sizes differ; with the plain ones 92% held where 95% was said). Where at
    least half of the clusters' means are alike, at least as wide as the guarded interval of those means.

    Raises ValueError for scores outside 0..1, no score, a list of names of another length, more clusters than
    `n_clusters`, and a level outside (0, 1).
    """
    groups = list(_grouped(scores, clusters).values())
    means = [_mean(group) for group in groups]
    plain = population_mean(means, level=level) if n_clusters is None else finite_mean(means, n_clusters, level=level)
    if len({len(group) for group in groups}) == 1:
        return plain
    value = _mean(scores)
    if plain.method == "all":
        return Interval(value=value, low=value, high=value, level=level, method="all")
    left = 1.0 if n_clusters is None else 1.0 - len(groups) / n_clusters
    reach = _WIDER * t_quantile(level, _effective(groups) - 1.0) * _cluster_error(groups, value) * sqrt(left)
    centre = median(means)
    alike = 2 * sum(abs(mean - centre) <= _NEAR for mean in means) >= len(means)
    middle = _mean(means)
    down, up = (max(reach, middle - plain.low), max(reach, plain.high - middle)) if alike else (reach, reach)
    return Interval(value=value, low=max(0.0, value - down), high=min(1.0, value + up), level=level, method="t")


class _Part(NamedTuple):
    """What one stratum adds to a stratified mean: its share of the value, of the variance, and what guards its ends."""

    value: float
    variance: float
    freedom: int
    down: float
    up: float


def stratified_mean(
    scores: Sequence[float], strata: Sequence[_Name], sizes: Mapping[_Name, int], *, level: float = 0.95
) -> Interval:
    """Interval for the mean of a suite whose `strata` (one name a score) hold `sizes` items each.

    In each stratum its scores, in 0..1, were drawn at random without replacement; how many of each does not matter. The
    value weighs strata by size (Cochran 1977, chapter 5): Student's t with Satterthwaite's degrees of freedom, each
    stratum with its own finite-population correction, 3% wider. A stratum whose scores agree has shown no spread: it
    adds the square of the distance to the end of its own exact or guarded interval instead (`finite_mean`; adding such
    squares is the MOVER of Zou, Huang and Zhang 2009), so one score of a stratum says little, and no less.

    Raises ValueError for scores outside 0..1, a list of names of another length, a stratum without a size, without a
    score or with more scores than items, and a level outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level {level} is not between 0 and 1")
    groups = _grouped(scores, strata)
    for name in [*groups, *sizes]:
        if not 0 < len(groups.get(name, ())) <= sizes.get(name, 0):
            raise ValueError(
                f"stratum {name!r}: {len(groups.get(name, ()))} scores of {sizes.get(name, 0)} items; each needs one score"
            )
    n_items = sum(sizes.values())
    parts = [_part(group, sizes[name], n_items, level) for name, group in groups.items()]
    value = fsum(part.value for part in parts)
    if all(part.variance == part.down == part.up == 0.0 for part in parts):
        return Interval(value=value, low=value, high=value, level=level, method="all")
    spread = (_WIDER * _satterthwaite(parts, level)) ** 2 * fsum(part.variance for part in parts)
    low = value - sqrt(spread + fsum(part.down**2 for part in parts))
    high = value + sqrt(spread + fsum(part.up**2 for part in parts))
    seen = fsum(scores) / n_items
    unseen = 1.0 - len(scores) / n_items
    low, high = min(value, max(low, seen)), max(value, min(high, seen + unseen))  # rounding
    return Interval(value=value, low=low, high=high, level=level, method="t")


def _grouped(scores: Sequence[float], names: Sequence[_Name]) -> dict[_Name, list[float]]:
    """The scores of each group, after checking them."""
    if len(scores) != len(names) or len(scores) == 0:
        raise ValueError(
            f"{len(scores)} scores in {len(names)} places of groups: one name each, and at least one score"
        )
    groups: dict[_Name, list[float]] = {}
    for at, (score, name) in enumerate(zip(scores, names, strict=True)):
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"score {score} at place {at} is not within 0 to 1")
        groups.setdefault(name, []).append(score)
    return groups


def _mean(scores: Sequence[float]) -> float:
    return fsum(scores) / len(scores)


def _effective(groups: Sequence[Sequence[float]]) -> float:
    """How many clusters of one size would tell as much; more than one, since there are two."""
    sizes = [len(group) for group in groups]
    return sum(sizes) ** 2 / sum(size * size for size in sizes)


def _cluster_error(groups: Sequence[Sequence[float]], value: float) -> float:
    """Standard error of the mean of all scores: how far it moves as each cluster in turn is left out."""
    n = sum(len(group) for group in groups)
    moves = fsum((fsum(score - value for score in group) / (n - len(group))) ** 2 for group in groups)
    return sqrt(moves * (len(groups) - 1) / len(groups))


def _part(group: Sequence[float], size: int, n_items: int, level: float) -> _Part:
    """One stratum's part, all of it weighted by its share of the items."""
    share, n, mean = size / n_items, len(group), _mean(group)
    if n == size:
        return _Part(share * mean, 0.0, 1, 0.0, 0.0)
    if min(group) == max(group):
        ends = finite_mean(group, size, level=level)
        return _Part(share * mean, 0.0, 1, share * (mean - ends.low), share * (ends.high - mean))
    variance = fsum((score - mean) ** 2 for score in group) / (n - 1) * (1.0 - n / size) / n
    return _Part(share * mean, share * share * variance, n - 1, 0.0, 0.0)


def _satterthwaite(parts: Iterable[_Part], level: float) -> float:
    """Student's quantile at the degrees of freedom that the strata's variances are worth together; 0 without any."""
    spread = [part for part in parts if part.variance > 0.0]
    if not spread:
        return 0.0
    total = fsum(part.variance for part in spread)
    return t_quantile(level, total * total / fsum(part.variance**2 / part.freedom for part in spread))
