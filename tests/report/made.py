"""Runs made by hand, for the screens."""

from __future__ import annotations

from msgspec.structs import replace

from ippon.records.call import Failure
from ippon.records.event import Finished
from ippon.records.run import Counts, Earlier, EvaluatorSummary, GateResult, Result, Run, Tokens
from ippon.report.view import View

SCORES = {
    "correctness": (0.91, 0.87, 0.95),
    "tone": (0.86, 0.81, 0.91),
    "safety": (0.97, 0.95, 0.99),
    "format": (0.93, 0.90, 0.96),
    "brevity": (0.90, 0.86, 0.94),
    "language": (0.95, 0.93, 0.97),
    "groundedness": (0.85, 0.81, 0.89),
}
WIDE = View()
REASONS = (
    "names a 60-day refund window that the reference does not contain",
    "the second claim cannot be traced to the question or the reference",
    'says "always" where the reference says "in most regions"',
    "adds a phone number that nobody gave",
)


def result(evaluator="tone", example="ex-001", score=0.9, **more):
    """One result of a target's response, answered now."""
    more = {"response": "target", "status": "answered", "tries": 1, "latency_s": 1.5, **more}
    return Result(evaluator=evaluator, example=example, score=score, **more)


def summary(score=0.9, low=0.85, high=0.95, n=11, n_items=42, **more):
    """One evaluator whose examples were drawn."""
    more = {"failed": 0, "level": 0.95, "method": "t", "judged": True, **more}
    return EvaluatorSummary(n=n, n_items=n_items, score=score, interval=(low, high), **more)


def gate(evaluator, value, low, high, threshold=0.8, **more):
    """One gate and what became of it."""
    verdict = "pass" if low >= threshold else "fail" if high < threshold else "inconclusive"
    more = {"verdict": verdict, "evaluations_used": 11, **more}
    return GateResult(
        gate=f"{evaluator} >= {threshold}",
        evaluator=evaluator,
        threshold=threshold,
        value=value,
        interval=(low, high),
        **more,
    )


def run_of(scores=None, results=(), **more):
    """A run of the tier `pr`, its gates as the scores have it."""
    scores = SCORES if scores is None else scores
    gates = tuple(gate(name, *ends) for name, ends in scores.items())
    verdicts = {each.verdict for each in gates}
    verdict, exit_code = (
        ("fail", 1) if "fail" in verdicts else ("inconclusive", 3) if "inconclusive" in verdicts else ("pass", 0)
    )
    more = {
        "run_id": "k7m2qd",
        "suite": "support-answers",
        "tier": "pr",
        "target": "default",
        "started_at": 1_000_000.0,
        "verdict": verdict,
        "exit_code": exit_code,
        "stopped_because": "every gate was certain after 11 of 42 examples",
        "counts": Counts(total=294, planned=77, cached=37, answered=40),
        "wall_s": 4.8,
        "calls_sent": 40,
        "cost_usd": 0.06,
        "tokens": Tokens(input=1000, output=200),
        "evaluators": {name: summary(*ends) for name, ends in scores.items()},
        "gates": gates,
        **more,
    }
    return Run(results=tuple(results), **more)


def earlier(run):
    """A run as the one after it looks at it."""
    return Earlier(**{name: getattr(run, name) for name in Earlier.__struct_fields__})


def passing(**more):
    """A run that passes, finished."""
    return Finished(run=run_of(**more), one_by_one_s=441.0, one_by_one_usd=0.44)


def failing(worst_ids=("ex-017", "ex-031", "ex-008"), **more):
    """A run whose groundedness fails, and the run before it."""
    now = [
        result("groundedness", each, score, reason=reason)
        for each, score, reason in zip(worst_ids, (0.1, 0.2, 0.35), REASONS, strict=False)
    ]
    now[-1] = replace(now[-1], cached=True, status="cached")
    now += [result("groundedness", f"ex-1{i:02}", 0.7) for i in range(16)]
    before = [result("groundedness", each, score) for each, score in zip(worst_ids, (0.9, 0.85, 0.4), strict=False)]
    before += [result("groundedness", f"ex-1{i:02}", 0.71) for i in range(16)]
    scores = {**SCORES, "groundedness": (0.66, 0.57, 0.75)}
    because = "groundedness is certainly below its gate"
    run = run_of(scores, now, run_id="p4x9wn", stopped_because=because, wall_s=5.6, cost_usd=0.07, **more)
    previous = run_of(scores, before, run_id="b6r3xe", started_at=999_000.0)
    return Finished(run=run, previous=earlier(previous))


def quick(scores, *, before=None, gaps=None, **more):
    """A quick tier: one chosen example per evaluator, `scores` by evaluator, `before` the run before."""
    results = [result(name, f"ex-{i:03}", score, reason=REASONS[0]) for i, (name, score) in enumerate(scores.items())]
    evaluators = {
        name: EvaluatorSummary(
            n=1,
            n_items=42,
            failed=0,
            score=None,
            interval=None,
            level=0.95,
            method="screen",
            judged=True,
            expected_gap=(gaps or {}).get(name),
        )
        for name in scores
    }
    more = {
        "tier": "quick",
        "run_id": "t8k2pd",
        "counts": Counts(total=294, planned=len(scores), answered=len(scores)),
        "verdict": "none",
        "exit_code": 0,
        "gates": tuple(untested(name) for name in scores),
        "evaluators": evaluators,
        "wall_s": 1.9,
        "cost_usd": 0.004,
        "selection_method": "random, rest drawn" if gaps is None else "most telling, rest drawn",
        **more,
    }
    run = run_of({}, results, **more)
    previous = None
    if before is not None:
        old = [result(name, f"ex-{i:03}", before.get(name)) for i, name in enumerate(scores)]
        previous = replace(run, results=tuple(old), run_id="a1b2c3", started_at=run.started_at - 120)
    return Finished(
        run=run,
        previous=previous and earlier(previous),
        one_by_one_s=441.0,
        one_by_one_usd=0.44,
        next_tier="medium",
        next_calls=14,
        next_s=4.0,
        next_usd=0.02,
    )


def untested(name):
    """A gate that the tier does not test."""
    return GateResult(
        gate=f"{name} >= 0.80",
        verdict="not_tested",
        value=None,
        interval=None,
        evaluations_used=1,
        evaluator=name,
        threshold=0.8,
    )


def failure(reason="connect", message="connection refused 127.0.0.1:8191"):
    """Why something has no result."""
    return Failure(reason=reason, message=message)


def text(lines):
    """Lines as one text, for a snapshot."""
    return "\n".join(lines)
