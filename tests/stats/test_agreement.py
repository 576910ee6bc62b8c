"""Agreement of judges against known answers, the bootstrap against scipy, and their edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as oracle

from ippon.stats.agreement import cohen_kappa, flip_rate, krippendorff_alpha
from ippon.stats.bootstrap import bca
from ippon.stats.intervals import population_mean

SEED = 20_261_125
NAN = math.nan
# Four judges, twelve items: the worked example of Krippendorff (2011).
RATINGS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]
LABELS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)


def rng():
    """The same draws each time."""
    return np.random.default_rng(SEED)


def from_table(table):
    """Two raters' categories from a table of counts."""
    return zip(
        *[(i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)], strict=True
    )


@pytest.mark.parametrize(
    ("weights", "kappa"),
    [(None, 0.5454545454545454), ("linear", 0.6380090497737557), ("quadratic", 0.7297297297297297)],
)
def test_kappa_agrees_with_statsmodels(weights, kappa):
    """Version 0.15.0, inter_rater.cohens_kappa(table, wt=weights)."""
    one, two = from_table([[11, 3, 1], [2, 9, 4], [0, 5, 15]])

    assert cohen_kappa(one, two, weights=weights) == pytest.approx(kappa, abs=1e-12)


@settings(deadline=None)
@given(pairs=LABELS, weights=st.sampled_from([None, "linear", "quadratic"]), shuffle=st.randoms(use_true_random=False))
def test_kappa_knows_no_first_rater_and_no_order(pairs, weights, shuffle):
    """Raters may be swapped and items shuffled; 1 is full agreement and the most there is."""
    others = [(two, one) for one, two in pairs]
    shuffle.shuffle(others)
    if len({label for pair in pairs for label in pair}) == 1:
        with pytest.raises(ValueError, match="not defined"):
            cohen_kappa(*zip(*pairs, strict=True), weights=weights)
        return
    kappa = cohen_kappa(*zip(*pairs, strict=True), weights=weights)

    assert kappa == pytest.approx(cohen_kappa(*zip(*others, strict=True), weights=weights), abs=1e-12)
    assert kappa <= 1.0
    assert (kappa > 1.0 - 1e-12) == all(one == two for one, two in pairs)


def test_kappa_takes_words():
    """Categories need not be numbers: here they agree in three of four, by chance in half."""
    assert cohen_kappa(["good", "poor", "good", "poor"], ["good", "poor", "poor", "poor"]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("metric", "alpha"),
    [("nominal", 0.743421052631579), ("ordinal", 0.8153875037548814), ("interval", 0.8491071428571428)],
)
def test_alpha_agrees_with_the_worked_example(metric, alpha):
    """Published as .743, .815 and .849; the digits are those of krippendorff 0.9.0, alpha(level_of_measurement=metric)."""
    interval = krippendorff_alpha(RATINGS, metric, rng=rng(), resamples=200)

    assert interval.value == pytest.approx(alpha, abs=1e-12)
    assert interval.low < alpha < interval.high <= 1.0
    assert interval.method == "bca"


def test_alpha_interval_covers():
    """Three judges who are right with chance .85 on 40 items of 3 kinds: 95% holds in 92% and more, less three errors.

    The bootstrap of 40 items is short of its level by a point or two; 100 draws, standard error 2.2 points.
    """
    draws = rng()

    def judged(n):
        truth = draws.integers(0, 3, n)
        return np.where(draws.random((3, n)) < 0.85, truth, draws.integers(0, 3, (3, n)))

    right = 0.9  # with chance .15 a judge picks any of three, so is right after all in a third of these
    alpha = 1.0 - (1.0 - (right**2 + (1 - right) ** 2 / 2)) / (2 / 3)
    intervals = [krippendorff_alpha(judged(40), rng=draws, resamples=200) for _ in range(100)]
    covered = sum(each.low <= alpha <= each.high for each in intervals) / 100

    assert np.mean([each.value for each in intervals]) == pytest.approx(alpha, abs=0.02)
    assert covered >= 0.92 - 3 * 0.022


