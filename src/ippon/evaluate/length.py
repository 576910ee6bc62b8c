"""1 when the response is as long as asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.evaluate.asking import settled
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import Length


def steps(evaluator: Length, material: Material, context: Context) -> Steps:  # noqa: ARG001 - one signature for all kinds
    """Score without asking anyone. Words are what stands between white space; characters are Unicode code points."""
    n = len(material.response.split()) if evaluator.unit == "words" else len(material.response)
    if evaluator.min is not None and n < evaluator.min:
        return settled(Score(0.0, reason=f"{n} {evaluator.unit}, at least {evaluator.min} wanted"))
    if evaluator.max is not None and n > evaluator.max:
        return settled(Score(0.0, reason=f"{n} {evaluator.unit}, at most {evaluator.max} wanted"))
    return settled(Score(1.0))
