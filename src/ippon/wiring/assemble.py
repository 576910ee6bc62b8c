"""Suite and flags to one run, put together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.clock_system import SystemClock
from ippon.adapters.store_sqlite import SqliteStore
from ippon.engine.parts import Parts, Wish
from ippon.engine.setting import Setting
from ippon.errors import MissingExtraError, NotBuiltError, Problem, StoreError, TrustError, UsageError
from ippon.read.suite import find, load
from ippon.records.bundle import Bundle
from ippon.records.event import RunStarted
from ippon.records.providers import LOCAL
from ippon.records.suite import DEFAULT_TIER, ModelTarget, Suite
from ippon.select.matching import Filters, target_name
from ippon.select.plan import tier_named
from ippon.wiring.clients import Clients
from ippon.wiring.models import limit_of, missing_key, model_use, models_of, price_for, uses_in
from ippon.wiring.trust import is_trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from ippon.engine.parts import Prepared
    from ippon.execute.scheduler import Scheduler
    from ippon.ports import Listener
    from ippon.records.options import Options
    from ippon.records.providers import ModelUse

Functions = Mapping[str, "Callable[..., object]"]
TTL_S = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}


class Opened(Bundle, frozen=True, kw_only=True):
    """A suite and the cache beside it, open. `functions` are those of a suite that was built in Python."""

    suite: Suite
    cache: SqliteCache | None
    environ: Mapping[str, str]
    trusted: bool
    functions: Functions = MappingProxyType({})
    warnings: tuple[str, ...] = ()


class Assembled(Bundle, frozen=True, kw_only=True):
    """One run: what it works with, what is wanted of it, its plugs."""

    opened: Opened
    options: Options
    setting: Setting
    wish: Wish
    parts: Parts


@contextmanager
def opened(options: Options, *, environ: Mapping[str, str]) -> Generator[Opened]:
    """The suite that the flags name, or the nearest one, with its cache; closed at the end."""
    path = options.suite or found()
    cache, warning = open_cache(options, environ)
    try:
        trusted = options.trust or is_trusted(path, environ)
        suite = load(path, trusted=trusted, memo=cache)
        yield Opened(suite=suite, cache=cache, environ=environ, trusted=trusted, warnings=(warning,) if warning else ())
    finally:
        if cache is not None:
            cache.close()


@contextmanager
def opened_with(known: Opened, options: Options) -> Generator[Opened]:
    """A suite that is read already, with its cache; closed at the end."""
    cache, warning = open_cache(options, known.environ)
    try:
        yield msgspec.structs.replace(known, cache=cache, warnings=(warning,) if warning else ())
    finally:
        if cache is not None:
            cache.close()


def loaded(path: str, *, trust: bool, environ: Mapping[str, str]) -> tuple[Suite, bool]:
    """(suite, whether it is trusted) of a file, compiled anew."""
    trusted = trust or is_trusted(path, environ)
    return load(path, trusted=trusted, memo=None), trusted


def found() -> str:
    """The nearest suite file, here or in a parent folder."""
    return find(os.getcwd())  # noqa: PTH109


def open_cache(options: Options, environ: Mapping[str, str]) -> tuple[SqliteCache | None, str | None]:
    """(cache, warning). A `--cache` that cannot be used is an error; a default one that cannot is a warning and none."""
    if options.no_cache:
        return None, None
    cache = SqliteCache(cache_path(options, environ))
    try:
        cache.file.reader()
    except StoreError as error:
        if options.cache is not None:
            raise
        return None, f"{error}; this run remembers nothing"
    return cache, None


def cache_path(options: Options, environ: Mapping[str, str]) -> str:
    """Where the cache file is."""
    if options.cache is not None:
        if options.cache.startswith("redis://"):
            raise NotBuiltError("redis://")
        return options.cache.removeprefix("sqlite:///")
    home = environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return os.path.join(home, "ippon", "cache.sqlite")  # noqa: PTH118


def open_store(options: Options, suite: Suite) -> SqliteStore:
    """The history of a suite: beside it, unless said otherwise."""
    return SqliteStore(options.store or os.path.join(suite.folder, ".ippon", "history.sqlite"))  # noqa: PTH118


def assemble(opened: Opened, options: Options, *, listen: Listener, signals: bool = False) -> Assembled:
    """Put one run together. UsageError for an unknown target, model, tier or run; nothing is asked.

    With `signals`, Ctrl-C and its like end the asking, not the process.
    """
    for name, wanted in (("--hedge", options.hedge), ("--baseline", options.baseline)):
        if wanted:
            raise NotBuiltError(name)
    suite = opened.suite
    if opened.cache is not None:
        opened.cache.ttl_s = (
            None if suite.cache.ttl == "never" else float(suite.cache.ttl[:-1]) * TTL_S[suite.cache.ttl[-1]]
        )
    name = target_name(suite, options.target)
    target = suite.targets[name] if name is not None else None
    setting = Setting(
        suite,
        target_name=name,
        models=[models_of(each, suite, options) for each in suite.evaluators],
        target_use=model_use(target.model, target.params, suite) if isinstance(target, ModelTarget) else None,
    )
    store = open_store(options, suite)
    clients = Clients(suite, options, opened.environ, trusted=opened.trusted, functions=opened.functions)
    parts = Parts(
        cache=opened.cache,
        store=store,
        history=store,
        clock=SystemClock(),
        listen=listen,
        client_for=clients.client_for,
        price_for=partial(price_for, suite=suite),
        scheduler=partial(_scheduler, suite, options),
        stop=_on_signals if signals else _without_signals,
        close_clients=clients.close,
        resent=clients.resent,
    )
    return Assembled(
        opened=opened, options=options, setting=setting, wish=_wish(opened, options, setting, store), parts=parts
    )


def started(prepared: Prepared) -> RunStarted:
    """What is said before anything is asked."""
    wish, selection = prepared.wish, prepared.selection
    return RunStarted(
        run_id=wish.run_id,
        suite=prepared.setting.suite.name,
        tier=wish.tier,
        total=selection.total,
        planned=len(selection.evaluations),
        cached=len(prepared.results),
        judge=wish.judge,
    )


def require(assembled: Assembled, prepared: Prepared) -> None:
    """Refuse to start what could only fail: a key that is not set, a part that is not installed, a template that is none."""
    from ippon.evaluate.kinds import check  # noqa: PLC0415 - a warm run asks nothing
    from ippon.evaluate.target import check as check_target  # noqa: PLC0415

    setting = assembled.setting
    due = {todo.evaluation.evaluator for todo in prepared.todo}
    check(each for position, each in enumerate(setting.suite.evaluators) if position in due)
    if setting.target is not None and any(todo.text is None for todo in prepared.todo):
        check_target(setting.target, setting.suite)
    problems = [problem for use, names in _needed(setting, prepared) for problem in _missing(use, names, assembled)]
    if problems:
        raise UsageError(*problems)


def _needed(setting: Setting, prepared: Prepared) -> Iterable[tuple[ModelUse, list[str]]]:
    """The models that the evaluations left to ask need, with who needs them."""
    found: dict[tuple[str, str, str | None], tuple[ModelUse, list[str]]] = {}
    for todo in prepared.todo:
        wanting = [
            (use, setting.evaluator(todo.evaluation).name) for use in uses_in(setting.models[todo.evaluation.evaluator])
        ]
        if todo.text is None and setting.target_use is not None:
            wanting.append((setting.target_use, f"target {setting.target_name}"))
        for use, name in wanting:
            _, names = found.setdefault((use.provider, use.model, use.base_url), (use, []))
            if name not in names:
                names.append(name)
    return found.values()


def _missing(use: ModelUse, names: list[str], assembled: Assembled) -> Iterator[Problem]:
    opened = assembled.opened
    more = f", {len(names) - 2} more" if len(names) > 2 else ""  # noqa: PLR2004 - two names, then a count
    who = ", ".join(names[:2]) + more
    own = opened.suite.providers.get(use.provider)
    variable = missing_key(use, opened.suite, assembled.options, opened.environ)
    if use.provider == LOCAL and use.runtime is None:
        from ippon.adapters.local_runtime import INSTALL  # noqa: PLC0415 - only where it is missing

        raise MissingExtraError(Problem(message=f"the embedded model {use.model} is not installed", hint=INSTALL))
    if own is not None and own.api_key_env is not None and not opened.trusted and use.base_url == own.base_url:
        raise TrustError(
            Problem(
                message=f"{own.api_key_env} goes to {own.base_url} only from a trusted suite ({who} ask it)",
                hint=f"read the suite, then   ippon trust {opened.suite.path}   or --trust, this time",
            )
        )
    if variable is not None:
        yield Problem(
            message=f"{variable} is not set; lane {use.provider}/{use.model} needs it ({who})",
            hint=f"export {variable}=...   or another judge: --judge local/smollm2-135m",
        )


def _wish(opened: Opened, options: Options, setting: Setting, store: SqliteStore) -> Wish:
    tier_name, seed, resume = options.tier or DEFAULT_TIER, options.seed, None
    if options.resume is not None:
        earlier = store.load(options.resume)
        if earlier is None:
            raise UsageError(f"there is no run `{options.resume}`", hint="ippon runs ls")
        tier_name, seed, resume = options.tier or earlier.tier, earlier.seed, earlier.run_id
    tier = tier_named(setting.suite, tier_name)
    used = [use for models in setting.models for use in uses_in(models)]
    return Wish(
        run_id=new_run_id(),
        tier=tier_name,
        seed=seed,
        resume=resume,
        repeats=options.repeats,
        refresh=options.refresh,
        filters=Filters(evaluators=options.evaluator, examples=options.example, where=options.where),
        max_s=tier.max_s if options.max_s is None else options.max_s,
        max_calls=tier.max_calls if options.max_calls is None else options.max_calls,
        max_usd=tier.max_usd if options.max_usd is None else options.max_usd,
        retry_failed=options.retry_failed,
        grouped=any(use.provider == LOCAL for use in used),
        judge=", ".join(sorted({f"{use.provider}/{use.model}" for use in used})) or None,
        warnings=opened.warnings,
    )


def new_run_id() -> str:
    """Six letters and digits that no eye mistakes for each other."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "".join(letters[byte % len(letters)] for byte in os.urandom(6))


def _scheduler(suite: Suite, options: Options, may_send: Callable[[], str | None]) -> Scheduler:
    from random import Random  # noqa: PLC0415 - only a run that asks needs jitter

    from ippon.execute.scheduler import Scheduler  # noqa: PLC0415

    jitter = Random().random  # noqa: S311 - spreads retries, hides nothing
    return Scheduler(limit_of=lambda lane: limit_of(lane, suite, options), jitter=jitter, may_send=may_send)


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
