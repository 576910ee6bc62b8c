"""Python functions as evaluators and targets: what they are called, what they are bound by, what they consist of."""

from __future__ import annotations

import hashlib
import inspect
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, overload

import msgspec

from ippon.records.fingerprint import canonical
from ippon.records.suite import Code

if TYPE_CHECKING:
    from collections.abc import Callable

    AnyFunction = Callable[..., object]


REST = frozenset({inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD})


class EvaluatorFunction:
    """A function that scores: still callable, and with a name, a version and conditions. Made by `@ippon.evaluator`."""

    def __init__(
        self,
        function: AnyFunction,
        *,
        name: str | None = None,
        version: str | None = None,
        weight: float = 1.0,
        repeats: int = 1,
        where: dict[str, Any] | None = None,
    ) -> None:
        self.function = function
        self.name: str = name or getattr(function, "__name__", type(function).__name__)
        self.version = version
        self._more = {"weight": weight, "repeats": repeats, "where": where or {}}

    def __call__(self, *args: Any, **kwargs: Any) -> object:
        """What the function itself gives."""
        return self.function(*args, **kwargs)

    def fields(self) -> dict[str, Any]:
        """Its part of a suite file."""
        return {"name": self.name, "version": self.version or "1", **self._more}


@overload
def evaluator(function: AnyFunction, /) -> EvaluatorFunction: ...
@overload
def evaluator(
    *,
    name: str | None = None,
    version: str | None = None,
    weight: float = 1.0,
    repeats: int = 1,
    where: dict[str, Any] | None = None,
) -> Callable[[AnyFunction], EvaluatorFunction]: ...
def evaluator(
    function: AnyFunction | None = None, /, **fields: Any
) -> EvaluatorFunction | Callable[[AnyFunction], EvaluatorFunction]:
    """Make a function an evaluator: bound by parameter name (input, response, reference, example, any column).

    It gives bool, float in 0..1, a dict with `score` and `reason`, or an `ippon.Score`; it may be async. Its source is
    part of every key; what it calls is not, so raise `version` when that changes.
    """
    if function is not None:
        return EvaluatorFunction(function)

    def made(function: AnyFunction) -> EvaluatorFunction:
        return EvaluatorFunction(function, **fields)

    return made


def name_of(function: AnyFunction) -> str:
    """`module:name`, as a suite file would say it."""
    name = getattr(function, "__qualname__", type(function).__qualname__)
    module = getattr(function, "__module__", None) or "python"
    return f"{module}:{name}".replace("<", "").replace(">", "").replace(".", "_")


def code_of(function: AnyFunction, version: str | None) -> Code:
    """What a function consists of.

    The digest covers its source, the values that it closes over and its defaults. Where there is no source, or anything
    that is not plain data (the object of a bound method or of a callable, a function within), the declared version alone
    stands for it; without one there is no digest, and nothing is cached.
    """
    try:
        digest = hashlib.sha256(canonical([version, *_consists_of(function)])).hexdigest()
    except (OSError, TypeError, ValueError, UnicodeError, msgspec.MsgspecError):
        digest = "" if version is None else hashlib.sha256(canonical(["version", version])).hexdigest()
    return Code(digest=digest, parameters=_parameters(function))


def needed_by(function: AnyFunction) -> tuple[str, ...]:
    """The parameters that have no default, `example` aside, which is always given."""
    given = inspect.signature(function).parameters.values()
    return tuple(
        each.name for each in given if each.kind not in REST and each.default is each.empty and each.name != "example"
    )


def _consists_of(function: AnyFunction) -> list[Any]:
    """Source, closed-over values and defaults. TypeError where an object stands behind it that could be any."""
    plain = function.__func__ if isinstance(function, MethodType) and _is_code(function.__self__) else function
    if not isinstance(plain, FunctionType):
        raise TypeError(f"{type(function).__name__} is no plain function")
    closed = [cell.cell_contents for cell in plain.__closure__ or ()]
    return [inspect.getsource(plain.__code__), closed, plain.__defaults__, plain.__kwdefaults__]


def _is_code(owner: object) -> bool:
    return inspect.isclass(owner) or inspect.ismodule(owner)


def _parameters(function: AnyFunction) -> tuple[str, ...] | None:
    """The names that it is bound by; None where it takes the whole example."""
    given = inspect.signature(function).parameters.values()
    names = tuple(each.name for each in given if each.kind not in REST)
    takes_rest = any(each.kind is each.VAR_KEYWORD for each in given)
    return None if takes_rest or "example" in names else names
