"""A connection to a SQLite file: recognised as ours before anything is written, brought to today's format."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ippon.adapters.file_system import network_file_system
from ippon.errors import Problem, StoreError
from ippon.records.bundle import Bundle

if TYPE_CHECKING:
    from collections.abc import Generator

APPLICATION_ID = 0x4950504E  # "IPPN"
BUSY_S = 30.0
RETRY_S = 0.005
IDENTITY = (
    "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) "
    "FROM pragma_application_id, pragma_user_version"
)
# No lock is taken and no log is looked for: so a file can be read that lies where nothing can be written.
AS_IT_STANDS = "mode=ro&immutable=1"
HINT = "name another file, or move this one away"
HINTS = {
    sqlite3.SQLITE_FULL: "make room on the disk, or name a file on another",
    sqlite3.SQLITE_IOERR: "see whether the disk is full or broken, or name a file on another",
    sqlite3.SQLITE_BUSY: "end the program that keeps it, or name another file",
    sqlite3.SQLITE_READONLY: "see who may write it, or name another file",
    sqlite3.SQLITE_CANTOPEN: "see who may write its folder, or name another file",
}


class Kind(Bundle, frozen=True):
    """What a file of ippon is: its name for people, the steps from nothing to today's format, whether it outlives a power cut.

    The first step makes format 1. What is not `durable` may be lost by a power cut, never by a killed process. `busy_s` is
    how long another program may keep it locked.
    """

    what: str
    steps: tuple[str, ...]
    durable: bool
    busy_s: float

    def refused(self, path: str, why: str, hint: str = HINT) -> StoreError:
        """The error of a file that cannot be used."""
        return StoreError(Problem(message=f"the {self.what} {path} {why}", hint=hint))

    @contextmanager
    def translated(self, path: str) -> Generator[None]:
        """Errors of SQLite and of the system become a StoreError; its cause is the error."""
        try:
            yield
        except sqlite3.Error as error:
            if os.path.isdir(path):  # noqa: PTH112 - the warm path
                raise self.refused(path, "cannot be used: it is a directory", "name a file in it") from error
            hint = HINTS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, HINT)
            raise self.refused(path, f"cannot be used: {error}", hint) from error
        except UnicodeDecodeError as error:  # SQLite quotes a damaged schema, and Python cannot read the quotation
            raise self.refused(path, "cannot be used: its schema is damaged") from error
        except TimeoutError as error:
            raise self.refused(path, f"cannot be used: {error}", HINTS[sqlite3.SQLITE_BUSY]) from error
        except OSError as error:
            why = f"{error.strerror} ({error.filename})" if error.filename else str(error)
            raise self.refused(path, f"cannot be used: {why}") from error


def connected(path: str, kind: Kind, *, how: str = "mode=rw") -> tuple[sqlite3.Connection, bool]:
    """(connection, whether the file is still empty). Raises StoreError for a file that is not ours, or of a newer format."""
    address = "file:" + path.replace("%", "%25").replace("?", "%3f").replace("#", "%23") + f"?{how}"
    connection: sqlite3.Connection | None = None
    try:
        with kind.translated(path):
            connection = sqlite3.connect(
                address, uri=True, timeout=kind.busy_s, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA mmap_size = 0")
            return connection, _is_new(connection, path, kind)
    except StoreError:
        if connection is not None:
            connection.close()
        raise


def connected_to_read(path: str, kind: Kind) -> tuple[sqlite3.Connection, bool]:
    """The same for who only reads: as it stands, in a folder where SQLite cannot make the files that it wants beside it."""
    try:
        return connected(path, kind)
    except StoreError as error:
        folder, log = os.path.dirname(path) or ".", f"{path}-wal"  # noqa: PTH120 - the warm path
        shut = _code(error) in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN} and not os.access(folder, os.W_OK)
        if not shut or (os.path.exists(log) and os.path.getsize(log)):  # noqa: PTH110, PTH202
            raise
    return connected(path, kind, how=AS_IT_STANDS)


def prepare(connection: sqlite3.Connection, path: str, kind: Kind) -> bool:
    """Make the file ours, in today's format; whether it is written through a log ahead. Raises sqlite3.Error.

    Of two processes that start together one writes the schema and the other finds it. All of it is one transaction:
    a file is of its old format or of today's, whenever the process is killed.
    """
    logs_ahead = (
        _set_journal(connection, "wal" if network_file_system(path) is None else "delete", kind.busy_s) == "wal"
    )
    # Whose log is copied back when is `sqlite_writer`'s to say. A journal's deletion has to reach the disk as well.
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute(f"PRAGMA synchronous = {_synchronous(kind, logs_ahead=logs_ahead)}")
    connection.execute("PRAGMA fullfsync = ON")  # macOS alone knows the difference
    connection.execute("PRAGMA checkpoint_fullfsync = ON")
    connection.execute("BEGIN IMMEDIATE")
    done = 0 if _is_new(connection, path, kind) else connection.execute("PRAGMA user_version").fetchone()[0]
    if done < len(kind.steps):
        for statement in ";\n".join(kind.steps[done:]).split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(kind.steps)}")
    connection.execute("COMMIT")
    return logs_ahead


def is_locked(error: StoreError) -> bool:
    """Whether another program has kept a file locked for too long: then nothing is wrong with what is in it."""
    return _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _code(error: StoreError) -> int:
    """What SQLite said, 0 where it was not SQLite."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF


def _synchronous(kind: Kind, *, logs_ahead: bool) -> str:
    if not kind.durable:
        return "NORMAL"
    return "FULL" if logs_ahead else "EXTRA"


def _is_new(connection: sqlite3.Connection, path: str, kind: Kind) -> bool:
    """Whether a file has no content yet; StoreError for one that is another program's or of a newer format."""
    # One statement, so one state of the file: another process may write the schema in between.
    application, version, tables = connection.execute(IDENTITY).fetchone()
    if application == APPLICATION_ID:
        if version > len(kind.steps):
            why = f"was made by a newer ippon (format {version}; this one knows {len(kind.steps)})"
            raise kind.refused(path, why)
        return False
    if tables:
        raise kind.refused(path, "is another program's database")
    return True


def _set_journal(connection: sqlite3.Connection, mode: str, busy_s: float) -> str:
    """Switch to a way of journalling; the one that is used now. SQLite does not wait for others here, whatever its timeout."""
    ends = time.monotonic() + busy_s
    while True:
        try:
            return connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
            time.sleep(RETRY_S)
