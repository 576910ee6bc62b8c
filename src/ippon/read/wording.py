"""What values and types are called, in a user's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 60  # characters
_VALUES: dict[type, str] = {
    type(None): "nothing",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
}
_TYPES: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.LiteralType: "text",
    inspect.BoolType: "true or false",
    inspect.ListType: "a list",
    inspect.TupleType: "a list",
}


def sort_of(value: object) -> str:
    """What a value is, in a user's words."""
    return _VALUES.get(type(value), "a date or time")


def shown(value: object) -> str:
    """A value as it is written in JSON, cut short."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def either(types: Sequence[inspect.Type]) -> str:
    """What the types of a union take."""
    names = [expected(each) for each in types if not isinstance(each, inspect.NoneType)]
    return " or ".join(each for each in dict.fromkeys(names) if each != "a whole number" or "a number" not in names)


def expected(of: inspect.Type) -> str:
    """What a type takes."""
    match of:
        case inspect.Metadata():
            return expected(of.type)
        case inspect.IntType() | inspect.FloatType():
            return _number(of)
        case _:
            return _TYPES.get(type(of), "a table")


def _number(of: inspect.IntType | inspect.FloatType) -> str:
    what = "a whole number" if isinstance(of, inspect.IntType) else "a number"
    low, high = (of.ge if of.ge is not None else of.gt), (of.le if of.le is not None else of.lt)
    if low is not None and high is not None:
        between = "between" if of.gt is not None and of.lt is not None else "from"
        return f"{what} {between} {low:g} {'and' if between == 'between' else 'to'} {high:g}"
    if low is not None:
        return f"{what} above {low:g}" if of.gt is not None else f"{what} of {low:g} or more"
    return what
