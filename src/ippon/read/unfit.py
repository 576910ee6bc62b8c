"""Values that no record may hold, whatever its type: dates, numbers and texts that are none, too many levels."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ippon.read.finding import Finding
from ippon.read.raw import is_list, is_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ippon.read.finding import Path

DEPTH = 50
TOO_DEEP = f"more than {DEPTH} levels"
_LARGEST = 2**63


def unfit(value: object, path: Path = ()) -> Iterator[Finding]:
    """Values that no record may hold: dates, numbers that are none or too large, NUL, too many levels."""
    todo: list[tuple[object, Path]] = [(value, path)]
    while todo:
        each, at = todo.pop()
        if len(at) > DEPTH:
            yield Finding(TOO_DEEP, at[:1])
            return
        if is_table(each):
            todo.extend((inner, (*at, key)) for key, inner in reversed(list(each.items())))
        elif is_list(each):
            todo.extend((inner, (*at, index)) for index, inner in reversed(list(enumerate(each))))
        else:
            message = unfit_text(each)
            if message is not None:
                yield Finding(message[0], at, message[1])


def unfit_text(value: object) -> tuple[str, str | None] | None:
    """(message, hint) for a single value that no record may hold."""
    match value:
        case str():
            return _unfit_string(value)
        case None | bool():
            return None
        case int():
            return (
                None
                if -_LARGEST <= value < _LARGEST
                else ("a whole number of more than 64 bits", "write it as text, in quotes")
            )
        case float():
            return None if isfinite(value) else ("NaN and infinity are no numbers here", None)
        case bytes():
            return "bytes are no text", None
        case _:
            return "a date or time is no value here", "write it as text, in quotes"


def _unfit_string(value: str) -> tuple[str, str | None] | None:
    if "\0" in value:
        return "a NUL character is no part of a text", None
    if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        return "half of a surrogate pair is no text", None
    return None
