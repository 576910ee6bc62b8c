"""Bets against claims about a suite's mean: evidence that one may look at after each item, as often as one likes.

Items come in a uniformly random order that was drawn beforehand. A claim such as "the mean is at most t" says of the
items left only what their mean m can be at most, so before each item one bets on "more than m". A bet pays
1 + slope * (score - m - offset): the offset is what a control (a forecast from the past alone) says of this item less
what it says of all that are left, and the slope is at most what cannot lose everything. Under the claim no bet gains on
average, so the wealth ever reaches 1/alpha with a chance of at most alpha (Ville's inequality), whatever the forecasts
are worth. Sources: Waudby-Smith and Ramdas (arXiv 2006.04347, 2010.09686) for betting without replacement, Shekhar et
al. (arXiv 2305.06884) for controls.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# What the true mean may differ by from the boundary: one bet is made for each, and their wealth averaged.
GAPS = np.array([[0.04, 0.08, 0.16, 0.32]])
# A bet risks at most this share of its wealth, so that no single item can ruin it.
LARGEST_STAKE = 0.95
# Means nearer than this are equal: what is left may sum to exactly nothing, or miss it by rounding.
ROUNDING = 1e-9


class Sides(NamedTuple):
    """Which way claims point: "the mean is at most .." (up: bets are on more) or "at least ..". Shape (claims,).

    What is computed of a claim is computed of scores times its sign, so that there is but one direction.
    """

    up: NDArray[np.bool_]
    signs: NDArray[np.float64]  # 1 where up, else -1
    lowest: NDArray[np.float64]  # the least that a score times the sign can be
    width: float  # and from there to the most that it can be


class Step(NamedTuple):
    """What the bets on one item rest on, all of it fixed before the score is seen; arrays are of shape (controls,).

    Of several steps at once they are of shape (steps, controls).
    """

    left: int  # items not yet counted, this one among them
    offset: NDArray[np.float64]  # the forecast less its mean over the items left
    above: NDArray[np.float64]  # the highest forecast left less that mean
    below: NDArray[np.float64]  # that mean less the lowest forecast left
    variance: NDArray[np.float64]  # of scores about the forecast


def sides(ups: Sequence[bool], span: tuple[float, float]) -> Sides:
    """The claims that point these ways, about scores within `span`."""
    low, high = span
    up = np.array(ups)
    return Sides(up, np.where(up, 1.0, -1.0), np.where(up, low, -high), high - low)


def log_gains(
    claims: Sides, means: NDArray[np.float64], fills: NDArray[np.float64], step: Step, gaps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Log of what the bets on an item pay, shape (claims, controls, gaps); 0 where there is nothing to bet on.

    `means` is what each claim says of the items left, times its sign; `fills` the item's score; `gaps` what the mean of
    the items left may be beyond the claim, shape (1, gaps). Either of many claims at one step or of one claim at many
    steps, which then stand in the place of the claims. The slope is gap / (variance + gap^2), by which wealth grows
    fastest if the gap is true.
    """
    down_to = means - claims.lowest
    doubtful = (down_to > ROUNDING) & (down_to < claims.width - ROUNDING)
    excess = claims.signs[:, None] * (fills[:, None] - step.offset) - means[:, None]
    room = down_to[:, None] + np.where(claims.up[:, None], step.above, step.below)
    largest = LARGEST_STAKE / np.maximum(room, ROUNDING)
    slopes = np.minimum(gaps / (step.variance[..., None] + gaps * gaps), largest[:, :, None])
    return np.log1p(slopes * excess[:, :, None]) * doubtful[:, None, None]


def log_wealth(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log of the average wealth of bets over controls and gaps, the last two axes of the logs of each one's wealth."""
    flat = logs.reshape(*logs.shape[:-2], -1)
    return np.logaddexp.reduce(flat, axis=-1) - log(flat.shape[-1])


class Evidence:
    """Log of the wealth of the bets against each of several claims; infinite once a claim is certainly false.

    `peak` is the most that it ever was, shape (claims,): what Ville's inequality speaks of. `rest` is the sum that the
    scores left must have for the mean to be at the boundary, times the sign.
    """

    def __init__(self, claims: Sides, boundaries: NDArray[np.float64], n_items: int) -> None:
        self.rest: NDArray[np.float64] = claims.signs * boundaries * n_items
        self.peak: NDArray[np.float64] = np.zeros(len(boundaries))
        self._claims = claims
        self._n_items = n_items
        self._gaps = GAPS * n_items
        self._logs = np.zeros((len(boundaries), 1, GAPS.size))
        self._refute(n_items)

    def count(self, step: Step, fills: NDArray[np.float64]) -> None:
        """Bet on one more item, whose score is `fills`, one a claim."""
        left = step.left
        self._logs = self._logs + log_gains(self._claims, self.rest / left, fills, step, self._gaps / left)
        self.rest = self.rest - self._claims.signs * fills
        self.peak = np.maximum(self.peak, log_wealth(self._logs))
        self._refute(left - 1)

    def reached(self) -> NDArray[np.bool_]:
        """Of a suite that is wholly counted: whether its mean is at the boundary or, seen from the claim, beyond it."""
        return self.rest <= ROUNDING * self._n_items

    def _refute(self, left: int) -> None:
        """A claim is certainly false when even the lowest scores left would carry the mean past its boundary."""
        self.peak[self.rest < left * self._claims.lowest - ROUNDING * self._n_items] = np.inf
