"""Suite and flags to one run, put together."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from ippon.adapters.clock_system import SystemClock
from ippon.engine.parts import Parts, Wish
from ippon.engine.setting import Setting
from ippon.errors import UsageError
from ippon.records.bundle import Bundle
from ippon.records.event import RunStarted
from ippon.records.options import is_address
from ippon.records.providers import LOCAL
from ippon.records.suite import DEFAULT_TIER, ModelTarget
from ippon.select.matching import Filters, target_name
from ippon.select.plan import tier_named
from ippon.wiring import lanes
from ippon.wiring.clients import Clients
from ippon.wiring.leases import leases_of
from ippon.wiring.models import model_use, models_of, price_for, uses_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.adapters.redis_link import RedisLink
    from ippon.engine.parts import Prepared
    from ippon.ports import Cache, Listener
    from ippon.records.options import Options
    from ippon.wiring.opened import Opened

RESUMED = ("tier", "target", "judge", "seed", "repeats", "evaluator", "example", "where")  # what makes a run's work


class Assembled(Bundle, frozen=True, kw_only=True):
    """One run: what it works with, what is wanted of it, its plugs."""

    opened: Opened
    options: Options
    setting: Setting
    wish: Wish
    parts: Parts


def assemble(opened: Opened, options: Options, *, listen: Listener, signals: bool = False) -> Assembled:
    """Put one run together. UsageError for an unknown target, model, tier or run; nothing is asked.

    With `signals`, Ctrl-C and its like end the asking, not the process.
    """
    _refuse(options)
    suite = opened.suite
    resumed = None
    if options.resume is not None:
        from ippon.wiring.resuming import as_before  # noqa: PLC0415 - only a run that goes on needs it

        options, resumed = as_before(options, suite, opened.store)
    if opened.cache is not None:
        opened.cache.ttl_s = suite.cache.ttl_s
    if opened.layers is not None:
        opened.layers.set_ttl_s(suite.cache.ttl_s)
    name = target_name(suite, options.target)
    target = suite.targets[name] if name is not None else None
    setting = Setting(
        suite,
        target_name=name,
        models=[models_of(each, suite, options) for each in suite.evaluators],
        target_use=model_use(target.model, target.params, suite) if isinstance(target, ModelTarget) else None,
    )
    store, clock = opened.store, SystemClock()
    clients = Clients(suite, options, opened.environ, trusted=opened.trusted, functions=opened.functions)
    parts = Parts(
        cache=_cache(opened, options),
        store=store,
        history=store,
        clock=clock,
        listen=listen,
        client_for=clients.client_for,
        price_for=partial(price_for, suite=suite),
        rates=partial(lanes.rates_of, opened.shared, _link(opened)),
        leases=partial(leases_of, opened.shared, _link(opened), namespace=opened.namespace),
        scheduler=partial(lanes.scheduler_of, suite, options, clock),
        limit_of=partial(lanes.limit_of, suite=suite, options=options),
        stop=_on_signals if signals else _without_signals,
        close_clients=clients.close,
        resent=clients.resent,
        notes=partial(_notes, opened, clients, setting),
    )
    return Assembled(
        opened=opened, options=options, setting=setting, wish=_wish(opened, options, setting, resumed), parts=parts
    )


def _cache(opened: Opened, options: Options) -> Cache | None:
    """The open cache; the memory of this run in place of a default one that cannot be used, so that it pays once."""
    if opened.layers is not None:
        return opened.layers.cache
    if opened.held is not None or options.no_cache:
        return opened.held
    from ippon.adapters.cache_memory import MemoryCache  # noqa: PLC0415 - only where the file is broken

    return MemoryCache()


def _link(opened: Opened) -> RedisLink | None:
    return None if opened.layers is None else opened.layers.link


def _notes(opened: Opened, clients: Clients, setting: Setting) -> tuple[str, ...]:
    """What clients and caches noticed that a user should know."""
    from ippon.wiring.floating import floating_notes  # noqa: PLC0415 - only a run that asks has notes

    floating = () if opened.cache is None and opened.layers is None else floating_notes(setting)
    damaged = 0 if opened.cache is None else opened.cache.damaged
    found = (f"damaged in the cache and asked again: {damaged}; ippon cache verify takes out what is damaged",)
    return (*clients.notes(), *opened.notes, *floating, *(found if damaged else ()))


def started(prepared: Prepared) -> RunStarted:
    """What is said before anything is asked."""
    wish, selection = prepared.wish, prepared.selection
    return RunStarted(
        run_id=wish.run_id,
        suite=prepared.setting.suite.name,
        tier=wish.tier,
        total=selection.total,
        planned=len(selection.evaluations),
        cached=len(prepared.known.results),
        judge=wish.judge,
    )


def _refuse(options: Options) -> None:
    """What no flag and no keyword may say, beyond what `settle` finds. UsageError with all of it."""
    least = {"max_in_flight": 1, "repeats": 1, "seed": 0, "max_s": 0, "max_calls": 0, "max_usd": 0}
    wrong = [
        f"{name} is {value}, and has to be {bound} or more"
        for name, bound in least.items()
        if (value := getattr(options, name)) is not None and not value >= bound
    ]
    if options.base_url is not None and not is_address(options.base_url):
        wrong.append(f"base_url {options.base_url} is no http:// or https:// address")
    if wrong:
        raise UsageError(*wrong)


def _wish(opened: Opened, options: Options, setting: Setting, resume: str | None) -> Wish:
    tier_name = options.tier or DEFAULT_TIER
    tier = tier_named(setting.suite, tier_name)
    used = [use for models in setting.models for use in uses_in(models)]
    return Wish(
        run_id=new_run_id(),
        tier=tier_name,
        seed=options.seed or 0,
        resume=resume,
        repeats=options.repeats,
        refresh=options.refresh,
        filters=Filters(evaluators=options.evaluator, examples=options.example, where=options.where),
        max_s=tier.max_s if options.max_s is None else options.max_s,
        max_calls=tier.max_calls if options.max_calls is None else options.max_calls,
        max_usd=tier.max_usd if options.max_usd is None else options.max_usd,
        retry_failed=options.retry_failed,
        hedge=options.hedge,
        grouped=any(use.provider == LOCAL for use in used),
        judge=", ".join(sorted({f"{use.provider}/{use.model}" for use in used})) or None,
        warnings=opened.warnings,
        asked={name: getattr(options, name) for name in RESUMED},
    )


def new_run_id() -> str:
    """Six letters and digits that no eye mistakes for each other."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "".join(letters[byte % len(letters)] for byte in os.urandom(6))


def _without_signals(_stop: Callable[[str], None]) -> Callable[[], None]:
    return lambda: None


def _on_signals(stop: Callable[[str], None]) -> Callable[[], None]:
    """Have Ctrl-C, a hang-up and a request to end stop the asking; returns what puts the old handlers back."""
    import asyncio  # noqa: PLC0415 - a warm run loads no event loop
    import signal  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for each in heard:
        loop.add_signal_handler(each, stop, "interrupted")

    def restore() -> None:
        for each in heard:
            loop.remove_signal_handler(each)

    return restore
