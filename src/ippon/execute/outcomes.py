"""What is kept of a call, and what a kept one says later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.call import Answer, Answered, CommandRequest, Failed, Failure, FunctionRequest, ModelRequest
from ippon.records.kept import Entry

if TYPE_CHECKING:
    from ippon.records.call import Outcome, Request

_encode = msgspec.json.Encoder().encode


def is_cacheable(request: Request) -> bool:
    """Whether what an answer depends on is known: code without a digest may be anything."""
    return not isinstance(request, FunctionRequest | CommandRequest) or bool(request.code)


def answer_entry(
    key: bytes, request: Request, answer: Answer, *, now: float, cost_usd: float | None, seconds: float
) -> Entry:
    """An answer for the cache; what its headers told of limits is not a part of it."""
    kept = answer if answer.told is None else msgspec.structs.replace(answer, told=None)
    return Entry(
        key=key,
        kind="call",
        created_at=now,
        body=_encode(kept),
        model=_model(request),
        cost_usd=cost_usd,
        seconds=seconds,
    )


def failure_entry(key: bytes, request: Request, failure: Failure, *, now: float) -> Entry:
    """A deterministic failure for the cache."""
    return Entry(
        key=key, kind="call", created_at=now, body=_encode(failure), failure=failure.reason, model=_model(request)
    )


def outcome_in(entry: Entry) -> Outcome | None:
    """What a kept call says; None where it cannot be read, so that it is asked again."""
    try:
        if entry.failure is not None:
            return Failed(failure=msgspec.json.decode(entry.body, type=Failure), cached=True)
        answer = msgspec.json.decode(entry.body, type=Answer)
    except msgspec.DecodeError:
        return None
    return Answered(answer=answer, cached=True, latency_s=entry.seconds, cost_usd=entry.cost_usd)


def _model(request: Request) -> str | None:
    return f"{request.provider}/{request.model}" if isinstance(request, ModelRequest) else None
