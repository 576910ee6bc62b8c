"""From a judge's answer to its verdict, strictly: one JSON object, the expected keys, a value of the scale."""

from __future__ import annotations

from typing import Any

import msgspec

from ippon.evaluate.strict_json import Refused, as_object, decode
from ippon.evaluate.texts import fragment, reason_text
from ippon.records.call import Failure

REASON = "reason"


class Given(msgspec.Struct, frozen=True):
    """What an answer gives: a value that is not checked yet, and the reason in words."""

    value: Any
    reason: str | None


def read_answer(text: str, field: str) -> Given | Failure:
    """The value of `field` and the reason; anything that could mean two things is a failure, never a guess."""
    found = decode(text)
    if isinstance(found, Refused):
        reason = "invalid_score" if found.invalid else "unparsed"
        return Failure(reason=reason, message=f"the answer is {found.message}")
    given = as_object(found.value)
    return _unparsed("the answer is JSON, but no object") if given is None else _from_object(given, field)


def _from_object(given: dict[str, Any], field: str) -> Given | Failure:
    if field not in given:
        return _unparsed(f"the answer has no `{field}`")
    unknown = [name for name in given if name not in {field, REASON}]
    if {"label", "score"} <= set(given):
        return Failure(reason="invalid_score", message="ambiguous: the answer has a label and a score")
    if unknown:
        return _unparsed(f"the answer has the unexpected key {fragment(unknown[0])}")
    reason = given.get(REASON)
    if reason is not None and not isinstance(reason, str):
        return _unparsed("the reason is no text")
    return Given(given[field], reason_text(reason) if reason else None)


def _unparsed(message: str) -> Failure:
    return Failure(reason="unparsed", message=message)
