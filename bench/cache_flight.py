"""Eight processes that run the same suite at once: what is paid, and what sharing costs."""

import subprocess
import time
from collections.abc import Iterator
from statistics import median

from bench.script import Script
from bench.stage import EVALUATIONS, Claim, Effort, Stage, stage

PROCESSES = 8


def shared(effort: Effort) -> Iterator[Claim]:
    """Two and eight processes over one cache, each evaluation asked once in all; beside one process that is alone."""
    latency_s = effort.latency_s(1.0)
    with stage(Script(latency_s=latency_s)) as there:
        seconds: dict[int, list[float]] = {1: [], 2: [], PROCESSES: []}
        most = 0
        for _ in range(effort.rounds):
            for processes, taken in seconds.items():
                there.forget()
                before = there.remote.stats().requests
                taken.append(_together(there, processes))
                most = max(most, there.remote.stats().requests - before)
        alone, two, many = (median(taken) for taken in seconds.values())
        print(
            f"\n{EVALUATIONS} calls, {latency_s:g} s: 1 process {alone:.2f} s, 2 {two:.2f} s, {PROCESSES} {many:.2f} s"
        )
        what = f"{EVALUATIONS} calls, {latency_s:g} s"
        yield Claim(f"{what}, up to {PROCESSES} processes at once: requests", most, EVALUATIONS)
        yield Claim(f"{what}, 2 processes at once: time to one that is alone", two / alone, 1.3, "x")


def _together(there: Stage, processes: int) -> float:
    """Seconds until the last of so many has ended; each has a history of its own."""
    command = there.ippon("-t", "full", "-j", "50")
    place = command.index("--store") + 1
    began = time.perf_counter()
    running = [
        subprocess.Popen(
            [*command[:place], str(there.folder / f"history-{n}.sqlite"), *command[place + 1 :]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for n in range(processes)
    ]
    codes = [each.wait() for each in running]
    assert not any(codes), f"a run ended with {max(codes)}"
    return time.perf_counter() - began
