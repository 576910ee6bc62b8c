"""How many calls a lane has in flight: additive increase, multiplicative decrease.

(Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989; the
doubling until the first cut is TCP's slow start, RFC 5681.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ippon.execute.limits import Bounds, Policy


class Concurrency:
    """Grows with each answer that found the lane well used, twofold a round until the first cut; shrinks once an episode."""

    __slots__ = ("_ceiling", "_cut_at", "_exact", "_policy", "limit", "was_cut")

    def __init__(self, bounds: Bounds, policy: Policy) -> None:
        known = bounds.learned
        self._policy = policy
        self._ceiling = bounds.ceiling
        self._exact = float(min(bounds.ceiling, known.limit if known else bounds.start))
        self.limit = max(1, int(self._exact))
        self.was_cut = known is not None and known.was_cut
        self._cut_at = self._exact

    def accepted(self, in_flight: int) -> None:
        """An answer came while so many calls, its own among them, were in flight."""
        if in_flight >= self._policy.used * self.limit and self.limit < self._ceiling:
            self._exact = min(float(self._ceiling), self._exact + self._step())
            self.limit = int(self._exact)

    def cut(self) -> None:
        """An episode of throttling has begun."""
        self.was_cut = True
        self._cut_at = self._exact
        self._exact = max(1.0, self._exact * self._policy.cut)
        self.limit = int(self._exact)

    def _step(self) -> float:
        """Growth an answer: slow near where it was last cut, since that is where the limit probably is (as CUBIC does)."""
        policy = self._policy
        if not self.was_cut:
            return 1.0
        if abs(self._exact - self._cut_at) < policy.near * self._cut_at:
            return max(policy.near_growth, policy.least_near_growth / self._exact)
        return max(policy.growth, policy.least_growth / self._exact)
