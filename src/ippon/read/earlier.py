"""What earlier versions of a suite said, as far as the memo of compiled suites still has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.fingerprint import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Evaluator(msgspec.Struct):
    name: str
    rubric: str | None = None


class _Suite(msgspec.Struct):
    evaluators: list[_Evaluator]


class _Compiled(msgspec.Struct):
    suite: _Suite


def rubrics_in(body: bytes, evaluator: str) -> Iterator[str]:
    """The rubrics of evaluators of this name in the body of a memo; of the rest of it nothing is read."""
    try:
        made = msgspec.json.decode(body[sha256().digest_size :], type=_Compiled)
    except msgspec.MsgspecError:
        return
    for each in made.suite.evaluators:
        if each.name == evaluator and each.rubric is not None:
            yield each.rubric
