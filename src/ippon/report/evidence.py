"""What to look at in a run: the worst examples of an evaluator, and what fell since the run before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.call import Failure
from ippon.report.escape import columns, cut, visible
from ippon.report.number import gap, score
from ippon.report.view import STACKED, View, in_columns, spread, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ippon.records.run import Earlier, Result, Run

FALL = 0.2  # a score that is lower than before by this much is a fall
SAME = 0.005  # what two decimals show as equal
LOW = 0.5  # without a run before: what to look at
LEAST_REASON = 20
JUDGED = "reason (the judge's words)"
SHOWN_FALLS = 3


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One example under one evaluator: its score now and before; on a pair the gap between good and poor instead.

    `judged` says that the reason is a model's.
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
    judged: bool = False

    @property
    def before(self) -> str:
        """What it was in the run before."""
        return (gap if self.paired else score)(self.was)

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
    groups = _grouped(run.results)
    before: dict[tuple[str, str], _Seen] = {}
    if previous is not None:  # a run that asked nothing has the results of the one before
        before = groups if previous.results is run.results else _grouped(previous.results)
    judged = {name for name, summary in run.evaluators.items() if summary.judged}
    return [_finding(key, now, before.get(key, NOTHING), judged=key[0] in judged) for key, now in groups.items()]


class _Seen(msgspec.Struct):
    """One example under one evaluator while results go by: they are too many to be held.

    `sums` are (sum of scores, how many) by response; what is told is the target's or the poor response's, else the good's.
    """

    sums: dict[str, tuple[float, int]] = msgspec.field(default_factory=dict[str, tuple[float, int]])
    about: str = ""
    cached: bool = False
    reason: str | None = None
    failure: Failure | None = None

    def add(self, result: Result) -> None:
        total, count = self.sums.get(result.response, (0.0, 0))
        self.sums[result.response] = (total, count) if result.score is None else (total + result.score, count + 1)
        if not self.about or (self.about == "good" and result.response == "poor"):
            self.about, self.cached, self.reason, self.failure = result.response, result.cached, None, None
        if result.response == self.about:
            if self.reason is None and result.reason:
                self.reason, self.cached = result.reason, result.cached
            self.failure = self.failure or result.error

    def mean(self, response: str) -> float | None:
        total, count = self.sums.get(response, (0.0, 0))
        return total / count if count else None

    @property
    def value(self) -> float | None:
        """The mean score, or on a pair the gap between good and poor."""
        if "target" in self.sums:
            return self.mean("target")
        good, poor = self.mean("good"), self.mean("poor")
        return None if good is None or poor is None else good - poor


NOTHING = _Seen()


def _grouped(results: Iterable[Result]) -> dict[tuple[str, str], _Seen]:
    """What is seen of each evaluator and example."""
    groups: dict[tuple[str, str], _Seen] = {}
    for result in results:
        key = (result.evaluator, result.example)
        seen = groups.get(key)
        if seen is None:
            seen = groups[key] = _Seen()
        seen.add(result)
    return groups


def _finding(key: tuple[str, str], now: _Seen, before: _Seen, *, judged: bool) -> Finding:
    reason = now.reason or failed_because(now.failure)
    return Finding(
        evaluator=visible(key[0]),
        example=visible(key[1]),
        value=now.value,
        was=before.value,
        reason=visible(reason),
        cached=now.cached,
        paired="target" not in now.sums,
        good=now.mean("good"),
        poor=now.mean("poor"),
        judged=judged,
    )


def failed_because(failure: Failure | None) -> str:
    """Why something has no score, in one line; empty where nothing failed."""
    return "" if failure is None else f"{failure.reason}: {failure.message}"


def scores_before(previous: Earlier | None) -> dict[tuple[str, str, str, int], float | None]:
    """The scores of the run before, by what they are of."""
    return {} if previous is None else {place(each): each.score for each in previous.results}


def place(result: Result) -> tuple[str, str, str, int]:
    """What a result is of, the same in every run."""
    return (result.evaluator, result.example, result.response, result.repeat)


def worst_first(found: Iterable[Finding]) -> list[Finding]:
    """Those with a score, the lowest first; of equal ones the one that fell most."""
    scored = [each for each in found if each.value is not None]
    return sorted(scored, key=lambda each: (each.value, each.change or 0.0, each.example))


def example_lines(found: Sequence[Finding], view: View, *, before: bool) -> list[str]:
    """The worst examples of one evaluator, indented under it; `before`: with what they had in the run before."""
    title = "gap  " if found[0].paired else "score"
    rows = [("  example", title, *(["was "] if before else []))]
    rows += [(f"  {each.example}", f"{each.number:>5}", *([f"{each.before:>4}"] if before else [])) for each in found]
    titles, *starts = in_columns(rows)
    if not with_room(starts, view):
        return [line for each in found for line in stacked(f"  {each.example}", each, view)]
    lines = [
        with_reason(f"{start}  ", each, view, note="(cached)" if each.cached else "")
        for start, each in zip(starts, found, strict=True)
    ]
    return [titled(titles, found, view, between="  "), *lines]


def with_room(starts: Sequence[str], view: View) -> bool:
    """Whether some words of a reason fit behind each of these."""
    return view.width > STACKED and max(map(columns, starts)) + 3 + LEAST_REASON <= view.width


def titled(titles: str, found: Sequence[Finding], view: View, *, between: str) -> str:
    """The header of rows that end in reasons: whose words these are, where all are a judge's and there is room to say so."""
    if not any(each.reason for each in found):
        return titles.rstrip()
    start = titles + between
    fits = columns(start) + len(JUDGED) <= view.width
    return start + (JUDGED if fits and all(each.judged for each in found) else "reason")


def with_reason(start: str, each: Finding, view: View, *, note: str = "") -> str:
    """A line that ends in the reason, cut to what fits, and in a note where both fit whole."""
    room = view.width - columns(start)
    after = f"     {note}" if each.reason else note
    if note and columns(each.reason) + len(after) <= room:
        return start + each.reason + after
    return (start + cut(each.reason, room)).rstrip()


def stacked(start: str, each: Finding, view: View, *, state: str = "", note: str = "") -> list[str]:
    """The same on lines of their own: what it is of, its state and numbers, and below them the reason, cut."""
    indent = start[: len(start) - len(start.lstrip(" "))] + "  "
    was = "" if each.was is None else f" was {each.before}"
    said = f"  {note}" if note and view.width > STACKED else ""
    parts = spread([start, state, f"{each.number}{was}{said}"], view, gap="  ")
    lines = [parts[0], *(f"{indent}{line.strip()}" for line in parts[1:])]
    return [*lines, indent + cut(each.reason, view.width - len(indent))] if each.reason else lines


def fall_lines(found: Sequence[Finding], before: str, view: View) -> list[str]:
    """The three deepest falls since the run before, in at most four lines; nothing where nothing fell."""
    fallen = sorted((each for each in found if each.fell), key=lambda each: each.change or 0.0)
    if not fallen:
        return []
    compared = sum(each.change is not None for each in found)
    lines = wrapped(f"{len(fallen)} of {compared} fell by {FALL} and more since {before}", view.width)
    shown = fallen[:SHOWN_FALLS]
    starts = in_columns([(f"  {each.evaluator}", each.example, each.number, f"was {each.before}") for each in shown])
    if not with_room(starts, view):
        return lines + [line for each in shown for line in stacked(f"  {each.evaluator}  {each.example}", each, view)]
    return lines + [with_reason(f"{start}  ", each, view) for start, each in zip(starts, shown, strict=True)]


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
