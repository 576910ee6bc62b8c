"""Ask for what is not known: every evaluation its own unit, none of which can end the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from ippon.engine.journey import Ended, journey
from ippon.records.call import Failure
from ippon.records.event import Progress
from ippon.records.kept import Kept
from ippon.records.run import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ippon.engine.journey import Asking
    from ippon.engine.keeper import Keeper
    from ippon.engine.lookup import Todo
    from ippon.engine.setting import Setting
    from ippon.execute.gateway import Gateway
    from ippon.ports import Clock, Listener
    from ippon.records.call import Outcome
    from ippon.records.kept import Entry

WINDOW = 64  # evaluations that may wait for a place in a lane; the rest of the plan stays an iterator
PROGRESS_S = 0.25
BREATH = 32  # evaluations that need no call, between two looks at the loop


class _Job(NamedTuple):
    todo: Todo
    steps: Generator[Asking, Outcome, Ended]


class Performer:
    """Drives the journeys of one run over a gateway. `kept` gathers what has ended."""

    def __init__(
        self,
        setting: Setting,
        gateway: Gateway,
        keeper: Keeper,
        *,
        clock: Clock,
        listen: Listener,
        find: Callable[[bytes], Entry | None],
    ) -> None:
        self.kept: list[Kept] = []
        self._setting = setting
        self._gateway = gateway
        self._keeper = keeper
        self._clock = clock
        self._listen = listen
        self._find = find
        self._under_way = 0
        self._told_at = 0.0
        self._responses: set[bytes] = set()

    async def perform(self, todo: Iterable[Todo]) -> None:
        """Ask for all of these; ends when each has a result, be it that it is missing."""
        left: Iterator[Todo] | None = iter(todo)
        while left is not None or self._under_way:
            left = await self._fed(left)
            for waiter, outcome in await self._gateway.arrivals():
                assert isinstance(waiter, _Job)
                self._advance(waiter, outcome)
            self._tell()

    async def _fed(self, left: Iterator[Todo] | None) -> Iterator[Todo] | None:
        """Start evaluations until enough of them wait; None once the plan is used up."""
        started = 0
        while left is not None and self._gateway.scheduler.waiting < WINDOW:
            todo = next(left, None)
            if todo is None:
                return None
            self._start(todo)
            started += 1
            if started % BREATH == 0:
                await asyncio.sleep(0)
        return left

    def _start(self, todo: Todo) -> None:
        steps = journey(self._setting, todo.evaluation, todo.text, find=self._find, now=self._clock.now)
        self._under_way += 1
        self._advance(_Job(todo, steps), None)

    def _advance(self, job: _Job, outcome: Outcome | None) -> None:
        try:
            asking = next(job.steps) if outcome is None else job.steps.send(outcome)
        except StopIteration as stop:
            self._end(job, stop.value)
        except Exception as error:  # noqa: BLE001 - one broken evaluation never ends the others; it is named in its result
            self._end(job, self._broken(job, error))
        else:
            self._gateway.ask(
                job, asking.request, asking.repeat, shared=asking.shared, fresh=job.todo.fresh and not asking.shared
            )

    def _end(self, job: _Job, ended: Ended) -> None:
        self._under_way -= 1
        for entry in ended.entries:
            if entry.kind != "response" or entry.key not in self._responses:
                self._keeper.keep(entry)
        self._responses.update(entry.key for entry in ended.entries if entry.kind == "response")
        row = Kept(job.todo.position, ended.key, ended.result)
        self.kept.append(row)
        self._keeper.result(row)

    def _broken(self, job: _Job, error: Exception) -> Ended:
        evaluation = job.todo.evaluation
        failure = Failure(reason="evaluator", message=f"{type(error).__name__}: {error}"[:300])
        result = Result(
            example=self._setting.example(evaluation).id,
            evaluator=self._setting.evaluator(evaluation).name,
            response=evaluation.response,
            repeat=evaluation.repeat,
            status="failed",
            text=job.todo.text,
            error=failure,
        )
        return Ended(result, None, ())

    def _tell(self) -> None:
        now = self._clock.monotonic()
        if now - self._told_at >= PROGRESS_S:
            self._told_at = now
            meter, scheduler = self._gateway.meter, self._gateway.scheduler
            self._listen(
                Progress(
                    in_flight=scheduler.in_flight,
                    limit=scheduler.limit,
                    calls_sent=meter.calls_sent,
                    retries=meter.retries,
                    cost_usd=meter.cost_usd,
                )
            )
