"""The scheduler alone, in virtual time, through the worlds of `bench.worlds`: what minutes of trouble would show."""

from collections.abc import Iterator
from statistics import median

from bench.stage import Claim, Effort
from bench.worlds import WORLDS, Course, simulated, steady

STEADY = ("600 a minute, 10 s burst", "40 in flight, long")
OUTAGES = ("3 min outage", "3 min refused")


def virtual(effort: Effort) -> Iterator[Claim]:
    """Rates found and kept, outages survived; `effort.rounds` seeds of each world."""
    for name in STEADY:
        runs = _courses(name, effort)
        found = [each for run in runs if (each := steady(WORLDS[name], run)) is not None]
        yield Claim(
            f"{name}: of the allowed rate, from a minute on", median(u for u, _ in found), 0.9, "%", is_least=True
        )
        yield Claim(f"{name}: refused, from a minute on", median(refused for _, refused in found), 0.02, "%")
        yield Claim(f"{name}: lost, worst of {len(runs)}", max(run.lost for run in runs), 0)
    for name in OUTAGES:
        runs, due = _courses(name, effort), WORLDS[name].calls
        yield Claim(
            f"{name}, {due:,} calls due: sent, worst of {len(runs)}", max(run.sent for run in runs), 1.2 * due + 30
        )
        yield Claim(f"{name}, {due:,} calls due: lost, worst of {len(runs)}", max(run.lost for run in runs), 0)


def _courses(name: str, effort: Effort) -> list[Course]:
    runs = [simulated(WORLDS[name], seed) for seed in range(effort.rounds)]
    seconds = [run.seconds for run in runs]
    print(f"{name}: {median(seconds):.0f} s of virtual time, {max(seconds):.0f} at worst", flush=True)
    return runs
