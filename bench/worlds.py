"""Scripted worlds in virtual time: the scheduler against servers that limit, fail and recover. No clock, no socket.

    python -m bench.worlds                       # all worlds, medians over seeds: seconds, refused calls, sent, lost
    python -m bench.worlds --seeds 20 --set rate_cut=0.9

The constants of `Policy` were chosen on all of these together: what is best in one can be worst in another.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush
from random import Random
from statistics import median
from typing import NamedTuple

import msgspec

from ippon.execute.events import Arrived, Asked, Drop, Event, Fail, Granted, Instruction, Reserve, Send, StopLane, Woke
from ippon.execute.limits import Bounds, Policy
from ippon.execute.scheduler import Scheduler
from ippon.records.call import Failure, FailureClass
from ippon.records.lane import Learned


class Reply(NamedTuple):
    """What a server makes of a call: when it answers, and with which trouble, if any."""

    after_s: float
    failure: Failure | None = None


def trouble(reason: FailureClass, hint_s: float | None = None) -> Failure:
    """A failure of a kind."""
    return Failure(reason=reason, message=reason, retry_after_s=hint_s)


Server = Callable[[float], Reply]
REFUSED_S = 0.02  # a refusal comes at once


# Servers


def plain(latency_s: Callable[[], float]) -> Server:
    """One that answers everything."""
    return lambda _now: Reply(latency_s())


def coins(inner: Server, random: Random, shares: dict[FailureClass, float], hint_s: float | None = None) -> Server:
    """One that fails at random, by kind."""

    def serve(now: float) -> Reply:
        drawn = random.random()
        for reason, share in shares.items():
            if drawn < share:
                return Reply(REFUSED_S, trouble(reason, hint_s if reason == "rate_limit" else None))
            drawn -= share
        return inner(now)

    return serve


def bucket(inner: Server, *, per_minute: float, burst_s: float, least_s: float | None = 1.0) -> Server:
    """A token bucket; a refusal says when the next token is there, `least_s` at least (None: says nothing)."""
    rate = per_minute / 60
    level, at = rate * burst_s, 0.0

    def serve(now: float) -> Reply:
        nonlocal level, at
        level, at = min(rate * burst_s, level + (now - at) * rate), now
        if level < 1:
            return Reply(
                REFUSED_S, trouble("rate_limit", None if least_s is None else max(least_s, (1 - level) / rate))
            )
        level -= 1
        return inner(now)

    return serve


def windows(inner: Server, *, each: int, window_s: float) -> Server:
    """So many calls a fixed window; a refusal says when the next one begins."""
    started, used = 0.0, 0

    def serve(now: float) -> Reply:
        nonlocal started, used
        if now - started >= window_s:
            started, used = now - (now - started) % window_s, 0
        if used >= each:
            return Reply(REFUSED_S, trouble("rate_limit", started + window_s - now))
        used += 1
        return inner(now)

    return serve


def crowded(inner: Server, *, most: int) -> Server:
    """So many calls in flight."""
    leaving: list[float] = []

    def serve(now: float) -> Reply:
        while leaving and leaving[0] <= now:
            heappop(leaving)
        if len(leaving) >= most:
            return Reply(REFUSED_S, trouble("rate_limit", 1.0))
        reply = inner(now)
        heappush(leaving, now + reply.after_s)
        return reply

    return serve


def outage(inner: Server, *, begins_s: float, ends_s: float, reason: FailureClass) -> Server:
    """One that is gone for a while."""
    return lambda now: Reply(REFUSED_S, trouble(reason)) if begins_s <= now < ends_s else inner(now)


def flapping(inner: Server, *, up_s: float, down_s: float) -> Server:
    """Up for a while, down for a while."""
    return lambda now: inner(now) if now % (up_s + down_s) < up_s else Reply(REFUSED_S, trouble("server"))


# The worlds


class World(NamedTuple):
    """So many calls to a server; `ideal_s` is what the server allows at best."""

    calls: int
    serve: Callable[[Random], Server]
    ideal_s: float
    bounds: Bounds = Bounds()


def _about(random: Random, seconds: float) -> Callable[[], float]:
    """A latency that varies a little."""
    return lambda: seconds * random.uniform(0.9, 1.1)


WORLDS: dict[str, World] = {
    "no limit, 1 s": World(294, lambda r: plain(_about(r, 1.0)), 2.0),
    "5% 429, 2% 500, 1% reset": World(
        294,
        lambda r: coins(plain(_about(r, 1.0)), r, {"rate_limit": 0.05, "server": 0.02, "transport": 0.01}, 1.0),
        7.0,
    ),
    "the same, 50 in flight": World(
        294,
        lambda r: coins(plain(_about(r, 1.0)), r, {"rate_limit": 0.05, "server": 0.02, "transport": 0.01}, 1.0),
        6.5,
        Bounds(start=50, ceiling=50),
    ),
    "5% 429, long": World(5000, lambda r: coins(plain(_about(r, 1.0)), r, {"rate_limit": 0.05}, 1.0), 25),
    "5% 429, 20 in flight": World(
        1000, lambda r: coins(plain(_about(r, 1.0)), r, {"rate_limit": 0.05}, 1.0), 52, Bounds(start=20, ceiling=20)
    ),
    "1,200 a minute, 2 s burst": World(294, lambda r: bucket(plain(_about(r, 0.1)), per_minute=1200, burst_s=2), 12.7),
    "the same, no hints": World(
        294, lambda r: bucket(plain(_about(r, 0.1)), per_minute=1200, burst_s=2, least_s=None), 12.7
    ),
    "the same, hints of ms": World(
        294, lambda r: bucket(plain(_about(r, 0.1)), per_minute=1200, burst_s=2, least_s=0.0), 12.7
    ),
    "600 a minute, hints of ms": World(
        1500, lambda r: bucket(plain(_about(r, 1.0)), per_minute=600, burst_s=10, least_s=0.0), 141
    ),
    "600 a minute, 10 s burst": World(1500, lambda r: bucket(plain(_about(r, 1.0)), per_minute=600, burst_s=10), 141),
    "6,000 a minute": World(5000, lambda r: bucket(plain(_about(r, 0.5)), per_minute=6000, burst_s=1), 50),
    "60 a minute": World(120, lambda r: bucket(plain(_about(r, 2.0)), per_minute=60, burst_s=2), 120),
    "500 a fixed minute": World(1200, lambda r: windows(plain(_about(r, 0.5)), each=500, window_s=60), 125),
    "40 in flight, 1 s": World(294, lambda r: crowded(plain(_about(r, 1.0)), most=40), 8.0),
    "40 in flight, long": World(4000, lambda r: crowded(plain(_about(r, 1.0)), most=40), 101),
    "2 in flight, 3 s": World(60, lambda r: crowded(plain(_about(r, 3.0)), most=2), 91),
    "30% 500": World(1000, lambda r: coins(plain(_about(r, 1.0)), r, {"server": 0.3}), 8.0),
    "3 min outage": World(
        1000, lambda r: outage(plain(_about(r, 1.0)), begins_s=3, ends_s=183, reason="overloaded"), 190
    ),
    "3 min refused": World(
        1000, lambda r: outage(plain(_about(r, 1.0)), begins_s=3, ends_s=183, reason="connect"), 190
    ),
    "20 s up, 20 s down": World(
        2000, lambda r: flapping(plain(_about(r, 1.0)), up_s=20, down_s=20), 100, Bounds(start=16, ceiling=40)
    ),
}


# The simulation


class Course(NamedTuple):
    """How a world went. `refused` are 429s and 529s, `lost` calls without an answer."""

    seconds: float
    refused: int
    sent: int
    lost: int
    learned: Learned | None
    sent_at: list[float]
    refused_at: list[float]


class _Simulation:
    def __init__(self, world: World, seed: int, policy: Policy, bounds: Bounds) -> None:
        random = Random(seed)
        self.serve = world.serve(random)
        self.calls = world.calls
        self.left = iter(range(world.calls))
        self.ended = 0
        self.lost = 0
        self.now = 0.0
        self.coming: list[tuple[float, int, Failure | None]] = []
        self.sent_at: list[float] = []
        self.refused_at: list[float] = []
        self.scheduler = Scheduler(bounds_of=lambda _lane: bounds, jitter=random.random, policy=policy)

    def run(self, most_s: float) -> Course:
        self._feed()
        while self.ended < self.calls and self.now < most_s:
            due = self.scheduler.next_wake
            arrives = self.coming[0][0] if self.coming else float("inf")
            if due is None and not self.coming:
                raise AssertionError("nothing is under way, and nothing is waited for")
            if due is not None and due < arrives:
                self.now = max(self.now, due)
                self._do(Woke())
            else:
                self.now, ticket, failure = heappop(self.coming)
                self.ended += failure is None
                self._do(Arrived(ticket, failure))
            self._feed()
        learned = self.scheduler.learned.get("lane")
        return Course(
            self.now,
            len(self.refused_at),
            len(self.sent_at),
            self.lost + self.calls - self.ended,
            learned,
            self.sent_at,
            self.refused_at,
        )

    def _feed(self) -> None:
        while self.scheduler.wants_more and (ticket := next(self.left, None)) is not None:
            self._do(Asked(ticket, "lane", 100.0))

    def _do(self, event: Event) -> None:
        for instruction in self.scheduler.handle(event, self.now):
            self._perform(instruction)

    def _perform(self, instruction: Instruction) -> None:
        match instruction:
            case Send(ticket):
                self.sent_at.append(self.now)
                reply = self.serve(self.now)
                if reply.failure is not None and reply.failure.reason in {"rate_limit", "overloaded"}:
                    self.refused_at.append(self.now)
                heappush(self.coming, (self.now + reply.after_s, ticket, reply.failure))
            case Fail() | Drop():
                self.ended += 1
                self.lost += 1
            case Reserve(pool, permits):
                self._do(Granted(pool, permits, self.now))
            case StopLane() | _:
                pass


def simulated(
    world: World, seed: int, policy: Policy | None = None, learned: Learned | None = None, most_s: float = 3600
) -> Course:
    """One course of a world."""
    bounds = msgspec.structs.replace(world.bounds, learned=learned) if learned else world.bounds
    return _Simulation(world, seed, policy or Policy(), bounds).run(most_s)


def courses(world: World, policy: Policy, seeds: int) -> Iterator[tuple[Course, Course]]:
    """The first run of the day, and the second, which remembers."""
    for seed in range(seeds):
        first = simulated(world, seed, policy)
        yield first, simulated(world, seed + 1000, policy, first.learned)


STEADY_S = 60.0


def steady(world: World, run: Course) -> tuple[float, float] | None:
    """(share of the allowed rate that was used, share of calls refused) from a minute on; None for a shorter course."""
    sent = [at for at in run.sent_at if at >= STEADY_S]
    refused = [at for at in run.refused_at if at >= STEADY_S]
    span_s = run.seconds - STEADY_S
    if span_s < 20:
        return None
    return (len(sent) - len(refused)) / span_s * world.ideal_s / world.calls, len(refused) / max(1, len(sent))


def _cells(runs: Sequence[Course]) -> str:
    seconds = [run.seconds for run in runs]
    refused, sent = (median(each) for each in ([run.refused for run in runs], [run.sent for run in runs]))
    return f"{median(seconds):>9.1f}{max(seconds):>8.1f}{refused:>8.0f}{sent:>8.0f}{sum(run.lost for run in runs):>6}"


def line(name: str, world: World, policy: Policy, seeds: int) -> str:
    """A world's medians, and its worst time."""
    both = list(courses(world, policy, seeds))
    cells = [f"{name:<28}{world.calls:>6}{world.ideal_s:>8.1f}"]
    cells += [_cells(runs) for runs in zip(*both, strict=True)]
    found = [each for first, _ in both if (each := steady(world, first)) is not None]
    if found:
        cells.append(f"   {median(used for used, _ in found):>5.0%} {median(refused for _, refused in found):>5.1%}")
    return "".join(cells)


def main() -> None:
    """The command."""
    flags = argparse.ArgumentParser(prog="python -m bench.worlds")
    flags.add_argument("--seeds", type=int, default=11)
    flags.add_argument("--only", default="")
    flags.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a constant of Policy")
    given = flags.parse_args()
    changed = {name: float(value) for name, _, value in (each.partition("=") for each in given.set)}
    policy = msgspec.structs.replace(Policy(), **changed)
    head = f"{'median':>9}{'worst':>8}{'refused':>8}{'sent':>8}{'lost':>6}"
    print(f"seeds 0..{given.seeds - 1}\n{'world':<28}{'calls':>6}{'ideal s':>8}{head}{head}   steady")
    for name, world in WORLDS.items():
        if given.only in name:
            print(line(name, world, policy, given.seeds), flush=True)


if __name__ == "__main__":
    sys.exit(main())
