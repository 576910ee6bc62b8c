"""`ippon runs ls` and `ippon runs show RUN`: the history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ippon import api
from ippon.cli.run import view_of
from ippon.records.event import Finished
from ippon.report.history import run_lines, runs_lines
from ippon.report.json_object import run_object, runs_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options


def runs_ls(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """List the runs."""
    found = api.runs(options)
    view = view_of(options, session.screen(options))
    lines, told = runs_lines(found, view, now=time.time()), runs_object(found, session.wall_s)
    return session.tell(options, lines, told, several=told["suite"] is None and bool(found))


def runs_show(options: Options, arguments: Mapping[str, str], session: Session) -> int:
    """Show one run; the verb ends with 0, whatever the run ended with."""
    found = api.show(options, arguments["run"])
    view = view_of(options, session.screen(options))
    lines = run_lines(found, view, now=time.time(), evaluators=options.evaluator, examples=options.example)
    return session.tell(options, lines, run_object(Finished(run=found)))
