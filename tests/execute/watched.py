"""A scheduler under watch: each instruction and each state is held against what was promised, whatever happens to it.

No clock, no socket, no task: `now` is a number, and shared rates are granted by the arithmetic that the stores use.
"""

from __future__ import annotations

from typing import NamedTuple

from ippon.execute.events import (
    Arrived,
    Asked,
    Closed,
    Drop,
    Fail,
    Granted,
    Hedge,
    Reserve,
    Send,
    Settle,
    StopLane,
    Woke,
)
from ippon.execute.gcra import BURST_S, reserved
from ippon.execute.limits import Bounds, Policy
from ippon.execute.pool import BLOCK_S
from ippon.execute.scheduler import Scheduler
from ippon.records.call import Failure

EDGES = {("CLOSED", "OPEN"), ("OPEN", "HALF_OPEN"), ("HALF_OPEN", "CLOSED"), ("HALF_OPEN", "OPEN")}
SLACK = 1e-6  # of a request: sums of floats


class Flying(NamedTuple):
    """An attempt under way."""

    lane: str
    sent_at: float


class Bucket:
    """What went out of a declared rate, as a level that drains: never above the burst and what one reservation takes."""

    def __init__(self, per_minute: float) -> None:
        self.per_s = per_minute / 60
        self.level = self.at = self.most = 0.0

    def takes(self, amount: float, now: float) -> None:
        """So much goes out; any window of w seconds has at most the rate times w, and the burst."""
        self.level = max(0.0, self.level - (now - self.at) * self.per_s) + amount
        self.at = now
        self.most = max(self.most, amount)
        burst = max(BURST_S * self.per_s, self.most)
        block = max(BLOCK_S * self.per_s, self.most)
        assert self.level <= (burst + block) * (1 + SLACK) + SLACK


