"""The most telling example of each evaluator: the one whose good and poor response should score furthest apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.records.suite import column
from ippon.select.drawn import rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.records.suite import Example, Suite

EVEN = 1e-9  # gaps this close are a tie


def expected_gap(suite: Suite, example: Example) -> float | None:
    """The expected score of the good response minus that of the poor one, -1..1; None without contrast pairs."""
    if suite.contrast is None:
        return None
    good, poor = suite.contrast.expected_good, suite.contrast.expected_poor
    high = float(column(suite, example, good)) if good else 1.0
    low = float(column(suite, example, poor)) if poor else 0.0
    return high - low


def most_telling(
    suite: Suite,
    candidates: Mapping[int, Sequence[int]],
    *,
    marks: Sequence[bytes],
    seed: int,
) -> dict[int, int]:
    """For each evaluator (by position) the example to ask first, of those that it is for.

    Among the examples whose category is the evaluator's name, if there are any; the largest expected gap; ties go to
    examples and categories that no other evaluator took, then by seed.
    """
    gaps = [expected_gap(suite, example) or 0.0 for example in suite.examples]
    taken_examples: set[int] = set()
    taken_categories: set[str | None] = set()
    chosen: dict[int, int] = {}
    for evaluator, its in candidates.items():
        name = suite.evaluators[evaluator].name
        own = [i for i in its if suite.examples[i].category == name] or list(its)
        best = max(gaps[i] for i in own)
        ties = [i for i in own if best - gaps[i] <= EVEN]
        if len(ties) > 1:
            place = rank(marks, seed=seed, purpose=f"telling/{name}")
            ties = [
                min((i in taken_examples, suite.examples[i].category in taken_categories, place(i), i) for i in ties)[
                    -1
                ]
            ]
        chosen[evaluator] = ties[0]
        taken_examples.add(ties[0])
        taken_categories.add(suite.examples[ties[0]].category)
    return chosen
