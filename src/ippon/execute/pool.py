"""What several lanes use together: places in flight, and requests and tokens a minute that are reserved before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.execute.events import Reserve

if TYPE_CHECKING:
    from ippon.records.lane import Shared

BLOCK_S = (
    0.25  # of sending that one reservation is for: few questions to the store, and little lost by a killed process
)


class Pool:
    """Places and permits. Permits are asked for in blocks, and valid from a time that whoever grants them says.

    Tokens are asked for with them, and counted: calls that share a block are not all of one size.
    """

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.in_flight = 0
        self.asked = False
        self.opens_at = float("-inf")
        self._permits = 0
        self._tokens = 0.0
        self._asked_tokens = 0.0

    @property
    def is_rated(self) -> bool:
        """Whether a call needs a permit."""
        return self.shared.rpm is not None or self.shared.tpm is not None

    def has_room(self) -> bool:
        """Whether one more call may be in flight."""
        most = self.shared.max_in_flight
        return most is None or self.in_flight < most

    def has_permit(self, tokens: float) -> bool:
        """Whether a permit for a call of so many tokens is in hand, be it that it is valid later."""
        if not self.is_rated:
            return True
        return self._permits > 0 and (self.shared.tpm is None or self._tokens >= tokens)

    def reserves(self, waiting: int, tokens: float) -> Reserve:
        """What to ask for in one go, for so many calls that wait; of tokens no more than a block's worth."""
        self.asked = True
        most = float(waiting)
        if self.shared.rpm is not None:
            most = min(most, self.shared.rpm / 60 * BLOCK_S)
        if self.shared.tpm is not None and tokens > 0:
            most = min(most, self.shared.tpm / 60 * BLOCK_S / tokens)
        permits = max(1, int(most))
        self._asked_tokens = max(0.0, permits * tokens - self._tokens)
        return Reserve(self.shared, max(0, permits - self._permits), self._asked_tokens)

    def granted(self, permits: int, opens_at: float) -> None:
        """So many permits were granted, for use from then on."""
        self.asked = False
        self._permits += permits
        self._tokens += self._asked_tokens
        self.opens_at = opens_at

    def take(self, tokens: float) -> None:
        """A call of so many tokens goes out."""
        self.in_flight += 1
        if self.is_rated:
            self._permits -= 1
            self._tokens -= tokens

    def release(self) -> None:
        """A call has ended."""
        self.in_flight -= 1
