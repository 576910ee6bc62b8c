"""One evaluator over a run: its scores per example, the sample that they are, and an interval that covers."""

from __future__ import annotations

from typing import Literal

import msgspec

from ippon.records.run import EvaluatorSummary
from ippon.stats.intervals import Interval, finite_mean, with_known, with_missing

SCORE_SPAN = (0.0, 1.0)
SEPARATION_SPAN = (-1.0, 1.0)


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one evaluator: a value an example, None where it has none.

    `known` were chosen (certain, no sample), `drawn` stand in drawn order and end before the first one that nobody has
    asked yet: a later arrival waits its turn, or a score that hangs together with latency would bend the mean.
    `n_items` is how many examples the evaluator is for, `span` the least and the largest possible value.
    """

    known: tuple[float | None, ...] = ()
    drawn: tuple[float | None, ...] = ()
    n_items: int
    span: tuple[float, float] = SCORE_SPAN

    @property
    def whole(self) -> bool:
        """Whether every example that the evaluator is for was asked."""
        return len(self.known) + len(self.drawn) == self.n_items

    @property
    def measure(self) -> Literal["score", "separation"]:
        """What its values are."""
        return "separation" if self.span == SEPARATION_SPAN else "score"

    @property
    def tested(self) -> bool:
        """Whether a gate can look at it: something was drawn, or nothing is left to draw."""
        return bool(self.drawn) or self.whole


def interval(sample: Sample, *, level: float, population: bool = False) -> Interval:
    """The mean over all examples that the evaluator is for, with an interval that covers it at the level.

    A missing value is taken as the least for the low end and as the largest for the high end, so it can never help.
    With `population` the mean is that of the population which the examples were drawn from.
    """
    if population:
        drawn = (*sample.known, *sample.drawn) if sample.whole else sample.drawn
        return with_missing(drawn, None, level=level, span=sample.span)
    rest_items = sample.n_items - len(sample.known)
    rest = with_missing(sample.drawn, rest_items, level=level, span=sample.span) if rest_items else None
    if not sample.known:
        return rest or finite_mean([], 0, level=level, span=sample.span)
    return _with_known(sample, rest, rest_items, level=level)


def _with_known(sample: Sample, rest: Interval | None, rest_items: int, *, level: float) -> Interval:
    if rest is None:
        return with_missing(sample.known, sample.n_items, level=level, span=sample.span)
    scored = [value for value in sample.known if value is not None]
    absent = len(sample.known) - len(scored)
    low = with_known(rest, sum(scored) + absent * sample.span[0], len(sample.known), rest_items)
    high = with_known(rest, sum(scored) + absent * sample.span[1], len(sample.known), rest_items)
    middle = with_known(rest, sum(scored), len(scored), rest_items) if scored else rest
    return Interval(value=middle.value, low=low.low, high=high.high, level=level, method=rest.method)


def summary(
    sample: Sample, *, failed: int, expected_gap: float | None, paired: bool, level: float = 0.95
) -> EvaluatorSummary:
    """The evaluator's row of a report; no mean where its examples were chosen, for such a mean is off by 15 to 22 points."""
    values = [value for value in (*sample.known, *sample.drawn) if value is not None]
    if not sample.tested:
        mean = sum(values) / len(values) if values else None
        return EvaluatorSummary(
            n=len(values),
            n_items=sample.n_items,
            failed=failed,
            score=None,
            interval=None,
            level=level,
            method="screen",
            separation=mean if paired else None,
            expected_gap=expected_gap,
        )
    found = interval(sample, level=level)
    ends = None if found.value is None else (found.low, found.high)
    return EvaluatorSummary(
        n=len(values),
        n_items=sample.n_items,
        failed=failed,
        score=None if paired else found.value,
        interval=ends,
        level=level,
        method=found.method,
        separation=found.value if paired else None,
        expected_gap=expected_gap,
    )
