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
    from ippon.records.run import Run


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


def run_object(finished: Finished) -> dict[str, Any]:
    """`ippon.run/1`; its `wall_s` is the run's own, whichever verb shows it."""
    run = finished.run
    looked_up = run.hits + run.misses
    hit_rate = run.hits / looked_up if looked_up else None
    fields = _fields(
        types.RunObject,
        run,
        evaluations=_fields(types.EvaluationCounts, run.counts),
        cache={"hits": run.hits, "misses": run.misses, "hit_rate": hit_rate},
        latency_s=_fields(types.LatencyObject, run.latency),
        evaluators={name: _fields(types.EvaluatorObject, each) for name, each in run.evaluators.items()},
        gates=[_fields(types.GateObject, each) for each in run.gates],
        results=run.to_dicts(),
        warnings=list(run.warnings),
    )
    return _made(types.RunObject, **fields)


def plan_object(report: PlanReport, wall_s: float) -> dict[str, Any]:
    """`ippon.plan/1`."""
    chosen = {"method": report.method, "seed": report.seed, "examples": _chosen(report.selection)}
    fields = _fields(
        types.PlanObject,
        report,
        exit_code=0,
        wall_s=wall_s,
        evaluations=_fields(types.PlanCounts, report),
        misses=_chosen(report.misses),
        warnings=list(report.warnings),
        selection=chosen,
    )
    return _made(types.PlanObject, **fields)


def _chosen(rows: Sequence[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [dict(zip(types.ChosenObject.__struct_fields__, row, strict=True)) for row in rows]


def error_object(
    problems: Sequence[Problem], wall_s: float, *, exit_code: int = 2, suite: str | None = None
) -> dict[str, Any]:
    """`ippon.error/1`, with every problem."""
    errors = [_fields(types.ProblemObject, problem) for problem in problems]
    return _made(types.ErrorObject, suite=suite, exit_code=exit_code, wall_s=wall_s, errors=errors)


def runs_object(runs: Sequence[Run], wall_s: float) -> dict[str, Any]:
    """`ippon.runs/1`."""
    lines = [
        _fields(
            others.RunLine,
            run,
            evaluations=_fields(types.EvaluationCounts, run.counts),
            wall_s=run.wall_s if run.finished else None,
        )
        for run in runs
    ]
    suites = {run.suite for run in runs}
    return _made(others.RunsObject, suite=suites.pop() if len(suites) == 1 else None, wall_s=wall_s, runs=lines)


def attempt_object(attempt: Attempt, wall_s: float, *, exit_code: int) -> dict[str, Any]:
    """`ippon.try/1`."""
    names = others.ExchangeObject.__struct_fields__
    exchanges = [dict(zip(names, each, strict=True)) for each in attempt.exchanges]
    result = attempt.result.to_dict()
    return _made(others.AttemptObject, exit_code=exit_code, wall_s=wall_s, result=result, exchanges=exchanges)


def cache_stats_object(stats: Mapping[str, Any], wall_s: float) -> dict[str, Any]:
    """`ippon.cache_stats/1`."""
    return _made(others.CacheStatsObject, wall_s=wall_s, **stats)


def cache_why_object(why: Mapping[str, Any], wall_s: float) -> dict[str, Any]:
    """`ippon.cache_why/1`."""
    differences = [{name: each[name] for name in others.DifferenceObject.__struct_fields__} for each in why["changed"]]
    changed = [each["field"] for each in differences]
    return _made(others.CacheWhyObject, **{**why, "changed": changed}, differences=differences, wall_s=wall_s)


def verified_object(found: Mapping[str, Any], wall_s: float, *, exit_code: int) -> dict[str, Any]:
    """`ippon.cache_verify/1`."""
    return _made(others.VerifiedObject, exit_code=exit_code, wall_s=wall_s, **found)


def pruned_object(found: Mapping[str, Any], wall_s: float) -> dict[str, Any]:
    """`ippon.cache_prune/1`."""
    return _made(others.PrunedObject, wall_s=wall_s, **found)


def exported_object(found: Mapping[str, Any], wall_s: float) -> dict[str, Any]:
    """`ippon.cache_export/1`."""
    return _made(others.ExportedObject, wall_s=wall_s, **found)


def imported_object(found: Mapping[str, Any], wall_s: float) -> dict[str, Any]:
    """`ippon.cache_import/1`."""
    return _made(others.ImportedObject, wall_s=wall_s, **found)


def cleared_object(deleted: int, wall_s: float) -> dict[str, Any]:
    """`ippon.cache_clear/1`."""
    return _made(others.ClearedObject, wall_s=wall_s, deleted=deleted)


def trust_object(path: str, digest: str, wall_s: float) -> dict[str, Any]:
    """`ippon.trust/1`."""
    return _made(others.TrustObject, wall_s=wall_s, path=path, digest=digest)


def init_object(files: Sequence[str], judge: str | None, columns: Mapping[str, str], wall_s: float) -> dict[str, Any]:
    """`ippon.init/1`."""
    return _made(others.InitObject, wall_s=wall_s, files=files, judge=judge, columns=columns)


def doctor_object(found: Sequence[tuple[str, str, str]], wall_s: float, *, exit_code: int) -> dict[str, Any]:
    """`ippon.doctor/1`."""
    findings = [dict(zip(others.FindingObject.__struct_fields__, each, strict=True)) for each in found]
    return _made(others.DoctorObject, exit_code=exit_code, wall_s=wall_s, findings=findings)


def _made(kind: type[types.Common], **given: Any) -> dict[str, Any]:
    """An object of this kind; whatever else is given is left out."""
    given = {"suite": None, "exit_code": 0, **given}
    return {"schema": kind.__struct_config__.tag, **{name: given[name] for name in kind.__struct_fields__}}


def _fields(kind: type[msgspec.Struct], record: msgspec.Struct, **given: Any) -> dict[str, Any]:
    """The fields that a kind has, as they are given or stand in a record."""
    return {
        name: given[name] if name in given else msgspec.to_builtins(getattr(record, name))
        for name in kind.__struct_fields__
    }
