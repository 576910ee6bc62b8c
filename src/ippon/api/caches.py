"""The verbs over the cache file itself: how much it holds, whether it is whole, and what is taken out of it or put in."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from ippon.errors import IpponError, Problem, UsageError
from ippon.records.bundle import Bundle
from ippon.records.duration import duration_s
from ippon.report.cache import counted, size
from ippon.report.view import quoted
from ippon.wiring.opened import opened
from ippon.wiring.upkeep import Wanted, file_named, namespace_named, require_all, require_file, snapshot_named, upkept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ippon.records.options import Options
    from ippon.wiring.upkeep import Upkeep

BESIDE = ("-wal", "-shm", "-lock", "-asking")  # files that go with a cache, and are none
LAST_RUNS = 20
FILTERS = "--older-than 30d, --evaluator NAME, --model PROVIDER/MODEL or --failed"


class Which(Bundle, frozen=True, kw_only=True):
    """The entries that `ippon cache prune` is about: all that is said holds for them. `older_than` is `30d`, `12h`, ..."""

    older_than: str | None = None
    evaluator: str | None = None
    model: str | None = None
    failed: bool = False


def require_named(options: Options) -> None:
    """A cache that `--cache` names has to be there to be looked at: a typing error would look like an empty one."""
    path = file_named(options)
    if path is not None and not os.path.exists(path):  # noqa: PTH110
        hint = _near(path) or "without --cache: the one that all projects share"
        raise UsageError(f"there is no cache {path}", hint=hint)


def require_looked_at(options: Options, environ: Mapping[str, str], verb: str) -> None:
    """A cache to be looked at is a file that is there: one that stands before a Redis is not what that holds."""
    require_file(options, environ, verb, why=f"{verb} looks at a cache file, and --cache names a Redis")
    require_named(options)


def _near(path: str) -> str | None:
    """A file beside it that was probably meant."""
    from ippon.read.finding import nearest  # noqa: PLC0415 - only a mistake needs it

    folder, name = os.path.split(path)
    try:
        beside = [each for each in os.listdir(folder or os.curdir) if not each.endswith(BESIDE)]  # noqa: PTH208
    except OSError:
        return None
    near = nearest(name, beside)
    return None if near is None else f"did you mean {os.path.join(folder, near)}?"  # noqa: PTH118


def cache_stats(options: Options, *, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Entries, bytes and classes of the cache file, and hits of the last runs of the suite here, if there is one.

    Those runs may have used another cache. `path` is None while there is no file; to look does not make one.
    """
    require_looked_at(options, environ, "ippon cache stats")
    with upkept(options, environ) as upkeep:
        cache = upkeep.cache
        there = cache.file.reader() is not None
        oldest, newest = upkeep.made()
        return {
            **cache.stats(),
            "evicted": cache.evicted(),
            **_worth(options, environ),
            "oldest_at": oldest,
            "newest_at": newest,
            "path": cache.file.path if there else None,
            "namespace": namespace_named(options),
        }


def cache_clear(
    options: Options,
    *,
    confirm: Callable[[Problem], bool] = lambda _problem: False,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Delete all entries of the cache file and return how many there were.

    The default one serves all projects of a user, so somebody has to `confirm`; one that `--cache` names is meant.
    """
    _require_written(options, "ippon cache clear")
    with upkept(options, environ) as upkeep:
        cache = upkeep.cache
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


def cache_verify(options: Options, *, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Check every digest of the cache file and delete the damaged rows: how many were looked at, and which those are.

    A snapshot is never written: there they stay.
    """
    require_looked_at(options, environ, "ippon cache verify")
    with upkept(options, environ) as upkeep:
        deletes = snapshot_named(options) is None
        found = upkeep.verify(deletes=deletes)
        damaged = [
            {"key": each.key, "table": each.table, "evaluator": each.evaluator, "example": each.example}
            for each in found.damaged
        ]
        return {
            "rows": found.rows,
            "entries": found.entries,
            "damaged": damaged,
            "removed": deletes and found.trouble is None,
            "trouble": found.trouble,
            "path": upkeep.cache.file.path,
            "namespace": namespace_named(options),
        }


def cache_prune(
    options: Options, which: Which, *, dry_run: bool = False, environ: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """Delete the entries that all filters hold for. UsageError without a filter, and for a name that no entry has."""
    if which == Which():
        raise UsageError("cache prune: which entries?", hint=FILTERS)
    made_before = _made_before(which.older_than)
    _require_written(options, "ippon cache prune")
    with upkept(options, environ) as upkeep:
        _require_known(upkeep, evaluator=which.evaluator, model=which.model)
        wanted = Wanted(made_before=made_before, evaluator=which.evaluator, model=which.model, failed=which.failed)
        held = upkeep.cache.stats()["entries"]
        deleted = upkeep.matching(wanted) if dry_run else upkeep.prune(wanted)
        return {"deleted": deleted, "left": held - deleted, "dry_run": dry_run, "path": upkeep.cache.file.path}


def _made_before(older_than: str | None) -> float | None:
    """The time that `--older-than` means, from now on back."""
    if older_than is None:
        return None
    try:
        age_s = duration_s(older_than)
    except ValueError:
        age_s = float("inf")
    if age_s == float("inf"):
        raise UsageError(f"--older-than {older_than} is no span of time", hint="30m, 12h, 7d or 2w")
    return time.time() - age_s


def _require_known(upkeep: Upkeep, **named: str | None) -> None:
    """UsageError for each name that no entry has, with the nearest that some has."""
    from ippon.read.finding import meant  # noqa: PLC0415 - on the way to a mistake

    problems: list[Problem] = []
    for column, name in named.items():
        known = [] if name is None else upkeep.names(column)
        if name is not None and name not in known:
            hint = meant(name, known, what="there are") or "the cache is empty"
            problems.append(Problem(message=f"no entry is of {column} `{name}`", hint=hint))
    if problems:
        raise UsageError(*problems)


def _require_written(options: Options, verb: str) -> None:
    """To delete from the file in front of a Redis or a snapshot would be in vain: it fills again from there."""
    if options.cache is not None and file_named(options) is None:
        raise UsageError("this deletes from a cache file only", hint="--cache PATH, or without --cache")
    require_named(options)
    require_all(options, verb)


def _worth(options: Options, environ: Mapping[str, str]) -> dict[str, Any]:
    """Hits, misses, seconds and money of the last runs of the suite here; nothing without one, unless it was named."""
    if options.store is not None and not os.path.exists(options.store):  # noqa: PTH110
        raise UsageError(f"there is no history {options.store}", hint="without --store: the one beside the suite")
    try:
        with opened(options, environ=environ, looks=True) as it:
            last = it.store.runs()[:LAST_RUNS]
    except IpponError:
        if options.suite is not None or options.store is not None:
            raise
        last = []
    hits, misses = sum(run.hits for run in last), sum(run.misses for run in last)
    usd = [run.saved_usd for run in last]
    return {
        "hits": hits,
        "misses": misses,
        "hit_rate": hits / (hits + misses) if hits + misses else None,
        "runs": len(last),
        "saved_s": sum(run.saved_s for run in last),
        "saved_usd": None if None in usd else sum(each for each in usd if each is not None),
    }
