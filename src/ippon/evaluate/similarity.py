"""How alike response and reference are: 1 minus the share of characters to insert or delete (normalised Indel).

Counted by rapidfuzz, which is in the extra `embed`. The time grows with the product of both lengths, so texts of more
than 50,000 characters are not compared.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ippon.errors import MissingExtraError
from ippon.evaluate.asking import settled, unscored
from ippon.evaluate.texts import as_text
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from ippon.evaluate.material import Context, Material
    from ippon.ports import Steps
    from ippon.records.evaluators import Similarity
    from ippon.records.judgement import Judgement

COMPARED = 50_000
LIBRARY = "rapidfuzz.distance.Indel"


def check(evaluator: Similarity) -> None:
    """Refuse to start without the library."""
    _library(evaluator)


def steps(evaluator: Similarity, material: Material, context: Context) -> Steps:  # noqa: ARG001 - one signature for all kinds
    """Score without asking anyone; MissingExtraError without the library."""
    return settled(_judgement(evaluator, material, _library(evaluator)))


def _library(evaluator: Similarity) -> Any:
    try:
        return import_module(LIBRARY)
    except ImportError as error:
        message = f"evaluator `{evaluator.name}` needs rapidfuzz, which is not installed"
        raise MissingExtraError(message, hint="pip install 'ippon[embed]'") from error


def _judgement(evaluator: Similarity, material: Material, library: Any) -> Judgement:
    if material.reference is None:
        return unscored("the example has no reference")
    response, reference = (_shape(evaluator, text) for text in (material.response, as_text(material.reference)))
    if max(len(response), len(reference)) > COMPARED:
        return unscored(f"a text is longer than the {COMPARED:,} characters that are compared")
    value = float(library.normalized_similarity(response, reference))
    if evaluator.threshold is None:
        return Score(value)
    reason = f"similarity {value:.2f}, threshold {evaluator.threshold:g}"
    return Score(1.0 if value >= evaluator.threshold else 0.0, reason=reason)


def _shape(evaluator: Similarity, text: str) -> str:
    return text.casefold() if evaluator.ignore_case else text
