"""Controls: forecasts of each item's score, from past runs and from the scores that were counted before it.

They make the bets of `bets` sharper and can never make them wrong: all that is asked of a forecast is that it is fixed
before the score that it is for is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ippon.stats.bets import Step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ippon.stats.outlook import Learner, Outlook

# What is expected of the scores' variance counts as much as this many scores.
_PRIOR_ITEMS = 20
# Forecasts that learn are made anew before each of the first items, then before each fourth.
_EACH_UNTIL, _THEN_EACH = 20, 4


class Centred(NamedTuple):
    """Forecasts for the next items, as bets need them (see `Step`), shape (items,)."""

    offset: NDArray[np.float64]
    above: NDArray[np.float64]
    below: NDArray[np.float64]


class Controls:
    """The forecasts for a suite, item by item in drawn order."""

    def __init__(self, outlook: Outlook) -> None:
        self._outlook = outlook
        self._n_items = len(outlook.forecast)
        self._table = np.zeros((3, 1 if outlook.learner is None else 2, self._n_items))
        self._table[:, 0] = centred(outlook.forecast, self._n_items)
        self._fresh_to = 0
        self._n_learnt, self._sum = 0, outlook.centre
        self._squares = np.full(self._table.shape[1], _PRIOR_ITEMS * outlook.variance)
        if outlook.learner is not None:
            self._weights = np.zeros(len(outlook.learner.variances))
            self._doubt = np.diag(outlook.learner.variances)

    def step(self, at: int) -> Step:
        """What the bets on the item at place `at` rest on."""
        if self._outlook.learner is not None and at >= self._fresh_to:
            self._fresh_to = min(self._n_items, at + (1 if at < _EACH_UNTIL else _THEN_EACH))
            self._table[:, 1, at : self._fresh_to] = centred(
                self._forecast(self._outlook.learner, at), self._fresh_to - at
            )
        offset, above, below = self._table[:, :, at]
        return Step(self._n_items - at, offset, above, below, self._squares / (_PRIOR_ITEMS + self._n_learnt))

    def learn(self, step: Step, score: float) -> None:
        """Take in the score of that step's item."""
        # The mean so far, of which the centre is the first score.
        self._squares += (score - self._sum / (self._n_learnt + 1) - step.offset) ** 2
        self._sum += score
        self._n_learnt += 1
        if self._outlook.learner is not None:
            self._weigh(self._outlook.learner, self._n_items - step.left, score)

    def _forecast(self, learner: Learner, at: int) -> NDArray[np.float64]:
        """Of all items left."""
        low, high = self._outlook.span
        forecast = learner.start[at:] + learner.columns[at:] @ self._weights
        return np.minimum(np.maximum(forecast, low), high)

    def _weigh(self, learner: Learner, at: int, score: float) -> None:
        """Ridge regression, brought up to date by one score (Kalman's filter with weights that stay)."""
        row = learner.columns[at]
        gain = self._doubt @ row
        total = row @ gain + learner.noise
        self._weights += gain * ((score - learner.start[at] - row @ self._weights) / total)
        self._doubt -= gain[:, None] * (gain / total)


def centred(forecast: NDArray[np.float64], n_next: int) -> Centred:
    """Of forecasts for all items left: what bets on the next `n_next` of them need."""
    back, tail = forecast[:n_next][::-1], forecast[n_next:]
    left = np.arange(len(tail) + 1, len(forecast) + 1)
    means = (back.cumsum() + tail.sum()) / left
    highest = np.maximum.accumulate(np.maximum(back, tail.max(initial=-np.inf)))
    lowest = np.minimum.accumulate(np.minimum(back, tail.min(initial=np.inf)))
    return Centred((back - means)[::-1], (highest - means)[::-1], (means - lowest)[::-1])
