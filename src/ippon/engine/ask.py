"""The half of `run` that asks: one event loop, one gateway, one writer, all of them ended when it returns."""

from __future__ import annotations

import asyncio
from math import ceil
from typing import TYPE_CHECKING

from ippon.engine.journey import Found
from ippon.engine.keeper import Keeper
from ippon.engine.lookup import is_readable
from ippon.engine.parts import Asked
from ippon.engine.perform import Performer
from ippon.engine.run import finish, known_rows
from ippon.execute.doors import Doors
from ippon.execute.drift import strange_models
from ippon.execute.gateway import Gateway
from ippon.execute.limits import Policy
from ippon.execute.meter import shared_notes
from ippon.records.call import TRANSIENT
from ippon.records.event import LaneStopped, Stopping
from ippon.records.run import Counts, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.engine.parts import Parts, Prepared
    from ippon.ports import Rates
    from ippon.records.call import Failure
    from ippon.records.kept import Entry

GRACE_S = 1.5  # what is in flight gets this long after Ctrl-C or the end of a budget; the summary stands after 2 s
INTERRUPTED = "interrupted"
NO_HEDGES = "--hedge is off at this tier: it tests gates, and the first answer of two is a biased sample"


async def ask(prepared: Prepared, parts: Parts) -> Run:
    """Ask for what is left, then finish. The loop ends every task, client and thread that it started."""
    parts.store.begin(_opened(prepared))
    if prepared.known.results:  # in a killed run as well: it may be gone on with where there is no cache
        parts.store.record(prepared.wish.run_id, known_rows(prepared))
    stops: list[str] = []
    gateway: Gateway

    def stop(because: str) -> None:
        """Send nothing more; what is in flight has a moment, the second time none."""
        stops.append(because)
        if stops == [INTERRUPTED]:
            parts.listen(Stopping(in_flight=gateway.scheduler.in_flight, grace_s=GRACE_S))
        gateway.close(because)
        asyncio.get_running_loop().call_later(GRACE_S if len(stops) == 1 else 0, gateway.cancel)

    keeper = Keeper(parts.cache, parts.store, prepared.wish.run_id, listen=parts.listen, on_trouble=stop)
    rates = parts.rates()
    gateway = gateway_of(prepared, parts, keeper.keep, rates)
    performer = Performer(
        prepared,
        gateway,
        keeper,
        clock=parts.clock,
        listen=parts.listen,
        find=_finder(prepared, parts),
    )
    try:
        await _performed(prepared, parts, performer, keeper, gateway, stop)
    finally:
        gateway.give_back()
        rates.remember(gateway.scheduler.learned, now=parts.clock.now())
        rates.close()
    gateway.meter.calls_sent += parts.resent()
    gateway.meter.retries += parts.resent()
    if keeper.trouble is not None:
        raise keeper.trouble
    because = [*stops, *(f"lane {lane} stopped: {failure.message}" for lane, failure in gateway.stopped.items())]
    asked = Asked(
        results=parts.history.results(prepared.wish.run_id),
        meter=gateway.meter,
        stopped_because=because[0] if because else gateway.scheduler.closed_because,
        interrupted=INTERRUPTED in stops,
        spend_stop=any(failure.reason in {"spend", "authentication"} for failure in gateway.stopped.values()),
        warnings=(
            *((NO_HEDGES,) if prepared.wish.hedge and not _may_hedge(prepared) else ()),
            *strange_models(gateway.meter.answered_by),
            *shared_notes(gateway.meter),
            *parts.notes(),
        ),
    )
    return finish(prepared, parts, asked)


async def _performed(
    prepared: Prepared,
    parts: Parts,
    performer: Performer,
    keeper: Keeper,
    gateway: Gateway,
    stop: Callable[[str], None],
) -> None:
    """Ask while the keeper writes; budget and signals may end it, and whatever happens everything is closed."""
    loop = asyncio.get_running_loop()
    max_s = prepared.wish.max_s
    timer = None if max_s is None else loop.call_later(max_s, stop, f"the budget of {max_s:g} s is used up")
    restore = parts.stop(stop)
    writing = loop.create_task(keeper.work(gateway.written))
    performer.tell()
    try:
        await performer.perform(prepared.todo)
    finally:
        if timer is not None:
            timer.cancel()
        restore()
        gateway.end()
        keeper.close()
        try:
            await writing  # goes on telling: a file may be locked
        finally:
            performer.hush()
            await parts.close_clients()


