"""The log: copied back by one process at a time, while nobody writes, and never longer than it has to be."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench.cache_rows import NOW, are_right, key
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.file_lock import SUFFIX, alone
from ippon.adapters.sqlite_file import SqliteFile
from ippon.adapters.sqlite_writer import LOG_BYTES
from ippon.errors import StoreError

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "CREATE TABLE t (a BLOB)"
MEGABYTE = 1 << 20


@pytest.fixture
def path(tmp_path):
    """Where a file may be."""
    return tmp_path / "f.sqlite"


@pytest.fixture
def file(path):
    """A file with a table of bytes."""
    made = SqliteFile(str(path), what="cache", schema=SCHEMA, busy_s=0.1)
    yield made
    made.close()


def add(file: SqliteFile, megabytes: int) -> None:
    """Write so much, a megabyte a transaction."""
    for _ in range(megabytes):
        file.write(lambda db: db.execute("INSERT INTO t VALUES (zeroblob(?))", (MEGABYTE,)))


def log_bytes(path: Path) -> int:
    """How long the log is."""
    return Path(f"{path}-wal").stat().st_size


def test_a_long_log_is_copied_back(file, path):
    """Three times its length is written, and it is never much longer; the rows are in the file."""
    longest = 0
    for _ in range(3 * LOG_BYTES // MEGABYTE):
        add(file, 1)
        longest = max(longest, log_bytes(path))

    assert LOG_BYTES / 2 < longest < 1.5 * LOG_BYTES
    assert path.stat().st_size > 2 * LOG_BYTES
    assert [(3 * LOG_BYTES // MEGABYTE,)] == list(file.rows("SELECT count(*) FROM t"))


def test_who_reads_is_not_waited_for_long(file, path):
    """The log grows meanwhile, and is copied back when the reader has gone."""
    add(file, 3)
    reader = sqlite3.connect(path)
    held = reader.execute("SELECT 1 FROM t, t, t")
    held.fetchone()
    add(file, 2 * LOG_BYTES // MEGABYTE)
    assert log_bytes(path) > LOG_BYTES
    held.close()
    reader.close()
    add(file, 2 * LOG_BYTES // MEGABYTE)

    assert log_bytes(path) <= 1.5 * LOG_BYTES


def test_a_log_that_cannot_be_copied_back_is_kept(file, path):
    """The rows are safe in it; the next long log is another attempt."""
    add(file, LOG_BYTES // MEGABYTE - 1)
    writer = file._opened_to_write()

    class Refuses:
        """A connection whose disk is full where the file is."""

        def __init__(self, connection):
            self.connection = connection

        def execute(self, statement, *given):
            if "checkpoint" in statement:
                raise sqlite3.OperationalError("database or disk is full")
            return self.connection.execute(statement, *given)

        def __getattr__(self, name):
            return getattr(self.connection, name)

    connection, writer._connection = writer._connection, Refuses(writer._connection)
    add(file, 2)
    assert log_bytes(path) > LOG_BYTES
    writer._connection = connection
    add(file, LOG_BYTES // MEGABYTE + 2)

    assert log_bytes(path) <= 1.5 * LOG_BYTES
    assert [(2 * LOG_BYTES // MEGABYTE + 3,)] == list(file.rows("SELECT count(*) FROM t"))


def test_nobody_writes_while_another_has_the_lock(file, path):
    """Nor copies the log back: that is when SQLite before 3.51.3 can damage a file."""
    add(file, 1)
    with (
        alone(str(path), patience_s=0),
        pytest.raises(StoreError, match=r"cannot be used: another process has kept it locked for 0\.1 s") as caught,
    ):
        add(file, 1)
    assert "end the program that keeps it, or name another file" == caught.value.problems[0].hint
    add(file, 1)

    assert [(2,)] == list(file.rows("SELECT count(*) FROM t"))


def test_a_lock_is_waited_for(path):
    """A writer goes on as soon as the other has done."""
    file = SqliteFile(str(path), what="cache", schema=SCHEMA)
    add(file, 1)
    taken, give_back = threading.Event(), threading.Event()

    def keep():
        with alone(str(path), patience_s=0):
            taken.set()
            give_back.wait(30)

    other = threading.Thread(target=keep)
    other.start()
    assert taken.wait(30)
    threading.Timer(0.2, give_back.set).start()
    add(file, 1)
    other.join()

    assert give_back.is_set()
    file.close()


def test_a_lock_of_a_fork_is_not_kept(path):
    """A process that was forked while its parent wrote keeps nobody out."""
    with alone(str(path), patience_s=0):
        kept = os.dup(os.open(str(path) + SUFFIX, os.O_RDWR))
    with alone(str(path), patience_s=0):
        os.close(kept)


def test_a_lock_that_cannot_be_made_is_a_clear_error(path, file):
    """A folder in its place, say."""
    Path(str(path) + SUFFIX).mkdir()
    with pytest.raises(StoreError, match=r"the cache .* cannot be used: Is a directory \(.*-lock\)"):
        add(file, 1)


def test_an_error_of_the_lock_itself_is_told(path, monkeypatch):
    """What is neither patience nor a file system without locks."""
    from ippon.adapters import file_lock

    def refuses(_descriptor, operation):
        if operation != file_lock.fcntl.LOCK_UN:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(file_lock.fcntl, "flock", refuses)
    file = SqliteFile(str(path), what="cache", schema=SCHEMA)
    with pytest.raises(StoreError, match=r"cannot be used: .*Input/output error"):
        add(file, 1)
    file.close()


LOOKS = """
import sys
from ippon.adapters.sqlite_file import SqliteFile

