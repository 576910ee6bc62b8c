"""One limit for all processes of a user: real ones, that reserve at the same time."""

from __future__ import annotations

import json
import subprocess
import sys

from ippon.adapters.rates_sqlite import SqliteRates
from ippon.execute.gcra import BURST_S

PER_MINUTE = 3000
EACH = 100
RESERVES = f"""
import asyncio, json, sys, time
from ippon.adapters.rates_sqlite import SqliteRates
from ippon.records.lane import Learned, Shared

async def main():
    rates, shared, allowed = SqliteRates(sys.argv[1]), Shared(name="p", rpm={PER_MINUTE}), []
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range({EACH}):
        now = time.time()
        allowed.append(now + await rates.reserve(shared, 1.0, 0.0, now=now))
    rates.remember({{sys.argv[2]: Learned(limit=9)}}, now=time.time())
    rates.close()
    print(json.dumps([time.time(), allowed]))

asyncio.run(main())
"""


def test_two_processes_keep_one_limit(tmp_path):
    """Two hundred reservations of fifty a second, at once from both: a hundred go out, the others in two seconds more."""
    path = str(tmp_path / "cache.sqlite")
    both = [
        subprocess.Popen(
            [sys.executable, "-c", RESERVES, path, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("one", "other")
    ]
    for each in both:
        assert "ready\n" == each.stdout.readline()
    for each in both:
        each.stdin.write("\n")
        each.stdin.flush()
    ended, allowed = 0.0, []
    for each in both:
        out, _ = each.communicate(timeout=50)
        at, times = json.loads(out)
        ended, allowed = max(ended, at), allowed + times
    allowed.sort()
    per_s = PER_MINUTE / 60

    assert 2 * EACH == len(allowed)
    for n, begins in enumerate(allowed):
        for m, ends in enumerate(allowed[n:], start=1):
            assert m <= per_s * (ends - begins + BURST_S) + 1
    assert allowed[-1] - allowed[0] >= 2 * EACH / per_s - BURST_S - 0.1
    rates = SqliteRates(path)
    assert [9, 9] == [rates.recall(name, now=ended).limit for name in ("one", "other")]
    rates.close()
