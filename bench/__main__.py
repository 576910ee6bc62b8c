"""The figures of the README: `make bench` measures them all, `--smoke` runs each once to see that it still can.

Every time stands beside a floor of the same run, taken in turns with it; what is published is the ratio. `load` is the
table of runs under load and faults, `cache` that of the cache.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from bench.against_loop import cold, many, memory, slow
from bench.cache_flight import shared
from bench.cache_redis import team
from bench.cache_sqlite import flips, kills, lookups, writes
from bench.measure import NotMeasurableError, require_bytecode
from bench.on_this_machine import local, order, warm, warm_many
from bench.simulated import virtual
from bench.stage import ROOT, Claim, Effort
from bench.under_faults import defaults, faulty, killed, limited

BENCHMARKS: dict[str, tuple[Callable[[Effort], Iterator[Claim]], int]] = {
    "warm": (warm, 21),
    "warm-many": (warm_many, 7),
    "slow": (slow, 5),
    "cold": (cold, 7),
    "many": (many, 3),
    "memory": (memory, 1),
    "faulty": (faulty, 9),
    "defaults": (defaults, 3),
    "limited": (limited, 3),
    "virtual": (virtual, 11),
    "killed": (killed, 5),
    "local": (local, 3),
    "order": (order, 3),
    "writes": (writes, 5),
    "lookups": (lookups, 11),
    "kills": (kills, 1),
    "flips": (flips, 1),
    "shared": (shared, 3),
    "team": (team, 11),
}
GROUPS = {
    "load": ("slow", "cold", "many", "memory", "faulty", "defaults", "limited", "virtual", "killed", "order"),
    "cache": ("warm", "warm-many", "writes", "lookups", "kills", "flips", "shared", "team"),
}


def chosen(names: list[str]) -> list[str]:
    """The benchmarks of these names and groups, each once; all where none is named."""
    wanted = [each for name in names for each in GROUPS.get(name, (name,))]
    return list(dict.fromkeys(wanted)) or list(BENCHMARKS)


def measured(names: list[str], *, smoke: bool) -> list[Claim]:
    """The claims of these benchmarks, measured one after another."""
    claims: list[Claim] = []
    for name in names:
        benchmark, rounds = BENCHMARKS[name]
        claims.extend(benchmark(Effort(1, short=True) if smoke else Effort(rounds)))
    return claims


def passes(claims: list[Claim], *, smoke: bool) -> bool:
    """Whether all hold; of a smoke run only the counts are judged, for one round says nothing of seconds and bytes."""
    return all(claim.holds for claim in claims if not smoke or not claim.unit)


def main() -> int:
    """The command."""
    flags = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    known = [*BENCHMARKS, *GROUPS]
    flags.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(known)}; all without one")
    flags.add_argument(
        "--smoke", action="store_true", help="each once and small; of the figures only counts are judged"
    )
    given = flags.parse_args()
    if unknown := [name for name in given.names if name not in known]:
        flags.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(known)}")
    os.chdir(ROOT)
    print(f"{os.cpu_count()} processors, {os.getloadavg()[0]:.1f} busy before the first of these", flush=True)
    try:
        require_bytecode(["ippon", "msgspec"])
        claims = measured(chosen(given.names), smoke=given.smoke)
    except NotMeasurableError as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 2
    print("\n" + "\n".join(claim.row for claim in claims))
    return 0 if passes(claims, smoke=given.smoke) else 1


if __name__ == "__main__":
    sys.exit(main())
