"""Every digest of a cache file checked, and damaged rows taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ippon.adapters.cache_batches import BEFORE_ALL, batches
from ippon.errors import StoreError
from ippon.records.bundle import Bundle

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from ippon.adapters.cache_sqlite import SqliteCache

TABLES = ("entries", "memo")


class Damaged(Bundle, frozen=True, kw_only=True):
    """A row whose digest is another one: its key in hexadecimal digits, and what it was, as far as that can be told."""

    key: str
    table: str
    evaluator: str | None = None
    example: str | None = None


class Checked(Bundle, frozen=True, kw_only=True):
    """What a check found: how many rows, those that are damaged, and why not all could be looked at or taken out.

    `entries` are the rows that stats count, the others are compiled suites.
    """

    rows: int
    entries: int
    damaged: tuple[Damaged, ...]
    trouble: str | None = None


class _Bad(Bundle, frozen=True):
    table: str
    rowid: int
    key: bytes


def verify(cache: SqliteCache, *, deletes: bool = True) -> Checked:
    """Check every digest. Damaged rows are deleted: they were never used, and their places are free for new ones."""
    rows = dict.fromkeys(TABLES, 0)
    bad: list[_Bad] = []
    damaged: tuple[Damaged, ...] = ()
    trouble: str | None = None
    try:
        for table in TABLES:
            found = cache.file.rows(f"SELECT rowid, key FROM {table} NOT INDEXED")  # noqa: S608 - one of two words
            for some in batches(cast("Iterator[tuple[int, Any]]", found)):
                rows[table] += len(some)
                bad += _bad(cache, table, some)
        damaged = tuple(_named(cache, each) for each in bad)
        if bad and deletes:
            _delete(cache, bad)
    except StoreError as error:
        trouble = str(error)
    return Checked(
        rows=sum(rows.values()),
        entries=rows["entries"],
        damaged=damaged or tuple(_nameless(each) for each in bad),
        trouble=trouble,
    )


def _bad(cache: SqliteCache, table: str, rows: Sequence[tuple[int, Any]]) -> Iterator[_Bad]:
    """The rows that do not come back whole, each looked at alone: a torn page hides its neighbours from one query."""
    keys = [key if isinstance(key, bytes) else repr(key).encode() for _, key in rows]
    whole = cache.read(keys, now=BEFORE_ALL) if table == "entries" else {}
    for (rowid, _), key in zip(rows, keys, strict=True):
        if key not in whole and not _is_whole(cache, table, key):
            yield _Bad(table, rowid, key)


def _is_whole(cache: SqliteCache, table: str, key: bytes) -> bool:
    return bool(cache.read([key], now=BEFORE_ALL)) if table == "entries" else cache.recall(key) is not None


def _named(cache: SqliteCache, bad: _Bad) -> Damaged:
    """A damaged row with what explains it."""
    query = "SELECT evaluator, example FROM explanations WHERE key = ?"
    for evaluator, example in cache.file.rows(query, (bad.key,)):
        return Damaged(key=bad.key.hex(), table=bad.table, evaluator=str(evaluator), example=str(example))
    return _nameless(bad)


def _nameless(bad: _Bad) -> Damaged:
    return Damaged(key=bad.key.hex(), table=bad.table)


def _delete(cache: SqliteCache, bad: Sequence[_Bad]) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("REINDEX")  # an index that disagrees with its table refuses the deletion
        for each in bad:
            connection.execute(f"DELETE FROM {each.table} WHERE rowid = ?", (each.rowid,))  # noqa: S608 - one of two words

    cache.file.write(work)
