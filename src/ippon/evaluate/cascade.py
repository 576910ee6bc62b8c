"""A cheap evaluator first, and the sure one only where the cheap one is unsure.

Unsure is a score strictly between the bounds of `unsure`, and a cheap evaluator that failed. One that was never asked
(its lane stopped, a budget) leaves the evaluation without a score, as any evaluator would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ippon.evaluate.inner import inner_evaluators
from ippon.evaluate.kinds import check as check_all
from ippon.evaluate.kinds import steps_for
from ippon.records.judgement import Score, Unscored

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import AnyEvaluator, Cascade


def check(evaluator: Cascade) -> None:
    """Refuse what either of the two would refuse."""
    check_all(inner_evaluators(evaluator))


def steps(evaluator: Cascade, material: Material, context: Context) -> Steps:
    """The cheap evaluator's steps, then perhaps the sure one's; the details say who decided and the cheap score.

    Both are made anew for each item, so nothing is made once for them.
    """
    cheap, sure = inner_evaluators(evaluator)
    uses = context.inner or (context.use, context.use)
    contexts = [msgspec.structs.replace(context, use=use, inner=None, made={}) for use in uses]
    return _in_turn(evaluator, (cheap, contexts[0]), (sure, contexts[1]), material)


def _in_turn(
    evaluator: Cascade, cheap: tuple[AnyEvaluator, Context], sure: tuple[AnyEvaluator, Context], material: Material
) -> Steps:
    first = yield from steps_for(cheap[0])(cheap[0], material, cheap[1])
    low, high = evaluator.unsure
    if isinstance(first, Score):
        noted: dict[str, Any] = {"cheap_score": first.value}
        if not low < first.value < high:
            return _decided("cheap", first, noted)
    elif first.because is not None or first.failure is None:
        return first
    else:
        noted = {"cheap_score": None, "cheap_failure": first.failure.message}
    second = yield from steps_for(sure[0])(sure[0], material, sure[1])
    return second if isinstance(second, Unscored) else _decided("sure", second, noted)


def _decided(who: str, score: Score, noted: dict[str, Any]) -> Score:
    return msgspec.structs.replace(score, details={**(score.details or {}), "decided_by": who, **noted})
