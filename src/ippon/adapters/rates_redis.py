"""Rates that all processes of a team share, in their Redis: one key a pool, one script a reservation.

The time is the server's: the clocks of two machines are seconds apart, and a limit has one time line. So `now` counts only
where the server is in trouble, and the rates of this machine hold in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon.adapters.own_thread import OwnThread
from ippon.adapters.redis_values import sealed, unsealed
from ippon.execute.gcra import BURST_S
from ippon.records.lane import Learned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.adapters.redis_link import RedisLink
    from ippon.ports import Rates
    from ippon.records.lane import Shared

REMEMBERED_MS = 3_600_000
AHEAD_S = 3600  # a time further ahead than this was not written by us
# `execute.gcra.reserved`, once for requests and once for tokens: ARGV holds the burst, then amount and rate a second of
# each ("" without a limit). The key holds the two arrival times; anything else in it is a bucket that is full.
RESERVE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local burst, ahead = tonumber(ARGV[1]), tonumber(ARGV[6])
local held = redis.pcall('GET', KEYS[1])
local arrivals, wait = {0, 0}, 0
if type(held) == 'string' then
  local requests, tokens = string.match(held, '^(%d+%.%d+) (%d+%.%d+)$')
  arrivals = {tonumber(requests) or 0, tonumber(tokens) or 0}
end
for n = 1, 2 do
  local amount, rate = tonumber(ARGV[2 * n]), tonumber(ARGV[2 * n + 1])
  if rate then
    local takes = amount / rate
    local begins = math.max(math.min(arrivals[n], now + ahead), now - burst)
    wait = math.max(wait, begins + math.min(takes, burst) - now)
    arrivals[n] = math.max(0, begins + takes)
  end
end
redis.call('SET', KEYS[1], string.format('%.6f %.6f', arrivals[1], arrivals[2]), 'PX', (ahead + burst) * 1000)
return string.format('%.6f', wait)
"""
_encode = msgspec.json.Encoder().encode


class RedisRates:
    """Rates in a team's Redis; those of this machine, `alone`, once that cannot be used."""

    def __init__(self, link: RedisLink, alone: Rates) -> None:
        self._link = link
        self._alone = alone
        self._thread = OwnThread("ippon-rates")

    async def reserve(self, shared: Shared, requests: float, tokens: float, *, now: float) -> float:
        """Take so much of what lanes share; the seconds to wait before it may be used."""
        if not self._link.down:
            wait_s = await self._thread.run(self._taken, shared, requests, tokens)
            if wait_s is not None:
                return wait_s
        return await self._alone.reserve(shared, requests, tokens, now=now)

    async def settle(self, shared: Shared, tokens: float, *, now: float) -> None:
        """Correct what was reserved for a call."""
        await self.reserve(shared, 0.0, tokens, now=now)

    def recall(self, lane: str, *, now: float) -> Learned | None:
        """What anybody in the team has learned of a lane within the last hour, else anybody on this machine."""
        name = self._lane(lane)
        held = (self._link.ask(("GET", name)) or [None])[0]
        learned = unsealed(name, held, self._link.address.seal) if isinstance(held, bytes) else None
        try:
            return msgspec.json.decode(learned or b"", type=Learned)
        except msgspec.DecodeError:  # nothing, or somebody else's
            return self._alone.recall(lane, now=now)

    def remember(self, lanes: Mapping[str, Learned], *, now: float) -> None:
        """Keep what was learned, for the team and on this machine."""
        self._thread.rest()
        seal = self._link.address.seal
        named = ((self._lane(lane), _encode(learned)) for lane, learned in lanes.items())
        commands = [("SET", name, sealed(name, said, seal), "PX", REMEMBERED_MS) for name, said in named]
        if commands:
            self._link.ask(*commands)
        self._alone.remember(lanes, now=now)

    def close(self) -> None:
        """Close the thread; the link is the cache's. May be called twice."""
        self._thread.rest()
        self._alone.close()

    def _taken(self, shared: Shared, requests: float, tokens: float) -> float | None:
        """The seconds to wait; None when the server cannot say."""
        amounts = [word for each in ((requests, shared.rpm), (tokens, shared.tpm)) for word in _amount(*each)]
        name = self._link.name("rate", shared.name)
        replies = self._link.ask(("EVAL", RESERVE, 1, name, repr(BURST_S), *amounts, AHEAD_S)) or [None]
        try:
            return max(0.0, float(replies[0])) if isinstance(replies[0], bytes) else None
        except ValueError:
            return None

    def _lane(self, lane: str) -> bytes:
        return self._link.name("lane", lane).encode()


def _amount(amount: float, per_minute: float | None) -> tuple[str, str]:
    """An amount and its rate a second, in the script's words."""
    return repr(amount), "" if per_minute is None else repr(per_minute / 60)
