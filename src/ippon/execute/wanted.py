"""What is asked of the gateway, and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ippon.records.call import Outcome, Request


class Wanted(NamedTuple):
    """An outcome that a waiter (any object) wants: of which request, and which repeat of it.

    A `shared` one is kept for all who ask the same later in this run; a `fresh` one is not read from the cache.
    """

    waiter: object
    request: Request
    repeat: int = 0
    shared: bool = False
    fresh: bool = False


class Arrival(NamedTuple):
    """An outcome on its way to whoever asked."""

    waiter: object
    outcome: Outcome
