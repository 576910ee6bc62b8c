"""The cache of a team in one Redis or Valkey: plain strings, each sealed with a digest of its key and itself.

What somebody else has written under our keys, what was damaged, and what another version writes is a miss, never another
score. Scores do not expire on the server: how long they are valid is looked at when they are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from ippon.records.expiry import WEEK_S, is_expired

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ippon.adapters.redis_link import RedisLink
    from ippon.adapters.redis_wire import Command
    from ippon.records.kept import Entry

KEYS_A_COMMAND = 500  # the server does nothing else meanwhile
KEYS_AN_EXCHANGE = 4_000
ENTRIES_AN_EXCHANGE = 200
FAILURES_GONE_MS = int(WEEK_S * 1000) + 86_400_000  # an upper bound: a day more than anybody would read them
# A failure is kept unless a success is there already. One command, so that no other writer comes between.
KEEP_FAILURE = """
local held = redis.pcall('GETRANGE', KEYS[1], 0, 0)
if held == ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
T = TypeVar("T")


class RedisCache:
    """Answers, scores and responses by content address. A server in trouble knows nothing and keeps nothing."""

    def __init__(self, link: RedisLink, *, ttl_s: float | None = None) -> None:
        self.link = link
        self.ttl_s = ttl_s
        self._keeps = True
        self._prefix = f"{link.name()}:".encode()

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys. Raises what `RedisLink.open` does."""
        from ippon.adapters.redis_values import entry_in  # noqa: PLC0415 - loads OpenSSL: only where it is due

        found: dict[bytes, Entry] = {}
        secret = self.link.address.seal
        for some in _groups(keys, KEYS_AN_EXCHANGE):
            for key, value in zip(some, self._values(some), strict=False):
                entry = entry_in(self._name(key), value, secret) if isinstance(value, bytes) else None
                if entry is not None and not is_expired(entry, self.ttl_s, now=now):
                    found[key] = entry
        return found

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these, if the server can; a failure never replaces a success."""
        for some in _groups(entries, ENTRIES_AN_EXCHANGE):
            if self._keeps:
                self._refused_in(self.link.ask(*(self._command(entry) for entry in some)) or ())

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self.link.close()

    def _values(self, keys: Sequence[bytes]) -> list[object]:
        """What the server holds under these keys; nothing when it is in trouble."""
        names = [self._name(key) for key in keys]
        replies = self.link.ask(*(("MGET", *some) for some in _groups(names, KEYS_A_COMMAND)), holds_up=True) or []
        values: list[object] = []
        for reply in replies:
            if not isinstance(reply, list):
                self.link.give_up(reply if isinstance(reply, Exception) else ValueError("what answers is no Redis"))
                return []
            values += cast("list[object]", reply)
        return values

    def _command(self, entry: Entry) -> Command:
        from ippon.adapters.redis_values import SUCCESS, stored  # noqa: PLC0415 - loads OpenSSL: only where it is due

        name = self._name(entry.key)
        value = stored(name, entry, self.link.address.seal)
        if entry.failure is None:
            return "SET", name, value
        return "EVAL", KEEP_FAILURE, 1, name, SUCCESS, value, FAILURES_GONE_MS

    def _refused_in(self, replies: Sequence[object]) -> None:
        """Write no more once the server has refused to: it is full, or somebody's replica. Reading goes on."""
        from hiredis import ReplyError  # noqa: PLC0415 - loaded: there are replies

        from ippon.adapters.redis_trouble import in_words  # noqa: PLC0415

        refused = next((each for each in replies if isinstance(each, ReplyError)), None)
        if refused is not None:
            self._keeps = False
            said = in_words(refused, self.link.address)
            self.link.note(f"takes nothing more: {said}; new results stay in the local cache")

    def _name(self, key: bytes) -> bytes:
        return self._prefix + key.hex().encode()


def _groups(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
