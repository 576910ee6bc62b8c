"""Planning: against the noncentral t, both ways round, and what the Certifier needs by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as oracle

from ippon.stats.certifier_power import simulated_use, smallest_gap_certified
from ippon.stats.power import (
    Spread,
    evaluations_needed,
    judge_noise,
    smallest_gap,
    spread_of_differences,
    spread_of_residuals,
)

NAN = math.nan
PLANS = {
    "n_items": st.none() | st.integers(60, 2000),
    "power": st.floats(0.1, 0.99),
    "alpha": st.sampled_from([0.01, 0.05]),
}


def runs(n_runs=8, n_items=60):
    """Past runs of graded scores."""
    rng = np.random.default_rng(5)
    level = rng.beta(2, 2, n_items)
    return np.clip(level + rng.normal(0, 0.15, (n_runs, n_items)) + np.linspace(-0.1, 0.1, n_runs)[:, None], 0, 1)


@pytest.mark.parametrize(
    ("n", "spread", "power", "alpha", "expected"),
    [
        (10, 0.3, 0.8, 0.05, 0.29880057322872533),
        (42, 0.3, 0.8, 0.05, 0.13282633079546335),
        (100, 0.2, 0.9, 0.01, 0.07846915824791945),
        (400, 0.4, 0.5, 0.05, 0.03929164390080531),
    ],
)
def test_the_gap_is_near_the_exact_one(n, spread, power, alpha, expected):
    """In statsmodels 0.15.0 TTestPower().solve_power(nobs=n, alpha=alpha, power=power) * spread; within 3%."""
    assert smallest_gap(n, spread, power=power, alpha=alpha) == pytest.approx(expected, rel=0.03)


@settings(deadline=None)
@given(n=st.integers(10, 300), power=st.floats(0.5, 0.95))
def test_the_power_is_near_what_was_asked_for(n, power):
    """The noncentral t, as scipy has it, at the gap that was found."""
    shift = smallest_gap(n, 1.0, power=power) * math.sqrt(n)
    edge = oracle.t.ppf(0.975, n - 1)

    assert oracle.nct.sf(edge, n - 1, shift) == pytest.approx(power, abs=0.03)


@settings(deadline=None)
@given(gap=st.floats(0.01, 0.5), spread=st.floats(0.0, 0.5), **PLANS)
def test_needed_is_the_fewest_that_see_the_gap(gap, spread, n_items, power, alpha):
    """One fewer would not do; None means that not even the whole suite would."""
    if power <= alpha:
        return
    n = evaluations_needed(gap, spread, n_items=n_items, power=power, alpha=alpha)

    assert n is not None  # a whole suite leaves nothing uncertain where the judge is steady
    assert smallest_gap(n, spread, n_items=n_items, power=power, alpha=alpha) <= gap
    assert n == 2 or smallest_gap(n - 1, spread, n_items=n_items, power=power, alpha=alpha) > gap


def test_a_noisy_judge_keeps_a_whole_suite_uncertain():
    """Items are all known, the judge is not: repeats help, nothing else does."""
    noisy = Spread(total=0.3, noise=0.2)
    whole = smallest_gap(100, noisy, n_items=100)

    assert whole == pytest.approx(smallest_gap(100, 0.2), rel=1e-12)
    assert smallest_gap(100, Spread(total=0.3, noise=0.2, repeats=4), n_items=100) == pytest.approx(whole / 2)
    assert evaluations_needed(0.01, noisy, n_items=100) is None
    assert evaluations_needed(1e-9, 0.3) is None
    assert smallest_gap(100, 0.3, n_items=100) == 0.0


def test_spreads_are_those_of_all_pairs():
    """Direct loops over pairs of runs, and over each run beside the mean of the others."""
    past = runs()
    pairs = [np.var(past[b] - past[a], ddof=1) for a in range(8) for b in range(8) if a != b]
    alone = [np.var(past[s] - np.delete(past, s, axis=0).mean(axis=0), ddof=1) for s in range(8)]

    assert spread_of_differences(past) == pytest.approx(math.sqrt(np.mean(pairs)))
    assert spread_of_residuals(past) == pytest.approx(math.sqrt(np.mean(alone)))


def test_gaps_in_history_are_filled():
    """A missing cell changes little and breaks nothing."""
    past = runs()
    holed = past.copy()
    holed[2, 7] = NAN

    assert spread_of_differences(holed) == pytest.approx(spread_of_differences(past), rel=0.05)


def test_judge_noise_is_pooled_within_items():
    """Three items with 2, 3 and 1 verdicts; by hand."""
    assert judge_noise([[0.2, 0.4, NAN], [0.5, 0.5, 0.8], [0.9, NAN, NAN]]) == pytest.approx(math.sqrt(0.08 / 3))


def test_the_certifier_needs_fewer_items_for_larger_gaps():
    """And finds what it said it would; a system that is worse costs about the same."""
    past = runs(12, 80)
    small, large, down = (
        simulated_use(past, gap, rng=np.random.default_rng(1), draws=8) for gap in (0.05, 0.15, -0.15)
    )

    assert np.median(large) < np.median(small) <= 81
    assert (np.diff(small) >= 0).all()
    assert np.median(down) < np.median(small)
    assert np.array_equal(large, simulated_use(past, 0.15, rng=np.random.default_rng(1), draws=8))


def test_the_smallest_gap_is_one_that_is_seen():
    """Common draws at every gap: the gap that is found passes, and more items see less."""
    past = runs(12, 80)
    few, many = (smallest_gap_certified(n, past, rng=np.random.default_rng(2), draws=8) for n in (20, 60))

    assert 0.0 < many < few < 1.0
    assert smallest_gap_certified(1, past, rng=np.random.default_rng(2), draws=4) is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: smallest_gap(1, 0.3), "at least 2"),
        (lambda: smallest_gap(9, 0.3, n_items=8), "no more than it has"),
        (lambda: smallest_gap(NAN, 0.3), "nan evaluations"),
        (lambda: smallest_gap(math.inf, 0.3), "inf evaluations"),
        (lambda: smallest_gap(9, -0.3), "noise is a part"),
        (lambda: smallest_gap(9, NAN), "noise is a part"),
        (lambda: smallest_gap(9, Spread(total=0.1, noise=0.2)), "noise is a part"),
        (lambda: smallest_gap(9, Spread(total=0.1, repeats=0)), "repeats"),
        (lambda: smallest_gap(9, 0.3, power=1.0), "power"),
        (lambda: smallest_gap(9, 0.3, power=0.04), "power above alpha"),
        (lambda: smallest_gap(9, 0.3, alpha=0.0), "alpha"),
        (lambda: evaluations_needed(0.0, 0.3), "gap 0"),
        (lambda: spread_of_differences([[0.5, 0.4]]), "needs 2 runs"),
        (lambda: spread_of_differences([0.5, 0.4]), "not a table"),
        (lambda: spread_of_residuals([[0.5, 0.4]] * 2), "needs 3 runs"),
        (lambda: spread_of_residuals([[0.5]] * 3), "of at least 2"),
        (lambda: spread_of_residuals([[0.5, 1.4]] * 3), r"1\.4 at run 0, item 1"),
        (lambda: judge_noise([0.5]), "table"),
        (lambda: judge_noise([[0.5, 2.0]]), r"score of 2\.0"),
        (lambda: judge_noise([[0.5, NAN]]), "judged twice"),
        (lambda: simulated_use(runs(4), 0.1, rng=np.random.default_rng(1)), "needs 5 runs"),
        (lambda: simulated_use(runs(), 0.0, rng=np.random.default_rng(1)), "not 0"),
        (lambda: simulated_use(runs(), 0.1, rng=np.random.default_rng(1), draws=0), "0 draws"),
        (lambda: simulated_use(runs(), 0.1, rng=np.random.default_rng(1), n=-3), "-3 items at most"),
        (lambda: simulated_use(runs(), 0.9, rng=np.random.default_rng(1)), "no past run has room"),
        (lambda: smallest_gap_certified(0, runs(), rng=np.random.default_rng(1)), "0 items"),
        (lambda: smallest_gap_certified(9, runs(), rng=np.random.default_rng(1), power=1.0), "power of 1"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        call()
