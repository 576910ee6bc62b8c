"""The scheduler: a pure state machine. Events in, instructions out, time an argument; `gateway` carries them out.

A ticket is one request under way. Every ticket that is asked ends exactly once: it arrives, or it is failed or dropped.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import msgspec

from ippon.execute.limits import Policy, delay_s
from ippon.records.call import LANE_FINAL, TRANSIENT, Failure

if TYPE_CHECKING:
    from collections.abc import Callable


class Asked(msgspec.Struct, frozen=True):
    """Somebody wants an answer on a lane."""

    ticket: int
    lane: str


class Arrived(msgspec.Struct, frozen=True):
    """An attempt has ended: with an answer (`failure` None), or with trouble."""

    ticket: int
    failure: Failure | None = None


class Woke(msgspec.Struct, frozen=True):
    """Time has passed; something deferred may be due."""


class Closed(msgspec.Struct, frozen=True):
    """Nothing more is sent: a budget, a deadline or Ctrl-C. What is in flight may still arrive."""

    because: str


Event = Asked | Arrived | Woke | Closed


class Send(msgspec.Struct, frozen=True):
    """Make this attempt now (the first is 1)."""

    ticket: int
    attempt: int


class Fail(msgspec.Struct, frozen=True):
    """Asking again is of no use; this is how the ticket ends."""

    ticket: int
    failure: Failure
    tries: int


class Drop(msgspec.Struct, frozen=True):
    """The ticket ends without having been answered; something was in the way: `failure` where it is its lane's end."""

    ticket: int
    because: str
    tries: int
    failure: Failure | None = None


class StopLane(msgspec.Struct, frozen=True):
    """A lane takes nothing more in this run; say so, once."""

    lane: str
    failure: Failure


Instruction = Send | Fail | Drop | StopLane


class _Ticket(msgspec.Struct):
    lane: str
    asked_at: float
    tries: int = 0


class _Lane(msgspec.Struct):
    limit: int
    in_flight: int = 0
    ready: deque[int] = msgspec.field(default_factory=deque[int])
    answered: bool = False
    connect_failures: int = 0
    strange_answers: int = 0
    stopped: Failure | None = None


