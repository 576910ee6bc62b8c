"""The numbers of the policies: how often, how long, how many. Times in seconds, shares in 0..1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.records.lane import Learned, Shared

if TYPE_CHECKING:
    from ippon.records.call import Failure

THROTTLED = frozenset({"rate_limit", "overloaded"})
START_IN_FLIGHT, MOST_IN_FLIGHT = 16, 256


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults of DESIGN 6, tuned together on the worlds of `bench/worlds.py`."""

    # Retries of one request
    attempts_throttled: int = 5
    attempts_transient: int = 4
    attempts_connect: int = 6
    base_throttled_s: float = 1.0
    base_transient_s: float = 0.25
    cap_s: float = 20.0
    attempt_s: float = 120.0
    item_s: float = 600.0
    longest_hint_s: float = 120.0
    # Retries of a lane
    budget_start: float = 30.0
    budget_per_first: float = 0.2
    budget_per_answer: float = 1.0
    budget_wait_s: float = 1.0
    budget_per_s: float = 0.2
    budget_most: float = 500.0
    # When a lane has no point
    connects: int = 5
    strange_answers: int = 5
    down_s: float = 300.0
    # Episodes of throttling
    episode_window: int = 20
    episode_refused: int = 5
    episode_in_a_row: int = 3
    pause_least_s: float = 1.0
    episode_share: float = 0.15
    episode_most_in_a_row: float = 16.0
    # Concurrency
    growth: float = 0.05
    least_growth: float = 0.5
    near: float = 0.1
    near_growth: float = 0.005
    least_near_growth: float = 0.1
    cut: float = 0.8
    used: float = 0.8
    # Learned rate
    rate_needs: int = 10
    rate_needs_s: float = 1.0
    rate_window_s: float = 3.0
    rate_longest_s: float = 60.0
    rate_share: float = 0.95
    rate_cut: float = 0.93
    rate_again: float = 0.93
    rate_growth: float = 0.03
    rate_doubling_s: float = 5.0
    rate_growth_per_call: float = 0.0003
    rate_doubling_calls: float = 100.0
    rate_slack_s: float = 0.1
    # Breaker
    breaker_window: int = 50
    breaker_needs: int = 20
    breaker_share: float = 0.5
    breaker_in_a_row: int = 5
    breaker_in_flight: float = 0.5
    breaker_open_s: float = 30.0
    breaker_most_s: float = 60.0
    shaky_share: float = 0.15
    breaker_probes: int = 3
    # Hedging
    hedge_share: float = 0.05
    hedge_needs: int = 50
    hedge_least_s: float = 1.0
    hedge_quantile: float = 0.95

    def attempts(self, failure: Failure) -> int:
        """How many attempts in all a failure of this kind allows."""
        if failure.reason == "connect":
            return self.attempts_connect
        return self.attempts_throttled if failure.reason in THROTTLED else self.attempts_transient


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Where a lane's concurrency starts, what it never passes, what it shares with others, what is remembered of it."""

    start: int = START_IN_FLIGHT
    ceiling: int = MOST_IN_FLIGHT
    shared: tuple[Shared, ...] = ()
    learned: Learned | None = None

    @property
    def is_fixed(self) -> bool:
        """Whether the lane's requests a minute are declared, so that none have to be learned."""
        return any(each.rpm is not None for each in self.shared)


def delay_s(policy: Policy, failure: Failure, tries: int, jitter: float) -> float:
    """Seconds before the next attempt after `tries` of them.

    The server's hint plus up to a tenth of it, or full jitter: a uniform share of min(cap, base * 2^(tries - 1)). (Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
    """
    if failure.retry_after_s is not None:
        return failure.retry_after_s * (1 + jitter / 10)
    base = policy.base_throttled_s if failure.reason in THROTTLED else policy.base_transient_s
    return jitter * min(policy.cap_s, base * 2.0 ** (min(tries, 16) - 1))
