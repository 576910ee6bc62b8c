"""A cheap judge beside an expensive one, on systems that both judged: error and coverage beside expensive scores alone."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.science.simple import mean_alone
from bench.science.tables import show
from bench.stage import Claim
from ippon.stats.ppi import ppi_difference, ppi_mean

Floats = NDArray[np.float64]
EXPENSIVE, CHEAP = 3, (0, 1, 2)
SIZES = (21, 42, 100)
FEWEST_ITEMS, FEWEST_SYSTEMS = 250, 20
SEEDS, SMOKE_SEEDS = tuple(range(1, 17)), (1,)


class Cell(NamedTuple):
    """What one seed gave for one cheap judge and one size: errors in points, and shares of intervals that hold."""

    alone_rmse: float
    rmse: float
    alone_covers: float
    covers: float
    half_width: float
    difference_alone_rmse: float
    difference_rmse: float
    difference_covers: float


def figures(data: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:
    """The table for each file with an expensive judge, and the claims: coverage, and error at 42 expensive verdicts."""
    seeds = SMOKE_SEEDS if smoke else SEEDS
    for name, scores in data.items():
        if len(scores) <= EXPENSIVE or len(_both(scores, CHEAP[0])) < FEWEST_SYSTEMS:
            continue
        cells = {
            (judge, n): [_measured(_both(scores, judge), n, [seed, judge, n]) for seed in seeds]
            for judge in CHEAP
            for n in SIZES
        }
        show(
            f"{name}: {EXPENSIVE + 1}th judge the expensive one; seeds {seeds}; mean (SD over seeds), errors in points",
            (
                "cheap judge",
                "n",
                "RMSE alone",
                "PPI++",
                "cover alone",
                "PPI++",
                "half-width",
                "difference",
                "PPI++",
                "cover",
            ),
            ((judge + 1, n, *map(_spread, zip(*rows, strict=True))) for (judge, n), rows in cells.items()),
        )
        yield from _claims(name, cells)


def _claims(name: str, cells: dict[tuple[int, int], list[Cell]]) -> Iterator[Claim]:
    means = {key: Cell(*np.mean(rows, axis=0)) for key, rows in cells.items()}
    worst = min(min(cell.covers, cell.difference_covers) for cell in means.values())
    yield Claim(f"{name}: PPI++ interval holds, worst cell", worst, 0.94, "%", aim=0.95, is_least=True)
    at_42 = [cell.rmse / cell.alone_rmse for (_, n), cell in means.items() if n == 42]
    yield Claim(f"{name}: PPI++ error at n = 42 to that of expensive scores alone, worst judge", max(at_42), 0.8, "x")


def _spread(values: tuple[float, ...]) -> str:
    return f"{np.mean(values):.3g} ({np.std(values):.2g})"


def _both(scores: Floats, judge: int) -> list[tuple[Floats, Floats]]:
    """Expensive and cheap scores of each system, NaN where either is missing."""
    pairs = []
    for system in range(scores.shape[1]):
        dear, cheap = scores[EXPENSIVE, system], scores[judge, system]
        seen = ~np.isnan(dear) & ~np.isnan(cheap)
        if seen.sum() >= FEWEST_ITEMS:
            pairs.append((np.where(seen, dear, np.nan), np.where(seen, cheap, np.nan)))
    return pairs


def _measured(systems: list[tuple[Floats, Floats]], n: int, seed: list[int]) -> Cell:
    """One draw of n items for each system, and for each pair of neighbours in the list."""
    rng = np.random.default_rng(seed)
    rows = []
    for at, (dear, cheap) in enumerate(systems):
        other_dear, other_cheap = systems[(at + 1) % len(systems)]
        items = rng.permutation(np.flatnonzero(~np.isnan(dear + other_dear)))
        few, rest = items[:n], items[n:]
        truth, other = float(dear[items].mean()), float(other_dear[items].mean())
        alone, ours = mean_alone(dear[few], len(items)), ppi_mean(dear[few], cheap[few], cheap[rest], finite=True)
        gap = ppi_difference(
            (dear[few], other_dear[few]), (cheap[few], other_cheap[few]), (cheap[rest], other_cheap[rest]), finite=True
        )
        assert ours.value is not None
        assert gap.value is not None
        rows.append(
            (
                (alone.value - truth) ** 2,
                (ours.value - truth) ** 2,
                alone.low <= truth <= alone.high,
                ours.low <= truth <= ours.high,
                0.5 * (ours.high - ours.low),
                (float((other_dear - dear)[few].mean()) - (other - truth)) ** 2,
                (gap.value - (other - truth)) ** 2,
                gap.low <= other - truth <= gap.high,
            )
        )
    means = np.mean(np.array(rows, dtype=np.float64), axis=0)
    points = 100 * np.sqrt(means)
    return Cell(points[0], points[1], means[2], means[3], 100 * means[4], points[5], points[6], means[7])
