"""What is kept, and what happens where nothing can be."""

from __future__ import annotations

import asyncio
import time
from itertools import groupby

from ippon.engine.keeper import Keeper
from ippon.errors import StoreError
from ippon.records.kept import Entry, Kept
from ippon.records.run import Result


class Full:
    """A store on a full disk."""

    def record(self, _run_id, _rows):
        """Fail."""
        raise OSError("No space left on device")


def test_the_first_trouble_is_told_once():
    """Groups that are on their way when it happens fail as well, and say nothing new."""
    told, heard = [], []

    async def main():
        keeper = Keeper(None, Full(), "run", listen=heard.append, on_trouble=told.append)
        working = asyncio.create_task(keeper.work(heard.extend))
        row = Kept(0, None, Result(example="a", evaluator="e", response="target", status="answered"))
        for _ in range(2):
            keeper.result(row)
            await asyncio.sleep(0.1)
        keeper.close()
        await working
        return keeper.trouble

    trouble = asyncio.run(main())

    assert (["results cannot be kept: No space left on device"], []) == (told, heard)
    assert isinstance(trouble, StoreError)


class FullCache:
    """A cache on a full disk."""

    def write(self, _entries):
        """Fail."""
        raise StoreError("the cache is full")


class Remembers:
    """A store that keeps what it is given."""

    def __init__(self):
        self.rows = []

    def record(self, _run_id, rows):
        """Keep them."""
        self.rows += rows


def test_what_the_cache_cannot_keep_is_in_the_history():
    """It was paid for: `--resume` goes on with it."""
    store = Remembers()

    async def main():
        keeper = Keeper(FullCache(), store, "run", listen=lambda _e: None, on_trouble=lambda _e: None)
        working = asyncio.create_task(keeper.work(lambda _entries: None))
        keeper.keep(Entry(key=bytes(32), kind="score", created_at=0.0))
        keeper.result(Kept(0, None, Result(example="a", evaluator="e", response="target", status="answered")))
        keeper.close()
        await working
        return keeper.trouble

    assert "the cache is full" == str(asyncio.run(main()))
    assert [0] == [row.position for row in store.rows]


class Slow:
    """A cache and a store that another program keeps locked for a moment."""

    def write(self, _entries):
        """Wait."""
        time.sleep(0.2)

    def record(self, _run_id, _rows):
        """Wait."""
        time.sleep(0.2)


def test_what_is_being_written_is_told():
    """So that somebody who waits for a locked file knows which."""

    async def main():
        keeper = Keeper(Slow(), Slow(), "run", listen=lambda _e: None, on_trouble=lambda _e: None)
        seen = [keeper.writing()]
        working = asyncio.create_task(keeper.work(lambda _entries: None))
        keeper.keep(Entry(key=bytes(32), kind="score", created_at=0.0))
        keeper.result(Kept(0, None, Result(example="a", evaluator="e", response="target", status="answered")))
        keeper.close()
        while not working.done():
            await asyncio.sleep(0.02)
            seen.append(keeper.writing())
        return seen

    seen = asyncio.run(main())

    assert [None, "cache", "history", None] == [at for at, _ in groupby(at for at, _ in seen)]
    assert max(took for _, took in seen) > 0.1
