"""Evaluators: names that are told apart, scales, few-shot rows, patterns, bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ippon.read.check_columns import number_between
from ippon.read.finding import Finding, meant
from ippon.read.in_place import PARTS
from ippon.read.raw import Table, is_table, list_of, table_of
from ippon.read.row import Row
from ippon.read.shape import KIND, differences
from ippon.read.wording import shown, sort_of
from ippon.records import evaluators as kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ippon.read.draft import Draft
    from ippon.read.finding import Path
    from ippon.records.evaluators import AnyEvaluator

_LABELS = {None: ("good", "poor"), "good/poor": ("good", "poor"), "yes/no": ("yes", "no")}
OF_THE_WHOLE = ("weight", "repeats", "where")
_RANGES = {"0-1": (0, 1), "1-5": (1, 5)}


def wrong_evaluators(draft: Draft) -> Iterator[Finding]:
    """What is wrong with single evaluators and their names."""
    yield from _twice(draft)
    for path, evaluator in draft.every.items():
        if not evaluator.name.strip():
            yield Finding("`name` is empty", (*path, "name"))
        yield from _wrong(evaluator, path)
        if isinstance(evaluator, kinds.Judge):
            yield from _wrong_shots(draft, evaluator, path)


def _twice(draft: Draft) -> Iterator[Finding]:
    seen: set[str] = set()
    for index, name in draft.names():
        if name in seen:
            yield Finding(
                f"a second evaluator is called `{name}`", ("evaluators", index, "name"), "each needs a name of its own"
            )
        seen.add(name)


def _wrong(evaluator: AnyEvaluator, path: Path) -> Iterator[Finding]:
    match evaluator:
        case kinds.Judge() | kinds.Pairwise():
            yield from _wrong_judge(evaluator, path)
        case kinds.Regex():
            yield from _wrong_pattern(evaluator, path)
        case kinds.Length():
            yield from _wrong_length(evaluator, path)
        case kinds.Contains(text=text) if text is not None and not (text and all(text)):
            yield Finding("`text` is empty: every response contains that", (*path, "text"))
        case kinds.Cascade(unsure=(low, high)) if low >= high:
            yield Finding(
                f"`unsure` goes from {low:g} to {high:g}: no score lies between",
                (*path, "unsure"),
                "unsure = [0.2, 0.8]",
            )
        case _:
            pass


def _wrong_judge(judge: kinds.Judge | kinds.Pairwise, path: Path) -> Iterator[Finding]:
    if not judge.rubric.strip():
        yield Finding(f"the rubric of `{judge.name}` is empty", (*path, "rubric"), "say what a good response does")
    if isinstance(judge, kinds.Judge):
        if not judge.reads:
            message = f"`reads` is empty: `{judge.name}` would be shown nothing"
            yield Finding(message, (*path, "reads"), 'reads = ["input", "response"]')
        yield from _wrong_scale(judge, path)


def _wrong_scale(judge: kinds.Judge, path: Path) -> Iterator[Finding]:
    if judge.scale is not None and judge.labels is not None:
        yield Finding(f"judge `{judge.name}` has both `scale` and `labels`", (*path, "labels"), "leave one of them out")
    elif judge.labels is not None:
        yield from _wrong_labels(judge.labels, (*path, "labels"))


def _wrong_labels(labels: Mapping[str, float], path: Path) -> Iterator[Finding]:
    hint = "labels = { good = 1.0, poor = 0.0 }"
    if len(labels) < 2:  # noqa: PLR2004 - with one label there is nothing to tell apart
        yield Finding("`labels` needs at least two labels", path, hint)
    elif len(set(labels.values())) == 1:
        yield Finding(
            f"all `labels` are worth {next(iter(labels.values())):g}: every response would score that", path, hint
        )
    if not all(each.strip() for each in labels):
        yield Finding("one of the `labels` is empty: no judge can name it", path, hint)


def _wrong_shots(draft: Draft, judge: kinds.Judge, path: Path) -> Iterator[Finding]:
    """Few-shot rows without what the judge reads, or with a label that it cannot give."""
    path = (*path, "shots")
    rows = draft.shots.get(path) or [Row(shot, (*path, index)) for index, shot in enumerate(judge.shots)]
    for number, row in enumerate(rows, start=1):
        for name in judge.reads:
            if row.value.get(name) is None:
                yield row.finding(f"few-shot row {number} of `{judge.name}` has no `{name}`, which the judge reads")
        wrong = _wrong_label(judge, row.value.get("label"))
        if wrong is not None:
            yield row.finding(f"few-shot row {number} of `{judge.name}` {wrong[0]}", hint=wrong[1])


def _wrong_label(judge: kinds.Judge, label: Any) -> tuple[str, str | None] | None:
    """(message, hint) for a label that this judge cannot give."""
    if label is None:
        return "has no `label`", None
    if judge.labels is None and judge.scale in _RANGES:
        low, high = _RANGES[judge.scale]
        fits = number_between(label, low, high) is not None
        return (
            None
            if fits
            else (f"has the label {shown(label)}; scale `{judge.scale}` takes a number from {low} to {high}", None)
        )
    known: Iterable[str] = judge.labels if judge.labels is not None else _LABELS[judge.scale]
    if not isinstance(label, str):
        return f"has {sort_of(label)} for a label, not text", meant("", known, what="labels")
    return (
        None
        if label in known
        else (f"has the label `{label}`, which this judge cannot give", meant(label, known, what="labels"))
    )


def _wrong_pattern(evaluator: kinds.Regex, path: Path) -> Iterator[Finding]:
    if not evaluator.pattern:
        yield Finding("`pattern` is empty: every response matches that", (*path, "pattern"))
    try:
        re.compile(evaluator.pattern)
    except (re.error, OverflowError, RecursionError) as error:
        yield Finding(f"`pattern` is no regular expression: {error}", (*path, "pattern"))


def _wrong_length(evaluator: kinds.Length, path: Path) -> Iterator[Finding]:
    if evaluator.min is None and evaluator.max is None:
        yield Finding(f"`{evaluator.name}` has neither `min` nor `max`, so any length will do", path, "max = 120")
    elif evaluator.min is not None and evaluator.max is not None and evaluator.min > evaluator.max:
        yield Finding(f"`min` is {evaluator.min} and `max` {evaluator.max}: no length fits", (*path, "min"))


def wrong_parts(raw: Mapping[str, Any], *, headers: bool, wrong: Iterable[Finding]) -> list[Finding]:
    """What keeps the two parts of cascades from being evaluators."""
    broken = {each.path for each in wrong}
    cascades = [
        (index, table)
        for index, each in enumerate(list_of(raw.get("evaluators")))
        if (table := table_of(each)).get(KIND) == "cascade"
    ]
    parts: list[tuple[Path, Any]] = [
        (("evaluators", index, part), table.get(part)) for index, table in cascades for part in PARTS
    ]
    return [
        found
        for path, part in parts
        if is_table(part) and path not in broken
        for found in _wrong_part(part, path, headers=headers)
    ]


def _wrong_part(part: Table, path: Path, *, headers: bool) -> Iterator[Finding]:
    if part.get(KIND) == "cascade":
        yield Finding("a cascade cannot hold another cascade", (*path, KIND))
        return
    for key in OF_THE_WHOLE:
        if key in part:
            yield Finding(
                f"`{key}` belongs to the whole cascade, not to a part of it",
                (*path, key),
                f"put it beside `{path[-1]}`",
            )
    yield from differences({"name": "part", **part}, kinds.AnyEvaluator, headers=headers, path=path)
