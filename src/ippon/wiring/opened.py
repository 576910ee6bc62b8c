"""A suite, open: read, with its cache and its history beside it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.store_sqlite import SqliteStore
from ippon.errors import NotBuiltError, StoreError, UsageError
from ippon.read.suite import find, load
from ippon.records.bundle import Bundle
from ippon.records.options import is_cache
from ippon.wiring.trust import is_trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ippon.records.options import Options
    from ippon.records.suite import Suite

    Functions = Mapping[str, Callable[..., object]]


class Opened(Bundle, frozen=True, kw_only=True):
    """A suite and the cache beside it, open. `functions` are those of a suite that was built in Python."""

    suite: Suite
    store: SqliteStore
    cache: SqliteCache | None
    environ: Mapping[str, str]
    trusted: bool
    functions: Functions
    warnings: tuple[str, ...] = ()


@contextmanager
def opened(
    options: Options, *, environ: Mapping[str, str], ends: bool = False, looks: bool = False
) -> Generator[Opened]:
    """The suite that the flags name, or the nearest one, with its cache and history; closed at the end.

    Where the process `ends` right after, closing is left to the system: SQLite would first copy its log back, 20 ms.
    What only `looks` makes no file: a compiled suite is remembered where there is a cache already.
    """
    path = options.suite or found()
    cache, warning = open_cache(options, environ)
    store: SqliteStore | None = None
    try:
        trusted = options.trust or is_trusted(path, environ)
        memo = cache if cache is not None and not (looks and cache.file.reader() is None) else None
        suite = load(path, trusted=trusted, memo=memo)
        store = open_store(options, suite)
        warnings = (warning,) if warning else ()
        yield Opened(
            suite=suite, store=store, cache=cache, environ=environ, trusted=trusted, functions={}, warnings=warnings
        )
    finally:
        if not ends:
            _close(cache, store)


@contextmanager
def opened_with(
    suite: Suite, options: Options, *, environ: Mapping[str, str], trusted: bool, functions: Functions
) -> Generator[Opened]:
    """A suite that is read already, with its cache and history; closed at the end."""
    cache, warning = open_cache(options, environ)
    store = open_store(options, suite)
    warnings = (warning,) if warning else ()
    try:
        yield Opened(
            suite=suite,
            store=store,
            cache=cache,
            environ=environ,
            trusted=trusted,
            functions=functions,
            warnings=warnings,
        )
    finally:
        _close(cache, store)


def _close(*files: SqliteCache | SqliteStore | None) -> None:
    for file in files:
        if file is not None:
            file.close()


def loaded(path: str, *, trust: bool, environ: Mapping[str, str]) -> tuple[Suite, bool]:
    """(suite, whether it is trusted) of a file, compiled anew."""
    trusted = trust or is_trusted(path, environ)
    return load(path, trusted=trusted, memo=None), trusted


def found() -> str:
    """The nearest suite file, here or in a parent folder."""
    return find(os.getcwd())  # noqa: PTH109


def open_cache(options: Options, environ: Mapping[str, str]) -> tuple[SqliteCache | None, str | None]:
    """(cache, warning). A `--cache` that cannot be used is an error; a default one that cannot is a warning and none."""
    if options.no_cache:
        return None, None
    cache = SqliteCache(cache_path(options, environ))
    try:
        cache.file.reader()
    except StoreError as error:
        if options.cache is not None:
            raise
        return None, f"{error}; this run remembers nothing"
    return cache, None


def cache_path(options: Options, environ: Mapping[str, str]) -> str:
    """Where the cache file is."""
    if options.cache is not None:
        if not is_cache(options.cache):
            raise UsageError(f"cache {options.cache} is no cache", hint="a path, sqlite:///PATH or redis://HOST/DB")
        if options.cache.startswith("redis://"):
            raise NotBuiltError("redis://")
        return options.cache.removeprefix("sqlite:///")
    home = environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return os.path.join(home, "ippon", "cache.sqlite")  # noqa: PTH118


def open_store(options: Options, suite: Suite) -> SqliteStore:
    """The history of a suite: beside it, unless said otherwise."""
    return SqliteStore(options.store or os.path.join(suite.folder, ".ippon", "history.sqlite"))  # noqa: PTH118
