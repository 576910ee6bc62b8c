"""What is kept, and what happens where nothing can be."""

from __future__ import annotations

import asyncio

from ippon.engine.keeper import Keeper
from ippon.errors import StoreError
from ippon.records.kept import Kept
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
