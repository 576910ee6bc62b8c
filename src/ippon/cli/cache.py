"""`ippon cache stats`, `cache why`, `cache verify`, `cache prune` and `cache clear`."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ippon.api import caches
from ippon.api.why import cache_why as found_why
from ippon.cli.run import agreed, view_of
from ippon.report import json_object as objects
from ippon.report.cache import counted, pruned_lines, stats_lines, verified_lines, why_lines
from ippon.report.commands import command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options

DAMAGED = 1


def cache_stats(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Show what the cache holds."""
    found = caches.cache_stats(options)
    lines = stats_lines(found, view_of(options, session.screen(options)), now=time.time())
    return session.tell(options, lines, objects.cache_stats_object(found, session.wall_s))


def cache_why(options: Options, arguments: Mapping[str, str], session: Session) -> int:
    """Show why an evaluation is known or not."""
    view = view_of(options, session.screen(options))
    again = partial(command, "cache why", view)
    found = found_why(options, arguments["example"], arguments["evaluator"], again=again)
    lines = why_lines(found, view, now=time.time())
    told = objects.cache_why_object(found, session.wall_s)
    return session.tell(options, lines, told, warnings=found["warnings"])


def cache_verify(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Check every digest; 1 where one is wrong."""
    found = caches.cache_verify(options)
    code = DAMAGED if found["damaged"] or found["trouble"] else 0
    lines = verified_lines(found, view_of(options, session.screen(options)))
    return session.tell(
        options, lines, objects.verified_object(found, session.wall_s, exit_code=code), exit_code=code, several=True
    )


def cache_prune(options: Options, arguments: Mapping[str, Any], session: Session) -> int:
    """Forget what the filters hold for, and say how much."""
    which = caches.Which(
        older_than=arguments["older_than_"],
        evaluator=arguments["evaluator_"],
        model=arguments["model_"],
        failed=arguments["failed_"],
    )
    found = caches.cache_prune(options, which, dry_run=arguments["dry_run_"])
    lines = pruned_lines(found, view_of(options, session.screen(options)), evaluator=arguments["evaluator_"])
    return session.tell(options, lines, objects.pruned_object(found, session.wall_s), several=True)


def cache_clear(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Forget, and say how much."""
    deleted = caches.cache_clear(options, confirm=lambda problem: agreed(problem, options, session.screen(options)))
    line = f"{counted(deleted)} deleted; the history of runs is kept"
    return session.tell(options, [line], objects.cleared_object(deleted, session.wall_s))
