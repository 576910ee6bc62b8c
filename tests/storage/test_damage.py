"""Rows 56 and 57, property 6: whatever happens to the bytes of a cache, what it gives back is what was written, or nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.cache_flipping import ROWS, flipped, made
from bench.cache_rows import NOW, are_right, as_read, entry, key
from bench.endpoint import serving
from bench.script import Script
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.errors import StoreError
from tests.door import coaching, ippon


@pytest.mark.parametrize("with_log", [False, True])
def test_a_flipped_bit_is_a_miss_at_most(tmp_path, with_log):
    """Hundreds of files with one flipped bit each; ten thousand in the benchmark."""
    files, chance = made(tmp_path, with_log=with_log), Random(20_261_125)
    outcomes = [flipped(files, tmp_path, chance) for _ in range(150)]

    assert all(each.is_right for each in outcomes)
    hit = [each for each in outcomes if not each.is_refused and each.found < ROWS]
    assert len(hit) >= 15  # else the flips missed the rows
    # A flip in an index, or in a log, hides rows without a trace; in a row it is counted.
    assert sum(each.damaged > 0 for each in hit) > len(hit) * (0.1 if with_log else 0.7)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    holes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=3000)), min_size=1, max_size=3),
    kept=st.floats(0, 1) | st.just(1.0),
)
def test_torn_and_truncated_files(tmp_path, holes, kept):
    """Pieces overwritten by anything, the end cut off: the door refuses it, or right rows and misses come back."""
    there = tmp_path / "made"
    if not there.exists():
        there.mkdir()
        made(there, with_log=False)
    content = bytearray((there / "made.sqlite").read_bytes())
    for place, piece in holes:
        begins = int(place * (len(content) - 1))
        content[begins : begins + len(piece)] = piece
    path = tmp_path / "torn.sqlite"
    path.write_bytes(content[: int(kept * len(content))])
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    cache = SqliteCache(str(path))
    try:
        cache.file.reader()
    except StoreError:
        return
    assert are_right(cache.read([key(n) for n in range(ROWS)], now=NOW), ROWS)
    assert None is cache.recall(b"nothing")
    cache.close()


@pytest.fixture
def path(tmp_path):
    """A cache with ten rows and a compiled suite."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    cache.write([entry(n) for n in range(10)])
    cache.keep(b"suite", b"compiled")
    cache.close()
    return tmp_path / "cache.sqlite"


def changed(path: Path, *statements: str) -> None:
    """Change the file behind the cache's back."""
    with sqlite3.connect(path) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


@pytest.mark.parametrize(
    "column", ["kind", "created_at", "score", "label", "reason", "evaluator", "model", "cost_usd", "seconds", "body"]
)
@pytest.mark.parametrize("value", ["NULL", "1", "0.125", "'other'", "x'ff00'", "CAST(x'ff' AS TEXT)"])
def test_a_row_of_which_anything_was_changed_is_a_miss(path, column, value):
    """Also where it is no text any more, or of another type."""
    try:
        changed(path, f"UPDATE entries SET {column} = {value} WHERE key = x'{key(3).hex()}'")
    except sqlite3.IntegrityError:
        return  # the file itself refuses a missing body
    cache = SqliteCache(str(path))
    rows = range(10)

    assert {key(n): as_read(n) for n in rows if n != 3} == cache.read([key(n) for n in rows], now=NOW)
    assert 1 == cache.damaged
    cache.write([entry(3)])
    assert as_read(3) == cache.read([key(3)], now=NOW)[key(3)]
    cache.close()


@pytest.mark.parametrize("table", ["entries", "memo", "explanations"])
def test_a_table_that_is_gone_is_many_misses(path, table):
    """Nothing raises where only looking was asked for; a write says what is wrong."""
    changed(path, f"DROP TABLE {table}")
    cache = SqliteCache(str(path))

    assert (10 if table != "entries" else 0) == len(cache.read([key(n) for n in range(10)], now=NOW))
    assert (0 if table != "entries" else 10) == cache.damaged
    assert (b"compiled" if table != "memo" else None) == cache.recall(b"suite")
    if table == "entries":
        with pytest.raises(StoreError, match="cannot be used: no such table: entries"):
            cache.write([entry(1)])
    cache.close()


