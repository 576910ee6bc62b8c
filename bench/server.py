"""The endpoint itself: who connects, what the script says to it, and the counts."""

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

import msgspec

from bench.connection import Connection
from bench.counts import Counts, Stats
from bench.faults import Call, Reply, Struck, bomb_of, reply_to
from bench.judgements import Answer
from bench.replies import Shape, models_body
from bench.script import Bucket, Fault, Script, fault_of, is_down, latency_of
from bench.wire import Request, header

Seen = TypeVar("Seen")
TURNS = 5
_NOT_FOUND = Reply(
    404, b'{"error": {"message": "Unknown path", "type": "invalid_request_error", "code": "unknown_url"}}'
)
_NOT_ALLOWED = Reply(
    405, b'{"error": {"message": "Method not allowed", "type": "invalid_request_error", "code": null}}'
)


class Endpoint:
    """A running endpoint; its methods may be called from any thread."""

    def __init__(self, script: Script, answer: Answer | None) -> None:
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._connections: set[Connection] = set()
        self._emptied = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self._play(script)

    @property
    def base_url(self) -> str:
        """What a client is given as its base URL."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def script(self) -> Script:
        """The script being played."""
        return self._script

    @property
    def bodies(self) -> list[bytes]:
        """The bodies of the requests, in order of arrival, if the script keeps them."""
        return self._here(lambda: list(self._counts.bodies))

    def stats(self, *, arrivals: bool = False) -> Stats:
        """The counts as they stand."""
        return self._here(lambda: self._counts.stats(arrivals=arrivals))

    def reset(self, script: Script | None = None) -> None:
        """Count from zero again, by another script if one is given; what is in flight ends uncounted."""
        self._here(partial(self._play, script or self._script))

    def refuse(self) -> None:
        """Close the port and reset every connection."""
        self._here(self._refuse)

    def listen(self, port: int = 0) -> None:
        """Open the port, the same as before where there was one."""
        self._port = self._port or port
        self._here(self._listen)

    async def close(self) -> None:
        """Stop; every connection is reset."""
        self._refuse()
        await asyncio.gather(*self._tasks)
        for _ in range(TURNS):  # what was accepted in this one is a connection, to be closed, a few turns later
            await asyncio.sleep(0)
        self._refuse()
        if self._connections:
            await self._emptied.wait()

    # What connections ask of their desk (bench.connection.Desk)

    def opened(self, connection: Connection) -> int:
        """Take note of the connection."""
        self._emptied.clear()
        self._connections.add(connection)
        self._counts.connections += 1
        return self._counts.connections - 1

    def closed(self, connection: Connection) -> None:
        """Forget it."""
        self._connections.discard(connection)
        if not self._connections:
            self._emptied.set()

    def handle(self, connection: Connection, request: Request) -> None:
        """Reply to the request, now or after its latency."""
        path, _, query = request.path.partition(b"?")
        shape = _shape(path)
        if shape is not None and request.method == b"POST":
            self._counts.by_path[path] += 1
            self._ask(connection, request, shape)
        elif path in {b"/stats", b"/reset"}:
            connection.send(self._steered(request, path, query))
        else:
            reply = self._listed(path) if request.method == b"GET" or shape is None else _NOT_ALLOWED
            self._counts.by_path[path] += 1
            self._counts.by_status[reply.status] += 1
            connection.send(reply)

    def _ask(self, connection: Connection, request: Request, shape: Shape) -> None:
        counts, script = self._counts, self._script
        number, now_s = counts.requests, self._loop.time() - self._started_s
        digest = counts.arrive(request.body, now_s)
        connection.counts = counts
        if script.keep_bodies:
            counts.bodies.append(request.body)
        if script.refuse_after and number >= script.refuse_after and not self._refused_once:
            self._refuse_for_a_while()
            return
        fault, wait_s = self._turned_away(request, now_s)
        latency_s = 0.0
        if fault is None:
            fault = self._struck(number, connection, now_s)
            latency_s = latency_of(script, number, fault)
        if fault is not None:
            counts.by_fault[fault] += 1
        call = Call(shape, request.body, digest, fault, wait_s)
        if latency_s:
            connection.pending = self._loop.call_later(latency_s, self._reply, connection, call, script)
        else:
            self._reply(connection, call, script)

    def _turned_away(self, request: Request, now_s: float) -> tuple[Struck, float]:
        """Why the request is not let in, if it is not, and the seconds until the rate allows it."""
        script, counts = self._script, self._counts
        counts.with_key += b"\r\nauthorization:" in request.head or b"\r\nx-api-key:" in request.head
        if script.api_key and _key_in(request.head) != script.api_key.lower().encode():
            return "key", 0.0
        if script.requests_per_minute and (wait_s := self._bucket.wait_s(now_s)):
            return "rate", wait_s
        if script.max_in_flight and counts.in_flight > script.max_in_flight:
            return "full", 0.0
        return None, 0.0

    def _struck(self, number: int, connection: Connection, now_s: float) -> Fault | None:
        script = self._script
        if not script.faults or not is_down(script, now_s):
            return None
        return fault_of(script, number if script.faults_by == "request" else connection.number)

    def _reply(self, connection: Connection, call: Call, script: Script) -> None:
        try:
            reply = reply_to(call, script, self._answer, self._bomb)
        except Exception as error:  # noqa: BLE001  # of the callable or a strange schema: told, not left hanging
            reply = Reply(500, msgspec.json.encode({"error": {"message": f"the endpoint itself failed: {error!r}"}}))
        connection.send(reply)

    def _listed(self, path: bytes) -> Reply:
        if path.endswith(b"/models"):
            return Reply(200, models_body(self._script.models), headers=self._script.headers)
        return _NOT_FOUND

    def _steered(self, request: Request, path: bytes, query: bytes) -> Reply:
        """`GET /stats`, and `POST /reset` with the fields of a new script as its body, if any."""
        if path == b"/stats":
            return Reply(200, msgspec.json.encode(self._counts.stats(arrivals=query == b"arrivals")))
        if request.method != b"POST":
            return _NOT_ALLOWED
        try:
            script = msgspec.json.decode(request.body, type=Script) if request.body else self._script
        except msgspec.MsgspecError as error:
            return Reply(400, msgspec.json.encode({"error": {"message": str(error)}}))
        self._play(script)
        return Reply(200, b"{}")

    def _play(self, script: Script) -> None:
        self._script = script
        self._counts = Counts()
        self._started_s = self._loop.time()
        self._bucket = Bucket(script, 0.0)
        self._bomb = bomb_of(script.size_bytes) if "bomb" in script.faults else b""
        self._refused_once = False

    def _refuse_for_a_while(self) -> None:
        self._refused_once = True
        self._refuse()
        if self._script.refuse_s:
            self._loop.call_later(self._script.refuse_s, self._listen)

    def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.abort()

    def _listen(self) -> None:
        """Bind at once, so that from here on no client is refused; the loop takes up accepting in its next turns."""
        if self._server is not None or any(not task.done() for task in self._tasks):
            return
        listening = socket.create_server(("127.0.0.1", self._port), backlog=4096)
        self._port = listening.getsockname()[1]
        task = self._loop.create_task(self._accept(listening))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listening: socket.socket) -> None:
        self._server = await self._loop.create_server(lambda: Connection(self), sock=listening, backlog=4096)

    def _here(self, see: Callable[[], Seen]) -> Seen:
        """Call it in the endpoint's own thread: nothing there is locked."""
        if threading.get_ident() == self._thread:
            return see()
        seen: Future[Seen] = Future()

        def relay() -> None:
            try:
                seen.set_result(see())
            except Exception as error:  # noqa: BLE001  # it belongs to the caller, in the other thread
                seen.set_exception(error)

        self._loop.call_soon_threadsafe(relay)
        return seen.result(timeout=10)


def _key_in(head: bytes) -> bytes:
    return header(head, b"authorization").removeprefix(b"bearer ") or header(head, b"x-api-key")


def _shape(path: bytes) -> Shape | None:
    if path.endswith(b"/chat/completions"):
        return "chat"
    if path.endswith(b"/completions"):
        return "text"
    return "messages" if path.endswith(b"/messages") else None
