"""The JSON objects of `--json` as types: what is written, and what their published schemas are made of."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ippon.records.run import GateVerdict, Status, Verdict
from ippon.records.suite import ResponseKind

Interval = tuple[float, float] | None
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]


class Common(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema"):
    """What every object begins with; `suite` is the suite's name, null where there is none, or several, or it cannot be read."""

    suite: str | None
    exit_code: int
    wall_s: float


class EvaluationCounts(msgspec.Struct, frozen=True, kw_only=True):
    """planned = cached + answered + failed + missing + skipped."""

    total: Count
    planned: Count
    cached: Count
    answered: Count
    failed: Count
    missing: Count
    skipped: Count


class TokenCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that the run was billed for."""

    input: Count
    output: Count
    cached_input: Count


class CacheCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How often the cache knew; the rate is null where nothing was looked up."""

    hits: Count
    misses: Count
    hit_rate: Share | None


class LatencyObject(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of the calls that were sent: on the network, and in the queue before."""

    p50: float | None
    p95: float | None
    p99: float | None
    queue_p50: float | None
    queue_p95: float | None


class EvaluatorObject(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluator; score and interval are null where its examples were chosen (`method` is then `screen`)."""

    n: Count
    failed: Count
    score: float | None
    interval: Interval
    level: float
    method: str
    separation: float | None
    expected_gap: float | None


class GateObject(msgspec.Struct, frozen=True, kw_only=True):
    """One gate, in words, and what it looked at."""

    gate: str
    verdict: GateVerdict
    value: float | None
    interval: Interval
    evaluations_used: Count


class FailureObject(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no result."""

    class_: str = msgspec.field(name="class")
    message: str
    retryable: bool


class ResultObject(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluation; `text` is the response itself."""

    example: str
    evaluator: str
    response: ResponseKind
    repeat: Count
    status: Status
    score: float | None
    label: str | None
    reason: str | None
    text: str | None
    cached: bool
    tries: Count
    hedged: bool
    latency_s: float | None
    error: FailureObject | None


class RunObject(Common, frozen=True, kw_only=True, tag="ippon.run/1"):
    """`ippon run --json`."""

    suite: str
    tier: str
    run_id: str
    target: str | None
    verdict: Verdict
    stopped_because: str
    evaluations: EvaluationCounts
    calls_sent: Count
    retries: Count
    cost_usd: float | None
    saved_usd: float | None
    saved_s: float
    tokens: TokenCounts
    cache: CacheCounts
    latency_s: LatencyObject
    in_flight_max: Count
    evaluators: dict[str, EvaluatorObject]
    gates: list[GateObject]
    results: list[ResultObject]
    warnings: list[str]


class PlanCounts(msgspec.Struct, frozen=True, kw_only=True):
    """selected = cached + to_run."""

    total: Count
    selected: Count
    cached: Count
    to_run: Count


class ChosenObject(msgspec.Struct, frozen=True, kw_only=True):
    """An example that is selected for an evaluator, and why."""

    example: str
    evaluator: str
    because: str


class SelectionObject(msgspec.Struct, frozen=True, kw_only=True):
    """How the tier chose."""

    method: str
    seed: int
    examples: list[ChosenObject]


class PlanObject(Common, frozen=True, kw_only=True, tag="ippon.plan/1"):
    """`ippon plan --json`; seconds and dollars are null where nothing is known to estimate them from."""

    suite: str
    tier: str
    evaluations: PlanCounts
    calls: Count
    est_s: float | None
    est_usd: float | None
    selection: SelectionObject
    misses: list[ChosenObject]
    warnings: list[str]


class ProblemObject(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to mend."""

    message: str
    file: str | None
    line: int | None
    column: int | None
    key: str | None
    hint: str | None


class ErrorObject(Common, frozen=True, kw_only=True, tag="ippon.error/1"):
    """What every verb prints with `--json` when it ends with 2."""

    errors: list[ProblemObject]
