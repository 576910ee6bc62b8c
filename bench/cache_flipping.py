"""Files with one flipped bit each: what a cache makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.cache_rows import NOW, are_right, entry, key
from ippon.adapters.cache_sqlite import SqliteCache
from ippon.errors import StoreError

if TYPE_CHECKING:
    from random import Random

ROWS = 300


class Outcome(NamedTuple):
    """What became of one flip: the file refused at the door, so many rows found, whether all of those are right."""

    is_refused: bool
    found: int
    is_right: bool
    damaged: int


def made(folder: Path, *, with_log: bool) -> dict[str, bytes]:
    """The bytes of a cache of 300 rows by the endings of their names; with a log, a third of the rows is in it alone."""
    path = folder / "made.sqlite"
    first, more = (SqliteCache(str(path)) for _ in range(2))
    first.write([entry(n) for n in range(ROWS - 100 * with_log)])
    first.close()
    if with_log:
        more.write([entry(n) for n in range(ROWS - 100, ROWS)])
    files = {
        suffix: Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal") if Path(f"{path}{suffix}").exists()
    }
    more.close()
    return files


def flipped(files: dict[str, bytes], folder: Path, chance: Random) -> Outcome:
    """Flip a bit anywhere, and read all rows: what raises here raised in `read`."""
    path = folder / "flipped.sqlite"
    where = chance.choices([*files], [len(its) for its in files.values()])[0]
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    for suffix, content in files.items():
        Path(f"{path}{suffix}").write_bytes(content)
    with Path(f"{path}{where}").open("r+b") as file:
        place = chance.randrange(len(files[where]))
        file.seek(place)
        file.write(bytes([files[where][place] ^ 1 << chance.randrange(8)]))
    cache = SqliteCache(str(path))
    try:
        cache.file.reader()
    except StoreError:
        return Outcome(is_refused=True, found=0, is_right=True, damaged=0)
    try:
        found = cache.read([key(n) for n in range(ROWS)], now=NOW)
        return Outcome(is_refused=False, found=len(found), is_right=are_right(found, ROWS), damaged=cache.damaged)
    finally:
        cache.close()
