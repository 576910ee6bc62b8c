"""Results to run: counts, samples, gates, verdict."""

from __future__ import annotations

from itertools import groupby
from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.decide.gate import gate_results
from ippon.decide.scores import SCORE_SPAN, SEPARATION_SPAN, Sample, summary
from ippon.decide.verdict import ending, what_inconclusive_does
from ippon.records.bundle import Bundle
from ippon.records.evaluators import Cascade, Judge, Pairwise
from ippon.records.run import Latency, Run, Tokens
from ippon.select.discriminative import expected_gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ippon.engine.setting import Setting
    from ippon.execute.meter import Meter
    from ippon.records.evaluations import Ends
    from ippon.records.run import Evaluation, EvaluatorSummary, Result, Selection, Status
    from ippon.records.suite import Tier


NARROWED = "gates are not tested: --example and --where leave a part of the suite out"


class Course(Bundle, frozen=True, kw_only=True):
    """How a run went, beside its results."""

    run_id: str
    tier_name: str
    tier: Tier
    started_at: float
    wall_s: float
    meter: Meter | None
    stopped_because: str
    asked: dict[str, Any]
    interrupted: bool = False
    spend_stop: bool = False
    saved_usd: float | None = 0.0
    saved_s: float = 0.0
    warnings: tuple[str, ...] = ()
    judge: str | None = None


def conclude(setting: Setting, selection: Selection, ends: Ends, results: Sequence[Result], course: Course) -> Run:
    """The run, complete. `ends` and `results` stand in the order of the selection; the latter are not looked at."""
    counts = ends.counts(selection.total)
    views = _looked_at(setting, selection, ends)
    samples = {name: each.sample for name, each in views.items()}
    weights = {each.name: each.weight for each in setting.suite.evaluators}
    # Of a part that a filter picked, no gate of the suite can be tested.
    seen = dict.fromkeys(samples, Sample(n_items=1)) if selection.narrowed else samples
    gates = gate_results(setting.suite.gates, seen, weights)
    action = what_inconclusive_does(course.tier_name, course.tier)
    end = ending(
        counts,
        gates,
        on_inconclusive=action,
        interrupted=course.interrupted,
        spend_stop=course.spend_stop,
    )
    meter = course.meter
    measured: dict[str, Any] = {} if meter is None else _measured(meter)
    return Run(
        run_id=course.run_id,
        suite=setting.suite.name,
        tier=course.tier_name,
        target=setting.target_name,
        started_at=course.started_at,
        verdict=end.verdict,
        exit_code=end.exit_code,
        stopped_because=course.stopped_because,
        counts=counts,
        wall_s=course.wall_s,
        saved_usd=_sum(course.saved_usd, meter.saved_usd if meter else 0.0),
        saved_s=course.saved_s + (meter.saved_s if meter else 0.0),
        hits=ends.hits,
        misses=counts.planned - ends.hits,
        evaluators=_summaries(setting, views),
        gates=gates,
        results=results,
        warnings=course.warnings + ((NARROWED,) if selection.narrowed and gates else ()),
        seed=selection.seed,
        selection_method=selection.method,
        content=setting.suite.content.hex(),
        evidence=ends.evidence(),
        asked=course.asked,
        judge=course.judge,
        on_inconclusive=action,
        **measured,
    )


class _Seen(msgspec.Struct):
    """One evaluator while the plan is gone through. `waits`: one was drawn that nobody has asked yet."""

    known: list[float | None] = msgspec.field(default_factory=list[float | None])
    drawn: list[float | None] = msgspec.field(default_factory=list[float | None])
    waits: bool = False
    failed: int = 0
    gaps: list[float] = msgspec.field(default_factory=list[float])


class _View(Bundle, frozen=True):
    """What is known of one evaluator. `expected_gap` is the mean over its examples, None where they have none."""

    sample: Sample
    failed: int
    expected_gap: float | None


def _looked_at(setting: Setting, selection: Selection, ends: Ends) -> dict[str, _View]:
    """What is known of each evaluator: chosen and drawn examples, each with one value, in drawn order.

    The drawn ones end before the first that nobody has asked yet: what came after it waits its turn.
    """
    suite, paired = setting.suite, setting.target is None
    seen = {e: _Seen() for e in selection.n_items}
    # All of one example under one evaluator stand together in a plan, which may be too long to be sorted here.
    groups = groupby(zip(selection.evaluations, ends, strict=True), key=lambda each: each[0][:2])
    for (e, example), its in groups:
        own, group = seen[e], list(its)
        statuses = [status for _, (status, _) in group]
        own.failed += statuses.count("failed")
        gap = expected_gap(suite, suite.examples[example])
        if gap is not None:
            own.gaps.append(gap)
        if group[0][0] in selection.chosen:
            own.known.append(_value(group, paired=paired))
            continue
        own.waits = own.waits or "missing" in statuses
        if not own.waits:
            own.drawn.append(_value(group, paired=paired))
    span = SEPARATION_SPAN if paired else SCORE_SPAN
    return {
        suite.evaluators[e].name: _View(
            Sample(known=tuple(each.known), drawn=tuple(each.drawn), n_items=selection.n_items[e], span=span),
            each.failed,
            sum(each.gaps) / len(each.gaps) if each.gaps else None,
        )
        for e, each in seen.items()
    }


def _value(group: Sequence[tuple[Evaluation, tuple[Status, float | None]]], *, paired: bool) -> float | None:
    """One example's value: the mean of the repeats that have a score, or that have both of a pair."""
    scores = [score for _, (_, score) in group]
    if paired:
        scores = [
            None if good is None or poor is None else good - poor
            for good, poor in zip(scores[::2], scores[1::2], strict=True)
        ]
    scored = [score for score in scores if score is not None]
    return sum(scored) / len(scored) if scored else None


def _summaries(setting: Setting, views: Mapping[str, _View]) -> dict[str, EvaluatorSummary]:
    judged = {each.name for each in setting.suite.evaluators if isinstance(each, Judge | Pairwise | Cascade)}
    summaries = {
        name: summary(view.sample, failed=view.failed, paired=setting.target is None, expected_gap=view.expected_gap)
        for name, view in views.items()
    }
    return {name: msgspec.structs.replace(each, judged=name in judged) for name, each in summaries.items()}


def _measured(meter: Meter) -> dict[str, Any]:
    p50, p95, p99 = _quantiles(meter.latencies_s, 0.5, 0.95, 0.99)
    queue_p50, queue_p95 = _quantiles(meter.queues_s, 0.5, 0.95)
    return {
        "calls_sent": meter.calls_sent,
        "retries": meter.retries,
        "cost_usd": meter.cost_usd,
        "in_flight_max": meter.in_flight_max,
        "tokens": Tokens(input=meter.tokens_input, output=meter.tokens_output, cached_input=meter.tokens_cached),
        "latency": Latency(p50=p50, p95=p95, p99=p99, queue_p50=queue_p50, queue_p95=queue_p95),
    }


def _quantiles(values: Iterable[float], *shares: float) -> list[float | None]:
    """The smallest values that at least so much of them does not exceed (the inverse of the empirical distribution)."""
    ordered = sorted(values)
    return [ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None for share in shares]


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b
