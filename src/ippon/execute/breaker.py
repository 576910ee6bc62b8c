"""The circuit breaker of a lane: CLOSED, OPEN, HALF_OPEN, as resilience4j and its readers call them. 429 never trips it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.execute.limits import Policy

State = Literal["CLOSED", "OPEN", "HALF_OPEN"]
ILL: frozenset[str] = frozenset({"server", "connect", "timeout", "transport", "overloaded"})


class Breaker:
    """Closed: all calls pass. Open: none, until a time. Half open: a few ordinary calls probe, and most of them decide.

    What was sent before it opened, or before the probes, decides nothing: it says how things were.
    """

    __slots__ = (
        "_connects",
        "_ended",
        "_failed",
        "_ill",
        "_in_a_row",
        "_jitter",
        "_opened",
        "_policy",
        "_probed",
        "_probes",
        "_probes_ill",
        "_recent",
        "_row_began",
        "_since",
        "_until",
        "state",
    )

    def __init__(self, policy: Policy, jitter: Callable[[], float]) -> None:
        self._policy = policy
        self._jitter = jitter
        self._recent: deque[bool] = deque(maxlen=policy.breaker_window)
        self._ill = 0
        self._ended = 0
        self._failed = 0
        self._connects = 0
        self._in_a_row = 0
        self._row_began = 0.0
        self._opened = 0
        self._until = 0.0
        self._since = float("-inf")
        self._probes = 0
        self._probed = 0
        self._probes_ill = 0
        self.state: State = "CLOSED"

    def observe(self, reason: str | None, *, sent_at: float, now: float, in_flight: int) -> None:
        """Take in how a call ended (a failure's reason, None for an answer) while so many others are in flight."""
        ill = reason in ILL
        self._ended += 1
        self._failed += ill
        if sent_at < self._since or self.state == "OPEN":
            return
        if self.state == "HALF_OPEN":
            self._probe(ill=ill, now=now)
        elif reason != "rate_limit":
            self._note(reason, ill=ill, sent_at=sent_at, now=now, in_flight=in_flight)

    def opens_at(self, now: float) -> float:
        """When the next call may be sent; an open breaker whose time has come is half open from here on."""
        if self.state == "OPEN":
            if now < self._until:
                return self._until
            self.state, self._since = "HALF_OPEN", now
            self._probes = self._probed = self._probes_ill = 0
        return now

    @property
    def is_shaky(self) -> bool:
        """Whether so many calls have failed that one item's failures say little about the item."""
        return self._ended >= self._policy.breaker_needs and self._failed >= self._policy.shaky_share * self._ended

    @property
    def is_failing(self) -> bool:
        """Whether the last calls have all failed."""
        return self._in_a_row >= self._policy.breaker_in_a_row

    def has_room(self) -> bool:
        """Whether one more call may go out: while half open, no more than the probes."""
        return self.state != "HALF_OPEN" or self._probes < self._policy.breaker_probes

    def sent(self) -> None:
        """A call goes out."""
        self._probes += self.state == "HALF_OPEN"

    def _note(self, reason: str | None, *, ill: bool, sent_at: float, now: float, in_flight: int) -> None:
        if ill and not self._in_a_row:
            self._row_began = now
        elif not ill and sent_at < self._row_began and 0 < self._connects == self._in_a_row:
            return  # nobody is there any more: that calls sent before are still answered says how things were
        if len(self._recent) == self._recent.maxlen:
            self._ill -= self._recent[0]
        self._recent.append(ill)
        self._ill += ill
        self._in_a_row = self._in_a_row + 1 if ill else 0
        self._connects = self._connects + 1 if reason == "connect" else 0
        if self._trips(in_flight):
            self._open(now)

    def _trips(self, in_flight: int) -> bool:
        """Most calls fail, and half as many in a row as are in flight: failures are quicker than answers, and arrive first."""
        policy = self._policy
        if self._in_a_row < max(policy.breaker_in_a_row, policy.breaker_in_flight * in_flight):
            return False
        most = len(self._recent) >= policy.breaker_needs and self._ill >= policy.breaker_share * len(self._recent)
        return most or self._connects >= policy.connects

    def _probe(self, *, ill: bool, now: float) -> None:
        self._probed += 1
        self._probes_ill += ill
        majority = self._policy.breaker_probes // 2 + 1
        if self._probes_ill >= majority:
            self._open(now)
        elif self._probed - self._probes_ill >= majority:
            self.state, self._opened, self._since = "CLOSED", 0, now

    def _open(self, now: float) -> None:
        """Open for 30 s, then for 60, half of it at random so that processes do not probe together."""
        policy = self._policy
        longest = min(policy.breaker_most_s, policy.breaker_open_s * 2.0**self._opened)
        self._until = now + longest / 2 * (1 + self._jitter())
        self._opened += 1
        self.state, self._since = "OPEN", now
        self._recent.clear()
        self._ill = self._connects = self._in_a_row = 0
