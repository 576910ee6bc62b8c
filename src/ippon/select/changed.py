"""Order, not choice: among chosen evaluations, those that failed or changed since the last run are asked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ippon.records.run import Evaluation, Result

LOW = 0.5  # a score below the middle of the scale counts as failed


def urgent_first(
    todo: Iterable[Evaluation],
    *,
    chosen: frozenset[Evaluation],
    previous: Callable[[Evaluation], Result | None],
) -> list[Evaluation]:
    """The evaluations to ask, chosen ones first and the urgent of them foremost; drawn ones keep their drawn order."""
    todo = list(todo)

    def urgency(evaluation: Evaluation) -> int:
        last = previous(evaluation)
        if last is None:
            return 2
        return 0 if last.score is None or last.score < LOW else 1

    first = sorted((each for each in todo if each in chosen), key=urgency)
    return [*first, *(each for each in todo if each not in chosen)]
