"""One request on its way through the scheduler."""

from __future__ import annotations

import msgspec

from ippon.execute.lane import Lane, Sent


class Ticket(msgspec.Struct):
    """`tries` were made, `faults` of them count against it; `sent` and `hedge` are what is under way."""

    lane: Lane
    tokens: float
    tries: int = 0
    faults: int = 0
    first_at: float = 0.0
    sent: Sent | None = None
    hedge: Sent | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether an attempt may still bring an answer."""
        return self.sent is not None or self.hedge is not None

    def lands(self, *, is_hedge: bool) -> Sent:
        """One attempt has ended; what was noted of it when it was sent."""
        sent, self.sent, self.hedge = (self.hedge, self.sent, None) if is_hedge else (self.sent, None, self.hedge)
        assert sent is not None, "only what was sent can end"
        return sent
