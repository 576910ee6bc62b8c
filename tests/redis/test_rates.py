"""Rates that a team shares in its Redis: the arithmetic of `execute.gcra`, on the server's own clock."""

from __future__ import annotations

import asyncio
import time

import pytest

from ippon.adapters.rates_memory import MemoryRates
from ippon.adapters.rates_redis import AHEAD_S, RedisRates
from ippon.adapters.rates_sqlite import SqliteRates
from ippon.execute.gcra import BURST_S, reserved
from ippon.records.lane import Learned, Shared

BOTH = Shared(name="openai", rpm=60, tpm=6_000)
NAME = "ippon:default:1:rate:openai"
LANE = "openai/gpt-5-mini"


@pytest.fixture
def rates(server):
    """Rates in Redis, nothing taken."""
    link = server.link()
    made = RedisRates(link, alone=MemoryRates())
    yield made
    made.close()
    made.close()
    link.close()


def waits(rates, *amounts: tuple[float, float], shared: Shared = BOTH, now: float = 0.0) -> list[float]:
    """What is answered to these reservations, one after another; the clock of the caller stands wherever it is."""

    async def all_of_them() -> list[float]:
        return [await rates.reserve(shared, *each, now=now) for each in amounts]

    return asyncio.run(all_of_them())


def expected(amounts: list[tuple[float, float]], shared: Shared) -> list[float]:
    """The waits if no time passed."""
    arrivals, found = [0.0, 0.0], []
    for amount in amounts:
        its = [0.0]
        for n, per_minute in enumerate((shared.rpm, shared.tpm)):
            if per_minute is not None:
                arrivals[n], wait_s = reserved(arrivals[n], amount[n], per_minute / 60, 1e9)
                its.append(wait_s)
        found.append(max(its))
    return found


@pytest.mark.parametrize(
    "shared",
    [
        BOTH,
        Shared(name="a", rpm=60),
        Shared(name="b", tpm=600),
        Shared(name="c d:e", rpm=6.5, tpm=77.7),
        Shared(name=""),
    ],
)
def test_the_arithmetic_is_that_of_every_rate(rates, shared):
    """As `execute.gcra` counts; the time that passed meanwhile is taken off."""
    amounts = [(1.0, 100.0), (1.0, 0.0), (3.0, 50.0), (0.0, 900.0), (1.0, -500.0), (0.0, 0.0), (1.0, 1e3), (1.0, 1.0)]
    starts = time.monotonic()
    found = waits(rates, *amounts, shared=shared)
    passed_s = time.monotonic() - starts

    for wait_s, ideal_s in zip(found, expected(amounts, shared), strict=True):
        assert max(0.0, ideal_s - passed_s) - 0.001 <= wait_s <= ideal_s + 0.001


@pytest.mark.parametrize("skew_s", [-3600.0, 10.0, 1e9])
def test_the_clocks_of_machines_do_not_count(server, skew_s):
    """Two machines, one of them far behind or ahead: one time line, the server's."""
    one, two = (RedisRates(server.link(), alone=MemoryRates()) for _ in range(2))
    assert [0.0] == waits(one, (2.0, 0.0), now=1e9)
    waits(two, (60.0, 0.0), now=1e9 + skew_s)
    wait_s = waits(one, (1.0, 0.0), now=1e9)[0]

    assert 20 < wait_s <= 60 + BURST_S
    for rates in (one, two):
        rates._link.close()
        rates.close()


@pytest.mark.parametrize(
    "foreign",
    [
        ("SET", NAME, "somebody's"),
        ("SET", NAME, "nan inf"),
        ("SET", NAME, "9" * 400 + ".0 1.0"),
        ("RPUSH", NAME, "a"),
        ("HSET", NAME, "a", "b"),
    ],
)
def test_what_others_keep_there_never_stops_anybody_for_good(server, rates, foreign):
    """Taken for a bucket that is full, or for one that an hour mends."""
    server.say(*foreign)
    assert 0.0 <= waits(rates, (1.0, 1.0))[0] <= AHEAD_S + BURST_S


def test_a_call_is_settled(rates):
    """What was reserved too much comes back, what was too little is taken."""
    waits(rates, (0.0, 6_000.0))
    asyncio.run(rates.settle(BOTH, -6_000.0, now=0.0))
    assert 0.0 == waits(rates, (0.0, 10.0))[0]


def test_what_one_machine_has_learned_all_know(server, rates):
    """Within the hour, on the server's clock; damaged or strange it is unknown."""
    assert None is rates.recall(LANE, now=0.0)
    learned = Learned(limit=7, was_cut=True, rate=2.5)
    rates.remember({LANE: learned}, now=0.0)
    rates.remember({}, now=0.0)
    name = f"ippon:default:1:lane:{LANE}"

    assert learned == rates.recall(LANE, now=5.0)
    assert 0 < server.say("PTTL", name) <= 3_600_000
    server.say("APPEND", name, "x")
    assert None is rates.recall(LANE, now=0.0)
    server.say("DEL", name)
    server.say("RPUSH", name, "x")
    assert None is rates.recall(LANE, now=0.0)


@pytest.mark.parametrize("refuses", ["is down", "is full", "is strange"])
def test_without_the_server_the_rates_of_this_machine_hold(server, tmp_path, refuses, monkeypatch):
    """A limit is worth keeping even then, and what is learned is remembered here."""
    alone = SqliteRates(str(tmp_path / "cache.sqlite"))
    link = server.link()
    rates = RedisRates(link, alone=alone)
    if refuses == "is down":
        link._pause_s = 3600.0
        link.give_up(TimeoutError())
    elif refuses == "is full":
        server.say("CONFIG", "SET", "maxmemory", "1")
    else:
        monkeypatch.setattr(link, "ask", lambda *_commands: [b"soon"])
    try:
        found = waits(rates, (2.0, 0.0), (60.0, 0.0), (1.0, 0.0), now=1e9)
    finally:
        server.say("CONFIG", "SET", "maxmemory", "0")
    rates.remember({LANE: Learned(limit=3)}, now=1e9)

    assert found == pytest.approx([0.0, 2.0, 61.0])
    assert 3 == alone.recall(LANE, now=1e9).limit
    rates.close()
    link.close()
