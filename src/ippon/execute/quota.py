"""What a server says in its headers is left of a limit, counted down by what was sent since."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ippon.records.call import Told

ABSURD = 1e12
BELIEVED_S = 120.0  # longer than this nobody waits for a header's sake: the server may refuse, and say for how long


class Allowance:
    """Requests or tokens that are left; None of it holds anything up before a server has told."""

    __slots__ = ("_at", "_left", "_per_s", "_used")

    def __init__(self) -> None:
        self._left: float | None = None
        self._per_s = 0.0
        self._at = 0.0
        self._used = 0.0

    @property
    def used(self) -> float:
        """All that was ever taken: what a call notes when it is sent, to know what was taken after it."""
        return self._used

    def told(self, told: Told, used_then: float, now: float) -> None:
        """A server has told; `used_then` is what had been taken when the call that it answers was sent."""
        gone = told.limit - told.remaining
        if not (0 <= told.remaining <= told.limit <= ABSURD and 0 < told.reset_s <= ABSURD and gone > 0):
            return
        self._left = told.remaining - (self._used - used_then)
        self._per_s = gone / told.reset_s
        self._at = now

    def opens_at(self, amount: float, now: float) -> float:
        """When so much is there."""
        if self._left is None:
            return now
        left = self._left + (now - self._at) * self._per_s
        return now if left >= amount else min(now + (amount - left) / self._per_s, max(now, self._at + BELIEVED_S))

    def take(self, amount: float) -> None:
        """So much is sent for."""
        self._used += amount
        if self._left is not None:
            self._left -= amount
