"""A cache file as its tests see it: rows made older, damaged, taken away."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

from msgspec.structs import replace

from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.cache_upkeep import Upkeep


def path_of(path: str | None = None) -> str:
    """The cache of this test, unless another is named."""
    return path or f"{os.environ['XDG_CACHE_HOME']}/ippon/cache.sqlite"


def entries(path: str | None = None):
    """Every entry, as an export has it."""
    with closing(SqliteCache(path_of(path))) as cache:
        return list(Upkeep(cache).entries())


def make_older(seconds: float, *, path: str | None = None) -> None:
    """As if so much time had gone by since all of it was written."""
    older = [replace(each, created_at=each.created_at - seconds) for each in entries(path)]
    execute("DELETE FROM entries", path=path)
    with closing(SqliteCache(path_of(path))) as cache:
        cache.write(older)


def execute(statement: str, *values: object, path: str | None = None) -> int:
    """Change the file behind the back of everybody; how many rows that were."""
    with closing(sqlite3.connect(path_of(path))) as db, db:
        return db.execute(statement, values).rowcount
