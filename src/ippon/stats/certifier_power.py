"""What the Certifier can see within so many items, and how many it takes: simulated on past runs."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import numpy as np

from ippon.stats.certifier import Certifier
from ippon.stats.power import past_runs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_HALVINGS = 10


def simulated_use(
    history: ArrayLike,
    gap: float,
    *,
    rng: np.random.Generator,
    n: int | None = None,
    draws: int = 100,
    alpha: float = 0.05,
) -> NDArray[np.int64]:
    """Items that the Certifier used until its verdict, in `draws` simulated comparisons at a true `gap`; sorted.

    Each takes a past run as cached baseline, the past run whose mean is nearest to the baseline's plus `gap` as the new
    system, with as many of its scores moved to 1 (or 0) as bring its mean there, and the other runs as history. At most
    `n` items are asked (all without `n`); one more than that stands for no verdict, or a wrong one. The quantile at the
    power is the number of items to plan for. A negative gap is a system that is worse.

    Raises ValueError for fewer than 5 runs (3 have to be left), no draws, n below 1, a gap of 0 or one that no run
    leaves room for.
    """
    runs = past_runs(history, 5)
    if draws < 1 or not -1.0 < gap < 1.0 or gap == 0.0:
        raise ValueError(f"{draws} draws at a gap of {gap}: at least one, at a gap within -1 to 1 that is not 0")
    means = runs.mean(axis=1)
    room = np.flatnonzero((means + gap >= 0.0) & (means + gap <= 1.0))
    if len(room) == 0:
        raise ValueError(
            f"no past run has room for a gap of {gap}: means go from {means.min():.3f} to {means.max():.3f}"
        )
    if n is not None and n < 1:
        raise ValueError(f"{n} items at most: at least one has to be asked")
    most = runs.shape[1] if n is None else min(n, runs.shape[1])
    used = [_one_use(runs, int(rng.choice(room)), gap, most, rng, alpha) for _ in range(draws)]
    return np.sort(np.array(used, dtype=np.int64))


def smallest_gap_certified(
    n: int,
    history: ArrayLike,
    *,
    rng: np.random.Generator,
    power: float = 0.8,
    draws: int = 100,
    alpha: float = 0.05,
) -> float | None:
    """Smallest gap at which the Certifier, baseline cached, has its verdict within `n` items in a share `power` of draws.

    By bisection over gaps from 0 to the largest one that a past run leaves room for, every gap on the same draws; None
    where even that is too small. With 100 draws the power is known to +-8 points (two standard errors), the gap to about
    a tenth of itself. Raises ValueError as `simulated_use`, for n below 1 and power outside (0, 1).
    """
    runs = past_runs(history, 5)
    if n < 1 or not 0.0 < power < 1.0:
        raise ValueError(f"{n} items at a power of {power}: at least one, and a power between 0 and 1")
    seed = int(rng.integers(2**63))

    def seen(gap: float) -> bool:
        used = simulated_use(runs, gap, rng=np.random.default_rng(seed), n=n, draws=draws, alpha=alpha)
        return float((used <= n).mean()) >= power

    low, high = 0.0, 1.0 - float(runs.mean(axis=1).min()) - 1e-9
    if high <= 0.0 or not seen(high):
        return None
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if seen(middle) else (middle, high)
    return high


def _one_use(
    runs: NDArray[np.float64], baseline: int, gap: float, most: int, rng: np.random.Generator, alpha: float
) -> int:
    goal = float(runs[baseline].mean()) + gap
    distances = np.abs(runs.mean(axis=1) - goal)
    distances[baseline] = inf
    other = int(distances.argmin())
    scores = _moved(runs[other], goal, rng)
    rest = np.delete(runs, [baseline, other], axis=0)
    certifier = Certifier(runs.shape[1], rng=rng, baseline=runs[baseline], history=rest, alpha=alpha)
    right = "better" if gap > 0.0 else "worse"
    for count, item in enumerate(certifier.order[:most], 1):
        verdict = certifier.observe(int(item), float(scores[item]))
        if verdict is not None:
            return count if verdict == right else most + 1
    return most + 1


def _moved(scores: NDArray[np.float64], goal: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The scores with mean `goal`: random ones are carried to the end of the scale, the last one part of the way."""
    need = goal * len(scores) - float(scores.sum())
    order = rng.permutation(len(scores))
    room = (1.0 - scores if need > 0.0 else scores)[order]
    before = np.cumsum(room) - room
    moved = scores.copy()
    moved[order] += np.copysign(np.clip(abs(need) - before, 0.0, room), need)
    return np.clip(moved, 0.0, 1.0)
