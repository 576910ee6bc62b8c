"""How items answer to ability: a curve for each item, learnt from past runs, and what hangs together beyond the curves.

The curves are those of the two-parameter logistic model (Birnbaum 1968), fitted to scores in 0..1 as to shares of right
answers (quasi-likelihood; Papke and Wooldridge 1996), with priors that let few runs say little.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROUNDS, _STEPS_OF_ABILITY = 4, 2
# Precisions of the priors: of slopes about 1, of levels about their mean, of abilities about 0.
_SLOPE, _LEVEL, _ABILITY = 1.0 / 0.4**2, 0.25, 0.25
# No step of Newton's method is longer, in logits.
FARTHEST = 2.0
# A curve near 0 or 1 claims to leave no doubt; no history is as sure as that.
_LEAST_VARIANCE = 0.01
# What hangs together by chance is learnt from so many shuffled histories; the rest is half believed.
_SHUFFLES, _SEED, _BELIEVED = 3, 2, 0.5
# The pull of an item's own noise to that of all, in runs; and the least share of it that factors leave.
_WORTH_OF_ALL, _LEAST_NOISE = 10.0, 0.1
# Where past scores lie on their curves, the noise still is not zero.
_TINY = 1e-3
_LEAST_DISPERSION = 0.01
# Histories whose curves are kept.
_KEPT = 4


class Curves(NamedTuple):
    """What history says of each item; abilities are in logits, those of past runs spread about 0.

    A system of ability t is expected to score logistic(`levels` + `slopes` t), an array of items like `noise`. About
    this, scores divided by their standard deviation (root of `variance`) have the covariance
    factors' factors + diag(noise), `factors` being factors x items. `spread` is the prior variance of a new ability.
    """

    levels: NDArray[np.float64]
    slopes: NDArray[np.float64]
    abilities: NDArray[np.float64]
    factors: NDArray[np.float64]
    noise: NDArray[np.float64]
    spread: float


def curves(runs: NDArray[np.float64]) -> Curves:
    """The curves of a history without gaps (runs x items, three runs at least), kept for the last few histories."""
    return _curves(runs.tobytes(), len(runs))


@lru_cache(maxsize=_KEPT)
def _curves(table: bytes, n_runs: int) -> Curves:
    runs = np.frombuffer(table).reshape(n_runs, -1)
    levels, slopes, abilities = _fitted(runs)
    expected = logistic(levels + abilities[:, None] * slopes)
    residuals = (runs - expected) / np.sqrt(variance(expected))
    factors = _factors(residuals)
    freedom = n_runs - 1
    seen = (residuals * residuals).sum(axis=0) / freedom
    noise = (freedom * seen + _WORTH_OF_ALL * seen.mean()) / (freedom + _WORTH_OF_ALL)
    noise = np.maximum(noise - (factors * factors).sum(axis=0), _LEAST_NOISE * noise) + _TINY
    return Curves(levels, slopes, abilities, factors, noise, max(1.0, 2.0 * float(abilities.var())))


def logistic(odds: NDArray[np.float64], out: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Chances, from logits."""
    chances = np.negative(odds, out=out)
    np.exp(chances, out=chances)
    chances += 1.0
    return np.divide(1.0, chances, out=chances)


