"""`try`: one evaluation looked at closely, each request as sent, each answer as it came, and how it was read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from ippon.engine.ask import gateway_of
from ippon.engine.journey import Found, journey
from ippon.execute.wanted import Wanted
from ippon.records.call import Answered, CommandRequest, Failed, FunctionRequest, HttpRequest, ModelRequest
from ippon.records.event import Attempt

if TYPE_CHECKING:
    from ippon.engine.journey import Ended
    from ippon.engine.parts import Parts, Prepared
    from ippon.execute.gateway import Gateway
    from ippon.records.call import Outcome, Request
    from ippon.records.kept import Entry


async def attempt(prepared: Prepared, parts: Parts) -> Attempt:
    """Evaluate the first evaluation of a plan, whether its score is known or not; answers come from the cache if they can."""
    entries: list[Entry] = []
    rates = parts.rates()
    gateway = gateway_of(prepared, parts, entries.append, rates)
    try:
        ended, exchanges = await _attempted(prepared, parts, gateway)
        if parts.cache is not None:
            await asyncio.to_thread(parts.cache.write, [*entries, *ended.entries])
    finally:
        gateway.give_back()
        rates.close()
    return Attempt(result=ended.result, exchanges=tuple(exchanges))


async def _attempted(prepared: Prepared, parts: Parts, gateway: Gateway) -> tuple[Ended, list[tuple[str, str, bool]]]:
    """The end of the evaluation, and (request, answer, whether it came from the cache) of each exchange."""
    evaluation = prepared.selection.evaluations[0]
    text = prepared.known.texts.get((evaluation.example, evaluation.response))
    steps = journey(prepared.setting, evaluation, text, find=lambda _key: Found(), now=parts.clock.now)
    exchanges: list[tuple[str, str, bool]] = []
    try:
        asking = next(steps)
        while True:
            gateway.ask([Wanted(steps, asking.request, asking.repeat, asking.shared)])
            ((_, outcome),) = await gateway.arrivals()
            exchanges.append((shown_request(asking.request), _shown_outcome(outcome), _is_cached(outcome)))
            asking = steps.send(outcome)
    except StopIteration as stop:
        return stop.value, exchanges
    finally:
        gateway.end()
        await parts.close_clients()


def shown_request(request: Request) -> str:
    """A request in words a person can read: the exact prompt of a model, the exact input of anything else."""
    match request:
        case ModelRequest():
            turns = "\n\n".join(f"[{message.role}]\n{message.content}" for message in request.messages)
            return f"{request.provider}/{request.model} {msgspec.json.encode(request.params).decode()}\n\n{turns}"
        case HttpRequest():
            return f"POST {request.url}\n{msgspec.json.encode(request.json).decode()}"
        case CommandRequest():
            return f"{' '.join(request.command)}\n{request.stdin}"
        case FunctionRequest():  # exhaustive
            return f"{request.function}\n{msgspec.json.encode(request.arguments).decode()}"


def _shown_outcome(outcome: Outcome) -> str:
    match outcome:
        case Answered():
            likely = outcome.answer.label_probabilities
            numbers = "" if likely is None else "\n" + ", ".join(f"P({label}) = {p:.3f}" for label, p in likely.items())
            return outcome.answer.text + numbers
        case Failed():
            return f"failed: {outcome.failure.message}"
        case _:
            return f"not asked: {outcome.because}"


def _is_cached(outcome: Outcome) -> bool:
    return isinstance(outcome, Answered | Failed) and outcome.cached
