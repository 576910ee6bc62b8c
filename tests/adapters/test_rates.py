"""Rates under the contract of `ports.Rates`: kept in this process or shared through a file, remembered for an hour."""

from __future__ import annotations

import asyncio
import sqlite3
from math import inf

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ippon.adapters.cache_sqlite import SCHEMA, UPGRADES, SqliteCache
from ippon.adapters.rates_memory import MemoryRates
from ippon.adapters.rates_sqlite import REMEMBERED_S, SqliteRates
from ippon.adapters.sqlite_file import APPLICATION_ID
from ippon.records.kept import Entry
from ippon.records.lane import Learned, Shared

NOW = 1_795_574_964.0
BOTH = Shared(name="openai", rpm=600, tpm=60_000)
KEY = b"k" * 32


@pytest.fixture(params=["memory", "sqlite"])
def rates(request, tmp_path):
    """Each keeper of rates there is."""
    made = MemoryRates() if request.param == "memory" else SqliteRates(str(tmp_path / "deep" / "cache.sqlite"))
    yield made
    made.close()
    made.close()


@pytest.fixture
def path(tmp_path):
    """Where a cache may be."""
    return str(tmp_path / "cache.sqlite")


def waits(rates, *amounts: tuple[float, float], shared: Shared = BOTH, now: float = NOW) -> list[float]:
    """How long each of these reservations has to wait."""

    async def main():
        return [round(await rates.reserve(shared, *each, now=now), 6) for each in amounts]

    return asyncio.run(main())


def settle(rates, tokens: float, shared: Shared = BOTH) -> None:
    """Correct what a call was reserved."""
    asyncio.run(rates.settle(shared, tokens, now=NOW))


def entry() -> Entry:
    """An answer worth keeping."""
    return Entry(key=KEY, kind="call", created_at=NOW, body=b"{}")


def old_file(path: str, version: int = 1) -> None:
    """A cache as an older format had it."""
    with sqlite3.connect(path) as db:
        for step in (SCHEMA, *UPGRADES[: version - 1]):
            db.executescript(step)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {version}")
    db.close()


def test_two_seconds_of_a_rate_go_at_once_and_then_each_in_its_time(rates):
    """600 a minute: twenty, then one each tenth of a second; after a silence all of it again."""
    assert [0.0, 0.1, 0.2] == waits(rates, (20, 0), (1, 0), (1, 0))
    assert [0.0] == waits(rates, (20, 0), now=NOW + 60)


def test_the_longer_of_two_waits_counts(rates):
    """Ten requests and a thousand tokens a second: three thousand tokens wait a second, then twenty requests a little more."""
    assert [0.0, 1.0, 2.1] == waits(rates, (1, 1000), (1, 2000), (19, 1100))


def test_what_has_no_rate_is_not_counted(rates):
    """Places in flight are nobody's concern here."""
    assert [0.0, 0.0] == waits(rates, (1e9, 1e9), (1e9, 1e9), shared=Shared(name="p", max_in_flight=1))
    assert [0.0, 0.0] == waits(rates, (1e9, 1), (1e9, 1), shared=Shared(name="q", tpm=6000))


def test_each_pool_has_a_rate_of_its_own(rates):
    """A name is what lanes share."""
    assert [0.0] == waits(rates, (20, 0))
    assert [0.0] == waits(rates, (20, 0), shared=Shared(name="another", rpm=600))


def test_a_call_is_settled(rates):
    """What it took beyond its guess holds up the next; what it did not take is given back."""
    waits(rates, (1, 2000))
    settle(rates, 5000)
    assert [5.1] == waits(rates, (1, 100))
    settle(rates, -5000)

    assert [0.2] == waits(rates, (1, 100))


def test_a_clock_that_goes_back_holds_nobody_up_for_long(path):
    """Row 15: a day ahead, and back again; an hour at most is believed."""
    rates = SqliteRates(path)
    waits(rates, (20, 0), now=NOW + 86_400)

    assert [3600.1] == waits(rates, (1, 0))
    rates.close()


def test_what_was_learned_is_remembered_for_an_hour(path):
    """By another process as well; not a second longer, and not from the future."""
    rates = SqliteRates(path)
    assert None is rates.recall("a", now=NOW)
    learned = Learned(limit=40, was_cut=True, rate=12.5)
    rates.remember({"a": learned, "b": Learned(limit=7)}, now=NOW)
    rates.remember({"b": Learned(limit=8)}, now=NOW + 1)
    rates.close()
    other = SqliteRates(path)

    assert (learned, Learned(limit=8)) == (other.recall("a", now=NOW + REMEMBERED_S), other.recall("b", now=NOW + 2))
    assert None is other.recall("a", now=NOW + REMEMBERED_S + 1)
    assert None is other.recall("a", now=NOW - 1)
    assert None is other.recall("c", now=NOW)
    other.close()


def test_memory_remembers_nothing():
    """A run without a cache begins anew."""
    rates = MemoryRates()
    rates.remember({"a": Learned(limit=40)}, now=NOW)

    assert None is rates.recall("a", now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        "learned = x'7b'",
        "learned = 5",
        "learned = '{\"limit\":0}'",
        "learned = '{\"limit\":-3}'",
        'learned = \'{"limit":5,"rate":0}\'',
        'learned = \'{"limit":5,"rate":-1.5}\'',
        "updated_at = 'yesterday'",
        "updated_at = x'00'",
    ],
)
def test_a_damaged_memory_is_none(path, change):
    """Row 56: a limit that makes no sense is not begun with."""
    rates = SqliteRates(path)
    rates.remember({"a": Learned(limit=40)}, now=NOW)
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE lanes SET {change}")
    db.close()

    assert None is rates.recall("a", now=NOW)
    rates.close()


