"""The prompts of targets as templates: `{{ input }}` and any other column, rendered once.

A template is the suite author's, its values are data: they are never rendered again, and lists and objects among them
can be looked into but have no methods to call. No loaders (so no include), unknown names refused, limits on the size
of template and output and on the steps taken (`fuel`, which pays for memory too).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import minijinja
import msgspec

from ippon.errors import Problem, SuiteError
from ippon.evaluate.texts import as_text, encodable

if TYPE_CHECKING:
    from abc import ABCMeta
    from collections.abc import Iterable, Iterator

TEMPLATE_LIMIT = 100_000
OUTPUT_LIMIT = 1_000_000
FUEL = 1_000_000
# A small template's names are asked for once an example; this many templates are remembered.
REMEMBERED = 64


def render(template: str, values: Mapping[str, Any]) -> str:
    """The template with its values in place: texts as they are, null as nothing, everything else as JSON."""
    unknown = unknown_names(template, values)
    if unknown:
        raise _unknown(unknown[0], values)
    try:
        used = _names(template)
        text = _environment.render_str(template, **{name: _inert(values[name]) for name in used})
    except minijinja.TemplateError as error:
        raise _broken(error) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        hint = "values have no methods to call; filters do more"
        raise SuiteError(f"the template cannot be rendered: {error}", hint=hint) from error
    if len(text) > OUTPUT_LIMIT:
        raise SuiteError(f"the template renders to {len(text):,} characters; at most {OUTPUT_LIMIT:,} are sent")
    return text


def unknown_names(template: str, known: Iterable[str]) -> list[str]:
    """The names that a template uses and nobody has given, sorted; SuiteError for a template that is none."""
    return sorted(_names(template).difference(known))


@lru_cache(maxsize=REMEMBERED)
def _names(template: str) -> frozenset[str]:
    if len(template) > TEMPLATE_LIMIT:
        raise SuiteError(f"the template has {len(template):,} characters; at most {TEMPLATE_LIMIT:,} are read")
    try:
        return frozenset(_environment.undeclared_variables_in_str(template)) - _environment.globals.keys()
    except minijinja.TemplateError as error:
        raise _broken(error) from error


class _Inert:
    """A list or an object of the data: can be indexed, walked and counted, and has no method a template could call."""

    __slots__ = ("__raw",)  # a name with underscores cannot be asked for in a template

    def __init__(self, raw: Any) -> None:
        self.__raw = raw

    def __getitem__(self, key: Any) -> Any:
        return _inert(self.__raw[key])

    def __iter__(self) -> Iterator[Any]:
        return map(_inert, self.__raw)

    def __len__(self) -> int:
        return len(self.__raw)

    def __str__(self) -> str:
        return as_text(self.__raw)


class _InertObject(_Inert):
    __slots__ = ()


class _InertList(_Inert):
    __slots__ = ()


# minijinja looks into what calls itself a mapping or a sequence.
cast("ABCMeta", Mapping).register(_InertObject)
cast("ABCMeta", Sequence).register(_InertList)


def _inert(value: Any) -> Any:
    match value:
        case dict():
            return _InertObject(value)
        case list():
            return _InertList(value)
        case str():
            return encodable(value)
        case _:
            return value


def _shown(value: Any) -> str:
    """How a value stands in the output."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _as_json(value)


def _as_json(value: Any) -> str:
    """A value as JSON, lists and objects that the template itself has made included."""
    return msgspec.json.encode(value, enc_hook=_raw_json).decode()


def _raw_json(value: Any) -> msgspec.Raw:
    return msgspec.Raw(str(value).encode())


def _new_environment() -> minijinja.Environment:
    environment = minijinja.Environment(
        undefined_behavior="strict",
        auto_escape_callback=lambda _name: False,
        finalizer=_shown,
        fuel=FUEL,
        debug=False,
        pycompat=False,
        keep_trailing_newline=True,
        filters={"tojson": _as_json},
    )
    environment.remove_global("debug")
    return environment


_environment = _new_environment()


def _unknown(name: str, known: Iterable[str]) -> SuiteError:
    near = get_close_matches(name, known, n=1) or sorted(known)[:5]
    hint = f"nearest: {', '.join(near)}" if near else "the examples have no columns"
    return SuiteError(Problem(message=f"the template uses `{name}`, which no column is called", hint=hint))


def _broken(error: minijinja.TemplateError) -> SuiteError:
    message = f"the template: {error.message.partition(chr(10))[0]}"
    return SuiteError(Problem(message=message, line=error.line, hint="{{ input }} puts a column in"))
