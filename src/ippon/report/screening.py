"""The quick screen: chosen examples give no mean, so it shows what changed and what to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.closing import counts_line, next_line, one_by_one, saved, sends, spent, try_command
from ippon.report.escape import visible
from ippon.report.evidence import LOW, SAME, Finding, findings, with_reason, worst_first
from ippon.report.number import gap, score
from ippon.report.view import STACKED, WIDE, View, command, in_columns, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished
    from ippon.records.run import Run

MOST_ROWS = 8


def screen_lines(finished: Finished, view: View) -> list[str]:
    """All lines of a quick screen but the verdict."""
    run, found = finished.run, findings(finished.run, finished.previous)
    shown = to_look_at(found, verbose=view.verbose)
    rest = [each for each in found if each not in shown]
    lines = rows(shown, finished, view) if shown else []
    lines += spread(folded(rest, all_of=not shown), view, gap="    ") if rest else []
    cost = f"{spent(run, view)}{saved(run)}"
    lines += spread([counts_line(run.counts), cost, one_by_one(finished, mean=False)], view)
    lines += spread([_how_chosen(run)], view)
    return lines + spread(next_line(_next_parts(finished, shown, view)), view)


def to_look_at(found: Sequence[Finding], *, verbose: bool) -> list[Finding]:
    """What fell or has no score, or is low where there is nothing to compare with; the worst last."""
    if verbose:
        chosen = list(found)
    else:
        chosen = [each for each in found if each.value is None or each.fell or (each.was is None and _low(each))]
    ordered = sorted(chosen, key=lambda each: (each.value is not None, -(each.value or 0.0), -(each.change or 0.0)))
    return ordered if verbose else ordered[-MOST_ROWS:]


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
    """The rows and their header."""
    if view.width < WIDE:
        return [line for each in shown for line in _stacked(each, finished, view)]
    expected = {visible(name): summary.expected_gap for name, summary in finished.run.evaluators.items()}
    cells = {
        "evaluator    ": [each.evaluator for each in shown],
        "example": [each.example for each in shown],
        "good": [score(each.good) for each in shown],
        "poor": [score(each.poor) for each in shown],
        "  gap" if shown[0].paired else "score": [each.number for each in shown],
        " was": [(gap if each.paired else score)(each.was) for each in shown],
        "exp. gap": [gap(expected.get(each.evaluator)) for each in shown],
    }
    unused = {" was"} if all(each.was is None for each in shown) else set[str]()
    unused |= {"exp. gap"} if all(each is None for each in expected.values()) else set()
    unused |= set() if shown[0].paired else {"good", "poor"}
    table = [[title, *column] for title, column in cells.items() if title not in unused]
    titles, *lines = in_columns(list(zip(*table, strict=True)), right=range(2, len(table)))
    told = [
        with_reason(f"{line}   ", each, view, note=moved(each, finished))
        for line, each in zip(lines, shown, strict=True)
    ]
    return [f"{titles}   reason (the judge's words)", *told]


def _stacked(each: Finding, finished: Finished, view: View) -> list[str]:
    was = "" if each.was is None else f" was {(gap if each.paired else score)(each.was)}"
    note = moved(each, finished)
    said = f"  {note}" if note and view.width > STACKED else ""
    lines = spread([f"{each.evaluator}  {each.example}", f"{each.number}{was}{said}"], view, gap="  ")
    return [*lines, with_reason("  ", each, view)] if each.reason else lines


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


def _how_chosen(run: Run) -> str:
    if any(each.expected_gap is not None for each in run.evaluators.values()):
        return "chosen: the example that separates good from poor most, per evaluator"
    return f"chosen: an example per evaluator, at random, seed {run.seed}"


def _next_parts(finished: Finished, shown: Sequence[Finding], view: View) -> list[str]:
    worst = shown[-1] if shown else None
    parts = [try_command(worst, view)] if worst else []
    if finished.next_tier is not None:
        parts.append(command("run", view.again, "-t", visible(finished.next_tier)))
        parts.append(sends(finished.next_calls, finished.next_s, finished.next_usd))
    return parts or [command("runs show", visible(finished.run.run_id), view.place)]
