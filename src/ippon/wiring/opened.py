"""A suite, open: read, with its cache and its history beside it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ippon.adapters.cache_memory import Forgiving
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.store_sqlite import SqliteStore
from ippon.errors import StoreError
from ippon.read.suite import find, load
from ippon.records.bundle import Bundle
from ippon.wiring.trust import is_trusted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ippon.ports import Cache
    from ippon.records.options import Options
    from ippon.records.suite import Suite
    from ippon.wiring.layers import Layers

    Functions = Mapping[str, Callable[..., object]]

FORGETS = "this run remembers nothing for the next"


class Opened(Bundle, frozen=True, kw_only=True):
    """A suite and the cache beside it, open. `functions` are those of a suite that was built in Python.

    `cache` is the file of this machine, None where it cannot be read; `held` is what a run reads and writes of it, and
    `layers` are what it uses in its place, where more than that was named.
    """

    suite: Suite
    store: SqliteStore
    cache: SqliteCache | None
    held: SqliteCache | Forgiving | None
    environ: Mapping[str, str]
    trusted: bool
    functions: Functions
    warnings: tuple[str, ...] = ()
    layers: Layers | None = None

    @property
    def shared(self) -> SqliteCache | None:
        """The cache file, where other processes can be told something through it."""
        return None if isinstance(self.held, Forgiving) and not self.held.writes else self.cache

    @property
    def legible(self) -> SqliteCache | None:
        """The cache file, where it can be read, still."""
        return None if isinstance(self.held, Forgiving) and not self.held.reads else self.cache

    @property
    def notes(self) -> tuple[str, ...]:
        """What has gone wrong with the cache since, in words."""
        own = (self.held.note,) if isinstance(self.held, Forgiving) and self.held.note else ()
        return (*own, *(() if self.layers is None else self.layers.notes()))

    @property
    def namespace(self) -> str:
        """The part of the cache file that this has, empty for all of it."""
        return "" if self.layers is None else self.layers.namespace


@contextmanager
def opened(
    options: Options, *, environ: Mapping[str, str], ends: bool = False, looks: bool = False, plans: bool = False
) -> Generator[Opened]:
    """The suite that the flags name, or the nearest one, with its cache and history; closed at the end.

    Where the process `ends` right after, closing is left to the system: SQLite would first copy its log back, 20 ms.
    What only `looks` makes no file: a compiled suite is remembered where there is a cache already. What `plans` a run
    looks, and refuses what the run would.
    """
    path = options.suite or found()
    looks = looks or plans
    cache, held, warning = open_cache(options, environ, writes=plans or not looks)
    layers, store = None, None
    try:
        layers = open_layers(options, held, environ)
        trusted = options.trust or is_trusted(path, environ)
        memo = None if cache is None or (looks and cache.file.reader() is None) else held
        suite = load(path, trusted=trusted, memo=memo)
        store = open_store(options, suite)
        warnings = (warning,) if warning else ()
        yield Opened(
            suite=suite,
            store=store,
            cache=cache,
            held=held,
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
    cache, held, warning = open_cache(options, environ, writes=True)
    layers, store = None, open_store(options, suite)
    warnings = (warning,) if warning else ()
    try:
        layers = open_layers(options, held, environ)
        yield Opened(
            suite=suite,
            store=store,
            cache=cache,
            held=held,
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
) -> tuple[SqliteCache | None, SqliteCache | Forgiving | None, str | None]:
    """(cache file, what a run reads and writes of it, warning).

    A file that `--cache` names is an error where it cannot be used, the default one a warning: a run then keeps what it
    learns in memory. Who `writes` is told before anything is paid.
    """
    if options.no_cache:
        return None, None, None
    path, is_default = _file(options, environ)
    cache = SqliteCache(path)
    try:
        cache.file.reader()
    except StoreError as error:
        cache.close()
        if not is_default:
            raise
        return None, None, f"{error}; {FORGETS}"
    try:
        if writes or is_default:
            cache.file.require_writable()
    except StoreError as error:
        if not is_default:
            cache.close()
            raise
        return cache, Forgiving(cache, writes=False), f"{error}; {FORGETS}"
    return cache, Forgiving(cache) if is_default else cache, None


def open_layers(options: Options, cache: Cache | None, environ: Mapping[str, str]) -> Layers | None:
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
    if options.cache and ":" not in options.cache:
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
