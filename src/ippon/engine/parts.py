"""What one run is given, what is wanted of it, and what it knows before it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from ippon.records.bundle import Bundle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from ippon.engine.lookup import Known, Todos
    from ippon.engine.setting import Setting
    from ippon.execute.meter import Meter
    from ippon.execute.scheduler import Scheduler
    from ippon.ports import Cache, Client, Clock, History, Leases, Listener, Rates, Store
    from ippon.records.call import ModelRequest, Request
    from ippon.records.run import Earlier, Result, Selection
    from ippon.records.suite import Price, Tier
    from ippon.select.matching import Filters


class MakesScheduler(Protocol):
    """Makes the scheduler of one run."""

    def __call__(self, rates: Rates, /, *, may_send: Callable[[int], str | None], hedges: bool) -> Scheduler:
        """`may_send` says why nothing more may be sent, if it may not; `hedges`: slow calls are made twice."""
        ...


class Parts(Bundle, frozen=True, kw_only=True):
    """The plugs of one run.

    `stop` is handed a function that ends the run from outside (Ctrl-C), while it asks; `resent` counts what clients sent
    beyond one request an attempt, `notes` are what they noticed that a user should know. `rates` and `leases`
    (None: nobody shares the cache) are opened, and `scheduler` is made of the rates, only by a run that asks.
    """

    cache: Cache | None
    store: Store
    history: History
    clock: Clock
    listen: Listener
    client_for: Callable[[Request], Client]
    price_for: Callable[[ModelRequest], Price | None]
    rates: Callable[[], Rates]
    leases: Callable[[], Leases | None]
    scheduler: MakesScheduler
    limit_of: Callable[[str], int]
    stop: Callable[[Callable[[str], None]], Callable[[], None]]
    close_clients: Callable[[], Awaitable[None]]
    resent: Callable[[], int]
    notes: Callable[[], tuple[str, ...]]


class Wish(Bundle, frozen=True, kw_only=True):
    """What is wanted of one run. `began` is when its command did, where it is not to be timed from when it is planned."""

    run_id: str
    tier: str
    seed: int
    filters: Filters
    repeats: int | None = None
    max_s: float | None = None
    max_calls: int | None = None
    max_usd: float | None = None
    refresh: bool = False
    retry_failed: bool = False
    hedge: bool = False
    resume: str | None = None
    grouped: bool = False
    judge: str | None = None
    warnings: tuple[str, ...] = ()
    began: float | None = None
    asked: Mapping[str, Any] = {}


class Prepared(Bundle, frozen=True, kw_only=True):
    """A run before anything is asked: the selection, what is known of it, and what is left to ask.

    `known.ends` goes on: what is asked is noted there as well.
    """

    setting: Setting
    wish: Wish
    tier: Tier
    selection: Selection
    known: Known
    todo: Todos
    previous: Earlier | None
    started_at: float
    started: float


class Asked(Bundle, frozen=True):
    """What asking has brought: results (None: nothing was asked), what was measured, and why it ended early, if it did."""

    results: Sequence[Result] | None = None
    meter: Meter | None = None
    stopped_because: str | None = None
    interrupted: bool = False
    spend_stop: bool = False
    warnings: tuple[str, ...] = ()


NOTHING_ASKED = Asked()
