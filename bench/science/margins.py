"""The gate and the three verdicts with a margin, beside simple paired tests of the same claims."""

import math
from collections.abc import Iterator

import numpy as np

from bench.science.pairs import Data, Floats, Outcome, Pair, pairs_of, share
from bench.science.tables import show
from bench.stage import Claim
from ippon.stats import Certifier

SEED = 1
MARGIN, ALPHA = 0.05, 0.05
CHANGES = {
    "+5..+10": (0.05, 0.10),
    "+2..+5": (0.02, 0.05),
    "+1..+2": (0.01, 0.02),
    "-1..-2": (-0.02, -0.01),
    "-2..-5": (-0.05, -0.02),
    "-5..-10": (-0.10, -0.05),
    "-10..-20": (-0.20, -0.10),
}


class SimpleTest:
    """The simple paired test against one claim: the gap is at most (sign 1) or at least (sign -1) the boundary."""

    shares = np.array([0.02, 0.04, 0.08, 0.15, 0.25, 0.4, 0.6, 0.8])

    def __init__(self, n_items: int, sign: int, boundary: float) -> None:
        self.peak = 0.0
        self._sign, self._left = sign, n_items
        self._rest = 0.5 * n_items * (1.0 + sign * boundary)
        self._logs = np.zeros(len(self.shares))

    def count(self, gap: float) -> float:
        """The most evidence ever, after one more pair."""
        unit, mean = 0.5 * (1.0 + self._sign * gap), self._rest / self._left
        self._rest -= unit
        self._left -= 1
        if mean < -1e-9:
            self.peak = math.inf
        elif 1e-9 < mean < 1.0 - 1e-9:
            self._logs += np.log1p(self.shares * (unit - mean) / mean)
            self.peak = max(self.peak, float(np.logaddexp.reduce(self._logs)) - math.log(len(self.shares)))
        return self.peak


def with_margin(pair: Pair) -> tuple[Outcome, Outcome]:
    """The first answer of the gate, and the first of three verdicts."""
    certifier = Certifier(len(pair.system), rng=pair.rng, baseline=pair.baseline, history=pair.history, margin=MARGIN)
    passed = said = Outcome(None, len(pair.system))
    for n, item in enumerate(certifier.order.tolist(), 1):
        verdict = certifier.observe(item, float(pair.system[item]))
        if certifier.gate and not passed.said:
            passed = Outcome(certifier.gate, n)
        if verdict:
            said = Outcome(verdict, n)
            break
    return passed, said


def simple_with_margin(pair: Pair) -> tuple[Outcome, Outcome]:
    """The same of simple tests, one a claim."""
    n_items = len(pair.system)
    tests = [SimpleTest(n_items, *claim) for claim in ((1, 0.0), (-1, 0.0), (1, -MARGIN), (-1, MARGIN))]
    passed = said = Outcome(None, n_items)
    for n, item in enumerate(pair.rng.permutation(n_items).tolist(), 1):
        gap = float(pair.system[item] - pair.baseline[item])
        better, worse, not_worse, not_better = (test.count(gap) for test in tests)
        if not passed.said and max(not_worse, worse) >= math.log(1.0 / ALPHA):
            passed = Outcome("pass" if not_worse >= math.log(1.0 / ALPHA) else "fail", n)
        if max(better, worse, min(not_worse, not_better)) >= math.log(2.0 / ALPHA):
            said = Outcome("certain", n)
            break
    return passed, said


def figures(data: Data, *, smoke: bool) -> Iterator[Claim]:
    """The gate and the three verdicts, by the true change."""
    rows: list[list[object]] = []
    ratios: list[float] = []
    wrong = n = 0
    for name, change in CHANGES.items():
        found = [_margin_shares(matrix, change, smoke=smoke) for matrix in data.values()]
        found = [each for each in found if each is not None]
        gate_simple, gate_ours, three_simple, three_ours, passed, within, errors, count = np.mean(found, axis=0)
        wrong, n = wrong + round(errors * len(found)), n + round(count * len(found))
        ratios.append(gate_ours / gate_simple)
        three = three_ours / three_simple
        rows.append([name, gate_simple, gate_ours, ratios[-1], passed, three_simple, three_ours, three, within])
    head = ["true change", "simple", "ours", "ratio", "PASS", "simple", "ours", "ratio", "within"]
    show(f"Gate (left) and three verdicts, margin {100 * MARGIN:.0f} points, all runs, seed {SEED}", head, rows)
    what = (
        f"gate, margin {100 * MARGIN:.0f} points, all runs, the worst true change: items as a ratio to the simple test"
    )
    yield Claim(what, max(ratios), 0.61, "x", 0.50)
    yield Claim(f"gate and three verdicts: wrong ones of {n}", wrong / n, 0.05, "%")


def _margin_shares(matrix: Floats, change: tuple[float, float], *, smoke: bool) -> list[float] | None:
    """Items as shares of the suite: gate simple and ours, verdicts simple and ours; passed, within; wrong, all."""
    size = sorted(map(abs, change))
    pairs = list(pairs_of(matrix, (size[0], size[1]), np.random.default_rng([SEED, 7]), smoke=smoke))
    if change[1] < 0.0:
        pairs = [pair._replace(baseline=pair.system, system=pair.baseline) for pair in pairs]
    if not pairs:
        return None
    ours, plain = ([each(pair) for pair in pairs] for each in (with_margin, simple_with_margin))
    wrong = sum(_is_wrong(pair, said) for pair, answers in zip(pairs, ours, strict=True) for said in answers)
    items = [share([answers[at] for answers in method], matrix) for at in (0, 1) for method in (plain, ours)]
    passed = float(np.mean([gate.said == "pass" for gate, _ in ours]))
    within = float(np.mean([three.said == "within_margin" for _, three in ours]))
    return [*items, passed, within, float(wrong), 2.0 * len(pairs)]


def _is_wrong(pair: Pair, outcome: Outcome) -> bool:
    holds = {
        "better": pair.gap > 0.0,
        "worse": pair.gap < 0.0,
        "within_margin": abs(pair.gap) <= MARGIN,
        "pass": pair.gap >= -MARGIN,
        "fail": pair.gap < 0.0,
    }
    return outcome.said is not None and not holds[outcome.said]
