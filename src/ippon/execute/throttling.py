"""When refusals are a lane's matter: an episode is five of its last twenty answers, or three in a row, refused."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ippon.execute.limits import Policy


class Throttling:
    """Tells an episode from single refusals, which are their items' matter.

    Calls sent before an episode began say nothing about what was changed because of it, so they do not begin another.
    """

    __slots__ = ("_in_a_row", "_policy", "_recent", "_refused", "began_at")

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._recent: deque[bool] = deque(maxlen=policy.episode_window)
        self._refused = 0
        self._in_a_row = 0
        self.began_at = float("-inf")

    def begins(self, *, refused: bool, sent_at: float, now: float, in_flight: int) -> bool:
        """Take in how a call ended that was sent at this time; True where an episode begins with it.

        Refusals are quicker than answers and arrive first, so many in flight make more of them in a row mean nothing.
        """
        if sent_at < self.began_at:
            return False
        if len(self._recent) == self._recent.maxlen:
            self._refused -= self._recent[0]
        self._recent.append(refused)
        self._refused += refused
        self._in_a_row = self._in_a_row + 1 if refused else 0
        policy = self._policy
        in_a_row = max(policy.episode_in_a_row, min(policy.episode_most_in_a_row, policy.episode_share * in_flight))
        if not refused or (self._in_a_row < in_a_row and self._refused < max(policy.episode_refused, in_a_row)):
            return False
        self._recent.clear()
        self._refused = self._in_a_row = 0
        self.began_at = now
        return True

    def covers(self, sent_at: float) -> bool:
        """Whether a call was sent before the last episode began, so that its refusal is part of that."""
        return sent_at <= self.began_at
