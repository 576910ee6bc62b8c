"""Looking after a cache file: what lies in it whatever its age, what is pruned, what goes in and out."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, cast

import msgspec

from ippon.adapters.cache_batches import BEFORE_ALL, batches
from ippon.adapters.cache_check import Checked, verify
from ippon.adapters.cache_layers import Namespaced
from ippon.errors import StoreError
from ippon.records.bundle import Bundle

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from ippon.adapters.cache_sqlite import SqliteCache
    from ippon.records.kept import Entry

# Of what is pruned the explanation stays a while, so that `cache why` can say that there was something.
REMEMBERED = 10_000


class Wanted(Bundle, frozen=True, kw_only=True):
    """Which entries are to be pruned: all that is said has to hold. `made_before` is Unix time."""

    made_before: float | None = None
    evaluator: str | None = None
    model: str | None = None
    failed: bool = False


class Upkeep:
    """The jobs over one open cache file. StoreError where it cannot be read or written; looking never makes the file.

    With a `namespace`, keys are looked for in that part of it.
    """

    def __init__(self, cache: SqliteCache, *, namespace: str = "") -> None:
        self.cache = cache
        self._part = Namespaced(cache, namespace) if namespace else None

    def held(self, keys: Sequence[bytes]) -> dict[bytes, Entry | None]:
        """What lies under these keys, however old; None: a row is there, and damaged."""
        placed = {key: key if self._part is None else self._part.inside(key) for key in keys}
        found = self.cache.read([*placed.values()], now=BEFORE_ALL)
        return {key: found.get(place) for key, place in placed.items() if place in found or self._is_there(place)}

    def explanations(self, evaluator: str, example: str) -> list[tuple[bytes, dict[str, str], float]]:
        """(key, named parts, created_at) of the kept scores of an evaluator for an example, newest first; what can be read."""
        found: list[tuple[bytes, dict[str, str], float]] = []
        with suppress(StoreError):  # a torn page: what lies on it explains nothing
            found.extend(self.cache.explanations(evaluator, example))
        return found

    def memos(self, most: int) -> Iterator[bytes]:
        """The compiled suites that were kept last, the newest first."""
        keys: list[bytes] = []
        with suppress(StoreError):  # a torn page
            keys += self._keys("SELECT key FROM memo ORDER BY rowid DESC LIMIT ?", most)
        bodies = (self.cache.recall(key) for key in keys)
        return (body for body in bodies if body is not None)

    def made(self) -> tuple[float | None, float | None]:
        """When the oldest and the newest entry were made, Unix time; None where there is none."""
        query = "SELECT min(created_at), max(created_at) FROM entries WHERE typeof(created_at) = 'real'"
        rows = cast("Iterator[tuple[float | None, float | None]]", self.cache.file.rows(query))
        return next(rows, (None, None))

    def names(self, column: str) -> list[str]:
        """The evaluators or models that entries are of."""
        query = f"SELECT DISTINCT {column} FROM entries WHERE {column} IS NOT NULL"  # noqa: S608 - one of two words
        return sorted(str(name) for (name,) in self.cache.file.rows(query))

    def matching(self, wanted: Wanted) -> int:
        """How many entries would be pruned."""
        where, values = _where(wanted)
        rows = self.cache.file.rows(f"SELECT count(*) FROM entries WHERE {where}", values)  # noqa: S608 - our own words
        return sum(int(str(count)) for (count,) in rows)

    def prune(self, wanted: Wanted) -> int:
        """Delete entries and return how many. The file stays: another process may have it open."""
        where, values = _where(wanted)
        deleted = 0

        def work(connection: sqlite3.Connection) -> None:
            nonlocal deleted
            deleted = connection.execute(f"DELETE FROM entries WHERE {where}", values).rowcount  # noqa: S608 - our own words
            connection.execute(
                "DELETE FROM explanations WHERE rowid IN (SELECT rowid FROM explanations "
                "WHERE key NOT IN (SELECT key FROM entries) ORDER BY created_at DESC LIMIT -1 OFFSET ?)",
                (REMEMBERED,),
            )

        if self.cache.file.reader() is not None:
            self.cache.file.write(work)
        return deleted

    def count(self) -> int:
        """How many entries there are, damaged ones too."""
        return len(self._places())

    def entries(self) -> Iterator[Entry]:
        """Every entry that is whole, with what its key was made of, in the order of the keys."""
        for keys in batches(sorted(key for key in self._places() if isinstance(key, bytes))):
            explained = self._explained(keys)
            for key, entry in sorted(self.cache.read(keys, now=BEFORE_ALL).items()):
                example, fields = explained.get(key, ("", b""))
                yield msgspec.structs.replace(entry, example=example, explain=fields)

    def add(self, entries: Iterable[Entry]) -> int:
        """Keep what is better than what is there, and return how much that was."""
        added = 0
        for some in batches(entries):
            there = self.cache.read([each.key for each in some], now=BEFORE_ALL)
            best: dict[bytes, Entry] = {}  # two exports in one file may have a key twice
            for each in some:
                if _is_better(each, best.get(each.key) or there.get(each.key)):
                    best[each.key] = each
            if best:
                self.cache.write([*best.values()])
            added += len(best)
        return added

    def verify(self, *, deletes: bool = True) -> Checked:
        """Check every digest, and delete what is damaged; not from a snapshot."""
        return verify(self.cache, deletes=deletes)

    def _is_there(self, key: bytes) -> bool:
        """Whether there is a row of a key, or a torn page where it would be."""
        try:
            return any(self.cache.file.rows("SELECT 1 FROM entries WHERE key = ?", (key,)))
        except StoreError:
            return True

    def _places(self) -> list[object]:
        """The key of every row, from the index, or where that is torn from the table."""
        try:
            return [key for (key,) in self.cache.file.rows("SELECT key FROM entries")]
        except StoreError:
            return [key for (key,) in self.cache.file.rows("SELECT key FROM entries NOT INDEXED")]

    def _keys(self, query: str, *values: object) -> list[bytes]:
        return [key for (key,) in self.cache.file.rows(query, values) if isinstance(key, bytes)]

    def _explained(self, keys: Sequence[bytes]) -> dict[bytes, tuple[str, bytes]]:
        marks = ",".join("?" * len(keys))
        query = f"SELECT key, example, fields FROM explanations WHERE key IN ({marks})"  # noqa: S608 - question marks
        rows = cast("Iterator[tuple[bytes, str, bytes]]", self.cache.file.rows(query, keys))
        found: dict[bytes, tuple[str, bytes]] = {}
        with suppress(StoreError):  # a torn page: the entries go out without what only explains them
            found.update((key, (example, fields)) for key, example, fields in rows)
        return found


def _is_better(entry: Entry, there: Entry | None) -> bool:
    """Whether an entry replaces the one that is there: a success a failure, never the reverse, then the newer the older."""
    if there is None or (entry.failure is None) != (there.failure is None):
        return there is None or entry.failure is None
    return entry.created_at > there.created_at


def _where(wanted: Wanted) -> tuple[str, list[object]]:
    said: dict[str, object] = {
        "created_at < ?": wanted.made_before,
        "evaluator = ?": wanted.evaluator,
        "model = ?": wanted.model,
    }
    given = {words: value for words, value in said.items() if value is not None}
    return " AND ".join([*given, *(["failure IS NOT NULL"] if wanted.failed else [])]), [*given.values()]
