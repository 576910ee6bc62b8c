"""A plan on the screen: what would run, what it would take, and why the cache does not know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.report.choice import how_chosen
from ippon.report.commands import LABEL, Step, labelled, next_lines, run_command
from ippon.report.escape import columns, visible
from ippon.report.number import money, seconds
from ippon.report.view import View, in_columns, spread, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import PlanReport

REASONS_SHOWN = 4
CHOSEN_SHOWN = 8
NAMED = 2  # evaluators beside a reason


def plan_lines(report: PlanReport, view: View) -> list[str]:
    """The lines of `ippon plan`."""
    lines = _table(report, view) + _failed(report, view)
    if report.calls != report.to_run:
        lines.append(f"calls, at most: {report.calls}")
    lines += spread(_why(report), view) if report.misses else []
    lines += _selection(report, view)
    return lines + _lacks(report, view) + next_lines(_next_steps(report, view), view)


def _table(report: PlanReport, view: View) -> list[str]:
    """How many evaluations of which kind, and what those to ask take; that on a line of its own where there is no room."""
    took, cost = (seconds(report.est_s), money(report.est_usd)) if report.to_run else ("-", "-")
    rows = [
        (f"{visible(report.suite)}  {visible(report.tier)}", "evaluations", "seconds", "money"),
        ("in the suite", str(report.total), "", ""),
        ("cached", str(report.cached), "", ""),
        ("not selected", str(report.total - report.selected), "", ""),
        ("to ask, at most", str(report.to_run), took, cost),
    ]
    lines = in_columns(rows, right=(1,), gap="    ")
    if max(map(columns, lines)) <= view.width:
        return lines
    lines = in_columns([row[:2] for row in rows], right=(1,))
    return [*lines, f"  seconds {took}, money {cost}"] if report.to_run else lines


def _failed(report: PlanReport, view: View) -> list[str]:
    """How many of the cached are failures, and how they are asked again."""
    if not report.failed:
        return []
    again = run_command(view, visible(report.tier), "--retry-failed", without=("resume", "retry_failed"))
    told = f"{report.failed} of the cached failed before, and would not be asked"
    return [*spread([told], view), *labelled("ask again", again, view)]


def _lacks(report: PlanReport, view: View) -> list[str]:
    """What a run would be refused for."""
    return [line for each in report.lacks for line in _under("missing", visible(each.message), view)]


def _next_steps(report: PlanReport, view: View) -> list[Step]:
    """What mends the lacks, then the run that was planned, as it was planned."""
    run = run_command(view, visible(report.tier), without=("resume",))
    hints = (visible(each.hint or "").partition("   ") for each in report.lacks)
    mended = [Step(typed, note.strip()) for typed, _, note in hints if typed]
    return [*mended, Step(run, then=bool(mended))]


def _under(label: str, text: str, view: View) -> list[str]:
    """A text behind its label, its further lines below its first."""
    return wrapped(f"{label:<{LABEL}}{text}", view.width, indent=" " * LABEL)


def _why(report: PlanReport) -> list[str]:
    """The commonest reasons of the misses, with the evaluators where not all of them miss for that."""
    reasons: dict[str, list[str]] = {}
    for _, evaluator, because in report.misses:
        reasons.setdefault(because, []).append(evaluator)
    ordered = sorted(reasons.items(), key=lambda each: -len(each[1]))
    rest = sum(len(missing) for _, missing in ordered[REASONS_SHOWN:])
    all_of_them = len({evaluator for _, evaluator, _ in report.selection})
    parts = [
        f"{len(missing)} {visible(because)}{_of_whom(missing, all_of_them)}"
        for because, missing in ordered[:REASONS_SHOWN]
    ]
    return [f"why {len(report.misses)} miss", *parts, *([f"{rest} for other reasons"] if rest else [])]


def _of_whom(missing: Sequence[str], all_of_them: int) -> str:
    """`(tone, safety)`: one or two evaluators of more."""
    names = list(dict.fromkeys(missing))
    return f" ({', '.join(map(visible, names))})" if len(names) <= NAMED and len(names) < all_of_them else ""


def _selection(report: PlanReport, view: View) -> list[str]:
    """How the tier chose, and which examples where they are few."""
    drawn = any(because == "drawn" for _, _, because in report.selection)
    lines = _under("order", how_chosen(visible(report.method), report.seed, drawn=drawn), view)
    chosen = [(evaluator, example) for example, evaluator, because in report.selection if because == "chosen"]
    chosen = list(dict.fromkeys(chosen))
    shown = chosen if view.verbose else chosen[:CHOSEN_SHOWN]
    if shown:
        pairs = [f"{visible(evaluator)} {visible(example)}" for evaluator, example in shown]
        found = spread(pairs, msgspec.structs.replace(view, width=view.width - LABEL), gap="   ")
        lines += [f"{label:<{LABEL}}{line}" for label, line in zip(("chosen", *[""] * len(found)), found, strict=False)]
    hidden = len(chosen) - len(shown)
    return [*lines, f"{hidden} more: -v"] if hidden else lines
