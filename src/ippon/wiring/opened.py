"""A suite, open: read, with its cache and its history beside it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.store_sqlite import SqliteStore
from ippon.errors import StoreError
from ippon.read.suite import find, load
from ippon.records.bundle import Bundle
from ippon.wiring.trust import is_trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ippon.records.options import Options
    from ippon.records.suite import Suite
    from ippon.wiring.layers import Layers

    Functions = Mapping[str, Callable[..., object]]


class Opened(Bundle, frozen=True, kw_only=True):
    """A suite and the cache beside it, open. `functions` are those of a suite that was built in Python.

    `cache` is the file of this machine; `layers` are what a run uses in its place, where more than that was named.
    """

    suite: Suite
    store: SqliteStore
    cache: SqliteCache | None
    environ: Mapping[str, str]
    trusted: bool
    functions: Functions
    warnings: tuple[str, ...] = ()
    layers: Layers | None = None

    @property
    def namespace(self) -> str:
        """The part of the cache file that this has, empty for all of it."""
        return "" if self.layers is None else self.layers.namespace


@contextmanager
def opened(
    options: Options, *, environ: Mapping[str, str], ends: bool = False, looks: bool = False
) -> Generator[Opened]:
    """The suite that the flags name, or the nearest one, with its cache and history; closed at the end.

    Where the process `ends` right after, closing is left to the system: SQLite would first copy its log back, 20 ms.
    What only `looks` makes no file: a compiled suite is remembered where there is a cache already.
    """
    path = options.suite or found()
    cache, warning = open_cache(options, environ, writes=not looks)
    layers, store = None, None
    try:
        layers = open_layers(options, cache, environ)
        trusted = options.trust or is_trusted(path, environ)
        memo = cache if cache is not None and not (looks and cache.file.reader() is None) else None
        suite = load(path, trusted=trusted, memo=memo)
        store = open_store(options, suite)
        warnings = (warning,) if warning else ()
        yield Opened(
            suite=suite,
            store=store,
            cache=cache,
            environ=environ,
            trusted=trusted,
            functions={},
            warnings=warnings,
            layers=layers,
        )
    finally:
        if layers is not None:
            layers.close(ends=ends, looks=looks)
        if not ends:
            _close(cache, store)


@contextmanager
def opened_with(
    suite: Suite, options: Options, *, environ: Mapping[str, str], trusted: bool, functions: Functions
) -> Generator[Opened]:
    """A suite that is read already, with its cache and history; closed at the end."""
    cache, warning = open_cache(options, environ, writes=True)
    layers, store = None, open_store(options, suite)
    warnings = (warning,) if warning else ()
    try:
        layers = open_layers(options, cache, environ)
        yield Opened(
            suite=suite,
            store=store,
            cache=cache,
            environ=environ,
            trusted=trusted,
            functions=functions,
            warnings=warnings,
            layers=layers,
        )
    finally:
        if layers is not None:
            layers.close(ends=False, looks=False)
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


def open_cache(
    options: Options, environ: Mapping[str, str], *, writes: bool = False
) -> tuple[SqliteCache | None, str | None]:
    """(cache file, warning). One that `--cache` names is an error where it cannot be used, the default one a warning.

    A run then keeps what it learns in memory, see `assemble`. Who `writes` is told before anything is paid.
    """
    if options.no_cache:
        return None, None
    path, is_default = _file(options, environ)
    cache = SqliteCache(path)
    try:
        cache.file.reader()
        if writes:
            cache.file.require_writable()
    except StoreError as error:
        cache.close()
        if not is_default:
            raise
        return None, f"{error}; this run remembers nothing for the next"
    return cache, None


def open_layers(options: Options, cache: SqliteCache | None, environ: Mapping[str, str]) -> Layers | None:
    """What a run uses in place of the cache file alone; None where that is all that was named."""
    if options.no_cache or options.cache is None or "://" not in options.cache:
        return None
    from ippon.wiring.layers import layers_of  # noqa: PLC0415 - most runs have a file and no more

    return layers_of(options.cache, cache, environ)


def cache_path(options: Options, environ: Mapping[str, str]) -> str:
    """Where the cache file of this machine is. UsageError for what names no cache."""
    return _file(options, environ)[0]


def _file(options: Options, environ: Mapping[str, str]) -> tuple[str, bool]:
    """(cache file, whether it is the default one): what is not on this machine, or is not written, stands behind that."""
    if options.cache and "://" not in options.cache:
        return options.cache, False
    if options.cache is not None:
        from ippon.wiring.layers import named  # noqa: PLC0415

        if (path := named(options.cache).file) is not None:
            return path, False
    home = environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return os.path.join(home, "ippon", "cache.sqlite"), True  # noqa: PTH118


def open_store(options: Options, suite: Suite) -> SqliteStore:
    """The history of a suite: beside it, unless said otherwise."""
    return SqliteStore(options.store or os.path.join(suite.folder, ".ippon", "history.sqlite"))  # noqa: PTH118
