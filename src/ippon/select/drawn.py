"""Uniformly random orders without a random generator: examples sorted by a keyed hash of their content.

The order is fixed by content and seed, on every machine and Python; an example that is added or edited moves alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.records.fingerprint import canonical, digest, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ippon.records.suite import Example


def marks(examples: Sequence[Example]) -> list[bytes]:
    """One content digest an example; its id is in it, so that equal rows are told apart."""
    return [digest([example.row, example.id]) for example in examples]


def rank(marks: Sequence[bytes], *, seed: int, purpose: str) -> Callable[[int], bytes]:
    """Where the example at a position stands in the order drawn for a purpose (an evaluator's name; empty: the suite)."""
    key = sha256(canonical([seed, purpose])).digest()
    return lambda position: sha256(key + marks[position]).digest()


def drawn_order(marks: Sequence[bytes], positions: Iterable[int], *, seed: int, purpose: str) -> list[int]:
    """The positions in the order drawn for a purpose."""
    return sorted(positions, key=rank(marks, seed=seed, purpose=purpose))
