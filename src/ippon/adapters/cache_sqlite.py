"""The cache in one SQLite file, content-addressed, shared by the projects of one user.

Every row carries a digest of itself that is checked when it is read: SQLite does not notice a flipped bit, and a damaged
row has to be a miss, never another score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.adapters.sqlite_file import CHUNK, IN_USE, SqliteFile
from ippon.adapters.sqlite_opening import BUSY_S, is_locked
from ippon.errors import StoreError
from ippon.records.expiry import is_expired
from ippon.records.fingerprint import sha256
from ippon.records.kept import Entry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    Row = tuple[object, ...]

SCHEMA = """
CREATE TABLE entries (
  key BLOB PRIMARY KEY, kind TEXT NOT NULL, created_at REAL NOT NULL, score REAL, label TEXT, reason TEXT, failure TEXT,
  evaluator TEXT, model TEXT, cost_usd REAL, seconds REAL, body BLOB NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE explanations (
  key BLOB PRIMARY KEY, evaluator TEXT NOT NULL, example TEXT NOT NULL, fields BLOB NOT NULL, created_at REAL NOT NULL
);
CREATE INDEX explanations_of ON explanations (evaluator, example);
CREATE TABLE memo (key BLOB PRIMARY KEY, body BLOB NOT NULL, digest BLOB NOT NULL, created_at REAL NOT NULL)
"""
# From format 1 to 2: what lanes have learned, and the rates that processes share. To 3: which keys somebody
# asks just now. To 4: what was counted over the years.
UPGRADES = (
    """
CREATE TABLE lanes (name TEXT PRIMARY KEY, learned BLOB NOT NULL, updated_at REAL NOT NULL);
CREATE TABLE rates (name TEXT PRIMARY KEY, requests_at REAL NOT NULL, tokens_at REAL NOT NULL)
""",
    """
CREATE TABLE leases (key BLOB PRIMARY KEY, owner TEXT NOT NULL, until REAL NOT NULL)
""",
    """
CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL)
""",
)
COLUMNS = "key, kind, created_at, score, label, reason, failure, evaluator, model, cost_usd, seconds, body"
_CHANGED = ", ".join(f"{name} = excluded.{name}" for name in [*COLUMNS.split(", ")[1:], "digest"])
UNLESS_ANSWERED = f"ON CONFLICT (key) DO UPDATE SET {_CHANGED} WHERE entries.failure IS NOT NULL"
MOST_BYTES = 2 << 30
ROWS_A_STATEMENT = 50  # one statement for many rows: between two statements Python's lock changes hands
LOOKS_AGAIN = 100  # a file in which nothing can be evicted may grow by this part before it is looked at again
MEMOS_KEPT = 200
_encoder = msgspec.json.Encoder()


def cache_file(path: str, *, durable: bool = True, busy_s: float = BUSY_S) -> SqliteFile:
    """The cache's file, for what is in it beside the entries as well."""
    return SqliteFile(path, what="cache", schema=SCHEMA, upgrades=UPGRADES, durable=durable, busy_s=busy_s)


