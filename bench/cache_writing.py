"""A process that writes rows to a cache and says which are kept: `python -m bench.cache_writing PATH FIRST HOW_MANY GROUP`.

With a fifth word it kills itself right before the statement of SQL that begins so; with a sixth, at its n-th such.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from typing import Any

from bench.cache_rows import entry


def dies_at(beginning: str, nth: int) -> None:
    """Have this process killed by the statement."""
    connect, seen = sqlite3.connect, 0

    def watch(statement: str) -> None:
        nonlocal seen
        if statement.lstrip().startswith(beginning):
            seen += 1
            if seen == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    def watched(*given: Any, **more: Any) -> sqlite3.Connection:
        connection = connect(*given, **more)
        connection.set_trace_callback(watch)
        return connection

    sqlite3.connect = watched


def main(path: str, first: str, how_many: str, group: str, beginning: str = "", nth: str = "1") -> None:
    """Write rows in groups; after each, the numbers of those that are kept, on one line."""
    if beginning:
        dies_at(beginning, int(nth))
    from ippon.adapters.cache_sqlite import SqliteCache  # noqa: PLC0415 - after `sqlite3.connect` is replaced

    cache = SqliteCache(path)
    last = int(first) + int(how_many)
    for start in range(int(first), last, int(group)):
        rows = range(start, min(start + int(group), last))
        cache.write([entry(n) for n in rows])
        os.write(1, (" ".join(map(str, rows)) + "\n").encode())
    cache.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
