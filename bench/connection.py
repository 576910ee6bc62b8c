"""One connection of the endpoint: requests one after another off the wire, each reply in the way its fault demands."""

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Protocol, cast

from bench.faults import MARK, Reply
from bench.wire import MalformedError, Request, awaits_continue, request_in, response_head

if TYPE_CHECKING:
    from bench.counts import Counts

_CHUNK = b"x" * 262_144


class Desk(Protocol):
    """Who answers the requests of all connections."""

    def opened(self, connection: "Connection") -> int:
        """Take note of the connection; gives back its number."""
        ...

    def handle(self, connection: "Connection", request: Request) -> None:
        """Reply now or later with `connection.send`, exactly once."""
        ...

    def closed(self, connection: "Connection") -> None:
        """Forget the connection."""
        ...


class Connection(asyncio.Protocol):
    """Pipelined requests wait in the buffer until the one before is answered, so replies keep their order.

    A client that shuts its side has gone: half-closed connections are not served.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._received = b""
        self._busy = self._advancing = False
        self._keep_alive = True
        self._writable = asyncio.Event()
        self._delivery: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None
        self.number = 0
        self.pending: asyncio.TimerHandle | None = None
        """The reply that waits for its latency."""
        self.counts: Counts | None = None
        """Where the request under way is counted, if it is one to a model."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._writable.set()
        self.number = self._desk.opened(self)

    def data_received(self, data: bytes) -> None:
        """Take up what is whole."""
        self._received += data
        if not self._busy:
            self._advance()

    def pause_writing(self) -> None:
        """Hold back a long body."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on with it."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # how it ended makes no difference
        """Count out what was under way."""
        if self.pending is not None:
            self.pending.cancel()
        if self._delivery is not None:
            self._delivery.cancel()
        if self.counts is not None:
            self.counts.in_flight -= 1
            self.counts.aborted += 1
            self.counts = None
        self._transport = None
        self._desk.closed(self)

    def abort(self) -> None:
        """End with a reset (RST), dropping what is under way."""
        self._settle(None)
        if self.pending is not None:
            self.pending.cancel()
        transport = self._transport
        if transport is not None:
            linger = struct.pack("ii", 1, 0)  # no lingering: the kernel sends RST where it would send FIN
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()

    def send(self, reply: Reply) -> None:
        """Deliver the reply to the request under way."""
        self.pending = None
        transport = self._transport
        if transport is None:
            return
        if reply.delivery != "whole":
            self._deliver_oddly(transport, reply)
            return
        self._settle(reply)
        head = response_head(reply.status, len(reply.body), reply.content_type, reply.headers)
        transport.write(head + reply.body)
        self._next()

    def _advance(self) -> None:
        self._advancing = True
        while not self._busy and self._received:
            try:
                request = request_in(self._received)
            except MalformedError as error:
                self._keep_alive, self._busy, self._received = False, True, b""
                self.send(Reply(error.status, b'{"error": {"message": "not a request for this server"}}'))
                break
            if request is None:
                if awaits_continue(self._received):
                    self._greet()
                break
            self._received = self._received[request.used :]
            self._busy, self._keep_alive = True, request.keep_alive
            self._desk.handle(self, request)
        self._advancing = False

    def _greet(self) -> None:
        """Ask for the body, once: the wish is struck out of what was received."""
        if self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        at = self._received.lower().find(b"\r\nexpect: 100-continue")
        self._received = self._received[:at] + self._received[at + len(b"\r\nexpect: 100-continue") :]

    def _next(self) -> None:
        """Be free for the next request; `_advance` goes on by itself where the reply came at once."""
        if not self._keep_alive:
            if self._transport is not None:
                self._transport.close()
            return
        self._busy = False
        if self._received and not self._advancing:
            self._advance()

    def _settle(self, reply: Reply | None) -> None:
        """Count the request out before its last byte leaves, so that nobody can see older counts."""
        counts = self.counts
        self.counts = None
        if counts is None:
            return
        counts.in_flight -= 1
        if reply is None:
            counts.broken += 1
            return
        counts.answered += 1
        counts.by_status[reply.status] += 1
        counts.prompt_tokens += reply.billed[0]
        counts.completion_tokens += reply.billed[1]

    def _deliver_oddly(self, transport: asyncio.Transport, reply: Reply) -> None:
        if reply.delivery == "reset":
            self.abort()
        elif reply.delivery == "close":
            self._settle(None)
            transport.close()
        elif reply.delivery == "idle":
            transport.write(response_head(reply.status, len(reply.body), reply.content_type, reply.headers))
        elif reply.delivery != "hang":  # which is to do nothing
            self._delivery = asyncio.get_running_loop().create_task(self._deliver_slowly(transport, reply))

    async def _deliver_slowly(self, transport: asyncio.Transport, reply: Reply) -> None:
        length = len(reply.body)
        if reply.delivery == "big":
            length += reply.filler - len(MARK)
        transport.write(response_head(reply.status, length, reply.content_type, reply.headers))
        if reply.delivery == "cut":
            transport.write(reply.body[: len(reply.body) // 2])
            await asyncio.sleep(0.01)  # let it arrive: a reset discards what the other side has not read
            self.abort()
        elif reply.delivery == "drip":
            await self._drip(transport, reply)
        else:
            await self._flood(transport, reply)

    async def _drip(self, transport: asyncio.Transport, reply: Reply) -> None:
        for at in range(len(reply.body) - 1):
            transport.write(reply.body[at : at + 1])
            await asyncio.sleep(reply.drip_s)
        self._end(transport, reply, reply.body[-1:])

    async def _flood(self, transport: asyncio.Transport, reply: Reply) -> None:
        before, _, after = reply.body.partition(MARK.encode())
        transport.write(before)
        left = reply.filler
        while left:
            await self._writable.wait()
            transport.write(_CHUNK[:left])
            left -= min(left, len(_CHUNK))
        self._end(transport, reply, after)

    def _end(self, transport: asyncio.Transport, reply: Reply, rest: bytes) -> None:
        self._settle(reply)
        transport.write(rest)
        self._delivery = None
        self._next()
