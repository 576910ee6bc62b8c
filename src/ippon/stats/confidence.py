"""A confidence sequence: the means that the bets of `bets` have never refuted."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ippon.stats.bets import GAPS, Sides, Step, log_gains, log_wealth, sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_HALVINGS = 24  # to a ten-millionth


class Counted(NamedTuple):
    """One counted item: what the bets on it rested on, and the least and the most that its score can be."""

    step: Step
    lowest: float
    highest: float


def confidence_ends(
    counted: Sequence[Counted], n_items: int, span: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """The lowest and the highest mean of the suite that no look so far has refuted, each end at alpha/2.

    A bet pays the less the higher the boundary that it is made against, so what is refuted at one boundary is refuted
    at each one beyond it, and halving finds the last.
    """
    if not counted:
        return span
    step = _stacked([each.step for each in counted])
    low = _end(sides([True], span), np.array([each.lowest for each in counted]), step, n_items, alpha)
    high = -_end(sides([False], span), np.array([each.highest for each in counted]), step, n_items, alpha)
    if low > high:  # everything is refuted, as happens with a chance of at most alpha: the truth is near neither
        low = high = 0.5 * (low + high)
    return low, high


def _stacked(steps: Sequence[Step]) -> Step:
    """Many steps as one."""
    return Step(
        left=steps[-1].left,
        offset=np.array([step.offset for step in steps]),
        above=np.array([step.above for step in steps]),
        below=np.array([step.below for step in steps]),
        variance=np.array([step.variance for step in steps]),
    )


def _end(claim: Sides, fills: NDArray[np.float64], step: Step, n_items: int, alpha: float) -> float:
    """The lower end of the means times the claim's sign: from what is possible at the least to what is at the most."""
    seen = np.cumsum(claim.signs * fills)
    lefts = np.arange(n_items, n_items - len(fills), -1)
    gaps = GAPS * (n_items / lefts)[:, None, None]
    still = n_items - len(fills)
    below = (float(seen[-1]) + still * float(claim.lowest[0])) / n_items
    above = below + claim.width * still / n_items
    for _ in range(_HALVINGS):
        middle = 0.5 * (below + above)
        rest = middle * n_items - np.concatenate([[0.0], seen[:-1]])
        logs = log_gains(claim, rest / lefts, fills, step, gaps).cumsum(axis=0)
        if log_wealth(logs).max() >= log(2.0 / alpha):
            below = middle
        else:
            above = middle
    return below
