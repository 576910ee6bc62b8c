"""What a run would send and cost, before it does; without history an estimate is unknown, never made up."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from ippon.evaluate.inner import inner_evaluators
from ippon.evaluate.kinds import steps_for
from ippon.evaluate.target import request as target_request
from ippon.execute.price import GUESSED_OUTPUT, cost_usd, guess_tokens
from ippon.records.call import HttpRequest, ModelRequest, Usage, lane_of
from ippon.records.evaluators import Cascade, Judge, Pairwise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ippon.engine.parts import Parts, Prepared
    from ippon.engine.setting import Setting
    from ippon.records.call import Request
    from ippon.records.evaluators import AnyEvaluator
    from ippon.records.run import Evaluation
    from ippon.records.suite import Price


NONE: dict[int, int] = {}


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of models and endpoints, seconds, US dollars; None where nobody knows."""

    calls: int
    seconds: float | None
    usd: float | None


def estimate(prepared: Prepared, parts: Parts, *, answered: Mapping[int, int] = NONE) -> Estimate:
    """What the evaluations left to ask would take, each lane as wide as it is; by evaluator, how many are `answered` already.

    Prompts are measured (one an evaluator), answers guessed at 100 tokens; seconds come from the median call of the last
    run that made some to the same judges.
    """
    lanes: dict[str, int] = {}
    usd: float | None = 0.0
    for request, calls in _requests(prepared, answered):
        if not isinstance(request, ModelRequest | HttpRequest):
            continue
        lanes[lane_of(request)] = lanes.get(lane_of(request), 0) + calls
        one = _usd(request, parts.price_for) if isinstance(request, ModelRequest) else 0.0
        usd = None if usd is None or one is None else usd + one * calls
    longest = max((max(1.0, calls / parts.limit_of(lane)) for lane, calls in lanes.items()), default=0.0)
    return Estimate(calls=sum(lanes.values()), seconds=_seconds(longest, prepared, parts), usd=usd)


def _requests(prepared: Prepared, answered: Mapping[int, int]) -> Iterator[tuple[Request, int]]:
    """One request for each kind of call that is due, and how many of its like there are."""
    setting = prepared.setting
    fetched = {todo.evaluation.example for todo in prepared.todo if todo.text is None}
    if fetched and setting.target is not None and setting.asks_target:
        example = setting.suite.examples[min(fetched)]
        yield target_request(setting.target, example, setting.suite, setting.target_use), len(fetched)
    by_evaluator: dict[int, list[Evaluation]] = {}
    for todo in prepared.todo:
        by_evaluator.setdefault(todo.evaluation.evaluator, []).append(todo.evaluation)
    for evaluator, evaluations in by_evaluator.items():
        request = first_request(setting, evaluations[0])
        due = len(evaluations) - answered.get(evaluator, 0)
        if request is not None and due:
            yield request, calls_of(setting.evaluator(evaluations[0])) * due


def calls_of(evaluator: AnyEvaluator) -> int:
    """How many model calls one evaluation takes, re-asks apart."""
    match evaluator:
        case Judge():
            return 1
        case Pairwise():
            return 2
        case Cascade():
            return sum(calls_of(each) for each in inner_evaluators(evaluator))
        case _:
            return 0


def first_request(setting: Setting, evaluation: Evaluation, text: str | None = None) -> Request | None:
    """What an evaluation asks first; a response that is not there yet is taken to be a short one."""
    evaluator = setting.evaluator(evaluation)
    text = text or setting.recorded(setting.example(evaluation), evaluation.response) or "a response of some length"
    steps = steps_for(evaluator)(evaluator, setting.material(evaluation, text), setting.context(evaluation))
    request = next(steps, None)
    steps.close()
    return request


def _usd(request: ModelRequest, price_for: Callable[[ModelRequest], Price | None]) -> float | None:
    return cost_usd(Usage(input=guess_tokens(request), output=GUESSED_OUTPUT), price_for(request))


def _seconds(rounds: float, prepared: Prepared, parts: Parts) -> float | None:
    if rounds == 0:
        return 0.0
    suite, judge = prepared.setting.suite.name, prepared.wish.judge
    runs = (run for run in parts.history.runs() if run.suite == suite)
    last = chain([prepared.previous] if prepared.previous is not None else [], runs)
    medians = (run.latency.p50 for run in last if run.judge == judge and run.latency.p50 is not None)
    median = next(medians, None)
    return None if median is None else median * rounds
