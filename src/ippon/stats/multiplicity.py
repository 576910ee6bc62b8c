"""Several tests at once: p-values adjusted so that the chance of any false alarm among them stays bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values, in the order given: reject those at most alpha, and no true null falls but with chance alpha.

    Holds however the tests hang together; never less powerful than Bonferroni (Holm 1979). Raises ValueError for a
    p-value that is NaN or outside 0..1.
    """
    for p in p_values:
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p-value {p} is not within 0 to 1")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = highest
    return adjusted
