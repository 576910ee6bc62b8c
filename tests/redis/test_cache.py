"""Redis, and caches made of caches, under the contract of `ports.Cache`: a miss is always allowed, a lie never."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ippon.adapters.cache_layers import Layered, Namespaced, ReadOnly
from ippon.adapters.cache_memory import MemoryCache
from ippon.adapters.cache_redis import FAILURES_GONE_MS, RedisCache
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.redis_values import sealed
from ippon.records.kept import Entry

DAY_S = 86400.0
KEYS = [bytes([n]) * 32 for n in range(6)]
NAME = b"ippon:default:1:" + KEYS[0].hex().encode()


def entry(key=KEYS[0], created_at=0.0, **fields) -> Entry:
    """A score's row."""
    return Entry(key=key, kind="score", created_at=created_at, **fields)


FULL = entry(
    score=0.5,
    label="good",
    reason="why \0 \u202e",
    evaluator="tone",
    model="a/b",
    cost_usd=0.1,
    seconds=2.0,
    body=b"\0\xff",
    example="ex-1",
    explain=b'{"response":"aa"}',
)


@pytest.fixture
def far(server):
    """A cache in Redis, empty."""
    cache = RedisCache(server.link())
    yield cache
    cache.close()


@pytest.fixture(params=["redis", "memory > redis", "sqlite > redis", "memory > sqlite > redis", "namespaced"])
def cache(request, far, tmp_path):
    """Each cache that is made of others, and what they are made of."""
    sqlite = SqliteCache(str(tmp_path / "cache.sqlite"))
    made = {
        "redis": far,
        "memory > redis": Layered(MemoryCache(), far),
        "sqlite > redis": Layered(sqlite, far),
        "memory > sqlite > redis": Layered(MemoryCache(), Layered(sqlite, far)),
        "namespaced": Namespaced(Layered(sqlite, far), "coach"),
    }[request.param]
    yield made
    made.close()
    made.close()
    sqlite.close()


def test_nothing_is_known_at_first(cache):
    """An empty cache misses."""
    assert {} == cache.read(KEYS, now=0.0)
    assert {} == cache.read([], now=0.0)


def test_what_is_written_is_read(cache):
    """Every column comes back as it was."""
    written = msgspec.structs.replace(FULL, example="", explain=b"")
    cache.write([written])

    assert {KEYS[0]: written} == cache.read(KEYS, now=1.0)


def test_a_success_replaces_a_failure_and_never_the_reverse(cache):
    """What was answered once stays answered; a later failure replaces an earlier one."""
    failed = entry(failure="unparsed", created_at=1.0)
    cache.write([failed])
    cache.write([msgspec.structs.replace(failed, created_at=1.5)])
    assert 1.5 == cache.read(KEYS, now=3.0)[KEYS[0]].created_at

    cache.write([entry(score=0.5, created_at=2.0)])
    cache.write([failed])
    assert 0.5 == cache.read(KEYS, now=3.0)[KEYS[0]].score


def test_a_failure_is_kept_for_a_week(cache):
    """Whatever the server's own clock says."""
    cache.write([entry(failure="input_too_long", created_at=0.0)])

    assert [KEYS[0]] == list(cache.read(KEYS, now=7 * DAY_S))
    assert {} == cache.read(KEYS, now=7 * DAY_S + 1)


def test_age_is_looked_at_when_read(far):
    """A longer time to live brings entries back; none was lost."""
    far.write([entry(score=1.0, created_at=100.0)])
    far.ttl_s = 10.0
    assert {} == far.read(KEYS, now=110.001)

    far.ttl_s = None
    assert [KEYS[0]] == list(far.read(KEYS, now=1e9))


def test_the_server_forgets_failures_a_day_after_nobody_reads_them(server, far):
    """And nothing else ever expires there."""
    far.write([entry(failure="unparsed"), entry(key=KEYS[1], score=1.0)])

    left = server.say("PTTL", NAME)
    assert 7 * DAY_S * 1000 < left <= FAILURES_GONE_MS
    assert -1 == server.say("PTTL", NAME.replace(b"00" * 32, b"01" * 32))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(st.characters(codec="utf-8"), max_size=30), score=st.none() | st.floats(0, 1), body=st.binary())
