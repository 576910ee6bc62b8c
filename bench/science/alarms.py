"""Verdicts where there is nothing to find, in ten worlds, with a look after every item: false alarms, all of them.

Both systems have the same mean, to the last bit: the scores of the one are those of the other in another order.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.science.tables import show
from bench.stage import Claim
from ippon.stats import Certifier

Floats = NDArray[np.float64]
SEED, ALPHA = 20, 0.05
SUITES, SMOKE_SUITES, SMOKE_ITEMS = 1000, 3, 30
# Past runs are this noisy about the very scores under test: what history knows must not matter.
LEAK = 0.2


class Suite(NamedTuple):
    """Scores of two systems of the same mean, and which of the second's are missing."""

    baseline: Floats
    system: Floats
    missing: NDArray[np.bool_]


Draw = Callable[[np.random.Generator, int], Floats]


def _binary(rng: np.random.Generator, n: int) -> Floats:
    return (rng.random(n) < rng.beta(2, 2)).astype(float)


def _easy(rng: np.random.Generator, n: int) -> Floats:
    return (rng.random(n) < 0.97).astype(float)


def _ordinal(rng: np.random.Generator, n: int) -> Floats:
    return rng.choice(5, n, p=[0.1, 0.2, 0.3, 0.25, 0.15]) / 4


def _ties(rng: np.random.Generator, n: int) -> Floats:
    return np.where(rng.random(n) < 0.9, 0.5, rng.random(n))


def _outliers(rng: np.random.Generator, n: int) -> Floats:
    return np.where(rng.random(n) < 0.95, 0.9 + 0.02 * rng.random(n), 0.0)


def _clusters(rng: np.random.Generator, n: int) -> Floats:
    """Turns of five, alike in nine tenths of their variance."""
    turns = np.repeat(rng.normal(size=n // 5 + 1), 5)[:n]
    return (math.sqrt(0.9) * turns + math.sqrt(0.1) * rng.normal(size=n) > 0.0).astype(float)


def _sorted(rng: np.random.Generator, n: int) -> Floats:
    """Items listed from easy to hard."""
    return np.sort(rng.beta(1, 1, n))[::-1]


def _permuted(draw: Draw, n: int, rng: np.random.Generator) -> Suite:
    scores = draw(rng, n)
    return Suite(scores, rng.permutation(scores), np.zeros(n, dtype=bool))


def _flipped(draw: Draw, n: int, rng: np.random.Generator) -> Suite:
    """The same system twice, judged with a tenth of flips, as many up as down."""
    scores = draw(rng, n)
    both = [rng.permutation(np.flatnonzero(scores == value)) for value in (0.0, 1.0)]
    flips = np.concatenate([each[: min(map(len, [*both, range(n // 20)]))] for each in both])
    other = scores.copy()
    other[flips] = 1.0 - other[flips]
    return Suite(scores, other, np.zeros(n, dtype=bool))


def _with_gaps(draw: Draw, n: int, rng: np.random.Generator) -> Suite:
    """One score in twenty is missing, poor ones three times as often."""
    suite = _permuted(draw, n, rng)
    return suite._replace(missing=rng.random(n) < 0.025 * (3.0 - 2.0 * suite.system))


# Name, how two systems come of scores, how scores are drawn, items, and whether the baseline is scored along.
WORLDS = [
    ("binary", _permuted, _binary, 500, False),
    ("nearly all right", _permuted, _easy, 120, False),
    ("ordinal", _permuted, _ordinal, 120, False),
    ("continuous", _permuted, lambda rng, n: rng.beta(2, 5, n), 120, False),
    ("ties", _permuted, _ties, 120, False),
    ("outliers", _permuted, _outliers, 120, False),
    ("clusters", _permuted, _clusters, 500, False),
    ("sorted items", _permuted, _sorted, 120, False),
    ("judge noise, both scored", _flipped, _binary, 120, True),
    ("missing, related to score", _with_gaps, _ordinal, 120, False),
]


def alarms(_: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:
    """False alarms in each world; half of the suites with past runs."""
    n_suites = SMOKE_SUITES if smoke else SUITES
    # Alpha, and three standard errors of the share of so many suites.
    most = ALPHA + 3.0 * math.sqrt(ALPHA * (1.0 - ALPHA) / n_suites)
    shares = {}
    for at, (name, pair, draw, n_items, both) in enumerate(WORLDS):
        rng = np.random.default_rng([SEED, at])
        n = SMOKE_ITEMS if smoke else n_items
        shares[name] = (
            sum(_alarmed(pair(draw, n, rng), rng, past=bool(k % 2), both=both) for k in range(n_suites)) / n_suites
        )
    rows = [[world[0], world[3], shares[world[0]]] for world in WORLDS]
    show(
        f"False alarms at alpha {ALPHA}, a look after every item, {n_suites} suites a world",
        ["", "items", "share"],
        rows,
    )
    yield Claim(f"false alarms in the worst of {len(WORLDS)} worlds", max(shares.values()), most, "%")


def _alarmed(suite: Suite, rng: np.random.Generator, *, past: bool, both: bool) -> bool:
    n_items = len(suite.system)
    history = np.clip(suite.system + rng.normal(0.0, LEAK, (4, n_items)), 0.0, 1.0) if past else None
    certifier = Certifier(n_items, rng=rng, baseline=None if both else suite.baseline, history=history, alpha=ALPHA)
    for item in certifier.order.tolist():
        score = None if suite.missing[item] else float(suite.system[item])
        said = certifier.observe(item, score, float(suite.baseline[item]) if both else None)
        if said in {"better", "worse"}:
            return True
    return False
