"""All caches under the contract of `ports.Cache`: a miss is always allowed, a lie never."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ippon.adapters.cache_memory import MemoryCache
from ippon.adapters.cache_sqlite import UPGRADES, SqliteCache
from ippon.adapters.sqlite_file import SqliteFile
from ippon.errors import StoreError
from ippon.records.kept import Entry

KEYS = [bytes([n]) * 32 for n in range(6)]
TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.just("NUL \0 and \u202e and \ud7ff")


def entry(key=KEYS[0], created_at=0.0, **fields) -> Entry:
    """A score's row."""
    return Entry(key=key, kind="score", created_at=created_at, **fields)


@pytest.fixture(params=["memory", "sqlite"])
def cache(request, tmp_path):
    """Each cache there is, empty."""
    made = MemoryCache() if request.param == "memory" else SqliteCache(str(tmp_path / "deep" / "cache.sqlite"))
    yield made
    made.close()
    made.close()


def test_nothing_is_known_at_first(cache):
    """An empty cache misses, and looking creates no file."""
    assert {} == cache.read(KEYS, now=0.0)


def test_what_is_written_is_read(cache):
    """Every column comes back as it was."""
    written = entry(
        score=0.5,
        label="good",
        reason="why \0 \u202e",
        evaluator="tone",
        model="a/b",
        cost_usd=0.1,
        seconds=2.0,
        body=b"\0\xff",
    )
    cache.write([written])

    assert {KEYS[0]: written} == cache.read(KEYS, now=1.0)


def test_a_success_replaces_a_failure_and_never_the_reverse(cache):
    """What was answered once stays answered."""
    failed = entry(failure="unparsed", created_at=1.0)
    cache.write([failed])
    cache.write([entry(score=0.5, created_at=2.0)])
    cache.write([failed])

    assert 0.5 == cache.read(KEYS, now=3.0)[KEYS[0]].score


def test_age_is_looked_at_when_read(cache):
    """A longer time to live brings entries back; none was lost."""
    cache.write([entry(score=1.0, created_at=100.0)])
    cache.ttl_s = 10.0

    assert [KEYS[0]] == list(cache.read(KEYS, now=110.0))
    assert {} == cache.read(KEYS, now=110.001)
    cache.ttl_s = None
    assert [KEYS[0]] == list(cache.read(KEYS, now=1e9))


