"""`ippon plan`: what a run would do; sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon import api
from ippon.cli.run import view_of
from ippon.report.json_object import plan_object
from ippon.report.plan import plan_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options


def plan(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Show the plan."""
    report = api.plan(options)
    view = view_of(options, session.screen(options))
    if not options.json:
        return session.tell(options, plan_lines(report, view), {}, warnings=report.warnings)
    return session.tell(options, (), plan_object(report, session.wall_s), warnings=report.warnings)
