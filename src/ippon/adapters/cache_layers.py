"""Caches made of caches: `Layered(memory, Layered(sqlite, redis))`, `ReadOnly(snapshot)`, `Namespaced(sqlite, "forks")`."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from ippon.records.fingerprint import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ippon.ports import Cache
    from ippon.records.kept import Entry

NAMESPACE_KEY = b"ippon.namespace/1"


class Layered:
    """A near cache before a far one. What the far one knows is kept in the near one as well, with the next write or `settle`.

    Not at once: reads are made where nothing may wait for a disk. A success far away is worth more than a failure at hand.
    """

    def __init__(self, near: Cache, far: Cache) -> None:
        self._near = near
        self._far = far
        self._arrived: list[Entry] = []
        self._lock = Lock()  # one thread reads while another one writes

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys; the far cache is not asked for what is at hand."""
        found = dict(self._near.read(keys, now=now))
        left = [key for key in keys if key not in found or found[key].failure is not None]
        if left:
            further = self._far.read(left, now=now)
            arrived = {key: entry for key, entry in further.items() if key not in found or entry.failure is None}
            found |= arrived
            with self._lock:
                self._arrived += arrived.values()
        return found

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these: in the near cache, durably, then in the far one."""
        self._near.write([*self._taken(), *entries])
        self._far.write(entries)

    def settle(self) -> None:
        """Keep what has come from the far cache in the near one."""
        arrived = self._taken()
        if arrived:
            self._near.write(arrived)

    def close(self) -> None:
        """Close both. May be called twice."""
        self._near.close()
        self._far.close()

    def _taken(self) -> list[Entry]:
        with self._lock:
            arrived, self._arrived = self._arrived, []
        return arrived


class ReadOnly:
    """A cache that is looked at and never written: a snapshot that is committed beside the suite."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def read(self, keys: Sequence[bytes], *, now: float) -> Mapping[bytes, Entry]:
        """The valid entries of these keys."""
        return self._cache.read(keys, now=now)

    def write(self, entries: Sequence[Entry]) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Close it. May be called twice."""
        self._cache.close()


class Namespaced:
    """The part of a cache that has a name of its own: its keys are hashed with the name, so it shares none with any other.

    What an untrusted job writes under its name is never read by anybody who does not say that name.
    """

    def __init__(self, cache: Cache, name: str) -> None:
        self._cache = cache
        self._name = NAMESPACE_KEY + len(name.encode()).to_bytes(4, "big") + name.encode()

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys."""
        inner = {self.inside(key): key for key in keys}
        found = self._cache.read(list(inner), now=now)
        return {inner[key]: msgspec.structs.replace(entry, key=inner[key]) for key, entry in found.items()}

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these under this name; a success replaces a failure, never the reverse."""
        self._cache.write([msgspec.structs.replace(entry, key=self.inside(entry.key)) for entry in entries])

    def close(self) -> None:
        """Close it. May be called twice."""
        self._cache.close()

    def settle(self) -> None:
        """Nothing has come from elsewhere."""

    def inside(self, key: bytes) -> bytes:
        """Where the entry of a key lies in the whole of the cache."""
        return sha256(self._name + key).digest()
