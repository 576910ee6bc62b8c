"""A plan on the screen: what would run, what it would take, and why the cache does not know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.escape import visible
from ippon.report.number import money, seconds
from ippon.report.view import View, command, in_columns, spread

if TYPE_CHECKING:
    from ippon.records.event import PlanReport

REASONS_SHOWN = 4
CHOSEN_SHOWN = 8


def plan_lines(report: PlanReport, view: View) -> list[str]:
    """The lines of `ippon plan`."""
    asks = report.to_run > 0
    rows = [
        (f"{visible(report.suite)}  {visible(report.tier)}", "evaluations", "seconds", "money"),
        ("in the suite", str(report.total), "", ""),
        ("cached", str(report.cached), "", ""),
        ("not selected", str(report.total - report.selected), "", ""),
        (
            "to ask, at most",
            str(report.to_run),
            seconds(report.est_s) if asks else "-",
            money(report.est_usd) if asks else "-",
        ),
    ]
    lines = [line for row in in_columns(rows, right=(1,), gap="    ") for line in spread([row], view)]
    if report.calls != report.to_run:
        lines.append(f"calls, at most: {report.calls}")
    lines += spread(_why(report), view) if report.misses else []
    lines += _selection(report, view)
    return lines + spread([f"next     {command('run', view.again, '-t', visible(report.tier))}"], view)


def _why(report: PlanReport) -> list[str]:
    """The commonest reasons of the misses."""
    reasons: dict[str, int] = {}
    for _, _, because in report.misses:
        reasons[because] = reasons.get(because, 0) + 1
    ordered = sorted(reasons.items(), key=lambda each: -each[1])
    rest = sum(count for _, count in ordered[REASONS_SHOWN:])
    parts = [f"{count} {visible(because)}" for because, count in ordered[:REASONS_SHOWN]]
    return [f"why {len(report.misses)} miss", *parts, *([f"{rest} for other reasons"] if rest else [])]


def _selection(report: PlanReport, view: View) -> list[str]:
    """How the tier chose, and which examples where they are few."""
    lines = spread([f"order    {visible(report.method)}, seed {report.seed}"], view)
    chosen = [(evaluator, example) for example, evaluator, because in report.selection if because == "chosen"]
    chosen = list(dict.fromkeys(chosen))
    shown = chosen if view.verbose else chosen[:CHOSEN_SHOWN]
    if shown:
        lines += spread(
            ["chosen", *(f"{visible(evaluator)} {visible(example)}" for evaluator, example in shown)], view, gap="   "
        )
    hidden = len(chosen) - len(shown)
    return [*lines, f"{hidden} more: -v"] if hidden else lines
