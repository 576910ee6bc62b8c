"""`ippon schema`, `ippon trust` and `ippon doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ippon import api
from ippon.cli.run import view_of
from ippon.errors import UsageError
from ippon.report.cache import doctor_lines
from ippon.report.json_object import doctor_object, trust_object
from ippon.report.json_others import OBJECTS
from ippon.report.json_others import schema as object_schema
from ippon.report.view import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ippon.cli.session import Session
    from ippon.records.options import Options

TO_FIX = 2
SUITE = "suite"


def schema(options: Options, arguments: Mapping[str, str | None], session: Session) -> int:
    """Print the JSON Schema of one thing."""
    name = arguments["name"] or SUITE
    if name not in {SUITE, *OBJECTS}:
        raise UsageError(f"there is no schema `{name}`", hint=f"there are: {', '.join([SUITE, *OBJECTS])}")
    encoded = msgspec.json.encode(object_schema(name) if name in OBJECTS else api.schema(name))
    session.screen(options).object(msgspec.json.format(encoded, indent=2) + b"\n")
    return 0


def trust(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Trust a suite, and say what exactly."""
    path, digest = api.trust(options.suite)
    lines = [f"trusted: {path} and the code files beside it ({digest[:12]})", f"next     ippon run {quoted(path)}"]
    return session.tell(options, lines, trust_object(path, digest, session.wall_s))


def doctor(options: Options, _arguments: Mapping[str, str], session: Session) -> int:
    """Show what a run depends on; 2 where something is to be fixed."""
    found = api.doctor(options)
    code = TO_FIX if any(state == "FAIL" for state, _, _ in found) else 0
    view = view_of(options, session.screen(options))
    return session.tell(
        options, doctor_lines(found, view), doctor_object(found, session.wall_s, exit_code=code), exit_code=code
    )
