"""When a slow call is made once more: after the lane's 95th percentile, for a twentieth of its calls at most.

(Dean and Barroso, "The Tail at Scale", Communications of the ACM 56(2), 2013.)
"""

from __future__ import annotations

from collections import deque
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.execute.limits import Policy

REMEMBERED = 200
FRESH = 20  # answers that one computed percentile serves


class Hedging:
    """How long a lane's calls take, which of those in flight is next to be slow, and whether one more hedge is allowed."""

    __slots__ = ("_after_s", "_answered", "_hedged", "_latencies", "_policy", "_sent", "_under_way")

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._latencies: deque[float] = deque(maxlen=REMEMBERED)
        self._under_way: deque[int] = deque()
        self._answered = 0
        self._sent = 0
        self._hedged = 0
        self._after_s: float | None = None

    def sent(self, ticket: int) -> None:
        """A call went out, not for a hedge."""
        self._sent += 1
        self._under_way.append(ticket)

    def answered(self, latency_s: float) -> None:
        """A call took so long."""
        self._latencies.append(latency_s)
        self._answered += 1
        if self._answered >= self._policy.hedge_needs and (self._answered - self._policy.hedge_needs) % FRESH == 0:
            ordered = sorted(self._latencies)
            at = ordered[ceil(self._policy.hedge_quantile * len(ordered)) - 1]
            self._after_s = max(self._policy.hedge_least_s, at)

    def next(self, sent_at: Callable[[int], float | None]) -> tuple[int, float] | None:
        """(ticket, when it is slow) of the call longest in flight; `sent_at` is None for one that is not any more."""
        if self._after_s is None or self._hedged + 1 > self._policy.hedge_share * self._sent:
            return None
        while self._under_way:
            since = sent_at(self._under_way[0])
            if since is not None:
                return self._under_way[0], since + self._after_s
            self._under_way.popleft()
        return None

    def hedges(self) -> int:
        """Hedge the call that `next` named; returns its ticket."""
        self._hedged += 1
        return self._under_way.popleft()
