"""The one door to the outside world: look up, join an equal request in flight, wait for limits, send, retry, keep."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ippon.execute.agenda import NEVER
from ippon.execute.attempts import Attempts, Landed
from ippon.execute.calls import Call, Calls
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
from ippon.execute.known import Known
from ippon.execute.leasing import Leasing
from ippon.execute.meter import Meter, uncharged
from ippon.execute.outcomes import answer_entry, failure_entry, is_cacheable
from ippon.execute.price import guess_tokens
from ippon.execute.reserving import Reservations
from ippon.execute.waking import woken
from ippon.execute.wanted import Arrival
from ippon.records.call import (
    DETERMINISTIC,
    Answered,
    Failed,
    Failure,
    HttpRequest,
    ModelRequest,
    Request,
    Skipped,
    lane_of,
)
from ippon.records.fingerprint import call_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ippon.execute.doors import Doors
    from ippon.execute.events import Event, Instruction
    from ippon.execute.limits import Policy
    from ippon.execute.scheduler import Scheduler
    from ippon.execute.wanted import Wanted
    from ippon.records.call import Outcome
    from ippon.records.kept import Entry
    from ippon.records.suite import Price


class Gateway:
    """Asks on behalf of waiters (any objects) and hands back their outcomes in `arrivals`.

    Belongs to one event loop. Nothing here waits for anything but `arrivals`: asking puts a ticket into the scheduler, and
    only an attempt in flight is a task. `read_cache` False asks again what is known (`--refresh`); `retry_failed` takes a
    cached failure for a miss.
    """

    def __init__(
        self,
        doors: Doors,
        *,
        scheduler: Scheduler,
        policy: Policy,
        read_cache: bool = True,
        retry_failed: bool = False,
        on_stop: Callable[[str, Failure], None] = lambda _lane, _failure: None,
    ) -> None:
        self.meter = Meter()
        self.scheduler = scheduler
        self.stopped: dict[str, Failure] = {}
        self._doors = doors
        self._known = Known(doors.cache, doors.clock, self.meter, reads=read_cache, retry_failed=retry_failed)
        self._on_stop = on_stop
        self._calls = Calls()
        self._ready: deque[Arrival] = deque()
        self._events: deque[Landed | Granted] = deque()
        self._attempts = Attempts(doors.client_for, doors.clock, self._happened, attempt_s=policy.attempt_s)
        self._reservations = Reservations(doors.rates, doors.clock, self._happened)
        self._signal = asyncio.Event()
        self._leasing = Leasing(
            doors.leases,
            doors.clock,
            look=self._came,
            ask=self._ask,
            deliver=self._deliver,
            changed=self._signal.set,
        )

    def ask(self, asked: Sequence[Wanted]) -> None:
        """Have the outcomes delivered to their waiters; what is known of them is looked up in one go."""
        keys = [call_key(each.request, each.repeat) for each in asked]
        known = self._known.find(zip(keys, asked, strict=True))
        for key, wanted in zip(keys, asked, strict=True):
            outcome = known.get(key)
            if outcome is not None:
                self._deliver(key, wanted, outcome)
            elif self._calls.of(key) or not self._leasing.hold(key, wanted):
                self._ask(key, wanted)

    def _came(self, held: Iterable[tuple[bytes, Wanted]]) -> Mapping[bytes, Outcome]:
        """What other processes have got of this since it was asked for."""
        found = self._known.find(held)
        self.meter.shared += len(found)
        return found

    def _deliver(self, key: bytes, wanted: Wanted, outcome: Outcome) -> None:
        if wanted.shared:
            self._known.share(key, outcome)
        self._ready.append(Arrival(wanted.waiter, outcome))

    def _ask(self, key: bytes, wanted: Wanted) -> None:
        call = self._calls.of(key)
        if call is not None:
            call.waiters.append(wanted.waiter)
            return
        now, request = self._doors.clock.monotonic(), wanted.request
        may_cost = self.meter.reserve(request, self._price_of(request))
        ticket = self._calls.open(Call(key, request, now, [wanted.waiter], wanted.shared, may_cost))
        tokens = guess_tokens(request) if isinstance(request, ModelRequest) else 0
        self._handle(Asked(ticket, lane_of(request), tokens), now)

    def written(self, entries: Iterable[Entry]) -> None:
        """Note that what was kept can be read from the cache now, by other processes as well."""
        keys = [entry.key for entry in entries]
        self._known.written(keys)
        self._leasing.kept(keys)

    @property
    def wants_more(self) -> bool:
        """Whether more should be asked."""
        return self.scheduler.wants_more and self._leasing.wants_more

    @property
    def attempt_s(self) -> float:
        """Seconds after which an attempt is cut off."""
        return self._attempts.attempt_s

    def longest(self) -> tuple[object, float, int] | None:
        """(who asked, seconds, attempt) of the attempt that is longest in flight."""
        return self._calls.longest(self._attempts.under_way, self._doors.clock.monotonic())

    def close(self, because: str) -> None:
        """Send nothing more; what waits is skipped, what is in flight may still arrive."""
        self._handle(Closed(because), self._doors.clock.monotonic())
        self._signal.set()

    def cancel(self) -> None:
        """Give up what is in flight as well."""
        self._reservations.cancel()
        self._attempts.cancel()

    def end(self) -> None:
        """Look after nothing any more: all that was asked has ended."""
        self.cancel()
        self._leasing.end()
        self._attempts.close()

    def give_back(self) -> None:
        """Let others ask what is left, once all that is kept was written."""
        self._leasing.close()

    async def arrivals(self, *, or_room: bool = False) -> list[Arrival]:
        """The outcomes that are there, at least one; empty when nothing is asked any more, or there is room for more."""
        while not self._ready and (self._leasing.is_holding or self._calls) and not (or_room and self.wants_more):
            due = self.scheduler.next_wake
            await woken(self._signal, NEVER if due is None else due - self._doors.clock.monotonic())
            while self._events:
                event = self._events.popleft()
                if isinstance(event, Granted):
                    self._handle(event, self._doors.clock.monotonic())
                else:
                    self._arrived(event)
            self._handle(Woke(), self._doors.clock.monotonic())
            if (because := self.scheduler.closed_because) is not None:
                self._ready.extend(self._leasing.drop(because))
        arrivals = list(self._ready)
        self._ready.clear()
        return arrivals

    # Carrying out

    def _handle(self, event: Event, now: float) -> None:
        for instruction in self.scheduler.handle(event, now):
            self._perform(instruction, now)

    def _perform(self, instruction: Instruction, now: float) -> None:
        match instruction:
            case Send(ticket, attempt):
                self._send(ticket, attempt, now)
            case Hedge(ticket):
                self._hedge(ticket, now)
            case Fail(ticket, failure, tries):
                self._fail(ticket, failure, tries)
            case Drop(ticket, because, tries, failure):
                self._finish(ticket, Skipped(because=because, tries=tries, failure=failure))
            case StopLane(lane, failure):
                self.stopped[lane] = failure
                self._on_stop(lane, failure)
            case Reserve():
                self._reservations.reserve(instruction)
            case Settle():  # exhaustive
                self._reservations.settle(instruction)

    def _send(self, ticket: int, attempt: int, now: float) -> None:
        call = self._calls[ticket]
        call.sent_at, call.tries, call.hedged_at = now, attempt, None
        self.meter.retries += attempt > 1 and isinstance(call.request, ModelRequest | HttpRequest)
        self._go(ticket, call, is_hedge=False)

    def _hedge(self, ticket: int, now: float) -> None:
        call = self._calls[ticket]
        call.hedged_at = now
        self.meter.hedges += 1
        self._go(ticket, call, is_hedge=True)

    def _go(self, ticket: int, call: Call, *, is_hedge: bool) -> None:
        meter = self.meter
        meter.reserved_usd += call.may_cost_usd
        meter.calls_sent += isinstance(call.request, ModelRequest | HttpRequest)
        meter.in_flight_max = max(meter.in_flight_max, self.scheduler.in_flight)
        self._attempts.start(ticket, call.request, is_hedge=is_hedge)

    def _happened(self, event: Landed | Granted) -> None:
        self._events.append(event)
        self._signal.set()

    # What came back

    def _arrived(self, landed: Landed) -> None:
        ticket, reply, at, is_hedge = landed
        call = self._calls.get(ticket)
        if call is None:  # the other one of the two landed at the same moment, and was first
            return
        if isinstance(reply, Failure):
            self.meter.failed(call.request, reply, call.may_cost_usd)
            self._handle(Arrived(ticket, reply, is_hedge), at)
            return
        self.meter.reserved_usd -= call.may_cost_usd
        began = call.hedged_at if is_hedge and call.hedged_at is not None else call.sent_at
        self._give_up(ticket, call, is_hedge=not is_hedge)
        cost = self.meter.charge(call.request, reply, self._price_of(call.request))
        latency_s, queue_s = self.meter.timed(at - began, began - call.asked_at)
        if is_cacheable(call.request):
            now = self._doors.clock.now()
            self._keep(call, answer_entry(call.key, call.request, reply, now=now, cost_usd=cost, seconds=latency_s))
        answered = Answered(
            answer=reply,
            tries=call.tries,
            latency_s=latency_s,
            queue_s=queue_s,
            cost_usd=cost,
            hedged=call.hedged_at is not None,
        )
        self._finish(ticket, answered)
        self._handle(Arrived(ticket, None, is_hedge, reply.usage.total, reply.told), at)

    def _give_up(self, ticket: int, call: Call, *, is_hedge: bool) -> None:
        """Cancel the other attempt of a hedged call, if it was not heard of yet; it may have to be paid all the same."""
        landed = (isinstance(each, Landed) and each.ticket == ticket for each in self._events)
        if self._attempts.give_up(ticket, is_hedge=is_hedge) or (call.hedged_at is not None and any(landed)):
            self.meter.lost(call.may_cost_usd)

    def _price_of(self, request: Request) -> Price | None:
        return self._doors.price_for(request) if isinstance(request, ModelRequest) else None

    def _fail(self, ticket: int, failure: Failure, tries: int) -> None:
        call = self._calls[ticket]
        if failure.reason in DETERMINISTIC and is_cacheable(call.request):
            self._keep(call, failure_entry(call.key, call.request, failure, now=self._doors.clock.now()))
        self._finish(ticket, Failed(failure=failure, tries=tries))

    def _keep(self, call: Call, entry: Entry) -> None:
        call.is_kept = True
        self._doors.keep(entry)

    def _finish(self, ticket: int, outcome: Outcome) -> None:
        """Deliver an outcome; only the first to ask is charged with its tries, seconds and dollars."""
        call = self._calls.close(ticket)
        free = uncharged(outcome)
        if call.shared and not isinstance(outcome, Skipped):
            self._known.share(call.key, outcome)
        if call.is_kept:
            self._known.keep(call.key, outcome)
        else:
            self._leasing.failed(call.key)
        for n, waiter in enumerate(call.waiters):
            self._ready.append(Arrival(waiter, outcome if n == 0 else free))
