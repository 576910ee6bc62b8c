"""A run while it goes on: the live region of a terminal, and the plain lines of a log."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ippon.records.event import LaneStopped, Progress, ResultKept, RunStarted
from ippon.report.escape import cut, visible
from ippon.report.number import money, seconds
from ippon.report.view import View, spread

if TYPE_CHECKING:
    from ippon.records.run import Result

BAR = 30
REMEMBERED = 200  # latencies that the median is taken of
RATE_NEEDS = 3  # answers before a rate is worth showing
LOCAL_JUDGE = "local/"
SIZES = {"local/smollm2-135m": "94 MB, "}


def judge_line(judge: str | None) -> str | None:
    """What the embedded model is good for; None for any other judge."""
    if judge is None or not judge.startswith(LOCAL_JUDGE):
        return None
    return f"judge {visible(judge)} ({SIZES.get(judge, '')}this machine): fine to try things, weak as a judge"


def plan_line(started: RunStarted) -> str:
    """The first line of a terminal: which run of what, and how much is to be asked."""
    start = f"{visible(started.suite)}  {visible(started.tier)}  run {visible(started.run_id)}"
    return f"{start}  {started.total} in the suite; at most {started.planned} here, {_to_ask(started)}"


def plain_plan_line(started: RunStarted) -> str:
    """The same for a log."""
    return f"{visible(started.tier)} run {visible(started.run_id)}: at most {started.planned}, {_to_ask(started)}"


def _to_ask(started: RunStarted) -> str:
    return f"{started.cached} cached, {started.planned - started.cached} to ask"


def stop_lines(stopped: LaneStopped) -> list[str]:
    """A lane that takes no more requests, and what to do."""
    lines = [f"lane {visible(stopped.lane)}: {visible(stopped.message)}"]
    return [*lines, f"hint: {visible(stopped.hint)}"] if stopped.hint else lines


class Live:
    """What is known of a run so far. Time is handed in: seconds of any clock that never jumps."""

    def __init__(self, started: RunStarted, *, now: float, max_usd: float | None = None) -> None:
        self._started = started
        self._began = now
        self._max_usd = max_usd
        self._answered = 0
        self._failed = 0
        self._progress = Progress(in_flight=0, limit=0, calls_sent=0, retries=0, cost_usd=0.0)
        self._latencies: deque[float] = deque(maxlen=REMEMBERED)

    def hear(self, event: object) -> None:
        """Take in one event of the engine."""
        if isinstance(event, ResultKept):
            self._keep(event.result)
        elif isinstance(event, Progress):
            self._progress = event

    def _keep(self, result: Result) -> None:
        self._answered += result.status == "answered"
        self._failed += result.status == "failed"
        if result.latency_s is not None and not result.cached:
            self._latencies.append(result.latency_s)

    @property
    def done(self) -> int:
        """Evaluations that have ended."""
        return min(self._started.planned, self._started.cached + self._answered + self._failed)

    def region(self, view: View, *, now: float, blocks: bool = False) -> list[str]:
        """The lines of the live region; `blocks`: the terminal can show a block bar."""
        counts = f"{self._started.cached} cached  {self._answered} answered  {self._failed} failed"
        line = f"{self._bar(blocks=blocks)}  {self.done} of {self._started.planned}   {counts}"
        lines = [cut(plan_line(self._started), view.width), cut(line + f"{seconds(now - self._began):>16}", view.width)]
        return [*lines, *spread([self._rates(now)], view)]

    def _bar(self, *, blocks: bool) -> str:
        share = self.done / self._started.planned if self._started.planned else 1.0
        full = int(share * BAR)
        return "\u2588" * full + "\u2591" * (BAR - full) if blocks else f"[{'#' * full}{'.' * (BAR - full)}]"

    def _rates(self, now: float) -> str:
        flight = f"in flight {self._progress.in_flight}" + (
            f" of {self._progress.limit}" if self._progress.limit else ""
        )
        parts = [flight]
        passed = now - self._began
        if self._answered >= RATE_NEEDS and passed > 0:
            rate = self._answered / passed
            parts.append(f"{rate:.1f} a second")
            parts += [f"p50 {seconds(sorted(self._latencies)[len(self._latencies) // 2])}"] if self._latencies else []
        parts += [self._cost()] if self._progress.cost_usd or self._max_usd is not None else []
        if self._answered >= RATE_NEEDS and passed > 0:
            left = (self._started.planned - self.done) * passed / self._answered
            parts.append(f"about {seconds(left)} left" if self.done < self._started.planned else "ending")
        return "   ".join(parts)

    def _cost(self) -> str:
        limit = "" if self._max_usd is None else f" of {money(self._max_usd)}"
        return f"{money(self._progress.cost_usd)}{limit}"

    def plain_line(self) -> str:
        """How far it is, for a log."""
        return f"{self.done} of {self._started.planned}, {self._failed} failed"
