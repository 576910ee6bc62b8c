"""Gates: thresholds that an interval of this suite has to clear. Computed once, when the tier has ended."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal

from ippon.decide.scores import Sample, interval
from ippon.records.run import GateResult
from ippon.stats.intervals import level_each, weighted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.records.run import GateVerdict
    from ippon.records.suite import Gate
    from ippon.stats.intervals import Interval

ROUNDING = 1e-9  # a mean of floats may miss its threshold by less than this and still have reached it


def gate_results(
    gates: Sequence[Gate], samples: Mapping[str, Sample], weights: Mapping[str, float]
) -> tuple[GateResult, ...]:
    """What becomes of each gate: one result for each evaluator it names, one for the weighted mean where it names none.

    A gate on scores is not tested where pairs were evaluated, nor the reverse; nor is a mean where the run left out one of
    the evaluators, all of which `weights` names.
    """
    results: list[GateResult] = []
    for gate in gates:
        if gate.evaluator is None:
            results.append(_test_mean(gate, samples, weights))
        else:
            results += [
                _test_one(gate, name, sample) for name, sample in samples.items() if fnmatchcase(name, gate.evaluator)
            ]
    return tuple(results)


def threshold(gate: Gate) -> float:
    """What the interval has to reach."""
    wanted = gate.min_score if gate.min_score is not None else gate.min_separation
    assert wanted is not None, "read refuses a gate without a threshold"
    return wanted


def measure(gate: Gate) -> Literal["score", "separation"]:
    """What the gate looks at."""
    return "score" if gate.min_score is not None else "separation"


def _test_one(gate: Gate, name: str, sample: Sample) -> GateResult:
    testable = sample.tested and sample.measure == measure(gate)
    found = interval(sample, level=1 - gate.alpha, population=gate.population) if testable else None
    return _result(gate, name, found, _scored(sample))


def _test_mean(gate: Gate, samples: Mapping[str, Sample], weights: Mapping[str, float]) -> GateResult:
    """The weighted mean: each interval at a level so high that all of them cover at once (union bound)."""
    used = sum(_scored(sample) for sample in samples.values())
    whole = samples.keys() == weights.keys()
    if not whole or not all(sample.tested and sample.measure == measure(gate) for sample in samples.values()):
        return _result(gate, None, None, used)
    each = level_each(1 - gate.alpha, len(samples))
    parts = [interval(sample, level=each, population=gate.population) for sample in samples.values()]
    return _result(gate, None, weighted(parts, [weights[name] for name in samples], level=1 - gate.alpha), used)


def _scored(sample: Sample) -> int:
    return sum(value is not None for value in (*sample.known, *sample.drawn))


def _result(gate: Gate, name: str | None, found: Interval | None, used: int) -> GateResult:
    wanted = threshold(gate)
    looked_at = measure(gate)
    digits = f"{wanted:.2f}" if round(wanted, 2) == wanted else f"{wanted:.12g}"
    words = f"{name or 'mean'}{' separation' if looked_at == 'separation' else ''} >= {digits}"
    return GateResult(
        gate=words,
        evaluator=name,
        threshold=wanted,
        measure=looked_at,
        verdict=_verdict(found, wanted),
        value=found.value if found else None,
        interval=(found.low, found.high) if found else None,
        evaluations_used=used,
    )


def _verdict(found: Interval | None, wanted: float) -> GateVerdict:
    if found is None:
        return "not_tested"
    if found.low >= wanted - ROUNDING:
        return "pass"
    return "fail" if found.high < wanted - ROUNDING else "inconclusive"