def test_full_agreement_is_not_certain():
    """Ten items, no disagreement: as many may have one as the exact bound of none in ten leaves."""
    interval = krippendorff_alpha([[0.0] * 5 + [1.0] * 5] * 2, rng=rng())
    share = population_mean([0.0] * 10).high

    assert (interval.value, interval.high, interval.method) == (1.0, 1.0, "clopper-pearson")
    assert interval.low == pytest.approx(1.0 - share / (10 / 19))
    assert krippendorff_alpha([[0.0, 1.0]] * 2, rng=rng()).low == pytest.approx(-0.26, abs=0.01)


def test_alpha_of_a_resample_in_which_all_are_equal_is_one():
    """Two items of three are alike: some resamples hold those alone."""
    interval = krippendorff_alpha([[0, 0, 1], [0, 0, 0]], rng=rng(), resamples=100)

    assert interval.high == 1.0


def test_flip_rate_is_exact():
    """Two of five items flip; one of the six was judged once and says nothing."""
    verdicts = [[1, 1, NAN], [0, 1, 1], [0.5, 0.5, 0.5], [1, NAN, 0], [0, 0, NAN], [1, NAN, NAN]]
    expected = oracle.binomtest(2, 5).proportion_ci(0.95, method="exact")
    rate = flip_rate(verdicts)

    assert (rate.value, rate.low, rate.high) == pytest.approx((0.4, expected.low, expected.high))
    assert rate.method == "clopper-pearson"


def test_bca_agrees_with_scipy():
    """Mean and a skewed statistic of 60 rows; both from 9,999 resamples of their own, so within their noise."""
    rows = np.random.default_rng(3).exponential(size=60)
    for statistic in (np.mean, np.var):
        ours = bca(rows, lambda sample, f=statistic: float(f(sample)), rng=rng(), resamples=5000)
        theirs = oracle.bootstrap((rows,), statistic, method="BCa", n_resamples=9999, rng=rng()).confidence_interval
        width = theirs.high - theirs.low

        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.04 * width)


def test_bca_is_reproducible_and_holds_its_value():
    """The same generator gives the same interval; a statistic that hits one side only still has one."""
    rows = np.arange(30.0)

    assert bca(rows, np.median, rng=rng()) == bca(rows, np.median, rng=rng())
    largest = bca(rows, lambda sample: float(sample.max()), rng=rng(), resamples=300)
    assert largest.low <= largest.value == largest.high == 29.0
    # Seldom is all that decides, so the jackknife sees nothing: no acceleration.
    flat = bca(rows, lambda sample: float(len(np.unique(sample)) > 18), rng=rng(), resamples=300)
    assert (flat.low, flat.high) == (0.0, 1.0)


def test_bca_past_its_pole():
    """A statistic skewed beyond what the transformation bears ends at the outermost resample."""
    rows = np.array([0.0] * 20 + [1.0])
    interval = bca(rows, lambda sample: float(sample.sum() ** 9), rng=rng(), resamples=500, level=1.0 - 1e-12)

    assert interval.high >= 1.0
    assert interval.low == 0.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: cohen_kappa([1], [1, 2]), "the same items"),
        (lambda: cohen_kappa([], []), "at least one"),
        (lambda: cohen_kappa([1, 1], [1, 1]), "not defined"),
        (lambda: cohen_kappa([NAN, 1], [NAN, 0]), "NaN is no category"),
        (lambda: cohen_kappa([1, 2], [1, 1], weights="square"), "weights 'square'"),
        (lambda: krippendorff_alpha(RATINGS, "ratio", rng=rng()), "metric 'ratio'"),
        (lambda: krippendorff_alpha([1, 2], rng=rng()), "no table"),
        (lambda: krippendorff_alpha([[1, 2], [math.inf, 2]], rng=rng()), "no table"),
        (lambda: krippendorff_alpha([[1, NAN], [NAN, 2]], rng=rng()), "two ratings"),
        (lambda: krippendorff_alpha([[1, 1], [1, 1]], rng=rng()), "not defined"),
        (lambda: krippendorff_alpha([[1], [2]], rng=rng()), "needs 2 rows"),
        (lambda: flip_rate([[1, NAN]]), "two ratings"),
        (lambda: bca(np.arange(9), np.mean, rng=rng(), resamples=9), "100 resamples"),
        (lambda: bca(np.arange(9), np.mean, rng=rng(), level=1.0), "level"),
        (lambda: bca(np.ones(9), np.mean, rng=rng()), "every resample"),
        (lambda: bca(np.arange(9), lambda _: NAN, rng=rng()), "not a finite number"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        call()
