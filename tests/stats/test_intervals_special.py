"""The special functions against scipy, and at their edges."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special as oracle
from scipy import stats as distributions

from ippon.stats.special import beta_cdf, beta_quantile, hypergeometric_cdf, log_hypergeometric, t_quantile

SHAPES = st.floats(-0.3, 4.0).map(lambda power: 10.0**power)
SHARES = st.floats(1e-9, 1.0 - 1e-9)


@st.composite
def draws(draw):
    """A count that can occur: items, marked, drawn, marked among the drawn."""
    n_items = draw(st.sampled_from([1, 2, 6, 42, 300, 10_000]))
    n_marked = draw(st.integers(0, n_items))
    n_drawn = draw(st.integers(0, n_items))
    x = draw(st.integers(max(0, n_drawn + n_marked - n_items), min(n_drawn, n_marked)))
    return x, n_items, n_marked, n_drawn


@settings(deadline=None)
@given(a=SHAPES, b=SHAPES, share=SHARES)
def test_incomplete_beta_agrees_with_scipy(a, b, share):
    """The regularised incomplete beta function is right to 1e-9, at every height of the curve."""
    x = float(oracle.betaincinv(a, b, share))

    assert beta_cdf(x, a, b) == pytest.approx(float(oracle.betainc(a, b, x)), abs=1e-9)


@settings(deadline=None)
@given(a=SHAPES, b=SHAPES, share=SHARES)
def test_beta_quantile_agrees_with_scipy(a, b, share):
    """The inverse is right to 1e-9."""
    assert beta_quantile(share, a, b) == pytest.approx(float(oracle.betaincinv(a, b, share)), abs=1e-9)


@pytest.mark.parametrize(("x", "expected"), [(0.0, 0.0), (-0.1, 0.0), (1.0, 1.0), (1.1, 1.0)])
def test_incomplete_beta_is_flat_outside_its_range(x, expected):
    """Below 0 nothing, above 1 all of it."""
    assert beta_cdf(x, 2.0, 3.0) == expected


@pytest.mark.parametrize("freedom", [1, 2, 2.5, 3, 4, 9, 19, 41, 99, 999, 9_999])
@pytest.mark.parametrize("level", [0.001, 0.3, 0.5, 0.8, 0.9, 0.95, 0.99, 0.9999])
def test_t_quantile_agrees_with_scipy(level, freedom):
    """Student's quantile is right to 1e-9 of itself, from one degree of freedom to ten thousand."""
    assert t_quantile(level, freedom) == pytest.approx(float(distributions.t.ppf(0.5 + level / 2, freedom)), rel=1e-9)


def test_t_quantile_of_one_degree_of_freedom_is_the_cauchy_one():
    """A known answer in closed form: tan(pi level / 2)."""
    assert t_quantile(0.95, 1) == pytest.approx(math.tan(math.pi * 0.475), rel=1e-12)


@settings(deadline=None)
@given(case=draws())
def test_hypergeometric_terms_agree_with_scipy(case):
    """Terms and sums of the hypergeometric distribution are right to 1e-9."""
    x, n_items, n_marked, n_drawn = case
    law = distributions.hypergeom(n_items, n_marked, n_drawn)

    assert math.exp(log_hypergeometric(*case)) == pytest.approx(float(law.pmf(x)), abs=1e-9)
    assert hypergeometric_cdf(*case) == pytest.approx(float(law.cdf(x)), abs=1e-9)


@pytest.mark.parametrize(("x", "expected"), [(-1, 0.0), (1, 0.0), (4, 1.0), (7, 1.0)])
def test_hypergeometric_sum_is_flat_where_nothing_can_occur(x, expected):
    """Of 6 items with 4 marked, 4 drawn hold 2 to 4 marked ones."""
    assert hypergeometric_cdf(x, 6, 4, 4) == expected
