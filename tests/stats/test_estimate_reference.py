"""The estimate against a second, direct one: whole covariance matrices, singular values, bisection, a loop over means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special
from scipy import stats as oracle

from ippon.stats import estimate_mean
from ippon.stats.factors import about_means
from ippon.stats.tilt import dispersion, log_odds, tilt_to, tilted, variance_curve


def tilt_by_bisection(odds, mean):
    """Where the mean of the tilted scores is `mean`, kept off 0 and 1."""
    goal = min(max(mean, 1e-6), 1.0 - 1e-6)
    return optimize.brentq(lambda tilt: special.expit(odds + tilt).mean() - goal, -60.0, 60.0, xtol=1e-13)


def room(means):
    """As a few runs know it."""
    return means * (1.0 - means) + 0.02


def kriged(columns, prior, noise, items, strays):
    """Predicted strays of all items and the residuals left out one by one, each from its own matrix."""
    covariance = columns @ np.diag(prior) @ columns.T
    seen = covariance[np.ix_(items, items)] + np.diag(noise[items])
    predicted = covariance[:, items] @ np.linalg.solve(seen, strays)
    residuals = []
    for out in range(len(items)):
        rest = np.delete(np.arange(len(items)), out)
        weights = np.linalg.solve(seen[np.ix_(rest, rest)], seen[rest, out])
        residuals.append(strays[out] - weights @ strays[rest])
    return predicted, np.array(residuals)


def reference(scores, items, history, level):
    """Value, low and high."""
    n_runs, n_items = history.shape
    n, mean = len(scores), history.mean(axis=0)
    odds = np.log((n_runs * mean + 0.5) / (n_runs * (1.0 - mean) + 0.5))
    strays = history - mean
    strays = strays - strays.mean(axis=1, keepdims=True)
    n_factors = max(1, min(6, n_runs // 4))
    _, sizes, directions = np.linalg.svd(strays, full_matrices=False)
    loadings = sizes[:n_factors, None] / np.sqrt(n_runs) * directions[:n_factors]
    spread = (strays**2).mean() * n_runs / (n_runs - 1)
    noise_mean = max(spread - (loadings**2).sum() / n_items, 0.3 * spread)
    left = strays - strays @ directions[:n_factors].T @ directions[:n_factors]
    own = ((left**2).sum(axis=0) + 5.0 * noise_mean) / (n_runs + 5.0)
    noise = 0.5 * noise_mean + 0.5 * own * noise_mean / own.mean()
    level_prior = max(0.03, 2.0 * history.mean(axis=1).var())

    tilt = special.expit(odds + tilt_by_bisection(odds[items], scores.mean()))
    factors = (0.5,) * n_factors
    columns = np.column_stack([np.ones(n_items), mean - mean.mean(), *loadings])
    plain, plain_left = kriged(columns, (level_prior, 0.1, *factors), noise, items, scores - mean[items])
    more = noise.mean() * np.maximum(room(tilt) - room(mean), 0.0) / room(mean).mean()
    columns = np.column_stack([np.ones(n_items), *loadings])
    moved, moved_left = kriged(columns, (level_prior, *factors), noise + more, items, scores - tilt[items])
    unseen = np.setdiff1d(np.arange(n_items), items)
    value = (scores.sum() + 0.5 * (mean + plain + tilt + moved)[unseen].sum()) / n_items

    residuals = 0.5 * (plain_left + moved_left)
    phi = phi_of(history)
    lowest, highest = scores.sum() / n_items, (scores.sum() + n_items - n) / n_items
    value = min(max(value, lowest), highest)
    kept = [m for m in np.linspace(lowest, highest, 801) if holds(m, value, residuals, phi, odds, n_items, level)]
    step = (highest - lowest) / 800
    return value, max(min(kept) - step / 2, lowest), min(max(kept) + step / 2, highest)


def phi_of(history):
    """Scatter of each run about the tilt of the others, as a share of that of 0/1 scores."""
    n_runs, each, scatters, rooms = len(history), [], [], []
    for run in range(n_runs):
        others = np.delete(history, run, axis=0).mean(axis=0)
        odds = np.log(((n_runs - 1) * others + 0.5) / ((n_runs - 1) * (1.0 - others) + 0.5))
        expected = special.expit(odds + tilt_by_bisection(odds, history[run].mean()))
        scatters.append(((history[run] - expected) ** 2).sum())
        rooms.append((expected * (1.0 - expected)).sum())
        each.append(scatters[-1] / rooms[-1])
    return sum(scatters) / sum(rooms) * (1.0 + np.std(each) / np.mean(each) / 4)


def holds(m, value, residuals, phi, odds, n_items, level):
    """Whether the value would be no surprise if the suite's mean were m."""
    n = len(residuals)
    ss = (residuals**2).sum() / (n - 1)
    if 0.0 < m < 1.0:
        expected = special.expit(odds + tilt_by_bisection(odds, m))
        spread = phi * (expected * (1.0 - expected)).mean()
        kurtosis_less_1 = (1.0 - 4.0 * m * (1.0 - m)) / (m * (1.0 - m))
        own = (n - 1) * min(1.0, 2.0 / max(kurtosis_less_1, 1e-12))
    else:
        spread = own = 0.0
    s2 = (own * ss + 20.0 * spread) / (own + 20.0)
    s2 = max(s2, ss)
    quantile = oracle.t.ppf(0.5 + level / 2, n - 1)
    return abs(value - m) <= 1.03 * quantile * np.sqrt(s2 * (1.0 - n / n_items) / n)


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize(("n_runs", "graded"), [(3, False), (3, True), (9, False), (20, True), (30, False)])
def test_the_estimate_is_what_its_recipe_says(n_runs, graded, level):
    """To the digits that a grid leaves: half a step of 1/800 of what is still possible, and a curve of 800 points."""
    rng = np.random.default_rng([n_runs, graded])
    odds = rng.normal(0.5, 1.0, (n_runs + 1, 1)) + rng.normal(0.0, 1.5, 70)
    runs = special.expit(odds)
    runs = np.clip(runs + rng.normal(0, 0.15, runs.shape), 0, 1) if graded else (rng.random(runs.shape) < runs) * 1.0
    items = rng.permutation(70)[:20]
    found = estimate_mean(runs[0][items], items, 70, history=runs[1:], level=level)
    value, low, high = reference(runs[0][items], items, runs[1:], level)

    assert value == pytest.approx(found.value, abs=1e-8)
    assert (low, high) == pytest.approx((found.low, found.high), abs=1.01 * 50 / 70 / 800)


