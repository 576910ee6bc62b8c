"""Waiting for something to happen, or for time to pass."""

from __future__ import annotations

import asyncio

from ippon.execute.agenda import NEVER


async def woken(event: asyncio.Event, wait_s: float) -> None:
    """Wait until the event is set, at most so many seconds; it is not set any more then."""
    timer = None if wait_s == NEVER else asyncio.get_running_loop().call_later(max(0.0, wait_s), event.set)
    await event.wait()
    event.clear()
    if timer is not None:
        timer.cancel()
