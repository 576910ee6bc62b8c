"""The cache in one SQLite file, content-addressed, shared by the projects of one user.

Every row carries a digest of itself that is checked when it is read: SQLite does not notice a flipped bit, and a damaged
row has to be a miss, never another score.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ippon.adapters.sqlite_file import CHUNK, SqliteFile
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
# From format 1 to 2: what lanes have learned, and the rates that processes share.
UPGRADES = (
    """
CREATE TABLE lanes (name TEXT PRIMARY KEY, learned BLOB NOT NULL, updated_at REAL NOT NULL);
CREATE TABLE rates (name TEXT PRIMARY KEY, requests_at REAL NOT NULL, tokens_at REAL NOT NULL)
""",
)
COLUMNS = "key, kind, created_at, score, label, reason, failure, evaluator, model, cost_usd, seconds, body"
_CHANGED = ", ".join(f"{name} = excluded.{name}" for name in [*COLUMNS.split(", ")[1:], "digest"])
IN_USE = (
    "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)
ROWS_A_STATEMENT = 50  # one statement for many rows: between two statements Python's lock changes hands
FAILURE_TTL_S = 7 * 86400.0  # a limit that was raised meanwhile deserves another try
MEMOS_KEPT = 200
_encoder = msgspec.json.Encoder()


def cache_file(path: str, *, durable: bool = True) -> SqliteFile:
    """The cache's file, for what is in it beside the entries as well."""
    return SqliteFile(path, what="cache", schema=SCHEMA, upgrades=UPGRADES, durable=durable)


class SqliteCache:
    """Answers, scores and compiled suites by content address. `ttl_s` is looked at when a row is read."""

    def __init__(self, path: str, *, ttl_s: float | None = None) -> None:
        self.file = cache_file(path)
        self.ttl_s = ttl_s

    def read(self, keys: Sequence[bytes], *, now: float) -> dict[bytes, Entry]:
        """The valid entries of these keys."""
        found: dict[bytes, Entry] = {}
        for start in range(0, len(keys), CHUNK):
            chunk = keys[start : start + CHUNK]
            marks = ",".join("?" * len(chunk))
            for row in self.file.rows(f"SELECT {COLUMNS}, digest FROM entries WHERE key IN ({marks})", chunk):  # noqa: S608
                if _sealed(row[:-1]) == row[-1]:
                    entry = _entry(row)
                    if not self._expired(entry, now):
                        found[entry.key] = entry
        return found

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these in one durable transaction; a failure never replaces a success."""

        def work(connection: sqlite3.Connection) -> None:
            for some in _groups(rows):
                connection.execute(
                    f"INSERT INTO entries ({COLUMNS}, digest) VALUES {_marks(len(some), 13)} "  # noqa: S608 - our own words
                    f"ON CONFLICT (key) DO UPDATE SET {_CHANGED} WHERE excluded.failure IS NULL OR entries.failure IS NOT NULL",
                    [value for row in some for value in row],
                )
            for some in _groups(explained):
                marks = _marks(len(some), 5)
                connection.execute(
                    f"INSERT OR REPLACE INTO explanations VALUES {marks}",  # noqa: S608 - question marks
                    [value for row in some for value in row],
                )

        rows = [_row(entry) for entry in entries]
        explained = [(e.key, e.evaluator, e.example, e.explain, e.created_at) for e in entries if e.explain]
        self.file.write(work)

    def close(self) -> None:
        """Close the file. May be called twice."""
        self.file.close()

    def _expired(self, entry: Entry, now: float) -> bool:
        age_s = now - entry.created_at
        if entry.failure is not None and age_s > FAILURE_TTL_S:
            return True
        return self.ttl_s is not None and age_s > self.ttl_s

    # Compiled suites

    def recall(self, key: bytes) -> bytes | None:
        """The compiled suite kept under a key; None when there is none, or a damaged one."""
        for body, seal in self.file.rows("SELECT body, digest FROM memo WHERE key = ?", (key,)):
            if isinstance(body, bytes) and sha256(key + body).digest() == seal:
                return body
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

    def explanations(self, evaluator: str, example: str) -> Iterator[tuple[bytes, dict[str, str], float]]:
        """(key, named digests, created_at) of the kept scores of an evaluator for an example, newest first."""
        query = (
            "SELECT key, fields, created_at FROM explanations WHERE evaluator = ? AND example = ? "
            "ORDER BY created_at DESC LIMIT 50"
        )
        rows = cast("Iterator[tuple[bytes, bytes, float]]", self.file.rows(query, (evaluator, example)))
        for key, fields, created_at in rows:
            yield key, msgspec.json.decode(fields, type=dict[str, str]), created_at

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
        entry.created_at,
        entry.score,
        entry.label,
        entry.reason,
        entry.failure,
        entry.evaluator,
        entry.model,
        entry.cost_usd,
        entry.seconds,
        entry.body,
    )
    return (*values, _sealed(values))


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
