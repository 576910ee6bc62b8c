"""A scripted OpenAI-compatible endpoint on loopback: in this event loop, in a thread, or as a process of its own.

async with serve(Script(latency_s=1)) as endpoint: ...      # in-process; endpoint.base_url, endpoint.stats()
with serving(Script(faults={"429": 0.1})) as endpoint: ...  # in a thread, for code that blocks
with spawned(Script()) as endpoint: ...                     # its own process and core, for benchmarks
python -m bench.endpoint --latency-s 1 --fault 429=0.1      # prints its base URL, ends with its parent
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import AsyncGenerator, Generator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from bench.counts import Stats
from bench.judgements import Answer
from bench.script import FAULTS, Script
from bench.server import Endpoint

__all__ = ["Answer", "Endpoint", "Remote", "Script", "Stats", "serve", "serving", "spawned"]
_ROOT = Path(__file__).resolve().parent.parent
_PARENT_LOOKS_S = 0.25


@contextlib.asynccontextmanager
async def serve(
    script: Script | None = None, *, answer: Answer | None = None, port: int = 0
) -> AsyncGenerator[Endpoint]:
    """An endpoint in the running event loop."""
    endpoint = Endpoint(script or Script(), answer)
    endpoint.listen(port)
    try:
        yield endpoint
    finally:
        await endpoint.close()


@contextlib.contextmanager
def serving(script: Script | None = None, *, answer: Answer | None = None, port: int = 0) -> Generator[Endpoint]:
    """An endpoint in a thread of its own."""
    started: Future[tuple[Endpoint, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def stay() -> None:
        stop = asyncio.Event()
        async with serve(script, answer=answer, port=port) as endpoint:
            started.set_result((endpoint, asyncio.get_running_loop(), stop))
            await stop.wait()

    def body() -> None:
        try:
            asyncio.run(stay())
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=body, name="scripted endpoint", daemon=True)
    thread.start()
    endpoint, loop, stop = started.result(timeout=30)
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)


class Remote:
    """An endpoint in another process, by its address."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._root = base_url.removesuffix("/v1")

    def stats(self, *, arrivals: bool = False) -> Stats:
        """The counts as they stand."""
        return msgspec.json.decode(self._fetched("/stats?arrivals" if arrivals else "/stats", None), type=Stats)

    def reset(self, script: Script | None = None) -> None:
        """Count from zero again, by another script if one is given."""
        self._fetched("/reset", b"" if script is None else msgspec.json.encode(script))

    def _fetched(self, path: str, body: bytes | None) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
        with opener.open(urllib.request.Request(self._root + path, body), timeout=10) as response:
            return response.read()


@contextlib.contextmanager
def spawned(script: Script | None = None, *, max_s: float = 600) -> Generator[Remote]:
    """An endpoint in a process of its own, which ends with the block, with this process, and after `max_s`."""
    written = msgspec.json.encode(script or Script()).decode()
    command = [sys.executable, "-m", "bench.endpoint", "--script", written, "--max-s", str(max_s)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base_url = process.stdout.readline().strip()
            if not base_url:
                msg = "the endpoint did not start"
                raise RuntimeError(msg)
            yield Remote(base_url)
        finally:
            process.terminate()


def script_from(arguments: argparse.Namespace) -> Script:
    """The script of the command line: `--script` JSON first, single flags over it."""
    fields: dict[str, Any] = json.loads(arguments.script)
    given = {name: value for name, value in vars(arguments).items() if name in Script.__struct_fields__}
    fields |= {name: value for name, value in given.items() if value is not None}
    for fault in arguments.fault:
        kind, _, share = fault.partition("=")
        fields.setdefault("faults", {})[kind] = float(share or 1)
    return msgspec.convert(fields, Script)


def parser() -> argparse.ArgumentParser:
    """A flag for each plain field of `Script`, under its own name."""
    flags = argparse.ArgumentParser(
        prog="python -m bench.endpoint", description="A scripted OpenAI-compatible endpoint."
    )
    flags.add_argument("--port", type=int, default=0)
    flags.add_argument("--max-s", type=float, default=600.0, help="ends by itself after this (default 600)")
    flags.add_argument("--script", default="{}", help="JSON of a Script; the other flags are set over it")
    flags.add_argument("--fault", action="append", default=[], metavar="KIND[=SHARE]", help=", ".join(FAULTS))
    for name, default in zip(Script.__struct_fields__, Script.__struct_defaults__, strict=True):
        if isinstance(default, bool):
            flags.add_argument(f"--{name.replace('_', '-')}", action="store_true", default=None)
        elif isinstance(default, int | float | str):
            flags.add_argument(f"--{name.replace('_', '-')}", type=type(default), help=f"default {default!r}")
    return flags


async def stay(script: Script, *, port: int, max_s: float) -> None:
    """Serve until the parent is gone, its end of our standard input is closed, or the time is over."""
    parent, over = os.getppid(), asyncio.Event()
    loop = asyncio.get_running_loop()
    kind = os.fstat(0).st_mode
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):  # a terminal or /dev/null says nothing about the parent
        loop.add_reader(0, lambda: os.read(0, 4096) or over.set())
    async with serve(script, port=port) as endpoint:
        print(endpoint.base_url, flush=True)
        ends_s = loop.time() + max_s
        while not over.is_set() and os.getppid() == parent and loop.time() < ends_s:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), min(_PARENT_LOOKS_S, max(0.0, ends_s - loop.time())))


def main() -> None:
    """The command."""
    flags = parser()
    arguments = flags.parse_args()
    try:
        script = script_from(arguments)
    except ValueError as error:  # msgspec's and json's among them
        flags.error(str(error))
    gc.freeze()  # what is here stays: collecting would only look through it again
    gc.set_threshold(100_000)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(stay(script, port=arguments.port, max_s=arguments.max_s))


if __name__ == "__main__":
    main()