@settings(deadline=None)
@given(seed=st.integers(0, 9999), steep=st.floats(0.0, 8.0), mean=st.floats(0.0, 1.0))
def test_a_tilt_reaches_every_mean(seed, steep, mean):
    """Also where items are easy or impossible, and nothing between; a mean of 0 or 1 to one in a million."""
    odds = steep * np.sign(np.random.default_rng(seed).normal(size=(2, 12)))
    reached = tilted(odds, tilt_to(odds, np.array([mean, 0.5]))[:, None]).mean(axis=1)

    assert [mean, 0.5] == pytest.approx(reached, abs=2e-6)


def test_the_variance_curve_ends_at_nothing_and_peaks_below_a_quarter():
    """Spread about the tilt, at each mean of the suite; less than that of equal items."""
    at = np.linspace(0.0, 1.0, 101)
    curve = variance_curve(np.linspace(-2.0, 2.0, 30), at)

    assert 0.0 == curve[0] == curve[-1]
    assert (curve <= at * (1.0 - at) + 1e-12).all()
    assert curve == pytest.approx(curve[::-1], abs=1e-4)


@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_the_variance_curve_of_items_all_alike_is_that_of_0_1_scores(mean):
    """However far the past runs were from the mean that is asked about."""
    at = np.linspace(0.0, 1.0, 101)
    curve = variance_curve(log_odds(np.full(5, mean), 1000), at)

    assert at * (1.0 - at) == pytest.approx(curve, abs=2e-3)


def test_dispersion_is_one_for_right_or_wrong_and_less_for_graded():
    """SE of the first over 20 x 500 scores: about .02."""
    rng = np.random.default_rng(8)
    chances = special.expit(rng.normal(0.0, 1.0, (20, 1)) + rng.normal(0.0, 1.5, 500))
    everything = np.ones(chances.shape, dtype=bool)

    assert 1.0 == pytest.approx(dispersion((rng.random(chances.shape) < chances) * 1.0, everything), abs=0.1)
    assert dispersion(np.clip(chances + rng.normal(0.0, 0.1, chances.shape), 0.0, 1.0), everything) < 0.15


def test_filled_cells_do_not_make_past_runs_look_alike():
    """Dispersion and noise are those of what was scored, though four in five cells are guesses."""
    rng = np.random.default_rng(9)
    chances = special.expit(rng.normal(0.0, 1.0, (20, 1)) + rng.normal(0.0, 1.5, 400))
    runs = (rng.random(chances.shape) < chances) * 1.0
    scored = rng.random(runs.shape) < 0.2
    guessed = np.where(scored, runs, chances)

    assert dispersion(guessed, scored) > 0.8
    assert about_means(guessed, scored).noise.mean() > 0.6 * about_means(runs, np.ones_like(scored)).noise.mean()
