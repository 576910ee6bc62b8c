"""A few directions in which past runs differed item by item, and a ridge on them for what a new system does likewise."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

_MOST_FACTORS = 6
_RUNS_PER_FACTOR = 4
# Prior variances: the factors' in units of what past runs had, the level's at least, that of steepness.
_FACTOR, _LEVEL, _STEEPNESS = 0.5, 0.03, 0.1
_WEIGHT_OF_MEAN_NOISE = 5.0
_LEAST_LEFT = 0.3
_TINY = 1e-9
_EVEN = 1e-6  # strengths nearer than this part of the largest are a tie


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """How a new system's scores may stray from what is expected: a linear model over `columns`, and `noise` beyond it.

    `columns` is items x (known + factors), with a prior variance each: the level, steepness (the item's mean less that
    of all), and the leading factors of past runs at the size that these had. `noise` is each item's variance.
    """

    columns: NDArray[np.float64]
    prior: NDArray[np.float64]
    noise: NDArray[np.float64]


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """What a ridge makes of a sample: the `strays` predicted for all items, the `residuals` of the seen ones.

    Residuals are leave-one-out: how far each score is from what the others predict for it.
    """

    strays: NDArray[np.float64]
    residuals: NDArray[np.float64]


def about_means(runs: NDArray[np.float64], scored: NDArray[np.bool_]) -> Factors:
    """The model of past `runs` (full, two rows at least, `scored` where not filled in) for strays from the item means.

    The prior of the level is wide, so the residuals sum to nearly 0 and the estimate is right on average over random
    draws, whatever the factors are worth.
    """
    n_runs, n_items = runs.shape
    item_means = runs.mean(axis=0)
    strays = runs - item_means
    strays -= strays.mean(axis=1, keepdims=True)
    n_factors = max(1, min(_MOST_FACTORS, n_runs // _RUNS_PER_FACTOR))
    directions = _leading_directions(strays, n_factors)
    sizes = strays @ directions.T
    loadings = directions * np.sqrt((sizes**2).sum(axis=0) / n_runs)[:, None]
    spread = float((strays**2).mean(where=scored)) * n_runs / (n_runs - 1)
    mean_noise = max(spread - float((loadings**2).sum()) / n_items, _LEAST_LEFT * spread, _TINY)
    level = max(_LEVEL, 2.0 * float(runs.mean(axis=1).var()))
    return Factors(
        columns=np.column_stack([np.ones(n_items), item_means - item_means.mean(), *loadings]),
        prior=np.concatenate([[level, _STEEPNESS], np.full(n_factors, _FACTOR)]),
        noise=_noise(strays - sizes @ directions, mean_noise),
    )


def about_tilt(model: Factors, item_means: NDArray[np.float64], by_tilt: NDArray[np.float64]) -> Factors:
    """The same model for strays from tilted means, which have moved with the level and with steepness already.

    An item that past runs agreed on is noisy to a system for which it has become open: the tilt gives it more room to
    move, p(1 - p), and noise grows with that. (Where room shrinks, noise stays: the tilt may go too far.)
    """
    room, room_then = _room(item_means), _room(by_tilt)
    more = np.maximum(room_then - room, 0.0) / room.mean()
    return Factors(
        columns=np.delete(model.columns, 1, axis=1),
        prior=np.delete(model.prior, 1),
        noise=model.noise + float(model.noise.mean()) * more,
    )


def _room(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance of 0/1 scores with these means, and a little, since a mean of a few runs is not that sure."""
    return means * (1.0 - means) + 0.02


def _leading_directions(strays: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """The `count` directions over the items, of length 1, in which rows of `strays` differ most: count x items.

    From the eigenvectors of runs x runs, which is quick where items are many. A direction without any spread is 0, and
    so is one that is as strong as the first beyond `count`: which of the two it would be, only their order could say.
    """
    strengths, mixtures = np.linalg.eigh(strays @ strays.T)
    beyond = strengths[-count - 1] if len(strengths) > count else 0.0
    leads = strengths[-count:] > beyond + _EVEN * strengths[-1]
    lengths = np.sqrt(np.maximum(strengths[-count:], 0.0) * leads)[:, None]
    directions = mixtures[:, -count:].T @ strays
    return np.divide(directions, lengths, out=np.zeros_like(directions), where=lengths > _TINY)


def _noise(left: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Variance of each item's score beyond the factors: half the mean, half its own, shrunk and brought to that mean."""
    own = (left**2).sum(axis=0) + _WEIGHT_OF_MEAN_NOISE * mean
    return 0.5 * mean * (1.0 + own / own.mean())


def ridge(model: Factors, items: NDArray[np.int64], strays: NDArray[np.float64]) -> Fit:
    """The posterior mean given the `strays` of some `items`.

    The covariance C of what is seen is noise plus a few columns: its inverse comes from a matrix as wide as these
    (Woodbury), so no cost grows faster than n. A residual is (C^-1 r)_i / (C^-1)_ii.
    """
    seen, noise = model.columns[items], model.noise[items]
    scaled = seen / noise[:, None]
    inverse = np.linalg.inv(np.diag(1.0 / model.prior) + seen.T @ scaled)
    weights = inverse @ (scaled.T @ strays)
    solved = (strays - seen @ weights) / noise
    diagonal = 1.0 / noise - ((scaled @ inverse) * scaled).sum(axis=1)
    return Fit(strays=model.columns @ weights, residuals=solved / diagonal)
