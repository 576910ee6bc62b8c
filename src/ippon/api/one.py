"""One evaluation of a suite, named exactly by its example and its evaluator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.api.running import deaf
from ippon.engine.run import prepare
from ippon.errors import Problem, UsageError
from ippon.report.view import quoted
from ippon.wiring import assemble as wiring

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.engine.parts import Prepared
    from ippon.records.options import Options
    from ippon.records.suite import Suite
    from ippon.wiring.assemble import Assembled
    from ippon.wiring.opened import Opened

    Again = Callable[..., str]


def one(
    opened: Opened, options: Options, example: str, evaluator: str, *, again: Again | None
) -> tuple[Prepared, Assembled]:
    """The plan of one evaluation. `again` is how a user types the same with other words in that place."""
    _require_names(opened.suite, example, evaluator, again=again)
    narrowed = msgspec.structs.replace(
        options, tier="full", example=(_literal(example),), evaluator=(_literal(evaluator),), where=()
    )
    assembled = wiring.assemble(opened, narrowed, listen=deaf)
    return prepare(assembled.setting, assembled.wish, assembled.parts), assembled


def _require_names(suite: Suite, example: str, evaluator: str, *, again: Again | None) -> None:
    """UsageError for each name that there is not; where the two are swapped, with the command that has them right."""
    named = {"example": [each.id for each in suite.examples], "evaluator": [each.name for each in suite.evaluators]}
    lacking = [
        (what, name) for what, name in (("example", example), ("evaluator", evaluator)) if name not in named[what]
    ]
    if not lacking:
        return
    if example in named["evaluator"] and evaluator in named["example"]:
        names = quoted(evaluator), quoted(example)
        hint = " ".join(names) if again is None else again(*names)
        raise UsageError(f"`{example}` is the evaluator and `{evaluator}` the example: they are swapped", hint=hint)
    from ippon.select.matching import nearest  # noqa: PLC0415 - only a mistake needs it

    problems = (
        Problem(message=f"there is no {what} `{name}`", hint=nearest(name, named[what])) for what, name in lacking
    )
    raise UsageError(*problems)


def _literal(name: str) -> str:
    """A glob that matches this name alone."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