class Scheduler:
    """Bounded concurrency a lane, retries of transient failures, lanes that end when there is no point.

    `limit_of` gives a lane's most calls in flight, `jitter` a number in 0..1 for each delay, `may_send` a reason in words
    why nothing more may be sent (None: go on), looked at before each attempt and told how many sends are on their way
    out with the event at hand.
    """

    def __init__(
        self,
        *,
        limit_of: Callable[[str], int],
        jitter: Callable[[], float],
        policy: Policy | None = None,
        may_send: Callable[[int], str | None] = lambda _pending: None,
    ) -> None:
        self._limit_of = limit_of
        self._jitter = jitter
        self._policy = policy or Policy()
        self._may_send = may_send
        self._lanes: dict[str, _Lane] = {}
        self._tickets: dict[int, _Ticket] = {}
        self._deferred: list[tuple[float, int]] = []
        self._closed: str | None = None
        self._pending = 0

    @property
    def closed_because(self) -> str | None:
        """Why nothing more is sent; None while sending goes on."""
        return self._closed

    @property
    def in_flight(self) -> int:
        """Attempts under way."""
        return sum(lane.in_flight for lane in self._lanes.values())

    @property
    def waiting(self) -> int:
        """Tickets that are neither under way nor ended."""
        return len(self._tickets) - self.in_flight

    @property
    def limit(self) -> int:
        """Most attempts under way, over the lanes in use."""
        return sum(lane.limit for lane in self._lanes.values())

    @property
    def next_wake(self) -> float | None:
        """When `Woke` is due; None while nothing is deferred."""
        return self._deferred[0][0] if self._deferred else None

    def handle(self, event: Event, now: float) -> list[Instruction]:
        """What to do about an event, in this order."""
        self._pending = 0
        match event:
            case Asked():
                return self._asked(event, now)
            case Arrived():
                return self._arrived(event, now)
            case Woke():
                return self._woke(now)
            case Closed():  # exhaustive
                return self._close(event.because)

    def _asked(self, event: Asked, now: float) -> list[Instruction]:
        lane = self._lanes.get(event.lane)
        if lane is None:
            lane = self._lanes[event.lane] = _Lane(limit=self._limit_of(event.lane))
        self._tickets[event.ticket] = _Ticket(lane=event.lane, asked_at=now)
        if self._closed is not None or lane.stopped is not None:
            return [self._dropped(event.ticket, self._closed, lane.stopped)]
        lane.ready.append(event.ticket)
        return self._pump(lane)

    def _arrived(self, event: Arrived, now: float) -> list[Instruction]:
        ticket = self._tickets[event.ticket]
        lane = self._lanes[ticket.lane]
        lane.in_flight -= 1
        failure = event.failure
        if failure is None:
            lane.answered, lane.connect_failures, lane.strange_answers = True, 0, 0
            del self._tickets[event.ticket]
            return self._pump(lane)
        lane.connect_failures = lane.connect_failures + 1 if failure.reason == "connect" else 0
        lane.strange_answers = lane.strange_answers + 1 if failure.reason == "not_a_provider" else 0
        ended = self._after(event.ticket, failure, now)
        return [*ended, *self._pump(lane)]

    def _after(self, number: int, failure: Failure, now: float) -> list[Instruction]:
        """What becomes of a ticket whose attempt failed."""
        ticket = self._tickets[number]
        lane = self._lanes[ticket.lane]
        again = failure.reason in TRANSIENT and ticket.tries < self._policy.attempts(failure)
        if lane.stopped is not None or self._closed is not None:
            return [self._dropped(number, self._closed, lane.stopped)]
        if self._is_final_for(lane, failure, again=again):
            return self._stop(ticket.lane, failure, number)
        due = now + delay_s(self._policy, failure, ticket.tries, self._jitter())
        if again and due <= ticket.asked_at + self._policy.item_s:
            heappush(self._deferred, (due, number))
            return []
        del self._tickets[number]
        return [Fail(number, failure, ticket.tries)]

    def _is_final_for(self, lane: _Lane, failure: Failure, *, again: bool) -> bool:
        """Whether a lane ends: a refused account, an unknown model, nobody there, five answers that are no provider's."""
        if failure.reason in LANE_FINAL:
            return True
        nobody = lane.connect_failures >= self._policy.connects or (lane.connect_failures > 0 and not again)
        return (nobody and not lane.answered) or lane.strange_answers >= self._policy.strange_answers

    def _stop(self, name: str, failure: Failure, number: int) -> list[Instruction]:
        lane = self._lanes[name]
        lane.stopped = failure
        deferred = [each for _, each in self._deferred if self._tickets[each].lane == name]
        self._deferred = [entry for entry in self._deferred if self._tickets[entry[1]].lane != name]
        self._deferred.sort()
        waiting = [number, *lane.ready, *deferred]
        lane.ready.clear()
        return [StopLane(name, failure), *(self._dropped(each, None, failure) for each in waiting)]

    def _woke(self, now: float) -> list[Instruction]:
        instructions: list[Instruction] = []
        while self._deferred and self._deferred[0][0] <= now:
            _, number = heappop(self._deferred)
            lane = self._lanes[self._tickets[number].lane]
            lane.ready.appendleft(number)
            instructions += self._pump(lane)
        return instructions

    def _close(self, because: str) -> list[Instruction]:
        self._closed = because
        waiting = [number for lane in self._lanes.values() for number in lane.ready] + [
            number for _, number in self._deferred
        ]
        self._deferred.clear()
        for lane in self._lanes.values():
            lane.ready.clear()
        return [self._dropped(number, because) for number in waiting]

    def _pump(self, lane: _Lane) -> list[Instruction]:
        """Fill a lane as far as its limit goes."""
        instructions: list[Instruction] = []
        while lane.ready and lane.in_flight < lane.limit:
            because = self._may_send(self._pending)
            if because is not None:
                return [*instructions, *self._close(because)]
            number = lane.ready.popleft()
            ticket = self._tickets[number]
            ticket.tries += 1
            lane.in_flight += 1
            self._pending += 1
            instructions.append(Send(number, ticket.tries))
        return instructions

    def _dropped(self, number: int, because: str | None, failure: Failure | None = None) -> Drop:
        ticket = self._tickets.pop(number)
        if because is None and failure is not None:
            return Drop(number, f"lane {ticket.lane} stopped: {failure.message}", ticket.tries, failure)
        return Drop(number, because or "", ticket.tries)
