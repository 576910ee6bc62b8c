"""False alarms where there is nothing to find, in seeded worlds, with a look after every item.

Small here; `python -m bench.science alarms` asks the same of more and larger suites.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from ippon.stats import Certifier

SUITES, N_ITEMS, ALPHA = 120, 30, 0.2
# Alpha and three standard errors of a share of that many suites (.037 each); a large alpha, so that few suites tell.
MOST = ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / SUITES)

WORLDS = {
    "binary": lambda rng: (rng.random(N_ITEMS) < rng.beta(2, 2)).astype(float),
    "nearly all right": lambda rng: (rng.random(N_ITEMS) < 0.95).astype(float),
    "ordinal": lambda rng: rng.integers(0, 5, N_ITEMS) / 4,
    "ties": lambda rng: np.where(rng.random(N_ITEMS) < 0.9, 0.5, rng.random(N_ITEMS)),
}


def alarmed(world, seed, *, missing=False, look=False):
    """Shares of suites with a verdict where two systems score the same on average; and of intervals that ever missed."""
    rng = np.random.default_rng(seed)
    alarms = misses = 0
    for at in range(SUITES):
        base = WORLDS[world](rng)
        other = rng.permutation(base)
        history = np.clip(other + rng.normal(0, 0.3, (4, N_ITEMS)), 0, 1) if at % 2 else None
        certifier = Certifier(N_ITEMS, rng=rng, baseline=base, history=history, alpha=ALPHA)
        for item in certifier.order:
            gone = missing and rng.random() < 0.1 * (1.5 - other[item])
            verdict = certifier.observe(item, None if gone else other[item])
        alarms += verdict in {"better", "worse"}
        low, high = certifier.interval if look else (0.0, 1.0)
        misses += not low - 1e-6 <= base.mean() <= high + 1e-6
    return alarms / SUITES, misses / SUITES


@pytest.mark.parametrize("world", WORLDS)
def test_alarms_keep_to_alpha(world):
    """History leaks the very scores."""
    assert alarmed(world, 11)[0] <= MOST


def test_intervals_that_ever_miss_keep_to_alpha():
    """The interval at the end holds what no look has refuted, so it misses when any look does."""
    assert alarmed("ordinal", 14, look=True)[1] <= MOST


def test_missing_scores_raise_no_alarms():
    """A tenth missing, low scores more often."""
    alarms, _ = alarmed("ordinal", 12, missing=True)
    assert alarms <= 0.05
