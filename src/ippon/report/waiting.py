"""What a run waits for, when sending waits: throttled lanes, lanes that are down, a locked file, slow calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.report.escape import visible
from ippon.report.number import seconds

if TYPE_CHECKING:
    from ippon.records.event import Progress, Slow
    from ippon.records.lane import Hold

WORTH_S = 2.0  # a shorter wait is gone before it is read


def waiting(progress: Progress) -> list[str]:
    """The parts of one line that says what is waited for; none where sending goes on. The longest wait is told."""
    holds = [hold for hold in progress.holds if is_worth(hold)]
    if holds:
        return _held(max(holds, key=lambda hold: (hold.why == "down", hold.left_s)))
    if (kept := kept_waiting(progress)) is not None:
        return [kept]
    slow = progress.slow
    # A slow call is what is waited for only once nothing else is in flight.
    return _slow(slow) if slow is not None and progress.in_flight == 1 else []


def told(hold: Hold) -> str:
    """A wait that has begun, in one line of a log."""
    match hold.why:
        case "cooling":
            return f"throttled {seconds(hold.asked_s)} by {visible(hold.lane)}, at most {hold.limit} in flight"
        case "down":
            return f"lane {visible(hold.lane)} is down: {visible(hold.message)}; next probe in {seconds(hold.left_s)}"
        case _:
            return f"{visible(hold.lane)} keeps its rate, next call in {seconds(hold.left_s)}"


def kept_waiting(progress: Progress) -> str | None:
    """The file that has not taken what is written to it, if that lasts; None for a write like others."""
    if progress.writing is None or progress.writing_s < WORTH_S:
        return None
    return f"{progress.writing}: not written for {seconds(progress.writing_s)}, locked by another program?"


def is_worth(hold: Hold) -> bool:
    """Whether a wait is long enough to be told."""
    return hold.why == "down" or max(hold.asked_s, hold.left_s) >= WORTH_S


def _held(hold: Hold) -> list[str]:
    match hold.why:
        case "cooling":
            asked = f"throttled: {visible(hold.lane)} asked for {seconds(hold.asked_s)}, {seconds(hold.left_s)} left"
            return [asked, f"at most {hold.limit} in flight", f"{hold.refused} of {hold.finished} came back 429"]
        case "down":
            return [f"lane down: {visible(hold.lane)} {visible(hold.message)}", f"next probe in {seconds(hold.left_s)}"]
        case _:
            return [f"paced: {visible(hold.lane)} keeps its rate", f"next call in {seconds(hold.left_s)}"]


def _slow(slow: Slow) -> list[str]:
    what = f"slow: {visible(slow.example)} x {visible(slow.evaluator)} {seconds(slow.seconds)}"
    return [f"{what}, attempt {slow.attempt}, limit {seconds(slow.limit_s)}"]
