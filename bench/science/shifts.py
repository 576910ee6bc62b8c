"""False alarms of `changepoint` on series in which nothing shifts, and what it finds where something does."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from bench.science.tables import show
from bench.stage import Claim
from ippon.stats.level_shift import changepoint

Floats = NDArray[np.float64]
SEED = 20_261_125
LENGTHS = (10, 15, 20, 24, 25, 40, 100, 1000)
SERIES, SMOKE_SERIES = 10_000, 200

NOISE: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "t(3)": lambda rng, n: rng.standard_t(3, n),
    "Cauchy": lambda rng, n: rng.standard_cauchy(n),
    "lognormal .5": lambda rng, n: np.exp(0.5 * rng.normal(size=n)),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "uniform": lambda rng, n: rng.random(n),
    "share of 42": lambda rng, n: rng.binomial(42, 0.9, n) / 42,
    "0/1, .9": lambda rng, n: (rng.random(n) < 0.9).astype(np.float64),
}
CORRELATED = (0.2, 0.4, 0.6)
SHIFTS = (1.0, 1.5, 2.5, 4.0)


def alarms(data: dict[str, Floats], *, smoke: bool) -> Iterator[Claim]:  # noqa: ARG001 - simulated, needs no matrix
    """Share of series with an alarm by length and noise; beside it what is found, in the middle, at a tenth of the series."""
    series = SMOKE_SERIES if smoke else SERIES
    table = {name: [_share(noise, n, series) for n in LENGTHS] for name, noise in NOISE.items()}
    show(
        f"changepoint: % of {series} stationary series with an alarm, seed {SEED}", ("noise", *LENGTHS), _points(table)
    )
    few = max(100, series // 10)
    correlated = {f"AR(1) {rho}": [_share(_autoregressive(rho), n, few) for n in LENGTHS] for rho in CORRELATED}
    show(f"the same, autocorrelated, % of {few} (no promise below 200 runs)", ("noise", *LENGTHS), _points(correlated))
    found = {f"{shift} SD": [_share(_shifted(shift), n, few) for n in LENGTHS] for shift in SHIFTS}
    show(f"% of {few} found, normal noise, shift in the middle", ("shift", *LENGTHS), _points(found))
    worst = max(max(row) for row in table.values())
    # The worst of 64 cells: four standard errors.
    noise = 4 * (0.005 * 0.995 / series) ** 0.5
    yield Claim(
        f"changepoint: alarms in the worst of {len(NOISE) * len(LENGTHS)} stationary cells", worst, 0.005 + noise, "%"
    )


def _share(draw: Callable[[np.random.Generator, int], Floats], n: int, series: int) -> float:
    rng = np.random.default_rng([SEED, n])
    return sum(changepoint(draw(rng, n)) is not None for _ in range(series)) / series


def _points(table: dict[str, list[float]]) -> Iterator[tuple[str, ...]]:
    for name, shares in table.items():
        yield (name, *(f"{100 * share:.2f}" for share in shares))


def _autoregressive(rho: float) -> Callable[[np.random.Generator, int], Floats]:
    def draw(rng: np.random.Generator, n: int) -> Floats:
        values = rng.normal(size=n + 50)
        for at in range(1, n + 50):
            values[at] += rho * values[at - 1]
        return values[50:]

    return draw


def _shifted(shift: float) -> Callable[[np.random.Generator, int], Floats]:
    def draw(rng: np.random.Generator, n: int) -> Floats:
        values = rng.normal(size=n)
        values[n // 2 :] += shift
        return values

    return draw
