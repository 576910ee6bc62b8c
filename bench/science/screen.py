"""Which of two new systems is better, from few chosen items: our list and our adaptive form, beside the simple ones.

Hard pairs are new systems whose suite means lie 1 to 5 points apart; a figure is the share of them that the scores put
in their true order (ties half), a mean over matrices, with its spread over seeds. Regimes: in-dist (new systems are a
random quarter, history the others), 3 and 5 past runs (of those others), frontier (new systems are the best quarter).

At the frontier a matrix has always the same new systems, few in the small ones, and a list is always the same: one
unlucky item decides. So the frontier is measured on parts of each matrix as well, three quarters of its systems on half
of its items, drawn anew for each split: `frontier, parts`. That is the figure with a claim.
"""

import time
from collections.abc import Callable, Iterator
from itertools import combinations
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.science import simple
from bench.science.tables import show
from bench.stage import Claim
from ippon.stats import Screener, screen, screen_score

Floats = NDArray[np.float64]
SEEDS, SIZES = (11, 12, 13), (21, 42)
REGIMES = ("in-dist", "5 past runs", "3 past runs", "frontier", "frontier, parts")
METHODS = ("random items", "top variance", "screen", "Screener")
EASIEST, HARDEST = 0.05, 0.01
# Splits of a matrix; of those with many systems (and so many pairs) a tenth.
SPLITS, MANY_SYSTEMS, FEW_ITEMS = 40, 60, 350
FLOOR = {"in-dist": (9.0, 12.0), "frontier, parts": (0.0, 5.0)}


class Split(NamedTuple):
    """Systems whose scores are known, and new ones."""

    history: Floats
    new: Floats


