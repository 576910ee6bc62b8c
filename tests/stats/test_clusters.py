"""Clusters and strata: against statsmodels and by formula, and how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.stats.clusters import clustered_mean, stratified_mean
from ippon.stats.intervals import Interval, finite_mean, population_mean
from ippon.stats.special import t_quantile

SEED = 20_261_125
DRAWS = 400
# Three standard errors of a simulated coverage of .95 below .94.
LEAST = 0.94 - 3 * math.sqrt(0.95 * 0.05 / DRAWS)
GROUPED = st.lists(
    st.tuples(st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0]), st.sampled_from("abc")), min_size=1, max_size=25
)
SCORES = [0.1, 0.4, 0.35, 0.8, 0.9, 0.7, 0.2, 0.25, 0.5, 0.55, 0.6, 0.95]
CLUSTERS = [0, 0, 0, 1, 1, 2, 3, 3, 3, 3, 4, 4]


def test_clustered_interval_by_its_formula():
    """The jackknife over clusters, and as many clusters as (sum of sizes)^2 / sum of their squares."""
    without = [
        np.mean([score for score, name in zip(SCORES, CLUSTERS, strict=True) if name != left]) for left in range(5)
    ]
    value = sum(SCORES) / 12
    error = math.sqrt(0.8 * sum((mean - value) ** 2 for mean in without))
    reach = 1.03 * t_quantile(0.95, 144 / (9 + 4 + 1 + 16 + 4) - 1) * error
    interval = clustered_mean(SCORES, CLUSTERS)

    assert (interval.low, interval.value, interval.high) == pytest.approx(
        (max(0.0, value - reach), value, min(1.0, value + reach))
    )
    assert interval.method == "t"


def test_clustered_error_is_near_that_of_statsmodels():
    """Version 0.15.0, OLS(scores, ones).fit(cov_type="cluster", use_t=True).bse is .11744; the jackknife's is larger."""
    pairs = [score for score in SCORES for _ in "ab"]
    wide = clustered_mean(pairs, [name for name in CLUSTERS for _ in "ab"])
    reach = 1.03 * t_quantile(0.95, 144 / 34 - 1)

    assert 0.11743607894888565 < (wide.high - wide.value) / reach < 1.3 * 0.11743607894888565


def test_clusters_of_one_size_are_their_means():
    """Two repeats of an item each: the interval of the items' means, exact where these are 0 and 1."""
    assert clustered_mean([0.25, 0.75, 0.875, 0.625], "aabb") == population_mean([0.5, 0.75])
    assert clustered_mean([1.0, 1.0, 0.0, 0.0], "aabb", n_clusters=9) == finite_mean([1.0, 0.0], 9)


def test_all_clusters_seen_leaves_nothing_uncertain():
    """The mean itself, whatever the clusters' sizes."""
    value = sum(SCORES) / 12

    assert clustered_mean(SCORES, CLUSTERS, n_clusters=5) == Interval(
        value=value, low=value, high=value, level=0.95, method="all"
    )
    assert clustered_mean(SCORES, CLUSTERS, n_clusters=10).low > clustered_mean(SCORES, CLUSTERS).low


def test_alike_clusters_do_not_promise_that_all_are_alike():
    """Clusters of 1 and 2 scores, all right: at least as wide as of 4 items that are all right."""
    interval = clustered_mean([1.0] * 6, [0, 1, 1, 2, 2, 3])

    assert interval.low <= population_mean([1.0] * 4).low
    assert interval.high == 1.0


@settings(deadline=None)
@given(grouped=GROUPED, unseen=st.integers(0, 5), shuffle=st.randoms(use_true_random=False))
def test_clustered_interval_holds_its_value_whatever_the_order(grouped, unseen, shuffle):
    """Within 0..1, a permutation of the scores changes nothing (to rounding)."""
    others = list(grouped)
    shuffle.shuffle(others)
    n_clusters = len({name for _, name in grouped}) + unseen
    first, second = (
        clustered_mean([score for score, _ in each], [name for _, name in each], n_clusters=n_clusters)
        for each in (grouped, others)
    )

    assert 0.0 <= first.low <= first.value <= first.high <= 1.0
    assert (first.low, first.high) == pytest.approx((second.low, second.high))


def test_a_stratified_mean_by_its_formula():
    """Two strata of 30 and 10 items: shares .75 and .25, each with its own correction; Satterthwaite's freedom."""
    interval = stratified_mean([0.2, 0.4, 0.6, 0.9, 0.5], "aaabb", {"a": 30, "b": 10})
    one, two = 0.75**2 * 0.04 * 0.9 / 3, 0.25**2 * 0.08 * 0.8 / 2
    freedom = (one + two) ** 2 / (one**2 / 2 + two**2 / 1)
    reach = 1.03 * t_quantile(0.95, freedom) * math.sqrt(one + two)

    assert interval.value == pytest.approx(0.75 * 0.4 + 0.25 * 0.7)
    assert interval.low == pytest.approx(max(interval.value - reach, 2.6 / 40))
    assert interval.high == pytest.approx(interval.value + reach)


