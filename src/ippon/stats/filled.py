"""History as the methods need it: checked, and with every cell filled.

Past runs rarely miss a cell, so a filled one has to be plausible and no more: it moves with its item and its system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def filled(history: ArrayLike | None, n_items: int) -> NDArray[np.float64]:
    """Past scores as a full matrix, runs x `n_items`, of runs that scored anything; no rows where `history` is None.

    A missing cell (NaN) becomes its item's mean plus its run's offset (the mean, over the items that the run scored, of
    its score less the item's mean), kept within 0..1. An item that nobody scored has the mean of the others' means.

    Raises ValueError for a history that is not runs x `n_items` and for a score outside 0..1, saying where it is.
    """
    scored = scored_runs(history, n_items)
    missing = np.isnan(scored)
    if not missing.any():
        return scored
    item_means = _means(scored, axis=0)
    item_means[np.isnan(item_means)] = np.nanmean(item_means)
    offsets = _means(scored - item_means, axis=1)
    return np.where(missing, np.clip(item_means + offsets[:, None], 0.0, 1.0), scored)


def scored_runs(history: ArrayLike | None, n_items: int) -> NDArray[np.float64]:
    """A checked copy of the rows of `history` that hold at least one score; NaN stays where nothing was scored."""
    if history is None:
        return np.empty((0, n_items))
    runs = np.array(history, dtype=np.float64)
    if runs.ndim != 2:  # noqa: PLR2004 - runs x items
        raise ValueError(f"history of shape {runs.shape} is not a table of runs x items")
    if runs.shape[1] != n_items:
        raise ValueError(f"history is {runs.shape[1]} items wide, the suite has {n_items}")
    _check_cells(runs)
    return runs[~np.isnan(runs).all(axis=1)]


def _check_cells(runs: NDArray[np.float64]) -> None:
    outside = ~np.isnan(runs) & ~((runs >= 0.0) & (runs <= 1.0))
    if outside.any():
        run, item = (int(at) for at in np.argwhere(outside)[0])
        raise ValueError(f"history has a score of {runs[run, item]} at run {run}, item {item}: not within 0 to 1")


def _means(scores: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    """Means over what is not NaN; NaN, without a warning, where there is nothing."""
    counts: NDArray[np.int64] = (~np.isnan(scores)).sum(axis=axis)
    sums: NDArray[np.float64] = np.nansum(scores, axis=axis)
    return np.divide(sums, counts, out=np.full(len(counts), np.nan), where=counts > 0)
