"""Layers: near before far, what is far is kept near, and no namespace ever reads another's."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ippon.adapters.cache_layers import Layered, Namespaced, ReadOnly
from ippon.adapters.cache_memory import MemoryCache
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.errors import StoreError
from ippon.records.kept import Entry

KEYS = [bytes([n]) * 32 for n in range(4)]


class Watched(MemoryCache):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[bytes]] = []

    def read(self, keys, *, now):
        self.asked.append(list(keys))
        return super().read(keys, now=now)


def entry(key=KEYS[0], created_at=0.0, **fields) -> Entry:
    """A score's row."""
    return Entry(key=key, kind="score", created_at=created_at, **fields)


@pytest.fixture
def near():
    """What is at hand."""
    return Watched()


@pytest.fixture
def far():
    """What is not."""
    return Watched()


def test_the_far_cache_is_asked_for_what_is_not_at_hand(near, far):
    """And not at all where everything is."""
    near.write([entry(score=0.5)])
    far.write([entry(key=KEYS[1], score=0.25)])
    cache = Layered(near, far)

    assert {KEYS[0]: 0.5, KEYS[1]: 0.25} == {key: it.score for key, it in cache.read(KEYS[:3], now=0.0).items()}
    cache.read(KEYS[:1], now=0.0)
    assert [KEYS[1:3]] == far.asked


def test_what_came_from_far_is_kept_with_the_next_write_or_at_the_end(near, far):
    """Never while somebody reads: that may be where nothing may wait for a disk."""
    far.write([entry(key=key, score=0.25) for key in KEYS])
    cache = Layered(near, far)
    cache.read(KEYS[:1], now=0.0)
    assert {} == near.read(KEYS, now=0.0)
    cache.write([])
    assert KEYS[:1] == list(near.read(KEYS, now=0.0))

    cache.read(KEYS, now=0.0)
    cache.settle()
    cache.settle()
    assert KEYS == sorted(near.read(KEYS, now=0.0))


def test_writes_go_to_the_near_one_first():
    """What the near one cannot keep durably is not announced to others as kept."""

    class Broken(MemoryCache):
        def write(self, _entries):
            raise StoreError("the disk is full")

    far = MemoryCache()
    cache = Layered(Broken(), far)
    with pytest.raises(StoreError):
        cache.write([entry(score=1.0)])
    assert {} == far.read(KEYS, now=0.0)


def test_a_success_far_away_is_worth_more_than_a_failure_at_hand(near, far):
    """And a failure far away no more than the one at hand."""
    near.write([entry(key=key, failure="unparsed", created_at=2.0) for key in KEYS[:2]])
    far.write([entry(score=0.5), entry(key=KEYS[1], failure="unparsed", created_at=1.0)])
    cache = Layered(near, far)
    found = cache.read(KEYS, now=2.0)
    cache.settle()

    assert (0.5, 2.0) == (found[KEYS[0]].score, found[KEYS[1]].created_at)
    assert 0.5 == near.read(KEYS, now=2.0)[KEYS[0]].score


def test_read_only_below_a_cache_is_never_written(near, tmp_path):
    """A snapshot that is committed beside the suite."""
    path = tmp_path / "snapshot.sqlite"
    written = SqliteCache(str(path))
    written.write([entry(score=0.5)])
    written.close()
    cache = Layered(near, ReadOnly(SqliteCache(str(path))))
    cache.write([entry(key=KEYS[1], score=0.25)])

    assert KEYS[:2] == sorted(cache.read(KEYS, now=0.0))
    cache.close()
    again = SqliteCache(str(path))
    assert KEYS[:1] == list(again.read(KEYS, now=0.0))
    again.close()


class NamespacesShareNothing(RuleBasedStateMachine):
    """Caches of different namespaces over one store behave as if each had a store of its own."""

    def __init__(self) -> None:
        super().__init__()
        store = MemoryCache()
        self.caches = {
            "": store,
            "forks": Namespaced(store, "forks"),
            "forks2": Namespaced(store, "forks2"),
            "nested": Namespaced(Namespaced(store, "forks"), "forks"),
        }
        self.models = {name: MemoryCache() for name in self.caches}

    @rule(
        name=st.sampled_from(["", "forks", "forks2", "nested"]),
        key=st.sampled_from(KEYS),
        score=st.floats(0, 1),
        failure=st.sampled_from([None, "unparsed"]),
    )
    def writes(self, name, key, score, failure):
        for cache in (self.caches[name], self.models[name]):
            cache.write([entry(key=key, score=score, failure=failure)])

    @invariant()
    def each_reads_its_own(self):
        for name, cache in self.caches.items():
            assert self.models[name].read(KEYS, now=0.0) == cache.read(KEYS, now=0.0)


TestNamespacesShareNothing = NamespacesShareNothing.TestCase
TestNamespacesShareNothing.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
