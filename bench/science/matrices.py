"""Real outcome matrices, from any folder of `.npz` files as `data/README.md` describes them.

What the parts of this benchmark agree on. A part is a module of this package with

    figures(data: dict[str, NDArray[np.float64]], *, smoke: bool) -> Iterator[Claim]

that prints its tables (`bench.science.tables.show`), with seeds and spreads, and yields the claims about them; `data` is
what `matrices` gives (for `ppi`: what `judged` gives). `smoke` asks for the smallest form, of a few seconds, in which
only claims without a unit are judged. `certify` has `alarms(data, *, smoke)` as well, and each part may have
`timings(data, *, smoke)`: together they are `python -m bench.science time`. The simple methods are in `simple`.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent / "data"
# Judges of one file that become matrices of their own, items from which on a sample is taken, and its size and seed.
JUDGES, MANY_ITEMS, SAMPLED, SEED = 3, 2000, 1000, 5
FEWEST_SYSTEMS, MOST_MISSING = 12, 0.1


def matrices(folder: Path = HERE) -> dict[str, NDArray[np.float64]]:
    """Name of each matrix, and its scores: systems x items, in 0..1, none missing.

    Of a file with several judges the first three are a matrix each. Systems with a tenth or more of their scores
    missing are left out, and matrices of fewer than a dozen systems; rare gaps are filled with item mean + system
    offset. Raises FileNotFoundError for a folder without such files.
    """
    found = {}
    for name, scores in _files(folder):
        layers = zip(range(JUDGES), scores, strict=False) if scores.ndim == 3 else [(None, scores)]
        for judge, layer in layers:
            matrix = _complete(layer.T)
            if len(matrix) >= FEWEST_SYSTEMS:
                found[name if judge is None else f"{name}/{_judges(folder, name)[judge]}"] = matrix
    return found


def judged(folder: Path = HERE) -> dict[str, NDArray[np.float64]]:
    """Name of each file that has several judges, and its scores: judges x systems x items, NaN where missing."""
    return {name: scores.transpose(0, 2, 1) for name, scores in _files(folder) if scores.ndim == 3}


def _files(folder: Path) -> list[tuple[str, NDArray[np.float64]]]:
    """Each file's name and its scores, items x systems or judges x items x systems."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise FileNotFoundError(f"no .npz file in {folder}")
    return [(path.stem, np.load(path)["scores"].astype(np.float64)) for path in paths]


def _judges(folder: Path, name: str) -> list[str]:
    return [str(judge) for judge in np.load(folder / f"{name}.npz")["judges"]]


def _complete(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Systems x items without gaps, the items sampled where they are many."""
    kept = scores[np.isnan(scores).mean(axis=1) < MOST_MISSING]
    if kept.shape[1] > MANY_ITEMS:
        kept = kept[:, np.random.default_rng(SEED).choice(kept.shape[1], SAMPLED, replace=False)]
    kept = kept[:, ~np.isnan(kept).all(axis=0)]
    if len(kept) == 0:
        return kept
    items = np.nanmean(kept, axis=0)
    offsets = np.nanmean(kept - items, axis=1)
    filled = np.clip(items[None, :] + offsets[:, None], 0.0, 1.0)
    return np.where(np.isnan(kept), filled, kept)
