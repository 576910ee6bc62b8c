"""What a gateway is given: plugs, prices, and where to put what has to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.ports import Cache, Client, Clock, Leases, Rates
    from ippon.records.call import ModelRequest, Request
    from ippon.records.kept import Entry
    from ippon.records.suite import Price


class Doors(NamedTuple):
    """`keep` has an entry written sometime soon; whoever writes it tells `Gateway.written`."""

    client_for: Callable[[Request], Client]
    cache: Cache | None
    clock: Clock
    keep: Callable[[Entry], None]
    price_for: Callable[[ModelRequest], Price | None]
    rates: Rates
    leases: Leases | None = None
