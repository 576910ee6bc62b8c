"""How far the estimated mean is off, and how often its interval holds the truth: our `estimate_mean` and the simple ones.

A cell is a matrix, a regime and a sample size. In-distribution: new systems are a random fifth, the others are history.
Frontier: new systems are the best quarter, history only weaker ones.
"""

import time
from collections.abc import Iterator
from itertools import product
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.science import simple
from bench.science.tables import show
from bench.science.worlds import skewed
from bench.stage import Claim
from ippon.stats import Interval, estimate_mean

Floats = NDArray[np.float64]
SEED = 31
SIZES = (21, 42, 100)
DRAWS = 1200
REGIMES = ("in-dist", "frontier")
MOST_NEW = 12
_ROUNDING = 1e-9


class Draw(NamedTuple):
    """One system, some of whose items were drawn, and what others scored in the past."""

    scores: Floats
    items: NDArray[np.int64]
    history: Floats
    truth: float


class Tally(NamedTuple):
    """What came of a cell's draws: misses of the interval, errors of the value, half-widths."""

    covered: list[bool]
    errors: list[float]
    reaches: list[float]

    def count(self, estimate: simple.Estimate | Interval, truth: float) -> None:
        """One draw more."""
        self.covered.append(estimate.low - _ROUNDING <= truth <= estimate.high + _ROUNDING)
        assert estimate.value is not None
        self.errors.append(abs(estimate.value - truth))
        self.reaches.append(0.5 * (estimate.high - estimate.low))


