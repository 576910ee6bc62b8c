"""The cache file that the flags name, open to be looked after."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.cache_upkeep import Upkeep, Wanted
from ippon.wiring.layers import named
from ippon.wiring.opened import cache_path

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from ippon.records.options import Options
    from ippon.wiring.opened import Opened

__all__ = ["Upkeep", "Wanted", "file_named", "upkeep_of", "upkept"]


@contextmanager
def upkept(options: Options, environ: Mapping[str, str]) -> Generator[Upkeep]:
    """The cache file of this machine, closed at the end. StoreError for a file that is none of ours."""
    cache = SqliteCache(cache_path(options, environ))
    try:
        cache.file.reader()
        yield Upkeep(cache)
    finally:
        cache.close()


def upkeep_of(opened: Opened) -> Upkeep | None:
    """The cache file of an open suite, to be looked at; None where there is none that can be used."""
    return None if opened.cache is None else Upkeep(opened.cache, namespace=opened.namespace)


def file_named(options: Options) -> str | None:
    """The file that `--cache` names: None without it, and for a Redis or a snapshot, which stand behind the default file."""
    return None if options.cache is None else named(options.cache).file
