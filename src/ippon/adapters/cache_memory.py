"""The cache in this process's memory: for tests, and where the default cache file cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.kept import Entry

FAILURE_TTL_S = 7 * 86400.0


class MemoryCache:
    """Entries by key, gone with the process. `ttl_s` is looked at when an entry is read."""

    def __init__(self, *, ttl_s: float | None = None) -> None:
        self.ttl_s = ttl_s
        self._entries: dict[bytes, Entry] = {}

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys."""
        found = {key: self._entries[key] for key in keys if key in self._entries}
        return {key: entry for key, entry in found.items() if not self._expired(entry, now)}

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these; a failure never replaces a success."""
        for entry in entries:
            held = self._entries.get(entry.key)
            if held is None or held.failure is not None or entry.failure is None:
                self._entries[entry.key] = entry

    def close(self) -> None:
        """Nothing is open."""

    def _expired(self, entry: Entry, now: float) -> bool:
        age_s = now - entry.created_at
        if entry.failure is not None and age_s > FAILURE_TTL_S:
            return True
        return self.ttl_s is not None and age_s > self.ttl_s
