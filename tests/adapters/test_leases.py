"""Leases in a real file: who is granted what, who lets whom in, and what happens where nothing can be leased."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys

import pytest

from ippon.adapters import leases_sqlite, owner
from ippon.adapters.leases_sqlite import AHEAD_S, LEASE_S, MANY_ROWS, SqliteLeases

A, B, C = (bytes([n]) * 32 for n in range(3))
HOLDS = """
import asyncio, sys
from ippon.adapters.leases_sqlite import SqliteLeases
leases = SqliteLeases(sys.argv[1])
asyncio.run(leases.take([bytes([0]) * 32], over=[], now=float(sys.argv[2])))
print("taken", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path) -> str:
    """A cache that is not there yet, in a folder that is not there yet."""
    return str(tmp_path / "new" / "cache.sqlite")


@pytest.fixture
def opened(path):
    """Leases of processes that share it."""
    made: list[SqliteLeases] = []

    def open_one() -> SqliteLeases:
        made.append(SqliteLeases(path))
        return made[-1]

    yield open_one
    for each in made:
        each.close()


def take(leases: SqliteLeases, *keys: bytes, over: tuple[bytes, ...] = (), now: float = 0.0) -> set[bytes]:
    """What is granted."""
    return set(asyncio.run(leases.take(keys, over=over, now=now)))


def rows(path: str) -> dict[bytes, float]:
    """The leases in the file, and when they are over."""
    connection = sqlite3.connect(path)
    found = dict(connection.execute("SELECT key, until FROM leases").fetchall())
    connection.close()
    return found


def test_each_key_has_one_holder(opened, path):
    """What one has, the other is not granted; what is given back, it is; closing gives all back."""
    one, other = opened(), opened()
    assert ({A, B}, {C}) == (take(one, A, B), take(other, B, C))
    assert {A, B} == take(one, A, B)
    assert {B} == take(other, A, B, over=(A, C)) | take(one, C, over=(B,)) - {C} | take(other, B)
    one.close()
    one.close()
    assert [B] == list(rows(path))


def test_a_namespace_shares_no_lease(path):
    """Who has one could not read the answers of those who have another, or none."""
    made = [SqliteLeases(path, namespace=each) for each in ("", "forks", "forks")]
    all_of_them, forks, fork = made
    assert ({A, B}, {A}, {B}) == (take(all_of_them, A, B), take(forks, A), take(fork, A, B))
    assert ({A}, {A}) == (take(forks, A, over=(B,)), take(fork, A) | take(forks, A))
    assert {A} == take(forks, over=(A,)) | take(fork, A)
    for each in made:
        each.close()
    assert {} == rows(path)


@pytest.mark.parametrize(
    ("later_s", "is_granted"),
    [(LEASE_S - 1, False), (LEASE_S, True), (LEASE_S - AHEAD_S, False), (LEASE_S - AHEAD_S - 1, True)],
    ids=["not over", "over", "a little ahead", "written by a clock that has gone back"],
)
def test_a_lease_lasts_thirty_seconds(opened, later_s, is_granted):
    """By the clock of who asks; one that lasts far longer than any does is none."""
    one, other = opened(), opened()
    take(one, A, now=1000.0)

    assert is_granted == (take(other, A, now=1000.0 + later_s) == {A})


def test_a_renewed_lease_lasts_thirty_seconds_more(opened, path):
    """All that is ours, and nothing else."""
    one, other = opened(), opened()
    take(one, A, B, now=0.0)
    take(other, C, now=0.0)
    asyncio.run(one.renew(now=10.0))

    assert {A: 40.0, B: 40.0, C: 30.0} == rows(path)


def test_many_keys_at_once(opened):
    """More than one statement takes."""
    one, other = opened(), opened()
    many = [n.to_bytes(32, "big") for n in range(70_000)]
    assert len(many) == len(take(one, *many))
    assert {A + A} == take(other, *many[:40_000], A + A)
    assert set(many[:1]) == take(one, many[0], over=tuple(many)) - set(many[1:])


def test_the_first_is_alone_until_another_comes(opened):
    """It lets the other in once its own leases stand; the other waits until then."""
    one, other = opened(), opened()
    assert (True, False) == (one.is_alone(), other.is_alone())

    async def both():
        waiting = asyncio.create_task(other.take([A], over=[], now=0.0))
        for _ in range(20_000):
            if one.is_alone():
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert not waiting.done()
        assert {A} == set(await one.take([A], over=[], now=0.0))
        return set(await waiting)

    assert set() == asyncio.run(both())
    assert (False, False, {B}) == (one.is_alone(), other.is_alone(), take(other, B))


def test_who_comes_after_everybody_has_left_is_alone(opened):
    """Whoever had knocked."""
    first, second = opened(), opened()
    take(first, A)
    take(second, B)
    first.close()
    second.close()

    assert opened().is_alone()


