"""1 when the response holds every wanted text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ippon.evaluate.asking import settled, unscored
from ippon.evaluate.texts import as_text, fragment
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import Contains
    from ippon.records.judgement import Judgement


def steps(evaluator: Contains, material: Material, context: Context) -> Steps:  # noqa: ARG001 - one signature for all kinds
    """Score without asking anyone. A reference that is a list is several texts, all of them wanted."""
    return settled(_judgement(evaluator, material))


def _judgement(evaluator: Contains, material: Material) -> Judgement:
    wanted = material.reference if evaluator.text is None else evaluator.text
    if wanted is None:
        return unscored("the example has no reference, and the evaluator no `text`")
    texts = [as_text(each) for each in (cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted])]
    response = _shape(evaluator, material.response)
    missing = [text for text in texts if _shape(evaluator, text) not in response]
    reason = f"does not hold {', '.join(fragment(text) for text in missing[:3])}" if missing else None
    return Score(0.0 if missing else 1.0, reason=reason)


def _shape(evaluator: Contains, text: str) -> str:
    return text.casefold() if evaluator.ignore_case else text
