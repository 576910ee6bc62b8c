"""Ask for what is not known: every evaluation its own unit, none of which can end the others."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, cast

from ippon.engine.journey import Ended, journey
from ippon.execute.wanted import Wanted
from ippon.records.call import Failure
from ippon.records.event import Progress, Slow
from ippon.records.run import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ippon.engine.journey import Asking, Found
    from ippon.engine.keeper import Keeper
    from ippon.engine.lookup import Todo
    from ippon.engine.parts import Prepared
    from ippon.execute.gateway import Gateway
    from ippon.ports import Clock, Listener
    from ippon.records.call import Outcome

PROGRESS_S = 0.25
SLOW_S = 5.0  # a call that takes longer is worth naming
BREATH = 32  # evaluations that are started, and looked up, between two looks at the loop


class _Job(NamedTuple):
    todo: Todo
    steps: Generator[Asking, Outcome, Ended]


class Performer:
    """Drives the journeys of one run over a gateway, and notes how each ended."""

    def __init__(
        self,
        prepared: Prepared,
        gateway: Gateway,
        keeper: Keeper,
        *,
        clock: Clock,
        listen: Listener,
        find: Callable[[bytes], Found],
    ) -> None:
        self._setting = prepared.setting
        self._gateway = gateway
        self._keeper = keeper
        self._clock = clock
        self._listen = listen
        self._find = find
        self._ends = prepared.known.ends
        self._under_way = 0
        self._telling: asyncio.TimerHandle | None = None
        self._responses: set[bytes] = set()

    async def perform(self, todo: Iterable[Todo]) -> None:
        """Ask for all of these; ends when each has a result, be it that it is missing."""
        left: Iterator[Todo] | None = iter(todo)
        while left is not None or self._under_way:
            left = await self._fed(left)
            arrivals = await self._gateway.arrivals(or_room=left is not None)
            self._gateway.ask(self._advanced((cast("_Job", waiter), outcome) for waiter, outcome in arrivals))

    async def _fed(self, left: Iterator[Todo] | None) -> Iterator[Todo] | None:
        """Start evaluations until enough of them wait, so that the plan stays an iterator; None once it is used up."""
        while left is not None and self._gateway.wants_more:
            some = list(islice(left, BREATH))
            if not some:
                return None
            self._gateway.ask(self._advanced((self._started(todo), None) for todo in some))
            await asyncio.sleep(0)
        return left

    def _started(self, todo: Todo) -> _Job:
        self._under_way += 1
        steps = journey(
            self._setting, todo.evaluation, todo.text, find=self._find, now=self._clock.now, fresh=todo.fresh
        )
        return _Job(todo, steps)

    def _advanced(self, jobs: Iterable[tuple[_Job, Outcome | None]]) -> list[Wanted]:
        """What these evaluations want next; those that want nothing have ended."""
        return [wanted for job, outcome in jobs if (wanted := self._next(job, outcome)) is not None]

    def _next(self, job: _Job, outcome: Outcome | None) -> Wanted | None:
        try:
            asking = next(job.steps) if outcome is None else job.steps.send(outcome)
        except StopIteration as stop:
            self._end(job, stop.value)
        except Exception as error:  # noqa: BLE001 - one broken evaluation never ends the others; it is named in its result
            self._end(job, self._broken(job, error))
        else:
            return Wanted(job, asking.request, asking.repeat, asking.shared, asking.fresh)
        return None

    def _end(self, job: _Job, ended: Ended) -> None:
        self._under_way -= 1
        for entry in ended.entries:
            if entry.kind != "response" or entry.key not in self._responses:
                self._keeper.keep(entry)
        self._responses.update(entry.key for entry in ended.entries if entry.kind == "response")
        position = job.todo.position
        self._ends.put(position, ended.result, ended.key)
        self._keeper.result(self._setting.kept(position, job.todo.evaluation, ended.key, ended.result))

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

    def tell(self) -> None:
        """Say how far it is, and again in a moment, until `hush`: what is waited for changes while nothing arrives."""
        self._telling = asyncio.get_running_loop().call_later(PROGRESS_S, self.tell)
        meter, scheduler = self._gateway.meter, self._gateway.scheduler
        writing, writing_s = self._keeper.writing()
        self._listen(
            Progress(
                in_flight=scheduler.in_flight,
                limit=scheduler.limit,
                calls_sent=meter.calls_sent,
                retries=meter.retries,
                cost_usd=meter.cost_usd,
                holds=tuple(scheduler.holds(self._clock.monotonic())),
                slow=self._slow(),
                writing=writing,
                writing_s=writing_s,
            )
        )

    def hush(self) -> None:
        """Say nothing more."""
        assert self._telling is not None, "it was told before"
        self._telling.cancel()

    def _slow(self) -> Slow | None:
        longest = self._gateway.longest()
        if longest is None or longest[1] < SLOW_S:
            return None
        job, seconds, attempt = longest
        assert isinstance(job, _Job)
        evaluation = job.todo.evaluation
        return Slow(
            example=self._setting.example(evaluation).id,
            evaluator=self._setting.evaluator(evaluation).name,
            seconds=seconds,
            attempt=attempt,
            limit_s=self._gateway.attempt_s,
        )