def test_who_is_not_let_in_goes_on_without(opened, monkeypatch, path):
    """The first hangs: a moment later the other asks what it likes, and leases nothing any more."""
    monkeypatch.setattr(leases_sqlite, "PATIENCE_S", 0.05)
    one, other = opened(), opened()
    assert {A} == take(other, A)
    assert {A} == take(one, A)
    assert {A, B} == take(other, A, B)
    assert [A] == list(rows(path))


def test_a_killed_process_is_not_waited_for(opened, path):
    """Its lease is as good as over, though it had thirty seconds left; a living one's is not."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, path, "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert "taken\n" == holder.stdout.readline()
    other = opened()
    assert {B} == take(other, A, B)
    holder.kill()
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken note of it yet
    assert {A, B} == take(other, A, B, now=1.0)
    holder.communicate()


def test_who_is_killed_while_alone_keeps_nobody_out(path):
    """The lock goes with its process."""
    program = "import sys\nfrom ippon.adapters.leases_sqlite import SqliteLeases\nleases = SqliteLeases(sys.argv[1])\n"
    first = subprocess.Popen(
        [sys.executable, "-c", f"{program}print(leases.is_alone(), flush=True)\nsys.stdin.readline()", path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "True\n" == first.stdout.readline()
    other = SqliteLeases(path)
    assert not other.is_alone()
    first.kill()
    first.communicate()
    assert {A} == take(other, A)
    other.close()


def test_owners_that_nobody_can_tell_of_are_not_gone(monkeypatch):
    """Of another machine, of another kind, or where the system does not say."""
    mine = owner.new_owner()
    machine, pid, started, token = mine.split(" ")
    assert not owner.is_gone(mine)
    assert owner.is_gone(f"{machine} {pid} {int(started) + 1} {token}")
    assert owner.is_gone(f"{machine} {2**30} {started} {token}")
    assert not any(owner.is_gone(each) for each in ("", "odd", f"other {pid} 1 {token}", f"{machine} x 1 {token}"))

    monkeypatch.setattr(owner, "BOOT", "/nowhere")
    assert "?" == owner.new_owner().split(" ")[0]
    assert not owner.is_gone(f"? {pid} 1 {token}")


def test_a_file_that_is_locked_is_given_up(opened, path, monkeypatch):
    """Once, after a moment; what is asked then is asked without a lease."""
    monkeypatch.setattr(leases_sqlite, "PATIENCE_S", 0.05)
    one = opened()
    assert {A} == take(one, A)
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    assert {A, B} == take(one, A, B)
    blocker.execute("ROLLBACK")
    blocker.close()
    assert {B, C} == take(one, B, C)
    asyncio.run(one.renew(now=5.0))
    assert {A: 30.0} == rows(path)


def test_a_busy_file_is_waited_for_beside_the_loop(opened, path):
    """The loop goes on meanwhile."""
    one = opened()
    take(one, A)
    blocker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")

    async def main():
        waiting = asyncio.create_task(one.take([B], over=[], now=0.0))
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert not waiting.done()
        blocker.execute("ROLLBACK")
        return set(await waiting)

    assert {B} == asyncio.run(main())
    blocker.close()


def test_more_than_a_few_rows_are_written_beside_the_loop(opened):
    """Whatever they are."""
    one = opened()
    many = [n.to_bytes(32, "big") for n in range(MANY_ROWS)]
    take(one, A)

    assert set(many) == take(one, *many)


def test_a_folder_that_is_a_file(tmp_path):
    """Everything is ours."""
    (tmp_path / "file").write_text("")
    leases = SqliteLeases(str(tmp_path / "file" / "cache.sqlite"))
    assert leases.is_alone()
    assert {A, B} == take(leases, A, B)
    leases.close()


def test_a_file_system_without_locks(path, monkeypatch):
    """Everything is ours, and nothing is left open."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    before = os.listdir("/proc/self/fd")
    leases = SqliteLeases(path)
    assert (True, {A}) == (leases.is_alone(), take(leases, A))
    leases.close()
    assert len(before) == len(os.listdir("/proc/self/fd"))


KNOCKS = """
import asyncio, resource, sys
from ippon.adapters.leases_sqlite import SqliteLeases
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
leases = SqliteLeases(sys.argv[1])
print(len(asyncio.run(leases.take([bytes(32)], over=[], now=0.0))))
leases.close()
"""


def test_a_full_disk_has_no_room_to_knock(opened, path):
    """Who cannot be let in goes on without."""
    opened()
    done = subprocess.run([sys.executable, "-c", KNOCKS, path], capture_output=True, text=True, timeout=50, check=False)

    assert (0, "1\n") == (done.returncode, done.stdout), done.stderr


def test_a_file_that_is_no_cache(tmp_path):
    """It is left as it is; nothing is leased, nobody is kept waiting."""
    path = tmp_path / "cache.sqlite"
    path.write_text("no database at all, but long enough to look like one" * 20)
    before = path.read_bytes()
    one, other = SqliteLeases(str(path)), SqliteLeases(str(path))

    assert ({A}, {A}) == (take(one, A), take(other, A))
    one.close()
    other.close()
    assert before == path.read_bytes()
