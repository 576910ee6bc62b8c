"""The attempts in flight: one task each, and none for what waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from ippon.records.call import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.ports import Client, Clock
    from ippon.records.call import Answer, Request


SPARE = 0.04  # clients have the same limit, and say more of what was late; this one is for those that break it


class Landed(NamedTuple):
    """An attempt that has ended, and when."""

    ticket: int
    reply: Answer | Failure
    at: float
    is_hedge: bool


class _Flight(NamedTuple):
    task: asyncio.Task[None]
    began: float


class Attempts:
    """Sends, and tells `landed` how each attempt ended; whatever a client does, an attempt ends soon after `attempt_s`.

    They all last equally long, so one timer for the oldest serves them all: a timer each is 10% of a run's time.
    """

    def __init__(
        self,
        client_for: Callable[[Request], Client],
        clock: Clock,
        landed: Callable[[Landed], None],
        *,
        attempt_s: float,
    ) -> None:
        self.attempt_s = attempt_s
        self._most_s = attempt_s * (1 + SPARE)
        self._client_for = client_for
        self._clock = clock
        self._landed = landed
        self._flights: dict[tuple[int, bool], _Flight] = {}
        self._overdue: set[tuple[int, bool]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def start(self, ticket: int, request: Request, *, is_hedge: bool) -> None:
        """Send a request of a ticket."""
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._attempt((ticket, is_hedge), request))
        self._flights[ticket, is_hedge] = _Flight(task, loop.time())
        if self._timer is None:
            self._timer = loop.call_later(self._most_s, self._look)

    def give_up(self, ticket: int, *, is_hedge: bool) -> bool:
        """Cancel an attempt without telling how it ended; False where it is not under way."""
        flight = self._flights.pop((ticket, is_hedge), None)
        return flight is not None and flight.task.cancel()

    def cancel(self) -> None:
        """Cancel all of them; each ends as a failure of the class "cancelled"."""
        for flight in list(self._flights.values()):
            flight.task.cancel()

    def close(self) -> None:
        """Look no more; nothing is in flight."""
        if self._timer is not None:
            self._timer.cancel()

    @property
    def under_way(self) -> list[int]:
        """The tickets that are in flight."""
        return [ticket for ticket, is_hedge in self._flights if not is_hedge]

    def _look(self) -> None:
        """End the attempts that are overdue; they stand in the order in which they began."""
        loop = asyncio.get_running_loop()
        latest = loop.time() - self._most_s
        self._timer = None
        for place, flight in self._flights.items():
            if flight.began > latest:
                self._timer = loop.call_at(flight.began + self._most_s, self._look)
                break
            self._overdue.add(place)
            flight.task.cancel()

    async def _attempt(self, place: tuple[int, bool], request: Request) -> None:
        try:
            reply = await self._client_for(request).send(request)
        except asyncio.CancelledError:
            reply = self._cancelled(place)
        except Exception as error:  # noqa: BLE001 - a client that breaks is trouble like any other; its ticket has to end
            reply = Failure(reason="transport", message=f"the client broke: {type(error).__name__}: {error}"[:300])
        if self._flights.pop(place, None) is not None:
            self._landed(Landed(place[0], reply, self._clock.monotonic(), place[1]))

    def _cancelled(self, place: tuple[int, bool]) -> Failure:
        if place not in self._overdue:
            return Failure(reason="cancelled", message="cancelled")
        self._overdue.remove(place)
        return Failure(reason="timeout", message=f"no answer within {self.attempt_s:g} s")
