"""Whole runs against a bare aiohttp loop that sends the very same requests, in turns with it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.endpoint import serving
from bench.measure import interleaved, sample, summaries
from bench.script import Script
from bench.stage import EVALUATIONS, Claim, Effort, Stage, generated, show, stage


def cold(effort: Effort) -> Iterator[Claim]:
    """All 294 asked of an endpoint without latency."""
    with stage(Script()) as there:
        what = "294 calls, no latency, -j 50"
        row = yield from _beside(there, what, effort, EVALUATIONS, 50)
        yield Claim(f"{what}: time to a bare aiohttp loop", row.ratio, 1.7, "x", aim=1.4)
        yield Claim(f"{what}: peak memory", row.peak_bytes / 1e6, 80.0, "MB")


def slow(effort: Effort) -> Iterator[Claim]:
    """The same with a second of latency."""
    latency_s = effort.latency_s(1.0)
    with stage(Script(latency_s=latency_s)) as there:
        what = f"294 calls, {latency_s:g} s, -j 50"
        row = yield from _beside(there, what, effort, EVALUATIONS, 50)
        yield Claim(f"{what}: time to a bare aiohttp loop", row.ratio, 1.05, "x")


def many(effort: Effort) -> Iterator[Claim]:
    """10,000 calls of 50 ms, 200 in flight, every answer durable in the cache."""
    examples, evaluators = (100, 5) if effort.short else (1_000, 10)
    calls = examples * evaluators
    with generated(examples=examples, evaluators=evaluators) as suite, stage(Script(latency_s=0.05), suite) as there:
        what = f"{calls:,} calls, 50 ms, -j 200"
        row = yield from _beside(there, what, effort, calls, 200)
        yield Claim(f"{what}: time to a bare aiohttp loop", row.ratio, 1.3, "x", aim=1.15)
        yield Claim(f"{what}: CPU to a bare aiohttp loop", row.cpu_ratio, 1.3, "x")
        yield Claim(f"{what}: peak memory", row.peak_bytes / 1e6, 80.0, "MB")


def memory(effort: Effort) -> Iterator[Claim]:
    """Ten times the evaluations in hardly more memory."""
    examples, few, more = (50, 1, 4) if effort.short else (1_000, 1, 10)
    taken: list[int] = []
    for repeats in (few, more):
        with generated(examples=examples, evaluators=10, repeats=repeats) as suite, stage(Script(), suite) as there:
            found = sample(there.ippon("-t", "full", "-j", "200"))
            print(
                f"\n{examples * 10 * repeats:,} evaluations: {found.wall_s:.1f} s, {found.peak_bytes / 1e6:.1f} MB",
                flush=True,
            )
            taken.append(found.peak_bytes)
    counts = f"{examples * 10 * more:,} evaluations to {examples * 10 * few:,}"
    yield Claim(f"{counts}: peak memory", taken[1] / taken[0], 1.3, "x")


def _beside(there: Stage, title: str, effort: Effort, calls: int, in_flight: int) -> Iterator[Claim]:
    """Measure both in turns; the row of ippon. Anything sent beyond the calls is a claim that does not hold."""
    words = ["-t", "full", "-j", str(in_flight)]
    bodies = _recorded(there, words)
    loop = [sys.executable, "-m", "bench.load", there.remote.base_url, "--bodies", str(bodies)]
    commands = {"floor": [*loop, "--in-flight", str(in_flight)], "ippon": there.ippon(*words)}
    samples = interleaved(
        commands, rounds=effort.rounds, unmeasured=effort.unmeasured, before=lambda _name: there.forget()
    )
    row = show(title, summaries(samples))["ippon"]
    sent = there.remote.stats().requests
    yield Claim(f"{title}: requests beyond {calls:,} a run", sent - 2 * (effort.rounds + effort.unmeasured) * calls, 0)
    return row


def _recorded(there: Stage, words: list[str]) -> Path:
    """The bodies that a run sends, a line each."""
    path = there.folder / "bodies.jsonl"
    with serving(Script(keep_bodies=True)) as endpoint:
        there.forget()
        command = there._replace(endpoint=endpoint).ippon(*words)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        path.write_bytes(b"".join(body + b"\n" for body in endpoint.bodies))
    return path
