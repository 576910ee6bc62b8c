"""What so many evaluations can see, and how many it takes to see so much: by formula, from the spread of past runs."""

from __future__ import annotations

from math import inf, sqrt
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from ippon.stats.filled import filled
from ippon.stats.special import t_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MOST = 10**9


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How much what is tested varies: `total`, over items, each judged once; `noise`, the judge's part in that.

    Standard deviations, on the scale of the scores. Each item is to be judged `repeats` times, which divides the noise
    (its variance) and nothing else.
    """

    total: float
    noise: float = 0.0
    repeats: int = 1


def spread_of_differences(history: ArrayLike) -> float:
    """Standard deviation, over items, of the difference of two runs: the mean variance of all pairs of past runs, rooted.

    For two systems that are both new. `history` is runs x items, NaN where not scored. Raises ValueError for fewer than
    2 runs or items, and scores outside 0..1.
    """
    runs = past_runs(history, 2)
    off = runs - runs.mean(axis=0)
    return sqrt(2.0 * float(off.var(axis=1, ddof=1).sum()) / (len(runs) - 1))


def spread_of_residuals(history: ArrayLike) -> float:
    """Standard deviation, over items, of a run less the item means of the other runs.

    For one new system beside what is known of the items: a cached baseline, or a mean helped by past runs. Raises
    ValueError for fewer than 3 runs, and as `spread_of_differences`.
    """
    runs = past_runs(history, 3)
    others = (runs.sum(axis=0) - runs) / (len(runs) - 1)
    return sqrt(float((runs - others).var(axis=1, ddof=1).mean()))


def judge_noise(repeats: ArrayLike) -> float:
    """Standard deviation of a judge's verdicts on the same answer, from `repeats`: items x repeats, NaN where missing.

    A difference of two systems holds that noise twice: it has sqrt(2) times it. Raises ValueError where no item was
    judged twice, and for scores outside 0..1.
    """
    table = np.asarray(repeats, dtype=np.float64)
    if table.ndim != 2:  # noqa: PLR2004 - a table
        raise ValueError(f"repeats of shape {table.shape} are not a table of items x repeats")
    bad = ~np.isnan(table) & ~((table >= 0.0) & (table <= 1.0))
    if bad.any():
        raise ValueError(f"repeats hold a score of {table[bad][0]}, not within 0 to 1")
    kept = table[(~np.isnan(table)).sum(axis=1) > 1]
    if len(kept) == 0:
        raise ValueError("no item was judged twice: nothing says how much the judge varies")
    off = kept - np.nanmean(kept, axis=1, keepdims=True)
    freedom = int((~np.isnan(kept)).sum()) - len(kept)
    return sqrt(float(np.nansum(off**2)) / freedom)


def smallest_gap(
    n: int,
    spread: float | Spread,
    *,
    n_items: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> float:
    """Smallest true gap that a two-sided t test of `n` items finds with chance `power`, on the scale of the scores.

    `spread`: standard deviation, over items, of what is tested (`spread_of_differences`, `spread_of_residuals`).
    `n_items`: size of the suite that the question is about; drawing most of it leaves little unknown but the judge's
    noise, which stays (finite-population correction: Cochran 1977, chapter 2). None: the population. The gap is (t of
    alpha + t of power) standard errors, within 3% of the exact one (noncentral t) from 10 items on.

    Raises ValueError for fewer than 2 items or more than the suite has, a spread that is negative or less than the
    noise, no repeat, and power or alpha outside (0, 1), or power not above alpha.
    """
    parts = spread if isinstance(spread, Spread) else Spread(total=spread)
    _check_plan(parts, power, alpha)
    if not 2 <= n < inf or (n_items is not None and n > n_items):  # noqa: PLR2004 - a spread needs two
        raise ValueError(f"{n} evaluations of a suite of {n_items} items: at least 2, and no more than it has")
    of_items = (parts.total**2 - parts.noise**2) * (1.0 / n - (0.0 if n_items is None else 1.0 / n_items))
    error = sqrt(max(0.0, of_items) + parts.noise**2 / (n * parts.repeats))
    one_sided = 2.0 * power - 1.0
    reach = t_quantile(abs(one_sided), n - 1) if one_sided else 0.0
    return error * (t_quantile(1.0 - alpha, n - 1) + (reach if one_sided > 0.0 else -reach))


def evaluations_needed(
    gap: float,
    spread: float | Spread,
    *,
    n_items: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
) -> int | None:
    """Fewest items with which `smallest_gap` is at most `gap`; None where the whole suite is not enough.

    Raises ValueError for a gap that is not above 0, and as `smallest_gap`.
    """
    if not 0.0 < gap < inf:
        raise ValueError(f"gap {gap} is not above 0")

    def enough(n: int) -> bool:
        return smallest_gap(n, spread, n_items=n_items, power=power, alpha=alpha) <= gap

    low, high = 1, 2
    last = _MOST if n_items is None else n_items
    while not enough(high):
        if high == last:
            return None
        low, high = high, min(2 * high, last)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def past_runs(history: ArrayLike, fewest: int) -> NDArray[np.float64]:
    """Past runs without gaps, `fewest` at least."""
    shape = np.shape(history)
    runs = filled(history, shape[1] if len(shape) == 2 else 0)  # noqa: PLR2004 - runs x items
    if len(runs) < fewest or runs.shape[1] < 2:  # noqa: PLR2004 - a spread needs two
        raise ValueError(f"{len(runs)} past runs of {runs.shape[1]} items: needs {fewest} runs of at least 2")
    return runs


def _check_plan(spread: Spread, power: float, alpha: float) -> None:
    if not 0.0 <= spread.noise <= spread.total < inf or spread.repeats < 1:
        raise ValueError(f"{spread}: noise is a part of the total, and repeats are one or more")
    if not 0.0 < alpha < power < 1.0:
        raise ValueError(f"alpha {alpha} and power {power}: both between 0 and 1, and power above alpha")
