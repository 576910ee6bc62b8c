"""Evaluators driven by hand: outcomes in, requests and the judgement out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.evaluate.kinds import steps_for
from ippon.evaluate.material import Context, Material
from ippon.records.call import Answer, Answered, Failed, Failure, FailureClass, Outcome, Request
from ippon.records.judgement import Judgement, Score, Unscored
from ippon.records.providers import ModelUse
from ippon.records.suite import Example, Fields, Suite

if TYPE_CHECKING:
    from ippon.records.evaluators import AnyEvaluator

USE = ModelUse("openai", "gpt-test", {"temperature": 0})
LOCAL_USE = ModelUse("local", "smollm2-135m", {"max_tokens": 200}, runtime={"runtime": "llama"})


def suite_of(
    *rows: dict[str, Any], evaluators: tuple[AnyEvaluator, ...] = (), fields: Fields | None = None, **more: Any
) -> Suite:
    """A suite of rows, ids counted from 1."""
    examples = tuple(Example(id=str(i), row=row) for i, row in enumerate(rows, 1))
    return Suite(name="s", content=b"", examples=examples, evaluators=evaluators, fields=fields or Fields(), **more)


def text(answer: str, **more: Any) -> Answered:
    """An answer as it arrives."""
    return Answered(answer=Answer(text=answer, **more))


def failed(reason: FailureClass = "server", message: str = "500") -> Failed:
    """A request that has no answer."""
    return Failed(failure=Failure(reason=reason, message=message))


def drive(
    evaluator: AnyEvaluator, material: Material, *outcomes: Outcome, context: Context | None = None
) -> tuple[list[Request], Judgement]:
    """The requests that an evaluator makes, one an outcome, and its judgement; all outcomes have to be used."""
    steps = steps_for(evaluator)(evaluator, material, context or Context(use=USE))
    waiting = list(outcomes)
    requests: list[Request] = []
    try:
        request = next(steps)
        while True:
            requests.append(request)
            request = steps.send(waiting.pop(0))
    except StopIteration as stop:
        assert not waiting, "an outcome was not asked for"
        return requests, stop.value


def score(evaluator: AnyEvaluator, response: str, reference: Any = None) -> float | str:
    """The score of an evaluator that asks nothing, or the message of its failure."""
    requests, judgement = drive(evaluator, Material(response=response, reference=reference))
    assert not requests
    return outcome_of(judgement)


def outcome_of(judgement: Judgement) -> float | str:
    """A judgement in one word: the score, the failure's class, or why nobody asked."""
    match judgement:
        case Score():
            return judgement.value
        case Unscored(failure=None):
            return f"missing: {judgement.because}"
        case Unscored(failure=failure):
            return failure.reason
