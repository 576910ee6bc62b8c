"""The quick screen: chosen examples give no mean, so it shows what changed and what to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.choice import how_chosen
from ippon.report.closing import counts_line, one_by_one, saved, show_step, spent, tier_steps, try_step
from ippon.report.commands import Step, next_lines
from ippon.report.escape import visible
from ippon.report.evidence import (
    LOW,
    SAME,
    Finding,
    findings,
    stacked,
    titled,
    with_reason,
    with_room,
    worst_first,
)
from ippon.report.number import gap, score
from ippon.report.view import WIDE, View, in_columns, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished

MOST_ROWS = 8
MOST_CELLS = 7


def screen_lines(finished: Finished, view: View) -> tuple[list[str], list[str]]:
    """A quick screen but for the verdict: (what was found, counts and what to do)."""
    run, found = finished.run, findings(finished.run, finished.previous)
    shown = to_look_at(found)
    rest = [each for each in found if each not in shown]
    lines = rows(shown, finished, view) if shown else []
    lines += spread(folded(rest, all_of=not shown), view, gap="    ") if rest else []
    cost = f"{spent(run)}{saved(run)}"
    tail = spread([counts_line(run.counts), cost, one_by_one(finished, mean=False)], view)
    tail += spread([f"chosen: {how_chosen(run.selection_method, run.seed)}"], view)
    return lines, tail + next_lines(_next_steps(finished, shown, view), view)


def to_look_at(found: Sequence[Finding]) -> list[Finding]:
    """What fell or has no score, or is low where there is nothing to compare with; the worst last."""
    chosen = [each for each in found if each.value is None or each.fell or (each.was is None and _low(each))]
    ordered = sorted(chosen, key=lambda each: (each.value is not None, -(each.value or 0.0), -(each.change or 0.0)))
    return ordered[-MOST_ROWS:]


def _low(each: Finding) -> bool:
    return each.value is not None and each.value < (LOW / 2 if each.paired else LOW)


def found_words(found: Sequence[Finding]) -> str:
    """What the verdict line says of a screen: how many fell, or how many are low."""
    compared = [each for each in found if each.change is not None]
    if compared:
        return f"{sum(each.fell for each in compared)} of {len(compared)} fell by 0.2 and more"
    scored = [each for each in found if each.value is not None]
    if not scored:
        return "nothing was scored"
    if scored[0].paired:
        inverted = sum(each.value < 0 for each in scored if each.value is not None)
        return f"{inverted} of {len(scored)} score poor above good"
    return f"{sum(_low(each) for each in scored)} of {len(scored)} below {LOW}"


def rows(shown: Sequence[Finding], finished: Finished, view: View) -> list[str]:
    """The rows and their header; under each other where they do not fit beside each other."""
    titles, *starts = in_columns(_cells(shown, finished), right=range(2, MOST_CELLS))
    if view.width < WIDE or not with_room(starts, view):
        return [line for each in shown for line in _stacked(each, finished, view)]
    lines = [
        with_reason(f"{start}   ", each, view, note=moved(each, finished))
        for start, each in zip(starts, shown, strict=True)
    ]
    return [titled(titles, shown, view, between="   "), *lines]


def _stacked(each: Finding, finished: Finished, view: View) -> list[str]:
    return stacked(f"{each.evaluator}  {each.example}", each, view, note=moved(each, finished))


def _cells(shown: Sequence[Finding], finished: Finished) -> list[tuple[str, ...]]:
    """What stands before the reasons, the titles first."""
    expected = {visible(name): summary.expected_gap for name, summary in finished.run.evaluators.items()}
    cells = {
        "evaluator    ": [each.evaluator for each in shown],
        "example": [each.example for each in shown],
        "good": [score(each.good) for each in shown],
        "poor": [score(each.poor) for each in shown],
        "  gap" if shown[0].paired else "score": [each.number for each in shown],
        " was": [each.before for each in shown],
        "exp. gap": [gap(expected.get(each.evaluator)) for each in shown],
    }
    unused = {" was"} if all(each.was is None for each in shown) else set[str]()
    unused |= {"exp. gap"} if all(each is None for each in expected.values()) else set()
    unused |= set() if shown[0].paired else {"good", "poor"}
    table = [[title, *column] for title, column in cells.items() if title not in unused]
    return list(zip(*table, strict=True))


def moved(each: Finding, finished: Finished) -> str:
    """How a finding stands beside the run before, in words."""
    if each.fell and finished.previous is not None:
        other = finished.previous.target != finished.run.target
        return f"worse than {visible(finished.previous.target or 'pairs')}" if other else "worse than last time"
    if each.paired and each.value is not None and each.value < 0:
        return "inverted"
    return ""


def folded(rest: Sequence[Finding], *, all_of: bool) -> list[str]:
    """The others in one line: how many of which kind, and the lowest of them."""
    changes = [each.change for each in rest if each.change is not None]
    kinds = {
        "unchanged": sum(abs(change) < SAME for change in changes),
        "rose": sum(change >= SAME for change in changes),
        "moved by less than 0.2": sum(change <= -SAME for change in changes),
        "new" if changes else "scored" if all_of else "more": len(rest) - len(changes),
    }
    parts = [", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)]
    lowest = worst_first(rest)
    if lowest:
        parts.append(f"lowest {lowest[0].evaluator} {lowest[0].number} on {lowest[0].example}")
    return parts


def _next_steps(finished: Finished, shown: Sequence[Finding], view: View) -> list[Step]:
    steps = [try_step(shown[-1], view)] if shown else []
    return [*steps, *tier_steps(finished, view)] or [show_step(visible(finished.run.run_id), view)]
