"""One connection to a Redis, with a deadline over each exchange: the client libraries' own hold for one packet only.

Plain RESP2, which every Redis and Valkey speaks; replies are parsed by hiredis. (redis-py would take 170 ms to import,
three times what a dead server may cost.)
"""

from __future__ import annotations

import socket
from time import monotonic
from typing import TYPE_CHECKING, cast

from hiredis import HiredisError, Reader, ReplyError
from hiredis import pack_command as _pack_command  # pyright: ignore[reportUnknownVariableType] - its stub names no result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from ssl import SSLContext

    from ippon.adapters.redis_address import Address

    Word = str | bytes | int
    Command = tuple[Word, ...]

PACKET = 1 << 18
LEAST_S = 0.001
DOZE_S = 0.005  # a longer wait is made of such, so that one that took too long is seen
NOT_YET = object()
_packed = cast("Callable[[Command], bytes]", _pack_command)


class RefusedError(Exception):
    """The server said no to who we are or to which database we want."""


class StrangeError(Exception):
    """What came back is no reply of a Redis."""


class Wire:
    """An open connection that has said who it is. OSError, StrangeError or RefusedError where that failed.

    On a machine that is too busy to wake this process in time, what it overslept in the last exchange is no fault of the
    server's, which may lie on the same machine: it is waited for that much longer.
    """

    def __init__(self, address: Address, *, within_s: float) -> None:
        context = _context(address)  # reads the system's certificates: no time of the server's
        ends = monotonic() + within_s
        self._socket = _connected(address, context, ends)
        self._reader = Reader(notEnoughData=NOT_YET)
        try:
            self._greet(address, within_s=max(LEAST_S, ends - monotonic()))
        except BaseException:
            self.close()
            raise

    def exchange(self, commands: Sequence[Command], *, within_s: float) -> list[object]:
        """Send all commands, then read their replies; a command that failed has a `ReplyError` for one."""
        ends = monotonic() + within_s
        self.overslept_s = 0.0
        self._socket.settimeout(within_s)
        self._socket.sendall(b"".join(map(_packed, commands)))
        replies: list[object] = []
        while len(replies) < len(commands):
            packet = self._packet(ends)
            if not packet:
                raise ConnectionResetError("the connection was closed")
            try:
                self._reader.feed(packet)
                while (reply := self._reader.gets()) is not NOT_YET:
                    replies.append(reply)
            except HiredisError as error:
                raise StrangeError("what answers is no Redis") from error
        return replies

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self._socket.close()

    def _packet(self, ends: float) -> bytes:
        """The next bytes; none when the connection was closed. TimeoutError when `ends` and what was overslept have passed."""
        while True:
            starts = monotonic()
            wait_s = min(DOZE_S, ends + self.overslept_s - starts)
            if wait_s <= 0:
                raise TimeoutError
            self._socket.settimeout(wait_s)
            try:
                return self._socket.recv(PACKET)
            except TimeoutError:
                self.overslept_s += max(0.0, monotonic() - starts - wait_s)

    def _greet(self, address: Address, *, within_s: float) -> None:
        for reply in self.exchange(_greeting(address), within_s=within_s):
            if isinstance(reply, ReplyError):
                raise RefusedError(str(reply))


def connected(address: Address, *, within_s: float) -> socket.socket:
    """A socket to the server, through TLS where the address says so. OSError for all that can go wrong."""
    context = _context(address)
    return _connected(address, context, monotonic() + within_s)


def _connected(address: Address, context: SSLContext | None, ends: float) -> socket.socket:
    plain = socket.create_connection((address.host, address.port), timeout=max(LEAST_S, ends - monotonic()))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None:
        return plain
    try:
        plain.settimeout(max(LEAST_S, ends - monotonic()))
        return context.wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise


def _context(address: Address) -> SSLContext | None:
    if not address.tls:
        return None
    from ssl import create_default_context  # noqa: PLC0415 - 9 ms, for TLS alone

    return create_default_context(cafile=address.ca)


def _greeting(address: Address) -> list[Command]:
    """Who we are, which database, and whether we may touch our keys in it."""
    account = [each for each in (address.username, address.password) if each is not None]
    login: list[Command] = [("AUTH", *account)] if account else []
    place: list[Command] = [("SELECT", address.db)] if address.db else []
    return [*login, *place, ("EXISTS", address.name())]
