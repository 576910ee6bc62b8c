"""The floor of a cold run: a bare client loop that sends so many judge requests and reads each label, nothing else.

    python -m bench.load BASE_URL --requests 294 --in-flight 50      # aiohttp, as the product uses
    python -m bench.load BASE_URL --bodies FILE --in-flight 50       # the same, with the bodies of the file, a line each
    python -m bench.load BASE_URL --requests 100000 --raw            # plain sockets: how fast the endpoint itself is

Prints one JSON object; `wall_s` is the loop alone, the whole process is for `bench.measure` to time.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

_PARAGRAPH = "The client says that the week went badly and that nobody noticed the work that went into it. " * 12
_SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "label": {"type": "string", "enum": ["good", "poor"]}},
    "required": ["reason", "label"],
    "additionalProperties": False,
}


class Measured(NamedTuple):
    """What a loop found."""

    requests: int
    in_flight: int
    wall_s: float
    per_s: float
    labels: dict[str, int]


def judge_request(number: int) -> bytes:
    """The body of a request as a judge sends it, about 2 KB, distinct by its number."""
    ask = f"Judge the reply of example {number}.\n\n{_PARAGRAPH}"
    return msgspec.json.encode(
        {
            "model": "scripted",
            "messages": [{"role": "system", "content": "You are a careful judge."}, {"role": "user", "content": ask}],
            "temperature": 0,
            "max_tokens": 200,
            "response_format": {"type": "json_schema", "json_schema": {"name": "verdict", "schema": _SCHEMA}},
        }
    )


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file without their ends, one by one."""
    with path.open("rb") as file:
        for line in file:
            yield line[:-1]


def label_in(response: bytes) -> str:
    """The label that the endpoint's answer carries."""
    answer = msgspec.json.decode(response)
    return msgspec.json.decode(answer["choices"][0]["message"]["content"])["label"]


async def aiohttp_loop(base_url: str, bodies: Iterable[bytes], *, in_flight: int) -> Counter[str]:
    """Labels by count, by as many workers as may be in flight."""
    import aiohttp  # noqa: PLC0415  # the raw loop does without

    labels: Counter[str] = Counter()
    left = iter(bodies)
    connector = aiohttp.TCPConnector(limit=in_flight)
    headers = {"content-type": "application/json", "authorization": "Bearer sk-bench"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def work() -> None:
            for body in left:
                async with session.post(f"{base_url}/chat/completions", data=body) as response:
                    labels[label_in(await response.read())] += 1

        async with asyncio.TaskGroup() as workers:
            for _ in range(in_flight):
                workers.create_task(work())
    return labels


class _Pump(asyncio.Protocol):
    """Sends its share of the requests one after another and counts what comes back, undecoded."""

    def __init__(self, head: bytes, body: bytes, share: int, done: asyncio.Future[None]) -> None:
        self._message = head + body
        self._left = share
        self._done = done
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._message)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(b"}"):
            return
        assert self._received.startswith(b"HTTP/1.1 200"), self._received
        assert self._transport is not None
        self._received = b""
        self._left -= 1
        if self._left:
            self._transport.write(self._message)
        else:
            self._transport.close()
            self._done.set_result(None)


async def raw_loop(base_url: str, *, requests: int, in_flight: int) -> Counter[str]:
    """The same over plain sockets, a body a connection, so that the client is not what is measured."""
    loop = asyncio.get_running_loop()
    address, _, path = base_url.removeprefix("http://").partition("/")
    host, _, port = address.partition(":")
    done: list[asyncio.Future[None]] = []
    for worker in range(in_flight):
        body = judge_request(worker)
        head = (
            f"POST /{path}/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer sk-bench\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode()
        share = requests // in_flight + (worker < requests % in_flight)
        if share:
            end: asyncio.Future[None] = loop.create_future()
            done.append(end)
            await loop.create_connection(partial(_Pump, head, body, share, end), host, int(port))
    await asyncio.gather(*done)
    return Counter()


def main() -> None:
    """The command."""
    flags = argparse.ArgumentParser(prog="python -m bench.load")
    flags.add_argument("base_url")
    flags.add_argument("--requests", type=int, default=294)
    flags.add_argument("--bodies", type=Path, help="a request each line, instead of --requests made-up ones")
    flags.add_argument("--in-flight", type=int, default=50)
    flags.add_argument("--raw", action="store_true")
    given = flags.parse_args()
    started_s = time.perf_counter()
    if given.raw:
        labels = asyncio.run(raw_loop(given.base_url, requests=given.requests, in_flight=given.in_flight))
        requests = given.requests
    else:
        bodies = map(judge_request, range(given.requests)) if given.bodies is None else lines_of(given.bodies)
        labels = asyncio.run(aiohttp_loop(given.base_url, bodies, in_flight=given.in_flight))
        requests = labels.total()
    wall_s = time.perf_counter() - started_s
    found = Measured(requests, given.in_flight, wall_s, requests / wall_s, dict(labels))
    sys.stdout.write(msgspec.json.encode(found._asdict()).decode() + "\n")


if __name__ == "__main__":
    main()
