"""One SQLite file: opened safely, recognised as ours, written in short immediate transactions."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import TYPE_CHECKING

from ippon.errors import Problem, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

APPLICATION_ID = 0x4950504E  # "IPPN"
BUSY_S = 30.0
RETRY_S = 0.005
IDENTITY = (
    "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) "
    "FROM pragma_application_id, pragma_user_version"
)
# SQLite's limit on variables is 32,766; a chunk below it is one query.
CHUNK = 30_000


class SqliteFile:
    """A database file of ippon. Reading never creates it; the first write does.

    Reads and writes have a connection each, so that a reader in one thread never waits for the commit of the writer in
    another; each connection is used by one thread at a time. Deleting rows is how it is emptied: the file is never unlinked.
    `upgrades` lead from one format to the next, the first from 1 to 2; a file of an older format is read as it is, and
    upgraded when it is first written. What is not `durable` may be lost by a power cut, never by a killed process.
    """

    def __init__(
        self, path: str, *, what: str, schema: str, upgrades: Sequence[str] = (), durable: bool = True
    ) -> None:
        self.path = path
        self._what = what
        self._steps = (schema, *upgrades)
        self._durable = durable
        self._reader: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None

    def reader(self) -> sqlite3.Connection | None:
        """The connection to read with; None while there is nothing. StoreError for a file that is not ours."""
        if self._reader is None and os.path.exists(self.path):  # noqa: PTH110 - pathlib costs 7 ms on the warm path
            connection, is_new = self._opened()
            if is_new:
                connection.close()
            else:
                self._reader = connection
        return self._reader

    def write(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do the work in one immediate transaction, durable when this returns. StoreError when it cannot be kept."""
        try:
            writer = self._writing()
            writer.execute("BEGIN IMMEDIATE")
            try:
                work(writer)
            except BaseException:
                writer.execute("ROLLBACK")
                raise
            writer.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def rows(self, query: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        """The rows of a query; none while there is no file."""
        reader = self.reader()
        if reader is not None:
            try:
                yield from reader.execute(query, parameters)
            except sqlite3.Error as error:
                raise self._trouble(error) from error

    def close(self) -> None:
        """Close what is open. May be called twice."""
        for connection in (self._reader, self._writer):
            if connection is not None:
                connection.close()
        self._reader = self._writer = None

    def _writing(self) -> sqlite3.Connection:
        if self._writer is None:
            try:
                os.makedirs(os.path.dirname(self.path) or ".", mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
                os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            except OSError as error:
                raise self._trouble(error) from error
            connection, _ = self._opened()
            self._prepare(connection)
            self._writer = connection
        return self._writer

    def _opened(self) -> tuple[sqlite3.Connection, bool]:
        """(connection, whether the file is still empty). Nothing is written before the file is known to be ours."""
        address = "file:" + self.path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + "?mode=rw"
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                address, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA trusted_schema = OFF")
            return connection, self._is_new(connection)
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise self._trouble(error) from error
        except StoreError:
            assert connection is not None
            connection.close()
            raise

    def _is_new(self, connection: sqlite3.Connection) -> bool:
        """Whether a file has no content yet; StoreError for one that is another program's or of a newer format."""
        # One statement, so one state of the file: another process may write the schema in between.
        application, version, tables = connection.execute(IDENTITY).fetchone()
        if application == APPLICATION_ID:
            if version > len(self._steps):
                raise self._refused(f"was made by a newer ippon (format {version}; this one knows {len(self._steps)})")
            return False
        if tables:
            raise self._refused("is another program's database")
        return True

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Make the file ours, once: of two processes that start together, one writes the schema and the other finds it."""
        self._log_ahead(connection)
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
        done = 0 if self._is_new(connection) else connection.execute("PRAGMA user_version").fetchone()[0]
        if done < len(self._steps):
            for statement in ";\n".join(self._steps[done:]).split(";\n"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {len(self._steps)}")
        connection.execute("COMMIT")

    def _log_ahead(self, connection: sqlite3.Connection) -> None:
        """Switch to the write-ahead log. SQLite does not wait for others here, whatever its timeout is."""
        ends = time.monotonic() + BUSY_S
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                    raise
                time.sleep(RETRY_S)
            else:
                return

    def _refused(self, why: str) -> StoreError:
        return StoreError(
            Problem(message=f"the {self._what} {self.path} {why}", hint="name another file, or move this one away")
        )

    def _trouble(self, error: Exception) -> StoreError:
        return self._refused(f"cannot be used: {error}")
