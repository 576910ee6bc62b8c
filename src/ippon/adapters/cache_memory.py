"""The cache in this process's memory: for tests, and where the default cache file cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.errors import StoreError
from ippon.records.expiry import is_expired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.adapters.cache_sqlite import SqliteCache
    from ippon.records.kept import Entry


class MemoryCache:
    """Entries by key, gone with the process. `ttl_s` is looked at when an entry is read."""

    def __init__(self, *, ttl_s: float | None = None) -> None:
        self.ttl_s = ttl_s
        self._entries: dict[bytes, Entry] = {}

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys."""
        found = {key: self._entries[key] for key in keys if key in self._entries}
        return {key: entry for key, entry in found.items() if not is_expired(entry, self.ttl_s, now=now)}

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these; a failure never replaces a success."""
        for entry in entries:
            held = self._entries.get(entry.key)
            if held is None or held.failure is not None or entry.failure is None:
                self._entries[entry.key] = entry

    def close(self) -> None:
        """Nothing is open."""


class Forgiving:
    """The default cache file as a run uses it: from where it cannot be used on, memory stands in, and `note` says why.

    Nobody named that file, so no run ends for it. What is in it is read for as long as that can be done: `reads` and
    `writes` are whether it is, still.
    """

    def __init__(self, file: SqliteCache, *, writes: bool = True) -> None:
        self.note: str | None = None
        self._file = file
        self._memory = MemoryCache()
        self.writes = writes
        self.reads = True

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys; a success in the file is worth more than a failure in memory."""
        found: dict[bytes, Entry] = {}
        if self.reads:
            try:
                found = self._file.read(keys, now=now)
            except StoreError as error:  # locked for too long: the next one would wait as long
                self.reads = False
                self._give_up(error)
        here = self._memory.read(keys, now=now)
        return found | {key: entry for key, entry in here.items() if entry.failure is None or key not in found}

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these in the file, durably; for this process alone where that cannot be."""
        if self.writes:
            try:
                self._file.write(entries)
            except StoreError as error:
                self._give_up(error)
            else:
                return
        self._memory.write(entries)

    def recall(self, key: bytes) -> bytes | None:
        """The compiled suite kept under a key."""
        return self._file.recall(key)

    def keep(self, key: bytes, body: bytes) -> None:
        """Keep a compiled suite, if that can be."""
        if self.writes:
            try:
                self._file.keep(key, body)
            except StoreError as error:
                self._give_up(error)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._file.close()

    def _give_up(self, error: StoreError) -> None:
        """Write the file no more."""
        self.writes = False
        hint = error.problems[0].hint
        because = f"{error}; from there on this run remembers nothing for the next" + (f": {hint}" if hint else "")
        self.note = self.note or because
