"""The one connection of a process that writes a SQLite file: a transaction at a time, and the log copied back in between.

Up to 3.51.2 SQLite can damage a file whose log one process copies back while another writes. Here a writer has the file's
lock to itself, and whoever finds the log long copies it back under the same lock.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

from ippon.adapters.file_lock import alone
from ippon.adapters.sqlite_opening import connected, prepare
from ippon.records.bundle import Bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ippon.adapters.sqlite_opening import Kind

LOG_BYTES = 8 << 20  # longer than this, a log is copied back
READERS_MS = 100  # how long those who read are waited for then; if that is not enough, the log grows as much again
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"


class Saved(Bundle, frozen=True):
    """Rows of a table, to be put into another file."""

    table: str
    columns: Sequence[str]
    rows: Sequence[tuple[object, ...]]


class Writer:
    """Writes one file, which it makes where there is none. `marks` are the last rows of each table before its own."""

    def __init__(self, path: str, kind: Kind) -> None:
        self._path = path
        self._kind = kind
        with kind.translated(path):
            os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120 - the warm path
            _make(path)
        self._file = _identity(path)
        self._connection, _ = connected(path, kind)
        self._logs_ahead = False
        with self._closing_on_error(), kind.translated(path):
            self._logs_ahead = prepare(self._connection, path, kind)
            self.marks = self._last_rows()
        self._log = self._log_files()
        self._copied_back_at = LOG_BYTES

    @property
    def is_busy(self) -> bool:
        """Whether it is in the middle of a transaction."""
        return self._connection.in_transaction

    def write(self, work: Callable[[sqlite3.Connection], object]) -> bool:
        """Do the work in one immediate transaction, durable when this returns; whether it was done.

        Not when the file was moved or deleted before. StoreError when it cannot be kept.
        """
        with self._kind.translated(self._path), self._alone():
            if not self.is_in_place():
                return False
            self._commit(work)
            self._copy_back()
        return True

    def is_in_place(self) -> bool:
        """Whether its path still leads to the file. StoreError when it does, but its log is not there any more."""
        if _identity(self._path) != self._file:
            return False
        if self._logs_ahead and self._log_files() != self._log:
            self._save_log()
            raise self._kind.refused(
                self._path, "has lost its log: somebody deleted its -wal or -shm file while it was open", "run it again"
            )
        return True

    def own_rows(self) -> list[Saved]:
        """What was written since it was opened, by this process and others."""
        saved: list[Saved] = []
        with self._kind.translated(self._path):
            for table, mark in self.marks.items():
                found = self._connection.execute(f'SELECT * FROM "{table}" WHERE rowid > ?', (mark,))  # noqa: S608
                saved.append(Saved(table, [column[0] for column in found.description], found.fetchall()))
        return saved

    def close(self) -> None:
        """Close the connection; the last one of a file copies the log back."""
        self._connection.close()

    def _alone(self) -> AbstractContextManager[None]:
        return alone(self._path, patience_s=self._kind.busy_s) if self._logs_ahead else nullcontext()

    def _commit(self, work: Callable[[sqlite3.Connection], object]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            work(self._connection)
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite itself goes back when the disk is full
                self._connection.execute("ROLLBACK")
            raise

    def _copy_back(self) -> None:
        """Copy a long log back into the file and empty it. What is committed is safe without, so no failure counts.

        Who writes what is not durable does so from the event loop, and leaves it to those who wait for the disk anyway.
        """
        log = _found(self._path + "-wal") if self._logs_ahead and self._kind.durable else None
        if log is None or log.st_size < self._copied_back_at:
            return
        self._copied_back_at = log.st_size + LOG_BYTES
        try:
            self._connection.execute(f"PRAGMA busy_timeout = {READERS_MS}")
            if self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0:
                self._copied_back_at = LOG_BYTES
        except sqlite3.Error:
            return
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {int(self._kind.busy_s * 1000)}")

    def _save_log(self) -> None:
        """Copy a deleted log back, which this connection still has: unless another process has begun a new one."""
        if _identity(self._path + "-wal") is None:
            with self._kind.translated(self._path):
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _last_rows(self) -> Mapping[str, int]:
        tables = [name for (name,) in self._connection.execute(TABLES)]
        last = (self._connection.execute(f'SELECT max(rowid) FROM "{table}"').fetchone()[0] for table in tables)  # noqa: S608
        return dict(zip(tables, (row or 0 for row in last), strict=True))

    def _log_files(self) -> tuple[object, ...]:
        return tuple(_identity(self._path + suffix) for suffix in ("-wal", "-shm"))

    @contextmanager
    def _closing_on_error(self) -> Generator[None]:
        try:
            yield
        except BaseException:
            self._connection.close()
            raise


def put(connection: sqlite3.Connection, saved: Sequence[Saved]) -> None:
    """Put rows into a file: each once, and never in the place of another."""
    for each in saved:
        names = ", ".join(f'"{name}"' for name in each.columns)
        places = ", ".join(f"?{n + 1}" for n in range(len(each.columns)))
        equal = " AND ".join(f'"{name}" IS ?{n + 1}' for n, name in enumerate(each.columns))
        connection.executemany(
            f'INSERT OR IGNORE INTO "{each.table}" ({names}) SELECT {places} WHERE NOT EXISTS '  # noqa: S608 - our own names
            f'(SELECT 1 FROM "{each.table}" WHERE {equal})',
            each.rows,
        )


def _make(path: str) -> None:
    """Make the file where there is none.

    One that is there is not opened: a process that closes a file loses all its locks on it, those of its other connections
    to SQLite as well, and the next one to leave the file would take their log away.
    """
    with suppress(FileExistsError):
        os.close(os.open(os.path.realpath(path), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _identity(path: str) -> tuple[int, int] | None:
    found = _found(path)
    return None if found is None else (found.st_dev, found.st_ino)


def _found(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - the warm path
    except OSError:
        return None
