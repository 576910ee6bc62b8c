"""Which rows and examples of a run are worth the lines of a screen: what is not well always, what is well folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.closing import show_step
from ippon.report.commands import labelled
from ippon.report.escape import visible
from ippon.report.evidence import Finding, earlier_words, example_lines, fall_lines, findings, since, worst_first
from ippon.report.number import interval
from ippon.report.table import Row, header, lines_of
from ippon.report.view import View, quoted, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished

MOST_ROWS = 8
SHOWN_PASSING = 2
DETAILED = 2  # failing evaluators whose examples are shown
EXAMPLES = 3
PERFECT = 1.0  # nothing to look at


def evidence(finished: Finished, rows: Sequence[Row], view: View, *, room: int) -> list[str]:
    """The rows that matter, with the worst examples under those that fail, in at most `room` lines unless verbose."""
    if not rows:
        return []
    found = findings(finished.run, finished.previous)
    details = _details(finished, rows, found, view)
    falls = _falls(finished, found, details, rows, view)
    room -= sum(map(len, details.values())) + len(header(finished.run, rows, view)) + len(falls)
    shown, fold = _chosen_rows(rows, view, room=room)
    lines = header(finished.run, shown, view) if shown else []
    before_bad = fold if any(row.verdict in {"fail", "inconclusive"} for row in shown) else []
    lines += before_bad
    for row in shown:
        lines += lines_of(row, shown, view) + details.get(id(row), [])
    return lines + ([] if before_bad else fold) + falls


def _falls(
    finished: Finished, found: Sequence[Finding], details: dict[int, list[str]], rows: Sequence[Row], view: View
) -> list[str]:
    """What fell since the run before under evaluators whose examples are not shown anyway."""
    if finished.previous is None:
        return []
    detailed = {row.name for row in rows if id(row) in details}
    return fall_lines(
        [each for each in found if each.evaluator not in detailed], earlier_words(finished.run, finished.previous), view
    )


def worst_of(finished: Finished, rows: Sequence[Row]) -> Finding | None:
    """The example to look at first: the worst of the evaluator that fails most."""
    failing = [row.name for row in rows if row.verdict == "fail"]
    found = [each for each in findings(finished.run, None) if failing and each.evaluator == failing[-1]]
    return next(iter(worst_first(found)), None)


def _chosen_rows(rows: Sequence[Row], view: View, *, room: int) -> tuple[list[Row], list[str]]:
    """(rows to show, the line of those that are not)."""
    if view.verbose:
        return list(rows), []
    bad = [row for row in rows if row.verdict != "pass"]
    passing = [row for row in rows if row.verdict == "pass"]
    keep = min(MOST_ROWS, max(1, room - 1))
    shown = bad[-keep:] if bad else passing[-SHOWN_PASSING:]
    hidden = [row for row in rows if row not in shown]
    if len(hidden) == 1 and len(shown) < keep:
        return list(rows), []  # a fold of one row saves none
    return shown, spread(_fold(hidden, alone=not bad), view, gap=" ") if hidden else []


def _fold(hidden: Sequence[Row], *, alone: bool) -> list[str]:
    kinds: dict[str, int] = {}
    for row in hidden:
        kinds[row.verdict] = kinds.get(row.verdict, 0) + 1
    words = ", ".join(f"{count} {'more ' if alone else ''}{kind}" for kind, count in kinds.items())
    scored = [row for row in hidden if row.value is not None]
    if not scored:
        return [words]
    lowest = min(scored, key=lambda row: row.value or 0.0)
    ends = f" ({interval(lowest.ends, lowest.decimals, signed=lowest.signed)})" if lowest.ends else ""
    return [f"{words:<15}", f"lowest {lowest.name} {lowest.number}{ends}, n {lowest.n} of {lowest.n_items}"]


def _details(finished: Finished, rows: Sequence[Row], found: Sequence[Finding], view: View) -> dict[int, list[str]]:
    """The worst examples of the last two failing rows, by row."""
    failing = [row for row in rows if row.verdict == "fail" and row.name != "mean of all"]
    return {id(row): _worst_examples(finished, row, found, view) for row in failing[-DETAILED:]}


def _worst_examples(finished: Finished, row: Row, found: Sequence[Finding], view: View) -> list[str]:
    """How a failing evaluator moved since the run before, and its worst examples where not all of them follow anyway."""
    own = [each for each in found if each.evaluator == row.name]
    worst = [each for each in worst_first(own) if each.paired or each.value != PERFECT]
    previous = finished.previous
    moved = since(own, earlier_words(finished.run, previous)) if previous is not None else None
    lines = spread([moved], view) if moved is not None else []
    if view.verbose or not worst:
        return lines
    lines += example_lines(worst[:EXAMPLES], view, before=moved is not None)
    if len(worst) > EXAMPLES:
        typed = show_step(visible(finished.run.run_id), view, "-e", quoted(row.name)).command
        lines += labelled(f"  {len(worst) - EXAMPLES} more", typed, view)
    return lines
