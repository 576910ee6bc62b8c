"""What a function or a command reports of a response: a number, true or false, or an object with a `score`."""

from __future__ import annotations

from typing import Any

from ippon.evaluate.asking import unscored
from ippon.evaluate.strict_json import Refused, as_object, decode
from ippon.evaluate.texts import as_text, fragment, reason_text
from ippon.records.judgement import Judgement, Score

KEYS = frozenset({"score", "reason", "label", "details"})


def reported(text: str) -> Judgement:
    """The score in a JSON text: `true`, `0.5` or `{"score": ..., "reason": ..., "label": ...}`."""
    found = decode(text)
    if isinstance(found, Refused):
        return unscored(f"the result is {found.message}", "invalid_score" if found.invalid else "evaluator")
    given = as_object(found.value)
    return _score(found.value, {}) if given is None else _from_object(given)


def _from_object(given: dict[str, Any]) -> Judgement:
    unknown = [name for name in given if name not in KEYS]
    if unknown or "score" not in given:
        what = f"the unknown key {fragment(unknown[0])}" if unknown else "no `score`"
        return unscored(f"the result has {what}; expected: score, reason, label, details")
    if not isinstance(given.get("details", {}), dict | None):
        return unscored("the result's `details` are no object")
    return _score(given["score"], given)


def _score(value: Any, given: dict[str, Any]) -> Judgement:
    if value is None:
        return unscored("the score is none at all (None or NaN)", "invalid_score")
    if not isinstance(value, bool | int | float):
        return unscored("the score is no number", "invalid_score")
    if not 0 <= value <= 1:
        return unscored("the score is not between 0 and 1", "invalid_score")
    label, reason = _text(given.get("label")), _text(given.get("reason"))
    return Score(float(value), label=label, reason=reason, details=given.get("details"))


def _text(value: Any) -> str | None:
    """A text, or any other value as JSON; None for nothing."""
    return None if value is None else reason_text(as_text(value))
