"""Several processes on one loop whose time jumps: each a gateway, all with one cache and one table of leases."""

from __future__ import annotations

import asyncio

from ippon.execute.outcomes import outcome_in
from ippon.testing import MemoryCache
from tests.execute.gated import World

LEASE_S = 30.0
WRITTEN_S = 0.05


class Table:
    """What the processes share: who asks what, and until when; how many calls each text has had."""

    def __init__(self) -> None:
        self.rows: dict[bytes, tuple[str, float]] = {}
        self.cache = MemoryCache()
        self.calls: dict[str, int] = {}

    def holders(self) -> set[str]:
        """Who has any lease."""
        return {owner for owner, _ in self.rows.values()}


class TableLeases:
    """One process's leases; its clock may be wrong by so many seconds, and a turn takes so long."""

    def __init__(self, table: Table, owner: str, *, skew_s: float = 0.0, takes_s: float = 0.0, alone: bool = False):
        self.table, self.owner, self.skew_s, self.takes_s, self.alone = table, owner, skew_s, takes_s, alone
        self.dead = False
        self.turns: list[tuple[int, int]] = []

    def is_alone(self) -> bool:
        return self.alone

    async def take(self, keys, *, over, now):
        self.turns.append((len(keys), len(over)))
        await asyncio.sleep(self.takes_s)
        rows, now = self.table.rows, now + self.skew_s
        for key in over:
            if rows.get(key, ("", 0))[0] == self.owner:
                del rows[key]
        for key in keys:
            owner, until = rows.get(key, (self.owner, 0.0))
            if owner == self.owner or until <= now:
                rows[key] = (self.owner, now + LEASE_S)
        return [key for key in keys if rows[key][0] == self.owner]

    async def renew(self, *, now):
        self.table.rows |= {
            key: (owner, now + self.skew_s + LEASE_S)
            for key, (owner, _) in self.table.rows.items()
            if owner == self.owner and not self.dead
        }

    def close(self):
        """Give all back, unless it was killed."""
        if not self.dead:
            self.table.rows = {key: row for key, row in self.table.rows.items() if row[0] != self.owner}


class Process(World):
    """A gateway that writes what it keeps a moment later, as a keeper does."""

    def __init__(
        self, table: Table, name: str, answer="yes", *, latency_s=1.0, skew_s=0.0, takes_s=0.0, alone=False, **more
    ):
        self.leases = TableLeases(table, name, skew_s=skew_s, takes_s=takes_s, alone=alone)

        def counted(request):
            text = request.messages[0].content
            table.calls[text] = table.calls.get(text, 0) + 1
            return answer(request) if callable(answer) else answer

        super().__init__(counted, cache=table.cache, leases=self.leases, latency_s=latency_s, **more)

    def keep(self, entry) -> None:
        """Write it soon, then tell so."""
        super().keep(entry)
        asyncio.get_running_loop().call_later(WRITTEN_S, self._write, entry)

    def _write(self, entry) -> None:
        if not self.leases.dead:
            self.cache.write([entry])
            self.gateway.written([entry])

    async def outcomes(self) -> dict[object, object]:
        """Every outcome by who waited; then this process ends."""
        found = dict(await self.all())
        await asyncio.sleep(2 * WRITTEN_S)
        self.gateway.give_back()
        return found

    def kill(self) -> None:
        """End it as `kill -9` does: nothing is sent, written or given back any more."""
        self.leases.dead = True
        self.gateway.end()


def said(table: Table, key: bytes) -> object:
    """What the cache says to a key."""
    return outcome_in(table.cache.read([key], now=0.0)[key])