def test_a_locked_file_is_no_damage(path):
    """To say that nothing is known would be to pay again for what only has to be waited for."""
    changed(path, "PRAGMA journal_mode = DELETE")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    cache = SqliteCache(str(path), busy_s=0.05)
    with pytest.raises(StoreError, match="database is locked"):
        cache.file.reader()
    other.execute("ROLLBACK")
    cache.file.reader()
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="database is locked") as caught:
        cache.read([key(1)], now=NOW)

    assert "end the program that keeps it, or name another file" == caught.value.problems[0].hint
    other.execute("ROLLBACK")
    other.close()
    assert (1, 0) == (len(cache.read([key(1)], now=NOW)), cache.damaged)
    cache.close()


def broken(folder: Path, how: str) -> Path:
    """A file in the place of a cache."""
    path = folder / "cache.sqlite"
    match how:
        case "text":
            path.write_text("this is no database at all, though it is as long as one would be " * 40)
        case "folder":
            path.mkdir()
        case "another program's":
            changed(path, "CREATE TABLE theirs (a)")
        case "newer":
            SqliteCache(str(path)).write([entry(1)])
            changed(path, "PRAGMA user_version = 99", "PRAGMA wal_checkpoint(TRUNCATE)")
        case _:
            SqliteCache(str(path)).write([entry(1)])
            changed(path, "PRAGMA wal_checkpoint(TRUNCATE)")
            content = path.read_bytes()
            garbled = content.replace(b"CREATE TABLE memo", b"CREATE \xd5ABLE memo")
            damaged = {
                "truncated": content[:5000],
                "garbage header": b"\0" * 100 + content[100:],
                "garbled schema": garbled,
            }
            path.write_bytes(damaged[how])
    return path


@pytest.mark.parametrize(
    "how", ["text", "folder", "another program's", "newer", "truncated", "garbage header", "garbled schema"]
)
def test_a_file_that_is_no_cache_is_named_and_never_overwritten(tmp_path, how):
    """One clear error each time, whoever asks first."""
    path = broken(tmp_path, how)
    before = path.read_bytes() if path.is_file() else None
    for _ in range(2):
        cache = SqliteCache(str(path))
        with pytest.raises(
            StoreError, match=r"the cache .*cache\.sqlite (cannot be used|is another|was made by a newer)"
        ):
            cache.write([entry(2)])
        cache.close()

    assert before == (path.read_bytes() if path.is_file() else None)


def test_no_bytes_with_the_log_of_another_file_is_a_new_cache(path):
    """A crash between two steps of a copy, say: the log does not belong to it, and is not believed."""
    cache = SqliteCache(str(path))
    cache.write([entry(11)])
    log = Path(f"{path}-wal").read_bytes()
    cache.close()
    empty = path.with_name("empty.sqlite")
    empty.touch()
    Path(f"{empty}-wal").write_bytes(log)
    cache = SqliteCache(str(empty))

    assert {} == cache.read([key(n) for n in range(12)], now=NOW)
    cache.write([entry(1)])
    assert are_right(cache.read([key(n) for n in range(12)], now=NOW), 12)
    assert key(1) in cache.read([key(1)], now=NOW)
    cache.close()


def test_a_damaged_cache_changes_no_verdict(tmp_path, capsys):
    """What is damaged is asked again, and said; the next run knows it all."""
    suite, path = coaching(tmp_path, n=3), tmp_path / "cache.sqlite"
    with serving(Script()) as endpoint:
        at = [suite, "-t", "full", "--cache", str(path), "--base-url", endpoint.base_url, "--json"]
        first = ippon(capsys, "run", *at).object
        changed(path, "UPDATE entries SET body = x'00', score = 0.99")
        second, third = (ippon(capsys, "run", *at).object for _ in range(2))

    assert [21, 21, 0] == [each["calls_sent"] for each in (first, second, third)]
    assert first["verdict"] == second["verdict"] == third["verdict"]
    scores = [[each["score"] for each in its["results"]] for its in (first, second, third)]
    assert scores[0] == scores[1] == scores[2]
    assert any(each.startswith("damaged in the cache and asked again: ") for each in second["warnings"])
    assert not any("damaged" in each for each in first["warnings"] + third["warnings"])
