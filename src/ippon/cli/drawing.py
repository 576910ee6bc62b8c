"""The listener that shows a run while it goes on: a live region on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ippon.cli.screen import write
from ippon.records.event import LaneStopped, RunStarted, Stopping

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.cli.screen import Screen
    from ippon.report.live import Live
    from ippon.report.view import View

REDRAW_S = 0.25
LOG_S = 10.0  # a log is told that often how far the run is
FIRST_REGION_S = 0.5  # a shorter run shows no live region


class Drawing:
    """Hears the engine's events; draws on standard error only, and only when something is to be asked."""

    def __init__(
        self, screen: Screen, *, max_usd: float | None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._screen = screen
        self._monotonic = monotonic
        self._max_usd = max_usd
        self._live: Live | None = None
        self._drawn_at = 0.0
        self._began = 0.0
        self._lines_shown = 0

    def __call__(self, event: object) -> None:
        """Hear one event."""
        now = self._monotonic()
        if isinstance(event, RunStarted):
            self._start(event, now)
            return
        if isinstance(event, LaneStopped | Stopping):
            self._stopped(event)
        if self._live is None:
            return
        self._live.hear(event)
        if self._screen.live:
            self._redraw(self._live, now)
            return
        self._stamped(self._live.news())
        if now - self._drawn_at >= LOG_S:
            self._drawn_at = now
            self._stamped([self._live.plain_line()])

    def erase(self) -> None:
        """Take the live region away."""
        if self._lines_shown:
            write(self._screen.err, f"\x1b[{self._lines_shown}A\r\x1b[J")
            self._lines_shown = 0

    def _start(self, event: RunStarted, now: float) -> None:
        if event.planned == event.cached:
            return
        from ippon.report.live import Live, fitted, judge_line, plain_plan_line, plan_lines  # noqa: PLC0415 - not when all is cached

        self._live = Live(event, now=now, max_usd=self._max_usd)
        self._began = self._drawn_at = now
        judge = judge_line(event.judge)
        self._screen.notes(fitted([judge], self._view()) if judge else [])
        if self._screen.live:
            self._show(plan_lines(event, self._view()))
        else:
            self._stamped([plain_plan_line(event)])

    def _redraw(self, live: Live, now: float) -> None:
        if now - self._drawn_at < REDRAW_S or now - self._began < FIRST_REGION_S:
            return
        blocks = (self._screen.err.encoding or "").lower().replace("-", "") == "utf8"
        self._drawn_at = now
        self.erase()
        self._show(live.region(self._view(), now=now, blocks=blocks))

    def _view(self) -> View:
        from ippon.report.view import View  # noqa: PLC0415 - not when all is cached

        return View(width=self._screen.width)

    def _show(self, lines: list[str]) -> None:
        self._screen.notes(lines)
        self._lines_shown = len(lines)

    def _stamped(self, lines: list[str]) -> None:
        clock = time.strftime("%H:%M:%S")
        self._screen.notes(f"{clock} {line}" for line in lines)

    def _stopped(self, event: LaneStopped | Stopping) -> None:
        from ippon.report.live import fitted, stop_lines  # noqa: PLC0415

        self.erase()
        if self._screen.live:
            write(self._screen.err, "\r\x1b[K" if isinstance(event, Stopping) else "")  # over the ^C that it shows
            self._screen.notes(fitted(stop_lines(event), self._view()))
        else:
            self._stamped(stop_lines(event))
