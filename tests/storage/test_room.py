"""Row 63: a cache that has grown too large makes room, and never with what a run may just be writing."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.cache_rows import NOW, as_read, entry, key
from ippon.adapters import cache_room
from ippon.adapters.cache_room import YOUNG_S
from ippon.adapters.cache_sqlite import MOST_BYTES, SqliteCache

MOST = 300_000
OLD = NOW - YOUNG_S - 1


@pytest.fixture
def path(tmp_path):
    """A cache with 500 rows of a kilobyte that are older than a day, the last twenty written again as new."""
    path = str(tmp_path / "cache.sqlite")
    cache = SqliteCache(path)
    cache.write([entry(n, created_at=OLD, size=1000) for n in range(500)])
    cache.write([entry(n, created_at=OLD, size=1000) for n in range(20)])
    cache.close()
    return path


def there(cache: SqliteCache, *, rows: int = 2000) -> list[int]:
    """The numbers of the rows that are there."""
    found = cache.read([key(n) for n in range(rows)], now=NOW)
    return [n for n in range(rows) if key(n) in found]


def test_two_gibibytes_are_the_most_unless_said_otherwise():
    """What a user's disk can spare."""
    assert 2 * 1024**3 == MOST_BYTES


def test_what_was_written_longest_ago_goes_first(path):
    """Not in the order of keys: the twenty that were written again stay, their old neighbours are gone."""
    cache = SqliteCache(path, most_bytes=MOST)
    cache.write([entry(1000, size=1000)])
    left = there(cache)

    assert {*range(20), 1000} < {*left}
    assert all(later - n == 1 for n, later in pairwise(n for n in left if 20 <= n < 500))
    assert 500 - (len(left) - 1) == cache.evicted() > 200
    assert cache.stats()["bytes"] <= MOST
    assert as_read(499, created_at=OLD, size=1000) == cache.read([key(499)], now=NOW)[key(499)]
    cache.close()


def test_it_stays_at_its_size(path):
    """However much is written, by process after process."""
    for n in range(5):
        cache = SqliteCache(path, most_bytes=MOST)
        at = NOW + 2 * YOUNG_S * n
        cache.write([entry(1000 + 50 * n + m, created_at=at, size=1000) for m in range(50)])
        assert cache.stats()["bytes"] <= MOST + 100_000
        cache.close()
    cache = SqliteCache(path)
    assert {*range(1200, 1250)} <= {*there(cache)}
    assert cache.evicted() > 400
    cache.close()


@pytest.mark.parametrize(("created_at", "evicted"), [(NOW, 500), (OLD, 0)])
def test_no_row_of_the_run_in_progress_is_touched(path, created_at, evicted):
    """Whatever this process has written stays, however much that is; nor does what is imported drive out what is as old."""
    cache = SqliteCache(path, most_bytes=MOST)
    for start in range(1000, 1600, 50):
        cache.write([entry(n, created_at=created_at, size=1000) for n in range(start, start + 50)])

    assert list(range(1000, 1600)) == [n for n in there(cache) if n >= 1000]
    assert (True, evicted) == (cache.stats()["bytes"] > MOST, cache.evicted())
    cache.close()


def test_where_nothing_can_go_it_is_not_looked_for_each_time(path, monkeypatch):
    """A large cache that is all young: only after it has grown a little is it gone through again."""
    looks: list[int] = []
    look = cache_room.make_room
    monkeypatch.setattr(cache_room, "make_room", lambda *given, **more: looks.append(1) or look(*given, **more))
    cache = SqliteCache(path, most_bytes=MOST)
    cache.write([entry(n, size=1000) for n in range(1000, 1600)])
    first = len(looks)
    for n in range(1600, 1650):
        cache.write([entry(n, size=10)])

    assert 1 <= first <= 2
    assert len(looks) - first < 20
    cache.close()


def test_no_row_of_another_run_is_touched(path):
    """Those that are younger than a day may be of one that is still at work."""
    other = SqliteCache(path)
    other.write([entry(n, created_at=NOW - YOUNG_S + 60, size=1000) for n in range(600, 900)])
    cache = SqliteCache(path, most_bytes=MOST)
    cache.write([entry(1000, size=1000)])

    assert [*range(600, 900), 1000] == there(cache)
    other.close()
    cache.close()


def test_an_explanation_outlives_its_entry_for_a_while(path):
    """So that `cache why` can say what became of it; not for ever, or the file would be full of them."""
    cache = SqliteCache(path, most_bytes=MOST)
    cache.write([entry(1000, size=1000)])
    gone = sorted({*range(500)} - {*there(cache)})
    explained = [n for n in gone if list(cache.explanations(f"evaluator {n % 7}", f"ex-{n}"))]

    assert 0 < len(explained) < len(gone)
    cache.close()
