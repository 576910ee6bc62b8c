"""Going on with a run that stopped: the same work, so what it was asked stands in the history, and no flag changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from ippon.errors import Problem, UsageError
from ippon.records.suite import DEFAULT_TIER
from ippon.report.view import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ippon.adapters.store_sqlite import SqliteStore
    from ippon.records.options import Options
    from ippon.records.run import Run
    from ippon.records.suite import Suite

LATEST = "latest"


def as_before(options: Options, suite: Suite, store: SqliteStore) -> tuple[Options, str]:
    """(options with what the run was asked, the id of the run to go on with).

    UsageError where the suite has no such run, and where a flag would make other work of it.
    """
    earlier = store.newest(suite.name) if options.resume == LATEST else store.load(str(options.resume))
    if earlier is None:
        raise UsageError(f"the suite has no run `{options.resume}`", hint="ippon runs ls", key="resume")
    if earlier.suite != suite.name:
        other = f"run {earlier.run_id} is of the suite {earlier.suite}, and this one is {suite.name}"
        raise UsageError(
            other, hint=f"ippon run SUITE --resume {earlier.run_id}, with the file of that suite", key="resume"
        )
    given = {name: getattr(options, name) for name in earlier.asked if getattr(options, name) not in (None, ())}
    changed = _changed(given, earlier)
    if changed:
        path = "" if options.suite is None else f"{quoted(options.suite)} "
        hint = f"leave it out: ippon run {path}--resume {earlier.run_id}   or, for other work, leave out --resume"
        raise UsageError(*(Problem(message=message, key=name, hint=hint) for name, message in changed.items()))
    return msgspec.structs.replace(options, **{**earlier.asked, **given}), earlier.run_id


def _changed(given: Mapping[str, object], earlier: Run) -> dict[str, str]:
    """What to say of each flag that is not as it was, by its name."""
    asked = earlier.asked
    was = {**asked, "tier": asked.get("tier") or DEFAULT_TIER, "target": earlier.target, "seed": earlier.seed}
    return {
        name: f"{name} {_words(value)} is other work: run {earlier.run_id} was asked {_with(name, was[name])}"
        for name, value in given.items()
        if _words(value) != _words(was[name])
    }


def _with(name: str, value: object) -> str:
    words = _words(value)
    return f"with {name} {words}" if words else f"without {name}"


def _words(value: object) -> str:
    """A flag's value, empty where it was not given. Globs in another order are no other work."""
    if isinstance(value, list | tuple):
        return ", ".join(sorted({*cast("Iterable[str]", value)}))
    return "" if value is None else str(value)
