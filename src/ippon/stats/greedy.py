"""The items that together say most about the suite's mean, under a covariance of few loadings and own noise.

The covariance of the items' scores is `loadings' loadings + diag(noise)`. Each next item is the one whose score, known
beside those before it, takes most off the variance of the sum over all items (Bayesian quadrature; Osborne and others
2012): the largest (C 1)_i^2 / C_ii, then the factors' covariance given its score; items share nothing but the factors,
so each choice costs factors x items, however many came before.
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
    least = _KNOWN * float(variance.max(initial=0.0)) + _TINY
    # The factors' covariance once the chosen are known, and the sum of the loadings of those that are not.
    doubt, unknown = np.eye(len(loadings)), loadings.sum(axis=1)
    chosen = np.empty(k, dtype=np.intp)
    for at in range(k):
        with_sum = (doubt @ unknown) @ loadings + noise
        gain = with_sum**2 / np.maximum(variance, least)
        gain[chosen[:at]] = -1.0
        item = chosen[at] = gain.argmax()
        pull = doubt @ loadings[:, item] / np.sqrt(max(float(variance[item]), least))
        doubt -= np.outer(pull, pull)
        unknown -= loadings[:, item]
        variance -= (pull @ loadings) ** 2
    return chosen


def given(loadings: NDArray[np.float64], noise: NDArray[np.float64]) -> NDArray[np.float64]:
    """What turns loadings into those that are left when the scores of the items with these ones are known.

    The factors' covariance is then that of a linear regression, (1 + L diag(1/noise) L')^-1 = M'M; this is M.
    """
    precision = np.eye(len(loadings)) + (loadings / noise) @ loadings.T
    return np.linalg.inv(np.linalg.cholesky(precision)).astype(np.float64)
