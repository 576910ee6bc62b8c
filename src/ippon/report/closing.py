"""The end of a run on the screen: counts, time and money, why it stopped, what to type next, the verdict."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ippon.report.commands import OWN_CHOICE, REMEMBERED, Step, command, run_command
from ippon.report.escape import columns, visible
from ippon.report.number import money, seconds
from ippon.report.table import Row, below
from ippon.report.view import WHOLE, View, painted, quoted, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished
    from ippon.records.run import Counts, Run
    from ippon.report.evidence import Finding

NAMED_AT_MOST = 2
FOR_GOOD = ("authentication", "spend")  # what ends a lane until somebody does something about it
FOR_DOCTOR = frozenset({"connect", "not_found", "not_a_provider"})  # what `ippon doctor` looks into


def counts_line(counts: Counts) -> str:
    """What became of the suite's evaluations, adding up."""
    parts = [f"cached {counts.cached}", f"answered {counts.answered}"]
    parts += [f"failed {counts.failed}"] if counts.failed else []
    parts += [f"missing {counts.missing}"] if counts.missing else []
    parts.append(f"not needed {counts.skipped + counts.total - counts.planned}")
    return f"{' + '.join(parts)} = {counts.total}"


def spent(run: Run) -> str:
    """`4.8 s, $0.06`: what the user waited and pays."""
    return f"{seconds(run.wall_s)}, {_cost(run.cost_usd)}"


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
    said = not because or not run.finished or because.startswith("lane ")
    return because if said else f"stopped because {because}"


def sends(calls: int | None, duration_s: float | None, usd: float | None) -> str:
    """What a next command would do: `sends 14 more, about 4 s, $0.02`."""
    if calls is None:
        return ""
    parts = [f"sends {calls} more" if calls else "sends nothing"]
    parts += [f"about {seconds(duration_s)}"] if duration_s is not None and calls else []
    parts += [money(usd)] if usd and calls else []
    return ", ".join(parts)


def next_steps(finished: Finished, view: View, worst: Finding | None = None) -> list[Step]:
    """The commands that lead on from here, the most useful one first; `worst` is the example to look at."""
    run, run_id = finished.run, visible(finished.run.run_id)
    if worst is not None:
        return [show_step(run_id, view, "--example", quoted(worst.example)), try_step(worst, view)]
    if run.verdict == "interrupted":
        return [_resume(run, view)]
    if run.verdict == "incomplete":
        return _complete(run, view)
    return tier_steps(finished, view) or [show_step(run_id, view)]


def tier_steps(finished: Finished, view: View) -> list[Step]:
    """The tier that tests what this one did not, with what it would send; nothing where there is none."""
    if finished.next_tier is None:
        return []
    note = sends(finished.next_calls, finished.next_s, finished.next_usd)
    return [Step(run_command(view, visible(finished.next_tier)), note)]


def show_step(run_id: str, view: View, *words: str) -> Step:
    """`ippon runs show`, with what of the run is to be shown."""
    return Step(command("runs show", view, run_id, *words, without=OWN_CHOICE))


def try_step(worst: Finding, view: View) -> Step:
    """The command that looks closely at one finding."""
    return Step(command("try", view, quoted(worst.example), quoted(worst.evaluator), without=OWN_CHOICE))


def _complete(run: Run, view: View) -> list[Step]:
    """How to get what an incomplete run did not get: what is missing by going on, what failed by asking again."""
    if not run.counts.missing:
        return [_retry(run, view), show_step(visible(run.run_id), view)]
    ended_by = {each.error.reason for each in run.results if each.status == "missing" and each.error is not None}
    looked_into = [Step(command("doctor", view))] if ended_by & FOR_DOCTOR else []
    return [*looked_into, _resume(run, view, then=bool(looked_into))]


def _resume(run: Run, view: View, *, then: bool = False) -> Step:
    """Going on: the history knows what was asked, and the budget that ended the run would only end it again."""
    without = {*REMEMBERED, "resume", _used_up(run.stopped_because)}
    failed = (each.error for each in run.results if each.status == "failed" and each.error is not None)
    forgotten = sum(error.retryable or view.options.no_cache for error in failed)
    typed = command("run", view, "--resume", visible(run.run_id), without=without)
    return Step(typed, f"asks {run.counts.missing + forgotten}", then)


def _used_up(because: str) -> str:
    """The flag of the budget that ended a run; empty where none did."""
    if not because.startswith("the budget of "):
        return ""
    amount = because.removeprefix("the budget of ")
    return "max_usd" if amount.startswith("$") else "max_calls" if " call" in amount else "max_s"


def _retry(run: Run, view: View) -> Step:
    """Asking again what failed; without a cache nothing else of the run is known but by its history."""
    if view.options.no_cache:
        typed = command("run", view, "--resume", visible(run.run_id), without={*REMEMBERED, "resume"})
    else:
        typed = run_command(view, run.tier, "--retry-failed")
    return Step(typed, f"asks {run.counts.failed} again")


def refresh_command(run: Run, view: View) -> str:
    """What asks the same thing again, whatever is known of it."""
    return run_command(view, run.tier, *([] if view.options.no_cache else ["--refresh"]))


def verdict_line(finished: Finished, rows: Sequence[Row], view: View, *, screened: str = "") -> str:
    """One line, whatever its length: verdict, why, which run, exit code. `screened` is what chosen examples showed."""
    run = finished.run
    return _verdict(run, painted(run.verdict, view), f"{_why(run, rows, screened)} ")


def verdict_lines(finished: Finished, rows: Sequence[Row], view: View, *, screened: str = "") -> list[str]:
    """The end of the screen, for `tail -n1` never broken: what is too much for a narrow one stands above it."""
    run = finished.run
    why = _why(run, rows, screened)
    if view.quiet or view.width >= WHOLE or columns(_verdict(run, run.verdict, f"{why} ")) <= view.width:
        return [verdict_line(finished, rows, view, screened=screened)]
    return [*wrapped(why, view.width), _verdict(run, painted(run.verdict, view), "")]


def _verdict(run: Run, word: str, why: str) -> str:
    return f"verdict: {word}  {why}(exit {run.exit_code})"


def _why(run: Run, rows: Sequence[Row], screened: str) -> str:
    """Why the verdict is what it is, and of which run."""
    why = {
        "pass": _passed,
        "fail": _failed,
        "inconclusive": _inconclusive,
        "incomplete": _incomplete,
        "interrupted": _interrupted,
        "none": _none,
    }[run.verdict](run, rows)
    more = f"; {screened}" if screened and run.verdict == "none" else ""
    return f"{why}{more}, run {visible(run.run_id)}"


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
