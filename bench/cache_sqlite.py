"""The cache's file: how fast it takes and gives back, and what kills and flipped bits do to it."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from bench.cache_flipping import ROWS, flipped, made
from bench.cache_rows import NOW, as_read, entry, key
from bench.stage import ROOT, Claim, Effort
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.records.kept import Entry

GROUP = 50  # as the keeper writes them
LOOKUP = 294


def writes(effort: Effort) -> Iterator[Claim]:
    """10,000 rows of a kilobyte in durable groups of 50 from a thread, and how long the event loop stood still meanwhile.

    The floor is a bare table of SQLite that takes keys and bodies in as many durable groups.
    """
    rows = 500 if effort.short else 10_000
    entries = [entry(n, size=1000) for n in range(rows)]
    bare = [(each.key, each.body) for each in entries]
    took: dict[str, list[float]] = {"floor": [], "cache": []}
    lags: list[float] = []
    for _ in range(effort.rounds):
        with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder:
            took["floor"].append(_timed(lambda: _bare(Path(folder), bare)))
            cache = SqliteCache(f"{folder}/cache.sqlite")
            began = time.perf_counter()
            lags.append(asyncio.run(_kept(cache, entries)))
            took["cache"].append(time.perf_counter() - began)
            cache.close()
    a_second, floor = (rows / median(took[name]) for name in ("cache", "floor"))
    ratio = median(mine / its for mine, its in zip(took["cache"], took["floor"], strict=True))
    print(
        f"\n{rows:,} rows of 1 KB in groups of {GROUP}: {a_second:,.0f} a second, a bare table {floor:,.0f}", flush=True
    )
    yield Claim(f"{rows:,} durable rows of 1 KB", a_second, 7_000, "rows/s", is_least=True)
    yield Claim(f"{rows:,} durable rows of 1 KB: time to a bare table, as durable", ratio, 5.0, "x")
    yield Claim("meanwhile the event loop stood still for at most", median(lags) * 1e3, 10.0, "ms")


def lookups(effort: Effort) -> Iterator[Claim]:
    """294 keys and 10,000 keys of 100,000 entries, the file opened anew; beside an empty cache, and a bare SELECT."""
    entries, many = (2_000, 500) if effort.short else (100_000, 10_000)
    with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder:
        full, empty, bare = (f"{folder}/{name}.sqlite" for name in ("full", "empty", "bare"))
        _fill(full, range(entries))
        _fill(empty, range(0))
        _fill_bare(bare, entries)
        chance = random.Random(5)
        few_keys, many_keys = ([key(n) for n in chance.sample(range(entries), count)] for count in (LOOKUP, many))
        jobs: dict[str, Callable[[], int]] = {
            "empty 294": lambda: _read(empty, few_keys),
            "full 294": lambda: _read(full, few_keys),
            "bare many": lambda: _read_bare(bare, many_keys),
            "full many": lambda: _read(full, many_keys),
        }
        assert [0, LOOKUP, many, many] == [job() for job in jobs.values()]
        took: dict[str, list[float]] = {name: [] for name in jobs}
        for _ in range(effort.rounds):
            for name, job in jobs.items():
                took[name].append(_timed(job))
    ms = {name: median(taken) * 1e3 for name, taken in took.items()}
    print("\n" + ", ".join(f"{name} {its:.2f} ms" for name, its in ms.items()), flush=True)
    more = median(b - a for a, b in zip(took["empty 294"], took["full 294"], strict=True))
    yield Claim(f"294 of {entries:,} entries: more than in an empty cache", more * 1e3, 5.0, "ms")
    ratio = median(mine / its for mine, its in zip(took["full many"], took["bare many"], strict=True))
    yield Claim(f"{many:,} of {entries:,} entries: time to a bare SELECT", ratio, 6.0, "x")


def kills(effort: Effort) -> Iterator[Claim]:
    """Writers killed at random over one file: rows that were acknowledged and are not there, or are others."""
    times = 5 if effort.short else 200
    chance, kept = random.Random(7), list[int]()
    with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder:
        path = f"{folder}/cache.sqlite"
        for n in range(times):
            group = chance.choice([1, 7, 50])
            words = [path, str(n * 100_000), "90000", str(group)]
            command = [sys.executable, "-m", "bench.cache_writing", *words]
            with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
                assert process.stdout is not None
                first = process.stdout.readline()
                time.sleep(chance.random() / 20)
                process.send_signal(signal.SIGKILL)
                rest = process.stdout.read()
            kept += [int(word) for line in (first + rest).split(b"\n")[:-1] for word in line.split()]
        cache = SqliteCache(path)
        found = cache.read([key(n) for n in kept], now=NOW)
        lost = sum(key(n) not in found for n in kept)
        wrong = sum(each != as_read(n) for n in kept if (each := found.get(key(n))) is not None)
        whole = [row[0] for row in cache.file.rows("PRAGMA integrity_check")]
        cache.close()
    print(f"\n{times} kills: {len(kept):,} rows acknowledged", flush=True)
    yield Claim(f"{times} kills of a writer: acknowledged rows lost", lost, 0)
    yield Claim(f"{times} kills of a writer: rows that are others", wrong, 0)
    yield Claim(f"{times} kills of a writer: complaints of SQLite about the file", whole != ["ok"], 0)


def flips(effort: Effort) -> Iterator[Claim]:
    """Files of 300 entries with one flipped bit each: other values than were written, and errors where only a miss may be."""
    times = 100 if effort.short else 10_000
    chance, wrong, raised, hit, counted = random.Random(11), 0, 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder:
        for with_log in (False, True):
            place = Path(folder, str(with_log))
            place.mkdir()
            files = made(place, with_log=with_log)
            for _ in range(times // 2):
                try:
                    outcome = flipped(files, place, chance)
                except Exception as error:  # noqa: BLE001 - that there is none is the claim
                    print(f"raised {error!r}", flush=True)
                    raised += 1
                else:
                    wrong += not outcome.is_right
                    hit += outcome.is_refused or outcome.found < ROWS
                    counted += outcome.damaged > 0
    print(f"\n{times:,} flips: {hit:,} cost rows, {counted:,} were counted as damage", flush=True)
    yield Claim(f"{times:,} flipped bits: wrong values", wrong, 0)
    yield Claim(f"{times:,} flipped bits: errors on reading", raised, 0)


def _timed(job: Callable[[], object]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


async def _kept(cache: SqliteCache, entries: list[Entry]) -> float:
    """Write from a thread as the keeper does; the longest time that the loop did not get to do what was due."""
    loop, longest, is_done = asyncio.get_running_loop(), 0.0, False

    async def watch() -> None:
        nonlocal longest
        while not is_done:
            due = loop.time() + 0.001
            await asyncio.sleep(0.001)
            longest = max(longest, loop.time() - due)

    watching = asyncio.create_task(watch())
    with ThreadPoolExecutor(1) as pool:
        for start in range(0, len(entries), GROUP):
            await loop.run_in_executor(pool, cache.write, entries[start : start + GROUP])
    is_done = True
    await watching
    return longest


def _bare(folder: Path, rows: list[tuple[bytes, bytes]]) -> None:
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entries (key BLOB PRIMARY KEY, body BLOB)")
    for start in range(0, len(rows), GROUP):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO entries VALUES (?, ?)", rows[start : start + GROUP])
        connection.execute("COMMIT")
    connection.close()


def _fill(path: str, numbers: range) -> None:
    cache = SqliteCache(path)
    for start in range(0, max(len(numbers), 1), 5_000):
        cache.write([entry(n) for n in numbers[start : start + 5_000]])
    cache.close()


def _fill_bare(path: str, rows: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE entries (key BLOB PRIMARY KEY, body BLOB)")
        connection.executemany("INSERT INTO entries VALUES (?, ?)", ((key(n), entry(n).body) for n in range(rows)))
    connection.close()


def _read(path: str, keys: list[bytes]) -> int:
    cache = SqliteCache(path)
    found = cache.read(keys, now=NOW)
    cache.close()
    return len(found)


def _read_bare(path: str, keys: list[bytes]) -> int:
    connection = sqlite3.connect(path)
    found = connection.execute(f"SELECT key, body FROM entries WHERE key IN ({','.join('?' * len(keys))})", keys)
    count = len(found.fetchall())
    connection.close()
    return count