file = SqliteFile(sys.argv[1], what="cache", schema="")
assert [(1,)] == list(file.rows("SELECT count(*) FROM t"))
file.close()
"""


def test_who_looks_and_leaves_takes_no_log_away(path):
    """The last one to leave deletes the log: a process that reads and writes a file keeps its place in it."""
    made = SqliteFile(str(path), what="cache", schema=SCHEMA)
    add(made, 1)
    made.close()
    file = SqliteFile(str(path), what="cache", schema=SCHEMA)
    assert [(1,)] == list(file.rows("SELECT count(*) FROM t"))
    file.write(lambda _db: None)
    subprocess.run([sys.executable, "-c", LOOKS, str(path)], cwd=ROOT, timeout=50, check=True)
    add(file, 1)

    assert [(2,)] == list(file.rows("SELECT count(*) FROM t"))
    file.close()


def test_a_file_is_made_where_a_link_leads(tmp_path, path):
    """A link to nothing yet is followed, not replaced."""
    path.symlink_to(tmp_path / "elsewhere.sqlite")
    file = SqliteFile(str(path), what="cache", schema=SCHEMA)
    add(file, 1)

    assert (True, True) == (path.is_symlink(), (tmp_path / "elsewhere.sqlite").is_file())
    file.close()


def test_what_is_not_durable_leaves_a_long_log_to_others(file, path):
    """It is written from the event loop, which may not wait for a disk."""
    hasty = SqliteFile(str(path), what="cache", schema=SCHEMA, durable=False)
    add(hasty, LOG_BYTES // MEGABYTE + 1)
    assert log_bytes(path) > LOG_BYTES
    add(file, 1)

    assert log_bytes(path) < LOG_BYTES
    hasty.close()


@pytest.mark.slow
def test_eight_processes_copy_back_and_write_at_once(tmp_path):
    """Each writes ten megabytes in groups: nothing is lost, the file is whole, the log stays short."""
    path = tmp_path / "cache.sqlite"
    command = [sys.executable, "-m", "bench.cache_writing", str(path)]
    writers = [
        subprocess.Popen([*command, str(n * 10_000), "4000", "200"], stdout=subprocess.PIPE, cwd=ROOT) for n in range(8)
    ]
    longest = 0
    while any(each.poll() is None for each in writers):
        if Path(f"{path}-wal").exists():
            longest = max(longest, log_bytes(path))
        time.sleep(0.02)
    kept = [int(n) for each in writers for n in each.communicate(timeout=50)[0].split()]
    cache = SqliteCache(str(path))

    assert (8 * 4000, [0] * 8) == (len(kept), [each.returncode for each in writers])
    found = cache.read([key(n) for n in kept], now=NOW)
    assert len(kept) == len(found)
    assert are_right({each: found[each] for each in map(key, range(0, 80_000, 97)) if each in found}, 80_000)
    assert longest < 4 * LOG_BYTES
    (whole,) = cache.file.rows("PRAGMA integrity_check")
    assert "ok" == whole[0]
    cache.close()
