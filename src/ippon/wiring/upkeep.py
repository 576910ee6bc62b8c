"""The cache file that the flags name, open to be looked after."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.cache_upkeep import Upkeep, Wanted
from ippon.errors import UsageError
from ippon.report.view import quoted
from ippon.wiring.layers import named, snapshot_at
from ippon.wiring.opened import cache_path

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from ippon.records.options import Options
    from ippon.wiring.opened import Opened

__all__ = [
    "Upkeep",
    "Wanted",
    "file_named",
    "namespace_named",
    "require_all",
    "require_file",
    "snapshot_named",
    "upkeep_of",
    "upkept",
]


@contextmanager
def upkept(options: Options, environ: Mapping[str, str]) -> Generator[Upkeep]:
    """The cache file that is named, a snapshot as it stands, else the default one; closed at the end.

    StoreError for a file that is none of ours. A Redis is no file: see `require_file`.
    """
    snapshot = snapshot_named(options)
    cache = SqliteCache(cache_path(options, environ)) if snapshot is None else snapshot_at(snapshot)
    try:
        cache.file.reader()
        yield Upkeep(cache)
    finally:
        cache.close()


def upkeep_of(opened: Opened) -> Upkeep | None:
    """The cache file of an open suite, to be looked at; None where there is none that can be used."""
    return None if opened.legible is None else Upkeep(opened.legible, namespace=opened.namespace)


def file_named(options: Options) -> str | None:
    """The file that `--cache` names: None without it, and for a Redis or a snapshot, which stand behind the default file."""
    return None if options.cache is None else named(options.cache).file


def snapshot_named(options: Options) -> str | None:
    """The snapshot that `--cache` names, if it names one."""
    return None if options.cache is None else named(options.cache).snapshot


def namespace_named(options: Options) -> str:
    """The part of a file that `--cache` names; empty for all of it."""
    return "" if options.cache is None else named(options.cache).namespace


def require_file(options: Options, environ: Mapping[str, str], verb: str, *, why: str) -> None:
    """UsageError where `--cache` names a Redis: the file before it is another cache, and has to be named."""
    if options.cache is not None and named(options.cache).redis is not None:
        home = cache_path(options, environ)
        raise UsageError(why, hint=f"of the file before it: {verb} --cache {quoted(home)}")


def require_all(options: Options, verb: str) -> None:
    """UsageError where `--cache` names a part of a file: no key tells of which part it is."""
    if options.cache is None or not (it := named(options.cache)).namespace:
        return
    place = it.file if it.snapshot is None else f"sqlite:///{it.snapshot}?mode=ro"
    raise UsageError(
        f"no entry tells of which namespace it is, so {verb} is for all of a file",
        hint=f"--cache {quoted(place or '')}   means all namespaces",
    )