@pytest.mark.parametrize("value", ["'text'", "x'ff'", "9e999", "-9e999", "1e300"])
def test_a_damaged_rate_holds_nobody_up(path, value):
    """An hour at most, and the row is a number again."""
    rates = SqliteRates(path)
    waits(rates, (1, 100))
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE rates SET requests_at = {value}, tokens_at = {value}")
    db.close()

    assert waits(rates, (1, 100))[0] <= 3601
    (row,) = rates._file.rows("SELECT typeof(requests_at), typeof(tokens_at) FROM rates")
    assert ("real", "real") == row
    rates.close()


@pytest.mark.parametrize("version", range(1, 1 + len(UPGRADES)))
def test_an_older_cache_is_read_as_it_is_and_upgraded_when_written(path, version):
    """Format 1 knew no lanes: nothing is remembered, no answer is lost, and from the first write it is today's format."""
    old_file(path, version)
    cache, rates = SqliteCache(path), SqliteRates(path)
    assert {} == cache.read([KEY], now=NOW)
    assert None is rates.recall("a", now=NOW)
    cache.write([entry()])
    rates.remember({"a": Learned(limit=5)}, now=NOW)

    assert [KEY] == list(cache.read([KEY], now=NOW))
    assert Learned(limit=5) == rates.recall("a", now=NOW)
    assert [0.0, 0.1] == waits(rates, (20, 0), (1, 0))
    assert [(1 + len(UPGRADES),)] == list(rates._file.rows("PRAGMA user_version"))
    cache.close()
    rates.close()


@pytest.mark.parametrize("first", ["cache", "rates"])
def test_a_new_file_is_of_the_new_format_whoever_is_first(path, first):
    """An answer or a limit."""
    cache, rates = SqliteCache(path), SqliteRates(path)
    doings = [lambda: cache.write([entry()]), lambda: rates.remember({"a": Learned(limit=5)}, now=NOW)]
    for do in doings if first == "cache" else doings[::-1]:
        do()

    assert [KEY] == list(cache.read([KEY], now=NOW))
    assert Learned(limit=5) == rates.recall("a", now=NOW)
    cache.close()
    rates.close()


@pytest.mark.parametrize("trouble", ["text", "newer", "theirs", "folder", "no folder", "locked out"])
def test_a_file_that_cannot_be_used_leaves_each_process_its_own_limit(tmp_path, path, trouble):
    """A broken file, a newer one, another program's, a read-only folder: the rate is kept all the same, and nothing raises."""
    place = tmp_path / "cache.sqlite"
    match trouble:
        case "text":
            place.write_text("this is no database, though it is long enough to be looked at as one" * 20)
        case "newer":
            old_file(path, version=99)
        case "theirs":
            with sqlite3.connect(path) as db:
                db.execute("CREATE TABLE theirs (x)")
            db.close()
        case "folder":
            place.mkdir()
        case "no folder":
            (tmp_path / "file").write_text("")
            path = str(tmp_path / "file" / "cache.sqlite")
        case _:
            old_file(path)
            with sqlite3.connect(path) as db:
                db.execute("CREATE TABLE lanes (other)")
            db.close()
    before = place.read_bytes() if place.is_file() else None
    rates = SqliteRates(path)

    assert None is rates.recall("a", now=NOW)
    rates.remember({"a": Learned(limit=5)}, now=NOW)
    assert [0.0, 0.1] == waits(rates, (20, 0), (1, 0))
    rates.close()
    if trouble != "locked out":
        assert before == (place.read_bytes() if place.is_file() else None)


def test_a_failure_while_reserving_is_the_end_of_sharing(path):
    """The first reservation that cannot be shared is made alone, and so are all after it."""
    rates = SqliteRates(path)
    waits(rates, (20, 0))
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE rates")
    db.close()

    assert [0.0, 0.1] == waits(rates, (20, 0), (1, 0))
    assert rates._is_alone
    rates.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.floats(0, 5), st.sampled_from([1.0, 3.0]), st.sampled_from([0.0, 50.0, 900.0, -40.0])), max_size=12
    )
)
def test_both_keepers_agree(path, steps):
    """The same reservations and settlements make the same waits."""
    shared = Shared(name=repr(steps), rpm=600, tpm=60_000)
    memory, sqlite = MemoryRates(), SqliteRates(path)

    async def main():
        now = NOW
        for pause, requests, tokens in steps:
            now += pause
            if tokens < 0:
                for each in (memory, sqlite):
                    await each.settle(shared, tokens, now=now)
            else:
                found = [await each.reserve(shared, requests, tokens, now=now) for each in (memory, sqlite)]
                assert found[0] == found[1] < inf

    asyncio.run(main())
    sqlite.close()


def test_nothing_learned_makes_no_file(tmp_path, path):
    """A run in which no lane answered leaves nothing behind."""
    rates = SqliteRates(path)
    rates.remember({}, now=NOW)
    rates.close()

    assert [] == list(tmp_path.iterdir())
