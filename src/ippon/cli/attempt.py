"""`ippon try EXAMPLE EVALUATOR`: one evaluation looked at closely."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ippon import api
from ippon.cli.run import view_of
from ippon.cli.screen import reserved
from ippon.report.attempt import attempt_lines
from ippon.report.commands import command
from ippon.report.json_object import attempt_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options

WITHOUT_SCORE = 3


def attempt(options: Options, arguments: Mapping[str, str], session: Session) -> int:
    """Ask, show, and end with 3 where no score came of it."""
    view = view_of(options, session.screen(options))
    with reserved():
        found = api.attempt(options, arguments["example"], arguments["evaluator"], again=partial(command, "try", view))
    code = 0 if found.result.score is not None else WITHOUT_SCORE
    told = attempt_object(found, session.wall_s, exit_code=code)
    return session.tell(options, attempt_lines(found, view), told, exit_code=code)