class SqliteCache:
    """Answers, scores and compiled suites by content address. `ttl_s` is looked at when a row is read.

    Beyond `most_bytes` old entries make room for new ones.
    """

    def __init__(
        self, path: str, *, ttl_s: float | None = None, most_bytes: int = MOST_BYTES, busy_s: float = BUSY_S
    ) -> None:
        self.file = cache_file(path, busy_s=busy_s)
        self.ttl_s = ttl_s
        self._bad: set[object] = set()
        self._most_bytes = self._room_at = most_bytes

    @property
    def damaged(self) -> int:
        """How many rows were not used because they, or the pages that they are on, are not as they were written."""
        return len(self._bad)

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys. StoreError for a file that is no cache, or that another program keeps locked."""
        found: dict[bytes, Entry] = {}
        if self.file.reader() is None:
            return found
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            if not self._is_read(chunk, found):
                # A query ends at the first page that cannot be read; what is on the others is found key by key.
                self._bad.update(key for key in chunk if key not in found and not self._is_read([key], found))
        return {key: entry for key, entry in found.items() if not is_expired(entry, self.ttl_s, now=now)}

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these in one durable transaction; a failure never replaces a success."""

        def work(connection: sqlite3.Connection) -> None:
            for failed in (True, False):
                for some in _groups([row for entry, row in rows if (entry.failure is not None) is failed]):
                    connection.execute(
                        f"INSERT {'' if failed else 'OR REPLACE'} INTO entries ({COLUMNS}, digest) "  # noqa: S608
                        f"VALUES {_marks(len(some), 13)} {UNLESS_ANSWERED if failed else ''}",
                        [value for row in some for value in row],
                    )
            for some in _groups(explained):
                marks = _marks(len(some), 5)
                connection.execute(
                    f"INSERT OR REPLACE INTO explanations VALUES {marks}",  # noqa: S608 - question marks
                    [value for row in some for value in row],
                )
            self._make_room(connection, entries)

        rows = [(entry, _row(entry)) for entry in entries]
        explained = [(e.key, e.evaluator, e.example, e.explain, e.created_at) for e in entries if e.explain]
        self.file.write(work)

    def _make_room(self, connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        """Evict what is old where the file has become too large."""
        in_use = connection.execute(IN_USE).fetchone()[0] if entries else 0
        if in_use > self._room_at:
            from ippon.adapters.cache_room import make_room  # noqa: PLC0415 - few caches are that large

            newest = max(entry.created_at for entry in entries)
            made = make_room(connection, self._most_bytes, mark=self.file.marks["entries"], newest=newest)
            # Where all is young there is nothing to evict, and looking for it takes longer than writing.
            self._room_at = self._most_bytes if made else in_use + self._most_bytes // LOOKS_AGAIN

    def _is_read(self, keys: Sequence[bytes], found: dict[bytes, Entry]) -> bool:
        """Put what is kept under these keys into `found`; whether all of it could be read. StoreError for a locked file."""
        query = f"SELECT {COLUMNS}, digest FROM entries WHERE key IN ({','.join('?' * len(keys))})"  # noqa: S608
        try:
            for row in self.file.rows(query, keys):
                if _sealed(row[:-1]) == row[-1]:
                    entry = _entry(row)
                    found[entry.key] = entry
                else:
                    self._bad.add(row[0])
        except StoreError as error:
            if is_locked(error):
                raise
            return False
        return True

    def close(self) -> None:
        """Close the file. May be called twice."""
        self.file.close()

    # Compiled suites

    def recall(self, key: bytes) -> bytes | None:
        """The compiled suite kept under a key; None when there is none, or a damaged one."""
        if self.file.reader() is None:
            return None
        try:
            for body, seal in self.file.rows("SELECT body, digest FROM memo WHERE key = ?", (key,)):
                if isinstance(body, bytes) and sha256(key + body).digest() == seal:
                    return body
        except StoreError:  # a damaged page, or locked: it is compiled once more
            return None
        return None

    def keep(self, key: bytes, body: bytes, *, now: float = 0.0) -> None:
        """Keep a compiled suite; the oldest beyond the newest two hundred are deleted."""

        def work(connection: sqlite3.Connection) -> None:
            seal = sha256(key + body).digest()
            connection.execute("INSERT OR REPLACE INTO memo VALUES (?, ?, ?, ?)", (key, body, seal, now))
            connection.execute(
                "DELETE FROM memo WHERE key NOT IN (SELECT key FROM memo ORDER BY rowid DESC LIMIT ?)", (MEMOS_KEPT,)
            )

        self.file.write(work)

    # What `ippon cache` shows

    def stats(self) -> dict[str, Any]:
        """Entries, in all and by class (call, score, and failures by their class), and the bytes of the file in use."""
        query = "SELECT coalesce('failed: ' || failure, kind), count(*) FROM entries GROUP BY 1"
        by_class = {str(name): int(str(count)) for name, count in self.file.rows(query)}
        size = sum(int(str(size)) for (size,) in self.file.rows(IN_USE))
        return {"entries": sum(by_class.values()), "bytes": size, "by_class": by_class}

    def evicted(self) -> int:
        """How many entries have made room for others, ever."""
        there = "SELECT 1 FROM sqlite_master WHERE name = 'totals'"  # not before format 4
        total = "SELECT value FROM totals WHERE name = 'evicted'"
        return sum(int(str(value)) for _ in self.file.rows(there) for (value,) in self.file.rows(total))

    def explanations(self, evaluator: str, example: str) -> Iterator[tuple[bytes, dict[str, str], float]]:
        """(key, named digests, created_at) of the kept scores of an evaluator for an example, newest first."""
        query = (
            "SELECT key, fields, created_at FROM explanations WHERE evaluator = ? AND example = ? "
            "ORDER BY created_at DESC LIMIT 50"
        )
        rows = cast("Iterator[tuple[bytes, bytes, float]]", self.file.rows(query, (evaluator, example)))
        for key, fields, created_at in rows:
            try:
                yield key, msgspec.json.decode(fields, type=dict[str, str]), float(created_at)
            except (msgspec.MsgspecError, TypeError, ValueError):  # a damaged one explains nothing
                continue

    def clear(self) -> int:
        """Delete all rows and return how many entries that were. The file stays: another process may have it open."""
        deleted = 0

        def work(connection: sqlite3.Connection) -> None:
            nonlocal deleted
            deleted = connection.execute("DELETE FROM entries").rowcount
            connection.execute("DELETE FROM explanations")
            connection.execute("DELETE FROM memo")

        if self.file.reader() is not None:
            self.file.write(work)
        return deleted


def _groups(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + ROWS_A_STATEMENT] for start in range(0, len(rows), ROWS_A_STATEMENT))


def _marks(rows: int, columns: int) -> str:
    """The places of so many rows in a statement."""
    return ",".join([f"({','.join('?' * columns)})"] * rows)


def _row(entry: Entry) -> tuple[object, ...]:
    values = (
        entry.key,
        entry.kind,
        _number(entry.created_at),
        _number(entry.score),
        entry.label,
        entry.reason,
        entry.failure,
        entry.evaluator,
        entry.model,
        _number(entry.cost_usd),
        _number(entry.seconds),
        entry.body,
    )
    return (*values, _sealed(values))


def _number(value: float | None) -> float | None:
    """A number as SQLite gives it back: a whole one as a float, and no minus before a zero."""
    return None if value is None else value + 0.0


def _sealed(values: tuple[object, ...]) -> bytes:
    """The digest of a row: canonical bytes, so that no value can run into the next."""
    return sha256(_encoder.encode(values)).digest()


def _entry(row: tuple[Any, ...]) -> Entry:
    key, kind, created_at, score, label, reason, failure, evaluator, model, cost_usd, seconds, body, _ = row
    return Entry(
        key=key,
        kind=kind,
        created_at=created_at,
        score=score,
        label=label,
        reason=reason,
        failure=failure,
        evaluator=evaluator,
        model=model,
        cost_usd=cost_usd,
        seconds=seconds,
        body=body,
    )
