"""A server that says whatever a test wants, byte by byte, in a thread of its own; over TLS where it is given a context."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import struct
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.wire import request_in

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    # Says something to a request; afterwards the connection waits for the next one, unless it was closed.
    Say = Callable[["Asked", asyncio.StreamWriter], Awaitable[None]]

SPENT = {"prompt_tokens": 100, "completion_tokens": 10}


class Asked(NamedTuple):
    """One request: its number, that of its connection, when it came (seconds since the first), its head and its body."""

    number: int
    connection: int
    at_s: float
    head: bytes
    body: dict[str, Any]

    @property
    def about(self) -> str:
        """What the judge is asked: the response and the evaluator."""
        turns = json.dumps(self.body["messages"])
        response, evaluator = re.search(r"answer \d+", turns), re.search(r"The reply shows (\w+)", turns)
        assert response is not None
        assert evaluator is not None
        return f"{response[0]} {evaluator[1]}"


def chat(asked: Asked, **changes: Any) -> bytes:
    """The body of a good answer that says what was asked; `changes` replace its fields."""
    content = json.dumps({"reason": asked.about, "label": "good"})
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return json.dumps({"model": asked.body["model"], "choices": [choice], "usage": SPENT, **changes}).encode()


def error(message: str, **fields: Any) -> bytes:
    """The body of an error."""
    return json.dumps({"error": {"message": message, **fields}}).encode()


def http(body: bytes, status: str = "200 OK", *headers: tuple[str, str]) -> bytes:
    """A whole response; its own content-length stands aside for one among the headers."""
    named = {name.lower() for name, _ in headers}
    framed = () if named & {"content-length", "transfer-encoding"} else (("content-length", str(len(body))),)
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*framed, *headers))
    return f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{lines}\r\n".encode() + body


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST."""
    heard: socket.socket = writer.get_extra_info("socket")
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Raw:
    """What it was asked, and by how many connections."""

    def __init__(self, say: Say, tls: ssl.SSLContext | None) -> None:
        self._say = say
        self._tls = tls
        self._began: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._listening: socket.socket | None = None
        self._heard: set[socket.socket] = set()  # accepted, and not yet anybody's to close
        self._port = 0
        self.connections = 0
        self.asked: list[Asked] = []

    @property
    def base_url(self) -> str:
        """What a client is given as its base URL."""
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self._port}/v1"

    # Called in the server's own thread

    def listen(self) -> None:
        """Open the port, the same as before where there was one."""
        listening = socket.create_server(("127.0.0.1", self._port), backlog=1024)
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def leave(self, seconds: float) -> None:
        """Close the port and reset every connection; the port opens again after so many seconds."""
        self._stop_listening()
        for writer in self._writers:
            reset(writer)
        asyncio.get_running_loop().call_later(seconds, self.listen)

    async def end(self) -> None:
        """End all that is under way."""
        self._stop_listening()
        tasks, transports = list(self._tasks), [writer.transport for writer in self._writers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for transport in transports:
            transport.abort()
        for heard in self._heard:
            heard.close()
        await asyncio.sleep(0.01)

    def _stop_listening(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()

    def _started(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):  # whoever came is gone
            heard, _ = listening.accept()
            heard.setblocking(False)
            self._heard.add(heard)
            self._started(self._answer(heard))

    async def _answer(self, heard: socket.socket) -> None:
        """Take up one connection."""
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, heard, ssl=self._tls)
        except OSError:  # no handshake
            return
        self._heard.discard(heard)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        self._writers.add(writer)
        number, self.connections = self.connections, self.connections + 1
        self._started(self._talk(number, reader, writer))

    async def _talk(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await self._converse(number, reader, writer)
        self._writers.discard(writer)
        writer.transport.close()

    async def _converse(self, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = b""
        while more := await reader.read(1 << 16):
            heard += more
            while (request := request_in(heard)) is not None:
                heard = heard[request.used :]
                self._began = self._began or time.monotonic()
                at_s = time.monotonic() - self._began
                asked = Asked(len(self.asked), connection, at_s, request.head, json.loads(request.body))
                self.asked.append(asked)
                await self._say(asked, writer)
                if writer.is_closing():
                    return


@contextlib.contextmanager
def saying(say: Say, *, tls: ssl.SSLContext | None = None) -> Iterator[Raw]:
    """Such a server, for as long as the block lasts."""
    raw = Raw(say, tls)
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def stay() -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _told: None)  # broken handshakes are wanted here
        raw.listen()
        started.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()
        await raw.end()

    def body() -> None:
        with asyncio.Runner() as runner:
            runner.run(stay())

    thread = threading.Thread(target=body, name="raw server", daemon=True)
    thread.start()
    loop, stop = started.result(timeout=10)
    try:
        yield raw
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
