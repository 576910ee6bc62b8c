"""An evaluator's identity taken apart, so that `cache why` can name what differs between two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ippon.records.fingerprint import digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OPENED = frozenset({"options", "cheap", "sure", "params"})  # whose fields are named one by one
SHORT = 40  # characters of a text that is told as it is: names, versions, scales
DIGITS = 8
EMPTY: tuple[object, ...] = (None, "", [], {})  # what nobody said is not told


def parts_of(identity: Mapping[str, Any], prefix: str = "evaluator") -> dict[str, str]:
    """The fields of an identity by name: `evaluator.rubric`, `evaluator.model`, `evaluator.params.temperature`.

    What is short is told as it is, of everything else its digest.
    """
    return {f"{prefix}.{name}": told(value) for name, value in _fields(identity)}


def _fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    said = {name: value for name, value in fields.items() if value not in EMPTY}
    for name, value in said.items():
        if name == "model":
            yield name, f"{value['provider']}/{value['model']}"
            yield from _fields({key: each for key, each in value.items() if key not in {"provider", "model"}})
        elif name in OPENED:
            inner = "" if name == "options" else f"{name}."
            yield from ((f"{inner}{key}", each) for key, each in _fields(value))
        else:
            yield name, value


def told(value: Any) -> str:
    """A value as it is shown: numbers and short texts themselves, else eight digits of digest."""
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, str) and len(value) <= SHORT and value.isprintable():
        return value
    return digest_of(value)


def digest_of(value: Any) -> str:
    """The first digits of a value's digest."""
    return digest(value).hex()[:DIGITS]
