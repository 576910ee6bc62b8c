"""One POST over HTTP, bounded in time and size: what all clients that speak HTTP share; aiohttp comes in when needed.

No redirects, cookies or proxies from the environment; no retries but one: a kept connection that the server had closed.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ippon.execute.faults import inert
from ippon.records.call import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import SimpleNamespace

    import aiohttp

BODY_LIMIT = 8 * 1024 * 1024
CONNECTIONS = 256
_LOOPBACK = frozenset({"localhost", "::1"})
_GZIP_OR_ZLIB = 47  # zlib's window bits for "find out which of the two it is"
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})


class Timeouts(NamedTuple):
    """In seconds: until connected, until the first byte, between two bytes, in all."""

    connect_s: float = 5.0
    first_byte_s: float = 60.0
    idle_s: float = 30.0
    attempt_s: float = 120.0


class Reply(NamedTuple):
    """What a server sent: status, headers (looked up without regard to case), the body unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def host_of(url: str) -> str:
    """The host of an address, for messages: never the user or the password in it."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "no host"
    return f"{host}:{port}" if port else (host or "no host")


def keeps_secrets(url: str) -> bool:
    """Whether a key may travel to this address: over TLS, or without leaving this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme == "https" or host in _LOOPBACK or _is_loopback_ip(host)


def _is_loopback_ip(host: str) -> bool:
    numbers = host.split(".")
    return len(numbers) == 4 and numbers[0] == "127" and all(each.isascii() and each.isdecimal() for each in numbers)  # noqa: PLR2004 - IPv4


class HttpSession:
    """Connections of one client, kept open between requests; belongs to one event loop.

    `resent` counts requests sent again because a kept connection had been closed.
    """

    def __init__(self, timeouts: Timeouts | None = None) -> None:
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None
        self.resent = 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply | Failure:
        """The server's reply, whatever its status; a Failure where there is none."""
        session = self._session or self._opened()
        kept = _Kept()
        reply = await self._post(session, url, headers, body, kept)
        return await self._post_again(session, url, headers, body) if kept.was_closed else reply

    async def _post_again(
        self, session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], body: bytes
    ) -> Reply | Failure:
        self.resent += 1
        return await self._post(session, url, headers, body, _Kept())

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415 - 150 ms that a warm run does not pay

        tracing = aiohttp.TraceConfig()
        tracing.on_connection_reuseconn.append(_note_reuse)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS),
            timeout=aiohttp.ClientTimeout(
                total=self._timeouts.attempt_s,
                sock_connect=self._timeouts.connect_s,
                sock_read=self._timeouts.first_byte_s,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            trace_configs=[tracing],
            headers={"accept-encoding": "gzip, deflate", "user-agent": "ippon"},
        )
        return self._session

    async def _post(
        self, session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], body: bytes, kept: _Kept
    ) -> Reply | Failure:
        import aiohttp  # noqa: PLC0415

        try:
            async with session.post(
                url, data=body, headers=headers, allow_redirects=False, trace_request_ctx=kept
            ) as response:
                kept.reused = False  # from here on it is no race with the server's closing
                return await self._read(response)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            return _trouble(error, url, kept, self._timeouts)

    async def _read(self, response: aiohttp.ClientResponse) -> Reply | Failure:
        """The body, unpacked as it comes, so that no more than the limit is ever held."""
        unpack = _unpacker(response.headers.get("content-encoding", ""))
        if unpack is None:
            return _strange(response, "is packed in a way that was not asked for")
        content, loop = response.content, asyncio.get_running_loop()
        chunks: list[bytes] = []
        size = 0
        async with asyncio.timeout(self._timeouts.idle_s) as deadline:
            while chunk := await content.readany():
                chunk = unpack(chunk, BODY_LIMIT + 1 - size)
                size += len(chunk)
                if size > BODY_LIMIT:
                    return _strange(response, f"is larger than {BODY_LIMIT // 1024**2} MiB")
                chunks.append(chunk)
                deadline.reschedule(loop.time() + self._timeouts.idle_s)
        return Reply(response.status, response.headers, chunks[0] if len(chunks) == 1 else b"".join(chunks))


class _Kept:
    """What is known of the connection of one attempt: kept from before, and found closed."""

    __slots__ = ("reused", "was_closed")

    def __init__(self) -> None:
        self.reused = False
        self.was_closed = False


async def _note_reuse(_session: aiohttp.ClientSession, context: SimpleNamespace, _told: Any) -> None:
    context.trace_request_ctx.reused = True


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes] | None:
    """What unpacks the next chunk into at most so many bytes; None for a packing that is not known here."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return lambda chunk, _room: chunk
    return zlib.decompressobj(_GZIP_OR_ZLIB).decompress if encoding in _PACKED else None


def _strange(response: aiohttp.ClientResponse, what: str) -> Failure:
    message = f"the answer of {response.url.host} {what}"
    return Failure(reason="not_a_provider", status=response.status, message=message)


def _trouble(error: Exception, url: str, kept: _Kept, timeouts: Timeouts) -> Failure:
    """The failure that an exception stands for. What an exception says of the address is not shown, only its host."""
    import aiohttp  # noqa: PLC0415

    host = host_of(url)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Failure(reason="connect", message=f"no connection to {host} within {timeouts.connect_s:g} s")
        case aiohttp.ClientConnectorError() | aiohttp.ServerFingerprintMismatch() | aiohttp.ClientConnectorSSLError():
            return _unconnected(error, host)
        case TimeoutError():
            return Failure(reason="timeout", message=f"{host} was silent for too long")
        case aiohttp.ClientResponseError() | zlib.error():
            return Failure(reason="not_a_provider", message=f"{host} does not speak HTTP as it should")
        case ValueError() | aiohttp.NonHttpUrlClientError():
            return Failure(reason="not_found", message="the base URL is no http or https address")
        case _:
            kept.was_closed = kept.reused
            return Failure(reason="transport", message=f"the connection to {host} broke off ({type(error).__name__})")


def _unconnected(error: aiohttp.ClientConnectorError, host: str) -> Failure:
    """No connection: a certificate that is not accepted will not be the next time either."""
    import aiohttp  # noqa: PLC0415

    if isinstance(error, aiohttp.ClientSSLError):
        return Failure(reason="not_found", message=f"no secure connection to {host}: {inert(str(error.os_error))}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return Failure(reason="connect", message=f"the host {host} cannot be found")
    return Failure(reason="connect", message=f"no connection to {host}: {inert(error.strerror or '')}")
