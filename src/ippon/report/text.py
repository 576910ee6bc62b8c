"""The final block of `ippon run`: evidence, counts, cost, why it stopped, what next, and the verdict last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.closing import (
    counts_line,
    next_line,
    next_parts,
    noun,
    one_by_one,
    saved,
    spent,
    stopped,
    tier_again,
    verdict_line,
)
from ippon.report.escape import visible
from ippon.report.evidence import Finding, earlier_words, example_lines, fall_lines, findings, since, worst_first
from ippon.report.number import ago, decimals_of, interval, score
from ippon.report.screening import found_words, screen_lines
from ippon.report.table import Row, header, lines_of, rows_of
from ippon.report.view import GAP, View, command, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.event import Finished
    from ippon.records.run import Run

MOST_LINES = 24
MOST_ROWS = 8
SHOWN_PASSING = 2
DETAILED = 2  # failing evaluators whose examples are shown
EXAMPLES = 3
VERBOSE_EXAMPLES = 10
PERFECT = 1.0  # nothing to look at


def final_block(finished: Finished, view: View) -> list[str]:
    """The lines of standard output after a run."""
    run = finished.run
    chosen = screened(run)
    rows = rows_of(run)
    words = found_words(findings(run, finished.previous)) if chosen else ""
    verdict = [
        verdict_line(finished, rows, view, screened=words)
    ]  # never wrapped: `tail -n1` and `grep ^verdict:` read it
    if view.quiet:
        return verdict
    if run.verdict == "interrupted":
        body = _interrupted(finished, view)
    elif run.verdict == "incomplete":
        body = _incomplete(finished, rows, view)
    elif chosen:
        body = screen_lines(finished, view)
    elif nothing_asked(run):
        body = _cached(finished, rows, view)
    else:
        body = _table(finished, rows, view)
    return [*body, *verdict]


def screened(run: Run) -> bool:
    """Whether the examples of every evaluator were chosen, so that no mean can be shown."""
    return bool(run.evaluators) and all(each.method == "screen" for each in run.evaluators.values())


def nothing_asked(run: Run) -> bool:
    """Whether every result was known before."""
    return run.calls_sent == 0 and not run.counts.answered and not run.counts.missing and bool(run.counts.cached)


def _table(finished: Finished, rows: Sequence[Row], view: View) -> list[str]:
    run = finished.run
    cost = spread([f"{spent(run, view)}{saved(run)}", one_by_one(finished, mean=True)], view)
    none_lost = "0 failed, 0 missing" if not run.counts.failed and not run.counts.missing else ""
    tail = _failures(run, view) + spread([counts_line(run.counts), none_lost], view) + cost
    parts = next_parts(finished, view, _worst(finished, rows))
    tail += spread([stopped(run)], view) + spread(next_line(parts), view)
    return _evidence(finished, rows, view, room=MOST_LINES - 1 - len(tail)) + tail


def _cached(finished: Finished, rows: Sequence[Row], view: View) -> list[str]:
    """Nothing was asked: one line where all is well, the table where it is not."""
    run = finished.run
    tail = _failures(run, view) + spread([counts_line(run.counts), f"{spent(run, view)}{saved(run)}"], view)
    tail += spread([_no_news(finished), f"ask again: {command('run --refresh', tier_again(run, view))}"], view)
    if view.verbose or any(row.verdict in {"fail", "inconclusive", "no gate"} for row in rows):
        return _evidence(finished, rows, view, room=MOST_LINES - 1 - len(tail)) + tail
    return spread(_moved_gates(finished) or _all_pass(rows), view, gap="; ") + tail


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
    known = {} if previous is None else {_key(each): each.score for each in previous.results}
    if previous is None or any(known.get(_key(each), -1.0) != each.score for each in run.results):
        return "no new evidence: every answer was known"
    age = ago(max(0.0, run.started_at - previous.started_at))
    return f"no new evidence: the same answers as run {visible(previous.run_id)}, {age}"


def _key(result: object) -> tuple[object, ...]:
    return tuple(getattr(result, name) for name in ("evaluator", "example", "response", "repeat"))


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
    return [f"gate moved after these answers were seen: {', '.join(moved[:EXAMPLES])}"] if moved else []


def _threshold(value: float) -> str:
    return score(value, decimals_of(value))


def _evidence(finished: Finished, rows: Sequence[Row], view: View, *, room: int) -> list[str]:
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


def _worst(finished: Finished, rows: Sequence[Row]) -> Finding | None:
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
    own = [each for each in found if each.evaluator == row.name]
    worst = [each for each in worst_first(own) if each.paired or each.value != PERFECT]
    limit = VERBOSE_EXAMPLES if view.verbose else EXAMPLES
    previous = finished.previous
    moved = since(own, earlier_words(finished.run, previous)) if previous is not None else None
    lines = spread([moved], view) if moved is not None else []
    if worst:
        lines += example_lines(worst[:limit], view, before=moved is not None)
    if len(worst) > limit:
        more = command("runs show", visible(finished.run.run_id), view.place, "-e", row.name)
        lines += spread([f"  {len(worst) - limit} more: {more}"], view)
    return lines


def _interrupted(finished: Finished, view: View) -> list[str]:
    run = finished.run
    kept = [counts_line(run.counts), spent(run, view), "all results kept"]
    return spread(kept, view) + spread(next_line(next_parts(finished, view)), view)


def _incomplete(finished: Finished, rows: Sequence[Row], view: View) -> list[str]:
    run = finished.run
    lines = spread([stopped(run)], view)
    lines += spread([counts_line(run.counts), spent(run, view)], view)
    lost = {visible(each.evaluator) for each in run.results if each.status in {"failed", "missing"}}
    tested = [row for row in rows if row.ends is not None and row.threshold is not None]
    tested = [row for row in tested if row.name in lost] or tested
    if tested:
        widest = max(tested, key=lambda row: row.ends[1] - row.ends[0] if row.ends else 0.0)
        said = f"were the missing all 0 or all 1: {widest.interval} (gate {_bare(widest)})"
        lines += spread([f"{widest.name}, {said}"], view)
    lines += _failures(run, view)
    return lines + spread(next_line(next_parts(finished, view)), view)


def _failures(run: Run, view: View) -> list[str]:
    """The commonest reasons of failed evaluations, each once."""
    reasons: dict[str, int] = {}
    for result in run.results:
        if result.status == "failed" and result.error is not None:
            said = f"{result.error.reason}: {visible(result.error.message)}"
            reasons[said] = reasons.get(said, 0) + 1
    ordered = sorted(reasons.items(), key=lambda each: -each[1])[:EXAMPLES]
    return [line for said, count in ordered for line in spread([f"failed {count} x {said}"], view, gap=GAP)]
