"""The numbers of the policies: how often, how long, how many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ippon.records.call import Failure

THROTTLED = frozenset({"rate_limit", "overloaded"})
DEFAULT_IN_FLIGHT = 16


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults of DESIGN 6. Times in seconds."""

    attempts_throttled: int = 5
    attempts_transient: int = 4
    base_throttled_s: float = 1.0
    base_transient_s: float = 0.25
    cap_s: float = 20.0
    connects: int = 5
    strange_answers: int = 5
    attempt_s: float = 120.0
    item_s: float = 600.0

    def attempts(self, failure: Failure) -> int:
        """How many attempts in all a failure of this kind allows."""
        return self.attempts_throttled if failure.reason in THROTTLED else self.attempts_transient


def delay_s(policy: Policy, failure: Failure, tries: int, jitter: float) -> float:
    """Seconds before the next attempt after `tries` of them.

    The server's hint plus up to a tenth of it, or full jitter: a uniform share of min(cap, base * 2^(tries - 1)). (Brooker,
    "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.)
    """
    if failure.retry_after_s is not None:
        return failure.retry_after_s * (1 + jitter / 10)
    base = policy.base_throttled_s if failure.reason in THROTTLED else policy.base_transient_s
    return jitter * min(policy.cap_s, base * 2.0 ** (tries - 1))
