"""Records to the JSON objects of CONTRACT 4: plain dicts, ready to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ippon.report import json_others as others
from ippon.report import json_types as types

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.errors import Problem
    from ippon.records.event import Attempt, Finished, PlanReport
    from ippon.records.run import Counts, Result, Run


def encoded(value: Mapping[str, Any]) -> bytes:
    """One line of UTF-8 JSON; what is not a number is null, what is not Unicode is replaced."""
    try:
        return msgspec.json.encode(value) + b"\n"
    except UnicodeEncodeError:
        return msgspec.json.encode(_mended(value)) + b"\n"


def _mended(value: Any) -> Any:
    """The value with lone surrogates replaced."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_mended(key): _mended(each) for key, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    return [_mended(each) for each in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def run_object(finished: Finished, wall_s: float) -> dict[str, Any]:
    """`ippon.run/1`."""
    run = finished.run
    looked_up = run.hits + run.misses
    return _plain(
        types.RunObject(
            suite=run.suite,
            exit_code=run.exit_code,
            wall_s=wall_s,
            tier=run.tier,
            run_id=run.run_id,
            target=run.target,
            verdict=run.verdict,
            stopped_because=run.stopped_because,
            evaluations=_counts(run.counts),
            calls_sent=run.calls_sent,
            retries=run.retries,
            cost_usd=run.cost_usd,
            saved_usd=run.saved_usd,
            saved_s=run.saved_s,
            tokens=types.TokenCounts(
                input=run.tokens.input, output=run.tokens.output, cached_input=run.tokens.cached_input
            ),
            cache=types.CacheCounts(
                hits=run.hits, misses=run.misses, hit_rate=run.hits / looked_up if looked_up else None
            ),
            latency_s=types.LatencyObject(**msgspec.structs.asdict(run.latency)),
            in_flight_max=run.in_flight_max,
            evaluators={
                name: types.EvaluatorObject(
                    n=each.n,
                    failed=each.failed,
                    score=each.score,
                    interval=each.interval,
                    level=each.level,
                    method=each.method,
                    separation=each.separation,
                    expected_gap=each.expected_gap,
                )
                for name, each in run.evaluators.items()
            },
            gates=[
                types.GateObject(
                    gate=each.gate,
                    verdict=each.verdict,
                    value=each.value,
                    interval=each.interval,
                    evaluations_used=each.evaluations_used,
                )
                for each in run.gates
            ],
            results=[result_struct(each) for each in run.results],
            warnings=list(run.warnings),
        )
    )


def result_struct(result: Result) -> types.ResultObject:
    """One result as it stands in `results`."""
    error = result.error
    return types.ResultObject(
        example=result.example,
        evaluator=result.evaluator,
        response=result.response,
        repeat=result.repeat,
        status=result.status,
        score=result.score,
        label=result.label,
        reason=result.reason,
        text=result.text,
        cached=result.cached,
        tries=result.tries,
        hedged=result.hedged,
        latency_s=result.latency_s,
        error=None
        if error is None
        else types.FailureObject(class_=error.reason, message=error.message, retryable=error.retryable),
    )


def plan_object(report: PlanReport, wall_s: float) -> dict[str, Any]:
    """`ippon.plan/1`."""
    return _plain(
        types.PlanObject(
            suite=report.suite,
            exit_code=0,
            wall_s=wall_s,
            tier=report.tier,
            evaluations=types.PlanCounts(
                total=report.total, selected=report.selected, cached=report.cached, to_run=report.to_run
            ),
            calls=report.calls,
            est_s=report.est_s,
            est_usd=report.est_usd,
            misses=_chosen(report.misses),
            selection=types.SelectionObject(method=report.method, seed=report.seed, examples=_chosen(report.selection)),
        )
    )


def _chosen(rows: Sequence[tuple[str, str, str]]) -> list[types.ChosenObject]:
    return [
        types.ChosenObject(example=example, evaluator=evaluator, because=because)
        for example, evaluator, because in rows
    ]


def error_object(
    problems: Sequence[Problem], wall_s: float, *, exit_code: int = 2, suite: str | None = None
) -> dict[str, Any]:
    """`ippon.error/1`, with every problem."""
    errors = [types.ProblemObject(**msgspec.structs.asdict(problem)) for problem in problems]
    return _plain(types.ErrorObject(suite=suite, exit_code=exit_code, wall_s=wall_s, errors=errors))


def runs_object(runs: Sequence[Run], wall_s: float) -> dict[str, Any]:
    """`ippon.runs/1`."""
    lines = [
        others.RunLine(
            run_id=run.run_id,
            suite=run.suite,
            tier=run.tier,
            target=run.target,
            started_at=run.started_at,
            verdict=run.verdict,
            exit_code=run.exit_code,
            stopped_because=run.stopped_because,
            evaluations=_counts(run.counts),
            calls_sent=run.calls_sent,
            cost_usd=run.cost_usd,
            wall_s=run.wall_s,
        )
        for run in runs
    ]
    return _plain(others.RunsObject(suite=runs[0].suite if runs else None, exit_code=0, wall_s=wall_s, runs=lines))


def attempt_object(attempt: Attempt, wall_s: float, *, exit_code: int) -> dict[str, Any]:
    """`ippon.try/1`."""
    exchanges = [
        others.ExchangeObject(sent=sent, answer=answer, cached=cached) for sent, answer, cached in attempt.exchanges
    ]
    result = result_struct(attempt.result)
    return _plain(
        others.AttemptObject(suite=None, exit_code=exit_code, wall_s=wall_s, result=result, exchanges=exchanges)
    )


def cache_stats_object(stats: Mapping[str, Any], wall_s: float) -> dict[str, Any]:
    """`ippon.cache_stats/1`."""
    names = ("entries", "bytes", "hits", "misses", "hit_rate", "by_class")
    return {"schema": "ippon.cache_stats/1", **_common(wall_s), **{name: stats[name] for name in names}}


def cache_why_object(why: Mapping[str, Any], wall_s: float) -> dict[str, Any]:
    """`ippon.cache_why/1`."""
    differences = [{"field": each["field"], "was": each["was"], "now": each["now"]} for each in why["changed"]]
    return {
        "schema": "ippon.cache_why/1",
        **_common(wall_s),
        "hit": why["hit"],
        "because": why["because"],
        "changed": [each["field"] for each in differences],
        "differences": differences,
        "key": why["key"],
    }


def cleared_object(deleted: int, wall_s: float) -> dict[str, Any]:
    """`ippon.cache_clear/1`."""
    return {"schema": "ippon.cache_clear/1", **_common(wall_s), "deleted": deleted}


def trust_object(path: str, digest: str, wall_s: float) -> dict[str, Any]:
    """`ippon.trust/1`."""
    return {"schema": "ippon.trust/1", **_common(wall_s), "path": path, "digest": digest}


def doctor_object(found: Sequence[tuple[str, str, str]], wall_s: float, *, exit_code: int) -> dict[str, Any]:
    """`ippon.doctor/1`."""
    findings = [{"state": state, "name": name, "text": text} for state, name, text in found]
    return {"schema": "ippon.doctor/1", **_common(wall_s, exit_code), "findings": findings}


def _common(wall_s: float, exit_code: int = 0) -> dict[str, Any]:
    return {"suite": None, "exit_code": exit_code, "wall_s": wall_s}


def _counts(counts: Counts) -> types.EvaluationCounts:
    return types.EvaluationCounts(**msgspec.structs.asdict(counts))


def _plain(record: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(record)
    return plain
