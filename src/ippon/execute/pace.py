"""A rate that is learned: where a server limits requests a second, no number of calls in flight is right.

It exists only after an episode, and only from enough answers: a rate learned from too few would starve a lane for minutes.
"""

from __future__ import annotations

from collections import deque
from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ippon.execute.limits import Policy

BOUNDLESS = 1e4  # a second: such a rate is none
REMEMBERED = 4096  # accepted calls; at more than a thousand a second the window is shorter than it should be


class Pace:
    """Spaces the sends of a lane evenly at `rate` (a second; None while nothing is learned), and grows it while all is clean."""

    __slots__ = ("_accepted", "_clean", "_clean_since", "_grown_at", "_policy", "opens_at", "rate")

    def __init__(self, policy: Policy, now: float, rate: float | None = None) -> None:
        self._policy = policy
        self._accepted: deque[float] = deque(maxlen=REMEMBERED)
        self.opens_at = float("-inf")
        self._clean = 0
        self._clean_since = self._grown_at = now
        self.rate = rate

    def accepted(self, now: float) -> None:
        """A call was answered."""
        self._accepted.append(now)
        self._clean += 1
        if self.rate is not None:
            self._grow(now)

    def episode(self, now: float, latency_s: float) -> None:
        """An episode began: learn the rate, or slow down from it.

        Two episodes in a row find a token bucket empty twice: what was accepted from one to the other is what came in.
        """
        policy = self._policy
        if self.rate is None:
            seen = self._seen(now, latency_s)
            self.rate = None if seen is None else seen * policy.rate_share
        else:
            self.rate *= policy.rate_cut
            clean_s = now - self._clean_since
            # In the first moments after a pause only refusals can arrive: that says nothing about the rate.
            if self._clean >= policy.rate_needs and clean_s >= max(policy.rate_needs_s, 2 * latency_s):
                self.rate = min(self.rate, policy.rate_again * self._clean / clean_s)
        self._clean = 0
        self._clean_since = self._grown_at = now

    def sent(self, now: float) -> None:
        """A call is sent now."""
        if self.rate is not None:
            self.opens_at = max(self.opens_at, now - self._policy.rate_slack_s) + 1.0 / self.rate

    def _seen(self, now: float, latency_s: float) -> float | None:
        """Calls a second accepted of late; None where that is too little to learn from.

        Of the last 3 s or four latencies; of a slow lane as long as it takes to have ten answers, a minute at most.
        """
        policy = self._policy
        began = self._accepted[0] if self._accepted else now
        window_s = max(policy.rate_window_s, 4 * latency_s)
        recent = [at for at in self._accepted if at >= max(began, now - window_s)]
        if len(recent) < policy.rate_needs:
            recent = [at for at in self._accepted if at >= max(began, now - policy.rate_longest_s)][
                -policy.rate_needs :
            ]
            window_s = now - recent[0] if len(recent) == policy.rate_needs else 0.0
        span_s = min(window_s, now - began)
        return len(recent) / span_s if span_s >= max(policy.rate_needs_s, 2 * latency_s) else None

    def _grow(self, now: float) -> None:
        """3% a second or .1% a call, what is less; faster the longer nothing was refused: a limit far away is found in time.

        By calls as well as by time: a slow lane would otherwise be refused every few calls.
        """
        assert self.rate is not None
        policy = self._policy
        clean_s = max(0.0, now - self._clean_since)
        haste = min(clean_s / policy.rate_doubling_s, self._clean / policy.rate_doubling_calls)
        speed = min(policy.rate_growth * (now - self._grown_at), policy.rate_growth_per_call)
        self.rate *= exp(min(1.0, speed * (1 + haste**2)))
        self._grown_at = now
        if self.rate > BOUNDLESS:
            self.rate = None
