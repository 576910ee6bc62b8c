"""Reservations of shared rates, made beside the loop: each one a task, whose end is an event for the scheduler."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ippon.execute.events import Granted

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ippon.execute.events import Reserve, Settle
    from ippon.ports import Clock, Rates


class Reservations:
    """Asks whoever keeps the rates; tells `granted` what came of it."""

    def __init__(self, rates: Rates, clock: Clock, granted: Callable[[Granted], None]) -> None:
        self._rates = rates
        self._clock = clock
        self._granted = granted
        self._tasks: set[asyncio.Task[None]] = set()

    def reserve(self, wanted: Reserve) -> None:
        """Have so much reserved."""
        self._start(self._reserved(wanted))

    def settle(self, settled: Settle) -> None:
        """Have it corrected what was reserved for a call."""
        self._start(self._rates.settle(settled.pool, settled.tokens, now=self._clock.now()))

    def cancel(self) -> None:
        """Give up what is not granted yet."""
        for task in list(self._tasks):
            task.cancel()

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reserved(self, wanted: Reserve) -> None:
        wait_s = await self._rates.reserve(wanted.pool, wanted.permits, wanted.tokens, now=self._clock.now())
        self._granted(Granted(wanted.pool.name, wanted.permits, self._clock.monotonic() + wait_s))
