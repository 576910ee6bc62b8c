"""Pairs of systems whose true gap is known, in several orders, and what a method says of them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Data = dict[str, Floats]
PAIRS, ORDERS = 6, 3


class Pair(NamedTuple):
    """A system, the baseline that it is compared with, and everyone else; and the seed of the order."""

    baseline: Floats
    system: Floats
    history: Floats
    seed: int

    @property
    def gap(self) -> float:
        """By how much the system is better."""
        return float(self.system.mean() - self.baseline.mean())

    @property
    def rng(self) -> np.random.Generator:
        """The same for each method: the same order."""
        return np.random.default_rng(self.seed)


class Outcome(NamedTuple):
    """What was said, and after how many items; without an answer all were asked."""

    said: str | None
    items: int


def pairs_of(matrix: Floats, band: tuple[float, float], rng: np.random.Generator, *, smoke: bool) -> Iterator[Pair]:
    """Pairs of which the second is better by so much, each in several orders."""
    means = matrix.mean(axis=1)
    lowest, highest = band
    found = np.argwhere((means[None, :] - means[:, None] >= lowest) & (means[None, :] - means[:, None] <= highest))
    for at in rng.permutation(len(found))[: 1 if smoke else PAIRS]:
        baseline, system = found[at]
        history = np.delete(matrix, [baseline, system], axis=0)
        for _ in range(1 if smoke else ORDERS):
            yield Pair(matrix[baseline], matrix[system], history, int(rng.integers(2**31)))


def share(outcomes: Iterable[Outcome], matrix: Floats) -> float:
    """Items that they took, on average, as a share of the suite."""
    return float(np.mean([each.items for each in outcomes])) / matrix.shape[1]
