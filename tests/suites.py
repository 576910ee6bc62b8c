"""Suites built in memory, for tests of the pure parts."""

from __future__ import annotations

from typing import Any

from ippon.records.evaluators import Evaluator, Exact
from ippon.records.suite import Contrast, Example, RecordedTarget, Suite

DIMENSIONS = ("empathy", "focus", "tone")


def example(number: int, **row: Any) -> Example:
    """An example whose row holds its input and what is given."""
    whole = {"id": f"ex-{number:03}", "input": f"question {number}", **row}
    return Example(id=whole["id"], row=whole, category=row.get("category"))


def suite(
    n: int = 12,
    *,
    evaluators: tuple[Evaluator, ...] | None = None,
    target: bool = True,
    contrast: bool = False,
    **fields: Any,
) -> Suite:
    """A suite of n examples in three dimensions, with an evaluator of each."""
    examples = tuple(
        example(
            i,
            category=DIMENSIONS[i % 3],
            response=f"answer {i}",
            good=f"good {i}",
            poor=f"poor {i}",
            high=0.9,
            low=0.1 + (i % 5) / 10,
        )
        for i in range(n)
    )
    return Suite(
        name="test",
        content=b"c" * 32,
        examples=examples,
        evaluators=evaluators or tuple(Exact(name=name) for name in DIMENSIONS),
        targets={"default": RecordedTarget()} if target else {},
        contrast=Contrast(good="good", poor="poor", expected_good="high", expected_poor="low") if contrast else None,
        **fields,
    )
