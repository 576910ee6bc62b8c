"""Public fakes: a scripted world for tests of suites and plugs. The same sockets as the real plugs, nothing patched."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ippon.records.call import Answer, Failure
from ippon.wiring.fakes import MemoryCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.records.call import Request

__all__ = ["FakeClock", "MemoryCache", "ScriptedClient"]


class FakeClock:
    """A clock that stands still until it is told otherwise. Seconds."""

    def __init__(self, now: float = 0.0) -> None:
        self.time: float = now

    def monotonic(self) -> float:
        """Seconds since the clock's start."""
        return self.time

    def now(self) -> float:
        """The same seconds, as Unix time."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Let time pass; ValueError for a step back."""
        if seconds < 0:
            raise ValueError(f"time does not go back, not even by {-seconds:g} s")
        self.time += seconds


class ScriptedClient:
    """Answers each request as a function says: a text, an `Answer`, or a `Failure`. `requests` holds what was sent.

    `latency_s` is real time on the running loop; leave it at 0 for tests that do not test waiting.
    """

    def __init__(self, answer: Callable[[Request], str | Answer | Failure], *, latency_s: float = 0.0) -> None:
        self.requests: list[Request] = []
        self.in_flight_max: int = 0
        self._in_flight = 0
        self._answer = answer
        self._latency_s = latency_s

    async def send(self, request: Request) -> Answer | Failure:
        """What the script says to this request."""
        self.requests.append(request)
        self._in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self._in_flight)
        try:
            await asyncio.sleep(self._latency_s)
            reply = self._answer(request)
        finally:
            self._in_flight -= 1
        return Answer(text=reply) if isinstance(reply, str) else reply

    async def close(self) -> None:
        """Nothing is open."""
