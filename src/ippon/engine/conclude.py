"""Results to run: counts, samples, gates, verdict."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.decide.gate import gate_results
from ippon.decide.scores import SCORE_SPAN, SEPARATION_SPAN, Sample, means, summary
from ippon.decide.verdict import ending, what_inconclusive_does
from ippon.records.bundle import Bundle
from ippon.records.evaluators import Cascade, Judge, Pairwise
from ippon.records.run import Counts, Latency, Run, Tokens
from ippon.select.discriminative import expected_gap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.engine.setting import Setting
    from ippon.execute.meter import Meter
    from ippon.records.run import EvaluatorSummary, Result, Selection
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


def conclude(
    setting: Setting, selection: Selection, results: Sequence[Result], course: Course, *, evidence: str = ""
) -> Run:
    """The run, complete. `results` stand in the order of the selection."""
    counts = Counts.of(results, total=selection.total, planned=len(results))
    samples = _samples(setting, selection, results)
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
        hits=counts.cached,
        misses=counts.planned - counts.cached,
        evaluators=_summaries(setting, selection, results, samples),
        gates=gates,
        results=tuple(results),
        warnings=course.warnings + ((NARROWED,) if selection.narrowed and gates else ()),
        seed=selection.seed,
        selection_method=selection.method,
        content=setting.suite.content.hex(),
        evidence=evidence,
        asked=course.asked,
        judge=course.judge,
        on_inconclusive=action,
        **measured,
    )


def _samples(setting: Setting, selection: Selection, results: Sequence[Result]) -> dict[str, Sample]:
    """What is known of each evaluator: chosen and drawn examples, each with one value, in drawn order."""
    paired = setting.target is None
    known: dict[int, dict[int, list[float | None]]] = {e: {} for e in selection.n_items}
    drawn: dict[int, dict[int, list[float | None]]] = {e: {} for e in selection.n_items}
    waits: dict[int, set[int]] = {e: set() for e in selection.n_items}
    pairs: dict[tuple[int, int, int], float | None] = {}
    for evaluation, result in zip(selection.evaluations, results, strict=True):
        place = known if evaluation in selection.chosen else drawn
        value = result.score
        if result.status == "missing" and place is drawn:
            waits[evaluation.evaluator].add(evaluation.example)
        if paired:
            pair = (evaluation.evaluator, evaluation.example, evaluation.repeat)
            if pair not in pairs:
                pairs[pair] = value
                continue
            good = pairs[pair]
            value = None if good is None or value is None else good - value
        place[evaluation.evaluator].setdefault(evaluation.example, []).append(value)
    return {
        setting.suite.evaluators[e].name: Sample(
            known=means(list(known[e].values())),
            drawn=means(_in_order(drawn[e], waits[e])),
            n_items=n_items,
            span=SEPARATION_SPAN if paired else SCORE_SPAN,
        )
        for e, n_items in selection.n_items.items()
    }


def _in_order(drawn: Mapping[int, list[float | None]], waits: set[int]) -> list[list[float | None]]:
    """The drawn examples up to the first that nobody has asked yet: what came after it waits its turn."""
    prefix: list[list[float | None]] = []
    for example, values in drawn.items():
        if example in waits:
            break
        prefix.append(values)
    return prefix


def _summaries(
    setting: Setting,
    selection: Selection,
    results: Sequence[Result],
    samples: Mapping[str, Sample],
) -> dict[str, EvaluatorSummary]:
    suite = setting.suite
    failed: dict[str, int] = {}
    gaps: dict[str, dict[int, float]] = {}
    for evaluation, result in zip(selection.evaluations, results, strict=True):
        failed[result.evaluator] = failed.get(result.evaluator, 0) + (result.status == "failed")
        gap = expected_gap(suite, suite.examples[evaluation.example])
        if gap is not None:
            gaps.setdefault(result.evaluator, {})[evaluation.example] = gap
    judged = {each.name for each in suite.evaluators if isinstance(each, Judge | Pairwise | Cascade)}
    summaries = {
        name: summary(
            sample,
            failed=failed.get(name, 0),
            paired=setting.target is None,
            expected_gap=sum(gaps[name].values()) / len(gaps[name]) if name in gaps else None,
        )
        for name, sample in samples.items()
    }
    return {name: msgspec.structs.replace(each, judged=name in judged) for name, each in summaries.items()}


def _measured(meter: Meter) -> dict[str, Any]:
    latencies, queues = sorted(meter.latencies_s), sorted(meter.queues_s)
    return {
        "calls_sent": meter.calls_sent,
        "retries": meter.retries,
        "cost_usd": meter.cost_usd,
        "in_flight_max": meter.in_flight_max,
        "tokens": Tokens(input=meter.tokens_input, output=meter.tokens_output, cached_input=meter.tokens_cached),
        "latency": Latency(
            p50=_quantile(latencies, 0.5),
            p95=_quantile(latencies, 0.95),
            p99=_quantile(latencies, 0.99),
            queue_p50=_quantile(queues, 0.5),
            queue_p95=_quantile(queues, 0.95),
        ),
    }


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of them does not exceed (the inverse of the empirical distribution)."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b
