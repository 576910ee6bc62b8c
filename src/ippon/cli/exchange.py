"""`ippon cache export` and `cache import`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.api import exchange
from ippon.cli.run import view_of
from ippon.errors import UsageError
from ippon.report import json_object as objects
from ippon.report.cache import exported_lines, imported_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options


def cache_export(options: Options, arguments: Mapping[str, str], session: Session) -> int:
    """Write the entries; to standard output nothing but them."""
    to_standard = arguments["file"] == exchange.STANDARD
    if to_standard and options.json:
        raise UsageError("the entries and --json cannot both be on standard output", hint="name a file")
    found = exchange.cache_export(options, arguments["file"])
    screen = session.screen(options)
    lines = exported_lines(found, view_of(options, screen))
    if to_standard:
        screen.notes(lines)
        return 0
    return session.tell(options, lines, objects.exported_object(found, session.wall_s), several=True)


def cache_import(options: Options, arguments: Mapping[str, str], session: Session) -> int:
    """Read the entries, and say how many were new."""
    found = exchange.cache_import(options, arguments["file"])
    lines = imported_lines(found, view_of(options, session.screen(options)))
    return session.tell(options, lines, objects.imported_object(found, session.wall_s), several=True)
