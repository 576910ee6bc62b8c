"""The items that together say most about the suite's mean, under a covariance of few loadings and own noise.

The covariance of the items' scores is `loadings' loadings + diag(noise)`. Each next item is the one whose score, known
beside those before it, takes most off the variance of the sum over all items (Bayesian quadrature; Osborne and others
2012): the largest (C 1)_i^2 / C_ii, then one step of an incomplete Cholesky factorisation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Below this share of the largest variance an item is as good as known.
_KNOWN = 1e-9
_TINY = 1e-12


def greedy_items(loadings: NDArray[np.float64], noise: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """`k` items in the order of choice; `loadings` is factors x items, `noise` a variance for each item.

    Ties go to the item that comes first. `k` is at most the number of items.
    """
    variance = (loadings * loadings).sum(axis=0) + noise
    with_sum = loadings.sum(axis=1) @ loadings + noise
    least = _KNOWN * float(variance.max(initial=0.0)) + _TINY
    steps = np.empty((k, len(noise)))
    chosen = np.empty(k, dtype=np.intp)
    for at in range(k):
        gain = with_sum**2 / np.maximum(variance, least)
        gain[chosen[:at]] = -1.0
        item = chosen[at] = gain.argmax()
        column = loadings[:, item] @ loadings - steps[:at, item] @ steps[:at]
        column[item] += noise[item]
        step = steps[at] = column / np.sqrt(max(float(variance[item]), least))
        with_sum -= step * (with_sum[item] / np.sqrt(max(float(variance[item]), least)))
        variance -= step * step
    return chosen


def given(loadings: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """What turns loadings into those that are left when the scores of the items with these ones are known.

    The factors' covariance is then that of a linear regression, (1 + L diag(1/noise) L')^-1 = M'M; this is M.
    """
    precision = np.eye(len(loadings)) + (loadings / noise) @ loadings.T
    return np.linalg.inv(np.linalg.cholesky(precision)).astype(np.float64)
