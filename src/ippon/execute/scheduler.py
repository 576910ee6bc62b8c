"""The scheduler: a pure state machine. Events in, instructions out, time an argument; `gateway` carries them out.

A ticket is one request under way. Every ticket that is asked ends exactly once: it arrives, or it is failed or dropped.
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from ippon.execute.events import (
    Arrived,
    Asked,
    Closed,
    Drop,
    Fail,
    Granted,
    Hedge,
    Send,
    StopLane,
    Woke,
)
from ippon.execute.lane import Lane
from ippon.execute.limits import Policy, delay_s
from ippon.execute.pool import Pool
from ippon.execute.ticket import Ticket
from ippon.records.call import DETERMINISTIC, LANE_FINAL, TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.execute.events import Event, Instruction
    from ippon.execute.lane import Sent
    from ippon.execute.limits import Bounds
    from ippon.records.call import Failure
    from ippon.records.lane import Hold, Learned

NEVER = float("inf")
FEW, MANY = 64, 4096  # tickets that wait: enough to keep the lanes busy; the most, when one of them holds the others up


class Scheduler:
    """Bounded, adaptive concurrency a lane, retries of transient failures, lanes that end when there is no point.

    `bounds_of` gives a lane's bounds, `jitter` a number in 0..1 for each delay, `may_send` a reason in words why nothing
    more may be sent (None: go on), looked at before each attempt and told how many sends are on their way out with the
    event at hand. Lanes take turns for what they share.
    """

    def __init__(
        self,
        *,
        bounds_of: Callable[[str], Bounds],
        jitter: Callable[[], float],
        policy: Policy | None = None,
        may_send: Callable[[int], str | None] = lambda _pending: None,
        hedges: bool = False,
    ) -> None:
        self._bounds_of = bounds_of
        self._jitter = jitter
        self._policy = policy or Policy()
        self._may_send = may_send
        self._hedges = hedges
        self._lanes: dict[str, Lane] = {}
        self._pools: dict[str, Pool] = {}
        self._turns: deque[Lane] = deque()
        self._tickets: dict[int, Ticket] = {}
        self._deferred: list[tuple[float, int]] = []
        self._closed: str | None = None
        self._pending = 0
        self._in_flight = 0
        self._now = 0.0

    # What may be read

    @property
    def closed_because(self) -> str | None:
        """Why nothing more is sent; None while sending goes on."""
        return self._closed

    @property
    def in_flight(self) -> int:
        """Attempts under way."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """Tickets that are neither under way nor ended."""
        return sum(len(lane.ready) for lane in self._turns) + len(self._deferred)

    @property
    def wants_more(self) -> bool:
        """Whether more should be asked: little waits, or a lane is idle while others hold things up."""
        waiting = self.waiting
        return waiting < FEW or (waiting < MANY and any(lane.is_idle for lane in self._turns))

    @property
    def limit(self) -> int:
        """Most attempts under way, over the lanes in use."""
        return sum(lane.concurrency.limit for lane in self._turns)

    @property
    def next_wake(self) -> float | None:
        """When `Woke` is due; None while nothing waits for time to pass."""
        due = self._deferred[0][0] if self._deferred else NEVER
        for lane in self._turns:
            slow = self._slow(lane) if self._hedges else None
            due = min(due, self._opens_at(lane), NEVER if slow is None else slow[1])
        return None if due == NEVER else due

    @property
    def learned(self) -> dict[str, Learned]:
        """What each lane that adapts has found out about itself, by its name; none of those that never answered."""
        return {name: lane.learned for name, lane in self._lanes.items() if lane.answered and lane.adapts}

    def holds(self, now: float) -> list[Hold]:
        """Why lanes that have something to send do not."""
        self._now = max(self._now, now)  # asking may half open a breaker, and no call of before may be its probe
        retries = [self._tickets[number].lane for _, number in self._deferred]
        return [hold for lane in self._turns if (lane.ready or lane in retries) and (hold := lane.hold(self._now))]

    # What happens

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """What to do about an event, in this order. Time never goes back: an event of before is handled as if it were now."""
        self._pending, self._now = 0, max(self._now, now)
        match event:
            case Asked():
                return self._asked(event)
            case Arrived():
                return self._arrived(event)
            case Granted(pool, permits, opens_at):
                self._pools[pool].granted(permits, opens_at)
                return self._pump()
            case Woke():
                return self._woke()
            case Closed(because):  # exhaustive
                return self._close(because)

    def _asked(self, event: Asked) -> list[Instruction]:
        lane = self._lanes.get(event.lane) or self._opened(event.lane)
        self._tickets[event.ticket] = Ticket(lane=lane, tokens=event.tokens)
        if self._closed is not None or lane.stopped is not None:
            return [self._dropped(event.ticket)]
        lane.queue(event.ticket)
        return self._pump() if len(lane.ready) == 1 else []

    def _opened(self, name: str) -> Lane:
        bounds = self._bounds_of(name)
        pools = tuple(self._pools.setdefault(each.name, Pool(each)) for each in bounds.shared)
        lane = self._lanes[name] = Lane(name, bounds, pools, self._policy, self._jitter, self._now)
        self._turns.append(lane)
        return lane

    def _arrived(self, event: Arrived) -> list[Instruction]:
        ticket = self._tickets[event.ticket]
        lane, now = ticket.lane, self._now
        sent = ticket.lands(is_hedge=event.hedge)
        self._in_flight -= 1
        settled = [] if event.tokens is None else lane.settles(event.tokens - ticket.tokens)
        if event.told is not None:
            lane.told(event.told, sent, now)
        if event.failure is None:
            lane.accepted(sent, now)
            del self._tickets[event.ticket]
            if ticket.is_under_way:  # the other one of the two is given up
                self._in_flight -= 1
                lane.release()
            return [*settled, *self._pump()]
        excused = lane.failed(event.failure, sent, now)
        if ticket.is_under_way:  # the other one of the two may still be answered
            return [*settled, *self._pump()]
        ticket.faults += not excused
        return [*settled, *self._after(event.ticket, event.failure), *self._pump()]

    def _after(self, number: int, failure: Failure) -> list[Instruction]:
        """What becomes of a ticket whose attempt failed."""
        ticket, policy, now = self._tickets[number], self._policy, self._now
        lane = ticket.lane
        if failure.reason in DETERMINISTIC:  # as good as an answer, whatever has been closed meanwhile
            return [self._failed(number, failure)]
        if lane.stopped is not None or self._closed is not None:
            return [self._dropped(number)]
        again = failure.reason in TRANSIENT and ticket.faults < lane.attempts(failure)
        if failure.reason in LANE_FINAL or lane.is_over(failure, now, again=again):
            return self._stop(lane, failure, number)
        due = now + delay_s(policy, failure, max(1, ticket.faults), self._jitter())
        if again and due <= ticket.first_at + policy.item_s:
            heappush(self._deferred, (due, number))
            return []
        return [self._failed(number, failure)]

    def _failed(self, number: int, failure: Failure) -> Fail:
        return Fail(number, failure, self._tickets.pop(number).tries)

    def _stop(self, lane: Lane, failure: Failure, number: int) -> list[Instruction]:
        lane.stopped = failure
        deferred = sorted(entry for entry in self._deferred if self._tickets[entry[1]].lane is lane)
        self._deferred = [entry for entry in self._deferred if self._tickets[entry[1]].lane is not lane]
        heapify(self._deferred)
        waiting = [number, *lane.drain(), *(each for _, each in deferred)]
        return [StopLane(lane.name, failure), *(self._dropped(each) for each in waiting)]

    def _woke(self) -> list[Instruction]:
        while self._deferred and self._deferred[0][0] <= self._now:
            _, number = heappop(self._deferred)
            self._tickets[number].lane.queue(number)
        return [*self._pump(), *self._hedged()]

    def _close(self, because: str) -> list[Instruction]:
        self._closed = self._closed or because
        waiting = [number for lane in self._turns for number in lane.drain()]
        waiting += [number for _, number in sorted(self._deferred)]
        self._deferred.clear()
        return [self._dropped(number) for number in waiting]

    def _dropped(self, number: int) -> Drop:
        ticket = self._tickets.pop(number)
        failure = ticket.lane.stopped
        if self._closed is None and failure is not None:
            return Drop(number, f"lane {ticket.lane.name} stopped: {failure.message}", ticket.tries, failure)
        return Drop(number, self._closed or "", ticket.tries)

    # Sending

    def _pump(self) -> list[Instruction]:
        """Send what may be sent, lane by lane in turns, until none of them can."""
        out: list[Instruction] = []
        idle = 0
        while idle < len(self._turns) and self._closed is None:
            lane = self._turns[0]
            self._turns.rotate(-1)
            idle = 0 if lane.ready and self._sends(lane, out) else idle + 1
        return out

    def _sends(self, lane: Lane, out: list[Instruction]) -> bool:
        """Send the next ticket of a lane; False where it cannot be."""
        number, now = lane.ready[0], self._now
        ticket = self._tickets[number]
        if not lane.has_room() or lane.opens_at(now, ticket.tokens) > now:
            return False
        if lane.lacks_permits(ticket.tokens):
            out += lane.reserves(ticket.tokens)
            return False
        because = self._may_send(self._pending)
        if because is not None:
            out += self._close(because)
            return False
        lane.pop()
        if ticket.tries and not lane.affords_retry(now):
            heappush(self._deferred, (now + self._policy.budget_wait_s, number))
            return True
        ticket.first_at = ticket.first_at if ticket.tries else now
        ticket.tries += 1
        ticket.sent = self._goes_out(ticket, first=ticket.tries == 1)
        if self._hedges:
            lane.hedging.sent(number)
        out.append(Send(number, ticket.tries))
        return True

    def _goes_out(self, ticket: Ticket, *, first: bool) -> Sent:
        self._pending += 1
        self._in_flight += 1
        return ticket.lane.sends(self._now, ticket.tokens, first=first)

    def _opens_at(self, lane: Lane) -> float:
        """When time alone lets a lane send; never, where it needs something to happen."""
        if not lane.ready or not lane.has_room():
            return NEVER
        tokens = self._tickets[lane.ready[0]].tokens
        return NEVER if lane.awaits_permits(tokens) else lane.opens_at(self._now, tokens)

    # Hedging: only where a place is free that nobody waits for

    def _slow(self, lane: Lane) -> tuple[int, float] | None:
        """(ticket, when) of the next call of a lane that will be slow, and may be made once more then."""
        if self._closed is not None or lane.ready or not lane.has_room() or not lane.is_calm(self._now):
            return None
        slow = lane.hedging.next(self._under_way_since)
        if slow is None or lane.lacks_permits(tokens := self._tickets[slow[0]].tokens):
            return None
        return slow[0], max(slow[1], lane.opens_at(self._now, tokens))

    def _under_way_since(self, number: int) -> float | None:
        ticket = self._tickets.get(number)
        return ticket.sent.at if ticket is not None and ticket.sent is not None and ticket.hedge is None else None

    def _hedged(self) -> list[Instruction]:
        out: list[Instruction] = []
        for lane in self._turns if self._hedges else ():
            while (slow := self._slow(lane)) is not None and slow[1] <= self._now:
                if self._may_send(self._pending) is not None:
                    self._hedges = False  # what is left is for calls that nobody has made yet
                    return out
                ticket = self._tickets[lane.hedging.hedges()]
                ticket.hedge = self._goes_out(ticket, first=False)
                out.append(Hedge(slow[0]))
        return out