def splits(matrix: Floats, regime: str, n_splits: int, rng: np.random.Generator) -> Iterator[Split]:
    """So many ways to part a matrix into past runs and new systems."""
    for _ in range(n_splits):
        part = _part(matrix, rng) if regime == "frontier, parts" else matrix
        n_new = max(4, len(part) // 4)
        if regime.startswith("frontier"):
            ranked = np.argsort(part.mean(axis=1))
            yield Split(part[ranked[:-n_new]], part[ranked[-n_new:]])
        else:
            shuffled = rng.permutation(len(part))
            old = shuffled[n_new:] if regime == "in-dist" else shuffled[n_new : n_new + int(regime[0])]
            yield Split(part[old], part[shuffled[:n_new]])


def _part(matrix: Floats, rng: np.random.Generator) -> Floats:
    """Three quarters of the systems, half of the items (three quarters of few)."""
    n_systems, n_items = matrix.shape
    systems = rng.permutation(n_systems)[: 3 * n_systems // 4]
    items = rng.permutation(n_items)[: n_items // 2 if n_items > FEW_ITEMS else 3 * n_items // 4]
    return matrix[systems][:, items]


def scored(method: str, split: Split, seed: int) -> dict[int, list[float]]:
    """For each number of items, a score for each new system."""
    history, new = split
    rng = np.random.default_rng(seed)
    if method == "Screener":
        return _adaptive(split, seed)
    if method == "random items":
        order = rng.permutation(history.shape[1])
        return {n: new[:, order[:n]].mean(axis=1).tolist() for n in SIZES}
    by: dict[int, list[float]] = {}
    for n in SIZES:
        choose, score = (screen, screen_score) if method == "screen" else (simple.screen, simple.screen_score)
        items = choose(history, n, rng)
        by[n] = [score(history, items, system[items]) for system in new]
    return by


def _adaptive(split: Split, seed: int) -> dict[int, list[float]]:
    """The scores of a Screener, every answer in before the next is asked."""
    by: dict[int, list[float]] = {n: [] for n in SIZES}
    for system in split.new:
        screener = Screener(split.history, np.random.default_rng(seed))
        for n in range(1, max(SIZES) + 1):
            item = screener.next()
            screener.observe(item, float(system[item]))
            if n in by:
                by[n].append(screener.score)
    return by


def right(scores: list[float], systems: Floats) -> list[float]:
    """For each hard pair, 1 if the scores order it as the suite does, 0 if not, .5 for a tie."""
    means = systems.mean(axis=1)
    gaps = [(a, b, means[a] - means[b]) for a, b in combinations(range(len(means)), 2)]
    hard = [(a, b, gap) for a, b, gap in gaps if HARDEST <= abs(gap) <= EASIEST]
    return [0.5 + 0.5 * float(np.sign((scores[a] - scores[b]) * gap)) for a, b, gap in hard]


def shares(data: dict[str, Floats], regime: str, seed: int, n_splits: int) -> dict[tuple[str, int, str], float]:
    """Percent of hard pairs ordered right, by method, number of items and matrix (those with any such pair)."""
    found: dict[tuple[str, int, str], list[float]] = {}
    for name, matrix in data.items():
        rng = np.random.default_rng([seed, *name.encode()])
        for split in splits(matrix, regime, max(1, n_splits // (10 if len(matrix) > MANY_SYSTEMS else 1)), rng):
            draw = int(rng.integers(1 << 31))
            for method in METHODS:
                for n, scores in scored(method, split, draw).items():
                    found.setdefault((method, n, name), []).extend(right(scores, split.new))
    return {key: 100.0 * float(np.mean(pairs)) for key, pairs in found.items() if pairs}


def figures(data: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:
    """Tables by regime and by matrix, and the gains over random items."""
    seeds, n_splits = (SEEDS[:1], 2) if smoke else (SEEDS, SPLITS)
    print(
        f"\nscreen: seeds {seeds}, {n_splits} splits a matrix (a tenth of it over {MANY_SYSTEMS} systems)", flush=True
    )
    for regime in REGIMES:
        by_seed = [shares(data, regime, seed, n_splits) for seed in seeds]
        _show(regime, by_seed)
        for n, floor in zip(SIZES, (FLOOR[regime],) * 2 if regime in FLOOR else (), strict=False):
            gain = _mean(by_seed, "Screener", n) - _mean(by_seed, "random items", n)
            what = f"screen, {regime}, n = {n}: hard pairs in order, Screener less random items"
            yield Claim(what, gain, floor[0], "points", aim=floor[1], is_least=True)


def _over_matrices(shares_: dict[tuple[str, int, str], float], method: str, n: int) -> float:
    return float(np.mean([share for (m, size, _), share in shares_.items() if (m, size) == (method, n)]))


def _mean(by_seed: list[dict[tuple[str, int, str], float]], method: str, n: int) -> float:
    return float(np.mean([_over_matrices(each, method, n) for each in by_seed]))


def _show(regime: str, by_seed: list[dict[tuple[str, int, str], float]]) -> None:
    """One table: methods and sizes down; the mean, its spread over seeds, and each matrix across."""
    names = sorted({name for each in by_seed for _, _, name in each})
    rows: list[list[str]] = []
    for n in SIZES:
        for method in METHODS:
            means = [_over_matrices(each, method, n) for each in by_seed]
            apart = [[each[method, n, name] for each in by_seed if (method, n, name) in each] for name in names]
            row = [f"{method}, n = {n}", f"{np.mean(means):.1f}", f"{np.std(means):.1f}"]
            rows.append(row + [f"{np.mean(each):.0f}" for each in apart])
    show(f"{regime}: hard pairs in order, percent", ["", "mean", "SD", *names], rows)


def timings(data: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:  # noqa: ARG001 - same call as the others
    """A list of 21 from 1,000 items and 100 past runs; the adaptive form's batches, and what it does once."""
    rng = np.random.default_rng(SEEDS[0])
    ability, level = rng.normal(size=(100, 1)), rng.normal(size=1000)
    history = (rng.random((100, 1000)) < 1.0 / (1.0 + np.exp(-ability - level))).astype(np.float64)
    times = 2 if smoke else 9
    # What is learnt of a history is kept: only one that was not seen before shows what it takes.
    unseen = [np.roll(history, at, axis=0) for at in range(1, 2 * times + 1)]
    lists = [_ms(lambda each=each: screen(each, 21, rng)) for each in unseen[:times]]
    once = [_ms(lambda each=each: Screener(each, rng)) for each in unseen[times:]]
    batches = [each for system in history[:times] for each in _batch_ms(Screener(history, rng), system)]
    yield Claim("time: screen of 21 from 1,000 items and 100 runs", median(lists), 20.0, "ms")
    yield Claim("time: Screener, once for a history of 1,000 items and 100 runs", median(once), 150.0, "ms")
    yield Claim("time: Screener, a batch of 8", median(batches), 5.0, "ms")


def _batch_ms(screener: Screener, answers: Floats) -> list[float]:
    """How long each of six batches takes: asked, answered, and the next to be chosen by the answers."""

    def ask() -> None:
        for _ in range(8):
            item = screener.next()
            screener.observe(item, float(answers[item]))

    return [_ms(ask) for _ in range(6)]


def _ms(do: Callable[[], object]) -> float:
    begun = time.perf_counter()
    do()
    return 1000.0 * (time.perf_counter() - begun)
