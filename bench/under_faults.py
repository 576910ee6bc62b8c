"""Whole runs against an endpoint that refuses, fails and is watched: seconds, what was refused, what was lost or paid twice."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from statistics import median
from typing import Any, NamedTuple

import msgspec

from bench.counts import Stats
from bench.measure import NotMeasurableError, sample
from bench.script import Script
from bench.stage import EVALUATIONS, Claim, Effort, Stage, generated, stage

BATCH = 50  # answers that may be unwritten when a process dies


class Watched(NamedTuple):
    """One run, and what the endpoint saw of it."""

    wall_s: float
    said: dict[str, Any]
    seen: Stats

    @property
    def lost(self) -> int:
        """Evaluations without a score."""
        counts = self.said["evaluations"]
        return counts["failed"] + counts["missing"]

    @property
    def refused(self) -> int:
        """Calls that the endpoint turned away."""
        return self.seen.by_status.get("429", 0)


def watched(there: Stage, *words: str) -> Watched:
    """Run once, with the endpoint counting from zero."""
    there.remote.reset()
    output = there.folder / "run.json"
    output.unlink(missing_ok=True)
    taken = sample(there.ippon("-t", "full", "-o", str(output), *words), expect=None)
    if not output.exists():
        msg = f"a run ended with {taken.exit_code} and without a result"
        raise NotMeasurableError(msg)
    return Watched(taken.wall_s, msgspec.json.decode(output.read_bytes()), there.remote.stats())


def faulty(effort: Effort) -> Iterator[Claim]:
    """5% 429 (retry-after 1), 2% 500, 1% reset at 1 s of latency."""
    runs: list[Watched] = []
    latency_s = effort.latency_s(1.0)
    faults = Script(latency_s=latency_s, faults={"429": 0.05, "500": 0.02, "reset": 0.01})
    with stage(faults) as there:
        for seed in range(effort.rounds):
            there.forget()
            there.remote.reset(msgspec.structs.replace(faults, seed=seed))
            runs.append(watched(there, "-j", "50"))
    what = f"294 calls, {latency_s:g} s, 5% 429, 2% 500, 1% reset, -j 50"
    yield _seconds(what, runs, 8.5, aim=7.5)
    yield Claim(f"{what}: lost, worst of {len(runs)}", max(run.lost for run in runs), 0)
    apart = max(abs(run.seen.requests - run.said["calls_sent"]) for run in runs)
    yield Claim(f"{what}: endpoint's count apart from calls_sent", apart, 0)


def defaults(effort: Effort) -> Iterator[Claim]:
    """No flag at all, no limit at the server: from a cold start, and with the limit remembered."""
    latency_s = effort.latency_s(1.0)
    with stage(Script(latency_s=latency_s)) as there:
        first, second = _days(there, effort)
    what = f"294 calls, {latency_s:g} s, defaults"
    yield _seconds(what, first, 7.0)
    yield _seconds(f"{what}, second run", second, 3.5)
    yield from _sound(what, [*first, *second])


def limited(effort: Effort) -> Iterator[Claim]:
    """A server that allows 1,200 a minute with a burst of 2 s, and nobody said so."""
    rate = 12_000 if effort.short else 1_200
    with stage(Script(latency_s=0.1, requests_per_minute=rate, burst=rate // 30)) as there:
        first, second = _days(there, effort)
    what = f"294 calls, 0.1 s, {rate:,} a minute, 2 s burst"
    yield _seconds(what, first, 17.0)
    yield Claim(f"{what}: refused", median(run.refused for run in first), 30, "calls")
    yield _seconds(f"{what}, second run", second, 14.0)
    yield Claim(f"{what}, second run: refused", median(run.refused for run in second), 10, "calls")
    yield from _sound(what, [*first, *second])


def killed(effort: Effort) -> Iterator[Claim]:
    """Kill -9 on the way, then the same command."""
    examples, in_flight = (20 if effort.short else 200), 50
    again: list[int] = []
    with generated(examples=examples, evaluators=10) as suite, stage(Script(latency_s=0.05), suite) as there:
        for turn in range(effort.rounds):
            there.forget()
            there.remote.reset()
            _kill(there, after=examples * 10 * (turn + 1) // (effort.rounds + 1), in_flight=in_flight)
            finished = there.ippon("-t", "full", "-j", str(in_flight))
            sample(finished)
            seen = there.remote.stats()
            again.append(seen.requests - seen.distinct)
            assert seen.distinct == examples * 10
    what = f"{examples * 10:,} calls, 50 ms, -j {in_flight}, kill -9, again"
    yield Claim(f"{what}: sent twice, worst of {len(again)}", max(again), in_flight + BATCH)


def _kill(there: Stage, *, after: int, in_flight: int) -> None:
    """Start a run and kill it once so many calls are answered."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(there.ippon("-t", "full", "-j", str(in_flight)), stdout=quiet, stderr=quiet) as process:
        while process.poll() is None and there.remote.stats().answered < after:
            time.sleep(0.005)
        if process.poll() is not None:
            msg = "the run ended before it was killed"
            raise NotMeasurableError(msg)
        os.kill(process.pid, signal.SIGKILL)


def _days(there: Stage, effort: Effort) -> tuple[list[Watched], list[Watched]]:
    """First runs, each from nothing, and second ones, that ask all of it again."""
    first: list[Watched] = []
    second: list[Watched] = []
    for _ in range(effort.rounds):
        there.forget()
        first.append(watched(there))
        second.append(watched(there, "--refresh"))
    return first, second


def _seconds(what: str, runs: list[Watched], at_most: float, *, aim: float | None = None) -> Claim:
    print(f"\n{what}: {', '.join(f'{run.wall_s:.2f} s ({run.refused} refused)' for run in runs)}", flush=True)
    return Claim(f"{what}: time", median(run.wall_s for run in runs), at_most, "s", aim=aim)


def _sound(what: str, runs: list[Watched]) -> Iterator[Claim]:
    """Nothing lost, and as many calls counted as arrived."""
    yield Claim(f"{what}: lost, all runs", sum(run.lost for run in runs), 0)
    answered = sum(run.said["evaluations"]["answered"] for run in runs)
    yield Claim(f"{what}: answers short of {EVALUATIONS} a run", len(runs) * EVALUATIONS - answered, 0)
    apart = max(abs(run.seen.requests - run.said["calls_sent"]) for run in runs)
    yield Claim(f"{what}: endpoint's count apart from calls_sent", apart, 0)
