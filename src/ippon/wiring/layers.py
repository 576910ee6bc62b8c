"""What `--cache` names, and the layers that come of it: a team's Redis or a snapshot behind the user's own cache file."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ippon.adapters.cache_layers import Layered, Namespaced, ReadOnly
from ippon.adapters.cache_memory import MemoryCache
from ippon.adapters.cache_snapshot import snapshot_of
from ippon.errors import StoreError, UsageError
from ippon.records.bundle import Bundle
from ippon.records.options import is_cache, is_name, is_redis, nearest_cache, without_password
from ippon.report.view import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.adapters.cache_redis import RedisCache
    from ippon.adapters.cache_sqlite import SqliteCache
    from ippon.adapters.redis_address import Address
    from ippon.adapters.redis_link import RedisLink
    from ippon.ports import Cache

FILE = "sqlite:///"
WORDS = {"mode": "ro", "namespace": None}
WHOLE = "ippon cache export FILE   then   ippon cache import FILE --cache SNAPSHOT   makes one"
HINT = "sqlite:///PATH?mode=ro is a snapshot behind the default cache, ?namespace=NAME a part of its own"


class Named(Bundle, frozen=True, kw_only=True):
    """What `--cache` names: a file of its own, or what stands behind the default one; one of the three is set."""

    file: str | None = None
    snapshot: str | None = None
    redis: str | None = None
    namespace: str = ""


def named(text: str) -> Named:
    """What a text names. UsageError for one that names no cache."""
    if not is_cache(text):
        hint = nearest_cache(text) or "a path, sqlite:///PATH or redis://HOST/DB"
        raise UsageError(f"cache {without_password(text)} is no cache", hint=hint)
    if is_redis(text):
        return Named(redis=text)
    if not text.startswith(FILE) or "?" not in text:
        return Named(file=text.removeprefix(FILE))
    path, _, query = text.removeprefix(FILE).rpartition("?")
    words = _words(query, text)
    namespace = words.get("namespace", "")
    return Named(snapshot=path, namespace=namespace) if "mode" in words else Named(file=path, namespace=namespace)


class Layers(Bundle, frozen=True, kw_only=True):
    """What a run reads and writes in place of the cache file alone. `behind` is what stands behind it, `link` its Redis.

    `namespace` is the part of the file that it has, empty for all of it.
    """

    cache: Layered | Namespaced
    behind: RedisCache | SqliteCache | None = None
    link: RedisLink | None = None
    namespace: str = ""

    def set_ttl_s(self, ttl_s: float | None) -> None:
        """Say how long is valid what stands behind."""
        if self.behind is not None:
            self.behind.ttl_s = ttl_s

    def require(self) -> None:
        """See that a Redis lets us in. StoreError, MissingExtraError; one that is in trouble is no mistake of the user's."""
        if self.link is not None:
            self.link.open()

    def notes(self) -> tuple[str, ...]:
        """What went wrong on the way, in words."""
        return () if self.link is None else self.link.notes

    def close(self, *, ends: bool, looks: bool) -> None:
        """Keep at hand what came from behind, unless this only `looks`, and close that: no file where the process `ends`."""
        with suppress(StoreError):  # nothing is lost: it will come from there once more
            if not looks:
                self.cache.settle()
        if self.link is not None:
            self.link.close()
        elif self.behind is not None and not ends:
            self.behind.close()


def layers_of(text: str, file: Cache | None, environ: Mapping[str, str]) -> Layers | None:
    """The layers of what `--cache` names; None where the file is all of it. Without a usable file, memory is near.

    UsageError for a URL that is none, StoreError for a snapshot that cannot be read.
    """
    it = named(text)
    near = MemoryCache() if file is None else file
    if it.redis is not None:
        return _before_redis(it.redis, near, environ)
    if it.snapshot is not None:
        return _before_snapshot(it.snapshot, _part(near, it.namespace), it.namespace)
    return Layers(cache=Namespaced(near, it.namespace), namespace=it.namespace) if it.namespace else None


def _before_redis(text: str, near: Cache, environ: Mapping[str, str]) -> Layers:
    from ippon.adapters.cache_redis import RedisCache  # noqa: PLC0415 - each only where it is due
    from ippon.adapters.redis_address import address_of  # noqa: PLC0415
    from ippon.adapters.redis_link import RedisLink  # noqa: PLC0415

    link = RedisLink(address_of(text, environ))
    _require_certificate(link.address)
    behind = RedisCache(link)
    # What comes from a namespace stays in it: at hand as well it is found by those alone who name it.
    namespace = link.address.namespace
    return Layers(cache=Layered(_part(near, namespace), behind), behind=behind, link=link, namespace=namespace)


def snapshot_at(path: str) -> SqliteCache:
    """The snapshot in a file. UsageError where there is none, or not all of it."""
    if os.path.exists(f"{path}-wal") and os.path.getsize(f"{path}-wal"):  # noqa: PTH110, PTH202 - lies beside it, as SQLite has it
        hint = WHOLE.replace("FILE", f"FILE --cache {quoted(path)}", 1)
        raise UsageError(f"{path} is no whole snapshot: {path}-wal holds what was written last", hint=hint)
    snapshot = snapshot_of(path)
    if snapshot.file.reader() is None:
        raise UsageError(f"there is no cache {path}", hint=WHOLE)
    return snapshot


def _require_certificate(address: Address) -> None:
    """UsageError for one that is not there: a run that knows all there is to ask would never look for it."""
    if address.ca is not None and not os.path.isfile(address.ca):  # noqa: PTH113
        raise UsageError(f"cache {address.shown} names a certificate {address.ca} that is no file", hint="?ca=FILE")


def _before_snapshot(path: str, near: Cache, namespace: str) -> Layers:
    behind = snapshot_at(path)
    return Layers(cache=Layered(near, ReadOnly(_part(behind, namespace))), behind=behind, namespace=namespace)


def _part(cache: Cache, namespace: str) -> Cache:
    return Namespaced(cache, namespace) if namespace else cache


def _words(query: str, text: str) -> dict[str, str]:
    """What stands behind the question mark of a file's URL."""
    found: dict[str, str] = {}
    for each in query.split("&"):
        name, _, value = each.partition("=")
        if name not in WORDS or name in found or (value != WORDS[name] if name == "mode" else not is_name(value)):
            raise UsageError(f"cache {text} says `{each}`, which nothing reads", hint=HINT)
        found[name] = value
    return found
