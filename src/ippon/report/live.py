"""A run while it goes on: the live region of a terminal, and the plain lines of a log."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ippon.records.event import LaneStopped, Progress, ResultKept, RunStarted, Stopping
from ippon.report.escape import columns, visible
from ippon.report.number import money, seconds
from ippon.report.view import View, spread, wrapped
from ippon.report.waiting import is_worth, kept_waiting, told, waiting

if TYPE_CHECKING:
    from ippon.records.run import Result

BAR, LEAST_BAR = 30, 10
TIME = 16  # columns that the time ends in
REMEMBERED = 200  # latencies that the median is taken of
RATE_NEEDS = 3  # answers before a rate is worth showing
LOCAL_JUDGE = "local/"
SIZES = {"local/smollm2-135m": "94 MB, "}


def judge_line(judge: str | None) -> str | None:
    """What the embedded model is good for; None for any other judge."""
    if judge is None or not judge.startswith(LOCAL_JUDGE):
        return None
    return f"judge {visible(judge)} ({SIZES.get(judge, '')}this machine): fine to try things, weak as a judge"


def plan_lines(started: RunStarted, view: View) -> list[str]:
    """What a terminal is shown first: which run of what, and how much is to be asked."""
    which = f"{visible(started.suite)}  {visible(started.tier)}  run {visible(started.run_id)}"
    much = f"{started.total} in the suite; at most {started.planned} here"
    whole = f"{which}  {much}, {_to_ask(started)}"
    return [whole] if columns(whole) <= view.width else spread([which, much, _to_ask(started)], view, gap="   ")


def plain_plan_line(started: RunStarted) -> str:
    """The same for a log."""
    return f"{visible(started.tier)} run {visible(started.run_id)}: at most {started.planned}, {_to_ask(started)}"


def _to_ask(started: RunStarted) -> str:
    return f"{started.cached} cached, {started.planned - started.cached} to ask"


def stop_lines(stopped: LaneStopped | Stopping) -> list[str]:
    """A run that is ending, or a lane that takes no more requests and what to do."""
    if isinstance(stopped, Stopping):
        left = f"{stopped.in_flight} in flight, {seconds(stopped.grace_s)} at most"
        return [f"stopping: {left}; ^C again stops at once"]
    lines = [f"lane {visible(stopped.lane)}: {visible(stopped.message)}"]
    return [*lines, f"hint: {visible(stopped.hint)}"] if stopped.hint else lines


def fitted(lines: list[str], view: View) -> list[str]:
    """Lines for a terminal: what is too long goes on below."""
    return [part for line in lines for part in wrapped(line, view.width)]


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
        self._waits: set[tuple[str, str]] = set()

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
        lines = plan_lines(self._started, view) + self._counts(view, seconds(now - self._began), blocks=blocks)
        return [*lines, *spread(waiting(self._progress) or self._rates(now), view, gap="   ")]

    def _counts(self, view: View, took: str, *, blocks: bool) -> list[str]:
        """How far it is: a bar as long as there is room for it, the counts, the time."""
        done = f"  {self.done} of {self._started.planned}"
        counts = f"{self._started.cached} cached  {self._answered} answered  {self._failed} failed"
        room = view.width - len(f"[]{done}   {counts}   {took}")
        if room < LEAST_BAR:
            bar = self._bar(max(LEAST_BAR, min(BAR, view.width - len(f"[]{done}"))), blocks=blocks)
            return spread([bar + done, counts, took], view, gap="   ")
        width = min(BAR, room)
        line = f"{self._bar(width, blocks=blocks)}{done}   {counts}"
        return [f"{line}{took:>{min(TIME, room - width + len(took) + 3)}}"]

    def _bar(self, width: int, *, blocks: bool) -> str:
        full = int(width * self.done / self._started.planned) if self._started.planned else width
        return "\u2588" * full + "\u2591" * (width - full) if blocks else f"[{'#' * full}{'.' * (width - full)}]"

    def _rates(self, now: float) -> list[str]:
        flight = f"in flight {self._progress.in_flight}" + (
            f" of {self._progress.limit}" if self._progress.limit else ""
        )
        parts = [flight]
        passed = now - self._began
        if self._answered >= RATE_NEEDS and passed > 0:
            rate = self._answered / passed
            parts.append(f"{rate:.1f} a second")
            parts += [f"p50 {seconds(sorted(self._latencies)[len(self._latencies) // 2])}"] if self._latencies else []
        parts += [f"{self._progress.retries} retried"] if self._progress.retries else []
        parts += [self._cost()] if self._progress.cost_usd or self._max_usd is not None else []
        if self._answered >= RATE_NEEDS and passed > 0:
            left = (self._started.planned - self.done) * passed / self._answered
            parts.append(f"about {seconds(left)} left" if self.done < self._started.planned else "ending")
        return parts

    def _cost(self) -> str:
        limit = "" if self._max_usd is None else f" of {money(self._max_usd)}"
        return f"{money(self._progress.cost_usd)}{limit}"

    def news(self) -> list[str]:
        """Waits that have begun since this was last asked, for a log."""
        began = {(hold.lane, hold.why): hold for hold in self._progress.holds if is_worth(hold)}
        new = {place: told(hold) for place, hold in began.items()}
        if (kept := kept_waiting(self._progress)) is not None:
            new["", "writing"] = kept
        waits, self._waits = self._waits, set(new)
        return [line for place, line in new.items() if place not in waits]

    def plain_line(self) -> str:
        """How far it is, for a log."""
        return f"{self.done} of {self._started.planned}, {self._failed} failed"
