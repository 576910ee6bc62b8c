"""The calls that were asked for and have not ended, by ticket and by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.call import Request

if TYPE_CHECKING:
    from collections.abc import Iterable


class Call(msgspec.Struct):
    """A request under way and who waits for it. Times are seconds of a monotonic clock; `is_kept`: its outcome is an entry."""

    key: bytes
    request: Request
    asked_at: float
    waiters: list[object]
    shared: bool
    may_cost_usd: float = 0.0
    sent_at: float = 0.0
    hedged_at: float | None = None
    tries: int = 0
    is_kept: bool = False


class Calls:
    """One call a key; each has a ticket of its own."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._tickets: dict[bytes, int] = {}
        self._next = 0

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, ticket: int) -> Call:
        return self._calls[ticket]

    def get(self, ticket: int) -> Call | None:
        """A call that has not ended."""
        return self._calls.get(ticket)

    def of(self, key: bytes) -> Call | None:
        """The call of a key, if it is under way."""
        ticket = self._tickets.get(key)
        return None if ticket is None else self._calls[ticket]

    def open(self, call: Call) -> int:
        """Note a new call; its ticket."""
        ticket, self._next = self._next, self._next + 1
        self._calls[ticket] = call
        self._tickets[call.key] = ticket
        return ticket

    def close(self, ticket: int) -> Call:
        """Forget a call that has ended."""
        call = self._calls.pop(ticket)
        del self._tickets[call.key]
        return call

    def longest(self, under_way: Iterable[int], now: float) -> tuple[object, float, int] | None:
        """(who asked, seconds, attempt) of the one of these that is longest in flight."""
        calls = [self._calls[ticket] for ticket in under_way if ticket in self._calls]
        if not calls:
            return None
        call = min(calls, key=lambda each: each.sent_at)
        return call.waiters[0], now - call.sent_at, call.tries
