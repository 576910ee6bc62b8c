"""The embedded model: a llama.cpp server in a child process, started when the first request is due.

One request at a time: the server has one thread, and whoever waits in it instead of here would run into its timeouts.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ippon.adapters.client_openai import OpenAIClient
from ippon.adapters.http_session import Timeouts
from ippon.adapters.local_runtime import BATCH_TOKENS, CONTEXT_TOKENS, INSTALL, THREADS, runtime, weights_path
from ippon.execute.faults import inert
from ippon.records.call import Failure
from ippon.records.providers import LOCAL, LOCAL_MODELS, Endpoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ippon.records.call import Answer, Request

START_S = 60.0
SPAWNS = 3  # a server that died is started again, so often in all
CACHE_MIB = 256  # computed prompts kept for the next item of the same judge
_SLOW = Timeouts(first_byte_s=110.0)
_TAIL = 2_000
_SERVER = ("-P", "-m", "ippon.adapters.local_server")  # -P: nothing is imported from the working folder


class _Running(NamedTuple):
    process: asyncio.subprocess.Process
    client: OpenAIClient


class LocalClient:
    """Asks `local/` models. Nothing is started before the first `send`; `close` ends the child."""

    def __init__(self, *, server: Sequence[str] = _SERVER, start_s: float = START_S) -> None:
        self._server = tuple(server)
        self._start_s = start_s
        self._running: _Running | None = None
        self._never: Failure | None = None
        self._spawned = 0
        self._turn: asyncio.Lock | None = None
        self._resent = 0

    @property
    def resent(self) -> int:
        """Requests sent beyond one a `send`."""
        return self._resent + (self._running.client.resent if self._running is not None else 0)

    @property
    def pid(self) -> int | None:
        """The child's process id, while there is one."""
        return self._running.process.pid if self._running is not None else None

    async def send(self, request: Request) -> Answer | Failure:
        """One attempt, when it is its turn; the first one waits until the model is loaded."""
        turn = self._turn = self._turn or asyncio.Lock()
        async with turn:
            client = await self._client()
            return client if isinstance(client, Failure) else await client.send(request)

    async def close(self) -> None:
        """End the child. May be called twice."""
        running, self._running = self._running, None
        if running is not None:
            self._resent += running.client.resent
            await running.client.close()
            await _ended(running.process)

    async def _client(self) -> OpenAIClient | Failure:
        if self._running is not None and self._running.process.returncode is None:
            return self._running.client
        await self.close()
        if self._never is None and self._spawned >= SPAWNS:
            self._never = _failure(f"the local model ended {SPAWNS} times; is there too little memory?")
        if self._never is not None:
            return self._never
        self._spawned += 1
        started = await self._started()
        if isinstance(started, Failure):
            self._never = started
            return started
        self._running = started
        return started.client

    async def _started(self) -> _Running | Failure:
        """A server that listens, or why there is none: said once, for it will be no different the next time."""
        weights = weights_path()
        if weights is None or runtime() is None:
            return _failure(f"the local model is not installed: {INSTALL}")
        key = secrets.token_urlsafe(32)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(*self._server, str(os.getpid())),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,  # Ctrl-C in the terminal is for us alone
        )
        try:
            async with asyncio.timeout(self._start_s):
                address = await _address(process, _settings(weights, key))
        except TimeoutError:
            address = None
        except BaseException:
            await _ended(process)
            raise
        if address is None:
            tail = await _ended(process)
            return _failure(f"the local model did not start within {self._start_s:g} s: {tail or 'it said nothing'}")
        endpoint = Endpoint(f"{address}/v1", None)
        return _Running(process, OpenAIClient({LOCAL: endpoint}, {LOCAL: key}, timeouts=_SLOW))


def _settings(weights: str, key: str) -> bytes:
    settings = {
        "weights": weights,
        "model": LOCAL_MODELS[0],
        "key": key,
        "context_tokens": CONTEXT_TOKENS,
        "batch_tokens": BATCH_TOKENS,
        "threads": THREADS,
        "cache_mib": CACHE_MIB,
    }
    return json.dumps(settings).encode() + b"\n"


async def _address(process: asyncio.subprocess.Process, settings: bytes) -> str | None:
    """Where the child listens; None when it ended instead."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(ConnectionError):
        process.stdin.write(settings)
        await process.stdin.drain()
    line = await process.stdout.readline()
    try:
        address = json.loads(line)["address"]
    except (ValueError, KeyError, TypeError):
        return None
    return address if isinstance(address, str) else None


async def _ended(process: asyncio.subprocess.Process) -> str:
    """End a child and all that it started; the last lines that it wrote to standard error."""
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.close()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    tail = (await process.stderr.read())[-_TAIL:]
    await process.wait()
    with suppress(ConnectionError):
        await process.stdin.wait_closed()
    return inert(tail.decode(errors="replace"))


def _failure(message: str) -> Failure:
    """A failure that ends the lane at once: there is nothing to ask again."""
    return Failure(reason="not_found", message=message)
