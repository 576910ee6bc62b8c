"""A plan, a run and what became of each evaluation in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec

from ippon.errors import NotBuiltError
from ippon.records.call import Failure
from ippon.records.suite import ResponseKind

if TYPE_CHECKING:
    from collections.abc import Iterable

Status = Literal["cached", "answered", "failed", "missing", "skipped"]
Verdict = Literal["pass", "fail", "inconclusive", "incomplete", "interrupted", "none"]
SHARED = "shared "  # what begins a warning of nothing that is wrong
GateVerdict = Literal["pass", "fail", "inconclusive", "not_tested"]


class Evaluation(NamedTuple):
    """The unit of work: one score. Positions count from 0 in the suite's evaluators and examples."""

    evaluator: int
    example: int
    response: ResponseKind
    repeat: int


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What a tier takes of a suite, in the order in which it is asked.

    `chosen` are the evaluations taken because they tell most (never part of a sample); the others are drawn uniformly
    at random, and stand per evaluator in drawn order. `n_items` is how many examples each evaluator (by position) has to
    be drawn from; `narrowed` says that a filter left some out, so that no gate of the suite can be tested.
    """

    evaluations: Sequence[Evaluation]
    chosen: frozenset[Evaluation]
    method: str
    seed: int
    total: int
    n_items: dict[int, int]
    narrowed: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one evaluation. `text` is the response itself; `tries` counts calls sent for it, re-asks included."""

    example: str
    evaluator: str
    response: ResponseKind
    repeat: int = 0
    status: Status
    score: float | None = None
    label: str | None = None
    reason: str | None = None
    text: str | None = None
    cached: bool = False
    tries: int = 0
    hedged: bool = False
    latency_s: float | None = None
    error: Failure | None = None
    details: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON values, with the names of `--json`."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        error = self.error
        found["error"] = error and {"class": error.reason, "message": error.message, "retryable": error.retryable}
        del found["details"]
        return found


class EvaluatorSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluator over a run. `score` and `interval` are None where the examples were chosen, not drawn.

    `n` are the examples with a score, `n_items` those it is for; `separation` is the mean of good minus poor; `judged`
    says that a model gave them and their reasons.
    """

    n: int
    n_items: int
    failed: int
    score: float | None
    interval: tuple[float, float] | None
    level: float
    method: str
    separation: float | None = None
    separation_interval: tuple[float, float] | None = None
    expected_gap: float | None = None
    judged: bool = False


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """A gate after a run: `gate` in words, its evaluator (None: all), the value and interval that it looked at."""

    gate: str
    verdict: GateVerdict
    value: float | None
    interval: tuple[float, float] | None
    evaluations_used: int
    evaluator: str | None = None
    threshold: float
    measure: Literal["score", "separation"] = "score"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the evaluations. planned = cached + answered + failed + missing + skipped."""

    total: int
    planned: int
    cached: int = 0
    answered: int = 0
    failed: int = 0
    missing: int = 0
    skipped: int = 0

    @staticmethod
    def of(results: Iterable[Result], *, total: int, planned: int) -> Counts:
        """The counts of these results; what is planned and not among them is missing."""
        found = {"cached": 0, "answered": 0, "failed": 0, "missing": 0, "skipped": 0}
        for result in results:
            found[result.status] += 1
        found["missing"] += planned - sum(found.values())
        return Counts(total=total, planned=planned, **found)


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that this run was billed for."""

    input: int = 0
    output: int = 0
    cached_input: int = 0


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of the calls sent by this run: on the network, and in the queue before. None without a call."""

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    queue_p50: float | None = None
    queue_p95: float | None = None


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """What a run looks at of the one before it: part of a `Run`, and quick to read; `results` come apart."""

    run_id: str
    started_at: float
    target: str | None
    stopped_because: str
    latency: Latency
    evidence: str
    judge: str | None = None
    gates: tuple[GateResult, ...] = ()
    results: Sequence[Result] = ()


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run, complete: what `--json`, the history and the Python interface show.

    `evidence` is a digest over what was asked and scored: equal for two runs that know the same. `asked` are the flags
    that a resumed run takes over. One that is not `finished` is at work, or was killed: what it took is not known yet.
    `results` may be read from the history whenever they are looked at, since memory may not hold them all.
    """

    run_id: str
    suite: str
    tier: str
    target: str | None
    started_at: float
    verdict: Verdict
    exit_code: int
    stopped_because: str
    counts: Counts
    wall_s: float
    calls_sent: int = 0
    retries: int = 0
    cost_usd: float | None = 0.0
    saved_usd: float | None = 0.0
    saved_s: float = 0.0
    tokens: Tokens = Tokens()
    latency: Latency = Latency()
    in_flight_max: int = 0
    hits: int = 0
    misses: int = 0
    evaluators: dict[str, EvaluatorSummary] = {}
    gates: tuple[GateResult, ...] = ()
    results: Sequence[Result] = ()
    warnings: tuple[str, ...] = ()
    seed: int = 0
    selection_method: str = "all"
    content: str = ""
    evidence: str = ""
    judge: str | None = None
    on_inconclusive: str = "fail"
    asked: dict[str, Any] = {}
    finished: bool = True

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dict of JSON values a result, with the names of `--json`: what a data frame is made from."""
        return [result.to_dict() for result in self.results]

    def assert_not_worse(self, baseline: str, *, margin: float = 0.0) -> None:
        """Raise AssertionError where this run is worse than a baseline by more than the margin; not built yet."""
        raise NotBuiltError(f"assert_not_worse({baseline!r}, margin={margin:g})")
