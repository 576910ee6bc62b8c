"""The listener that shows a run while it goes on: a live region on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ippon.cli.screen import write
from ippon.records.event import LaneStopped, RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ippon.cli.screen import Screen
    from ippon.report.live import Live, Told

REDRAW_S = 0.25
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
        self._told: Told | None = None
        self._drawn_at = 0.0
        self._began = 0.0
        self._lines_shown = 0

    def __call__(self, event: object) -> None:
        """Hear one event."""
        now = self._monotonic()
        if isinstance(event, RunStarted):
            self._start(event, now)
            return
        if isinstance(event, LaneStopped):
            self._lane_stopped(event)
        if self._live is None:
            return
        self._live.hear(event)
        if self._screen.live:
            self._redraw(now)
        else:
            self._log(now)

    def erase(self) -> None:
        """Take the live region away."""
        if self._lines_shown:
            write(self._screen.err, f"\x1b[{self._lines_shown}A\r\x1b[J")
            self._lines_shown = 0

    def _start(self, event: RunStarted, now: float) -> None:
        if event.planned == event.cached:
            return
        from ippon.report.live import Live, Told, judge_line, plain_plan_line, plan_line  # noqa: PLC0415 - not when all is cached

        self._live = Live(event, now=now, max_usd=self._max_usd)
        self._told = Told(at=now)
        self._began = self._drawn_at = now
        judge = judge_line(event.judge)
        self._screen.notes([judge] if judge else [])
        if self._screen.live:
            self._show([plan_line(event)[: self._screen.width]])
        else:
            self._stamped([plain_plan_line(event)])

    def _redraw(self, now: float) -> None:
        if now - self._drawn_at < REDRAW_S or now - self._began < FIRST_REGION_S or self._live is None:
            return
        from ippon.report.view import View  # noqa: PLC0415

        blocks = (self._screen.err.encoding or "").lower().replace("-", "") == "utf8"
        self._drawn_at = now
        self.erase()
        self._show(self._live.region(View(width=self._screen.width), now=now, blocks=blocks))

    def _show(self, lines: list[str]) -> None:
        self._screen.notes(lines)
        self._lines_shown = len(lines)

    def _log(self, now: float) -> None:
        from ippon.report.live import plain_lines  # noqa: PLC0415

        assert self._live is not None and self._told is not None  # noqa: PT018 - set together
        lines, self._told = plain_lines(self._live, self._told, now=now)
        self._stamped(lines)

    def _stamped(self, lines: list[str]) -> None:
        clock = time.strftime("%H:%M:%S")
        self._screen.notes(f"{clock} {line}" for line in lines)

    def _lane_stopped(self, event: LaneStopped) -> None:
        from ippon.report.live import stop_lines  # noqa: PLC0415

        self.erase()
        if self._screen.live:
            self._screen.notes(stop_lines(event))
        else:
            self._stamped(stop_lines(event))
