"""Lookups in a real Redis beside a bare loop over the same keys and values, and what one in trouble adds to a run."""

import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from statistics import median

import msgspec
from hiredis import Reader

from bench.redis_server import HOST, Server, free_port, serving
from bench.stage import Claim, Effort
from ippon.adapters.cache_redis import RedisCache
from ippon.adapters.redis_address import address_of
from ippon.adapters.redis_link import RedisLink
from ippon.adapters.redis_values import SEAL_BYTES
from ippon.records.kept import Entry

LOOKUPS = ((294, 3.0), (10_000, 60.0))  # keys, and the milliseconds that they may take
BEFORE = 1 + SEAL_BYTES  # what stands before an entry
_decode = msgspec.msgpack.Decoder(Entry).decode
REASON = "The reply names what the client feels before it offers anything, and asks one question. " * 2


def team(effort: Effort) -> Iterator[Claim]:
    """What a lookup in Redis takes, and what a server that never answers adds."""
    with tempfile.TemporaryDirectory(prefix="ippon-bench-") as folder, serving(Path(folder)) as server:
        cache = RedisCache(server.link())
        for number, bound_ms in LOOKUPS:
            yield from _lookup(cache, server, number, bound_ms, effort)
        cache.close()
    yield from _in_trouble(effort)


def _lookup(cache: RedisCache, server: Server, number: int, bound_ms: float, effort: Effort) -> Iterator[Claim]:
    entries = [_entry(n) for n in range(number)]
    keys = [entry.key for entry in entries]
    cache.write(entries)
    names = [cache.link.name(key.hex()).encode() for key in keys]
    with socket.create_connection((HOST, server.port)) as bare:
        floor_s, ours_s = _in_turns(
            [lambda: _bare(bare, names), lambda: cache.read(keys, now=0.0)], rounds=4 * effort.rounds
        )
    found = cache.read(keys, now=0.0)
    print(f"\n{number:,} keys in Redis: {ours_s * 1e3:.2f} ms, a bare loop {floor_s * 1e3:.2f} ms", flush=True)
    yield Claim(f"{number:,} keys in Redis: keys that were not found", number - len(found), 0)
    yield Claim(f"{number:,} keys in Redis", ours_s * 1e3, bound_ms, "ms")
    yield Claim(f"{number:,} keys in Redis: time to a bare loop", ours_s / floor_s, 2.5, "x")


def _in_trouble(effort: Effort) -> Iterator[Claim]:
    """A whole run's worth of lookups, one by one, at a server that never answers and at one that is not there."""
    with socket.create_server((HOST, 0)) as silent:
        for what, port in (("never answers", silent.getsockname()[1]), ("is not there", free_port())):
            added = [_added_s(port) for _ in range(effort.rounds)]
            yield Claim(f"a Redis that {what}: time added to 294 lookups", median(added) * 1e3, 50.0, "ms")


def _added_s(port: int) -> float:
    cache = RedisCache(RedisLink(address_of(f"redis://{HOST}:{port}/0", {})))
    starts = time.perf_counter()
    for n in range(294):
        cache.read([n.to_bytes(32, "big")], now=0.0)
    took_s = time.perf_counter() - starts
    cache.close()
    return took_s


def _bare(connection: socket.socket, names: list[bytes]) -> list[object]:
    """The floor: one MGET, each value's digest, each value decoded; nothing between."""
    reader = Reader()
    words = b"".join(b"$%d\r\n%b\r\n" % (len(name), name) for name in names)
    connection.sendall(b"*%d\r\n$4\r\nMGET\r\n%b" % (len(names) + 1, words))
    while (reply := reader.gets()) is False:
        reader.feed(connection.recv(1 << 18))
    return [(sha256(value).digest(), _decode(value[BEFORE:])) for value in reply]


def _in_turns(works: Sequence[Callable[[], object]], *, rounds: int) -> list[float]:
    """The median time of each, taken in turns."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds + 1):
        for times, work in zip(taken, works, strict=True):
            starts = time.perf_counter()
            work()
            times.append(time.perf_counter() - starts)
    return [median(times[1:]) for times in taken]


def _entry(n: int) -> Entry:
    """A score as a judge leaves it."""
    return Entry(
        key=n.to_bytes(32, "big"),
        kind="score",
        created_at=0.0,
        score=n % 101 / 100,
        label="good",
        reason=REASON,
        evaluator="empathy",
        model="openai/gpt-5-mini-2025-08-07",
        cost_usd=0.0001,
        seconds=1.5,
        body=b'{"tokens": {"input": 400, "output": 60}}',
    )
