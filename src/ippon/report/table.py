"""The evaluators of a run as rows: score, interval, how many, gate and verdict, at every width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.report.escape import columns, visible
from ippon.report.number import apart, decimals_of, gap, interval, score
from ippon.report.view import NARROW, STACKED, WIDE, View, painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.run import EvaluatorSummary, GateResult, Run

NAME_WIDTH = 13
COUNT_WIDTH = 10
HOLDS = "interval holds the gate"  # what inconclusive means: said where there is room
WORDS = {"not_tested": "not tested"}
ORDER = {"pass": 0, "no gate": 1, "not tested": 2, "inconclusive": 3, "fail": 4}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One evaluator beside one of its gates. `threshold` is None where it has none; `signed`: a separation."""

    name: str
    value: float | None
    ends: tuple[float, float] | None
    n: int
    n_items: int
    threshold: float | None = None
    verdict: str = "no gate"
    signed: bool = False
    failed: int = 0
    chosen: bool = False

    @property
    def decimals(self) -> int:
        """How many decimals its numbers have."""
        return 2 if self.threshold is None else decimals_of(self.threshold)

    @property
    def number(self) -> str:
        """Its score, or how it comes that there is none."""
        if self.value is None:
            return "chosen" if self.chosen else "-"
        return (gap if self.signed else score)(self.value, self.decimals)

    @property
    def interval(self) -> str:
        """Both ends of its interval."""
        return interval(self.ends, self.decimals, signed=self.signed)

    @property
    def gate(self) -> str:
        """What it has to reach."""
        return "-" if self.threshold is None else f">= {score(self.threshold, self.decimals)}"

    @property
    def short_by(self) -> float:
        """How far its value lies below its gate; negative above it."""
        return -1.0 if self.threshold is None or self.value is None else self.threshold - self.value


def rows_of(run: Run) -> list[Row]:
    """A row for each evaluator and gate, the worst last."""
    gated = {gate.evaluator for gate in run.gates}
    rows = [_gated(gate, run) for gate in run.gates]
    rows += [_plain(name, summary) for name, summary in run.evaluators.items() if name not in gated]
    return sorted(rows, key=lambda row: (ORDER[row.verdict], row.value is not None, row.short_by, -(row.value or 0.0)))


def _plain(name: str, summary: EvaluatorSummary) -> Row:
    signed = summary.score is None and summary.separation is not None
    return Row(
        name=visible(name),
        value=summary.separation if signed else summary.score,
        ends=summary.interval,
        n=summary.n,
        n_items=summary.n_items,
        signed=signed,
        failed=summary.failed,
        chosen=summary.method == "screen" and summary.n > 0,
    )


def _gated(gate: GateResult, run: Run) -> Row:
    summary = run.evaluators.get(gate.evaluator) if gate.evaluator is not None else None
    every = run.evaluators.values()
    return Row(
        name="mean of all" if gate.evaluator is None else visible(gate.evaluator),
        value=gate.value,
        ends=gate.interval,
        threshold=gate.threshold,
        signed=gate.measure == "separation",
        verdict=WORDS.get(gate.verdict, gate.verdict),
        n=summary.n if summary else sum(each.n for each in every),
        n_items=summary.n_items if summary else sum(each.n_items for each in every),
        failed=summary.failed if summary else 0,
        chosen=summary is not None and summary.method == "screen" and summary.n > 0,
    )


def header(run: Run, rows: Sequence[Row], view: View) -> list[str]:
    """The line above the rows; none where they are stacked."""
    layout = _layout(rows, view)
    if not layout:
        return []
    level = {summary.level for summary in run.evaluators.values()}
    title = f"{round(100 * level.pop())}% interval" if len(level) == 1 and _at_that_level(run) else "interval"
    name, score_title = _name_column("evaluator", rows), f"{'score':>{_number_width(rows)}}"
    count = f"n of {rows[0].n_items}" if len({row.n_items for row in rows}) == 1 else "n"
    if layout == STACKED:
        return [f"{name}  {score_title}  {count:>8}  verdict"]
    gate = f"{'gate':<{_gate_width(rows)}}  " if layout == WIDE else ""
    return [f"{name}  {score_title}  {title:<{_interval_width(rows)}}{count:>{COUNT_WIDTH}}  {gate}verdict"]


