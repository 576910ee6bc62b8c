"""Rows for tests and benchmarks of caches: each is made of its key alone, so that everybody knows what has to be under it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from ippon.records.kept import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = 1_795_574_964.0


def key(n: int) -> bytes:
    """The key of the n-th row."""
    return hashlib.sha256(str(n).encode()).digest()


def entry(n: int, *, created_at: float = NOW, size: int = 200) -> Entry:
    """The n-th row, a body of `size` bytes or a little more."""
    return Entry(
        key=key(n),
        kind="score",
        created_at=created_at,
        score=n % 101 / 100,
        label=f"label {n}",
        reason=f"because of {n} " * 3,
        evaluator=f"evaluator {n % 7}",
        model="provider/model",
        cost_usd=n / 1e6,
        seconds=n / 10,
        body=f"body {n} ".encode() * (size // 8),
        example=f"ex-{n}",
        explain=msgspec.json.encode({"response": str(n)}),
    )


def as_read(n: int, **made: float) -> Entry:
    """The n-th row as a cache gives it back."""
    return msgspec.structs.replace(entry(n, **made), example="", explain=b"")  # type: ignore[arg-type]


def are_right(found: Mapping[bytes, Entry], rows: int, **made: float) -> bool:
    """Whether whatever was found is what was written."""
    right = {key(n): as_read(n, **made) for n in range(rows)}
    return all(right[each] == it for each, it in found.items())
