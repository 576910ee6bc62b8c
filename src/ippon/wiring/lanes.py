"""What is known of each lane before its first call: flags, `[limits]`, and what was learned within the hour."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ippon.records.providers import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.adapters.cache_sqlite import SqliteCache
    from ippon.adapters.redis_link import RedisLink
    from ippon.execute.limits import Bounds
    from ippon.execute.scheduler import Scheduler
    from ippon.ports import Clock, Rates
    from ippon.records.lane import Learned
    from ippon.records.options import Options
    from ippon.records.suite import Suite

EVERYTHING = "-j"  # the pool of all lanes of a run
OF_THIS_MACHINE = ("python ", "command ")  # lanes that no server tells how many calls are too many


def rates_of(cache: SqliteCache | None, link: RedisLink | None = None) -> Rates:
    """Rates shared through the team's Redis, else through the cache's file; of this process alone where there is neither."""
    if link is not None:
        from ippon.adapters.rates_redis import RedisRates  # noqa: PLC0415 - only a run that asks needs any

        return RedisRates(link, alone=rates_of(cache))
    if cache is None:
        from ippon.adapters.rates_memory import MemoryRates  # noqa: PLC0415

        return MemoryRates()
    from ippon.adapters.rates_sqlite import SqliteRates  # noqa: PLC0415

    return SqliteRates(cache.file.path)


def scheduler_of(
    suite: Suite, options: Options, clock: Clock, rates: Rates, *, may_send: Callable[[int], str | None], hedges: bool
) -> Scheduler:  # fmt: skip
    """A scheduler that knows the bounds of each lane."""
    from random import Random  # noqa: PLC0415 - only a run that asks needs jitter

    from ippon.execute.scheduler import Scheduler  # noqa: PLC0415

    jitter = Random().random  # noqa: S311 - spreads retries, hides nothing
    recall = partial(rates.recall, now=clock.now())
    return Scheduler(
        bounds_of=lambda lane: bounds_of(lane, suite, options, recall),
        jitter=jitter,
        may_send=may_send,
        hedges=hedges,
    )


def bounds_of(lane: str, suite: Suite, options: Options, recall: Callable[[str], Learned | None]) -> Bounds:
    """A lane's bounds: `-j` is where it starts and what it never passes; without it, it adapts; the embedded model is one."""
    from ippon.execute.limits import MOST_IN_FLIGHT, START_IN_FLIGHT, Bounds  # noqa: PLC0415 - only a run that asks
    from ippon.records.lane import Shared  # noqa: PLC0415

    names = _limited_by(lane, suite)
    shared = [
        Shared(name=name, max_in_flight=its.max_in_flight, rpm=its.rpm, tpm=its.tpm)
        for name in names
        if (its := suite.limits[name])
    ]
    declared = [each.max_in_flight for each in shared if each.max_in_flight is not None]
    ceiling = min([MOST_IN_FLIGHT, *declared])
    if lane.startswith(f"{LOCAL}/"):
        return Bounds(start=1, ceiling=1, shared=tuple(shared))
    if options.max_in_flight is not None:
        given = Shared(name=EVERYTHING, max_in_flight=options.max_in_flight)
        most = min([options.max_in_flight, *declared])
        return Bounds(start=most, ceiling=most, shared=(*shared, given))
    if lane.startswith(OF_THIS_MACHINE):
        return Bounds(start=START_IN_FLIGHT, ceiling=START_IN_FLIGHT)
    return Bounds(start=min(START_IN_FLIGHT, ceiling), ceiling=ceiling, shared=tuple(shared), learned=recall(lane))


def limit_of(lane: str, suite: Suite, options: Options) -> int:
    """Calls in flight that a lane starts with, for estimates."""
    return bounds_of(lane, suite, options, lambda _lane: None).start


def _limited_by(lane: str, suite: Suite) -> list[str]:
    """The tables of `[limits]` that hold for a lane: its model's, its provider's."""
    model = lane.partition(" at ")[0]
    return [name for name in (model, model.partition("/")[0]) if name in suite.limits]
