"""One lane (provider x model x account): all that decides when its next call may be sent. Pure: time is an argument."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from ippon.execute.breaker import Breaker
from ippon.execute.concurrency import Concurrency
from ippon.execute.events import Settle
from ippon.execute.hedging import Hedging
from ippon.execute.limits import THROTTLED
from ippon.execute.pace import Pace
from ippon.execute.quota import Allowance
from ippon.execute.throttling import Throttling
from ippon.records.lane import Hold, Learned

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.execute.events import Reserve
    from ippon.execute.limits import Bounds, Policy
    from ippon.execute.pool import Pool
    from ippon.records.call import Allowances, Failure

LATENCY_WEIGHT = 0.1  # of the newest call in the running mean


class Sent(NamedTuple):
    """What is noted of a call when it is sent: the time, and how much of its allowances had been used."""

    at: float
    requests: float
    tokens: float


class Lane:
    """The queue of a lane, and the rules that its sends obey."""

    def __init__(
        self,
        name: str,
        bounds: Bounds,
        pools: tuple[Pool, ...],
        policy: Policy,
        jitter: Callable[[], float],
        now: float,
    ) -> None:
        known = bounds.learned
        self.name = name
        self.adapts = bounds.start < bounds.ceiling
        self.pools = pools
        self.in_flight = 0
        self.answered = False
        self.refused = 0
        self.finished = 0
        self.stopped: Failure | None = None
        self.paused_until = float("-inf")
        self.paused_for = 0.0
        self.concurrency = Concurrency(bounds, policy)
        self.breaker = Breaker(policy, jitter)
        self.hedging = Hedging(policy)
        self.latency_s = 0.0
        self._policy = policy
        self._jitter = jitter
        self._ready: list[int] = []
        self._is_rate_fixed = bounds.is_fixed
        self._pace = Pace(policy, now, known.rate if known else None)
        self._throttling = Throttling(policy)
        self._requests = Allowance()
        self._tokens = Allowance()
        self._budget = policy.budget_start
        self._budget_at = now
        self._episodes = 0
        self._trouble_since: float | None = None
        self._trouble = ""
        self._connects = 0
        self._strange = 0

    # The queue

    def queue(self, ticket: int) -> None:
        """A ticket is ready; the one asked first goes first, another attempt of it too."""
        heappush(self._ready, ticket)

    @property
    def ready(self) -> list[int]:
        """The tickets that could be sent, a heap."""
        return self._ready

    def pop(self) -> int:
        """The next ticket."""
        return heappop(self._ready)

    def drain(self) -> list[int]:
        """All that is ready, in order; the queue is empty then."""
        ready = sorted(self._ready)
        self._ready.clear()
        return ready

    # When

    @property
    def limit(self) -> int:
        """Most calls in flight; halved with each episode in which nothing was answered since the one before."""
        limit = self.concurrency.limit
        return limit if self._episodes <= 1 else max(1, limit >> (self._episodes - 1))

    def has_room(self) -> bool:
        """Whether one more call may be in flight, in the lane and in what it shares."""
        if self.in_flight >= self.limit or not self.breaker.has_room():
            return False
        return not self.pools or all(pool.has_room() for pool in self.pools)

    def opens_at(self, now: float, tokens: float) -> float:
        """When the next call may be sent, were there room: pauses, the breaker, what was learned, told, or granted."""
        if self.breaker.state != "CLOSED":
            now = self.breaker.opens_at(now)
        pace, pause = self._pace.opens_at, self.paused_until
        opens_at = max(now, pause, pace, self._requests.opens_at(1.0, now), self._tokens.opens_at(tokens, now))
        return max([opens_at, *(pool.opens_at for pool in self.pools)]) if self.pools else opens_at

    def lacks_permits(self, tokens: float) -> list[Pool]:
        """What the lane shares and has no permit of in hand for a call of so many tokens."""
        return [pool for pool in self.pools if not pool.has_permit(tokens)]

    def awaits_permits(self, tokens: float) -> bool:
        """Whether a permit that such a call needs was asked for."""
        return any(pool.asked for pool in self.lacks_permits(tokens))

    def reserves(self, tokens: float) -> list[Reserve]:
        """What to ask for before the next call of so many tokens can go out, a block at a time."""
        lacking = [pool for pool in self.lacks_permits(tokens) if not pool.asked]
        return [pool.reserves(len(self._ready), tokens) for pool in lacking]

    def settles(self, beyond: float) -> list[Settle]:
        """A call has taken so many tokens more than were reserved; no call is believed to take more than a minute's worth."""
        rated = [(pool.shared, tpm) for pool in self.pools if (tpm := pool.shared.tpm) is not None]
        return [Settle(shared, min(beyond, tpm)) for shared, tpm in rated if beyond]

    @property
    def is_idle(self) -> bool:
        """Whether it is well, could send, and has nothing to send."""
        return not self._ready and self.stopped is None and self.has_room() and not self.breaker.is_failing

    def is_calm(self, now: float) -> bool:
        """Whether nothing is wrong with it: not stopped, no breaker open, no pause."""
        return self.stopped is None and self.breaker.state == "CLOSED" and self.paused_until <= now

    def hold(self, now: float) -> Hold | None:
        """What it waits for, if that is more than a place: its breaker, a pause, a rate."""
        opens_at = self.opens_at(now, 0.0)
        if opens_at <= now:
            return None
        is_down = self.breaker.state != "CLOSED"
        why = "down" if is_down else "cooling" if self.paused_until > now else "paced"
        return Hold(
            lane=self.name,
            why=why,
            left_s=opens_at - now,
            asked_s=self.paused_for if why == "cooling" else 0.0,
            limit=self.limit,
            refused=self.refused,
            finished=self.finished,
            message=self._trouble,
        )

    def sends(self, now: float, tokens: float, *, first: bool) -> Sent:
        """A call goes out now."""
        self.in_flight += 1
        for pool in self.pools:
            pool.take(tokens)
        self.breaker.sent()
        self._pace.sent(now)
        self._requests.take(1.0)
        self._tokens.take(tokens)
        if first:
            self._budget = min(self._policy.budget_most, self._budget + self._policy.budget_per_first)
        return Sent(now, self._requests.used, self._tokens.used)

    def affords_retry(self, now: float) -> bool:
        """Take a retry from the lane's budget; False where it is empty and the retry has to wait."""
        policy = self._policy
        self._budget = min(policy.budget_most, self._budget + (now - self._budget_at) * policy.budget_per_s)
        self._budget_at = now
        if self._budget < 1.0:
            return False
        self._budget -= 1.0
        return True

    # How calls ended

    def accepted(self, sent: Sent, now: float) -> None:
        """An answer came."""
        self._ends(None, sent, now)
        self.answered = True
        self._trouble_since = None
        self._episodes = self._connects = self._strange = 0
        self._budget = min(self._policy.budget_most, self._budget + self._policy.budget_per_answer)
        self.latency_s += (now - sent.at - self.latency_s) * (LATENCY_WEIGHT if self.latency_s else 1.0)
        self.hedging.answered(now - sent.at)
        self._begins(refused=False, sent_at=sent.at, now=now)
        self.concurrency.accepted(self.in_flight + 1)
        if not self._is_rate_fixed:
            self._pace.accepted(now)

    def failed(self, failure: Failure, sent: Sent, now: float) -> bool:
        """A call failed; True where that is the lane's matter, not held against the item."""
        was_closed = self.breaker.state == "CLOSED"
        self._ends(failure.reason, sent, now)
        throttled = failure.reason in THROTTLED
        self._trouble = failure.message
        self.refused += throttled
        self._connects = self._connects + 1 if failure.reason == "connect" else 0
        self._strange = self._strange + 1 if failure.reason == "not_a_provider" else 0
        is_down = self.breaker.state != "CLOSED" or throttled
        if is_down and self._trouble_since is None:
            self._trouble_since = now
        if failure.reason == "overloaded" and failure.retry_after_s is not None:
            self._pause(failure.retry_after_s, now)
        if was_closed and self._begins(refused=throttled, sent_at=sent.at, now=now):
            self._episode(failure, now)
        return (throttled and self._throttling.covers(sent.at)) or not was_closed

    def attempts(self, failure: Failure) -> int:
        """How many attempts a failure of this kind allows: twice as many on a lane where calls fail all around."""
        return self._policy.attempts(failure) * (2 if self.breaker.is_shaky else 1)

    def told(self, told: Allowances, sent: Sent, now: float) -> None:
        """What the headers of an answer said of the limits."""
        if told.requests is not None:
            self._requests.told(told.requests, sent.requests, now)
        if told.tokens is not None:
            self._tokens.told(told.tokens, sent.tokens, now)

    def is_over(self, failure: Failure, now: float, *, again: bool) -> bool:
        """Whether a lane has no point any more: nobody there, five answers that are no provider's, down for five minutes."""
        nobody = self._connects >= self._policy.connects or (self._connects > 0 and not again)
        if (nobody and not self.answered) or self._strange >= self._policy.strange_answers:
            return True
        if failure.retry_after_s is not None and failure.retry_after_s > self._policy.longest_hint_s:
            return True
        return self._trouble_since is not None and now - self._trouble_since >= self._policy.down_s

    @property
    def learned(self) -> Learned:
        """What the next run should start from."""
        return Learned(limit=self.concurrency.limit, was_cut=self.concurrency.was_cut, rate=self._pace.rate)

    def release(self) -> None:
        """A place is free again."""
        self.in_flight -= 1
        for pool in self.pools:
            pool.release()

    def _ends(self, reason: str | None, sent: Sent, now: float) -> None:
        self.release()
        self.finished += 1
        self.breaker.observe(reason, sent_at=sent.at, now=now, in_flight=self.in_flight)

    def _begins(self, *, refused: bool, sent_at: float, now: float) -> bool:
        return self._throttling.begins(refused=refused, sent_at=sent_at, now=now, in_flight=self.in_flight)

    def _episode(self, failure: Failure, now: float) -> None:
        self._episodes += 1
        if self._episodes == 1:
            self.concurrency.cut()
            if not self._is_rate_fixed:
                self._pace.episode(now, self.latency_s)
        longest = min(self._policy.cap_s, self._policy.base_throttled_s * 2.0 ** (min(self._episodes, 16) - 1))
        hint = failure.retry_after_s
        least = min(longest, self._policy.pause_least_s)
        own = max(least, longest * self._jitter())
        self._pause(own if hint is None else max(least, hint * (1 + self._jitter() / 10)), now)

    def _pause(self, seconds: float, now: float) -> None:
        """Send nothing for so long; a pause is only ever extended. Who asks for more is not waited for: the lane ends."""
        seconds = min(seconds, self._policy.longest_hint_s)
        if now + seconds > self.paused_until:
            self.paused_until, self.paused_for = now + seconds, seconds
