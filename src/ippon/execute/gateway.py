"""The one door to the outside world: look up, join an equal request in flight, wait for limits, send, retry, keep."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ippon.execute.meter import Meter, uncharged
from ippon.execute.scheduler import Arrived, Asked, Closed, Drop, Fail, Scheduler, Send, StopLane, Woke
from ippon.records.call import (
    DETERMINISTIC,
    Answer,
    Answered,
    CommandRequest,
    Failed,
    Failure,
    FunctionRequest,
    HttpRequest,
    ModelRequest,
    Request,
    Skipped,
    lane_of,
)
from ippon.records.fingerprint import call_key
from ippon.records.kept import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.execute.limits import Policy
    from ippon.execute.scheduler import Event, Instruction
    from ippon.ports import Cache, Client, Clock
    from ippon.records.call import Outcome
    from ippon.records.suite import Price

_encode = msgspec.json.Encoder().encode


class Doors(NamedTuple):
    """What a gateway is given: plugs, prices, and where to put what has to be kept."""

    client_for: Callable[[Request], Client]
    cache: Cache | None
    clock: Clock
    keep: Callable[[Entry], None]
    price_for: Callable[[ModelRequest], Price | None]


class Arrival(NamedTuple):
    """An outcome on its way to whoever asked."""

    waiter: object
    outcome: Outcome


class _Call(msgspec.Struct):
    key: bytes
    request: Request
    asked_at: float
    waiters: list[object]
    shared: bool
    may_cost_usd: float = 0.0
    sent_at: float = 0.0
    tries: int = 0


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
        self._policy = policy
        self._reads = read_cache
        self._retry_failed = retry_failed
        self._on_stop = on_stop
        self._calls: dict[int, _Call] = {}
        self._in_flight: dict[bytes, int] = {}
        self._shared: dict[bytes, Outcome] = {}
        self._ready: deque[Arrival] = deque()
        self._ended: deque[tuple[int, Answer | Failure]] = deque()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._signal = asyncio.Event()
        self._next = 0

    def ask(
        self,
        waiter: object,
        request: Request,
        repeat: int = 0,
        *,
        shared: bool = False,
        fresh: bool = False,
    ) -> None:
        """Have an outcome delivered to the waiter.

        A `shared` one is kept for all who ask the same later in this run; a `fresh` one is not read from the cache.
        """
        key = call_key(request, repeat)
        known = self._shared.get(key) or (None if fresh else self._cached(key, request))
        if known is not None:
            if shared:
                self._shared[key] = uncharged(known)
            self._ready.append(Arrival(waiter, known))
            return
        ticket = self._in_flight.get(key)
        if ticket is not None:
            self._calls[ticket].waiters.append(waiter)
            return
        ticket, self._next = self._next, self._next + 1
        now = self._doors.clock.monotonic()
        may_cost = self.meter.reserve(request, self._price_of(request))
        self._calls[ticket] = _Call(key, request, now, [waiter], shared, may_cost)
        self._in_flight[key] = ticket
        self._handle(Asked(ticket, lane_of(request)), now)

    def close(self, because: str) -> None:
        """Send nothing more; what waits is skipped, what is in flight may still arrive."""
        self._handle(Closed(because), self._doors.clock.monotonic())
        self._signal.set()

    def cancel(self) -> None:
        """Give up what is in flight as well."""
        for task in list(self._tasks.values()):
            task.cancel()

    async def arrivals(self) -> list[Arrival]:
        """The outcomes that are there, at least one; empty when nothing is asked any more."""
        while not self._ready and self._calls:
            await self._wait()
            now = self._doors.clock.monotonic()
            while self._ended:
                self._arrived(*self._ended.popleft(), now)
            self._handle(Woke(), now)
        arrivals = list(self._ready)
        self._ready.clear()
        return arrivals

    async def _wait(self) -> None:
        due = self.scheduler.next_wake
        loop = asyncio.get_running_loop()
        timer = (
            None if due is None else loop.call_later(max(0.0, due - self._doors.clock.monotonic()), self._signal.set)
        )
        await self._signal.wait()
        self._signal.clear()
        if timer is not None:
            timer.cancel()

    def _cached(self, key: bytes, request: Request) -> Outcome | None:
        cache = self._doors.cache
        if cache is None or not self._reads or not _cacheable(request):
            return None
        entry = cache.read([key], now=self._doors.clock.now()).get(key)
        if entry is None or (entry.failure is not None and self._retry_failed):
            return None
        try:
            outcome = _outcome(entry)
        except msgspec.DecodeError:
            return None
        self.meter.credit(request, entry)
        return outcome

    def _handle(self, event: Event, now: float) -> None:
        for instruction in self.scheduler.handle(event, now):
            self._perform(instruction, now)

    def _perform(self, instruction: Instruction, now: float) -> None:
        match instruction:
            case Send(ticket, attempt):
                self._send(ticket, attempt, now)
            case Fail(ticket, failure, tries):
                self._fail(ticket, failure, tries)
            case Drop(ticket, because, tries, failure):
                self._finish(ticket, Skipped(because=because, tries=tries, failure=failure))
            case StopLane(lane, failure):  # exhaustive
                self.stopped[lane] = failure
                self._on_stop(lane, failure)

    def _send(self, ticket: int, attempt: int, now: float) -> None:
        call = self._calls[ticket]
        call.sent_at, call.tries = now, attempt
        self.meter.reserved_usd += call.may_cost_usd
        if isinstance(call.request, ModelRequest | HttpRequest):
            self.meter.calls_sent += 1
            self.meter.retries += attempt > 1
        self.meter.in_flight_max = max(self.meter.in_flight_max, self.scheduler.in_flight)
        self._tasks[ticket] = asyncio.get_running_loop().create_task(self._attempt(ticket, call.request))

    async def _attempt(self, ticket: int, request: Request) -> None:
        try:
            async with asyncio.timeout(self._policy.attempt_s):
                reply = await self._doors.client_for(request).send(request)
        except TimeoutError:
            reply = Failure(reason="timeout", message=f"no answer within {self._policy.attempt_s:g} s")
        except asyncio.CancelledError:
            reply = Failure(reason="cancelled", message="cancelled")
        except Exception as error:  # noqa: BLE001 - a client that breaks is trouble like any other; its ticket has to end
            reply = Failure(reason="transport", message=f"the client broke: {type(error).__name__}: {error}"[:300])
        self._tasks.pop(ticket, None)
        self._ended.append((ticket, reply))
        self._signal.set()

    def _arrived(self, ticket: int, reply: Answer | Failure, now: float) -> None:
        call = self._calls[ticket]
        self.meter.reserved_usd -= call.may_cost_usd
        if isinstance(reply, Failure):
            self._handle(Arrived(ticket, reply), now)
            return
        latency_s = now - call.sent_at
        cost = self.meter.charge(call.request, reply, self._price_of(call.request))
        self.meter.latencies_s.append(latency_s)
        self.meter.queues_s.append(call.sent_at - call.asked_at)
        if _cacheable(call.request):
            self._doors.keep(
                Entry(
                    key=call.key,
                    kind="call",
                    created_at=self._doors.clock.now(),
                    body=_encode(reply),
                    model=_model(call.request),
                    cost_usd=cost,
                    seconds=latency_s,
                )
            )
        self._finish(
            ticket,
            Answered(
                answer=reply,
                tries=call.tries,
                latency_s=latency_s,
                queue_s=call.sent_at - call.asked_at,
                cost_usd=cost,
            ),
        )
        self._handle(Arrived(ticket), now)

    def _price_of(self, request: Request) -> Price | None:
        return self._doors.price_for(request) if isinstance(request, ModelRequest) else None

    def _fail(self, ticket: int, failure: Failure, tries: int) -> None:
        call = self._calls[ticket]
        if failure.reason in DETERMINISTIC and _cacheable(call.request):
            self._doors.keep(
                Entry(
                    key=call.key,
                    kind="call",
                    created_at=self._doors.clock.now(),
                    body=_encode(failure),
                    failure=failure.reason,
                    model=_model(call.request),
                )
            )
        self._finish(ticket, Failed(failure=failure, tries=tries))

    def _finish(self, ticket: int, outcome: Outcome) -> None:
        """Deliver an outcome; only the first to ask is charged with its tries, seconds and dollars."""
        call = self._calls.pop(ticket)
        del self._in_flight[call.key]
        free = uncharged(outcome)
        if call.shared and not isinstance(outcome, Skipped):
            self._shared[call.key] = free
        for n, waiter in enumerate(call.waiters):
            self._ready.append(Arrival(waiter, outcome if n == 0 else free))


def _cacheable(request: Request) -> bool:
    """Whether what an answer depends on is known: code without a digest may be anything."""
    return not isinstance(request, FunctionRequest | CommandRequest) or bool(request.code)


def _model(request: Request) -> str | None:
    return f"{request.provider}/{request.model}" if isinstance(request, ModelRequest) else None


def _outcome(entry: Entry) -> Outcome:
    if entry.failure is not None:
        return Failed(failure=msgspec.json.decode(entry.body, type=Failure), cached=True)
    answer = msgspec.json.decode(entry.body, type=Answer)
    return Answered(answer=answer, cached=True, latency_s=entry.seconds, cost_usd=entry.cost_usd)
