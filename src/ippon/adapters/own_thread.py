"""A thread of its own for what may have to wait: a locked file, a server."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class OwnThread:
    """Started when it is first needed; does one thing after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[..., T], *given: object) -> T:
        """Do the work there, and wait for what comes of it."""
        self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix=self._name)
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *given)

    def rest(self) -> None:
        """Wait for what it is at, and end it. May be called twice; the next work starts it again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()
