"""Earlier runs: the list of them, and one of them as a document, verdict first."""

from __future__ import annotations

from fnmatch import fnmatchcase
from time import localtime, strftime
from typing import TYPE_CHECKING

import msgspec

from ippon.records.event import Finished
from ippon.report.closing import counts_line, spent, stopped, verdict_line
from ippon.report.commands import REMEMBERED, Step, command, next_lines
from ippon.report.escape import columns, cut, visible
from ippon.report.number import money, score, seconds
from ippon.report.table import header, lines_of, rows_of
from ippon.report.view import View, in_columns, painted, spread, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.run import Result, Run

RUNS_SHOWN = 20
RESULTS_SHOWN = 20
ROOM = 14  # columns that are worth beginning a reason in
NUMBERS = frozenset({"answered", "cached", "cost", "wall"})
WHERE_SEVERAL = frozenset({"suite", "target"})  # columns that say nothing where all runs have the same
LEAST = ("run", "when", "verdict")  # beside each other on the narrowest screen


def when(at: float, now: float) -> str:
    """`today 14:02`, `Nov 20 09:14`, the year where it is another one."""
    then, today = localtime(at), localtime(now)
    if then[:3] == today[:3]:
        return strftime("today %H:%M", then)
    return strftime("%b %d %H:%M" if then.tm_year == today.tm_year else "%Y-%m-%d", then)


def runs_lines(runs: Sequence[Run], view: View, *, now: float) -> list[str]:
    """The lines of `ippon runs`, the newest run first; what there is no room for beside a run stands below it."""
    if not runs:
        return ["no run yet", f"next     {command('run', view)}"]
    cells = [_cells(run, now) for run in runs[:RUNS_SHOWN]]
    names = [name for name in cells[0] if name not in WHERE_SEVERAL or len({each[name] for each in cells}) > 1]
    more = len(runs) - RUNS_SHOWN
    return [*_listed(cells, names, view), *([f"{more} more: --json shows all"] if more > 0 else [])]


def _cells(run: Run, now: float) -> dict[str, str]:
    """What is shown of a run, by the title of its column."""
    return {
        "run": visible(run.run_id),
        "when": when(run.started_at, now),
        "suite": visible(run.suite),
        "target": visible(run.target or "pairs"),
        "tier": visible(run.tier),
        "verdict": run.verdict,
        "answered": str(run.counts.answered),
        "cached": str(run.counts.cached),
        "cost": money(run.cost_usd),
        "wall": seconds(run.wall_s if run.finished else None),
        "because": visible(run.stopped_because),
    }


def _listed(cells: Sequence[dict[str, str]], names: Sequence[str], view: View) -> list[str]:
    figures = _table(cells, names[:-1])
    if columns(figures[0]) + ROOM <= view.width:
        return [cut(line, view.width) for line in _table(cells, names)]
    beside = names[:-1] if columns(figures[0]) <= view.width else LEAST
    below = [name for name in names if name not in beside]
    titles, *lines = _table(cells, beside)
    rows = [[*wrapped(line, view.width), *_below(each, below, view)] for line, each in zip(lines, cells, strict=True)]
    return [*wrapped(titles, view.width), *(line for row in rows for line in row)]


def _table(cells: Sequence[dict[str, str]], names: Sequence[str]) -> list[str]:
    rows = [names, *([each[name] for name in names] for each in cells)]
    return in_columns(rows, right=[i for i, name in enumerate(names) if name in NUMBERS])


def _below(cells: dict[str, str], names: Sequence[str], view: View) -> list[str]:
    narrower = msgspec.structs.replace(view, width=view.width - 2)
    figures = spread((f"{name} {cells[name]}" for name in names[:-1]), narrower, gap="   ")
    because = [cut(cells["because"], narrower.width)] if cells["because"] else []
    return [f"  {line}" for line in (*figures, *because)]


def run_lines(
    run: Run, view: View, *, now: float, evaluators: Sequence[str] = (), examples: Sequence[str] = ()
) -> list[str]:
    """The lines of `ippon runs show RUN`: the verdict, the table, the results, the worst first."""
    rows, plain = rows_of(run), msgspec.structs.replace(view, colour=False)
    first, *rest = wrapped(verdict_line(Finished(run=run), rows, plain), view.width)
    lines = [first.replace(run.verdict, painted(run.verdict, view), 1), *rest, *_about(run, view, now)]
    if rows and not (evaluators or examples):
        lines += header(run, rows, view) + [line for row in rows for line in lines_of(row, rows, view)]
    lines += _results(run, view, evaluators, examples)
    if run.finished:
        return lines
    goes_on = command("run", view, "--resume", visible(run.run_id), without={*REMEMBERED, "resume"})
    return lines + next_lines([Step(goes_on, "if it was killed")], view)


def _about(run: Run, view: View, now: float) -> list[str]:
    """What was run and when, what became of it, what it took."""
    what = [visible(run.suite), visible(run.tier), f"target {visible(run.target)}" if run.target else "pairs"]
    took = spent(run) if run.finished else ""
    counted = spread([" ".join([*what, when(run.started_at, now)]), counts_line(run.counts)], view)
    return counted + spread([took, stopped(run)], view)


def _results(run: Run, view: View, evaluators: Sequence[str], examples: Sequence[str]) -> list[str]:
    """The results that are asked for, the worst first: all of the named ones, else as many as a screen has room for."""
    chosen = [each for each in run.results if _named(each.evaluator, evaluators) and _named(each.example, examples)]
    if not chosen:
        return ["no such result in this run"]
    ordered = sorted(chosen, key=lambda each: (each.score is not None, each.score or 0.0))
    shown = ordered if view.verbose or evaluators or examples else ordered[:RESULTS_SHOWN]
    lines = [line for each in shown for line in _result_lines(each, view, whole=bool(examples) or view.verbose)]
    more = len(ordered) - len(shown)
    return [*lines, *([f"{more} more: -v, -e EVALUATOR, --example ID"] if more else [])]


def _named(name: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _result_lines(result: Result, view: View, *, whole: bool) -> list[str]:
    which = result.response if result.response != "target" else ""
    repeat = f"repeat {result.repeat}" if result.repeat else ""
    words = [visible(result.example), visible(result.evaluator), which, repeat, score(result.score), result.status]
    start = "  ".join(word for word in words if word)
    said = visible(result.reason or ("" if result.error is None else f"{result.error.reason}: {result.error.message}"))
    if not whole and columns(start) + ROOM <= view.width:
        return [cut(f"{start}  {said}".rstrip(), view.width)]
    if not whole:
        return [*wrapped(start, view.width), *([cut(f"  {said}", view.width)] if said else [])]
    text = [] if result.text is None else [f"  | {visible(line)}".rstrip() for line in result.text.splitlines()]
    return [*wrapped(start, view.width), *(spread([f"  {said}"], view) if said else []), *text]
