"""The cache in this process's memory: for tests, and where the default cache file cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.records.expiry import is_expired

if TYPE_CHECKING:
    from collections.abc import Sequence

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
