"""Shifts in level: false alarms first, on every kind of noise that is promised, then what is found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.stats.level_shift import changepoint

SEED = 20_261_125
NOISE = {
    "normal": lambda rng, n: rng.normal(size=n),
    "heavy": lambda rng, n: rng.standard_t(3, n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n),
    "mildly skewed": lambda rng, n: np.exp(0.5 * rng.normal(size=n)),
    "skewed": lambda rng, n: rng.exponential(size=n),
    "bounded": lambda rng, n: rng.random(n),
    "share of a suite": lambda rng, n: rng.binomial(42, 0.9, n) / 42,
    "rare zero": lambda rng, n: (rng.random(n) < 0.95).astype(float),
}


def alarms(noise, n, series):
    """Share of stationary series with an alarm."""
    rng = np.random.default_rng([SEED, n, *noise.encode()])
    return sum(changepoint(NOISE[noise](rng, n)) is not None for _ in range(series)) / series


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize(("n", "series"), [(10, 400), (24, 400), (25, 400), (100, 300)])
def test_stationary_series_rarely_alarm(noise, n, series):
    """At most 1 in 200, and three standard errors of the simulation; the benchmark measures with fifty times as many."""
    assert alarms(noise, n, series) <= 0.005 + 3 * math.sqrt(0.005 * 0.995 / series)


@pytest.mark.parametrize(("n", "rho", "most"), [(25, 0.4, 0.03), (60, 0.4, 0.018), (200, 0.4, 0.006)])
def test_autocorrelation_is_reckoned_with(n, rho, most):
    """As the docstring says, with three standard errors; without the correction it is 4 to 27 times as much."""
    rng = np.random.default_rng([SEED, n])
    series = 300
    found = 0
    for _ in range(series):
        values = rng.normal(size=n + 50)
        for at in range(1, n + 50):
            values[at] += rho * values[at - 1]
        found += changepoint(values[50:]) is not None

    assert found / series <= most + 3 * math.sqrt(most * (1 - most) / series)


@pytest.mark.parametrize(
    ("n", "at", "shift", "least"), [(10, 5, 6.0, 0.7), (20, 10, 3.0, 0.6), (30, 15, 2.5, 0.8), (100, 70, 1.2, 0.8)]
)
def test_a_clear_shift_is_found_where_it_is(n, at, shift, least):
    """Shifts, in standard deviations of the noise, and the least share of them that is found; mostly at the very run."""
    rng = np.random.default_rng([SEED, n, at])
    found = []
    for _ in range(100):
        values = rng.normal(size=n)
        values[at:] += shift
        found.append(changepoint(values))
    right = [point for point in found if point is not None]

    assert len(right) >= 100 * least
    assert np.median([abs(point.index - at) for point in right]) <= 2
    assert np.mean([point.after - point.before for point in right]) == pytest.approx(shift, rel=0.25)


def test_levels_and_place_of_a_step():
    """Twelve runs near .9, then eight near .7."""
    step = changepoint(
        [0.9, 0.91, 0.89, 0.9, 0.92, 0.9, 0.88, 0.9, 0.91, 0.9, 0.89, 0.91, 0.7, 0.72, 0.69, 0.7, 0.71, 0.68, 0.7, 0.7]
    )

    assert step is not None
    assert (step.index, round(step.before, 3), round(step.after, 3)) == (12, 0.901, 0.7)
    assert step.p < 1e-4


@pytest.mark.parametrize("n", [10, 24, 25, 1000])
def test_a_constant_series_has_no_shift(n):
    """Nothing varies, nothing shifted; and one odd run at the end is no level."""
    assert changepoint([0.7] * n) is None
    assert changepoint([0.7] * (n - 1) + [0.2]) is None


def test_two_constant_levels_are_found():
    """No noise within the levels: ranks alone decide."""
    step = changepoint([0.8] * 20 + [0.6] * 20)

    assert step is not None
    assert (step.index, step.before, step.after) == (20, pytest.approx(0.8), pytest.approx(0.6))


@settings(deadline=None)
@given(values=st.lists(st.floats(0, 1, width=16), min_size=10, max_size=60), alpha=st.sampled_from([0.005, 0.2, 0.9]))
def test_symmetries(values, alpha):
    """Turning the scale swaps the levels and changes nothing else; p is a chance, at most alpha."""
    straight = changepoint(values, alpha=alpha)
    turned = changepoint([1.0 - value for value in values], alpha=alpha)

    assert (straight is None) == (turned is None)
    if straight is not None:
        assert turned.index == straight.index
        assert (turned.before, turned.after) == pytest.approx((1.0 - straight.before, 1.0 - straight.after))
        assert 0.0 <= straight.p <= alpha
        assert 4 <= straight.index <= len(values) - 4


@settings(deadline=None)
@given(values=st.lists(st.integers(1, 1000).map(lambda thousandths: thousandths / 1000), min_size=25, max_size=60))
def test_ranks_know_no_scale(values):
    """From 25 runs on any growing function of the scores gives the same p."""
    straight, bent = (changepoint(each, alpha=0.99) for each in (values, [math.log(value) for value in values]))

    assert (straight is None) == (bent is None)
    assert straight is None or (straight.index, straight.p) == (bent.index, bent.p)


@pytest.mark.parametrize(
    ("series", "alpha", "words"),
    [
        ([0.5] * 9, 0.005, "10 runs"),
        ([[0.5] * 20], 0.005, "10 runs"),
        ([0.5] * 12 + [math.nan], 0.005, "run 12 of the series is nan"),
        ([0.5] * 12 + [math.inf], 0.005, "run 12"),
        ([0.5] * 12, 0.0, "alpha"),
    ],
)
def test_what_makes_no_sense_is_refused(series, alpha, words):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        changepoint(series, alpha=alpha)
