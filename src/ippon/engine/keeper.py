"""Keeps answers, scores and results on disk as they arrive: groups of at most 50 rows or 50 ms, written beside the loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

from ippon.errors import StoreError
from ippon.records.event import ResultKept

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ippon.ports import Cache, Listener, Store
    from ippon.records.kept import Entry, Kept

GROUP_ROWS = 50
GROUP_S = 0.05


class Keeper:
    """One writer thread; a result is announced after it is durable, never before. `trouble` is the first error, if any."""

    def __init__(
        self,
        cache: Cache | None,
        store: Store,
        run_id: str,
        *,
        listen: Listener,
        on_trouble: Callable[[str], None],
    ) -> None:
        self.trouble: StoreError | None = None
        self._cache = cache
        self._store = store
        self._run_id = run_id
        self._listen = listen
        self._on_trouble = on_trouble
        self._entries: list[Entry] = []
        self._rows: list[Kept] = []
        self._some = asyncio.Event()
        self._many = asyncio.Event()
        self._closing = False
        self._at: Literal["cache", "history"] | None = None  # what the thread is writing
        self._since = 0.0
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ippon-keeper")

    def writing(self) -> tuple[Literal["cache", "history"] | None, float]:
        """What is being written, and since how many seconds; a file that another program keeps locked takes long."""
        at = self._at
        return at, 0.0 if at is None else asyncio.get_running_loop().time() - self._since

    def keep(self, entry: Entry) -> None:
        """Have a cache entry written."""
        if self._cache is not None:
            self._entries.append(entry)
            self._notice()

    def result(self, row: Kept) -> None:
        """Have a result written, then announced."""
        self._rows.append(row)
        self._notice()

    async def work(self, written: Callable[[Sequence[Entry]], None]) -> None:
        """Write until `close` was called and nothing is left; tell which entries are in the cache."""
        try:
            while not (self._closing and not self._entries and not self._rows):
                await self._some.wait()
                if not self._closing:
                    await self._until_many()
                self._some.clear()
                self._many.clear()
                written(await self._flush())
        finally:
            self._pool.shutdown()

    def close(self) -> None:
        """Let `work` end once all is written."""
        self._closing = True
        self._some.set()
        self._many.set()

    def _notice(self) -> None:
        self._some.set()
        if len(self._entries) + len(self._rows) >= GROUP_ROWS:
            self._many.set()

    async def _until_many(self) -> None:
        timer = asyncio.get_running_loop().call_later(GROUP_S, self._many.set)
        await self._many.wait()
        timer.cancel()

    async def _flush(self) -> Sequence[Entry]:
        entries, self._entries = self._entries, []
        rows, self._rows = self._rows, []
        self._since = asyncio.get_running_loop().time()
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._write, entries, rows)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing more may be paid that cannot be kept
            if self.trouble is None:
                self.trouble = (
                    error if isinstance(error, StoreError) else StoreError(f"results cannot be kept: {error}")
                )
                self._on_trouble(str(self.trouble))
            return ()
        for row in rows:
            self._listen(ResultKept(result=row.result))
        return entries

    def _write(self, entries: list[Entry], rows: list[Kept]) -> None:
        try:
            if entries and self._cache is not None:
                self._at = "cache"
                self._cache.write(entries)
        finally:  # what a cache cannot take is paid for all the same, and `--resume` finds it in the history
            try:
                if rows:
                    self._at = "history"
                    self._store.record(self._run_id, rows)
            finally:
                self._at = None
