"""The parts of the certifier: bets, controls, and the end of a suite, one by one against plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.stats.bets import GAPS, LARGEST_STAKE, Step, log_gains, log_wealth, sides
from ippon.stats.controls import Controls, centred
from ippon.stats.outlook import Learner, Outlook, outlook_of_history

UNIT = st.floats(0, 1)


@settings(deadline=None)
@given(
    score=UNIT,
    mean=st.floats(0.01, 0.99),
    forecasts=st.lists(UNIT, min_size=1, max_size=6),
    variance=st.floats(1e-4, 1),
    up=st.booleans(),
)
def test_no_bet_loses_more_than_the_largest_stake(score, mean, forecasts, variance, up):
    """Whatever comes; and it pays what the formula in the module's docstring says."""
    part = centred(np.array(forecasts), 1)
    step = Step(len(forecasts), part.offset, part.above, part.below, np.array([variance]))
    claim = sides([up], (0.0, 1.0))
    logs = log_gains(claim, claim.signs * mean, np.array([score]), step, GAPS)
    assert (np.exp(logs) >= 1 - LARGEST_STAKE - 1e-9).all()
    offset = forecasts[0] - np.mean(forecasts)
    sign, low = (1, 0) if up else (-1, 1)
    reach = max(forecasts) - np.mean(forecasts) if up else np.mean(forecasts) - min(forecasts)
    slope = np.minimum(GAPS / (variance + GAPS**2), LARGEST_STAKE / (abs(mean - low) + reach))
    assert 1 + slope[0] * sign * (score - mean - offset) == pytest.approx(np.exp(logs[0, 0]), abs=1e-9)


@settings(deadline=None)
@given(score=UNIT, means=st.lists(st.floats(0.001, 0.999), min_size=2, max_size=5), variance=st.floats(1e-3, 1))
def test_a_bet_pays_less_the_higher_the_boundary(score, means, variance):
    """What the halving of the interval rests on."""
    means = np.sort(means)
    n = len(means)
    step = Step(9, *(np.full((n, 1), each) for each in (0.1, 0.3, 0.2, variance)))
    logs = log_gains(sides([True], (0.0, 1.0)), means, np.full(n, score), step, GAPS)
    assert (np.diff(logs, axis=0) <= 1e-12).all()


@pytest.mark.parametrize("mean", [-0.5, 0.0, 1e-10, 1.0 - 1e-10, 1.0, 1.5])
def test_nothing_is_bet_where_nothing_is_in_doubt(mean):
    """At the ends of the scale and beyond, rounding aside: no gain, no loss, no warning."""
    step = Step(5, *(np.array([each]) for each in (0.0, 0.0, 0.0, 0.1)))
    for score in (0.0, 1.0):
        assert not log_gains(sides([True], (0.0, 1.0)), np.array([mean]), np.array([score]), step, GAPS).any()


def test_wealth_is_averaged_without_overflow():
    """Logs of thousands."""
    logs = np.array([[[0.0, 0.0], [0.0, np.log(5.0)]], [[5000.0, -5000.0], [-1e4, 0.0]]])
    assert [np.log(2.0), 5000.0 - np.log(4.0)] == pytest.approx(log_wealth(logs))


@settings(deadline=None)
@given(forecasts=st.lists(UNIT, min_size=1, max_size=12), data=st.data())
def test_centred_forecasts(forecasts, data):
    """Against the definition, item by item."""
    n_next = data.draw(st.integers(1, len(forecasts)))
    found = centred(np.array(forecasts), n_next)
    for at in range(n_next):
        left = np.array(forecasts[at:])
        expected = left[0] - left.mean(), left.max() - left.mean(), left.mean() - left.min()
        assert expected == pytest.approx([column[at] for column in found], abs=1e-12)


def test_learning_is_ridge_regression():
    """Forecasts after some scores: those of the closed form with the same prior."""
    rng = np.random.default_rng(3)
    columns, start, scores = rng.normal(size=(30, 3)), rng.uniform(0.4, 0.6, 30), rng.random(30)
    variances, noise = np.array([1.0, 0.5, 0.05]), 0.2
    outlook = Outlook(0.5, 0.1, (-9.0, 9.0), np.zeros(30), Learner(start, columns, variances, noise))
    controls = Controls(outlook)
    for at in range(12):
        controls.learn(controls.step(at), scores[at])
    seen = columns[:12]
    weights = np.linalg.solve(seen.T @ seen + noise * np.diag(1 / variances), seen.T @ (scores - start)[:12])
    left = (start + columns @ weights)[12:]
    assert left[0] - left.mean() == pytest.approx(controls.step(12).offset[1], abs=1e-9)


def test_variance_counts_residuals_beside_the_first_guess():
    """The guess as much as twenty scores; of a forecast that stays, about the mean so far."""
    controls = Controls(Outlook(0.5, 0.1, (0.0, 1.0), np.zeros(10)))
    for at, score in enumerate([1.0, 0.0]):
        controls.learn(controls.step(at), score)
    assert (20 * 0.1 + 0.5**2 + 0.75**2) / 22 == pytest.approx(controls.step(2).variance[0])


def test_few_runs_are_drawn_together():
    """Noise only: every item is forecast alike; clear differences: nearly as they are."""
    rng = np.random.default_rng(4)
    noisy = outlook_of_history(rng.random((3, 400)), None, 0.5)
    clear = outlook_of_history(np.tile(np.arange(400) % 2, (3, 1)) * 0.9 + 0.02 * rng.random((3, 400)), None, 0.5)
    assert np.ptp(noisy.forecast) < 0.35
    assert 0.9 == pytest.approx(clear.forecast[1::2].mean() - clear.forecast[::2].mean(), abs=0.01)
