"""How many items a verdict takes, beside the simple test on the same pairs and orders; and how long a step takes."""

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.science import margins, simple
from bench.science.alarms import alarms
from bench.science.pairs import ORDERS, PAIRS, Data, Outcome, Pair, pairs_of, share
from bench.science.tables import show
from bench.stage import Claim
from ippon.stats import Certifier

__all__ = ["alarms", "figures", "timings"]

SEEDS = (1, 2)
SMOKE_ITEMS = 60
BANDS = {"2-5": (0.02, 0.05), "5-10": (0.05, 0.10), "10-20": (0.10, 0.20), "over 20": (0.20, 1.0)}


# How each setting asks the certifier.
def _all_runs(pair: Pair) -> Certifier:
    return Certifier(len(pair.system), rng=pair.rng, baseline=pair.baseline, history=pair.history)


def _three_runs(pair: Pair) -> Certifier:
    three = np.random.default_rng(pair.seed).choice(len(pair.history), 3, replace=False)
    return Certifier(len(pair.system), rng=pair.rng, baseline=pair.baseline, history=pair.history[three])


def _no_runs(pair: Pair) -> Certifier:
    return Certifier(len(pair.system), rng=pair.rng, baseline=pair.baseline)


def _nothing_cached(pair: Pair) -> Certifier:
    return Certifier(len(pair.system), rng=pair.rng, history=pair.history)


SETTINGS = {"all runs": _all_runs, "3 runs": _three_runs, "no runs": _no_runs, "nothing cached": _nothing_cached}


def verdict(certifier: Certifier | simple.Certifier, pair: Pair, *, both: bool) -> Outcome:
    """The first verdict."""
    for n, item in enumerate(certifier.order.tolist(), 1):
        other = (float(pair.baseline[item]),) if both else ()
        if said := certifier.observe(item, float(pair.system[item]), *other):
            return Outcome(said, n)
    return Outcome(None, len(pair.system))


def simple_verdict(pair: Pair) -> Outcome:
    """That of the simple test."""
    return verdict(simple.Certifier(len(pair.system), rng=pair.rng, baseline=pair.baseline), pair, both=True)


def figures(data: Data, *, smoke: bool) -> Iterator[Claim]:
    """Items that verdicts take, by the true gap."""
    if smoke:
        data = {name: matrix[:, :SMOKE_ITEMS] for name, matrix in list(data.items())[:2]}
    yield from _verdict_claims(data, smoke=smoke)
    yield from margins.figures(data, smoke=smoke)


class Cell(NamedTuple):
    """One setting at one band: items as shares of the suite, means over matrices; one ratio a seed."""

    simple: float
    ours: float
    ratios: list[float]
    wrong: int
    n: int

    @property
    def ratio(self) -> float:
        """Ours to the simple test's."""
        return float(np.mean(self.ratios))


def _verdict_claims(data: Data, *, smoke: bool) -> Iterator[Claim]:
    cells = {(name, band): _cell(data, name, band, smoke=smoke) for name in SETTINGS for band in BANDS}
    show(
        f"Certify: share of the suite until a verdict, seeds {SEEDS}, {PAIRS} pairs x {ORDERS} orders a seed and matrix",
        ["", "gap, points", "simple", "ours", "ratio", "by seed", "wrong"],
        [
            [name, band, cell.simple, cell.ours, cell.ratio, _each(cell.ratios), f"{cell.wrong} of {cell.n}"]
            for (name, band), cell in cells.items()
        ],
    )
    for (name, band), (bound, aim) in BOUNDS.items():
        what = f"certify, {name}, {band} points: items as a ratio to the simple test"
        yield Claim(what, cells[name, band].ratio, bound, "x", aim)
    wrong, n = (sum(getattr(cell, what) for cell in cells.values()) for what in ("wrong", "n"))
    yield Claim(f"certify: wrong verdicts of {n}", wrong / n, 0.005, "%")


BOUNDS = {
    ("all runs", "2-5"): (0.72, 0.65),
    ("all runs", "5-10"): (0.60, 0.55),
    ("all runs", "10-20"): (0.56, 0.50),
    ("3 runs", "5-10"): (0.64, 0.58),
    ("no runs", "5-10"): (0.75, 0.70),
    ("nothing cached", "5-10"): (0.90, 0.82),
}


def _cell(data: Data, setting: str, band: str, *, smoke: bool) -> Cell:
    lowest, highest = BANDS[band]
    shares: list[list[tuple[float, float]]] = []
    wrong = n = 0
    for seed in SEEDS[:1] if smoke else SEEDS:
        shares.append([])
        for matrix in data.values():
            rng = np.random.default_rng([seed, *matrix.shape])
            # Half of the pairs the other way about, so that "worse" is measured as well.
            pairs = [_turned(pair) for pair in pairs_of(matrix, (lowest, highest), rng, smoke=smoke)]
            ours = [verdict(SETTINGS[setting](pair), pair, both=setting == "nothing cached") for pair in pairs]
            wrong += sum(each.said not in {None, _truth(pair)} for each, pair in zip(ours, pairs, strict=True))
            n += len(pairs)
            if pairs:
                shares[-1].append((share(map(simple_verdict, pairs), matrix), share(ours, matrix)))
    means = [np.mean(each, axis=0) for each in shares]
    ratios = [float(ours / simple) for simple, ours in means]
    return Cell(*map(float, np.mean(means, axis=0)), ratios, wrong, n)


def _turned(pair: Pair) -> Pair:
    return pair._replace(baseline=pair.system, system=pair.baseline) if pair.seed % 2 else pair


def _truth(pair: Pair) -> str:
    return "better" if pair.gap > 0.0 else "worse"


def _each(numbers: list[float]) -> str:
    return " ".join(f"{number:.3f}" for number in numbers)


def timings(data: Data, *, smoke: bool) -> Iterator[Claim]:
    """One step of the certifier, with history, the best of several passes over each matrix; and its interval."""
    steps, looks = [], []
    for name, matrix in data.items():
        passes = [_pass_us(matrix, seed) for seed in range(1 if smoke else 7)]
        steps.append(min(step for step, _ in passes))
        looks.append([name, matrix.shape[1], steps[-1], min(look for _, look in passes)])
    show(
        "Time: microseconds of a certifier's step, milliseconds of its interval",
        ["", "items", "step", "interval"],
        looks,
    )
    yield Claim("certifier: one step, slowest matrix", max(steps), 150.0, "us", 60.0)


def _pass_us(matrix: NDArray[np.float64], seed: int) -> tuple[float, float]:
    """Microseconds a step over 200 items, milliseconds of the interval after them; of the processor, busy or not."""
    certifier = Certifier(
        matrix.shape[1], rng=np.random.default_rng(seed), baseline=matrix[0], history=matrix[2:], margin=margins.MARGIN
    )
    items = certifier.order.tolist()[:200]
    scores = [float(matrix[1][item]) for item in items]
    started = time.process_time()
    for item, score in zip(items, scores, strict=True):
        certifier.observe(item, score)
    stepped = time.process_time()
    _ = certifier.interval
    return 1e6 * (stepped - started) / len(items), 1e3 * (time.process_time() - stepped)
