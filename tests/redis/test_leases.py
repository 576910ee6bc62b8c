"""Leases that a team shares in its Redis: one holder a key, on the server's own clock."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from bench.endpoint import serving as endpoint_serving
from bench.redis_server import PATIENT
from bench.script import Script
from ippon.adapters.leases_redis import RedisLeases
from ippon.adapters.leases_sqlite import SqliteLeases
from tests.door import coaching
from tests.faults_people.processes import ended, started

A, B, C = (bytes([n]) * 32 for n in range(3))
EXAMPLES, CALLS = 6, 42


@pytest.fixture
def opened(server):
    """Leases of processes of one team."""
    made: list[tuple[RedisLeases, object]] = []

    def open_one(local=lambda: None) -> RedisLeases:
        link = server.link()
        link.open()
        made.append((RedisLeases(link, local), link))
        return made[-1][0]

    yield open_one
    for leases, link in made:
        leases.close()
        link.close()


def take(leases, *keys: bytes, over: tuple[bytes, ...] = ()) -> set[bytes]:
    """What is granted."""
    return set(asyncio.run(leases.take(keys, over=over, now=0.0)))


def name(key: bytes) -> str:
    """A lease as the server knows it."""
    return f"ippon:default:1:lease:{key.hex()}"


def test_each_key_has_one_holder(opened, server):
    """What one has, the other is not granted; what is given back, it is; closing gives all back."""
    one, other = opened(), opened()
    assert not one.is_alone()
    assert ({A, B}, {C}) == (take(one, A, B), take(other, B, C))
    assert {A, B} == take(one, A, B)
    assert set() == take(other, over=(A, C))
    assert ({C}, set()) == (take(one, C, over=(B,)), take(other, A, C))
    assert {B} == take(other, B)
    one.close()
    one.close()
    assert [name(B).encode()] == server.say("KEYS", "*")


def test_a_lease_lasts_thirty_seconds_and_is_renewed(opened, server):
    """By the server's clock; a lease that is over is anybody's, and is not renewed."""
    one, other = opened(), opened()
    take(one, A, B)
    assert 29_000 < server.say("PTTL", name(A)) <= 30_000
    server.say("PEXPIRE", name(A), "5000")
    server.say("DEL", name(B))
    take(other, B)
    asyncio.run(one.renew(now=0.0))

    assert 29_000 < server.say("PTTL", name(A)) <= 30_000
    assert set() == take(one, B)


def test_what_is_no_lease_is_left_alone(opened, server):
    """Nobody is kept waiting for it."""
    server.say("RPUSH", name(A), "x")
    one = opened()

    assert ({A}, b"list") == (take(one, A), server.say("TYPE", name(A)))


@pytest.mark.parametrize("has_file", [True, False])
def test_without_a_server_those_of_this_machine_hold(opened, tmp_path, has_file):
    """And where there are none either, everything is ours."""
    path = str(tmp_path / "cache.sqlite")
    one, other = (opened((lambda: SqliteLeases(path)) if has_file else lambda: None) for _ in range(2))
    assert {A} == take(one, A)
    for each in (one, other):
        each._link._pause_s = 3600.0
        each._link.give_up(OSError("gone"))
    assert {A, B} == take(one, A, B)
    asyncio.run(one.renew(now=1.0))

    assert ({C} if has_file else {A, C}) == take(other, A, C)


def test_what_is_given_back_while_the_server_is_away_stays_so(opened, server):
    """It is not renewed when the server is back: nobody would get it before this process ends."""
    one, other = opened(), opened()
    take(one, A, B)
    one._link._pause_s = 3600.0
    one._link.give_up(OSError("gone"))
    take(one, over=(A,))
    one._link._up_at = 0.0
    server.say("DEL", name(A))  # it is over
    asyncio.run(one.renew(now=0.0))

    assert {A} == take(other, A, B)


def test_what_was_leased_on_this_machine_is_given_back_there(opened, tmp_path):
    """Though the server is back by then."""
    path = str(tmp_path / "cache.sqlite")
    one = opened(lambda: SqliteLeases(path))
    one._link._pause_s = 3600.0
    one._link.give_up(OSError("gone"))
    take(one, A, B)
    one._link._up_at = 0.0
    take(one, C, over=(A,))
    other = SqliteLeases(path)

    assert {A} == take(other, A, B)
    other.close()


def test_a_server_that_goes_in_the_middle(opened, monkeypatch):
    """What it cannot say is ours."""
    one, other = opened(), opened()
    take(other, A)
    monkeypatch.setattr(one._link, "ask", lambda *_commands: None)

    assert {A} == take(one, A)


def test_a_team_that_asks_the_same_at_once(server, tmp_path, monkeypatch):
    """Three machines, each with a cache of its own: every evaluation is asked once in all."""
    suite = coaching(tmp_path, n=EXAMPLES)
    with endpoint_serving(Script(latency_s=0.2, keep_bodies=True)) as endpoint:
        runs = []
        for who in "abc":
            monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / who))
            words = ("--base-url", endpoint.base_url, "--cache", server.url(words=PATIENT), "--json")
            runs.append(started("run", suite, "-t", "full", *words, "--store", str(tmp_path / f"{who}.sqlite")))
        went = [ended(each, within_s=45) for each in runs]
        bodies = Counter(endpoint.bodies)

    assert {0} == {each.code for each in went}
    assert ({1}, CALLS) == (set(bodies.values()), len(bodies))
    assert {CALLS} == {each.run["evaluations"]["cached"] + each.run["evaluations"]["answered"] for each in went}
    assert [] == server.say("KEYS", "*:lease:*")
