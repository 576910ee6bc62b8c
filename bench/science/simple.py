"""The simple methods, behind the names of `ippon.stats`: the yardstick that our own stand beside.

Each is what a careful practitioner would write in an hour: a paired betting test with eight fixed bets, the mean with
the past runs' item means as control, the items with the largest variance.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ippon.stats.special import t_quantile

Floats = NDArray[np.float64]
_SHARES = np.array([0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8])
_FEWEST_RUNS = 3


class Estimate(NamedTuple):
    """A mean and its interval."""

    value: float
    low: float
    high: float


def mean_alone(scores: Floats, n_items: int, *, level: float = 0.95) -> Estimate:
    """Mean of items drawn without replacement, with Student's interval and finite-population correction."""
    return _centred(scores, 0.0, n_items, level)


def estimate_mean(
    scores: Floats, items: NDArray[np.int64], n_items: int, *, history: Floats | None = None, level: float = 0.95
) -> Estimate:
    """The same of what differs from the item's mean in past runs, which is added again (three runs at least)."""
    if history is None or len(history) < _FEWEST_RUNS:
        return mean_alone(scores, n_items, level=level)
    usual = history.mean(axis=0)
    return _centred(scores - usual[items], float(usual.mean()), n_items, level)


def _centred(residuals: Floats, centre: float, n_items: int, level: float) -> Estimate:
    n = len(residuals)
    value = centre + float(residuals.mean())
    error = float(residuals.std(ddof=1)) * np.sqrt((1 - n / n_items) / n)
    reach = t_quantile(level, n - 1) * float(error)
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach))


class Certifier:
    """Paired differences, items in random order, eight fixed bets a side, the suite's size known.

    Differences are carried to 0..1, where no gap is 1/2; what is left of the suite then has a mean that is known under
    the null, and a bet is a share of the largest one that cannot be ruined by it.
    """

    def __init__(
        self,
        n_items: int,
        *,
        rng: np.random.Generator,
        baseline: Floats | None = None,
        history: Floats | None = None,  # noqa: ARG002 - same call as ours
        margin: float = 0.0,  # noqa: ARG002 - same call as ours
        alpha: float = 0.05,
    ) -> None:
        """History is not used, and a margin not known: both are here for the sake of the same call."""
        self.order = rng.permutation(n_items)
        self.used = 0
        self._n_items, self._baseline, self._enough = n_items, baseline, np.log(2 / alpha)
        self._sum = 0.0
        self._up, self._down = np.zeros(len(_SHARES)), np.zeros(len(_SHARES))
        self._verdict: Literal["better", "worse"] | None = None

    def observe(
        self, item: int, score: float, score_of_baseline: float | None = None
    ) -> Literal["better", "worse"] | None:
        """The verdict after one more item, given in drawn order."""
        if score_of_baseline is None:
            assert self._baseline is not None
            score_of_baseline = float(self._baseline[item])
        unit = 0.5 * (score - score_of_baseline + 1.0)
        left = (0.5 * self._n_items - self._sum) / (self._n_items - self.used)
        self.used += 1
        self._sum += unit
        self._verdict = self._verdict or self._says(unit, left)
        return self._verdict

    def _says(self, unit: float, left: float) -> Literal["better", "worse"] | None:
        # Rounding may carry the mean of what is left to 0 or 1, or just past it: that is no evidence.
        if left < -1e-9 or left > 1 + 1e-9:
            return "better" if left < 0 else "worse"
        if not 1e-9 < left < 1 - 1e-9:
            return None
        self._up += np.log1p(_SHARES * (unit - left) / left)
        self._down += np.log1p(-_SHARES * (unit - left) / (1 - left))
        if _log_mean(self._up) >= self._enough:
            return "better"
        return "worse" if _log_mean(self._down) >= self._enough else None


def _log_mean(logs: Floats) -> float:
    """Log of the mean of what these are the logs of."""
    return float(np.logaddexp.reduce(logs) - np.log(len(logs)))


def screen(history: Floats, k: int, rng: np.random.Generator) -> NDArray[np.int64]:  # noqa: ARG001 - same call as ours
    """The items on which past runs differ most."""
    return np.argsort(-history.var(axis=0), kind="stable")[:k]


def screen_score(history: Floats, items: NDArray[np.int64], scores: Floats) -> float:  # noqa: ARG001 - same call as ours
    """Their plain mean."""
    return float(scores.mean())