def test_a_stratum_without_spread_is_not_certain():
    """One score, or equal ones: the distance to its own exact end is added in squares."""
    interval = stratified_mean([1.0, 1.0, 1.0, 0.0], "aaab", {"a": 20, "b": 10})
    down = (2 / 3) * (1.0 - finite_mean([1.0] * 3, 20).low)
    up = (1 / 3) * finite_mean([0.0], 10).high

    assert (interval.low, interval.high) == pytest.approx((2 / 3 - down, 2 / 3 + up))


def test_strata_scored_whole_leave_nothing_uncertain():
    """Every item of every stratum."""
    assert stratified_mean([1.0, 0.5, 0.0], "aab", {"a": 2, "b": 1}) == Interval(
        value=0.5, low=0.5, high=0.5, level=0.95, method="all"
    )


@settings(deadline=None)
@given(grouped=GROUPED, unseen=st.integers(0, 20))
def test_stratified_interval_holds_its_value_and_only_what_is_possible(grouped, unseen):
    """The value weighs strata by size; unseen items can change no more than they are."""
    names = [name for _, name in grouped]
    sizes = {name: names.count(name) + unseen for name in set(names)}
    interval = stratified_mean([score for score, _ in grouped], names, sizes)
    n_items, seen = sum(sizes.values()), math.fsum(score for score, _ in grouped)

    assert seen / n_items - 1e-9 <= interval.low <= interval.value + 1e-9
    assert interval.value - 1e-9 <= interval.high <= (seen + n_items - len(names)) / n_items + 1e-9


def holds(interval, truth):
    """Whether the truth is within, rounding forgiven."""
    return interval.low - 1e-9 <= truth <= interval.high + 1e-9


@pytest.mark.parametrize("kind", ["graded", "right or wrong", "nearly all right"])
def test_clustered_interval_covers(kind):
    """Twelve clusters of 1 to 9 that hang together, of a population of clusters whose mean is known."""
    rng = np.random.default_rng([SEED, len(kind)])
    covered = 0
    for _ in range(DRAWS):
        sizes = rng.integers(1, 10, 12)
        levels = rng.beta(9, 1, 12) if kind == "nearly all right" else rng.beta(2, 2, 12)
        names = np.repeat(np.arange(12), sizes)
        chances = np.repeat(levels, sizes)
        scores = chances if kind == "graded" else (rng.random(len(names)) < chances).astype(float)
        covered += holds(clustered_mean(scores.tolist(), names.tolist()), 0.9 if kind == "nearly all right" else 0.5)

    assert covered / DRAWS >= LEAST


@pytest.mark.parametrize("kind", ["graded", "right or wrong", "nearly all right"])
def test_stratified_interval_covers(kind):
    """Three strata of 100, 60 and 20 items with levels far apart, sampled 10, 6 and 4 at a time."""
    rng = np.random.default_rng([SEED, len(kind), 2])
    covered = 0
    for _ in range(DRAWS):
        levels = (0.98, 0.95, 0.9) if kind == "nearly all right" else (0.9, 0.5, 0.2)
        suite = [
            rng.beta(4 * level, 4 - 4 * level, size) if kind == "graded" else (rng.random(size) < level).astype(float)
            for level, size in zip(levels, (100, 60, 20), strict=True)
        ]
        drawn = [rng.permutation(part)[:n] for part, n in zip(suite, (10, 6, 4), strict=True)]
        interval = stratified_mean(
            np.concatenate(drawn).tolist(), [0] * 10 + [1] * 6 + [2] * 4, dict(enumerate((100, 60, 20)))
        )
        covered += holds(interval, float(np.concatenate(suite).mean()))

    assert covered / DRAWS >= LEAST


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: clustered_mean([0.5], "ab"), "one name each"),
        (lambda: clustered_mean([], ""), "one name each"),
        (lambda: clustered_mean([0.5, math.nan], "ab"), "score nan at place 1"),
        (lambda: clustered_mean([0.5, 0.5], "ab", n_clusters=1), "more scores than items"),
        (lambda: clustered_mean([0.5, 0.5], "ab", level=1.0), "level"),
        (lambda: stratified_mean([0.5], "a", {"a": 3, "b": 2}), "stratum 'b': 0 scores"),
        (lambda: stratified_mean([0.5], "a", {}), "stratum 'a': 1 scores of 0"),
        (lambda: stratified_mean([0.5] * 2, "aa", {"a": 1}), "2 scores of 1"),
        (lambda: stratified_mean([1.5], "a", {"a": 1}), r"score 1\.5"),
        (lambda: stratified_mean([0.5], "a", {"a": 1}, level=95), "level 95"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        call()
