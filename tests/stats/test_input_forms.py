"""Input in the forms that callers have: arrays for lists, numpy's small numbers, categories of any kind, large suites."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as oracle

from ippon import stats
from ippon.stats import greedy

SCORES = [0.0, 0.25, 0.5, 0.75, 1.0, 0.5, 0.25, 0.5]
GROUPS = [0, 0, 1, 1, 2, 2, 2, 3]


@pytest.mark.parametrize(
    "of",
    [
        lambda form: stats.finite_mean(form(SCORES), 20),
        lambda form: stats.population_mean(form(SCORES)),
        lambda form: stats.with_missing(form(SCORES), 20),
        lambda form: stats.finite_mean(form([]), 20),
        lambda form: stats.paired_difference(form(SCORES), form(SCORES[::-1]), 20),
        lambda form: stats.mcnemar(form([0.0, 1.0, 1.0]), form([1.0, 0.0, 0.0])),
        lambda form: stats.wilcoxon(form(SCORES)),
        lambda form: stats.clustered_mean(form(SCORES), form(GROUPS)),
        lambda form: stats.stratified_mean(form(SCORES), form(GROUPS), dict.fromkeys(range(4), 5)),
        lambda form: stats.cohen_kappa(form(GROUPS), form(GROUPS[::-1])),
        lambda form: stats.cohen_kappa(form(GROUPS), form(GROUPS[::-1]), weights="linear"),
        lambda form: stats.holm(form([0.01, 0.04, 0.03])),
        lambda form: stats.bca(form(SCORES), np.mean, rng=np.random.default_rng(1), resamples=200),
        lambda form: stats.halving(form([0, 1, 2]), lambda arm, _: arm / 2, 9, rng=np.random.default_rng(1)),
        lambda form: stats.estimate_mean(form(SCORES), form([3, 1, 2, 0, 9, 8, 7, 6]), 20),
    ],
)
def test_an_array_says_what_a_list_says(of):
    """Also one that cannot be written to, and one whose cells do not lie side by side."""

    def fixed(values):
        array = np.repeat(values, 2)[::2]
        array.setflags(write=False)
        return array

    assert of(list) == of(np.array) == of(fixed)


def test_small_numbers_of_numpy_do_not_overflow():
    """Differences of bytes and of truth values, and the binomial sums of hundreds of turns."""
    old, new = np.array([0, 1, 1, 0], dtype=np.uint8), np.array([1, 0, 1, 0], dtype=np.uint8)
    expected = stats.paired_difference([0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0])
    assert expected == stats.paired_difference(old, new) == stats.paired_difference(old > 0, new > 0)

    turned = np.arange(300) < 130
    assert stats.mcnemar(~turned, turned) == pytest.approx(oracle.binomtest(130, 300).pvalue, rel=1e-9)


def test_categories_are_what_python_calls_equal():
    """A number is not its digits, a pair is one rating, and nothing at all may be an answer."""
    assert stats.cohen_kappa([1, 2], ["1", "2"]) == 0.0
    assert stats.cohen_kappa([(0, 1), (1, 0)], [(1, 0), (0, 1)]) == -1.0
    assert stats.cohen_kappa([None, "a"], [None, "a"]) == 1.0


def test_a_statistic_that_sorts_leaves_the_rows_alone():
    """The bootstrap hands out copies only."""
    rows = np.array([0.5, 0.1, 0.9, 0.3])

    def lower_middle(sample):
        sample.sort()
        return float(sample[1])

    stats.bca(rows, lower_middle, rng=np.random.default_rng(1), resamples=200)

    assert rows.tolist() == [0.5, 0.1, 0.9, 0.3]


def test_the_score_of_a_list_knows_no_order():
    """To the last digit: systems that scored alike are tied, in whatever order their answers stand."""
    rng = np.random.default_rng(1)
    history, items, scores = rng.random((6, 60)), np.arange(21), rng.random(21)
    orders = [rng.permutation(21) for _ in range(20)]

    assert len({stats.screen_score(history, items[order], scores[order]) for order in orders}) == 1


def test_half_an_item_makes_no_suite():
    """Numbers of items are whole numbers, and no message speaks of the axes of arrays."""
    with pytest.raises(TypeError, match="integer"):
        stats.Certifier(60.0, rng=np.random.default_rng(1))


def test_rounding_is_no_shift():
    """Levels that differ in the last digit are one; as large a shift beside zero is one."""
    assert stats.changepoint([0.3] * 9 + [0.1 + 0.2] * 9) is None
    assert stats.changepoint([0.0] * 9 + [1e-17] * 9) is not None


def test_the_level_that_weighted_asks_for_is_enough():
    """The message says how to make the intervals."""
    with pytest.raises(ValueError, match=r"each of them at a level of 0\.975"):
        stats.weighted([stats.population_mean(SCORES)] * 2, [1.0, 1.0])

    assert stats.weighted([stats.population_mean(SCORES, level=0.975)] * 2, [1.0, 1.0]).level == 0.95


def test_a_suite_of_a_hundred_thousand_is_ranked_and_listed():
    """Time and room grow with the items, not with their square."""
    rng = np.random.default_rng(1)
    differences = rng.normal(0.002, 0.3, 100_000)
    asymptotic = oracle.wilcoxon(differences, method="asymptotic", correction=False).pvalue
    assert stats.wilcoxon(differences) == pytest.approx(asymptotic, rel=1e-6)

    screener = stats.Screener(np.empty((0, 100_000)), rng)
    for _ in range(20_000):
        screener.observe(screener.next(), 0.5)
    assert screener.score == 0.5

    chosen = greedy.greedy_items(rng.normal(size=(3, 100_000)), np.full(100_000, 0.1), 500)
    assert len(np.unique(chosen)) == 500
