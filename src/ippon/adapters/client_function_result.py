"""What a function of the user's own returned, as JSON text, and what it raised, in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.adapters.client_function_import import is_beside
from ippon.execute.faults import well_formed
from ippon.records.judgement import Score

if TYPE_CHECKING:
    from types import TracebackType


def json_text(value: Any) -> str:
    """The value as JSON, a score as an object with `score`; NaN stays NaN, for whoever reads it to refuse.

    TypeError for a value that is no JSON and cannot be made into it.
    """
    return well_formed(json.dumps(value, default=_plain, ensure_ascii=False))


def _plain(value: Any) -> Any:
    """The JSON form of what JSON does not know: scores, records, dataclasses, pydantic models, numpy's numbers."""
    if isinstance(value, Score):
        given = {"score": value.value, "label": value.label, "reason": value.reason, "details": value.details}
        return {name: each for name, each in given.items() if each is not None}
    for name in ("model_dump", "tolist"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    return msgspec.to_builtins(value)


def described(error: BaseException, folder: str, file: str | None) -> str:
    """Type and message of an exception, and the line of the suite's code, or of the function's own file."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - the user's own __str__ may fail as well
        message = ""
    line = _line(error.__traceback__, folder, file)
    name = type(error).__name__
    return (f"{name}: {message}" if message else name) + (f" ({line})" if line else "")


def _line(traceback: TracebackType | None, folder: str, file: str | None) -> str | None:
    """The innermost line of the user's code."""
    found = None
    while traceback is not None:
        at = traceback.tb_frame.f_code.co_filename
        if at == file or is_beside(at, folder):
            found = f"{at.rpartition('/')[2]}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return found
