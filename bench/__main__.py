"""The figures of the README: `make bench` measures them all, `--smoke` runs each once to see that it still can.

Every time stands beside a floor of the same run, taken in turns with it; what is published is the ratio.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.endpoint import Remote, spawned
from bench.measure import NotMeasurableError, Summary, interleaved, require_bytecode, summaries, table
from bench.script import Script

ROOT = Path(__file__).resolve().parent.parent
COACH = ROOT / "examples" / "coach"
IPPON = str(Path(sys.executable).with_name("ippon"))
EVALUATIONS = 294


class Claim(NamedTuple):
    """A figure and the most it may be."""

    what: str
    measured: float
    at_most: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether it is within its bound."""
        return self.measured <= self.at_most


class World(NamedTuple):
    """Where a benchmark runs: a folder of its own for cache and history, and an endpoint."""

    folder: Path
    endpoint: Remote | None
    rounds: int

    def ippon(self, *words: str) -> list[str]:
        """An `ippon run` of the coaching suite, judged by the endpoint where there is one."""
        there = ["--judge", "vllm/scripted", "--base-url", self.endpoint.base_url] if self.endpoint else []
        places = ["--cache", str(self.folder / "cache.sqlite"), "--store", str(self.folder / "history.sqlite")]
        return [IPPON, "run", str(COACH / "ippon.toml"), *there, *places, *words]

    def forget(self) -> None:
        """Empty cache and history."""
        for path in self.folder.glob("*.sqlite*"):
            path.unlink()


@contextmanager
def world(script: Script | None, rounds: int) -> Iterator[World]:
    """A world for one benchmark, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder:
        if script is None:
            yield World(Path(folder), None, rounds)
        else:
            with spawned(script) as endpoint:
                yield World(Path(folder), endpoint, rounds)


def show(title: str, rows: Sequence[Summary]) -> dict[str, Summary]:
    """Print a table; the rows by name."""
    print(f"\n{title}\n{table(rows)}", flush=True)
    return {row.name: row for row in rows}


def warm(rounds: int) -> Iterator[Claim]:
    """All 294 known: whole process against a bare script that reads, hashes and looks up as many."""
    with world(Script(), rounds) as there:
        store = there.folder / "floor.db"
        floor = [sys.executable, str(ROOT / "bench" / "floor_warm.py"), str(COACH / "examples.jsonl"), str(store)]
        run = there.ippon("-t", "full")
        commands: Mapping[str, Sequence[str]] = {"floor": floor, "warm 294": run, "--help": [IPPON, "--help"]}
        interleaved({"prepare": [*floor, "--prepare"], "cold": run}, rounds=1)
        assert there.endpoint is not None
        sent = there.endpoint.stats().requests
        rows = show("warm re-run of 294 evaluations, whole process", summaries(interleaved(commands, rounds=rounds)))
        yield Claim("warm 294, ratio to the floor", rows["warm 294"].ratio, 3.0, "x")
        yield Claim("warm 294, requests sent", there.endpoint.stats().requests - sent, 0, "")
        yield Claim("warm 294, peak memory", rows["warm 294"].peak_bytes / 1e6, 40.0, "MB")
        yield Claim("ippon --help", rows["--help"].wall_s * 1e3, 60.0, "ms")


def cold(rounds: int) -> Iterator[Claim]:
    """All 294 asked of an endpoint without latency: whole process against a bare aiohttp loop."""
    yield from _cold("cold 294, no latency", Script(), rounds, at_most=2.5)


def slow(rounds: int) -> Iterator[Claim]:
    """The same with a second of latency and 50 in flight."""
    yield from _cold("cold 294, 1 s latency, 50 in flight", Script(latency_s=1.0), rounds, at_most=1.1)


def _cold(title: str, script: Script, rounds: int, *, at_most: float) -> Iterator[Claim]:
    with world(script, rounds) as there:
        assert there.endpoint is not None
        loop = [
            sys.executable,
            "-m",
            "bench.load",
            there.endpoint.base_url,
            "--requests",
            str(EVALUATIONS),
            "--in-flight",
            "50",
        ]
        commands = {"floor": loop, "ippon": there.ippon("-t", "full", "-j", "50")}
        rows = show(title, summaries(interleaved(commands, rounds=rounds, before=lambda _name: there.forget())))
        yield Claim(f"{title}, ratio to a bare aiohttp loop", rows["ippon"].ratio, at_most, "x")
        yield Claim(f"{title}, peak memory", rows["ippon"].peak_bytes / 1e6, 90.0, "MB")
        stats = there.endpoint.stats()
        runs = 2 * (rounds + 1)
        yield Claim(f"{title}, requests beyond 294 a run", stats.requests - runs * EVALUATIONS, 0, "")


def local(rounds: int) -> Iterator[Claim]:
    """The embedded judge, its start included, one thread."""
    with world(None, 1) as there:
        commands = {"quick": there.ippon("-t", "quick")}
        rows = show(
            "embedded judge, quick (7)",
            summaries(interleaved(commands, rounds=rounds, before=lambda _name: there.forget())),
        )
        yield Claim("embedded judge, quick tier", rows["quick"].wall_s, 10.0, "s")
        if rounds > 1:
            commands = {"full": there.ippon("-t", "full")}
            rows = show(
                "embedded judge, full (294)",
                summaries(interleaved(commands, rounds=1, before=lambda _name: there.forget())),
            )
            yield Claim("embedded judge, full tier", rows["full"].wall_s, 120.0, "s")


BENCHMARKS: dict[str, tuple[Callable[[int], Iterator[Claim]], int]] = {
    "warm": (warm, 21),
    "cold": (cold, 7),
    "slow": (slow, 5),
    "local": (local, 3),
}


def main() -> int:
    """The command."""
    flags = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    flags.add_argument("names", nargs="*", metavar="NAME", help=f"{' '.join(BENCHMARKS)}; all without one")
    flags.add_argument("--smoke", action="store_true", help="each once; figures are printed, not judged")
    given = flags.parse_args()
    os.chdir(ROOT)
    try:
        require_bytecode(["ippon", "msgspec"])
        claims = [
            claim
            for name in given.names or BENCHMARKS
            for claim in BENCHMARKS[name][0](1 if given.smoke else BENCHMARKS[name][1])
        ]
    except NotMeasurableError as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 2
    print(f"\n{'figure':<60}{'measured':>12}{'at most':>12}")
    for claim in claims:
        word = "" if claim.holds else "   too much"
        print(f"{claim.what:<60}{claim.measured:>9.2f} {claim.unit:<2}{claim.at_most:>9.2f} {claim.unit:<2}{word}")
    counts_hold = all(claim.holds for claim in claims if not claim.unit)
    return 0 if counts_hold and (given.smoke or all(claim.holds for claim in claims)) else 1


if __name__ == "__main__":
    sys.exit(main())
