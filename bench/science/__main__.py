"""The statistics on real outcomes: each part prints our methods beside the simple ones, and the claims about them.

`--data FOLDER` measures on other matrices than those of this package. `--smoke` runs the smallest form of each part, to
see that it still runs; of its claims only those without a unit are judged.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.science.matrices import HERE, judged, matrices
from bench.stage import Claim

# Topic: the functions that measure it, as module.function; all take what `matrices` or (ppi) `judged` gives.
TOPICS = {
    "certify": ("certify.figures",),
    "estimate": ("estimate.figures",),
    "screen": ("screen.figures",),
    "alarms": ("certify.alarms", "shifts.alarms"),
    "sweep": ("sweep.figures",),
    "ppi": ("ppi.figures",),
    "time": ("certify.timings", "estimate.timings", "screen.timings", "imports.timings"),
}
SMOKE_SYSTEMS, SMOKE_ITEMS = 24, 160


def measured(topic: str, folder: Path, *, smoke: bool) -> Iterator[Claim]:
    """The claims of one topic, its tables printed."""
    data = judged(folder) if topic == "ppi" else matrices(folder)
    if smoke and topic != "ppi":
        data = {name: matrix[:SMOKE_SYSTEMS, :SMOKE_ITEMS] for name, matrix in data.items()}
    for each in TOPICS[topic]:
        module, function = each.split(".")
        yield from getattr(importlib.import_module(f"bench.science.{module}"), function)(data, smoke=smoke)


def main() -> int:
    """The command."""
    flags = argparse.ArgumentParser(prog="python -m bench.science", description=__doc__)
    flags.add_argument("topics", nargs="*", metavar="TOPIC", help=f"{', '.join(TOPICS)}; all without one")
    flags.add_argument("--data", type=Path, default=HERE, metavar="FOLDER", help="a folder of .npz files")
    flags.add_argument("--smoke", action="store_true", help="small; of the claims only counts are judged")
    given = flags.parse_args()
    if unknown := [topic for topic in given.topics if topic not in TOPICS]:
        flags.error(f"no topic is called {', '.join(unknown)}; there are {', '.join(TOPICS)}")
    print(f"{os.cpu_count()} processors, {os.getloadavg()[0]:.1f} busy before the first of these", flush=True)
    claims: list[Claim] = []
    for topic in given.topics or TOPICS:
        claims.extend(measured(topic, given.data, smoke=given.smoke))
    print("\n" + "\n".join(claim.row for claim in claims))
    return 0 if all(claim.holds for claim in claims if not given.smoke or not claim.unit) else 1


if __name__ == "__main__":
    sys.exit(main())
