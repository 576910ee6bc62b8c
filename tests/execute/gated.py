"""A gateway over a scripted client, on a loop whose time jumps to whatever is due next: nobody really waits."""

from __future__ import annotations

import asyncio
from selectors import DefaultSelector
from typing import TYPE_CHECKING

from ippon.adapters.rates_memory import MemoryRates
from ippon.execute.doors import Doors
from ippon.execute.gateway import Gateway
from ippon.execute.limits import Bounds, Policy
from ippon.execute.scheduler import Scheduler
from ippon.execute.wanted import Wanted
from ippon.records.call import Message, ModelRequest
from ippon.testing import FakeClock, ScriptedClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ippon.execute.wanted import Arrival
    from ippon.records.kept import Entry


class _Jumping(DefaultSelector):
    loop: JumpingLoop

    def select(self, timeout=None):
        """What is there now; time is set to when the next timer is due."""
        assert timeout is not None, "nothing will ever happen"
        self.loop.now += timeout
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that does not wait."""

    def __init__(self) -> None:
        self.now = 0.0
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Seconds since its start."""
        return self.now


def run(main: Callable[[], Awaitable[object]]) -> object:
    """Run to the end; no task may be left over."""
    loop = JumpingLoop()
    try:
        result = loop.run_until_complete(main())
        for _ in range(3):
            loop.run_until_complete(asyncio.sleep(0))
        assert not asyncio.all_tasks(loop)
        return result
    finally:
        loop.close()


class LoopClock(FakeClock):
    """The running loop's time."""

    def monotonic(self) -> float:
        """Seconds since the loop's start."""
        return asyncio.get_running_loop().time()

    def now(self) -> float:
        """The same seconds, in a year of their own."""
        return 1000.0 + self.monotonic()


def request(text: str = "hello", **fields) -> ModelRequest:
    """A question to a model."""
    return ModelRequest(provider="openai", model="m", messages=(Message(role="user", content=text),), **fields)


class World:
    """A gateway and what it was given."""

    def __init__(
        self,
        answer,
        *,
        cache=None,
        bounds: Bounds | None = None,
        limit: int = 4,
        may_send=lambda _pending: None,
        latency_s: float = 0.0,
        price=None,
        rates=None,
        leases=None,
        hedges: bool = False,
        policy: Policy | None = None,
        **options,
    ):
        self.client = answer if hasattr(answer, "send") else ScriptedClient(answer, latency_s=latency_s)
        self.kept: list[Entry] = []
        self.cache = cache
        self.stops: list[str] = []
        policy = policy or Policy()
        bounds = bounds or Bounds(start=limit, ceiling=limit)
        scheduler = Scheduler(
            bounds_of=lambda _lane: bounds, jitter=lambda: 1.0, policy=policy, may_send=may_send, hedges=hedges
        )
        self.gateway = Gateway(
            Doors(
                lambda _r: self.client, cache, LoopClock(), self.keep, lambda _r: price, rates or MemoryRates(), leases
            ),
            scheduler=scheduler,
            policy=policy,
            on_stop=lambda lane, _f: self.stops.append(lane),
            **options,
        )
        self.meter = self.gateway.meter

    def keep(self, entry: Entry) -> None:
        """Have it, and write nothing."""
        self.kept.append(entry)

    def ask(self, *texts, **fields) -> None:
        """Each text is a question and the one who waits for its answer."""
        self.gateway.ask([Wanted(text, request(str(text)), **fields) for text in texts])

    async def all(self) -> list[Arrival]:
        """Every outcome until nothing is asked any more; then the gateway ends."""
        found: list[Arrival] = []
        while arrivals := await self.gateway.arrivals():
            found += arrivals
        self.gateway.end()
        return found
