"""What may be forecast of a system's scores before any of them is seen: from past runs, or from a baseline alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_RUNS = 3
_MOST_FACTORS, _RUNS_PER_FACTOR = 2, 3
_LEAST_VARIANCE = 1e-4


class Learner(NamedTuple):
    """A forecast that learns: start + columns @ weights, weights with mean 0 and these variances to begin with."""

    start: NDArray[np.float64]  # (items,)
    columns: NDArray[np.float64]  # (items, weights)
    variances: NDArray[np.float64]  # (weights,)
    noise: float  # variance of a score about the forecast with the right weights


class Outlook(NamedTuple):
    """Forecasts before the first score; items are in drawn order."""

    centre: float  # the mean score under test
    variance: float  # of a score about its forecast, a first guess
    span: tuple[float, float]  # of scores
    forecast: NDArray[np.float64]  # one that does not learn, (items,)
    learner: Learner | None = None


def outlook_of_history(runs: NDArray[np.float64], baseline: NDArray[np.float64] | None, centre: float) -> Outlook:
    """Item means of past runs, and what the system's first scores teach about how it differs from them.

    `runs` is runs x items, 3 runs at least (the baseline is one more); none missing.
    """
    rows = runs if baseline is None else np.vstack([runs, baseline])
    means, factors, variance = _parts(rows)
    start = _shrunk(means, variance / len(rows))
    columns = [np.ones((len(means), 1)), factors, (means - means.mean())[:, None]]
    if baseline is not None:
        columns.append((baseline - means - (baseline - means).mean())[:, None])
    learner = Learner(
        start=start,
        columns=np.hstack(columns),
        variances=np.array([1.0] * (1 + factors.shape[1]) + [0.05] * (len(columns) - 2)),
        noise=_noise(variance, factors),
    )
    return Outlook(centre, variance, (0.0, 1.0), start, learner)


def outlook_of_baseline(baseline: NDArray[np.float64], centre: float) -> Outlook:
    """No past runs: the baseline's scores, half believed and learnt from; beside a forecast that tells no items apart."""
    own = baseline - centre
    learner = Learner(centre + 0.5 * own, np.column_stack([np.ones(len(own)), own]), np.array([1.0, 0.1]), 0.15)
    return Outlook(centre, _at_least(float(baseline.var())), (0.0, 1.0), np.zeros(len(own)), learner)


def outlook_of_differences(runs: NDArray[np.float64]) -> Outlook:
    """Two systems of which neither is scored: no gap, beside what their first gaps teach if there are past runs."""
    n_items = runs.shape[1]
    if len(runs) < FEWEST_RUNS:
        return Outlook(0.0, 0.2, (-1.0, 1.0), np.zeros(n_items))
    means, factors, variance = _parts(runs)
    learner = Learner(
        start=np.zeros(n_items),
        columns=np.hstack([np.ones((n_items, 1)), factors, (means - means.mean())[:, None]]),
        variances=np.array([1.0, *[2.0] * factors.shape[1], 0.1]),
        noise=2.0 * _noise(variance, factors),
    )
    return Outlook(0.0, 2.0 * variance, (-1.0, 1.0), np.zeros(n_items), learner)


def outlook_of_nothing(centre: float, n_items: int) -> Outlook:
    """Neither past runs nor a baseline."""
    return Outlook(centre, 0.2, (0.0, 1.0), np.zeros(n_items))


def _parts(runs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Item means; factors beside them, (items, factors), each in the size in which runs differ; variance about both."""
    n_runs = len(runs)
    means: NDArray[np.float64] = runs.mean(axis=0)
    strays = runs - means
    strays = strays - strays.mean(axis=1, keepdims=True)
    variance = float(strays.var(axis=1).mean()) * n_runs / (n_runs - 1)
    n_factors = min(_MOST_FACTORS, n_runs // _RUNS_PER_FACTOR)
    _, sizes, shapes = np.linalg.svd(strays, full_matrices=False)
    factors = shapes[:n_factors].T * (sizes[:n_factors] / np.sqrt(n_runs))
    return means, factors, _at_least(variance)


def _noise(variance: float, factors: NDArray[np.float64]) -> float:
    """What is left of the variance once the factors have explained theirs, but not too little."""
    return max(variance - float((factors**2).sum()) / len(factors), 0.3 * variance)


def _shrunk(means: NDArray[np.float64], noise: float) -> NDArray[np.float64]:
    """Item means of few runs, drawn together as much as their noise explains of their spread."""
    centre, spread = float(means.mean()), float(means.var())
    return centre + max(0.0, 1.0 - noise / max(spread, noise)) * (means - centre)


def _at_least(variance: float) -> float:
    """Past runs that agree in all promise nothing of the next one."""
    return max(variance, _LEAST_VARIANCE)
