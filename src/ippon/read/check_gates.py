"""Gates, tiers and targets: one way to say how far, one threshold each, and something for it to look at."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ippon.errors import NotBuiltError
from ippon.read.finding import Finding, meant, within
from ippon.read.raw import is_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.read.draft import Draft
    from ippon.read.finding import Path
    from ippon.records.suite import Gate

THRESHOLDS = ("min_score", "min_separation", "not_worse_than")
WAYS = ("per_evaluator", "examples", "evaluations", "share")
LATER = "leave it out; the changelog says when it comes"


def wrong_gates(draft: Draft, *, headers: bool) -> Iterator[Finding]:
    """Gates that no run could test."""
    names = [name for _, name in draft.names()]
    for path, gate in draft.gates.items():
        if gate.evaluator is not None and not any(fnmatchcase(name, gate.evaluator) for name in names):
            yield Finding(
                f"no evaluator is called `{gate.evaluator}`",
                (*path, "evaluator"),
                meant(gate.evaluator, names, what="evaluators"),
            )
        yield from _wrong_threshold(draft, gate, path, headers=headers)
        if gate.margin is not None and gate.not_worse_than is None:
            yield Finding(
                "`margin` belongs to `not_worse_than`, which this gate has not", (*path, "margin"), "leave it out"
            )


def _wrong_threshold(draft: Draft, gate: Gate, path: Path, *, headers: bool) -> Iterator[Finding]:
    given = [name for name in THRESHOLDS if getattr(gate, name) is not None]
    if not given:
        yield Finding(f"a threshold is missing{within(path, headers=headers)}", path, "min_score = 0.7")
    elif len(given) > 1:
        yield Finding(
            f"`{given[0]}` and `{given[1]}` in one gate", (*path, given[1]), "one threshold a gate: make it two"
        )
    elif given == ["min_separation"]:
        yield from _wrong_separation(draft, (*path, "min_separation"))
    elif given == ["min_score"] and _has(draft, "contrast") and not (_has(draft, "target") or _has(draft, "targets")):
        yield Finding(
            "`min_score` looks at the responses of a target, and this suite has none: runs evaluate its pairs",
            (*path, "min_score"),
            "min_separation = 0.3   or add a [target]",
        )


def _wrong_separation(draft: Draft, path: Path) -> Iterator[Finding]:
    if not _has(draft, "contrast"):
        yield Finding(
            "`min_separation` compares the pairs of `contrast`, and this suite has none", path, "add [contrast]"
        )
    elif _has(draft, "target"):
        yield Finding(
            "`min_separation` compares the pairs of `contrast`, but runs evaluate the `target`",
            path,
            "min_score = 0.7   or leave [target] out",
        )


def _has(draft: Draft, name: str) -> bool:
    return draft.given.get(name) is not None


def wrong_tiers(draft: Draft) -> Iterator[Finding]:
    """Tiers that say how far in two ways."""
    for name, tier in draft.tiers.items():
        given = [way for way in WAYS if getattr(tier, way) is not None]
        if len(given) > 1:
            yield Finding(
                f"tier `{name}` says how far in {len(given)} ways: {', '.join(given)}",
                ("tiers", name, given[1]),
                "keep one of them",
            )


def wrong_targets(draft: Draft) -> Iterator[Finding]:
    """A second default target, or nothing to evaluate at all."""
    targets = draft.given.get("targets")
    if _has(draft, "target") and is_table(targets) and "default" in targets:
        yield Finding(
            "`targets.default` stands beside `target`, which is the default one",
            ("targets", "default"),
            "give it another name",
        )
    if (
        not (_has(draft, "target") or targets or _has(draft, "contrast"))
        and draft.rows is not None
        and "response" not in draft.columns()
    ):
        hint = "add a `response` column, or [target], or [contrast] with a good and a poor response"
        yield Finding("there are no responses to evaluate: no target, no pairs, and no column `response`", (), hint)


def not_built(draft: Draft) -> Iterator[Finding]:
    """What the contract names and this version does not do."""
    if draft.given.get("alerts") is not None:
        yield Finding("`alerts` is not built yet", ("alerts",), LATER, error=NotBuiltError)
    for path, gate in draft.gates.items():
        if gate.not_worse_than is not None:
            yield Finding("`not_worse_than` is not built yet", (*path, "not_worse_than"), LATER, error=NotBuiltError)
