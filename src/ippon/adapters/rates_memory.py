"""Rates of this process alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.execute.gcra import reserved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.records.lane import Learned, Shared


class MemoryRates:
    """Shares nothing and remembers nothing: for runs without a cache, and where the shared store cannot be used."""

    def __init__(self) -> None:
        self._arrivals: dict[tuple[str, str], float] = {}

    async def reserve(self, shared: Shared, requests: float, tokens: float, *, now: float) -> float:
        """Take so much of what lanes share; the seconds to wait before it may be used."""
        asked = self._take(shared.name, "requests", requests, shared.rpm, now)
        return max(asked, self._take(shared.name, "tokens", tokens, shared.tpm, now))

    async def settle(self, shared: Shared, tokens: float, *, now: float) -> None:
        """Correct what was reserved for a call."""
        self._take(shared.name, "tokens", tokens, shared.tpm, now)

    def recall(self, lane: str, *, now: float) -> Learned | None:  # noqa: ARG002 - the port's shape
        """Nothing."""
        return None

    def remember(self, lanes: Mapping[str, Learned], *, now: float) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""

    def _take(self, name: str, what: str, amount: float, per_minute: float | None, now: float) -> float:
        if per_minute is None:
            return 0.0
        arrival, wait_s = reserved(self._arrivals.get((name, what), 0.0), amount, per_minute / 60, now)
        self._arrivals[name, what] = arrival
        return wait_s
