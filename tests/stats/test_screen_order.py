"""Whether chosen items order systems better than random ones: hard pairs, 1 to 5 points apart, in seeded worlds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ippon import stats

WORLDS, ITEMS = 8, 20


def world(seed):
    """80 systems on 300 items, graded: three items of ten tell much of ability, the others little; the best last."""
    rng = np.random.default_rng(seed)
    slopes = np.where(rng.random(300) < 0.3, 2.0, 0.2)
    odds = slopes * rng.normal(size=(80, 1)) + rng.normal(size=300) + 0.5 * rng.normal(size=(80, 300))
    runs = 1.0 / (1.0 + np.exp(-odds))
    return runs[np.argsort(runs.mean(axis=1))]


def right(scores, runs):
    """Share of hard pairs that the scores put in their true order, ties counted half."""
    means = runs.mean(axis=1)
    pairs = [(a, b) for a, b in combinations(range(len(runs)), 2) if 0.01 <= abs(means[a] - means[b]) <= 0.05]
    return float(np.mean([0.5 + 0.5 * np.sign((scores[a] - scores[b]) * (means[a] - means[b])) for a, b in pairs]))


def by_list(history, new, rng):
    """The score on a fixed list."""
    chosen = stats.screen(history, ITEMS, rng)
    return [stats.screen_score(history, chosen, run[chosen]) for run in new]


def by_screener(history, new, rng):
    """The score of the adaptive form."""
    scores = []
    for run in new:
        screener = stats.Screener(history, rng)
        for _ in range(ITEMS):
            item = screener.next()
            screener.observe(item, run[item])
        scores.append(screener.score)
    return scores


def gains(method, *, frontier):
    """What the method orders right more than as many random items do, in each world."""
    found = []
    for seed in range(WORLDS):
        rng, runs = np.random.default_rng(seed), world(seed)
        turn = np.arange(80) if frontier else rng.permutation(80)
        history, new = runs[turn[:40]], runs[turn[40:]]
        drawn = rng.permutation(300)[:ITEMS]
        found.append(right(method(history, new, rng), new) - right(new[:, drawn].mean(axis=1), new))
    return found


@pytest.mark.parametrize(
    ("method", "frontier", "measured", "error"),
    [
        (by_list, False, 0.148, 0.026),
        (by_screener, False, 0.143, 0.029),
        (by_list, True, 0.134, 0.020),
        (by_screener, True, 0.128, 0.022),
    ],
)
def test_chosen_items_order_more_hard_pairs_than_random_ones(method, frontier, measured, error):
    """Where new systems are like past ones, and where they are all better; what was measured less three SE over worlds."""
    assert np.mean(gains(method, frontier=frontier)) >= measured - 3 * error
