"""Rows 51 to 53: no room on the disk, no right to write, and a file that another program keeps to itself."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from bench.cache_rows import NOW, are_right, entry, key
from bench.endpoint import serving
from bench.script import Script
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.errors import StoreError
from tests.door import coaching, ippon

ROOT = Path(__file__).resolve().parents[2]


def assert_whole(path: Path, rows: int) -> None:
    """Each of the first rows is there and right, and the file can be written again."""
    cache = SqliteCache(str(path))
    found = cache.read([key(n) for n in range(rows)], now=NOW)
    assert (rows, True) == (len(found), are_right(found, rows))
    cache.write([entry(1_000_000)])
    (whole,) = cache.file.rows("PRAGMA integrity_check")
    assert "ok" == whole[0]
    cache.close()


def test_a_full_database_keeps_what_it_has(tmp_path):
    """SQLite itself goes back to before the transaction; the next smaller one may have room."""
    path = tmp_path / "cache.sqlite"
    cache = SqliteCache(str(path))
    cache.write([entry(0)])
    connection = cache.file._opened_to_write()._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 20}")
    kept = 1
    with pytest.raises(StoreError, match="cannot be used: database or disk is full") as caught:  # noqa: PT012 - one of many
        while True:
            cache.write([entry(n) for n in range(kept, kept + 10)])
            kept += 10
    assert "make room on the disk, or name a file on another" == caught.value.problems[0].hint
    assert kept > 10
    connection.execute("PRAGMA max_page_count = 100000")
    cache.write([entry(n) for n in range(kept, kept + 10)])
    cache.close()

    assert_whole(path, kept + 10)


FILLS = """
import resource, sys
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.errors import StoreError
from bench.cache_rows import entry

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
cache = SqliteCache(sys.argv[1])
for n in range(0, 100_000, 10):
    try:
        cache.write([entry(m) for m in range(n, n + 10)])
    except StoreError as error:
        print(n, error)
        break
"""


@pytest.mark.parametrize("limit", [300_000, 3_000_000])
def test_a_disk_that_is_full_keeps_what_was_acknowledged(tmp_path, limit):
    """The system refuses to make a file longer: one clear error, and every row before it can be read."""
    path = tmp_path / "cache.sqlite"
    command = [sys.executable, "-c", FILLS, str(path), str(limit)]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=True).stdout
    kept, _, error = out.partition(" ")

    assert f"the cache {path} cannot be used: " in error
    assert "disk I/O error" in error or "full" in error
    assert int(kept) > 10
    assert_whole(path, int(kept))


LOOKS = """
import os, sys
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.sqlite_writer import Writer
from ippon.errors import StoreError
from bench.cache_rows import NOW, entry, key

if os.geteuid() == 0:
    os.setuid(65534)
for work in (lambda it: it.file.require_writable(), lambda it: it.write([entry(1)])):
    try:
        work(SqliteCache(sys.argv[1]))
        print("nothing was said")
    except StoreError as error:
        print(error)
"""


@pytest.mark.parametrize("closed", ["folder", "file"])
def test_what_may_not_be_written_is_told_before_and_when_it_is(closed):
    """Another user's cache, or one on a disk that is mounted for reading."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "cache.sqlite")
        cache = SqliteCache(str(path))
        cache.write([entry(0)])
        cache.close()
        if closed == "file":
            Path(folder).chmod(0o777)
            path.chmod(0o444)
        else:
            path.chmod(0o666)
            Path(folder).chmod(0o555)
        command = [sys.executable, "-c", LOOKS, str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
        Path(folder).chmod(0o700)
    first, second = done.stdout.splitlines()

    assert f"the cache {path} cannot be written: {'it' if closed == 'file' else 'its folder'} is read-only" == first
    assert second.startswith(f"the cache {path} cannot be used: ")


def test_a_file_where_a_folder_should_be_is_told_before(tmp_path):
    """Nothing is made by asking, and a folder that can be made is no trouble."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be used: .*/file is no folder"):
        SqliteCache(str(tmp_path / "file" / "deep" / "cache.sqlite")).file.require_writable()
    SqliteCache(str(tmp_path / "deep" / "deeper" / "cache.sqlite")).file.require_writable()

    assert ["file"] == [each.name for each in tmp_path.iterdir()]


def test_a_default_cache_that_may_not_be_written_is_not_paid_for(tmp_path, capsys, monkeypatch):
    """A warning and memory; one that was named is exit 2, and no call is made. To look is allowed all the same."""
    path = tmp_path / "xdg" / "ippon" / "cache.sqlite"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    cache = SqliteCache(str(path))
    cache.write([entry(0)])
    cache.close()
    suite = coaching(tmp_path, n=3)
    access = os.access
    monkeypatch.setattr(os, "access", lambda place, mode: str(place) != str(path) and access(place, mode))
    with serving(Script()) as endpoint:
        at = ["--base-url", endpoint.base_url]
        named = ippon(capsys, "run", suite, "--cache", str(path), *at)
        assert (2, 0) == (named.code, endpoint.stats().requests)
        assert f"the cache {path} cannot be written: it is read-only" in " ".join(named.err.split())
        default = ippon(capsys, "run", suite, "-t", "full", "--json", *at)
        assert (0, 21) == (default.code, endpoint.stats().requests)
        assert (
            "cannot be written: it is read-only; this run remembers nothing for the next"
            in default.object["warnings"][0]
        )
    assert 1 == ippon(capsys, "cache", "stats", "--json").object["entries"]


def test_a_file_that_another_keeps_is_waited_for_and_named(tmp_path):
    """After its patience: what is there is still read, and the next write goes on where the last could not."""
    path = tmp_path / "cache.sqlite"
    cache = SqliteCache(str(path), busy_s=0.05)
    cache.write([entry(0)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="cannot be used: database is locked"):
        cache.write([entry(1)])
    assert [key(0)] == list(cache.read([key(0), key(1)], now=NOW))
    other.execute("ROLLBACK")
    other.close()
    cache.write([entry(1)])
    cache.close()

    assert_whole(path, 2)
