"""Who shares the cache, and leases keys there, so that equal requests of several processes are sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ippon.adapters.cache_sqlite import SqliteCache
    from ippon.adapters.redis_link import RedisLink
    from ippon.ports import Leases


def leases_of(cache: SqliteCache | None, link: RedisLink | None = None, *, namespace: str = "") -> Leases | None:
    """Leases in the team's Redis, else in the cache's file; none where the cache is this process's alone.

    Who has a `namespace` shares no entry with any other, so no lease either: nobody waits for an answer that they cannot read.
    """
    if link is not None:
        from ippon.adapters.leases_redis import RedisLeases  # noqa: PLC0415 - only a run that asks needs any

        return RedisLeases(link, local=lambda: leases_of(cache, namespace=namespace))
    if cache is None:
        return None
    from ippon.adapters.leases_sqlite import SqliteLeases  # noqa: PLC0415

    return SqliteLeases(cache.file.path, namespace=namespace)
