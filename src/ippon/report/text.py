"""The final block of `ippon run`: evidence, counts, cost, why it stopped, what next, and the verdict last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.closing import (
    counts_line,
    next_steps,
    noun,
    one_by_one,
    refresh_command,
    saved,
    spent,
    stopped,
    verdict_lines,
)
from ippon.report.commands import labelled, next_lines
from ippon.report.escape import columns, visible
from ippon.report.evidence import failed_because, findings, place, scores_before
from ippon.report.number import ago, decimals_of, score
from ippon.report.screening import found_words, screen_lines
from ippon.report.shown import evidence, worst_of
from ippon.report.table import Row, rows_of
from ippon.report.view import GAP, View, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished
    from ippon.records.run import Run

MOST_LINES = 24
NAMED = 3  # gates that moved, reasons of failures
Block = tuple[list[str], list[str]]  # what was found; counts and what to do


def final_block(finished: Finished, view: View) -> list[str]:
    """The lines of standard output after a run; every evaluation among them where all is wanted."""
    run = finished.run
    rows = rows_of(run)
    words = found_words(findings(run, finished.previous)) if screened(run) else ""
    verdict = verdict_lines(finished, rows, view, screened=words)
    if view.quiet:
        return verdict
    found, tail = _block(finished, rows, view)
    if view.verbose:
        from ippon.report.every import every_line  # noqa: PLC0415 - only where all is wanted

        found = found + every_line(finished, view)
    return [*found, *tail, *verdict]


def _block(finished: Finished, rows: Sequence[Row], view: View) -> Block:
    run = finished.run
    if run.verdict == "interrupted":
        return _interrupted(finished, view)
    if run.verdict == "incomplete":
        return _incomplete(finished, rows, view)
    if screened(run):
        return screen_lines(finished, view)
    return (_cached if nothing_asked(run) else _table)(finished, rows, view)


def screened(run: Run) -> bool:
    """Whether the examples of every evaluator were chosen, so that no mean can be shown."""
    return bool(run.evaluators) and all(each.method == "screen" for each in run.evaluators.values())


def nothing_asked(run: Run) -> bool:
    """Whether every result was known before."""
    return run.calls_sent == 0 and not run.counts.answered and not run.counts.missing and bool(run.counts.cached)


def _table(finished: Finished, rows: Sequence[Row], view: View) -> Block:
    run = finished.run
    cost = spread([f"{spent(run)}{saved(run)}", one_by_one(finished, mean=True)], view)
    none_lost = "0 failed, 0 missing" if not run.counts.failed and not run.counts.missing else ""
    tail = _failures(run, view) + spread([counts_line(run.counts), none_lost], view) + cost
    tail += spread([stopped(run)], view) + next_lines(next_steps(finished, view, worst_of(finished, rows)), view)
    return evidence(finished, rows, view, room=MOST_LINES - 1 - len(tail)), tail


def _cached(finished: Finished, rows: Sequence[Row], view: View) -> Block:
    """Nothing was asked: one line where all is well, the table where it is not."""
    run = finished.run
    tail = _failures(run, view) + spread([counts_line(run.counts), f"{spent(run)}{saved(run)}"], view)
    tail += _news(finished, view)
    if view.verbose or any(row.verdict in {"fail", "inconclusive", "no gate"} for row in rows):
        return evidence(finished, rows, view, room=MOST_LINES - 1 - len(tail)), tail
    return spread(_moved_gates(finished) or _all_pass(rows), view, gap="; "), tail


def _news(finished: Finished, view: View) -> list[str]:
    """That nothing new is known, and the command that would find out."""
    lines = spread([_no_news(finished)], view)
    asking = labelled("ask again", refresh_command(finished.run, view), view)
    if columns(lines[-1]) + len(GAP) + columns(asking[0]) <= view.width and len(asking) == 1:
        return [*lines[:-1], f"{lines[-1]}{GAP}{asking[0]}"]
    return lines + asking


def _all_pass(rows: Sequence[Row]) -> list[str]:
    worst = rows[-1]
    return [
        f"{len(rows)} of {len(rows)} {noun(rows)} pass",
        f"lowest {worst.name} {worst.number} ({worst.interval}), gate {_bare(worst)}",
    ]


def _bare(row: Row) -> str:
    return row.gate.removeprefix(">= ")


def _no_news(finished: Finished) -> str:
    run, previous = finished.run, finished.previous
    known = scores_before(previous)
    if previous is None or any(known.get(place(each), -1.0) != each.score for each in run.results):
        return "no new evidence: every answer was known"
    age = ago(max(0.0, run.started_at - previous.started_at))
    return f"no new evidence: the same answers as run {visible(previous.run_id)}, {age}"


def _moved_gates(finished: Finished) -> list[str]:
    """The gates whose threshold was edited after the answers were seen."""
    if finished.previous is None:
        return []
    before = {(gate.evaluator, gate.measure): gate.threshold for gate in finished.previous.gates}
    moved = [
        f"{visible(gate.evaluator or 'mean of all')} {_threshold(old)} -> {_threshold(gate.threshold)}"
        for gate in finished.run.gates
        if (old := before.get((gate.evaluator, gate.measure))) is not None and old != gate.threshold
    ]
    return [f"gate moved after these answers were seen: {', '.join(moved[:NAMED])}"] if moved else []


def _threshold(value: float) -> str:
    return score(value, decimals_of(value))


def _interrupted(finished: Finished, view: View) -> Block:
    run = finished.run
    kept = [counts_line(run.counts), spent(run), "all results kept"]
    return [], spread(kept, view) + next_lines(next_steps(finished, view), view)


def _incomplete(finished: Finished, rows: Sequence[Row], view: View) -> Block:
    run = finished.run
    lines = spread([stopped(run)], view) if run.counts.missing else []
    lines += spread([counts_line(run.counts), spent(run)], view)
    lines += _bounds(run, rows, view) + _failures(run, view)
    return [], lines + next_lines(next_steps(finished, view), view)


def _bounds(run: Run, rows: Sequence[Row], view: View) -> list[str]:
    """Between what the least certain gate would lie, whatever the missing results are."""
    lost = {visible(each.evaluator) for each in run.results if each.status in {"failed", "missing"}}
    tested = [row for row in rows if row.ends is not None and row.threshold is not None]
    tested = [row for row in tested if row.name in lost] or tested
    if not tested:
        return []
    widest = max(tested, key=lambda row: row.ends[1] - row.ends[0] if row.ends else 0.0)
    return spread([f"{widest.name}, were the missing all 0 or all 1: {widest.interval} (gate {_bare(widest)})"], view)


def _failures(run: Run, view: View) -> list[str]:
    """The commonest reasons of failed evaluations, each once."""
    reasons: dict[str, int] = {}
    for result in run.results:
        if result.status == "failed" and result.error is not None:
            said = visible(failed_because(result.error))
            reasons[said] = reasons.get(said, 0) + 1
    ordered = sorted(reasons.items(), key=lambda each: -each[1])[:NAMED]
    return [line for said, count in ordered for line in spread([f"failed {count} x {said}"], view, gap=GAP)]
