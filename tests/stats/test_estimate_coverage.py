"""How often the interval holds the truth, where intervals fail: skewed worlds made of real outcomes.

`python -m bench.science estimate` measures all cells with more draws. Here a few of the worst, seeded: 200 draws each,
so the standard error of one coverage is 1.5 points at .95, and of their mean .5; draws share systems, which adds to it.
"""

from __future__ import annotations

import numpy as np
import pytest

from bench.science import simple
from bench.science.estimate import draws
from bench.science.matrices import matrices
from bench.science.worlds import skewed
from ippon.stats import estimate_mean

DRAWS, SE = 200, 0.0154
# Beginnings of the names of the worlds, and the regime, in which the t interval round item means covers least.
WORST = [
    ("zeroeval_crux easy, top half", "in-dist"),
    ("zeroeval_crux easy, flipped", "in-dist"),
    ("mmlupro hard", "in-dist"),
    ("mmlupro easy, flipped", "frontier"),
    ("shaberi/llama33 bent", "in-dist"),
]


@pytest.fixture(scope="module")
def worlds():
    """All of them, as the benchmark makes them."""
    return skewed(matrices(), np.random.default_rng(31))


def coverage(worlds, beginning, regime, past_runs, estimate):
    """Share of draws whose interval holds the mean of all items."""
    matrix = next(scores for name, scores in worlds.items() if name.startswith(beginning))
    held = []
    for draw in draws(matrix, regime, 21, DRAWS, past_runs=past_runs, rng=np.random.default_rng(7)):
        found = estimate(draw.scores, draw.items, matrix.shape[1], history=draw.history)
        held.append(found.low - 1e-9 <= draw.truth <= found.high + 1e-9)
    return np.mean(held)


@pytest.mark.parametrize("past_runs", [None, 3, 0])
def test_the_interval_covers_where_a_t_interval_does_not(worlds, past_runs):
    """At least 94% in each, three standard errors allowed, and 95% on average, two allowed."""
    covered = np.array([coverage(worlds, *cell, past_runs, estimate_mean) for cell in WORST])

    assert (covered >= 0.94 - 3 * SE).all(), covered
    assert covered.mean() >= 0.95 - 2 * SE / np.sqrt(len(WORST))


def test_variants_of_one_past_system_do_not_make_a_new_one_certain(worlds):
    """Past runs differ in three scores of a hundred only: 94% on average, two standard errors allowed."""
    rng = np.random.default_rng(11)
    matrix = next(scores for name, scores in worlds.items() if name.startswith("mmlupro hard"))
    held = []
    for _ in range(DRAWS):
        old, new = rng.choice(len(matrix), 2, replace=False)
        history = np.where(rng.random((5, matrix.shape[1])) < 0.03, 1.0 - matrix[old], matrix[old])
        items = rng.choice(matrix.shape[1], 42, replace=False)
        found = estimate_mean(matrix[new][items], items, matrix.shape[1], history=history)
        held.append(found.low <= matrix[new].mean() <= found.high)

    assert np.mean(held) >= 0.94 - 2 * SE


def test_these_worlds_are_hard(worlds):
    """The same draws with the item-mean control and a t interval: under 92% on average, two standard errors allowed."""
    covered = np.array([coverage(worlds, *cell, None, simple.estimate_mean) for cell in WORST])

    assert covered.mean() < 0.92 + 2 * SE / np.sqrt(len(WORST))
