"""What a run would send and cost, before it does; without history an estimate is unknown, never made up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.evaluate.inner import inner_evaluators
from ippon.evaluate.kinds import steps_for
from ippon.execute.price import guess_tokens, price_of
from ippon.records.call import ModelRequest
from ippon.records.suite import Cascade, HttpTarget, Judge, ModelTarget, Pairwise

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.engine.parts import Prepared
    from ippon.engine.setting import Setting
    from ippon.records.run import Earlier, Evaluation
    from ippon.records.suite import AnyEvaluator, Price

OUTPUT_TOKENS = 100  # of one judgement, where nothing better is known


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Calls of models and endpoints, seconds, US dollars; None where nobody knows."""

    calls: int
    seconds: float | None
    usd: float | None


def estimate(prepared: Prepared, price_for: Callable[[ModelRequest], Price | None], *, in_flight: int) -> Estimate:
    """What the evaluations left to ask would take at `in_flight` calls at once.

    Prompts are measured (one an evaluator), answers guessed at 100 tokens; seconds come from the last run's median call.
    """
    setting = prepared.setting
    fetches = (
        {todo.evaluation.example for todo in prepared.todo if todo.text is None} if _calls_out(setting) else set[int]()
    )
    by_evaluator: dict[int, list[Evaluation]] = {}
    for todo in prepared.todo:
        by_evaluator.setdefault(todo.evaluation.evaluator, []).append(todo.evaluation)
    calls, usd = len(fetches), _fetch_usd(setting, len(fetches))
    for evaluations in by_evaluator.values():
        each = calls_of(setting.evaluator(evaluations[0])) * len(evaluations)
        calls += each
        one = _judgement_usd(setting, evaluations[0], price_for) if each else 0.0
        usd = None if usd is None or one is None else usd + one * each
    return Estimate(calls=calls, seconds=_seconds(calls, prepared.previous, in_flight), usd=usd)


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


def _calls_out(setting: Setting) -> bool:
    return isinstance(setting.target, ModelTarget | HttpTarget)


def _fetch_usd(setting: Setting, count: int) -> float | None:
    use = setting.target_use
    if use is None or count == 0:
        return 0.0
    price = price_of(use.provider, use.model)
    return None if price is None else count * 4 * OUTPUT_TOKENS * (price.input + price.output) / 1e6


def _judgement_usd(
    setting: Setting,
    evaluation: Evaluation,
    price_for: Callable[[ModelRequest], Price | None],
) -> float | None:
    """Dollars of one call of a judge, its prompt measured on this evaluation."""
    evaluator = setting.evaluator(evaluation)
    text = setting.recorded(setting.example(evaluation), evaluation.response) or "a response of some length"
    steps = steps_for(evaluator)(evaluator, setting.material(evaluation, text), setting.context(evaluation))
    request = next(steps, None)
    steps.close()
    if not isinstance(request, ModelRequest):
        return 0.0
    price = price_for(request)
    return None if price is None else (guess_tokens(request) * price.input + OUTPUT_TOKENS * price.output) / 1e6


def _seconds(calls: int, previous: Earlier | None, in_flight: int) -> float | None:
    if calls == 0:
        return 0.0
    median = previous.latency.p50 if previous is not None else None
    return None if median is None else median * max(1.0, calls / in_flight)
