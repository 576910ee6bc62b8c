"""Row 55: what a network file system is, and that nothing is logged ahead on one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench.cache_rows import NOW, are_right, entry, key
from ippon.adapters import file_lock, file_system
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.adapters.file_system import kind_of, network_file_system
from tests.door import coaching, ippon

if TYPE_CHECKING:
    from pathlib import Path

MOUNTS = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
31 27 0:40 / /home rw,relatime shared:5 master:2 - nfs4 server:/home rw,vers=4.2
32 31 254:1 / /home/me/disk rw - xfs /dev/vdb rw
33 27 0:41 / /mnt/team\040share rw - cifs //server/share rw
34 27 0:42 / /mnt/keys rw - fuse.sshfs me@server:/keys rw
35 27 0:43 / /mnt/keys rw - tmpfs none rw
nonsense
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tmp/cache.sqlite", "ext4"),
        ("/home/me/.cache/ippon/cache.sqlite", "nfs4"),
        ("/home", "nfs4"),
        ("/homes/cache.sqlite", "ext4"),
        ("/home/me/disk/cache.sqlite", "xfs"),
        ("/mnt/team share/cache.sqlite", "cifs"),
        ("/mnt/keys/cache.sqlite", "tmpfs"),
    ],
)
def test_the_deepest_mount_counts(path, kind):
    """Of two at one place the later."""
    assert kind == kind_of(path, MOUNTS)


def test_a_table_without_mounts_tells_nothing():
    """As in some containers."""
    assert None is kind_of("/tmp", "")


def test_a_system_that_does_not_tell_is_taken_for_a_disk(tmp_path, monkeypatch):
    """Outside of Linux there is no such table."""
    monkeypatch.setattr(file_system, "MOUNTS", str(tmp_path / "nothing"))
    assert None is network_file_system(str(tmp_path / "cache.sqlite"))


def mounted(folder: Path, monkeypatch, kind: str) -> None:
    """Say that a folder is on such a file system."""
    table = folder / "mounts"
    table.write_text(f"27 1 254:0 / / rw - ext4 /dev/vda rw\n28 27 0:50 / {folder} rw - {kind} server:/x rw\n")
    monkeypatch.setattr(file_system, "MOUNTS", str(table))


@pytest.mark.parametrize("was_on_a_disk", [False, True])
def test_nothing_is_logged_ahead_over_a_network(tmp_path, monkeypatch, was_on_a_disk):
    """A rollback journal, durable all the same; a file that had a log loses it. Two processes' worth take turns."""
    path = tmp_path / "cache.sqlite"
    if was_on_a_disk:
        cache = SqliteCache(str(path))
        cache.write([entry(0)])
        cache.close()
    mounted(tmp_path, monkeypatch, "nfs4")
    one, two = (SqliteCache(str(path)) for _ in range(2))
    for n in range(0, 20, 2):
        one.write([entry(n)])
        two.write([entry(n + 1)])
        assert key(n + 1) in one.read([key(n + 1)], now=NOW)
    found = one.read([key(n) for n in range(20)], now=NOW)

    assert (20, True) == (len(found), are_right(found, 20))
    assert [("delete",)] == list(one.file.rows("PRAGMA journal_mode"))
    assert not list(tmp_path.glob("*-wal")) + list(tmp_path.glob("*-shm"))
    one.close()
    two.close()


@pytest.mark.parametrize(("kind", "state"), [("nfs4", "warn"), ("fuse.sshfs", "warn"), ("ext4", "ok")])
def test_doctor_says_where_cache_and_history_lie(tmp_path, monkeypatch, capsys, kind, state):
    """And what follows from it."""
    mounted(tmp_path, monkeypatch, kind)
    cache = tmp_path / "cache.sqlite"
    SqliteCache(str(cache)).write([entry(0)])
    found = ippon(capsys, "doctor", coaching(tmp_path), "--cache", str(cache), "--json").object["findings"]
    rows = {each["name"]: (each["state"], each["text"]) for each in found}

    assert state == rows["cache folder"][0]
    assert (f"{tmp_path} is on a network file system ({kind})" in rows["cache folder"][1]) == (state == "warn")
    assert ("history folder" in rows) == (state == "warn")


@pytest.mark.parametrize("error", [*file_lock.WITHOUT_LOCKS])
def test_files_that_cannot_be_locked_are_written_all_the_same(tmp_path, monkeypatch, error):
    """SQLite has locks of its own; only its one bug is not kept out then."""

    def refuses(_descriptor, operation):
        if operation != file_lock.fcntl.LOCK_UN:
            raise OSError(error, "not here")

    monkeypatch.setattr(file_lock.fcntl, "flock", refuses)
    cache = SqliteCache(str(tmp_path / "cache.sqlite"))
    cache.write([entry(0)])

    assert key(0) in cache.read([key(0)], now=NOW)
    cache.close()
