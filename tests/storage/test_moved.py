"""Rows 58, 59 and 60: the file, or its log, is taken away while it is open; the process is forked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.cache_rows import NOW, as_read, entry, key
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.sqlite_file import SqliteFile
from ippon.errors import StoreError

if TYPE_CHECKING:
    import sqlite3

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "CREATE TABLE t (a INTEGER, b TEXT);\nCREATE TABLE u (a INTEGER PRIMARY KEY)"


@pytest.fixture
def path(tmp_path):
    """A cache with the rows 0 to 4, from before."""
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    cache.write([entry(n) for n in range(5)])
    cache.close()
    return tmp_path / "cache.sqlite"


def numbers(cache: SqliteCache, rows: int = 30) -> set[int]:
    """Which of the rows are there, each of them right."""
    found = cache.read([key(n) for n in range(rows)], now=NOW)
    assert all(as_read(n) == found[key(n)] for n in range(rows) if key(n) in found)
    return {n for n in range(rows) if key(n) in found}


def takes_all(path: Path) -> None:
    """Delete the file and everything beside it."""
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


@pytest.mark.parametrize(
    ("taken", "left"),
    [
        (takes_all, {10, 11, 12}),
        (lambda path: path.unlink(), {10, 11, 12}),
        (lambda path: path.rename(path.with_name("away")), {10, 11, 12}),
        (lambda path: path.with_name("other").replace(path), {10, 11, 12, 20, 21}),
    ],
)
def test_what_a_process_has_written_outlives_its_file(path, taken, left):
    """Deleted, moved, replaced by another cache: its own rows are written again, the older ones went with the file."""
    other = SqliteCache(str(path.with_name("other")))
    other.write([entry(n) for n in (20, 21)])
    other.close()
    cache = SqliteCache(str(path))
    assert {0, 1, 2, 3, 4} == numbers(cache)
    for n in (10, 11):
        cache.write([entry(n)])
    taken(path)
    for suffix in ("-wal", "-shm"):  # of a cache that is moved without them
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    cache.write([entry(12)])

    assert left == numbers(cache)
    again = SqliteCache(str(path))
    assert left == numbers(again)
    again.close()
    cache.close()


def test_a_file_that_is_taken_in_the_middle_of_a_write(tmp_path):
    """The transaction that went into the lost file is written again, once, like those before it; no row twice."""
    path = tmp_path / "f.sqlite"
    file = SqliteFile(str(path), what="cache", schema=SCHEMA)
    file.write(lambda db: db.executemany("INSERT INTO t VALUES (?, ?)", [(1, "one"), (1, "one"), (2, None)]))

    def work(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO t VALUES (3, 'three')")
        db.execute("INSERT INTO u VALUES (7)")
        takes_all(path)

    file.write(work)
    file.write(lambda db: db.execute("INSERT INTO u VALUES (8)"))

    assert {(1, "one"), (2, None), (3, "three")} == set(file.rows("SELECT a, b FROM t"))
    assert [(7,), (8,)] == list(file.rows("SELECT a FROM u"))
    file.close()


def test_a_file_that_is_taken_every_time_is_given_up(tmp_path):
    """Instead of writing for ever."""
    path = tmp_path / "f.sqlite"
    file = SqliteFile(str(path), what="cache", schema=SCHEMA)
    file.write(lambda _db: None)
    writes = [0]
    write = file._opened_to_write

    def taken():
        writer = write()
        takes_all(path)
        writes[0] += 1
        return writer

    file._opened_to_write = taken
    with pytest.raises(StoreError, match="is replaced again and again"):
        file.write(lambda db: db.execute("INSERT INTO u VALUES (8)"))
    assert writes[0] < 100
    file.close()


def test_another_file_in_its_place_is_left_alone(path):
    """What was written is lost with the file then, but not silently."""
    cache = SqliteCache(str(path))
    cache.write([entry(10)])
    takes_all(path)
    path.write_text("mine, and long enough to be looked at as if it were a database of any kind " * 20)
    with pytest.raises(StoreError, match="cannot be used: file is not a database"):
        cache.write([entry(11)])
    cache.close()

    assert path.read_text().startswith("mine")


@pytest.mark.parametrize("gone", [["-wal"], ["-shm"], ["-wal", "-shm"]])
@pytest.mark.parametrize("is_begun_anew", [False, True])
def test_a_log_that_is_deleted_is_no_silent_loss(path, gone, is_begun_anew):
    """One clear error; what was acknowledged is copied into the file, unless somebody has begun another log meanwhile."""
    cache = SqliteCache(str(path))
    cache.write([entry(10)])
    for suffix in gone:
        Path(f"{path}{suffix}").unlink()
    if is_begun_anew and "-wal" in gone:
        Path(f"{path}-wal").touch()
    for _ in range(2):
        with pytest.raises(StoreError, match="has lost its log: somebody deleted its -wal or -shm file"):
            cache.write([entry(11)])
    cache.close()
    if is_begun_anew:
        return
    again = SqliteCache(str(path))

    assert {0, 1, 2, 3, 4, 10} == numbers(again)
    (whole,) = again.file.rows("PRAGMA integrity_check")
    assert "ok" == whole[0]
    again.close()


FORKS = """
import os, sys
from ippon.adapters.cache_sqlite import SqliteCache
from bench.cache_rows import NOW, entry, key

cache = SqliteCache(sys.argv[1])
cache.write([entry(0)])
assert cache.read([key(0)], now=NOW)
in_transaction = sys.argv[2] == "in a transaction"
if in_transaction:
    writer = cache.file._opened_to_write()._connection
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM entries")
child = os.fork()
if not child:
    assert cache.read([key(0)], now=NOW)
    if not in_transaction:
        for n in range(100, 150):
            cache.write([entry(n)])
        assert cache.read([key(149)], now=NOW)
    cache.close()
    os._exit(0)
if in_transaction:
    assert os.waitpid(child, 0)[1] == 0
    writer.execute("COMMIT")
    os._exit(0)
for n in range(1, 50):
    cache.write([entry(n)])
assert os.waitpid(child, 0)[1] == 0
cache.write([entry(50)])
cache.close()
"""


@pytest.mark.parametrize("when", ["at rest", "in a transaction"])
def test_a_forked_process_opens_its_own(path, when):
    """Both write at once and lose nothing; a transaction that the parent is in goes on as if nothing had been."""
    done = subprocess.run([sys.executable, "-c", FORKS, str(path), when], cwd=ROOT, timeout=50, check=False)
    assert 0 == done.returncode
    cache = SqliteCache(str(path))

    assert (set() if when != "at rest" else {*range(51), *range(100, 150)}) == numbers(cache, 200)
    (whole,) = cache.file.rows("PRAGMA integrity_check")
    assert "ok" == whole[0]
    cache.close()


@pytest.mark.parametrize("does", ["reads", "writes"])
def test_a_fork_closes_what_it_was_given(path, does):
    """A reader alone, or a writer alone, is left to the parent as well."""
    cache = SqliteCache(str(path))
    if does == "reads":
        assert {0, 1, 2, 3, 4} == numbers(cache)
    else:
        cache.write([entry(5)])
    cache.file._process = os.getpid() + 1
    cache.close()

    assert {0, 1, 2, 3, 4} <= numbers(cache)
    cache.close()
