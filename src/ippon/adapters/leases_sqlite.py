"""Leases in the cache's file: one row a key that somebody asks just now, one short transaction for many.

Not durable on purpose: after a power cut nobody asks any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ippon.adapters.cache_sqlite import cache_file
from ippon.adapters.company import Company
from ippon.adapters.own_thread import OwnThread
from ippon.adapters.owner import is_gone, new_owner
from ippon.adapters.sqlite_file import CHUNK
from ippon.errors import StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterator, Sequence

    Work = Callable[[sqlite3.Connection], object]

LEASE_S = 30.0
AHEAD_S = 2 * LEASE_S  # a lease that lasts longer was written by a clock that has gone back since
MANY_ROWS = 256  # are written in a thread: fewer take about a millisecond
PATIENCE_S = 5.0  # for a locked file or a process that does not answer, once: then this one goes on without


class SqliteLeases:
    """Leases of one run; everything is ours once the file cannot be used.

    What is short is done at once if nobody else is writing: a thread would wait longer for Python's lock. Else it is done
    in a thread of its own, by a connection that waits for others.
    """

    def __init__(self, path: str, *, namespace: str = "") -> None:
        self._part = f"{namespace}:".encode() if namespace else b""
        self._at_once = cache_file(path, durable=False, busy_s=0.0)
        self._patient = cache_file(path, durable=False, busy_s=PATIENCE_S)
        self._owner = new_owner()
        self._is_in = self._is_off = False
        self._thread = OwnThread("ippon-leases")
        self._company: Company | None = None
        try:
            self._company = Company(path)
        except OSError:
            self._is_off = True

    def is_alone(self) -> bool:
        """Whether no other process may ask anything."""
        return self._company is None or self._company.is_alone()

    async def take(self, keys: Sequence[bytes], *, over: Sequence[bytes], now: float) -> Collection[bytes]:
        """Give back `over`, and lease these keys: those that are ours now."""
        mine, back = ([self._part + key for key in some] for some in (keys, over))
        granted: Collection[bytes] = mine

        def work(db: sqlite3.Connection) -> None:
            nonlocal granted
            granted = _taken(db, self._owner, mine, back, now)

        is_done = await self._written(work, rows=len(keys) + len(over))
        return [key.removeprefix(self._part) for key in granted] if is_done else keys

    async def renew(self, *, now: float) -> None:
        """Keep all that is ours for 30 s from now."""
        values = (now + LEASE_S, self._owner)
        await self._written(
            lambda db: db.execute("UPDATE leases SET until = ? WHERE owner = ?", values), rows=MANY_ROWS
        )

    def close(self) -> None:
        """Give all back; close files and thread. May be called twice."""
        self._thread.rest()
        if self._is_in:
            self._write(lambda db: db.execute("DELETE FROM leases WHERE owner = ?", (self._owner,)))
        self._at_once.close()
        self._patient.close()
        if self._company is not None:
            self._company.close()
            self._company = None
        self._is_off = True

    async def _written(self, work: Work, *, rows: int) -> bool:
        """Whether it was done."""
        if self._is_in and rows < MANY_ROWS:
            try:
                self._at_once.write(work)
            except StoreError:
                pass  # most likely somebody writes just now
            else:
                return True
        return await self._thread.run(self._write, work)

    def _write(self, work: Work) -> bool:
        """Who was alone lets the others in after its first leases stand; who was not has to be let in before."""
        if self._company is None or self._is_off:
            return False
        try:
            if not self._company.is_first:
                self._company.join(PATIENCE_S)
            self._patient.write(work)
            self._is_in = True
        except (StoreError, OSError):  # not let in in time, or no room to knock
            self._is_in, self._is_off = False, True
        if self._company.is_first:
            self._company.join(0.0)
        return self._is_in


def _taken(
    db: sqlite3.Connection, owner: str, keys: Sequence[bytes], over: Sequence[bytes], now: float
) -> Collection[bytes]:
    for some in _chunks(over):
        db.execute(f"DELETE FROM leases WHERE owner = ? AND key IN ({_marks(some)})", (owner, *some))  # noqa: S608
    taken = _take(db, owner, keys, now)
    if taken < len(keys) and _bury(db, owner, now):
        taken = _take(db, owner, keys, now)
    return keys if taken == len(keys) else _ours(db, owner, keys)


def _take(db: sqlite3.Connection, owner: str, keys: Sequence[bytes], now: float) -> int:
    """How many of the keys have become the owner's: a row that anybody holds is not changed."""
    taken = 0
    for some in _chunks(keys):
        rows = ",".join(f"(?{n}, ?1, ?2)" for n in range(5, 5 + len(some)))
        taken += db.execute(
            f"INSERT INTO leases (key, owner, until) VALUES {rows} ON CONFLICT (key) DO UPDATE SET "  # noqa: S608
            "owner = excluded.owner, until = excluded.until "
            "WHERE leases.until <= ?3 OR leases.until > ?4",
            (owner, now + LEASE_S, now, now + AHEAD_S, *some),
        ).rowcount
    return taken


def _bury(db: sqlite3.Connection, owner: str, now: float) -> bool:
    """End the leases of owners that are gone; whether there are any."""
    owners = db.execute("SELECT DISTINCT owner FROM leases WHERE owner <> ? AND until > ?", (owner, now)).fetchall()
    gone = [row for row in owners if is_gone(str(row[0]))]
    db.executemany("DELETE FROM leases WHERE owner = ?", gone)
    return bool(gone)


def _ours(db: sqlite3.Connection, owner: str, keys: Sequence[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for some in _chunks(keys):
        rows = db.execute(f"SELECT key FROM leases WHERE owner = ? AND key IN ({_marks(some)})", (owner, *some))  # noqa: S608
        found.update(cast("bytes", key) for (key,) in rows)
    return found


def _chunks(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """As many as a statement takes, beside its other values."""
    most = CHUNK - 10
    return (keys[start : start + most] for start in range(0, len(keys), most))


def _marks(keys: Sequence[bytes]) -> str:
    return ",".join("?" * len(keys))
