"""1 when the response is the reference, letter for letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.evaluate.asking import settled, unscored
from ippon.evaluate.texts import as_text
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import Exact
    from ippon.records.judgement import Judgement


def steps(evaluator: Exact, material: Material, context: Context) -> Steps:  # noqa: ARG001 - one signature for all kinds
    """Score without asking anyone. A reference that is no text is compared as JSON."""
    return settled(_judgement(evaluator, material))


def _judgement(evaluator: Exact, material: Material) -> Judgement:
    if material.reference is None:
        return unscored("the example has no reference")
    equal = _shape(evaluator, material.response) == _shape(evaluator, as_text(material.reference))
    return Score(1.0 if equal else 0.0, reason=None if equal else "differs from the reference")


def _shape(evaluator: Exact, text: str) -> str:
    stripped = text.strip() if evaluator.strip else text
    return stripped.casefold() if evaluator.ignore_case else stripped
