"""What to look at in a run: the worst examples of an evaluator, and what fell since the run before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.report.escape import columns, cut, visible
from ippon.report.number import gap, score
from ippon.report.view import STACKED, View, in_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ippon.records.run import Earlier, Result, Run

FALL = 0.2  # a score that is lower than before by this much is a fall
SAME = 0.005  # what two decimals show as equal
LOW = 0.5  # without a run before: what to look at
LEAST_REASON = 20
SHOWN_FALLS = 3


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One example under one evaluator: its score now and before; on a pair the gap between good and poor instead.

    `response` is the one that the reason is about.
    """

    evaluator: str
    example: str
    value: float | None
    was: float | None = None
    reason: str = ""
    cached: bool = False
    paired: bool = False
    good: float | None = None
    poor: float | None = None

    @property
    def change(self) -> float | None:
        """Now minus before; None where one of the two is not known."""
        return None if self.value is None or self.was is None else self.value - self.was

    @property
    def fell(self) -> bool:
        """Whether it is clearly worse than before."""
        return self.change is not None and self.change <= -FALL + 1e-9

    @property
    def number(self) -> str:
        """Its score, or its gap with a sign."""
        return (gap if self.paired else score)(self.value)


def findings(run: Run, previous: Earlier | None) -> list[Finding]:
    """One finding for each evaluator and example of a run, in its order; repeats are averaged."""
    before = _grouped(previous.results) if previous is not None else {}
    return [_finding(key, results, before.get(key, {})) for key, results in _grouped(run.results).items()]


def _grouped(results: Iterable[Result]) -> dict[tuple[str, str], dict[str, list[Result]]]:
    """The results of each evaluator and example by response."""
    groups: dict[tuple[str, str], dict[str, list[Result]]] = {}
    for result in results:
        groups.setdefault((result.evaluator, result.example), {}).setdefault(result.response, []).append(result)
    return groups


def _finding(key: tuple[str, str], now: dict[str, list[Result]], before: dict[str, list[Result]]) -> Finding:
    paired = "target" not in now
    about = now.get("target") or now.get("poor") or now["good"]
    told = next((each for each in about if each.reason), about[0])
    failure = next((each.error for each in about if each.error is not None), None)
    reason = told.reason or ("" if failure is None else f"{failure.reason}: {failure.message}")
    return Finding(
        evaluator=visible(key[0]),
        example=visible(key[1]),
        value=_value(now),
        was=_value(before),
        reason=visible(reason),
        cached=told.cached,
        paired=paired,
        good=_mean(now.get("good", [])),
        poor=_mean(now.get("poor", [])),
    )


def _value(responses: dict[str, list[Result]]) -> float | None:
    if "target" in responses:
        return _mean(responses["target"])
    good, poor = _mean(responses.get("good", [])), _mean(responses.get("poor", []))
    return None if good is None or poor is None else good - poor


def _mean(results: Sequence[Result]) -> float | None:
    scores = [each.score for each in results if each.score is not None]
    return sum(scores) / len(scores) if scores else None


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Those with a score, the lowest first; of equal ones the one that fell most."""
    scored = [each for each in found if each.value is not None]
    return sorted(scored, key=lambda each: (each.value, each.change or 0.0, each.example))


def example_lines(found: Sequence[Finding], view: View, *, before: bool) -> list[str]:
    """The worst examples of one evaluator, indented under it; `before`: with what they had in the run before."""
    if view.width <= STACKED:
        return [line for each in found for line in _stacked(each, view, before=before)]
    width = max(len("example"), *(columns(each.example) for each in found))
    was = "  was " if before else ""
    title = "gap  " if found[0].paired else "score"
    lines = [f"  {'example':<{width}}  {title}{was}  reason (the judge's words)"]
    for each in found:
        old = f"  {score(each.was) if not each.paired else gap(each.was):>4}" if before else ""
        start = f"  {each.example}{' ' * (width - columns(each.example))}  {each.number:>5}{old}  "
        lines.append(with_reason(start, each, view, note="(cached)" if each.cached else ""))
    return lines


def _stacked(each: Finding, view: View, *, before: bool) -> list[str]:
    old = f" was {score(each.was)}" if before else ""
    line = f"  {each.example}  {each.number}{old}"
    return [line, f"    {cut(each.reason, view.width - 4)}"] if each.reason else [line]


def with_reason(start: str, each: Finding, view: View, *, note: str = "") -> str:
    """A line that ends in the judge's words, cut to what fits, and in a note where both fit whole."""
    room = max(LEAST_REASON, view.width - columns(start))
    after = f"     {note}" if each.reason else note
    if note and columns(each.reason) + len(after) <= room:
        return start + each.reason + after
    return (start + cut(each.reason, room)).rstrip()


def fall_lines(found: Sequence[Finding], before: str, view: View) -> list[str]:
    """The three deepest falls since the run before, in at most four lines; nothing where nothing fell."""
    fallen = sorted((each for each in found if each.fell), key=lambda each: each.change or 0.0)
    if not fallen:
        return []
    compared = sum(each.change is not None for each in found)
    lines = [f"{len(fallen)} of {compared} fell by {FALL} and more since {before}"]
    rows = [
        (
            f"  {each.evaluator}",
            each.example,
            each.number,
            f"was {score(each.was) if not each.paired else gap(each.was)}",
        )
        for each in fallen[:SHOWN_FALLS]
    ]
    starts = in_columns(rows)
    return lines + [with_reason(f"{start}  ", each, view) for start, each in zip(starts, fallen, strict=False)]


def earlier_words(run: Run, previous: Earlier) -> str:
    """The run before in words, its target where that is another one."""
    target = "" if previous.target == run.target else f" ({visible(previous.target or 'pairs')})"
    return f"run {visible(previous.run_id)}{target}"


def since(found: Sequence[Finding], before: str) -> str | None:
    """How the mean of one evaluator moved on the examples that both runs have; None where nothing is shared."""
    changes = [each.change for each in found if each.change is not None]
    if not changes:
        return None
    moved = gap(sum(changes) / len(changes))
    return f"  since {before}: {moved} on {len(changes)} shared example{'s' * (len(changes) > 1)}"
