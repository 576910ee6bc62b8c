"""Earlier runs: the list of them, and one of them as a document, verdict first."""

from __future__ import annotations

from fnmatch import fnmatchcase
from time import localtime, strftime
from typing import TYPE_CHECKING

from ippon.records.event import Finished
from ippon.report.closing import counts_line, spent, stopped, verdict_line
from ippon.report.commands import command
from ippon.report.escape import cut, visible
from ippon.report.number import money, score, seconds
from ippon.report.table import header, lines_of, rows_of
from ippon.report.view import View, in_columns, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.run import Result, Run

RUNS_SHOWN = 20
RESULTS_SHOWN = 20


def when(at: float, now: float) -> str:
    """`today 14:02`, `Nov 20 09:14`, the year where it is another one."""
    then, today = localtime(at), localtime(now)
    if then[:3] == today[:3]:
        return strftime("today %H:%M", then)
    return strftime("%b %d %H:%M" if then.tm_year == today.tm_year else "%Y-%m-%d", then)


def runs_lines(runs: Sequence[Run], view: View, *, now: float) -> list[str]:
    """The lines of `ippon runs`, the newest run first."""
    if not runs:
        return ["no run yet", f"next     {command('run', view)}"]
    rows = [("run", "when", "target", "tier", "verdict", "answered", "cached", "cost", "wall", "because")]
    rows += [
        (
            visible(run.run_id),
            when(run.started_at, now),
            visible(run.target or "pairs"),
            visible(run.tier),
            run.verdict,
            str(run.counts.answered),
            str(run.counts.cached),
            money(run.cost_usd),
            seconds(run.wall_s),
            visible(run.stopped_because),
        )
        for run in runs[:RUNS_SHOWN]
    ]
    titles, *lines = [cut(line, view.width) for line in in_columns(rows, right=(5, 6, 7, 8))]
    more = len(runs) - RUNS_SHOWN
    return [titles, *lines, *([f"{more} more: --json shows all"] if more > 0 else [])]


def run_lines(
    run: Run, view: View, *, now: float, evaluators: Sequence[str] = (), examples: Sequence[str] = ()
) -> list[str]:
    """The lines of `ippon runs show RUN`: the verdict, the table, the results, the worst first."""
    rows = rows_of(run)
    lines = [verdict_line(Finished(run=run), rows, view)]
    about = [
        visible(run.suite),
        visible(run.tier),
        f"target {visible(run.target)}" if run.target else "pairs",
        when(run.started_at, now),
    ]
    lines += spread([" ".join(about), counts_line(run.counts)], view) + spread([spent(run, view), stopped(run)], view)
    if rows and not (evaluators or examples):
        lines += header(run, rows, view) + [line for row in rows for line in lines_of(row, rows, view)]
    chosen = [each for each in run.results if _named(each.evaluator, evaluators) and _named(each.example, examples)]
    if not chosen:
        return [*lines, "no such result in this run"]
    ordered = sorted(chosen, key=lambda each: (each.score is not None, each.score or 0.0))
    every = view.verbose or evaluators or examples
    shown = ordered if every else ordered[:RESULTS_SHOWN]
    lines += [line for each in shown for line in _result_lines(each, view, whole=bool(examples) or view.verbose)]
    return (
        [*lines, f"{len(ordered) - len(shown)} more: -v, -e EVALUATOR, --example ID"]
        if len(shown) < len(ordered)
        else lines
    )


def _named(name: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _result_lines(result: Result, view: View, *, whole: bool) -> list[str]:
    which = result.response if result.response != "target" else ""
    repeat = f"repeat {result.repeat}" if result.repeat else ""
    words = [visible(result.example), visible(result.evaluator), which, repeat, score(result.score), result.status]
    start = "  ".join(word for word in words if word)
    said = visible(result.reason or ("" if result.error is None else f"{result.error.reason}: {result.error.message}"))
    if not whole:
        return [cut(f"{start}  {said}".rstrip(), view.width)]
    text = [] if result.text is None else [f"  | {visible(line)}".rstrip() for line in result.text.splitlines()]
    return [start, *(spread([f"  {said}"], view) if said else []), *text]
