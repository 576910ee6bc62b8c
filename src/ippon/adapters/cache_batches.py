"""Rows of a cache in groups, as the jobs that go through all of them take them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BATCH = 1000
BEFORE_ALL = 0.0  # a time at which no entry is too old
Row = TypeVar("Row")


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, a thousand at a time."""
    left = iter(rows)
    while some := list(islice(left, BATCH)):
        yield some
