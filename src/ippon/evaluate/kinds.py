"""Which file scores which kind of evaluator; each is imported when its first evaluation is due."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ippon.evaluate.identity import kind_of
from ippon.evaluate.material import Context, Material
from ippon.ports import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ippon.records.evaluators import AnyEvaluator

# Called as `steps(evaluator, material, context)` with an evaluator of the file's own kind.
StepsFunction = Callable[[Any, Material, Context], Steps]

_FILES = {
    "exact": "ippon.evaluate.exact",
    "contains": "ippon.evaluate.contains",
    "regex": "ippon.evaluate.regex",
    "number": "ippon.evaluate.number",
    "length": "ippon.evaluate.length",
    "json_schema": "ippon.evaluate.json_schema",
    "similarity": "ippon.evaluate.similarity",
    "judge": "ippon.evaluate.judge",
    "pairwise": "ippon.evaluate.pairwise",
    "cascade": "ippon.evaluate.cascade",
    "python": "ippon.evaluate.python",
    "command": "ippon.evaluate.command",
}


def steps_for(evaluator: AnyEvaluator) -> StepsFunction:
    """The function that scores an evaluator's kind."""
    steps: StepsFunction = import_module(_FILES[kind_of(evaluator)]).steps
    return steps


def check(evaluators: Iterable[AnyEvaluator]) -> None:
    """Refuse, before anything is asked, what could only fail later: SuiteError, MissingExtraError."""
    for evaluator in evaluators:
        of_kind: Callable[[Any], None] | None = getattr(import_module(_FILES[kind_of(evaluator)]), "check", None)
        if of_kind is not None:
            of_kind(evaluator)