def test_a_failure_is_kept_for_a_week(cache):
    """A limit that was raised meanwhile deserves another try."""
    cache.write([entry(failure="input_too_long", created_at=0.0)])

    assert [KEYS[0]] == list(cache.read(KEYS, now=7 * 86400.0))
    assert {} == cache.read(KEYS, now=7 * 86400.0 + 1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(reason=TEXT, label=TEXT, score=st.none() | st.floats(0, 1), body=st.binary(max_size=40))
def test_any_text_survives(tmp_path, reason, label, score, body):
    """Whatever a model said is read back unchanged."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    written = entry(score=score, label=label, reason=reason, body=body)
    cache.write([written])

    assert written == cache.read(KEYS, now=0.0)[KEYS[0]]
    cache.close()


def test_many_keys_are_read_in_chunks(tmp_path):
    """More keys than SQLite takes variables."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    keys = [n.to_bytes(32, "big") for n in range(40_000)]
    cache.write([entry(key=keys[0], score=0.0), entry(key=keys[-1], score=1.0)])

    assert {keys[0], keys[-1]} == set(cache.read(keys, now=0.0))
    cache.close()


def test_a_damaged_row_is_a_miss(tmp_path):
    """A score that was changed behind our back does not match the row's digest."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    cache.write([entry(score=0.25)])
    with sqlite3.connect(tmp_path / "cache.sqlite") as other:
        other.execute("UPDATE entries SET score = 0.75")
    other.close()

    assert {} == cache.read(KEYS, now=0.0)
    cache.close()


def test_compiled_suites_are_recalled_unless_damaged(tmp_path):
    """Kept under their key; a damaged body is forgotten; only the newest two hundred stay."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    assert None is cache.recall(b"k")
    cache.keep(b"k", b"body")
    assert b"body" == cache.recall(b"k")
    with sqlite3.connect(tmp_path / "cache.sqlite") as other:
        other.execute("UPDATE memo SET body = x'00'")
    other.close()
    assert None is cache.recall(b"k")
    for n in range(201):
        cache.keep(str(n).encode(), b"x")
    assert None is cache.recall(b"0")
    assert b"x" == cache.recall(b"200")
    cache.close()


def test_stats_explanations_and_clearing(tmp_path):
    """Counted by class, explained by evaluator and example, emptied without unlinking the file."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    assert {"entries": 0, "bytes": 0, "by_class": {}} == cache.stats()
    assert 0 == cache.clear()
    explain = msgspec.json.encode({"response": "aa"})
    cache.write(
        [
            entry(score=1.0, body=b"123", evaluator="tone", example="ex-1", explain=explain, created_at=5.0),
            entry(key=KEYS[1], failure="unparsed"),
            Entry(key=KEYS[2], kind="call", created_at=0.0, body=b"4"),
        ]
    )

    stats = cache.stats()
    assert (3, {"call": 1, "failed: unparsed": 1, "score": 1}) == (stats["entries"], stats["by_class"])
    assert (0, True) == (stats["bytes"] % 4096, stats["bytes"] > 0)  # whole pages of the file
    assert [(KEYS[0], {"response": "aa"}, 5.0)] == list(cache.explanations("tone", "ex-1"))
    assert [] == list(cache.explanations("tone", "ex-2"))
    assert 3 == cache.clear()
    assert {} == cache.read(KEYS, now=0.0)
    cache.close()


def test_two_processes_worth_of_connections_share_a_file(tmp_path):
    """What one cache has written another one reads at once."""
    one, two = (SqliteCache(str(tmp_path / "cache.sqlite")) for _ in range(2))
    one.write([entry(score=1.0)])
    two.write([entry(key=KEYS[1], score=0.0)])

    assert set(KEYS[:2]) == set(one.read(KEYS, now=0.0)) == set(two.read(KEYS, now=0.0))
    one.close()
    two.close()


def test_files_that_are_not_ours_are_refused_and_left_alone(tmp_path):
    """A text, another program's database, one of a newer ippon, a folder: one clear error, no byte changed."""
    text = tmp_path / "text.sqlite"
    text.write_text("this is no database at all, but it is long enough to be looked at as if it were one" * 20)
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    newer = tmp_path / "newer.sqlite"
    SqliteCache(str(newer)).write([])
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = {path: path.read_bytes() for path in (text, other, newer)}
    for path, message in (
        (text, f"the cache {text} cannot be used: file is not a database"),
        (other, f"the cache {other} is another program's database"),
        (newer, f"the cache {newer} was made by a newer ippon (format 99; this one knows {1 + len(UPGRADES)})"),
        (tmp_path, f"the cache {tmp_path} cannot be used: it is a directory"),
    ):
        cache = SqliteCache(str(path))
        with pytest.raises(StoreError) as caught:
            cache.read(KEYS, now=0.0)
        assert message == str(caught.value)
        with pytest.raises(StoreError):
            cache.write([entry(score=1.0)])
        cache.close()
    assert before == {path: path.read_bytes() for path in (text, other, newer)}


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path):
    """A file where a folder should be."""
    (tmp_path / "file").write_text("")
    cache = SqliteCache(str(tmp_path / "file" / "cache.sqlite"))
    with pytest.raises(StoreError):
        cache.write([entry(score=1.0)])


def test_a_transaction_that_fails_leaves_nothing_behind(tmp_path):
    """The second of two rows cannot be kept, so neither is; the file stays usable."""
    file = SqliteFile(str(tmp_path / "x.sqlite"), what="test", schema="CREATE TABLE t (x NOT NULL)")

    def work(connection):
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("INSERT INTO t VALUES (NULL)")

    with pytest.raises(StoreError):
        file.write(work)
    file.write(lambda connection: connection.execute("INSERT INTO t VALUES (2)"))

    assert [(2,)] == list(file.rows("SELECT x FROM t"))
    with pytest.raises(StoreError):
        list(file.rows("SELECT nothing FROM t"))
    file.close()


def test_an_empty_file_is_a_cache_to_be(tmp_path):
    """Zero bytes, such as a crash leaves: read as empty, made a cache by the first write."""
    path = tmp_path / "cache.sqlite"
    path.touch()
    cache = SqliteCache(str(path))

    assert {} == cache.read(KEYS, now=0.0)
    cache.write([entry(score=1.0)])
    assert [KEYS[0]] == list(cache.read(KEYS, now=0.0))
    cache.close()
