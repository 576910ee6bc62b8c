"""The end of a run on the screen: counts, time and money, why it stopped, what to type next, the verdict."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ippon.report.escape import visible
from ippon.report.number import money, seconds
from ippon.report.table import Row, below
from ippon.report.view import View, command, painted, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished
    from ippon.records.run import Counts, Run
    from ippon.report.evidence import Finding

NAMED_AT_MOST = 2
DEFAULT_TIER = "quick"
FOR_GOOD = ("authentication", "spend")  # what ends a lane until somebody does something about it


def counts_line(counts: Counts) -> str:
    """What became of the suite's evaluations, adding up."""
    parts = [f"cached {counts.cached}", f"answered {counts.answered}"]
    parts += [f"failed {counts.failed}"] if counts.failed else []
    parts += [f"missing {counts.missing}"] if counts.missing else []
    parts.append(f"not needed {counts.skipped + counts.total - counts.planned}")
    return f"{' + '.join(parts)} = {counts.total}"


def spent(run: Run, view: View) -> str:
    """`4.8 s, $0.06`: what the user waited and pays."""
    return f"{seconds(view.wall_s if view.wall_s is not None else run.wall_s)}, {_cost(run.cost_usd)}"


def _cost(usd: float | None) -> str:
    return "cost unknown" if usd is None else money(usd)


def saved(run: Run) -> str:
    """What the cache saved, nothing where it saved nothing."""
    parts = [money(run.saved_usd)] if run.saved_usd else []
    parts += [seconds(run.saved_s)] if run.saved_s else []
    return f", saved {' and '.join(parts)}" if parts else ""


def one_by_one(finished: Finished, *, mean: bool) -> str:
    """What the whole suite would take asked one after another; empty where nothing was measured."""
    if finished.one_by_one_s is None:
        return ""
    total = finished.run.counts.total
    how = f", {total} x mean {seconds(finished.one_by_one_s / total)}" if mean and total else ""
    price = "" if finished.one_by_one_usd is None else f", {money(finished.one_by_one_usd)}"
    return f"one by one: {seconds(finished.one_by_one_s)}{price} (estimated{how})"


def stopped(run: Run) -> str:
    """Why the run ended where it did."""
    because = visible(run.stopped_because)
    return because if not because or because.startswith("lane ") else f"stopped because {because}"


def sends(calls: int | None, duration_s: float | None, usd: float | None) -> str:
    """What a next command would do: `sends 14 more, about 4 s, $0.02`."""
    if calls is None:
        return ""
    parts = [f"sends {calls} more" if calls else "sends nothing"]
    parts += [f"about {seconds(duration_s)}"] if duration_s is not None and calls else []
    parts += [money(usd)] if usd and calls else []
    return ", ".join(parts)


def next_parts(finished: Finished, view: View, worst: Finding | None = None) -> list[str]:
    """The commands that lead on from here, the most useful one first; `worst` is the example to look at."""
    run, run_id = finished.run, visible(finished.run.run_id)
    show = command("runs show", run_id, view.place)
    if worst is not None:
        return [f"{show} --example {quoted(worst.example)}", try_command(worst, view)]
    if run.verdict == "interrupted":
        return [command("run --resume", run_id, view.again)]
    if run.verdict == "incomplete":
        return _complete(run, show, view)
    if finished.next_tier is not None:
        tier = command("run", view.again, "-t", visible(finished.next_tier))
        return [tier, sends(finished.next_calls, finished.next_s, finished.next_usd)]
    return [show]


def _complete(run: Run, show: str, view: View) -> list[str]:
    """How to get what an incomplete run did not get: what is missing by going on, what failed by asking again."""
    if run.counts.missing:
        resume = command("run --resume", visible(run.run_id), view.again)
        return [command("doctor", view.place), f"then   {resume}", f"asks {run.counts.missing}"]
    return [show, f"then   {command('run --retry-failed', tier_again(run, view))}", f"asks {run.counts.failed} again"]


def tier_again(run: Run, view: View) -> str:
    """The words after `ippon run` that ask the same thing again, the tier included."""
    return view.again if run.tier == DEFAULT_TIER else f"{view.again} -t {visible(run.tier)}".strip()


