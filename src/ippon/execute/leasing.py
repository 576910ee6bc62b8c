"""Each key is asked by one process at a time; the others wait for its answer in the cache. One task for all keys."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ippon.execute.agenda import GIVE_BACK_S, LOOK_S, Agenda
from ippon.execute.outcomes import is_cacheable
from ippon.execute.waking import woken
from ippon.execute.wanted import Arrival
from ippon.records.call import Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from ippon.execute.wanted import Wanted
    from ippon.ports import Clock, Leases
    from ippon.records.call import Outcome

    Look = Callable[[Iterable[tuple[bytes, Wanted]]], Mapping[bytes, Outcome]]

FEW, MANY = 64, 4096  # keys that wait for their lease; the most that wait for answers of others


class Leasing:
    """Holds what is wanted until its key is ours, then hands it to `ask`; or until `look` finds it, then to `deliver`.

    `look` is asked after a key was leased, never before alone: whoever held it may have written its answer and given the
    lease back in between. Without `leases` nothing is held, nor while this process is alone: then it is only noted what is
    ours, to be leased as soon as another process comes.
    """

    def __init__(
        self,
        leases: Leases | None,
        clock: Clock,
        *,
        look: Look,
        ask: Callable[[bytes, Wanted], None],
        deliver: Callable[[bytes, Wanted, Outcome], None],
        changed: Callable[[], None],
    ) -> None:
        self._leases = leases
        self._clock = clock
        self._look = look
        self._ask = ask
        self._deliver = deliver
        self._changed = changed
        self._agenda = Agenda()
        self._unleased: set[bytes] | None = set() if leases is not None and leases.is_alone() else None
        self._held: dict[bytes, list[Wanted]] = {}
        self._some = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_holding(self) -> bool:
        """Whether anybody waits here. Raises what went wrong since, for nothing will come any more."""
        if self._task is not None and self._task.done():
            self._task.result()
        return bool(self._held)

    @property
    def wants_more(self) -> bool:
        """Whether more should be asked as far as leases go: what others ask is no work, but has to be remembered."""
        return self._agenda.undecided < FEW and len(self._held) < MANY

    def hold(self, key: bytes, wanted: Wanted) -> bool:
        """Have a key leased first; False where that is not needed: nobody else could use the answer."""
        if self._leases is None:
            return False
        if self._task is None:  # whatever is asked: others wait until they are let in
            self._task = asyncio.get_running_loop().create_task(self._work(self._leases))
        if wanted.fresh or not is_cacheable(wanted.request):
            return False
        if self._unleased is not None and self._leases.is_alone():
            self._unleased.add(key)
            return False
        held = self._held.setdefault(key, [])
        if not held:
            self._agenda.want(key)
            self._some.set()
        held.append(wanted)
        return True

    def drop(self, because: str) -> list[Arrival]:
        """Hold nothing: who waits is skipped."""
        dropped = [Arrival(each.waiter, Skipped(because=because)) for held in self._held.values() for each in held]
        self._held.clear()
        self._agenda.forget()
        return dropped

    def kept(self, keys: Iterable[bytes]) -> None:
        """Give back what is in the cache now, within a moment."""
        self._over(keys, GIVE_BACK_S)

    def failed(self, key: bytes) -> None:
        """Give back at once what did not bring anything to keep: whoever waits for it has to ask."""
        self._over((key,), 0.0)

    def _over(self, keys: Iterable[bytes], within_s: float) -> None:
        if self._unleased is not None:
            self._unleased.difference_update(keys)
        elif self._agenda.over(keys, at=self._clock.monotonic() + within_s):
            self._some.set()

    def end(self) -> None:
        """Look after leases no more; those that are left end with `close`."""
        if self._task is not None:
            self._task.cancel()

    def close(self) -> None:
        """Give back all that is left."""
        if self._leases is not None:
            self._leases.close()

    async def _work(self, leases: Leases) -> None:
        try:
            await self._while_alone(leases)
            while True:
                await self._until_due()
                keys, over, renews = self._agenda.round(self._clock.monotonic())
                if renews:
                    await leases.renew(now=self._clock.now())
                if keys or over:
                    self._settle(keys, await leases.take(keys, over=over, now=self._clock.now()))
        finally:
            self._changed()

    async def _while_alone(self, leases: Leases) -> None:
        """Look out for company; then lease what is under way, before anybody else is let in."""
        while self._unleased is not None:
            if leases.is_alone():
                await asyncio.sleep(LOOK_S)
                continue
            ours = list(self._unleased)
            granted = await leases.take(ours, over=(), now=self._clock.now())
            ended = set(ours) - self._unleased
            self._unleased = None
            self._agenda.settle(ours, granted=granted, done=ended, now=self._clock.monotonic())

    async def _until_due(self) -> None:
        while (wait_s := self._agenda.due - self._clock.monotonic()) > 0:
            await woken(self._some, wait_s)

    def _settle(self, keys: Sequence[bytes], granted: Collection[bytes]) -> None:
        """Hand over what is ours, and what came meanwhile; what nobody waits for any more is given back."""
        held = [key for key in keys if key in self._held]
        found = self._look((key, wanted) for key in held for wanted in self._held[key])
        done = found.keys() | (set(keys) - self._held.keys())
        self._agenda.settle(keys, granted=granted, done=done, now=self._clock.monotonic())
        for key in held:
            if key in found:
                for wanted in self._held.pop(key):
                    self._deliver(key, wanted, found[key])
            elif key in granted:
                for wanted in self._held.pop(key):
                    self._ask(key, wanted)
        self._changed()
