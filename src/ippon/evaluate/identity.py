"""What decides an evaluator's score, as named fields: its part of a score's key. Warm path: imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.evaluate.inner import inner_evaluators
from ippon.evaluate.material import command_key, reads
from ippon.records.evaluators import Cascade, CommandEvaluator, Judge, Pairwise, PythonEvaluator
from ippon.records.providers import LOCAL

if TYPE_CHECKING:
    from ippon.records.evaluators import AnyEvaluator
    from ippon.records.providers import ModelUse
    from ippon.records.suite import Code, Suite

    InnerUses = tuple[ModelUse | None, ModelUse | None]

IDENTITY = "ippon.evaluator/1"
# How each kind reads a score from what it has. One step up for any change that may give another score or reason for
# the same answer: kept answers are then read again, and nothing is asked again.
PARSER_VERSION = {
    "exact": 1,
    "contains": 1,
    "regex": 1,
    "number": 1,
    "length": 1,
    "json_schema": 1,
    "similarity": 1,
    "judge": 1,
    "pairwise": 1,
    "cascade": 1,
    "python": 1,
    "command": 1,
}
# How the kinds that ask a model word their prompt. One step up for any change of a prompt's text: the request, and so
# the call's key, changes with it.
PROMPT_VERSION = {"judge": 1, "completion": 1, "pairwise": 1}
# Fields of an evaluator that do not decide a score: which examples, how often, how heavy in a mean.
NOT_IN_KEY = frozenset({"name", "version", "weight", "repeats", "where", "model", "params"})
# What a cascade says of its two evaluators stands under their own identities.
INNER = frozenset({"cheap", "sure"})


def identity(
    evaluator: AnyEvaluator, use: ModelUse | None, suite: Suite, *, inner: InnerUses | None = None
) -> dict[str, Any]:
    """The named fields that decide an evaluator's score; what it reads of the example is keyed beside them.

    `use` is the model of a judge or pairwise evaluator, `inner` those of a cascade's two (None: both take `use`).
    """
    kind = kind_of(evaluator)
    found: dict[str, Any] = {
        "schema": IDENTITY,
        "kind": kind,
        "name": evaluator.name,
        "version": str(evaluator.version),
        "parser": PARSER_VERSION[kind],
        "options": _options(evaluator),
        "reads": reads(evaluator, suite),
    }
    match evaluator:
        case Judge() | Pairwise():
            by_completion = isinstance(evaluator, Judge) and use is not None and use.provider == LOCAL
            found["prompt"] = PROMPT_VERSION["completion" if by_completion else kind]
            found["model"] = None if use is None else _model(use, evaluator.params)
        case Cascade():
            found |= _cascade(evaluator, suite, inner or (use, use))
        case PythonEvaluator():
            found["code"] = _digest(suite.code.get(evaluator.function))
        case CommandEvaluator():
            found["code"] = _digest(suite.code.get(command_key(evaluator.command)))
        case _:
            pass
    return found


def kind_of(evaluator: AnyEvaluator) -> str:
    """The word of the suite file for an evaluator's kind."""
    return str(type(evaluator).__struct_config__.tag)


def _options(evaluator: AnyEvaluator) -> dict[str, Any]:
    """Every other field of the kind, so that a new option is in the key before anyone thinks of it."""
    left_out = NOT_IN_KEY | INNER if isinstance(evaluator, Cascade) else NOT_IN_KEY
    found = {name: getattr(evaluator, name) for name in evaluator.__struct_fields__ if name not in left_out}
    if isinstance(evaluator, Judge) and evaluator.labels:
        found["labels"] = list(evaluator.labels.items())  # their order is part of the prompt
    return found


def _model(use: ModelUse, params: dict[str, Any]) -> dict[str, Any]:
    return {
        "provider": use.provider,
        "model": use.model,
        "params": {**use.params, **params},
        "base_url": use.base_url,
        "runtime": use.runtime,
        "constrained": use.schema,
    }


def _cascade(cascade: Cascade, suite: Suite, uses: InnerUses) -> dict[str, Any]:
    cheap, sure = inner_evaluators(cascade)
    return {"cheap": identity(cheap, uses[0], suite), "sure": identity(sure, uses[1], suite)}


def _digest(code: Code | None) -> str | None:
    return None if code is None else code.digest
