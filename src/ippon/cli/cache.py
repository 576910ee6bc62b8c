"""`ippon cache stats`, `cache why` and `cache clear`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ippon import api
from ippon.cli.run import agreed, view_of
from ippon.report.cache import counted, stats_lines, why_lines
from ippon.report.commands import command
from ippon.report.json_object import cache_stats_object, cache_why_object, cleared_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options


def cache_stats(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Show what the cache holds."""
    found = api.cache_stats(options)
    view = view_of(options, session.screen(options))
    return session.tell(options, stats_lines(found, view), cache_stats_object(found, session.wall_s))


def cache_why(options: Options, arguments: Mapping[str, str], session: Session) -> int:
    """Show why an evaluation is known or not."""
    view = view_of(options, session.screen(options))
    again = partial(command, "cache why", view)
    found = api.cache_why(options, arguments["example"], arguments["evaluator"], again=again)
    return session.tell(options, why_lines(found, view), cache_why_object(found, session.wall_s))


def cache_clear(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Forget, and say how much."""
    deleted = api.cache_clear(options, confirm=lambda problem: agreed(problem, options, session.screen(options)))
    line = f"{counted(deleted)} deleted; the history of runs is kept"
    return session.tell(options, [line], cleared_object(deleted, session.wall_s))
