"""One invocation of the full command line: its environment, its start, and how a verb is called."""

from __future__ import annotations

import time
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from ippon.cli.screen import Screen, screen_of
from ippon.errors import IpponError
from ippon.records.flags import Given, flags_of
from ippon.wiring.settle import settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ippon.cli.verb import Verb
    from ippon.records.options import Options


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What every verb is handed. `started` is on the clock of `time.perf_counter`."""

    environ: Mapping[str, str]
    started: float

    @property
    def wall_s(self) -> float:
        """Seconds since the command began."""
        return time.perf_counter() - self.started

    def screen(self, options: Options) -> Screen:
        """Where to write."""
        return screen_of(self.environ, no_color=options.no_color)

    def act(self, verb: Verb, given: Given, arguments: dict[str, Any]) -> int:
        """Do a verb with checked options; its exit code."""
        options = settle(given, self.environ, () if verb.flags == "none" else flags_of(verb.flags))
        function = getattr(import_module(f"ippon.cli.{verb.module}"), verb.does)
        code: int = function(options, arguments, self)
        return code

    def tell(
        self,
        options: Options,
        lines: Iterable[str],
        found: dict[str, Any],
        *,
        exit_code: int = 0,
        several: bool = False,
        warnings: Sequence[str] = (),
    ) -> int:
        """Show lines, or with `--json` the object; the exit code. What is about `several` suites names none."""
        screen = self.screen(options)
        if warnings:
            from ippon.cli.run import warning_lines  # noqa: PLC0415 - seldom

            screen.notes(warning_lines(tuple(warnings)))
        if options.json:
            from ippon.report.json_object import encoded  # noqa: PLC0415

            suite = None if several else found["suite"] or self._suite(options)
            screen.object(encoded({**found, "suite": suite}))
        else:
            screen.lines(lines)
        return exit_code

    def _suite(self, options: Options) -> str | None:
        """The name of the suite that a verb was about; None where there is none that can be read."""
        from ippon.wiring.opened import found, loaded  # noqa: PLC0415 - only for an object that does not know it

        try:
            suite, _ = loaded(options.suite or found(), trust=options.trust, environ=self.environ)
        except IpponError:
            return None
        return suite.name
