"""Which examples an evaluator is for, and what the filters of one run leave."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.errors import UsageError
from ippon.records.suite import DEFAULT_TARGET, Suite, as_text, column

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ippon.records.evaluators import AnyEvaluator, Where
    from ippon.records.suite import Example, ResponseKind


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What one run is narrowed to: globs of names and ids, and `where` conditions; empty tuples narrow nothing."""

    evaluators: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    where: tuple[str, ...] = ()


def responses(target: str | None) -> tuple[ResponseKind, ...]:
    """Which responses of an example are evaluated: the target's, or both of every pair."""
    return ("target",) if target is not None else ("good", "poor")


def target_name(suite: Suite, wanted: str | None) -> str | None:
    """The target that a run evaluates, None for the pairs of a suite without one; UsageError for an unknown name."""
    if wanted is None and DEFAULT_TARGET in suite.targets:
        return DEFAULT_TARGET
    if wanted is None and suite.contrast is not None:
        return None
    if wanted is None:
        raise UsageError("the suite has no [target], only named ones", hint=f"--target {next(iter(suite.targets))}")
    if wanted not in suite.targets:
        hint = nearest(wanted, list(suite.targets))
        raise UsageError(f"the suite has no target `{wanted}`", hint=hint, key="target")
    return wanted


def items(suite: Suite, evaluator: AnyEvaluator) -> list[int]:
    """The positions of the examples that an evaluator is for."""
    return [i for i, example in enumerate(suite.examples) if matches(suite, example, evaluator.where)]


def matches(suite: Suite, example: Example, where: Where) -> bool:
    """Whether an example holds one of the wanted values in each named column."""
    return all(_holds(_value(suite, example, name), wanted) for name, wanted in where.items())


def narrowed(suite: Suite, filters: Filters) -> tuple[list[int], set[int]]:
    """(evaluators, examples) that the filters leave, as positions; UsageError for a filter that matches nothing."""
    evaluators = [i for i, each in enumerate(suite.evaluators) if _named(each.name, filters.evaluators)]
    if not evaluators:
        raise _nothing("evaluator", filters.evaluators, [each.name for each in suite.evaluators])
    examples = {i for i, each in enumerate(suite.examples) if _named(each.id, filters.examples)}
    if not examples:
        raise _nothing("example", filters.examples, [each.id for each in suite.examples])
    conditions = _conditions(suite, filters.where)
    examples = {i for i in examples if matches(suite, suite.examples[i], conditions)}
    if not examples:
        raise UsageError(
            f"--where {' '.join(filters.where)} matches no example",
            hint="ippon plan shows what a tier takes",
            key="where",
        )
    return evaluators, examples


def _named(name: str, globs: Sequence[str]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def _nothing(option: str, globs: Iterable[str], known: list[str]) -> UsageError:
    wanted = ", ".join(globs)
    return UsageError(f"--{option} {wanted} matches nothing", hint=nearest(wanted, known), key=option)


def nearest(name: str, known: list[str]) -> str:
    """A hint with the names that are closest to one that is none."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    near = get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
    return f"nearest: {', '.join(near)}" if near else "there is none"


def _conditions(suite: Suite, where: Iterable[str]) -> Where:
    """The conditions of `column=value` texts; several of one column are alternatives."""
    found: dict[str, list[str | int | float | bool]] = {}
    for each in where:
        name, equals, value = each.partition("=")
        if not equals:
            raise UsageError(f"--where {each} is no condition", hint="--where category=empathy", key="where")
        if not any(_has(suite, example, name) for example in suite.examples):
            raise UsageError(f"--where {each}: no example has a column `{name}`", key="where")
        found.setdefault(name, []).append(value)
    return dict(found)


def _has(suite: Suite, example: Example, name: str) -> bool:
    try:
        column(suite, example, name)
    except KeyError:
        return False
    return True


def _value(suite: Suite, example: Example, name: str) -> Any:
    return column(suite, example, name) if _has(suite, example, name) else None


def _holds(value: Any, wanted: Any) -> bool:
    """Whether a value is (one of) the wanted."""
    options = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    return as_text(value) in {as_text(option) for option in options}
