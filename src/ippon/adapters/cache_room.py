"""Room in the cache's file: what was written longest ago goes first, and nothing that a run may just be writing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.adapters.sqlite_file import IN_USE

if TYPE_CHECKING:
    import sqlite3

ROWS_AT_ONCE = 200
# The runs of other processes are not known here; none of them is longer, and what they wrote is younger.
YOUNG_S = 86_400.0
# Rows are written in the order of their rowids: who replaces one makes a new one.
_OLD = "SELECT key FROM entries WHERE rowid <= ? AND created_at < ? ORDER BY rowid LIMIT ?"
_WITHOUT_ENTRY = (
    "DELETE FROM explanations WHERE key IN (SELECT key FROM explanations ORDER BY rowid LIMIT ?) "
    "AND key NOT IN (SELECT key FROM entries)"
)
_COUNT = "INSERT INTO totals VALUES ('evicted', ?1) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"


def make_room(connection: sqlite3.Connection, most_bytes: int, *, mark: int, newest: float) -> int:
    """Delete old entries until no more than `most_bytes` are in use; how many they were. In the caller's transaction.

    Rows after `mark` stay, for this process wrote them, and rows that are younger than a day at the time `newest`: then the
    file grows beyond its size. An explanation outlives its entry for a while, so that `cache why` can say what became of it.
    """
    evicted = 0
    while connection.execute(IN_USE).fetchone()[0] > most_bytes:
        connection.execute(_WITHOUT_ENTRY, (ROWS_AT_ONCE,))
        gone = connection.execute(f"DELETE FROM entries WHERE key IN ({_OLD})", (mark, newest - YOUNG_S, ROWS_AT_ONCE))  # noqa: S608
        if gone.rowcount == 0:
            break
        evicted += gone.rowcount
    if evicted:
        connection.execute(_COUNT, (evicted,))
    return evicted
