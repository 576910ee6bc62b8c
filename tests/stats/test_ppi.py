"""A cheap judge beside an expensive one: against ppi-python, and how often the interval holds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.stats.intervals import finite_mean, population_mean
from ippon.stats.ppi import ppi_difference, ppi_mean

SEED = 20_261_125
DRAWS = 250
LEAST = 0.94 - 3 * math.sqrt(0.95 * 0.05 / DRAWS)
UNITS = st.integers(0, 20).map(lambda twentieths: twentieths / 20)


def sample():
    """Thirty expensive scores, the cheap ones of the same items, a hundred of others."""
    rng = np.random.default_rng(3)
    dear = rng.random(30)
    return dear, np.clip(dear + rng.normal(0, 0.2, 30), 0, 1), rng.random(100)


def test_ppi_is_near_ppi_python():
    """Version 0.2.3 on these very numbers: ppi_mean_pointestimate .4948645, ppi_mean_ci .4243497 to .5653793.

    The value differs by the divisor n - 1 in the weight; the interval is wider: t(28) instead of normal, two degrees
    of freedom lost, leave-one-out residuals, 3% for skewed scores, none of which the normal one has.
    """
    dear, same, rest = (np.round(each, 3) for each in sample())
    interval = ppi_mean(dear, same, rest)

    assert interval.value == pytest.approx(0.49486452, abs=0.002)
    assert 1.1 < (interval.high - interval.low) / (0.56537931 - 0.42434973) < 1.35
    assert interval.method == "ppi"


def test_the_question_of_the_suite_is_answered_more_sharply():
    """Nothing is sampled from the cheap judge there, and fewer items are unknown; the value is the same."""
    dear, same, rest = sample()
    whole, endless = ppi_mean(dear, same, rest, finite=True), ppi_mean(dear, same, rest)
    alone = finite_mean(dear.tolist(), 130)

    assert whole.value == pytest.approx(endless.value)
    assert whole.high - whole.low < 0.95 * (endless.high - endless.low)
    assert whole.high - whole.low < 0.8 * (alone.high - alone.low)


@settings(deadline=None)
@given(
    pairs=st.lists(st.tuples(UNITS, UNITS), min_size=4, max_size=25),
    rest=st.lists(UNITS, min_size=1, max_size=25),
    finite=st.booleans(),
    shuffle=st.randoms(use_true_random=False),
)
def test_ppi_holds_its_value_whatever_the_order(pairs, rest, finite, shuffle):
    """Within 0..1; items may be shuffled; turning both scales turns the interval."""
    others = list(pairs)
    shuffle.shuffle(others)
    first, second, turned = (
        ppi_mean(dear, same, more, finite=finite)
        for dear, same, more in (
            ([a for a, _ in pairs], [b for _, b in pairs], rest),
            ([a for a, _ in others], [b for _, b in others], rest[::-1]),
            ([1 - a for a, _ in pairs], [1 - b for _, b in pairs], [1 - b for b in rest]),
        )
    )

    assert 0.0 <= first.low <= first.value <= first.high <= 1.0
    assert (first.low, first.high) == pytest.approx((second.low, second.high), abs=1e-9)
    assert (first.low, first.high) == pytest.approx((1 - turned.high, 1 - turned.low), abs=1e-6)


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(UNITS, UNITS, UNITS, UNITS), min_size=4, max_size=15), finite=st.booleans())
def test_swapping_the_systems_turns_the_difference(pairs, finite):
    """New less old becomes old less new."""
    one, two, three, four = (np.array(each) for each in zip(*pairs, strict=True))
    there = ppi_difference((one, two), (three, four), (one, four), finite=finite)
    back = ppi_difference((two, one), (four, three), (four, one), finite=finite)

    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-6)
    assert -1.0 <= there.low <= there.value <= there.high <= 1.0


def test_a_cheap_judge_that_says_one_thing_is_left_out():
    """Its weight is 0; what is left is the interval of the expensive scores, a degree of freedom poorer."""
    dear = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0]
    interval = ppi_mean(dear, [0.5] * 6, [0.5] * 20)

    assert interval.value == pytest.approx(4 / 6)
    assert interval.low <= population_mean(dear).low


def test_perfect_agreement_is_not_certain():
    """Eight items on which both judges agree: the rest may still hold some on which they do not."""
    dear = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.5, 0.5]
    rest = [1.0, 0.0, 0.5, 1.0] * 8
    interval = ppi_mean(dear, dear, rest, finite=True)

    assert interval.low < interval.value - 0.1
    assert interval.high > interval.value + 0.1
    assert ppi_mean(dear, dear, [1.0]).low < interval.value


@pytest.mark.parametrize("finite", [True, False])
@pytest.mark.parametrize("n", [12, 42])
@pytest.mark.parametrize("kind", ["graded", "right or wrong", "rarely wrong"])
def test_ppi_covers(kind, n, finite):
    """Suites of 200 from a population with a known mean, a cheap judge that is too kind: 94% and more."""
    rng = np.random.default_rng([SEED, n, len(kind)])
    covered = 0
    for _ in range(DRAWS):
        if kind == "graded":
            dear = rng.beta(4, 2, 200)
            cheap, truth = np.clip(dear + rng.normal(0.1, 0.15, 200), 0, 1), 4 / 6
        else:
            right = 0.65 if kind == "right or wrong" else 0.9
            dear = (rng.random(200) < right).astype(float)
            cheap, truth = np.where(rng.random(200) < 0.15, 1.0, dear), right
        interval = ppi_mean(dear[:n], cheap[:n], cheap[n:], finite=finite)
        covered += interval.low - 1e-9 <= (dear.mean() if finite else truth) <= interval.high + 1e-9

    assert covered / DRAWS >= LEAST


ROW = [0.1, 0.5, 0.9, 0.4]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ppi_mean(ROW[:3], ROW[:3], ROW), "at least 4"),
        (lambda: ppi_mean(ROW, ROW[:3], ROW), "3 cheap ones"),
        (lambda: ppi_mean(ROW, ROW, []), "0 of others"),
        (lambda: ppi_mean([*ROW[:3], math.nan], ROW, ROW), "expensive: score nan at place 3"),
        (lambda: ppi_mean(ROW, ROW, [[0.5]]), "one row"),
        (lambda: ppi_mean(ROW, [1.5, *ROW[:3]], ROW), r"cheap_on_same: score 1\.5 at place 0"),
        (lambda: ppi_mean(ROW, ROW, ROW, level=1.0), "level"),
        (
            lambda: ppi_difference((ROW, ROW), (ROW, ROW[:3]), (ROW, ROW)),
            "cheap_on_same: 4 scores of the baseline and 3",
        ),
        (lambda: ppi_difference((ROW, [-1.0]), (ROW, ROW), (ROW, ROW)), "expensive of the new system: score -1"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        call()
