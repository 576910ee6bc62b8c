"""One POST over HTTP, bounded in time and size: what all clients that speak HTTP share; aiohttp comes in when needed.

No redirects, cookies or proxies from the environment; no retries but one: a kept connection that the server had closed.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ippon.adapters.http_kept import TAKES, Kept
from ippon.adapters.http_trouble import SilentError, Timeouts, failure_of
from ippon.records.call import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import aiohttp

BODY_LIMIT = 8 * 1024 * 1024
HEADER_LIMIT = 64 * 1024
WHOLE_UP_TO = 1024 * 1024  # a larger request is written piece by piece, so that others are served meanwhile
REQUEST_ID = "x-client-request-id"
_LOOPBACK = frozenset({"localhost", "::1"})
_GZIP_OR_ZLIB = 47  # zlib's window bits for "find out which of the two it is"
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})


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
        self._fresh: aiohttp.ClientSession | None = None
        self._name = os.urandom(8).hex()
        self._sent = 0
        self.resent = 0

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply | Failure:
        """The server's reply, whatever its status; a Failure where there is none."""
        kept = Kept()
        TAKES.set(kept)
        self._session = self._session or self._opened()
        reply = await self._post(self._session, url, headers, body, kept)
        return await self._post_again(url, headers, body) if kept.was_closed else reply

    async def _post_again(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply | Failure:
        """Once more, and on a new connection: the server may have closed all those that were kept."""
        self.resent += 1
        self._fresh = self._fresh or self._opened(always_new=True)
        return await self._post(self._fresh, url, headers, body, Kept())

    async def close(self) -> None:
        """Close all connections. May be called twice."""
        sessions, self._session, self._fresh = (self._session, self._fresh), None, None
        for session in sessions:
            if session is not None:
                await session.close()

    def _opened(self, *, always_new: bool = False) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415 - 150 ms that a warm run does not pay

        from ippon.adapters.http_connections import Connections  # noqa: PLC0415

        return aiohttp.ClientSession(
            connector=Connections(always_new=always_new),
            timeout=aiohttp.ClientTimeout(
                total=self._timeouts.attempt_s,
                sock_connect=self._timeouts.connect_s,
                sock_read=self._timeouts.first_byte_s,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            max_field_size=HEADER_LIMIT,
            headers={"accept-encoding": "gzip, deflate", "user-agent": "ippon"},
        )

    async def _post(
        self, session: aiohttp.ClientSession, url: str, headers: Mapping[str, str], body: bytes, kept: Kept
    ) -> Reply | Failure:
        import aiohttp  # noqa: PLC0415

        self._sent += 1
        asked = {**headers, REQUEST_ID: f"{self._name}-{self._sent}"}
        try:
            async with session.post(
                url,
                data=BytesIO(body) if len(body) > WHOLE_UP_TO else body,
                headers=asked,
                allow_redirects=False,
            ) as response:
                kept.reused = False  # from here on it is no race with the server's closing
                return self._unfit(response, asked[REQUEST_ID]) or await self._read(response)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            failure = failure_of(error, host_of(url), self._timeouts)
            kept.was_closed = kept.reused and failure.reason == "transport"
            return failure

    def _unfit(self, response: aiohttp.ClientResponse, request_id: str) -> Failure | None:
        """Why a reply is not worth reading: it is another request's, where its server repeats what requests are called."""
        echoed = response.headers.get(REQUEST_ID, request_id)
        if echoed != request_id and echoed.startswith(self._name):
            message = f"{response.url.host} sent the answer to another request"
            return Failure(reason="transport", message=message, status=response.status)
        if sum(len(name) + len(value) for name, value in response.raw_headers) > HEADER_LIMIT:
            return _strange(response, f"has headers of more than {HEADER_LIMIT // 1024} KiB")
        return None

    async def _read(self, response: aiohttp.ClientResponse) -> Reply | Failure:
        """The body, unpacked as it comes, so that no more than the limit is ever held."""
        unpack = _unpacker(response.headers.get("content-encoding", ""))
        if unpack is None:
            return _strange(response, "is packed in a way that was not asked for")
        body = await self._unpacked(response, unpack)
        if body is None:
            return _strange(response, f"is larger than {BODY_LIMIT // 1024**2} MiB")
        return Reply(response.status, response.headers, body)

    async def _unpacked(self, response: aiohttp.ClientResponse, unpack: Callable[[bytes, int], bytes]) -> bytes | None:
        """None for a body that is too large; TimeoutError says so where its sender fell silent."""
        content, loop, idle_s = response.content, asyncio.get_running_loop(), self._timeouts.idle_s
        if content.is_eof():  # all of it came with the headers, as most answers do: nothing to wait for
            body = unpack(await content.readany(), BODY_LIMIT + 1)
            return body if len(body) <= BODY_LIMIT else None
        chunks: list[bytes] = []
        size = 0
        deadline = asyncio.timeout(idle_s)
        try:
            async with deadline:
                while chunk := await content.readany():
                    chunk = unpack(chunk, BODY_LIMIT + 1 - size)
                    size += len(chunk)
                    if size > BODY_LIMIT:
                        return None
                    chunks.append(chunk)
                    deadline.reschedule(loop.time() + idle_s)
        except TimeoutError as error:
            raise SilentError if deadline.expired() else error from None
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes] | None:
    """What unpacks the next chunk into at most so many bytes; None for a packing that is not known here."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return lambda chunk, _room: chunk
    return zlib.decompressobj(_GZIP_OR_ZLIB).decompress if encoding in _PACKED else None


def _strange(response: aiohttp.ClientResponse, what: str) -> Failure:
    message = f"the answer of {response.url.host} {what}"
    return Failure(reason="not_a_provider", status=response.status, message=message)