def try_command(worst: Finding, view: View) -> str:
    """The command that looks closely at one finding."""
    return command("try", quoted(worst.example), quoted(worst.evaluator), view.place)


def next_line(parts: Sequence[str]) -> list[str]:
    """The parts of a `next` line."""
    return [f"next     {parts[0]}", *parts[1:]] if parts else []


def verdict_line(finished: Finished, rows: Sequence[Row], view: View, *, screened: str = "") -> str:
    """The last line: verdict, why, which run, exit code. `screened` is what a tier without tested gates found."""
    run = finished.run
    why = {
        "pass": _passed,
        "fail": _failed,
        "inconclusive": _inconclusive,
        "incomplete": _incomplete,
        "interrupted": _interrupted,
        "none": _none,
    }[run.verdict](run, rows)
    why = f"{why}; {screened}" if screened and run.verdict == "none" else why
    return f"verdict: {painted(run.verdict, view)}  {why}, run {visible(run.run_id)} (exit {run.exit_code})"


def _passed(run: Run, rows: Sequence[Row]) -> str:
    gated = [row for row in rows if row.verdict == "pass"]
    untested = sum(row.verdict == "not tested" for row in rows)
    more = f", {untested} not tested" if untested else ""
    where = f"{visible(run.suite)} {visible(run.tier)}"
    if [row.name for row in gated] == ["mean of all"]:
        return f"the mean of all reaches its gate{more}, {where}"
    return f"{len(gated)} of {len(gated) + untested} {noun(rows)}{more}, {where}"


def noun(rows: Sequence[Row]) -> str:
    """What is counted: gates where an evaluator has several or the mean has one, else evaluators."""
    gated = [row.name for row in rows if row.verdict != "no gate"]
    return "gates" if len(set(gated)) < len(gated) or "mean of all" in gated else "evaluators"


def _failed(run: Run, rows: Sequence[Row]) -> str:
    failing = [below(row) for row in reversed(rows) if row.verdict == "fail"]
    more = [f"{len(failing) - NAMED_AT_MOST} more"] if len(failing) > NAMED_AT_MOST else []
    without = [_without(run.counts)] if run.counts.missing or run.counts.failed else []
    return ", ".join([*failing[:NAMED_AT_MOST], *more, *without])


def _inconclusive(run: Run, rows: Sequence[Row]) -> str:
    unsettled = [row for row in rows if row.verdict == "inconclusive"]
    if run.exit_code == 0:
        used = sum(gate.evaluations_used for gate in run.gates if gate.verdict == "inconclusive")
        widest = max((row.ends[1] - row.value for row in unsettled if row.ends and row.value is not None), default=1.0)
        return f"nothing wrong found; {used} drawn evaluations see gaps of {ceil(100 * widest - 1e-6)} points and more"
    names = ", ".join(row.name for row in unsettled[:NAMED_AT_MOST])
    more = f", {len(unsettled) - NAMED_AT_MOST} more" if len(unsettled) > NAMED_AT_MOST else ""
    passed = sum(row.verdict == "pass" for row in rows)
    return f"{names}{more} not settled, {passed} of {sum(row.verdict != 'no gate' for row in rows)} pass"


def _incomplete(run: Run, _rows: Sequence[Row]) -> str:
    if run.exit_code != 4:  # noqa: PLR2004 - CONTRACT 3: stopped for spend or authentication
        return _without(run.counts)
    ends = {result.error.reason for result in run.results if result.error is not None} & {*FOR_GOOD}
    return f"stopped for {' and '.join(sorted(ends)) or 'spend'}, {_without(run.counts)}"


def _without(counts: Counts) -> str:
    parts = [f"{counts.missing} of {counts.planned} missing"] if counts.missing or not counts.failed else []
    return ", ".join([*parts, *([f"{counts.failed} of {counts.planned} failed"] if counts.failed else [])])


def _interrupted(run: Run, _rows: Sequence[Row]) -> str:
    return _without(run.counts)


def _none(run: Run, _rows: Sequence[Row]) -> str:
    return "gates are not tested at this tier" if run.gates else "no gate to test"
