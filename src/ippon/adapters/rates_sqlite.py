"""Rates that the processes of one user share, beside the cache: one row a pool, one short transaction a reservation.

Not durable on purpose: after a power cut a limit starts anew, and nothing was lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from ippon.adapters.cache_sqlite import cache_file
from ippon.adapters.own_thread import OwnThread
from ippon.adapters.rates_memory import MemoryRates
from ippon.errors import StoreError
from ippon.execute.gcra import reserved
from ippon.records.lane import Learned

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from ippon.records.lane import Shared

REMEMBERED_S = 3600.0
AHEAD_S = 3600.0  # a time further ahead than this was written by a clock that has gone back since
_encode = msgspec.json.Encoder().encode


class SqliteRates:
    """Rates in the cache's file, and in memory alone once that cannot be used."""

    def __init__(self, path: str) -> None:
        self._file = cache_file(path, durable=False)
        self._alone = MemoryRates()
        self._is_alone = False
        self._thread = OwnThread("ippon-rates")

    async def reserve(self, shared: Shared, requests: float, tokens: float, *, now: float) -> float:
        """Take so much of what lanes share; the seconds to wait before it may be used."""
        if not self._is_alone:
            try:
                return await self._thread.run(self._taken, shared, requests, tokens, now)
            except StoreError:
                self._is_alone = True
        return await self._alone.reserve(shared, requests, tokens, now=now)

    async def settle(self, shared: Shared, tokens: float, *, now: float) -> None:
        """Correct what was reserved for a call."""
        await self.reserve(shared, 0.0, tokens, now=now)

    def recall(self, lane: str, *, now: float) -> Learned | None:
        """What was learned of a lane within the last hour."""
        try:
            found = list(self._file.rows("SELECT learned, updated_at FROM lanes WHERE name = ?", (lane,)))
            return next((_learned(row) for row in found if 0 <= now - cast("float", row[1]) <= REMEMBERED_S), None)
        except (StoreError, msgspec.DecodeError, TypeError):  # an older file, or a damaged row: nothing is known
            return None

    def remember(self, lanes: Mapping[str, Learned], *, now: float) -> None:
        """Keep what was learned."""
        self._thread.rest()  # the file is written by one at a time
        if not lanes:
            return
        rows = [(name, _encode(learned), now) for name, learned in lanes.items()]
        try:
            self._file.write(lambda db: db.executemany("INSERT OR REPLACE INTO lanes VALUES (?, ?, ?)", rows))
        except StoreError:
            self._is_alone = True

    def close(self) -> None:
        """Close file and thread. May be called twice."""
        self._thread.rest()
        self._file.close()

    def _taken(self, shared: Shared, requests: float, tokens: float, now: float) -> float:
        wait_s = 0.0

        def work(db: sqlite3.Connection) -> None:
            nonlocal wait_s
            row = db.execute("SELECT requests_at, tokens_at FROM rates WHERE name = ?", (shared.name,)).fetchone()
            kept = cast("tuple[object, object]", row or (0.0, 0.0))
            arrivals = [min(each, now + AHEAD_S) if isinstance(each, float) else 0.0 for each in kept]  # else damaged
            for n, (amount, per_minute) in enumerate(((requests, shared.rpm), (tokens, shared.tpm))):
                if per_minute is not None:
                    arrivals[n], its_s = reserved(arrivals[n], amount, per_minute / 60, now)
                    wait_s = max(wait_s, its_s)
            db.execute("INSERT OR REPLACE INTO rates VALUES (?, ?, ?)", (shared.name, *arrivals))

        self._file.write(work)
        return wait_s


def _learned(row: tuple[object, ...]) -> Learned:
    return msgspec.json.decode(cast("bytes", row[0]), type=Learned)
