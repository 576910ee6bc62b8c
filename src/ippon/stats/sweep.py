"""The best of many arms for few evaluations: successive halving on items that tell systems apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
import numpy as np

from ippon.stats.shortlist import listed, past_runs, weights

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import ArrayLike, NDArray

Arm = TypeVar("Arm", bound="Hashable")

_DIGITS = 12


class Sweep(msgspec.Struct, Generic[Arm], frozen=True, kw_only=True):
    """How a sweep ended: `best` is the arm that was left, or that scored best among those left when the budget ended.

    Arms stand in the order of `arms`, and so do `scores`, which rank arms asked equally often and estimate no mean, and
    `asked`, how many of `items` (in the order of asking, the same for all) each arm was asked. `rounds` holds the arms
    that were in each round.
    """

    best: Arm
    arms: tuple[Arm, ...]
    scores: tuple[float, ...]
    asked: tuple[int, ...]
    items: tuple[int, ...]
    rounds: tuple[tuple[Arm, ...], ...]

    @property
    def evaluations_used(self) -> int:
        """How many evaluations were asked for, all arms together."""
        return sum(self.asked)


def halving(
    arms: Sequence[Arm],
    ask: Callable[[Arm, int], float],
    budget: int,
    *,
    rng: np.random.Generator,
    history: ArrayLike | None = None,
    n_items: int | None = None,
) -> Sweep[Arm]:
    """The best of `arms` by successive halving (Karnin, Koren and Somekh 2013) with at most `budget` evaluations.

    Each round spends an equal share of the budget on new items, the same for all arms still in, and drops the worse
    half; `ask(arm, item)` gives a score in 0..1. Equal scores: the arm that comes first in `arms` stays. When every
    item has been asked, the sweep ends: the scores are then exact.

    Items are those that `history` (runs x items) finds to tell systems apart, and scores are as `screen_score` has
    them. With fewer than three past runs items come in random order and scores are means. `n_items`, the size of the
    suite, is needed only without a history; without either, items are the numbers 0, 1, 2, .. of an order of the
    caller's own.

    Raises ValueError for no arms, an arm given twice, a budget that cannot ask each arm once, a bad history or another
    size than history has, a suite without items, and a score outside 0..1.
    """
    _check_arms(arms, budget)
    runs, order = _ordered(history, n_items, budget, rng)
    seen: dict[Arm, list[float]] = {arm: [] for arm in arms}
    scores: dict[Arm, float] = {}
    left, rounds, n_asked = list(arms), list[tuple[Arm, ...]](), 0
    for rounds_left in range(max(1, (len(arms) - 1).bit_length()), 0, -1):
        rounds.append(tuple(left))
        share = (budget - sum(map(len, seen.values()))) // (rounds_left * len(left))
        items = order[n_asked : n_asked + max(share, 1 - n_asked)]
        n_asked += len(items)
        for arm in left:
            seen[arm] += [_asked(ask, arm, item) for item in items]
        each = weights(runs, np.array(order[:n_asked]))
        # Digits that only rounding tells apart are a tie.
        scores |= {arm: round(float(each @ seen[arm]), _DIGITS) for arm in left}
        if n_asked == len(order):
            break
        left = _better_half(left, scores)
    return Sweep(
        best=max(left, key=scores.__getitem__),
        arms=tuple(arms),
        scores=tuple(scores[arm] for arm in arms),
        asked=tuple(len(seen[arm]) for arm in arms),
        items=tuple(order[:n_asked]),
        rounds=tuple(rounds),
    )


def _check_arms(arms: Sequence[Arm], budget: int) -> None:
    if len(arms) == 0:
        raise ValueError("no arms to choose from")
    if len(set(arms)) < len(arms):
        raise ValueError(f"arms {list(arms)}: one is given twice")
    if budget < len(arms):
        raise ValueError(f"a budget of {budget} evaluations cannot ask each of {len(arms)} arms once")


def _ordered(
    history: ArrayLike | None, n_items: int | None, budget: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], list[int]]:
    """History without gaps, and its items in the order of asking: as many as the last round might reach."""
    if history is None:
        width = budget if n_items is None else n_items
        runs = np.empty((0, max(width, 0)))
    else:
        runs = past_runs(history)
        width = runs.shape[1] if n_items is None else n_items
    if width < 1 or width != runs.shape[1]:
        raise ValueError(f"a suite of {width} items where history is {runs.shape[1]} items wide")
    if history is None and n_items is None:
        return runs, list(range(width))
    return runs, listed(runs, min(width, budget), rng).tolist()


def _asked(ask: Callable[[Arm, int], float], arm: Arm, item: int) -> float:
    score = ask(arm, item)
    if not 0.0 <= score <= 1.0:  # NaN fails this, too
        raise ValueError(f"arm {arm} has a score of {score} at item {item}: not within 0 to 1")
    return float(score)


def _better_half(arms: list[Arm], scores: dict[Arm, float]) -> list[Arm]:
    """The better half (rounded up) in the order they came in; of equal ones those that come first."""
    ranked = sorted(arms, key=lambda arm: -scores[arm])
    kept = set(ranked[: (len(arms) + 1) // 2])
    return [arm for arm in arms if arm in kept]
