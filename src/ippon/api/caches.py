"""The verbs over the cache file itself: how much it holds, and emptying it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ippon.errors import IpponError, Problem, UsageError
from ippon.wiring.opened import open_cache, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ippon.records.options import Options


def require_named(options: Options) -> None:
    """A cache that `--cache` names has to be there to be looked at: a typing error would look like an empty one."""
    path = (options.cache or "").removeprefix("sqlite:///")
    if path and "://" not in path and not os.path.exists(path):  # noqa: PTH110
        hint = _near(path) or "without --cache: the one that all projects share"
        raise UsageError(f"there is no cache {path}", hint=hint)


def _near(path: str) -> str | None:
    """A file beside it that was probably meant."""
    from ippon.read.finding import nearest  # noqa: PLC0415 - only a mistake needs it

    folder, name = os.path.split(path)
    try:
        beside = [each for each in os.listdir(folder or os.curdir) if not each.endswith(("-wal", "-shm"))]  # noqa: PTH208
    except OSError:
        return None
    near = nearest(name, beside)
    return None if near is None else f"did you mean {os.path.join(folder, near)}?"  # noqa: PTH118


def cache_stats(options: Options, *, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Entries, bytes and classes of the cache file; hits and misses over the last runs of the suite here, if there is one.

    `path` is None while there is no file; to look does not make one.
    """
    require_named(options)
    cache, _ = open_cache(options, environ)
    if cache is None:
        raise UsageError("there is no cache to look at", hint="leave out --no-cache")
    try:
        there = cache.file.reader() is not None
        return {**cache.stats(), **_hits(options, environ), "path": cache.file.path if there else None}
    finally:
        cache.close()


def cache_clear(
    options: Options,
    *,
    confirm: Callable[[Problem], bool] = lambda _problem: False,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Delete all entries of the cache file and return how many there were.

    The default one serves all projects of a user, so somebody has to `confirm`; one that `--cache` names is meant.
    """
    from ippon.report.cache import counted, size  # noqa: PLC0415 - a warm run shows no cache
    from ippon.report.view import quoted  # noqa: PLC0415

    require_named(options)
    cache, _ = open_cache(options, environ)
    if cache is None:
        raise UsageError("there is no cache to clear", hint="leave out --no-cache")
    try:
        held = cache.stats()
        if options.cache is None and held["entries"]:
            shared = Problem(
                message=f"{cache.file.path} is shared by all your projects; "
                f"it holds {counted(held['entries'])}, {size(held['bytes'])}",
                hint=f"ippon cache clear --cache {quoted(cache.file.path)}",
            )
            if not confirm(shared):
                raise UsageError(shared)
        return cache.clear()
    finally:
        cache.close()


def _hits(options: Options, environ: Mapping[str, str]) -> dict[str, Any]:
    """Hits and misses over the runs of the suite here; nothing of it without a suite, unless one was named."""
    try:
        with opened(options, environ=environ, looks=True) as it:
            last = it.store.runs()[:20]
    except IpponError:
        if options.suite is not None:
            raise
        last = []
    hits, misses = sum(run.hits for run in last), sum(run.misses for run in last)
    return {"hits": hits, "misses": misses, "hit_rate": hits / (hits + misses) if hits + misses else None}