def test_any_text_survives(far, text, score, body):
    """Whatever a model said is read back unchanged, what explains it included."""
    written = entry(score=score, reason=text, label=text, body=body, example=text, explain=body)
    far.write([written])

    assert written == far.read(KEYS, now=0.0)[KEYS[0]]


def test_many_keys_are_read_in_chunks(far):
    """More than one exchange, and holes between."""
    keys = [n.to_bytes(32, "big") for n in range(9_000)]
    far.write([entry(key=key, score=1.0) for key in keys[::3]])

    assert keys[::3] == list(far.read(keys, now=0.0))


@pytest.mark.parametrize("secret", [b"", b"key of the team"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.booleans())
def test_a_flipped_bit_is_a_miss(server, secret, at, bit, cut):
    """Any bit of what is stored, or a part of it: never another score."""
    link = server.link()
    link.address = msgspec.structs.replace(link.address, seal=secret)
    cache = RedisCache(link)
    cache.write([FULL])
    stored = bytearray(server.say("GET", NAME))
    stored[at % len(stored)] ^= 1 << bit
    server.say("SET", NAME, bytes(stored[: at % len(stored)]) if cut else bytes(stored))

    assert {} == cache.read(KEYS, now=0.0)
    cache.write([entry(score=0.25)])
    assert 0.25 == cache.read(KEYS, now=0.0)[KEYS[0]].score
    cache.close()


@pytest.mark.parametrize(
    "foreign",
    [("SET", NAME, "somebody's text"), ("SET", NAME, ""), ("RPUSH", NAME, "a", "b"), ("HSET", NAME, "a", "b")],
)
@pytest.mark.parametrize("failure", [None, "unparsed"])
def test_what_others_keep_under_our_keys_is_a_miss(server, far, foreign, failure):
    """A text, a list, a hash; and ours is written over it."""
    server.say(*foreign)
    assert {} == far.read(KEYS, now=0.0)

    far.write([entry(failure=failure)])
    assert failure == far.read(KEYS, now=0.0)[KEYS[0]].failure


def test_a_value_that_was_moved_to_another_key_is_a_miss(server, far):
    """It is sealed under its own name, so it cannot stand for another evaluation, nor in another namespace."""
    far.write([FULL])
    other = RedisCache(server.link(words="namespace=forks&patience_ms=30000"))
    for name in (NAME[:-2] + b"07", NAME.replace(b"default", b"forks")):
        server.say("SET", name, server.say("GET", NAME))

    assert {} == far.read([KEYS[0][:-1] + b"\x07"], now=0.0)
    assert {} == other.read(KEYS, now=0.0)
    other.close()


def test_a_value_of_another_shape_is_a_miss(server, far):
    """Sealed as ours are, and no entry."""
    server.say("SET", NAME, sealed(NAME, b"+" + msgspec.msgpack.encode({"key": 7}), b""))
    assert {} == far.read(KEYS, now=0.0)


def test_what_another_signs_is_a_miss(server, far):
    """With a secret of the team, who can write to the server still cannot make anything up."""
    signed = RedisCache(server.link())
    signed.link.address = msgspec.structs.replace(signed.link.address, seal=b"key of the team")
    far.write([entry(score=1.0)])
    assert {} == signed.read(KEYS, now=0.0)

    signed.write([entry(score=0.5)])
    assert 0.5 == signed.read(KEYS, now=0.0)[KEYS[0]].score
    assert {} == far.read(KEYS, now=0.0)
    signed.close()


def test_two_namespaces_and_two_databases_share_nothing(server, far):
    """Each is a cache of its own."""
    others = [RedisCache(server.link(words="namespace=forks&patience_ms=30000")), RedisCache(server.link(db=3))]
    far.write([entry(score=1.0)])
    assert [{}, {}] == [other.read(KEYS, now=0.0) for other in others]

    for other in others:
        other.write([entry(score=0.0)])
        other.close()
    assert 1.0 == far.read(KEYS, now=0.0)[KEYS[0]].score


def test_read_only_keeps_nothing():
    """What is inside is found, and stays as it is."""
    inner = MemoryCache()
    inner.write([FULL])
    cache = ReadOnly(inner)
    cache.write([entry(key=KEYS[1], score=0.0)])

    assert {KEYS[0]: FULL} == cache.read(KEYS, now=0.0) == inner.read(KEYS, now=0.0)
    cache.close()
