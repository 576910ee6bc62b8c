"""Suites in Python: loaded from a file or built from functions, run from a script or a notebook."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NoReturn, cast

import msgspec

from ippon.api.functions import EvaluatorFunction, code_of, name_of, needed_by
from ippon.api.running import deaf, driven, driven_async, finished
from ippon.errors import NotBuiltError, Problem, SuiteError, UsageError
from ippon.records import evaluators as kinds
from ippon.records import suite as records
from ippon.records.options import Options
from ippon.wiring.opened import Opened, loaded, opened_with
from ippon.wiring.settle import settled_beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ippon.ports import Listener
    from ippon.records.run import Run

    AnyFunction = Callable[..., object]
    AnyEvaluator = kinds.Evaluator | EvaluatorFunction | AnyFunction


MADE_OF = (
    "examples and gates are mappings; evaluators are functions, or records such as ippon.Judge; "
    "a target is a function, or the name of a model"
)


class Suite:
    """Examples, evaluators and a target, ready to run.

    `examples` are mappings of columns; `evaluators` are functions, `@ippon.evaluator` functions or records such as
    `ippon.Judge`; `target` is a function bound by parameter name (sync or async), the name of a model
    ("PROVIDER/MODEL"), or None for recorded responses in the column `response`. `judge` is the default model of judges.
    `tables` are the other tables of a suite file: `contrast={"good": ..., "poor": ...}`, `fields`, `tiers`, ...
    The history goes to `.ippon` in `folder`. Raises SuiteError with every problem at once.
    """

    def __init__(  # noqa: PLR0913 - what a suite has, by name
        self,
        *,
        examples: Iterable[Mapping[str, Any]],
        evaluators: Sequence[AnyEvaluator],
        target: AnyFunction | str | None = None,
        name: str = "suite",
        judge: str | None = None,
        folder: str | os.PathLike[str] = ".",
        gates: Sequence[records.Gate | Mapping[str, Any]] = (),
        **tables: Any,
    ) -> None:
        from ippon.read.suite_file import suite_of  # noqa: PLC0415 - a suite that was read needs none of it

        known = _Functions()
        try:
            rows = [dict(each) for each in examples]
            raw: dict[str, Any] = {"ippon": 1, "name": name, "examples": rows, **tables}
            raw["evaluators"] = [known.evaluator(each) for each in evaluators]
            raw["gates"] = [_given(gate) if isinstance(gate, records.Gate) else dict(gate) for gate in gates]
            if target is not None:
                raw["target"] = {"kind": "model", "model": target} if isinstance(target, str) else known.target(target)
        except (TypeError, ValueError) as error:
            raise SuiteError(f"this is no suite: {error}", hint=MADE_OF) from None
        if judge is not None:
            raw["judge"] = {"model": judge}
        whole = {table: _given(value) for table, value in raw.items()}
        self._suite = suite_of(whole, code=known.code, needed=known.needed, folder=os.path.abspath(folder))  # noqa: PTH100 - as everywhere
        self._functions = known.functions
        self._trusted = True

    @property
    def name(self) -> str:
        """What the suite is called."""
        return self._suite.name

    def run(self, *, listen: Listener = deaf, **options: Any) -> Run:
        """Run it; the options are the flags of `ippon run` (`tier="full"`, `max_in_flight=8`, ...). In a notebook too.

        What is left out the environment says, as it does for the command (`IPPON_CACHE`, `IPPON_TIER`, ...).
        """
        wanted = _options(options)
        with self._opened(wanted) as opened:
            return driven(finished(opened, wanted, listen=listen, confirmed=False, signals=False)).run

    async def arun(self, *, listen: Listener = deaf, **options: Any) -> Run:
        """The same, inside a running event loop."""
        wanted = _options(options)
        with self._opened(wanted) as opened:
            return (await driven_async(finished(opened, wanted, listen=listen, confirmed=False, signals=False))).run

    def _opened(self, options: Options) -> AbstractContextManager[Opened]:
        return opened_with(self._suite, options, environ=os.environ, trusted=self._trusted, functions=self._functions)


class _Read(Suite):
    """A suite that was read from a file."""

    def __init__(self, suite: records.Suite, *, trusted: bool) -> None:
        self._suite = suite
        self._functions = {}
        self._trusted = trusted


class _Functions:
    """The Python functions of one suite, by the names that it calls them, and what they consist of."""

    def __init__(self) -> None:
        self.functions: dict[str, AnyFunction] = {}
        self.code: dict[str, records.Code] = {}
        self.needed: dict[str, tuple[str, ...]] = {}

    def evaluator(self, given: AnyEvaluator) -> dict[str, Any]:
        """An evaluator as a suite file would have it."""
        if isinstance(given, kinds.Evaluator):
            return cast("dict[str, Any]", _given(given))
        made = given if isinstance(given, EvaluatorFunction) else EvaluatorFunction(given)
        return {"kind": "python", "function": self._name(made.function, made.version), **made.fields()}

    def target(self, function: AnyFunction) -> dict[str, Any]:
        """A target as a suite file would have it."""
        return {"kind": "python", "function": self._name(function, None)}

    def _name(self, function: AnyFunction, version: str | None) -> str:
        name = name_of(function)
        while self.functions.get(name, function) is not function:
            name += "_"
        self.functions[name] = function
        self.code[name] = code_of(function, version)
        self.needed[name] = needed_by(function)
        return name


# Flags that name a file or say what a screen shows; from Python there is neither.
_OF_SCREENS = frozenset({"suite", "output", "json", "quiet", "verbose", "debug", "no_color"})
_NAMES = [name for name in Options.__struct_fields__ if name not in _OF_SCREENS]


def load(path: str | os.PathLike[str], *, trust: bool = False) -> Suite:
    """The suite of a file; SuiteError with every problem at once, TrustError for code that is not trusted."""
    trusting = _options({"trust": trust or None}).trust
    suite, trusted = loaded(os.fspath(path), trust=trusting, environ=os.environ)
    return _Read(suite, trusted=trusted)


def compare(a: Run, b: Run) -> NoReturn:
    """Which of two runs is better, with an interval; not built yet."""
    raise NotBuiltError(f"compare({a.run_id}, {b.run_id})")


def _options(given: Mapping[str, Any]) -> Options:
    """Keyword arguments as the flags that they name, and the environment for the others; UsageError for one that is none."""
    unknown = next((name for name in given if name not in _NAMES), None)
    if unknown is not None:
        from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

        near = get_close_matches(unknown, _NAMES, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(_NAMES)}"
        raise UsageError(Problem(message=f"run: unknown option `{unknown}`", hint=hint))
    paths = {
        name: os.fspath(cast("os.PathLike[str]", each)) for name, each in given.items() if hasattr(each, "__fspath__")
    }
    return settled_beside({**given, **paths}, _NAMES, os.environ)


def _given(value: Any) -> Any:
    """A value as a suite file would hold it: of a record, what differs from its defaults."""
    if isinstance(value, msgspec.Struct):
        config, fields = value.__struct_config__, msgspec.structs.fields(value)
        said = {each.name: getattr(value, each.name) for each in fields}
        kept = {
            each.name: _given(said[each.name]) for each in fields if each.required or said[each.name] != _default(each)
        }
        return kept if config.tag is None else {str(config.tag_field): config.tag, **kept}
    if isinstance(value, dict):
        return {key: _given(each) for key, each in cast("dict[str, Any]", value).items()}
    return [_given(each) for each in cast("list[Any]", value)] if isinstance(value, list | tuple) else value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default_factory() if callable(field.default_factory) else field.default
