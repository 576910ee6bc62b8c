"""How evaluators ask: nothing at all, once, or once more when the first answer could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from ippon.records.call import (
    Answer,
    Answered,
    Failed,
    Failure,
    FailureClass,
    Message,
    ModelRequest,
    Outcome,
    Request,
)
from ippon.records.judgement import Unscored

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ippon.ports import Steps
    from ippon.records.judgement import Judgement

Read = TypeVar("Read")
# An answer that could not be read is shown to the model again, up to this many characters.
SHOWN_AGAIN = 4_000


def settled(judgement: Judgement) -> Steps:
    """The steps of an evaluator that asks nothing."""
    yield from ()
    return judgement


def unscored(message: str, reason: FailureClass = "evaluator") -> Unscored:
    """No score, because of the item or the evaluator itself."""
    return Unscored(failure=Failure(reason=reason, message=message))


def ask(request: Request) -> Generator[Request, Outcome, Answer | Unscored]:
    """The answer to a request, or why there is none."""
    outcome = yield request
    match outcome:
        case Answered():
            return outcome.answer
        case Failed():
            return Unscored(failure=outcome.failure)
        case _:
            return Unscored(because=outcome.because, failure=outcome.failure)


def ask_to_be_read(
    request: ModelRequest, read: Callable[[Answer], Read | Failure], form: Callable[[], str]
) -> Generator[Request, Outcome, Read | Unscored]:
    """What `read` makes of a model's answer; asked once more, with `form` as a reminder, when it makes nothing of it.

    A cut-off answer and a refusal are not asked again: the same request would end in the same way.
    """
    answer = yield from _finished(request)
    if isinstance(answer, Unscored):
        return answer
    first = read(answer)
    if not isinstance(first, Failure):
        return first
    answer = yield from _finished(_again(request, answer, first, form()))
    if isinstance(answer, Unscored):
        return answer
    second = read(answer)
    if not isinstance(second, Failure):
        return second
    message = f"{second.message} (asked twice; the first time: {first.message})"
    return Unscored(failure=Failure(reason=second.reason, message=message))


def _finished(request: ModelRequest) -> Generator[Request, Outcome, Answer | Unscored]:
    answer = yield from ask(request)
    if isinstance(answer, Unscored):
        return answer
    match answer.finish:
        case "length":
            return unscored("the judge's answer hit its token limit; raise max_tokens in its params", "truncated")
        case "content_filter":
            return unscored("the judge refused to answer (content filter)", "refused")
        case _:
            return answer


def _again(request: ModelRequest, answer: Answer, problem: Failure, form: str) -> ModelRequest:
    shown = answer.text[:SHOWN_AGAIN].strip() or "(nothing)"
    correction = f"That answer could not be read: {problem.message}. Answer again with only this JSON object: {form}"
    turns = (Message(role="assistant", content=shown), Message(role="user", content=correction))
    return msgspec.structs.replace(request, messages=(*request.messages, *turns))
