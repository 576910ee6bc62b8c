"""Order, not choice: of chosen evaluations, those that failed or were low in the last run are asked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ippon.records.run import Evaluation, Result

LOW = 0.5  # a score below the middle of the scale counts as failed


def urgent_first(chosen: Iterable[Evaluation], *, previous: Callable[[Evaluation], Result | None]) -> list[Evaluation]:
    """Chosen evaluations: low or without a score, then any other that was asked before, then new ones."""

    def urgency(evaluation: Evaluation) -> int:
        last = previous(evaluation)
        if last is None:
            return 2
        return 0 if last.score is None or last.score < LOW else 1

    return sorted(chosen, key=urgency)