def variance(expected: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of a right answer where such a score is expected, and a little more."""
    return expected * (1.0 - expected) + _LEAST_VARIANCE


def covariance(model: Curves, abilities: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How a new system's scores vary together: loadings (rows x items) and own noise, averaged over some `abilities`.

    The covariance is loadings' loadings + diag(noise). The first row is what ability moves, the others are factors.
    """
    expected = logistic(model.levels + abilities[:, None] * model.slopes)
    spread: NDArray[np.float64] = variance(expected).mean(axis=0)
    steepness = (model.slopes * expected * (1.0 - expected)).mean(axis=0)
    return np.vstack([np.sqrt(model.spread) * steepness, np.sqrt(spread) * model.factors]), spread * model.noise


def _fitted(runs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Levels and slopes of the items and abilities of the runs, by turns: each side's Newton step given the other."""
    n_runs = len(runs)
    shares = (n_runs * runs.mean(axis=0) + 0.5) / (n_runs + 1.0)
    levels, slopes, abilities = np.log(shares / (1.0 - shares)), np.ones(runs.shape[1]), np.zeros(n_runs)
    # New arrays of this size would take as long as the arithmetic.
    room = np.empty((2, *runs.shape))
    for _ in range(_ROUNDS):
        for _ in range(_STEPS_OF_ABILITY):
            strays, weight = _about_curves(runs, (levels, slopes, abilities), room)
            abilities = abilities + _step_of_abilities(strays, weight, slopes, abilities)
        strays, weight = _about_curves(runs, (levels, slopes, abilities), room)
        up, steeper = _step_of_items(strays, weight, (levels, slopes, abilities))
        levels, slopes = levels + up, slopes + steeper
    return levels, slopes, abilities


def _about_curves(
    runs: NDArray[np.float64],
    now: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    room: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far each score lies from its curve, and the variance of a right answer there; both in `room`."""
    levels, slopes, abilities = now
    odds = np.multiply(abilities[:, None], slopes, out=room[0])
    odds += levels
    expected = logistic(odds, out=room[1])
    weight = np.subtract(1.0, expected, out=odds)
    weight *= expected
    return np.subtract(runs, expected, out=expected), weight


def _step_of_abilities(
    strays: NDArray[np.float64],
    weight: NDArray[np.float64],
    slopes: NDArray[np.float64],
    abilities: NDArray[np.float64],
) -> NDArray[np.float64]:
    precision = _ABILITY * _dispersion(strays, weight)
    return np.clip((strays @ slopes - precision * abilities) / (weight @ slopes**2 + precision), -FARTHEST, FARTHEST)


def _step_of_items(
    strays: NDArray[np.float64],
    weight: NDArray[np.float64],
    now: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Steps of levels and slopes; the two of an item are solved together."""
    levels, slopes, abilities = now
    dispersion = _dispersion(strays, weight)
    up_level = strays.sum(axis=0) - dispersion * _LEVEL * (levels - levels.mean())
    up_slope = abilities @ strays - dispersion * _SLOPE * (slopes - 1.0)
    level, slope = weight.sum(axis=0) + dispersion * _LEVEL, abilities**2 @ weight + dispersion * _SLOPE
    both = abilities @ weight
    size = level * slope - both * both
    up = (slope * up_level - both * up_slope) / size
    steeper = (level * up_slope - both * up_level) / size
    return np.clip(up, -FARTHEST, FARTHEST), np.clip(steeper, -FARTHEST, FARTHEST)


def _dispersion(strays: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """How far scores lie from their curves, as a share of what right answers would: about 1 for those, at most 1.

    A graded score tells more than a right answer, so priors weigh less beside it, by this factor. Two runs are taken
    off for the two numbers that each curve has.
    """
    freedom = max(1, len(strays) - 2)
    return min(1.0, float(np.vdot(strays, strays) / (weight.sum() * freedom / len(strays) + _TINY)) + _LEAST_DISPERSION)


def _factors(residuals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Loadings (factors x items) of what hangs together more than where each item's residuals are shuffled.

    Parallel analysis (Horn 1965): a factor's worth is what its variance has beyond that of the largest by chance. The
    shuffles are always the same: systems compared by one history must not be asked other items because of them.
    """
    rng = np.random.default_rng(_SEED)
    shuffled = np.empty_like(residuals)
    largest: list[float] = []
    for _ in range(_SHUFFLES):
        rng.permuted(residuals, axis=0, out=shuffled)
        largest.append(float(np.linalg.eigvalsh(shuffled @ shuffled.T)[-1]))
    by_chance = sum(largest) / _SHUFFLES
    squares, turns = np.linalg.eigh(residuals @ residuals.T)
    beyond = squares > by_chance
    worth = _BELIEVED * (squares[beyond] - by_chance) / (len(residuals) - 1)
    return np.sqrt(worth / squares[beyond])[:, None] * (turns[:, beyond].T @ residuals)