def _layout(rows: Sequence[Row], view: View) -> int:
    """The least width of what is shown: WIDE with the gate, NARROW without, STACKED with the interval below, 0 stacked.

    Long names make the rows stack before they run over the edge.
    """
    start = columns(_name_column("", rows)) + 2 + _number_width(rows) + 2
    end = 2 + max(len("verdict"), *(len(row.verdict) for row in rows))
    middle = _interval_width(rows) + COUNT_WIDTH
    needs = {WIDE: start + middle + 2 + _gate_width(rows) + end, NARROW: start + middle + end, STACKED: start + 8 + end}
    return next(
        (least for least, needed in needs.items() if view.width >= max(least, needed) and view.width > STACKED), 0
    )


def _at_that_level(run: Run) -> bool:
    """Whether the intervals of the gates are those of the evaluators, and not of another level."""
    return all(
        gate.evaluator is None or gate.interval is None or gate.interval == run.evaluators[gate.evaluator].interval
        for gate in run.gates
    )


def lines_of(row: Row, rows: Sequence[Row], view: View) -> list[str]:
    """A row at the width of the view; `rows` are all that stand under one header."""
    layout = _layout(rows, view)
    if not layout:
        return _stacked(row, view)
    name = _name_column(row.name, rows)
    number = f"{row.number:>{_number_width(rows)}}"
    count = str(row.n) if len({each.n_items for each in rows}) == 1 else f"{row.n} of {row.n_items}"
    if layout == STACKED:
        own = [f"  {row.interval}"] if row.ends else []
        return [*_noted(f"{name}  {number}  {count:>8}  ", row, view), *own]
    gate = f"{row.gate:<{_gate_width(rows)}}  " if layout == WIDE else ""
    return _noted(f"{name}  {number}  {row.interval:<{_interval_width(rows)}}{count:>{COUNT_WIDTH}}  {gate}", row, view)


def _noted(start: str, row: Row, view: View) -> list[str]:
    said = note(row)
    line = start + painted(row.verdict, view)
    if not said:
        return [line]
    if columns(start) + len(row.verdict) + 3 + len(said) <= view.width:
        return [f"{line}   {said}"]
    return [line] if said == HOLDS else [line, f"  {said}"]


def _stacked(row: Row, view: View) -> list[str]:
    lines = [
        f"{row.name}  {painted(row.verdict, view)}",
        f"  {row.number}" + (f" ({row.interval})" if row.ends else ""),
    ]
    gate = "" if row.threshold is None else f"gate {score(row.threshold, row.decimals)}   "
    said = note(row).removeprefix(HOLDS).removeprefix(", ")
    return [*lines, f"  {gate}n {row.n} of {row.n_items}", *([f"  {said}"] if said else [])]


def _name_column(name: str, rows: Sequence[Row]) -> str:
    width = max(NAME_WIDTH, *(columns(row.name) for row in rows))
    return name + " " * (width - columns(name))


def _number_width(rows: Sequence[Row]) -> int:
    return max(len("score"), *(len(row.number) for row in rows))


def _gate_width(rows: Sequence[Row]) -> int:
    return max(len(">= 0.800"), *(len(row.gate) for row in rows))


def _interval_width(rows: Sequence[Row]) -> int:
    return max(len("95% interval"), *(len(row.interval) for row in rows))


def note(row: Row) -> str:
    """What stands after a verdict: how far off, or what failed."""
    said: list[str] = []
    if row.verdict == "fail" and row.value is not None and row.threshold is not None and row.ends is not None:
        short = _difference(row.short_by, row.decimals)
        at_least = _difference(row.threshold - row.ends[1], row.decimals)
        said.append(f"short by {short}" + (f", at least by {at_least}" if at_least != short else ""))
    elif row.verdict == "inconclusive":
        said.append(HOLDS)
    if row.failed:
        said.append(f"{row.failed} failed")
    return ", ".join(said)


def _difference(value: float, decimals: int) -> str:
    """A positive difference that is never shown as nothing."""
    least = 10.0**-decimals
    return f"<{least:.{decimals}f}" if 0 < value < least / 2 else score(value, decimals)


def below(row: Row) -> str:
    """A failing row in words: `groundedness 0.66 < 0.80`."""
    assert row.value is not None and row.threshold is not None, "a failing gate has both"  # noqa: PT018
    if row.signed:
        return f"{row.name} separation {gap(row.value, row.decimals)} < {gap(row.threshold, row.decimals)}"
    value, threshold = apart(row.value, row.threshold)
    return f"{row.name} {value} < {threshold}"