def draws(
    matrix: Floats, regime: str, n: int, n_draws: int, *, past_runs: int | None, rng: np.random.Generator
) -> Iterator[Draw]:
    """At least `n_draws` of a cell, the systems split anew (in-distribution) or history chosen anew for each dozen."""
    n_systems, n_items = matrix.shape
    ranked = np.argsort(matrix.mean(axis=1))
    made = 0
    while made < n_draws:
        shuffled = rng.permutation(n_systems)
        new = ranked[-max(2, n_systems // 4) :] if regime == "frontier" else shuffled[: max(3, n_systems // 5)]
        old = np.setdiff1d(np.arange(n_systems), new)
        if past_runs is not None:
            old = rng.choice(old, min(past_runs, len(old)), replace=False)
        history = matrix[old]
        for system in rng.permutation(new)[:MOST_NEW]:
            for _ in range(4):
                items = rng.choice(n_items, n, replace=False)
                yield Draw(matrix[system][items], items, history, float(matrix[system].mean()))
                made += 1


class Group(NamedTuple):
    """Cells summed up: worst and mean coverage, cells below 94%, mean half-width and error, error at n = 42."""

    worst: float
    cell: str
    covered: float
    below: int
    reach: float
    error: float
    error_at_42: float


def figures(data: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:
    """Error against the item-mean control and coverage, with all history, 5 and 3 past runs, and none."""
    worlds = skewed(data, np.random.default_rng(SEED))
    for past_runs in (None, 5, 3, 0):
        n_draws = 16 if smoke else DRAWS if past_runs is None else DRAWS // 2
        groups = {"matrices": data, "skewed worlds": worlds}
        found = {name: measured(group, n_draws, past_runs=past_runs, seed=SEED) for name, group in groups.items()}
        history = "all history" if past_runs is None else f"{past_runs} past runs" if past_runs else "no history"
        _show(history, n_draws, found)
        yield from _claims(history, n_draws, found)


def measured(data: dict[str, Floats], n_draws: int, *, past_runs: int | None, seed: int) -> dict[str, dict[str, Tally]]:
    """By method, the tallies of all cells, on the same draws."""
    tallies: dict[str, dict[str, Tally]] = {"item means + t": {}, "ours": {}}
    for name, matrix in data.items():
        for regime, n in product(REGIMES, SIZES):
            if n > matrix.shape[1] / 1.5:
                continue
            rng = np.random.default_rng([seed, n, REGIMES.index(regime)])
            theirs, ours = (cells.setdefault(f"{name}, {regime}, {n}", Tally([], [], [])) for cells in tallies.values())
            for draw in draws(matrix, regime, n, n_draws, past_runs=past_runs, rng=rng):
                given, n_items = (draw.scores, draw.items), matrix.shape[1]
                theirs.count(simple.estimate_mean(*given, n_items, history=draw.history), draw.truth)
                ours.count(estimate_mean(*given, n_items, history=draw.history), draw.truth)
    return tallies


def _summed(cells: dict[str, Tally]) -> Group:
    shares = {name: float(np.mean(tally.covered)) for name, tally in cells.items()}
    worst = min(shares, key=lambda name: shares[name])
    return Group(
        worst=shares[worst],
        cell=worst,
        covered=float(np.mean(list(shares.values()))),
        below=sum(share < 0.94 for share in shares.values()),
        reach=100 * float(np.mean([np.mean(tally.reaches) for tally in cells.values()])),
        error=100 * float(np.mean([np.mean(tally.errors) for tally in cells.values()])),
        error_at_42=100 * float(np.mean([np.mean(t.errors) for name, t in cells.items() if name.endswith(" 42")])),
    )


def _show(history: str, n_draws: int, found: dict[str, dict[str, dict[str, Tally]]]) -> None:
    head = ("cells", "method", "worst", "mean", "below .94", "half-width", "error", "at n = 42", "worst cell")
    error = 100 * np.sqrt(0.95 * 0.05 / n_draws)
    title = (
        f"Estimate, {history}: coverage ({n_draws} draws a cell, SE {error:.1f} points), widths and errors in points"
    )
    rows: list[tuple[object, ...]] = []
    for group, methods in found.items():
        for method, cells in methods.items():
            g = _summed(cells)
            below = f"{g.below} of {len(cells)}"
            rows.append((group, method, g.worst, g.covered, below, g.reach, g.error, g.error_at_42, g.cell))
    show(f"{title} (seed {SEED})", head, rows)


def _claims(history: str, n_draws: int, found: dict[str, dict[str, dict[str, Tally]]]) -> Iterator[Claim]:
    """The worst of many cells is low by chance, too: one standard error is allowed."""
    noise = float(np.sqrt(0.95 * 0.05 / n_draws))
    for group, methods in found.items():
        theirs, ours = (_summed(cells) for cells in methods.values())
        what = f"estimate, {history}, {group}: coverage in the worst cell"
        yield Claim(what, ours.worst, 0.94 - noise, "%", aim=0.95, is_least=True)
        if group == "matrices" and history != "no history":
            ratio, bound = ours.error_at_42 / theirs.error_at_42, 0.9 if history == "all history" else 0.93
            yield Claim(f"estimate, {history}: error at n = 42 against item means", ratio, bound, "x", aim=0.85)


def timings(data: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:  # noqa: ARG001 - same call as the others
    """A call, and what is worked out once per history, for 1,000 items x 100 systems."""
    rng = np.random.default_rng(SEED)
    n_histories, n_calls = (2, 20) if smoke else (9, 400)
    first, later = [], []
    for _ in range(n_histories):
        history = (rng.random((100, 1000)) < rng.beta(1.0, 1.0, 1000)).astype(np.float64)
        samples = [rng.choice(1000, 100, replace=False) for _ in range(n_calls // n_histories + 1)]
        spent = [_timed(items, history) for items in samples]
        first.append(spent[0])
        later.extend(spent[1:])
    show(
        "Estimate: milliseconds, 1,000 items x 100 systems",
        ("", "median"),
        [("first", median(first)), ("later", median(later))],
    )
    yield Claim("estimate: a call", median(later), 2.0, "ms")
    yield Claim("estimate: once per history", median(first), 80.0, "ms")


def _timed(items: NDArray[np.int64], history: Floats) -> float:
    """Milliseconds of one estimate."""
    started = time.perf_counter()
    estimate_mean(history[0][items], items, history.shape[1], history=history)
    return 1000 * (time.perf_counter() - started)
