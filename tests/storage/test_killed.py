"""Rows 49 and 62: whatever a killed writer has said to be kept is kept, and nothing is half there."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cache_rows import NOW, as_read, entry, key
from ippon.adapters.cache_sqlite import SCHEMA, UPGRADES, SqliteCache
from ippon.adapters.sqlite_file import APPLICATION_ID

ROOT = Path(__file__).resolve().parents[2]


def writer(path: Path, *words: object) -> subprocess.Popen[bytes]:
    """A process that writes."""
    command = [sys.executable, "-m", "bench.cache_writing", str(path), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)


def said(process: subprocess.Popen[bytes]) -> list[int]:
    """What it has said to be kept, whole lines alone."""
    out, _ = process.communicate(timeout=50)
    return [int(n) for line in out.split(b"\n")[:-1] for n in line.split()]


def assert_kept(path: Path, rows: list[int]) -> None:
    """All of these are there, as they were written, and the file is whole."""
    cache = SqliteCache(str(path))
    found = cache.read([key(n) for n in rows], now=NOW)
    assert {key(n): as_read(n) for n in rows} == found
    (whole,) = cache.file.rows("PRAGMA integrity_check")
    assert ("ok", 0) == (whole[0], cache.damaged)
    cache.close()


@pytest.mark.parametrize("seed", range(10))
def test_no_row_that_was_acknowledged_is_lost(tmp_path, seed):
    """A writer is killed at random, twice over the same file, while another one writes."""
    path, chance = tmp_path / "cache.sqlite", random.Random(seed)
    other = writer(path, 1_000_000, 60, 3)
    kept: list[int] = []
    for begins in (0, 100_000):
        process = writer(path, begins, 50_000, chance.choice([1, 7, 50]))
        lines = [process.stdout.readline() for _ in range(chance.randint(1, 40))]
        process.kill()
        kept += [int(n) for line in lines for n in line.split()] + said(process)
    kept += said(other)

    assert 0 == other.returncode
    assert_kept(path, kept)


@pytest.mark.parametrize(
    ("at", "nth"), [("BEGIN", 3), ("INSERT", 2), ("INSERT OR REPLACE INTO explanations", 2), ("COMMIT", 3)]
)
def test_killed_in_the_middle_of_a_transaction(tmp_path, at, nth):
    """What was acknowledged before is there; the group that was being written is not, not even in part."""
    path = tmp_path / "cache.sqlite"
    process = writer(path, 0, 100, 10, at, nth)
    kept = said(process)

    assert -9 == process.returncode
    assert_kept(path, kept)
    cache = SqliteCache(str(path))
    assert {key(n) for n in kept} == set(cache.read([key(n) for n in range(100)], now=NOW))
    cache.write([entry(n) for n in range(100)])
    cache.close()
    assert_kept(path, list(range(100)))


@pytest.mark.parametrize("at", ["PRAGMA wal_checkpoint", "PRAGMA busy_timeout"])
def test_killed_before_the_log_is_copied_back(tmp_path, at):
    """The log has it all, and the next writer copies it back."""
    path = tmp_path / "cache.sqlite"
    process = writer(path, 0, 50_000, 500, at)
    kept = said(process)

    assert -9 == process.returncode
    assert_kept(path, kept)
    again = writer(path, 100_000, 10, 10)
    kept += said(again)
    assert_kept(path, kept)


def old(path: Path, version: int, rows: int = 5) -> None:
    """A cache as an older format had it, with some rows."""
    written = path.with_name("written.sqlite")
    cache = SqliteCache(str(written))
    cache.write([entry(n) for n in range(rows)])
    cache.close()
    with sqlite3.connect(path) as db:
        for step in (SCHEMA, *UPGRADES[: version - 1]):
            db.executescript(step)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {version}")
        db.execute("ATTACH ? AS written", (str(written),))
        db.execute("INSERT INTO entries SELECT * FROM written.entries")
    db.close()


STATEMENTS = ["BEGIN", "CREATE TABLE", "PRAGMA application_id", "PRAGMA user_version = ", "COMMIT"]


@pytest.mark.parametrize("version", range(1 + len(UPGRADES)))
@pytest.mark.parametrize("at", STATEMENTS)
def test_killed_in_the_middle_of_an_upgrade(tmp_path, version, at):
    """The file is of its old format or of today's, with all of its rows, and the next writer upgrades it."""
    path, rows = tmp_path / "cache.sqlite", 5 if version else 0
    if version:
        old(path, version)
    process = writer(path, 1000, 10, 10, at)
    assert ([], -9) == (said(process), process.returncode)
    if version:
        assert_kept(path, list(range(rows)))
        with sqlite3.connect(path) as db:
            assert (version,) == db.execute("PRAGMA user_version").fetchone()
        db.close()
    again = writer(path, 1000, 10, 10)
    kept = said(again)

    assert list(range(1000, 1010)) == kept
    assert_kept(path, [*range(rows), *kept])


@pytest.mark.parametrize("version", range(1, 1 + len(UPGRADES)))
def test_an_older_format_is_read_without_a_write(tmp_path, version):
    """Property 24: what is read of an old file is what is read of the upgraded one, and reading changes no byte."""
    path = tmp_path / "cache.sqlite"
    old(path, version)
    before = path.read_bytes()
    assert_kept(path, list(range(5)))
    assert before == path.read_bytes()
    cache = SqliteCache(str(path))
    assert 0 == cache.evicted()
    cache.file.upgrade()
    cache.file.upgrade()
    cache.close()

    assert_kept(path, list(range(5)))
    with sqlite3.connect(path) as db:
        assert (1 + len(UPGRADES),) == db.execute("PRAGMA user_version").fetchone()
    db.close()
