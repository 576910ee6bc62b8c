"""Every evaluation of a run, a line each: what `-v` shows after the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.escape import visible
from ippon.report.evidence import (
    Finding,
    failed_because,
    findings,
    place,
    scores_before,
    stacked,
    titled,
    with_reason,
    with_room,
)
from ippon.report.number import score
from ippon.report.view import View, in_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.records.event import Finished
    from ippon.records.run import Result, Run


def every_line(finished: Finished, view: View) -> list[str]:
    """All evaluations, evaluator by evaluator, examples without a score first, then the lowest first."""
    run = finished.run
    results = _grouped(run)
    if not results:
        return []
    before = scores_before(finished.previous)
    found = [_finding(each, before, run) for each in results]
    titles, *starts = in_columns(_cells(results, found), right=(4, 5))
    if with_room(starts, view):
        lines = [with_reason(f"{start}  ", each, view) for start, each in zip(starts, found, strict=True)]
        return [titled(titles, found, view, between="  "), *lines]
    pairs = zip(map(_words, results), found, strict=True)
    return [
        line
        for (evaluator, example, *state), each in pairs
        for line in stacked(f"{evaluator}  {example}", each, view, state="  ".join(state))
    ]


def _grouped(run: Run) -> list[Result]:
    """The results in the suite's order of evaluators, the worst example of each first, what belongs to it together."""
    order = {visible(name): number for number, name in enumerate(run.evaluators)}
    values = {(each.evaluator, each.example): each.value for each in findings(run, None)}

    def place_of(result: Result) -> tuple[object, ...]:
        names = (visible(result.evaluator), visible(result.example))
        value = values[names]
        return (
            order.get(names[0], len(order)),
            value is not None,
            value or 0.0,
            *names,
            result.response,
            result.repeat,
        )

    return sorted(run.results, key=place_of)


def _finding(result: Result, before: Mapping[tuple[str, str, str, int], float | None], run: Run) -> Finding:
    """One result as something to look at."""
    summary = run.evaluators.get(result.evaluator)
    return Finding(
        evaluator=visible(result.evaluator),
        example=visible(result.example),
        value=result.score,
        was=before.get(place(result)),
        reason=visible(result.reason or failed_because(result.error)),
        judged=summary is not None and summary.judged,
    )


def _words(result: Result) -> list[str]:
    """What a result is of, and what became of it."""
    repeat = f" {result.repeat}" if result.repeat else ""
    return [visible(result.evaluator), visible(result.example), f"{result.response}{repeat}", result.status]


def _cells(results: Sequence[Result], found: Sequence[Finding]) -> list[tuple[str, ...]]:
    was = any(each.was is not None for each in found)
    titles = ("evaluator", "example", "response", "status", "score", *(["was"] if was else []))
    return [
        titles,
        *(
            (*_words(result), score(each.value), *([each.before] if was else []))
            for result, each in zip(results, found, strict=True)
        ),
    ]
