"""The caches that have to agree, by name: what makes each in a folder, and what a test may do to it beyond its port.

A further one is a line of `CACHES`: a function of a folder to a `Kept`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.redis_server import program
from ippon.adapters.cache_memory import MemoryCache
from ippon.adapters.cache_sqlite import SqliteCache
from tests.storage.layers import Before, Team

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.ports import Cache


class Kept:
    """A cache under test: what it is now, and what may happen to it. By default nothing does: a miss is always allowed."""

    def __init__(self, cache: Any) -> None:
        self.cache = cache

    def reopen(self) -> None:
        """Close it, and open what is left."""

    def crash(self) -> None:
        """End without a word, and open what a killed process leaves behind."""

    def evict(self) -> None:
        """Make room for others."""

    def close(self) -> None:
        """The end."""
        self.cache.close()


class KeptFile(Kept):
    """A cache in a SQLite file."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._opened = folder, 0
        super().__init__(SqliteCache(str(folder / "cache.sqlite")))

    def reopen(self) -> None:
        """What another process would see after this one."""
        ttl_s, path = self.cache.ttl_s, self.cache.file.path
        self.cache.close()
        self.cache = SqliteCache(path, ttl_s=ttl_s)

    def crash(self) -> None:
        """Open a copy of the bytes as they are, the log with them: what a kill leaves, for the system keeps what it has."""
        ttl_s, path = self.cache.ttl_s, Path(self.cache.file.path)
        self._opened += 1
        copy = self._folder / f"{self._opened}.sqlite"
        for suffix in ("", "-wal"):
            if Path(f"{path}{suffix}").exists():
                shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
        self.cache.close()
        self.cache = SqliteCache(str(copy), ttl_s=ttl_s)

    def evict(self) -> None:
        """Have the next write find the file too large: whatever is old goes, and what this process wrote stays."""
        ttl_s, path = self.cache.ttl_s, self.cache.file.path
        self.cache.close()
        self.cache = SqliteCache(path, ttl_s=ttl_s, most_bytes=0)


def memory(_folder: Path) -> Kept:
    """The cache of one process."""
    return Kept(MemoryCache())


WITH_A_SERVER: dict[str, Callable[[Path], Any]] = {
    "redis": Team,
    "memory > redis": lambda folder: Before(memory(folder), Team(folder)),
    "sqlite > redis": lambda folder: Before(KeptFile(folder), Team(folder)),
    "a part of sqlite > redis": lambda folder: Before(KeptFile(folder), Team(folder), namespace="forks"),
}
CACHES: dict[str, Callable[[Path], Any]] = {
    "memory": memory,
    "sqlite": KeptFile,
    **(WITH_A_SERVER if program() else {}),
}


def is_cache(cache: Cache) -> Cache:
    """For the type checker: what is made here keeps to the port."""
    return cache
