"""JSON as strictly as its standard: no NaN, no key twice, one value; the trouble is a value too."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, cast

import msgspec

FENCE = "```"
TEXT_LIMIT = 1_000_000


class Decoded(msgspec.Struct, frozen=True):
    """A JSON value."""

    value: Any


class Refused(msgspec.Struct, frozen=True):
    """No JSON value. `invalid`: it is JSON in form, yet says two things at once or holds a number that is none."""

    message: str
    invalid: bool = False


class _InvalidError(ValueError):
    """JSON in form that has no one meaning."""


def decode(text: str) -> Decoded | Refused:
    """The one JSON value that a text is, inside one surrounding Markdown fence or without."""
    if len(text) > TEXT_LIMIT:
        return Refused(f"longer than {TEXT_LIMIT:,} characters")
    body = unfenced(text)
    return _decoded(body) if body else Refused("empty")


def as_object(value: Any) -> dict[str, Any] | None:
    """The value if it is a JSON object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _decoded(body: str) -> Decoded | Refused:
    try:
        return Decoded(_decoder.decode(body))
    except _InvalidError as error:
        return Refused(str(error), invalid=True)
    except json.JSONDecodeError as error:
        said = error.msg.removesuffix(" at")  # json's own words end in it now and then
        return _several(body) or Refused(f"not JSON: {said} at line {error.lineno} column {error.colno}")
    except RecursionError:
        return Refused("nested too deeply")
    except ValueError:
        return Refused("a number of too many digits")


def unfenced(text: str) -> str:
    """The text without the white space, byte order mark and one ```json fence around it."""
    body = text.strip().removeprefix("\ufeff").strip()
    if not (body.startswith(FENCE) and body.endswith(FENCE) and "\n" in body):
        return body
    opening, _, rest = body.partition("\n")
    return rest.removesuffix(FENCE).strip() if opening.removeprefix(FENCE).strip().lower() in {"", "json"} else body


def _several(body: str) -> Refused | None:
    """The refusal of one JSON value after another; None for anything else."""
    try:
        _, end = _decoder.raw_decode(body)
        _decoder.raw_decode(body[end:].lstrip(" \t\r\n,;"))
    except (ValueError, RecursionError):
        return None
    return Refused("ambiguous: more than one JSON value", invalid=True)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _InvalidError(f"ambiguous: the key {json.dumps(twice[:60])} stands there twice")
    return found


def _number(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise _InvalidError(f"JSON with {text[:60]}, which is no finite number")
    return value


_decoder = json.JSONDecoder(object_pairs_hook=_once, parse_float=_number, parse_constant=_number)
