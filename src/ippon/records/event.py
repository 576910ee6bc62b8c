"""What the engine says while it works. Listeners draw, log, count; the engine never waits for them."""

from __future__ import annotations

from typing import Literal

import msgspec

from ippon.errors import Problem
from ippon.records.lane import Hold
from ippon.records.run import Earlier, Result, Run


class RunStarted(msgspec.Struct, frozen=True, kw_only=True):
    """The plan is made and known results are found; nothing has been asked."""

    run_id: str
    suite: str
    tier: str
    total: int
    planned: int
    cached: int
    judge: str | None = None


class ResultKept(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation has ended and its result is on disk."""

    result: Result


class Slow(msgspec.Struct, frozen=True, kw_only=True):
    """The call that is longest in flight: of which evaluation, since how many seconds, which attempt, cut off when."""

    example: str
    evaluator: str
    seconds: float
    attempt: int
    limit_s: float


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far sending is, and what it waits for: also what is being written, since how long. A few times a second."""

    in_flight: int
    limit: int
    calls_sent: int
    retries: int
    cost_usd: float | None = None
    holds: tuple[Hold, ...] = ()
    slow: Slow | None = None
    writing: Literal["cache", "history"] | None = None
    writing_s: float = 0.0


class Stopping(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants the run to end: nothing more is sent, and what is in flight has so many seconds left."""

    in_flight: int
    grace_s: float


class LaneStopped(msgspec.Struct, frozen=True, kw_only=True):
    """A lane takes no more requests in this run: why, and what to do about it. Said once a lane."""

    lane: str
    message: str
    hint: str | None = None


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """A run and what stands beside it on the screen.

    `previous` is the last run of the same suite before it, of the same target if there is one. `one_by_one_s` and
    `one_by_one_usd` estimate all evaluations of the suite asked one after another without a cache; None where nothing
    was measured. `next_tier` is the smallest tier that tests the gates left untested, with what it would send.
    """

    run: Run
    previous: Earlier | None = None
    one_by_one_s: float | None = None
    one_by_one_usd: float | None = None
    next_tier: str | None = None
    next_calls: int | None = None
    next_s: float | None = None
    next_usd: float | None = None


class PlanReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do. `misses` are (example, evaluator, because); None where nothing can be known before a run.

    `failed` of the `cached` are failures that are remembered: a run reports them again, and does not ask.
    `warnings` are what a run would say of its cache, `lacks` is what it would be refused for: keys that are not set,
    parts that are not installed.
    """

    suite: str
    tier: str
    total: int
    selected: int
    cached: int
    to_run: int
    calls: int
    est_s: float | None
    est_usd: float | None
    method: str
    seed: int
    selection: tuple[tuple[str, str, str], ...]
    misses: tuple[tuple[str, str, str], ...]
    lacks: tuple[Problem, ...] = ()
    failed: int = 0
    warnings: tuple[str, ...] = ()


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation looked at closely, and how it was read.

    `exchanges` are (what was sent, the raw answer or the failure, whether it came from the cache).
    """

    result: Result
    exchanges: tuple[tuple[str, str, bool], ...]
