"""What is kept: a row of the cache, and a result in the history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from ippon.records.bundle import Bundle
from ippon.records.call import FailureClass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.records.run import Result


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a cache.

    An answer (`kind` call, in `body` as JSON bytes), a score (in the columns, details in `body`) or a response of the
    system under test (in `body`, as UTF-8). `failure` is a deterministic failure's class, None for a success.
    `model` and `evaluator` are what pruning selects by. `explain` are the named digests that the key was made of, as JSON,
    and `example` an id: for `cache why` alone, written but not read back. `created_at` is Unix time in seconds.
    """

    key: bytes
    kind: Literal["call", "score", "response"]
    created_at: float
    body: bytes = b""
    score: float | None = None
    label: str | None = None
    reason: str | None = None
    failure: FailureClass | None = None
    evaluator: str | None = None
    model: str | None = None
    cost_usd: float | None = None
    seconds: float | None = None
    example: str = ""
    explain: bytes = b""


class Kept(Bundle, frozen=True):
    """A result with its place in the plan, the key of its score, and the key of its response where that was fetched.

    The first is None where it has no response.
    """

    position: int
    key: bytes | None
    result: Result
    response: bytes | None = None


class Resumed(Bundle, frozen=True):
    """What a run has brought that is gone on with: its scored results by their score keys, its responses by theirs."""

    results: Mapping[bytes, Result]
    responses: Mapping[bytes, str]
