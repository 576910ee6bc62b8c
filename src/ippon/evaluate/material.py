"""What an evaluator has in hand: the response, the example's columns, and how it reaches models and code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ippon.evaluate.inner import inner_evaluators
from ippon.records.call import ModelRequest
from ippon.records.evaluators import (
    AnyEvaluator,
    Cascade,
    CommandEvaluator,
    Contains,
    Exact,
    Judge,
    Number,
    Pairwise,
    PythonEvaluator,
    Similarity,
)
from ippon.records.providers import ModelUse
from ippon.records.suite import Code, Fields, Suite, column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ippon.records.suite import Example

RESPONSE = "response"
# What `reads` says of a function or command that is given the whole example.
WHOLE_ROW = "*"


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to score. `columns` is the row with the glossary's names (input, reference, ...) added to its own."""

    response: str
    reference: Any = None
    columns: dict[str, Any] = {}

    def value(self, name: str) -> Any:
        """What stands under a name that an evaluator reads; None where the example lacks it."""
        return self.response if name == RESPONSE else self.columns.get(name)


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """How an evaluator reaches what it needs: its model, the code of functions and commands, the example's own row.

    `inner` are the models of a cascade's cheap and sure evaluator; None: both take `use`. `made` is what the suite's own
    evaluators have made once for all examples of a run.
    """

    use: ModelUse | None = None
    inner: tuple[ModelUse | None, ModelUse | None] | None = None
    code: dict[str, Code] = {}
    row: dict[str, Any] = {}
    made: dict[int, tuple[AnyEvaluator, ModelRequest]] = {}

    def once(self, evaluator: AnyEvaluator, make: Callable[[], ModelRequest]) -> ModelRequest:
        """What an evaluator makes of itself and its model alone, made at the first example.

        The evaluator is kept beside it, so that no other object can come to have its identity.
        """
        found = self.made.get(id(evaluator))
        if found is None:
            found = self.made[id(evaluator)] = (evaluator, make())
        return found[1]


def material(suite: Suite, example: Example, response: str) -> Material:
    """A response to an example, ready to be scored."""
    found = columns(suite, example)
    return Material(response=response, reference=found.get("reference"), columns=found)


def columns(suite: Suite, example: Example) -> dict[str, Any]:
    """An example's row under its own names and the glossary's; a glossary name wins."""
    return {**example.row, **picked(Fields.__struct_fields__, suite, example)}


def picked(names: Iterable[str], suite: Suite, example: Example) -> dict[str, Any]:
    """What an example holds under the names that `reads` gave; a name that it lacks is left out."""
    found: dict[str, Any] = {}
    for name in names:
        if name == WHOLE_ROW:
            found[name] = columns(suite, example)
            continue
        try:
            found[name] = column(suite, example, name)
        except KeyError:
            continue
    return found


def reads(evaluator: AnyEvaluator, suite: Suite) -> tuple[str, ...]:
    """The columns that an evaluator's score depends on besides the response, each once, in a fixed order."""
    return tuple(name for name in dict.fromkeys(_read(evaluator, suite)) if name != RESPONSE)


def _read(evaluator: AnyEvaluator, suite: Suite) -> Iterable[str]:
    match evaluator:
        case Exact() | Number() | Similarity() | Contains(text=None):
            return ("reference",)
        case Judge():
            return evaluator.reads
        case Pairwise():
            return (*evaluator.reads, evaluator.against)
        case PythonEvaluator():
            return _bound(suite.code.get(evaluator.function))
        case Cascade():
            return [name for each in inner_evaluators(evaluator) for name in _read(each, suite)]
        case _:
            return (WHOLE_ROW,) if isinstance(evaluator, CommandEvaluator) else ()


def _bound(code: Code | None) -> tuple[str, ...]:
    return (WHOLE_ROW,) if code is None or code.parameters is None else code.parameters


def command_key(command: Iterable[str]) -> str:
    """What a command is called in `Suite.code`."""
    return "\0".join(command)