def gateway_of(prepared: Prepared, parts: Parts, keep: Callable[[Entry], None], rates: Rates) -> Gateway:
    """The gateway of one run, which stops where its budgets end."""
    wish = prepared.wish

    def may_send(pending: int) -> str | None:
        sent = gateway.meter.calls_sent + parts.resent() + pending
        if wish.max_calls is not None and sent >= wish.max_calls:
            return f"the budget of {wish.max_calls} call{'s' * (wish.max_calls != 1)} is used up"
        meter = gateway.meter
        under_way = meter.reserved_usd + pending * meter.typical_usd
        if wish.max_usd is not None and meter.spent_usd + under_way >= wish.max_usd:
            return f"the budget of ${wish.max_usd:g} is used up, or would be by one more call"
        return None

    def on_stop(lane: str, failure: Failure) -> None:
        parts.listen(LaneStopped(lane=lane, message=failure.message, hint=_hint(failure)))

    leases = None if wish.refresh else parts.leases()  # what asks everything anew waits for nobody
    gateway = Gateway(
        Doors(parts.client_for, parts.cache, parts.clock, keep, parts.price_for, rates, leases),
        scheduler=parts.scheduler(rates, may_send=may_send, hedges=_may_hedge(prepared)),
        policy=Policy(),
        read_cache=not wish.refresh,
        retry_failed=wish.retry_failed,
        on_stop=on_stop,
    )
    return gateway


def _may_hedge(prepared: Prepared) -> bool:
    """Whether slow calls may be made twice: not where gates are tested, since first answers of two are a biased sample."""
    return prepared.wish.hedge and not _tests_gates(prepared)


def _tests_gates(prepared: Prepared) -> bool:
    selection = prepared.selection
    drawn = len(selection.evaluations) > len(selection.chosen)
    return bool(prepared.setting.suite.gates) and drawn and not selection.narrowed


def _finder(prepared: Prepared, parts: Parts) -> Callable[[bytes], Found]:
    """Looks one score up in the cache, unless this run asks everything again."""
    cache = parts.cache
    if cache is None or prepared.wish.refresh:
        return lambda _key: Found()

    def find(key: bytes) -> Found:
        entry = cache.read([key], now=parts.clock.now()).get(key)
        if entry is not None and not is_readable(entry):
            return Found()
        again = entry is not None and entry.failure is not None and prepared.wish.retry_failed
        return Found(fresh=True) if again else Found(entry)

    return find


def _opened(prepared: Prepared) -> Run:
    """The run as the history notes it before it asks: no end yet, so that a killed one can be told and resumed."""
    wish, selection = prepared.wish, prepared.selection
    return Run(
        run_id=wish.run_id,
        suite=prepared.setting.suite.name,
        tier=wish.tier,
        target=prepared.setting.target_name,
        started_at=prepared.started_at,
        verdict="incomplete",
        exit_code=3,
        stopped_because="not finished: killed, or still at work",
        wall_s=0.0,
        cost_usd=None,
        finished=False,
        seed=wish.seed,
        counts=Counts(total=selection.total, planned=len(selection.evaluations)),
        judge=wish.judge,
        asked=dict(wish.asked),
    )


def _hint(failure: Failure) -> str:
    if failure.retry_after_s is not None and failure.reason in TRANSIENT:
        return f"in {ceil(failure.retry_after_s / 60)} min the same command goes on where this stopped"
    return {
        "connect": "is it running? ippon doctor looks",
        "not_found": "check the model's name and the base URL",
        "not_a_provider": "the address answers, but not as a model provider does; check the base URL",
        "authentication": "set the right key; then the same command goes on where this stopped",
        "spend": "add credit or raise the limit; then the same command goes on where this stopped",
    }.get(failure.reason, "the same command goes on where this stopped")
