"""Whole worlds in virtual time: servers that answer, refuse, fail and lie; the scheduler under watch in each of them."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from bench.worlds import REFUSED_S, Reply, trouble
from ippon.execute.events import Woke

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from ippon.records.call import FailureClass
    from tests.execute.watched import Watched

GRANTED_S = 0.002  # what a reservation takes
MOST_EVENTS = 400  # a call, on average: more is a loop that goes nowhere


class Due(NamedTuple):
    """What is about to happen."""

    at: float
    order: int
    what: Callable[[], None]


class Played:
    """Asks all of a plan, and lets time pass until each has its end."""

    def __init__(self, watched: Watched, serve: dict[str, Callable[[float], Reply]]) -> None:
        self.w = watched
        self.serve = serve
        self.coming: list[Due] = []
        self.seen: set[tuple[int, bool, int]] = set()
        self.order = count()
        self.began: list[tuple[float, str]] = []  # of each send
        self.granting: set[int] = set()

    def play(self, plan: list[tuple[str, float]]) -> Played:
        """Play it to its end."""
        left, total = iter(plan), len(self.w.asked) + len(plan)
        for _ in range(MOST_EVENTS * (total + 10)):
            while self.w.s.wants_more and (each := next(left, None)) is not None:
                self.w.ask(*each)
            self._answer()
            if len(self.w.ended) == total:
                return self
            self._step()
        raise AssertionError("this world does not end")

    @property
    def answered(self) -> int:
        """How many calls have an answer."""
        return sum(how == "Answer" for how in self.w.ended.values())

    def _step(self) -> None:
        due = self.w.s.next_wake
        if self.coming and (due is None or self.coming[0].at <= due):
            self.w.now = max(self.w.now, self.coming[0].at)
            heappop(self.coming).what()
        else:
            assert due is not None, "something waits, and for nothing"
            self.w.wake(due)
        self.w.pass_time(0.0)
        self.w.check_conserved()

    def _answer(self) -> None:
        """Let the servers see what was sent, and whoever keeps the rates what was asked of them."""
        for (ticket, hedge), attempt in list(self.w.flying.items()):
            mark = (ticket, hedge, self.w.tries[ticket])
            if mark not in self.seen:
                self.seen.add(mark)
                self.began.append((self.w.now, attempt.lane))
                reply = self.serve[attempt.lane](self.w.now)
                self._after(reply.after_s, lambda mark=mark, reply=reply: self._land(mark, reply))
        for wanted in self.w.wanted:
            if id(wanted) not in self.granting:
                self.granting.add(id(wanted))
                self._after(GRANTED_S, lambda wanted=wanted: self._grant(wanted))

    def _land(self, mark: tuple[int, bool, int], reply: Reply) -> None:
        ticket, hedge, tries = mark
        if (ticket, hedge) in self.w.flying and self.w.tries[ticket] == tries:  # else it was given up
            self.w.arrive(ticket, hedge=hedge, failure=reply.failure)
        else:
            self.w.do(Woke())

    def _grant(self, wanted) -> None:
        self.granting.remove(id(wanted))
        self.w.grant(wanted)

    def _after(self, seconds: float, what: Callable[[], None]) -> None:
        heappush(self.coming, Due(self.w.now + seconds, next(self.order), what))


# Servers, beside those of `bench.worlds`


def dead(reason: FailureClass, hint_s: float | None = None, after_s: float = REFUSED_S) -> Callable[[float], Reply]:
    """One that never answers."""
    return lambda _now: Reply(after_s, trouble(reason, hint_s))


def dies(
    inner: Callable[[float], Reply],
    reason: FailureClass,
    *,
    begins_s: float,
    ends_s: float,
    hint_s: float | None = None,
):
    """One that is gone for a while, and what it was working on with it."""

    def serve(now: float) -> Reply:
        if begins_s <= now < ends_s:
            return Reply(REFUSED_S, trouble(reason, hint_s))
        reply = inner(now)
        if now < begins_s < now + reply.after_s:
            return Reply(begins_s - now + REFUSED_S, trouble(reason, hint_s))
        return reply

    return serve


def slow_now_and_then(random: Random, *, share: float, slow_s: float) -> Callable[[float], Reply]:
    """One whose latency has a tail."""
    return lambda _now: Reply(slow_s if random.random() < share else random.uniform(0.9, 1.1))
