"""Items in batches, each chosen by what the answers so far say of a system's ability; and the score so far.

Adaptive testing (Weiss 1982) with two changes: items are chosen for the suite's mean, not for the ability, and so that
systems of nearly the same ability are asked the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ippon.stats.curves import FARTHEST, Curves, covariance, curves, logistic, variance
from ippon.stats.greedy import given, greedy_items
from ippon.stats.shortlist import FEWEST_RUNS, past_runs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_BATCH = 8
# Abilities that a batch is chosen for, from the estimated one, in logits.
_ABILITIES = np.array([0.0, 1.0])
_ITERATIONS, _CLOSE = 7, 1e-4


class Screener:
    """Which item to ask a new system next, and a number that ranks systems so asked; it estimates no mean.

    Batches of 8: the first is the same for all systems of a history, later ones follow the ability that the scores so
    far show, rounded to a whole logit. Inside history's range this orders systems better than random items and than a
    fixed list; above it, `beyond_history` says so. With fewer than three past runs items are at random (by `rng`, which
    nothing else needs), and the score is their mean.

    `history` is runs x items in 0..1 (NaN: not scored); what is learnt of it is kept for the last few histories. Raises
    ValueError for a bad one.
    """

    def __init__(self, history: ArrayLike, rng: np.random.Generator) -> None:
        runs = past_runs(history)
        self._n_items = runs.shape[1]
        self._curves = curves(runs) if len(runs) >= FEWEST_RUNS else None
        # Items in the order of asking, of which the first were given.
        self._asked: list[int] = [] if self._curves is not None else rng.permutation(self._n_items).tolist()
        self._given: set[int] = set()
        self._scores: dict[int, float] = {}

    def next(self) -> int:
        """The next item to ask; the answers to those before it need not be in.

        Raises ValueError when all items of the suite have been given.
        """
        if len(self._given) == self._n_items:
            raise ValueError(f"all {self._n_items} items have been given")
        if self._curves is not None and len(self._given) == len(self._asked):
            self._asked += _batch(self._curves, self._ability, self._asked)
        item = self._asked[len(self._given)]
        self._given.add(item)
        return item

    def observe(self, item: int, score: float) -> None:
        """Take the score of an item that `next` gave, in any order.

        Raises ValueError for an item that was not given or that has a score, and for a score outside 0..1.
        """
        if item not in self._given:
            raise ValueError(f"item {item} has not been given")
        if item in self._scores:
            raise ValueError(f"item {item} has been observed already")
        if not 0.0 <= score <= 1.0:  # NaN fails this, too
            raise ValueError(f"item {item} has a score of {score}: not within 0 to 1")
        self._scores[item] = float(score)

    @property
    def score(self) -> float:
        """What ranks the system: by history's curves, how it would do on the whole suite; 0..1, no estimate of it.

        Raises ValueError while no item has been observed.
        """
        if not self._scores:
            raise ValueError("no item has been observed yet")
        items, scores = self._seen
        if self._curves is None:
            return float(scores.mean())
        return _expected_mean(self._curves, items, scores)

    @property
    def beyond_history(self) -> bool:
        """Whether no more than random items give can be promised.

        True where the system seems better than every past run, so that history's curves are drawn out to where nothing
        was seen, and with fewer than three past runs.
        """
        return self._curves is None or self._ability > float(self._curves.abilities.max())

    @property
    def _seen(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Items observed and their scores, sorted: answers in another order give the same digits."""
        items = sorted(self._scores)
        return np.array(items, dtype=np.intp), np.array([self._scores[item] for item in items])

    @property
    def _ability(self) -> float:
        return float(_posterior(self._curves, *self._seen)[0]) if self._curves is not None else 0.0


def _posterior(model: Curves, items: NDArray[np.intp], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of ability and factors given scores: the curves as straight lines about the ability, until it stays."""
    levels, slopes, noise = model.levels[items], model.slopes[items], model.noise[items]
    precision = np.diag(np.append(1.0 / model.spread, np.ones(len(model.factors))))
    state: NDArray[np.float64] = np.zeros(len(precision))
    for _ in range(_ITERATIONS):
        ability = float(state[0])
        expected = logistic(levels + slopes * ability)
        spread = variance(expected)
        steepness = slopes * expected * (1.0 - expected)
        loadings = np.vstack([steepness, np.sqrt(spread) * model.factors[:, items]])
        weighted = loadings / (spread * noise)
        pulls = weighted @ (scores - expected + steepness * ability)
        state = np.linalg.solve(precision + weighted @ loadings.T, pulls).astype(np.float64)
        state[0] = min(max(state[0], ability - FARTHEST), ability + FARTHEST)
        if abs(state[0] - ability) < _CLOSE:
            break
    return state


def _expected_mean(model: Curves, items: NDArray[np.intp], scores: NDArray[np.float64]) -> float:
    """Mean over the suite of the seen scores and of what is expected of the others."""
    ability, *strays = _posterior(model, items, scores)
    expected = logistic(model.levels + model.slopes * ability)
    everywhere = expected + np.sqrt(variance(expected)) * (np.array(strays) @ model.factors)
    everywhere[items] = scores
    return min(max(float(everywhere.mean()), 0.0), 1.0)


def _batch(model: Curves, ability: float, asked: list[int]) -> list[int]:
    """The next items: those that take most off the variance of the suite's mean, given that all of `asked` are known.

    The ability is rounded to a whole logit, so that systems near each other are asked the same items: what an item has
    of its own is then the same for both, and cancels when they are compared. Variances are averaged over this ability
    and the next one up: where systems are better than history, items chosen for less tell them apart no better than
    random ones (docs/decisions/0007).
    """
    loadings, noise = covariance(model, np.round(ability) + _ABILITIES)
    known = np.asarray(asked, dtype=np.intp)
    free: NDArray[np.intp] = np.setdiff1d(np.arange(len(noise)), known)
    left = given(loadings[:, known], noise[known]) @ loadings[:, free]
    return free[greedy_items(left, noise[free], min(_BATCH, len(free)))].tolist()
