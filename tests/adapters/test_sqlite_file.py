"""One file for many processes: also in the moment in which it is made."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from ippon.adapters.sqlite_file import SqliteFile
from ippon.errors import StoreError

TOGETHER = 6
WRITES = """
import sys
from ippon.adapters.sqlite_file import SqliteFile

file = SqliteFile(sys.argv[1], what="cache", schema="CREATE TABLE t (a INTEGER);\\nCREATE TABLE u (a INTEGER)")
print("ready", flush=True)
sys.stdin.readline()
for n in range(20):
    file.write(lambda db: db.execute("INSERT INTO t VALUES (?)", (n,)))
file.close()
"""


@pytest.mark.parametrize("attempt", range(5))
def test_processes_that_start_together_share_one_file(tmp_path, attempt):
    """None takes the other's unfinished file for another program's, and none is locked out."""
    path = str(tmp_path / "f.sqlite")
    all_of_them = [
        subprocess.Popen([sys.executable, "-c", WRITES, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(TOGETHER)
    ]
    for each in all_of_them:
        assert "ready\n" == each.stdout.readline()
    for each in all_of_them:
        each.stdin.write("\n")
        each.stdin.flush()
    for each in all_of_them:
        each.communicate(timeout=50)
    file = SqliteFile(path, what="cache", schema="")

    assert [0] * TOGETHER == [each.returncode for each in all_of_them]
    assert [(20 * TOGETHER,)] == list(file.rows("SELECT count(*) FROM t"))
    file.close()


def _holding(path) -> sqlite3.Connection:
    """Another program's connection that is about to write: the file can be read, and SQLite does not wait to change its log."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_new_file_that_another_holds_is_waited_for(tmp_path):
    """SQLite's own patience does not reach the switch to the log; ours does."""
    path = str(tmp_path / "f.sqlite")
    other = _holding(path)
    file = SqliteFile(path, what="cache", schema="CREATE TABLE t (a INTEGER)")
    release = threading.Timer(0.7, other.execute, ("ROLLBACK",))
    release.start()
    file.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    release.join()

    assert [(1,)] == list(file.rows("SELECT a FROM t"))
    other.close()
    file.close()


def test_a_file_that_is_never_released_is_given_up(tmp_path):
    """With a word about why."""
    path = str(tmp_path / "f.sqlite")
    other = _holding(path)
    file = SqliteFile(path, what="cache", schema="CREATE TABLE t (a INTEGER)", busy_s=0.05)
    began = time.monotonic()

    with pytest.raises(StoreError, match=r"the cache .* cannot be used: database is locked"):
        file.write(lambda db: db.execute("INSERT INTO t VALUES (1)"))
    assert time.monotonic() - began < 5
    other.close()
    file.close()