class Watched:
    """A scheduler, what is under way of it, and how each ticket ended."""

    def __init__(
        self,
        bounds: dict[str, Bounds],
        jitter,
        *,
        policy: Policy | None = None,
        hedges: bool = False,
        budget: float = float("inf"),
    ) -> None:
        self.now = 0.0
        self.policy = policy or Policy()
        self.bounds = bounds
        self.left = budget
        self.s = Scheduler(
            bounds_of=bounds.__getitem__,
            jitter=jitter,
            policy=self.policy,
            may_send=lambda pending: None if self.left > pending else "budget",
            hedges=hedges,
        )
        self.asked: dict[int, Asked] = {}
        self.flying: dict[tuple[int, bool], Flying] = {}
        self.tries: dict[int, int] = {}
        self.excused: dict[int, int] = {}
        self.ended: dict[int, str] = {}
        self.stopped: dict[str, Failure] = {}
        self.wanted: list[Reserve] = []
        self.sent: dict[str, int] = dict.fromkeys(bounds, 0)
        self.hedged: dict[str, int] = dict.fromkeys(bounds, 0)
        self.probes: dict[str, int] = dict.fromkeys(bounds, 0)
        self.paused: dict[str, float] = {}
        self.states: dict[str, str] = dict.fromkeys(bounds, "CLOSED")
        self.rates: dict[tuple[str, str], Bucket] = {}
        self.arrivals: dict[tuple[str, str], float] = {}
        self.tokens: dict[str, float] = {}
        self.idle_wakes = 0

    # What happens

    def ask(self, lane: str, tokens: float = 0.0) -> None:
        """Somebody asks."""
        ticket = len(self.asked)
        self.asked[ticket] = Asked(ticket, lane, tokens)
        self.do(self.asked[ticket])

    def arrive(self, ticket: int, *, hedge: bool = False, failure: Failure | None = None, **told) -> None:
        """An attempt ends; the first answer of two is the end of the other."""
        landed = self.flying.pop((ticket, hedge))
        if failure is None:
            self.flying.pop((ticket, not hedge), None)
            self.end(ticket, "Answer")
        elif failure.reason in {"rate_limit", "overloaded"} or self.state(landed.lane) != "CLOSED":
            self.excused[ticket] = self.excused.get(ticket, 0) + 1
        else:
            self.excused[ticket] = self.excused.get(ticket, 0) + hedge
        self.do(Arrived(ticket, failure, hedge, **told))

    def grant(self, wanted: Reserve) -> None:
        """Whoever keeps the rates has answered."""
        self.wanted.remove(wanted)
        waits = [0.0]
        self.tokens[wanted.pool.name] = self.tokens.get(wanted.pool.name, 0.0) + wanted.tokens
        per_minute = {"requests": wanted.pool.rpm, "tokens": wanted.pool.tpm}
        for what, amount in (("requests", wanted.permits), ("tokens", wanted.tokens)):
            rate, key = per_minute[what], (wanted.pool.name, what)
            if rate is not None:
                self.arrivals[key], wait_s = reserved(self.arrivals.get(key, -1e9), amount, rate / 60, self.now)
                waits.append(wait_s)
        self.do(Granted(wanted.pool.name, wanted.permits, self.now + max(waits)))

    def close(self, because: str = "interrupted") -> None:
        """Ctrl-C, or a budget."""
        self.do(Closed(because))

    def pass_time(self, seconds: float) -> None:
        """Time passes; who is to be woken is woken on time, and not for nothing."""
        until = self.now + seconds
        while (due := self.s.next_wake) is not None and due <= until:
            self.wake(due)
        self.now = max(self.now, until)

    def wake(self, due: float) -> None:
        """Go to a wake that is due, and do what it is for."""
        self.now = max(self.now, due)
        before = (self.s.waiting, self.s.in_flight, len(self.s._deferred), len(self.wanted), self.s.closed_because)
        self.do(Woke())
        after = (self.s.waiting, self.s.in_flight, len(self.s._deferred), len(self.wanted), self.s.closed_because)
        again = self.s.next_wake
        self.idle_wakes = self.idle_wakes + 1 if before == after and again is not None and again <= self.now else 0
        assert self.idle_wakes < 8, "woken again and again with nothing to do"

    def do(self, event, at: float | None = None) -> None:
        """Hand over an event and carry out what comes back."""
        for each in self.s.handle(event, self.now if at is None else at):
            self._perform(each)
        self.check()

    def end(self, ticket: int, how: str) -> None:
        """A ticket has ended, for the only time."""
        assert ticket not in self.ended
        assert not {(ticket, False), (ticket, True)} & self.flying.keys()
        self.ended[ticket] = how

    # Carrying out

    def _perform(self, instruction) -> None:
        match instruction:
            case Send(ticket, attempt):
                self.tries[ticket] = self.tries.get(ticket, 0) + 1
                assert attempt == self.tries[ticket]
                assert attempt - self.excused.get(ticket, 0) <= 2 * self.policy.attempts_connect
                assert (ticket, True) not in self.flying
                self._flies(ticket, is_hedge=False)
            case Hedge(ticket):
                assert (ticket, False) in self.flying
                self._flies(ticket, is_hedge=True)
            case Fail(ticket, _, tries) | Drop(ticket, _, tries):
                assert tries == self.tries.get(ticket, 0)
                self.end(ticket, type(instruction).__name__)
            case StopLane(lane, failure):
                assert lane not in self.stopped
                self.stopped[lane] = failure
            case Reserve(pool, permits, tokens):
                assert permits >= 0
                assert tokens >= 0
                assert permits or tokens
                assert pool.name not in {each.pool.name for each in self.wanted}
                self.wanted.append(instruction)
            case Settle(pool, tokens):
                assert pool.tpm is not None
                key = (pool.name, "tokens")
                self.arrivals[key], _ = reserved(self.arrivals[key], tokens, pool.tpm / 60, self.now)

    def _flies(self, ticket: int, *, is_hedge: bool) -> None:
        lane = self.asked[ticket].lane
        assert ticket not in self.ended
        assert (ticket, is_hedge) not in self.flying
        assert lane not in self.stopped
        assert self.left > 0
        assert self.s.closed_because is None or self.left < float("inf")
        self.left -= 1
        self.flying[ticket, is_hedge] = Flying(lane, self.now)
        (self.hedged if is_hedge else self.sent)[lane] += 1
        its = self.s._lanes[lane]
        assert self.now >= its.paused_until
        assert its.breaker.state != "OPEN"
        rate = its.learned.rate
        assert rate is None or its._pace.opens_at - 1 / rate <= self.now + SLACK, "sent before its turn"
        self.probes[lane] += its.breaker.state == "HALF_OPEN"
        assert self.hedged[lane] <= self.policy.hedge_share * self.sent[lane]
        tokens = self.asked[ticket].tokens
        for shared in self.bounds[lane].shared:
            if shared.tpm is not None:
                self.tokens[shared.name] -= tokens
                assert self.tokens[shared.name] >= 0, "more is used than was reserved"
            for what, rate, amount in (("requests", shared.rpm, 1.0), ("tokens", shared.tpm, tokens)):
                if rate is not None:
                    self.rates.setdefault((shared.name, what), Bucket(rate)).takes(amount, self.now)

    # What holds at any moment

    def check(self) -> None:
        """All that was promised of a moment."""
        assert len(self.flying) == self.s.in_flight
        under_way = {ticket for ticket, _ in self.flying}
        assert len(self.asked) - len(self.ended) - len(under_way) == self.s.waiting
        for name, lane in self.s._lanes.items():
            self._check_lane(name, lane)
        self._check_pools()
        if self.s.closed_because is None:
            self._nothing_hangs()

    def state(self, lane: str) -> str:
        """The state of a lane's breaker."""
        return self.s._lanes[lane].breaker.state

    def _check_lane(self, name: str, lane) -> None:
        assert lane.in_flight == sum(each.lane == name for each in self.flying.values())
        assert 1 <= lane.limit <= lane.concurrency.limit <= self.bounds[name].ceiling
        assert lane.paused_until >= self.paused.get(name, float("-inf")), "a pause was shortened"
        assert lane.paused_until <= self.now + self.policy.longest_hint_s
        self.paused[name] = lane.paused_until
        before, state = self.states[name], self.state(name)
        assert before == state or (before, state) in EDGES
        self.states[name] = state
        if state != "HALF_OPEN":
            self.probes[name] = 0
        assert self.probes[name] <= self.policy.breaker_probes
        assert 0 <= lane._budget <= self.policy.budget_most

    def _check_pools(self) -> None:
        shares = {each for bounds in self.bounds.values() for each in bounds.shared}
        for shared in shares:
            its = [lane for lane, bounds in self.bounds.items() if shared in bounds.shared]
            flying = sum(each.lane in its for each in self.flying.values())
            assert shared.max_in_flight is None or flying <= shared.max_in_flight

    def _nothing_hangs(self) -> None:
        """What waits is waited for: a time, an attempt in flight, or a reservation under way."""
        due = self.s.next_wake
        due = float("inf") if due is None else due
        assert not self.s._deferred or due <= self.s._deferred[0][0]
        awaited = {each.pool.name for each in self.wanted}
        for lane in self.s._lanes.values():
            if not lane.ready:
                continue
            tokens = self.asked[lane.ready[0]].tokens
            if not lane.has_room():
                assert lane.in_flight or any(pool.in_flight for pool in lane.pools)
            elif not {pool.shared.name for pool in lane.lacks_permits(tokens)} & awaited:
                assert due <= lane.opens_at(self.s._now, tokens)

    def check_conserved(self) -> None:
        """No lane has something ready, is open, and has room everywhere; whoever is due was woken before."""
        if self.s.closed_because is not None or self.left <= 0:
            return
        for lane in self.s._lanes.values():
            if lane.ready and lane.has_room():
                tokens = self.asked[lane.ready[0]].tokens
                awaited = {each.pool.name for each in self.wanted}
                lacks = {pool.shared.name for pool in lane.lacks_permits(tokens)}
                assert lane.opens_at(self.now, tokens) > self.now or lacks & awaited

    def end_all(self) -> None:
        """Close, and let everything land: each ticket has exactly one end."""
        self.close("end")
        failure = Failure(reason="server", message="500")
        for ticket, hedge in list(self.flying):
            self.arrive(ticket, hedge=hedge, failure=failure)
        assert not self.flying
        assert self.asked.keys() == self.ended.keys()
        assert self.s.next_wake is None
        assert not self.s._tickets
