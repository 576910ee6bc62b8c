"""The public interface as a type checker sees it: checked, never run."""

from __future__ import annotations

import ippon


@ippon.evaluator(version="1")
def concise(response: str) -> bool:
    """Whether a response is short."""
    return len(response) < 100


async def answer(input: str) -> str:
    """The system under test."""
    return input


suite = ippon.Suite(
    examples=[{"id": "a", "input": "x"}],
    evaluators=[concise, ippon.Judge(name="j", rubric="r")],
    target=answer,
    gates=[ippon.Gate(evaluator="*", min_score=0.5)],
)
run: ippon.Run = suite.run(tier="quick")
score: float | None = run.evaluators["concise"].score
rows: list[dict[str, object]] = run.to_dicts()
first: ippon.Result = run.results[0]
interval: ippon.stats.Interval = ippon.stats.finite_mean([0.0, 1.0], 5)
