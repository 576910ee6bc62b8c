"""One SQLite file: opened safely, recognised as ours, written in short immediate transactions."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from ippon.adapters.sqlite_opening import APPLICATION_ID, BUSY_S, Kind, connected_to_read

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ippon.adapters.sqlite_writer import Writer

__all__ = ["APPLICATION_ID", "CHUNK", "IN_USE", "SqliteFile"]

# The bytes of a file that hold anything.
IN_USE = (
    "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
)
# SQLite's limit on variables is 32,766; a chunk below it is one query.
CHUNK = 30_000
READ_ONLY = "see who may write it, or name another file"
MOVES = 3  # so often a file may be taken away while one transaction is written


class SqliteFile:
    """A database file of ippon. Reading never creates it; the first write does.

    Reads and writes have a connection each, so that a reader in one thread never waits for the commit of the writer in
    another; each connection is used by one thread at a time, and a forked process opens its own. Deleting rows is how it is
    emptied: the file is never unlinked. Where somebody else unlinks or replaces it, what was written since it was opened
    is written again. `upgrades` lead from one format to the next, the first from 1 to 2; a file of an older format is read
    as it is, and upgraded when it is first written. What is not `durable` may be lost by a power cut, never by a killed
    process. `busy_s` is how long another program may keep it locked.
    """

    def __init__(
        self,
        path: str,
        *,
        what: str,
        schema: str,
        upgrades: Sequence[str] = (),
        durable: bool = True,
        busy_s: float = BUSY_S,
    ) -> None:
        self.path = path
        self._kind = Kind(what, (schema, *upgrades), durable, busy_s)
        self._reader: sqlite3.Connection | None = None
        self._writer: Writer | None = None
        self._is_reader_current = True
        self._is_of_today = False
        self._process = os.getpid()

    @property
    def marks(self) -> Mapping[str, int]:
        """The last row of each table that was there when this process began to write; none before it does."""
        return {} if self._writer is None else self._writer.marks

    def reader(self) -> sqlite3.Connection | None:
        """The connection to read with; None while there is nothing. StoreError for a file that is not ours."""
        self._leave_to_parent()
        if self._reader is not None and not self._is_reader_current:
            self._reader.close()
            self._reader = None
        if self._reader is None and os.path.exists(self.path):  # noqa: PTH110 - pathlib costs 7 ms on the warm path
            self._is_reader_current = True
            connection, is_new = connected_to_read(self.path, self._kind)
            if is_new:
                connection.close()
            else:
                self._reader = connection
        return self._reader

    def write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do the work in one immediate transaction, durable when this returns. StoreError when it cannot be kept."""
        self._leave_to_parent()
        left = [work]
        for _ in range(MOVES):
            writer = self._opened_to_write()
            if writer.write(partial(_do, tuple(left))):
                left = []
            if not left and writer.is_in_place():
                return
            left.insert(0, self._carried_over(writer))
        raise self._kind.refused(self.path, "is replaced again and again by another program")

    def upgrade(self) -> None:
        """Bring an older file to today's format, for those who read what older ones have not. Does not make a file."""
        reader = None if self._is_of_today else self.reader()
        if reader is not None:
            with self._kind.translated(self.path):
                (version,) = reader.execute("PRAGMA user_version").fetchone()
            if version < len(self._kind.steps):
                self._opened_to_write()
            self._is_of_today = True

    def require_writable(self) -> None:
        """StoreError where this user may not write the file or its folder. Makes neither."""
        folder = os.path.dirname(os.path.abspath(self.path))  # noqa: PTH100, PTH120 - the warm path
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)  # noqa: PTH120
        if not os.path.isdir(folder):  # noqa: PTH112
            raise self._kind.refused(self.path, f"cannot be used: {folder} is no folder")
        for what, place in (("its folder", folder), ("it", self.path)):
            if os.path.exists(place) and not os.access(place, os.W_OK):  # noqa: PTH110
                raise self._kind.refused(self.path, f"cannot be written: {what} is read-only", READ_ONLY)

    def rows(self, query: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        """The rows of a query; none while there is no file."""
        reader = self.reader()
        if reader is not None:
            with self._kind.translated(self.path):
                yield from reader.execute(query, parameters)

    def close(self) -> None:
        """Close what is open. May be called twice."""
        self._leave_to_parent()
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None

    def _opened_to_write(self) -> Writer:
        if self._writer is None:
            from ippon.adapters.sqlite_writer import Writer  # noqa: PLC0415 - who only reads needs no lock

            self._writer = Writer(self.path, self._kind)
        return self._writer

    def _carried_over(self, lost: Writer) -> Callable[[sqlite3.Connection], object]:
        """Leave a file that is lost; what puts the rows that went into it since it was opened into another one."""
        from ippon.adapters.sqlite_writer import put  # noqa: PLC0415

        rows = lost.own_rows()
        lost.close()
        self._writer = None
        self._is_reader_current = False  # another thread may be reading: it opens its own
        return lambda connection: put(connection, rows)

    def _leave_to_parent(self) -> None:
        """Forget the connections of the process that this one was forked from: SQLite's locks do not come along."""
        if self._process == os.getpid():
            return
        if self._reader is not None:
            self._reader.close()
        # In the middle of a transaction, to close it would be to undo the parent's: it is left alone, for good.
        if self._writer is not None and not self._writer.is_busy:
            self._writer.close()
        self._reader = self._writer = None
        self._process = os.getpid()


def _do(works: Sequence[Callable[[sqlite3.Connection], object]], connection: sqlite3.Connection) -> None:
    for work in works:
        work(connection)
