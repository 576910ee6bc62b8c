"""Leases that all processes of a team share, in their Redis: a key of its own each, which the server lets expire.

The server's clock says when a lease is over, so that it does not matter what the machines take the time for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.adapters.own_thread import OwnThread
from ippon.adapters.owner import new_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ippon.adapters.redis_link import RedisLink
    from ippon.ports import Leases

LEASE_MS = 30_000
# "1" for each key that is the caller's now. What is under our name and no text is nobody's lease, and is left alone.
TAKE = """
local answers = {}
for n, key in ipairs(KEYS) do
  local held = redis.pcall('GET', key)
  answers[n] = '1'
  if not held or held == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
  elseif type(held) == 'string' then
    answers[n] = '0'
  end
end
return table.concat(answers)
"""
GIVE_BACK = """
for _, key in ipairs(KEYS) do
  if redis.pcall('GET', key) == ARGV[1] then redis.call('DEL', key) end
end
"""


class RedisLeases:
    """Leases in a team's Redis; those of this machine once that cannot be used, opened then by `local`."""

    def __init__(self, link: RedisLink, local: Callable[[], Leases | None]) -> None:
        self._link = link
        self._local = local
        self._opened: Leases | None = None
        self._owner = new_owner()
        self._ours: set[bytes] = set()
        self._thread = OwnThread("ippon-leases")

    def is_alone(self) -> bool:
        """Never, as far as anybody can know: the team may be anywhere."""
        return False

    async def take(self, keys: Sequence[bytes], *, over: Sequence[bytes], now: float) -> Collection[bytes]:
        """Give back `over`, and lease these keys: those that are ours now."""
        self._ours.difference_update(over)  # whether the server hears of it or not: else it would be renewed for ever
        granted = await self._done(keys, over)
        if granted is None:
            self._opened = self._opened or self._local()
            return keys if self._opened is None else await self._opened.take(keys, over=over, now=now)
        if over and self._opened is not None:  # what was leased here while the server was away
            await self._opened.take((), over=over, now=now)
        return granted

    async def renew(self, *, now: float) -> None:
        """Keep all that is ours for 30 s from now."""
        await self._done(list(self._ours), ())
        if self._opened is not None:
            await self._opened.renew(now=now)

    def close(self) -> None:
        """Give all back; the link is the cache's. May be called twice."""
        self._thread.rest()
        self._turn((), list(self._ours))
        self._ours.clear()
        if self._opened is not None:
            self._opened.close()

    async def _done(self, keys: Sequence[bytes], over: Sequence[bytes]) -> Collection[bytes] | None:
        if self._link.down:
            return None
        return await self._thread.run(self._turn, keys, over)

    def _turn(self, keys: Sequence[bytes], over: Sequence[bytes]) -> Collection[bytes] | None:
        """The keys that are ours now; None when the server cannot say."""
        if over:
            self._link.ask(("EVAL", GIVE_BACK, len(over), *map(self._name, over), self._owner))
        if not keys:
            return ()
        said = self._link.ask(("EVAL", TAKE, len(keys), *map(self._name, keys), self._owner, LEASE_MS))
        answers = (said or [None])[0]
        if not isinstance(answers, bytes):
            return None
        granted = {key for key, answer in zip(keys, answers.decode(), strict=True) if answer == "1"}
        self._ours |= granted
        return granted

    def _name(self, key: bytes) -> str:
        return self._link.name("lease", key.hex())
