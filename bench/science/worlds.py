"""Skewed worlds, made of real matrices: suites on which nearly everything is right, or nearly nothing.

There intervals fail: a sample of 21 with no failure in it has seen no spread. Items are drawn with an exponential tilt in
their mean, so that the suite has the mean that is asked for; graded scores are cut at a threshold, or bent.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.science.matrices import FEWEST_SYSTEMS

Floats = NDArray[np.float64]
# Sizes that a world's suite may have: the largest at which enough items of the kind are there.
_SIZES = (400, 300, 200, 150, 130)
_STEEPEST, _NEAR_ENOUGH = 60.0, 0.01
_FEW_VALUES = 5


class World(NamedTuple):
    """How a matrix is made skewed; `at` is the mean that all systems together shall have."""

    name: str
    at: float
    make: Callable[[Floats, float, np.random.Generator], Floats | None]


def skewed(data: dict[str, Floats], rng: np.random.Generator) -> dict[str, Floats]:
    """Name and scores (systems x items) of all worlds that these matrices give: 14 from those of `data/`.

    A matrix without enough easy (hard) items for a world gives none.
    """
    worlds: dict[str, Floats] = {}
    of_kind = [0, 0, 0]
    for name, matrix in data.items():
        kind = _kind(matrix)
        for world in _of_kind(kind, of_kind[kind]):
            made = world.make(matrix, world.at, rng)
            if made is not None:
                worlds[f"{name} {world.name} {world.at:g}"] = made
        of_kind[kind] += 1
    return worlds


def _kind(matrix: Floats) -> int:
    """0 for right or wrong, 1 for a few values, 2 for a scale."""
    n_values = len(np.unique(matrix))
    return 0 if n_values <= 2 else 1 if n_values <= _FEW_VALUES else 2


def _of_kind(kind: int, index: int) -> tuple[World, ...]:
    """The worlds of a kind of matrix, shared out among graded ones, of which `index` counts."""
    if kind == 0:
        return (
            World("easy", 0.9, _tilted),
            World("easy, top half", 0.95, _top_half),
            World("hard", 0.1, _tilted),
            World("easy, flipped", 0.1, _flipped),
        )
    if kind == 1:
        return (World("right", 0.15, _right), World("not wrong", 0.9, _not_wrong))
    graded = (
        (World("cut", 0.25, _cut), World("bent", 0.13, _bent)),
        (World("cut", 0.93, _cut), World("bent", 0.95, _bent)),
        (World("cut", 0.9, _cut),),
    )
    return graded[index % len(graded)]


def _tilted(matrix: Floats, at: float, rng: np.random.Generator) -> Floats | None:
    """Items drawn without replacement, weighed by exp(c x item mean), with c such that the mean is `at`."""
    means = matrix.mean(axis=0)
    luck = rng.gumbel(size=len(means))
    for size in _SIZES:
        if size > len(means) // 2:
            continue
        low, high = -_STEEPEST, _STEEPEST
        for _ in range(40):
            steep = 0.5 * (low + high)
            drawn = np.argsort(-(steep * means + luck))[:size]
            low, high = (steep, high) if means[drawn].mean() < at else (low, steep)
        if abs(means[drawn].mean() - at) < _NEAR_ENOUGH:
            return matrix[:, drawn]
    return None


def _top_half(matrix: Floats, at: float, rng: np.random.Generator) -> Floats | None:
    """The better half of the systems alone, where that is a dozen."""
    if len(matrix) // 2 < FEWEST_SYSTEMS:
        return None
    best = np.argsort(matrix.mean(axis=1))[-(len(matrix) // 2) :]
    return _tilted(matrix[np.sort(best)], at, rng)


def _flipped(matrix: Floats, at: float, rng: np.random.Generator) -> Floats | None:
    """Right and wrong exchanged, so that the best systems are the other end of the easy world."""
    easy = _tilted(matrix, 1.0 - at, rng)
    return None if easy is None else 1.0 - easy


def _right(matrix: Floats, at: float, rng: np.random.Generator) -> Floats | None:
    return _tilted((matrix == 1.0).astype(np.float64), at, rng)


def _not_wrong(matrix: Floats, at: float, rng: np.random.Generator) -> Floats | None:
    return _tilted((matrix > 0.0).astype(np.float64), at, rng)


def _cut(matrix: Floats, at: float, _: np.random.Generator) -> Floats:
    """Right from a threshold on (ties keep the mean from being just `at`)."""
    thresholds = np.unique(np.quantile(matrix, np.linspace(0.0, 1.0, 401)[1:]))
    shares = np.array([(matrix >= threshold).mean() for threshold in thresholds])
    return (matrix >= thresholds[np.abs(shares - at).argmin()]).astype(np.float64)


def _bent(matrix: Floats, at: float, _: np.random.Generator) -> Floats:
    """Graded scores through a steep logistic, whose middle is where the mean becomes `at`."""
    low, high = -1.0, 2.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _logistic(matrix, middle).mean() > at else (low, middle)
    return _logistic(matrix, middle)


def _logistic(matrix: Floats, middle: float) -> Floats:
    return 1.0 / (1.0 + np.exp(-12.0 * (matrix - middle)))
