"""The two evaluators inside a cascade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ippon.errors import Problem, SuiteError
from ippon.records.evaluators import AnyEvaluator, Cascade

if TYPE_CHECKING:
    from collections.abc import Mapping


def inner_evaluators(cascade: Cascade) -> tuple[AnyEvaluator, AnyEvaluator]:
    """(cheap, sure) of a cascade; each takes the cascade's name and version where it has none of its own."""
    return _evaluator(cascade, "cheap", cascade.cheap), _evaluator(cascade, "sure", cascade.sure)


def _evaluator(cascade: Cascade, place: str, given: Mapping[str, Any]) -> AnyEvaluator:
    whole = {"kind": "judge", "name": f"{cascade.name}.{place}", "version": cascade.version, **given}
    try:
        found = msgspec.convert(whole, AnyEvaluator)
    except msgspec.ValidationError as error:
        raise _wrong(cascade, place, str(error)) from error
    if isinstance(found, Cascade):
        raise _wrong(cascade, place, "a cascade cannot hold another cascade")
    return found


def _wrong(cascade: Cascade, place: str, why: str) -> SuiteError:
    hint = f'`{place}` is an evaluator of its own, such as {{ kind = "similarity" }}'
    return SuiteError(Problem(message=f"evaluator `{cascade.name}`: {why}", key=place, hint=hint))
