"""A cache file that is committed beside a suite, for CI: read as it stands, and nothing is ever made beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ippon.adapters.cache_sqlite import SCHEMA, UPGRADES, SqliteCache
from ippon.adapters.sqlite_file import SqliteFile
from ippon.adapters.sqlite_opening import AS_IT_STANDS, connected

if TYPE_CHECKING:
    import sqlite3


class SnapshotFile(SqliteFile):
    """A cache file that cannot change."""

    def __init__(self, path: str) -> None:
        super().__init__(path, what="cache", schema=SCHEMA, upgrades=UPGRADES)

    def reader(self) -> sqlite3.Connection | None:
        """The connection to read with; None where there is no file, or an empty one. StoreError for one that is not ours."""
        if self._reader is None and os.path.exists(self.path):  # noqa: PTH110 - as `SqliteFile` does
            connection, is_new = connected(self.path, self._kind, how=AS_IT_STANDS)
            if is_new:
                connection.close()
            else:
                self._reader = connection
        return self._reader


def snapshot_of(path: str) -> SqliteCache:
    """The cache in a snapshot."""
    cache = SqliteCache(path)
    cache.file = SnapshotFile(path)
    return cache
