"""TOML text -> raw value, or the place where it stops being TOML.

On a key of very many parts tomllib takes quadratic time, so a line with that many dots is looked at first.
"""

from __future__ import annotations

import re

from ippon.errors import Problem, SuiteError
from ippon.read.finding import Document
from ippon.read.toml_places import layout_of
from ippon.read.unfit import DEPTH, TOO_DEEP

_PLACE = re.compile(r"line (\d+), column (\d+)\)$")
_WHERE = re.compile(r" \(at [^()]*\)$")
_AGAIN = "Cannot overwrite a value"
_TUPLE = re.compile(r"\((?:'[^']*'(?:, )?)+,?\)")  # how tomllib names a table
_NAMES = re.compile(r"'([^']*)'")


def parsed(text: str, file: str) -> Document:
    """The document of a TOML text; SuiteError with line and column."""
    import tomllib  # noqa: PLC0415 - a compiled suite does without

    if any(line.count(".") > DEPTH for line in text.split("\n")) and len(layout_of(text).deepest()[0]) > DEPTH:
        raise _too_deep(text, file)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(_problem(str(error), text, file)) from None
    except RecursionError:
        raise _too_deep(text, file) from None
    except ValueError as error:  # a number with more digits than Python reads
        raise SuiteError(Problem(message=f"broken TOML: {error}", file=file)) from None
    return Document(file, value, lambda: layout_of(text).places, headers=True)


def _too_deep(text: str, file: str) -> SuiteError:
    line, column = layout_of(text).deepest()[1]
    return SuiteError(Problem(message=TOO_DEEP, file=file, line=line, column=column))


def _problem(message: str, text: str, file: str) -> Problem:
    """What tomllib says, with its place; a key that is there twice by both of its places."""
    twice = layout_of(text).twice if message.startswith(_AGAIN) else None
    if twice is not None:
        key, first, (line, column) = twice
        message = f"the key `{key}` is there twice; the first is on line {first[0]}"
        return Problem(message=message, file=file, line=line, column=column)
    at, last = _PLACE.search(message), text.rstrip("\n").split("\n")
    line, column = (int(at[1]), int(at[2])) if at else (len(last), len(last[-1]) + 1)
    what = _WHERE.sub("", message)
    what = _TUPLE.sub(lambda names: f"`{'.'.join(_NAMES.findall(names[0]))}`", what)
    return Problem(message=f"broken TOML: {what[:1].lower()}{what[1:]}", file=file, line=line, column=column)
