"""HTTP as all clients use it, over real sockets: timeouts, sizes, redirects, kept connections; and http targets."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from typing import TYPE_CHECKING

import pytest

from bench.endpoint import Script, serve
from ippon.adapters.client_http import HttpClient
from ippon.adapters.http_session import HttpSession, Reply, Timeouts, host_of, keeps_secrets
from ippon.records.call import Answer, Failure, FunctionRequest, HttpRequest
from tests.adapters.replying import Server, reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

FAST = Timeouts(connect_s=1, first_byte_s=0.3, idle_s=0.3, attempt_s=1)


def posting(
    *texts: bytes, times: int = 1, timeouts: Timeouts = FAST, close_after: bool = False
) -> tuple[list[Reply | Failure], Server, int]:
    """What so many POSTs to a server with these texts get, the server, and how often one was sent again."""

    async def run() -> tuple[list[Reply | Failure], Server, int]:
        async with serving(*texts, close_after=close_after) as server:
            session = HttpSession(timeouts)
            got = [await session.post(server.url, {"x-a": "b"}, b"hello") for _ in range(times)]
            await session.close()
            await session.close()
            return got, server, session.resent

    return asyncio.run(run())


def failing(url: str, timeouts: Timeouts = FAST) -> Failure:
    """The failure of one POST to this address."""

    async def run() -> Reply | Failure:
        session = HttpSession(timeouts)
        try:
            return await session.post(url, {}, b"{}")
        finally:
            await session.close()

    failure = asyncio.run(run())
    assert isinstance(failure, Failure)
    return failure


def test_a_reply_is_handed_on_whatever_its_status() -> None:
    """Classing is for those who know what they asked."""
    (got,), server, _ = posting(reply(b"no", "418 Teapot", X_Why="tea"))

    assert isinstance(got, Reply)
    assert (418, "tea", b"no") == (got.status, got.headers["x-why"], got.body)
    assert [b"hello"] == server.bodies


def test_connections_are_kept() -> None:
    """One handshake for many requests."""
    _, server, resent = posting(reply(), reply(), reply(), times=3)

    assert (1, 0) == (server.connections, resent)


def test_a_kept_connection_that_the_server_closed_costs_one_silent_retry() -> None:
    """Row 12: the race with a server's idle timeout is nobody's fault."""
    got, server, resent = posting(reply(), b"", reply(), times=2)

    assert [200, 200] == [each.status for each in got]
    assert (2, 1) == (server.connections, resent)


def test_a_fresh_connection_that_is_closed_is_a_failure() -> None:
    """Row 5: it may have been billed, so it is counted; whether to ask again is decided elsewhere."""
    (got,), server, resent = posting(b"")

    assert isinstance(got, Failure)
    assert ("transport", 1, 0) == (got.reason, server.connections, resent)


def test_a_body_that_is_cut_off_is_no_reply() -> None:
    """Row 6."""
    (got,), _, _ = posting(reply(b"12345")[:-2], close_after=True)

    assert isinstance(got, Failure)
    assert "transport" == got.reason


@pytest.mark.parametrize("text", [b"\x00\x01 what\r\n\r\n", b"220 smtp ready\r\n\r\n"])
def test_what_is_not_http_is_no_provider(text: bytes) -> None:
    """Another service on that port."""
    (got,), _, _ = posting(text)

    assert isinstance(got, Failure)
    assert "not_a_provider" == got.reason


def test_a_redirect_is_not_followed() -> None:
    """Row 11: the second server is never asked."""

    async def run() -> tuple[Reply | Failure, Server]:
        async with serving(reply()) as other, serving(reply(b"", "307 Go", Location=other.url)) as server:
            session = HttpSession(FAST)
            got = await session.post(server.url, {"authorization": "Bearer x"}, b"{}")
            await session.close()
            return got, other

    got, other = asyncio.run(run())

    assert isinstance(got, Reply)
    assert (307, []) == (got.status, other.heads)


def test_cookies_are_not_kept() -> None:
    """Equal requests stay equal."""
    _, server, _ = posting(reply(Set_Cookie="a=b"), reply(), times=2)

    assert b"cookie" not in server.heads[1].lower()


@pytest.mark.parametrize("packed", [gzip.compress(b"hello", mtime=0), zlib.compress(b"hello")])
def test_a_packed_body_is_unpacked(packed: bytes) -> None:
    """Both gzip and deflate, which some servers send whatever they are told."""
    (got,), _, _ = posting(reply(packed, Content_Encoding="gzip"))

    assert isinstance(got, Reply)
    assert b"hello" == got.body


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (reply(b"x", Content_Encoding="br"), "packed in a way"),
        (reply(b"not packed", Content_Encoding="gzip"), "nothing unpacks"),
        (reply(gzip.compress(b" " * 9_000_000, mtime=0), Content_Encoding="gzip"), "larger than 8 MiB"),
        (reply(b" " * 9_000_000), "larger than 8 MiB"),
    ],
)
def test_a_body_that_cannot_be_held_is_refused(text: bytes, message: str) -> None:
    """Row 47: too large, packed or not, and packings that were not asked for."""
    (got,), _, _ = posting(text, timeouts=Timeouts())

    assert isinstance(got, Failure)
    assert "not_a_provider" == got.reason
    assert message in got.message


@pytest.mark.parametrize("text", [b"HTTP/1.1 200 OK\r\n", reply(b"12345")[:-2]])
def test_silence_is_a_timeout(text: bytes) -> None:
    """Rows 7 and 8: before the first byte, and between two."""
    (got,), _, _ = posting(text)

    assert isinstance(got, Failure)
    assert "timeout" == got.reason


def test_a_drip_ends_with_the_attempt() -> None:
    """Row 7: bytes keep coming, but the attempt has an end."""

    async def run() -> Reply | Failure:
        async with serve(Script(faults={"drip": 1.0}, drip_s=0.05)) as endpoint:
            session = HttpSession(Timeouts(attempt_s=0.4))
            try:
                return await session.post(f"{endpoint.base_url}/chat/completions", {}, b'{"messages":[]}')
            finally:
                await session.close()

    got = asyncio.run(run())

    assert isinstance(got, Failure)
    assert "timeout" == got.reason


def test_a_closed_port_is_a_connect_failure() -> None:
    """Row 2, by host and port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    failure = failing(f"http://user:pass@127.0.0.1:{port}/v1")

    assert "connect" == failure.reason
    assert f"no connection to 127.0.0.1:{port}: connection refused" == failure.message


def test_a_port_that_never_accepts_is_given_up() -> None:
    """Row 4: a full queue drops what knocks."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        knocking = [socket.socket() for _ in range(4)]
        for each in knocking:
            each.setblocking(False)
            each.connect_ex(deaf.getsockname())
        failure = failing(f"http://127.0.0.1:{deaf.getsockname()[1]}", Timeouts(connect_s=0.2))
        for each in knocking:
            each.close()

    assert ("connect", "within 0.2 s") == (failure.reason, failure.message[-12:])


def test_a_host_that_does_not_exist_is_named() -> None:
    """Row 1."""
    failure = failing("http://nowhere.invalid/v1", Timeouts(connect_s=5))

    assert ("connect", "the host nowhere.invalid cannot be found") == (failure.reason, failure.message)


def test_a_broken_certificate_ends_the_lane() -> None:
    """Row 3: here there is no TLS at all on the other side."""

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 welcome\r\n")
        writer.close()

    async def run() -> Reply | Failure:
        listening = await asyncio.start_server(greet, "127.0.0.1", 0)
        session = HttpSession(FAST)
        async with listening:
            got = await session.post(f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}", {}, b"{}")
            await session.close()
            return got

    got = asyncio.run(run())

    assert isinstance(got, Failure)
    assert "not_found" == got.reason
    assert got.message.startswith("no secure connection to 127.0.0.1:")


@pytest.mark.parametrize("url", ["ftp://example.com", "nonsense", "http://", "http://[::1"])
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    """Whatever stands in a suite."""
    failure = failing(url)

    assert ("not_found", "the base URL is no http or https address") == (failure.reason, failure.message)


def test_cancelling_lets_go_of_the_connection() -> None:
    """Ctrl-C: the slot is free at once, and nothing is left behind."""

    async def run() -> int:
        async with serve(Script(faults={"hang": 1.0})) as endpoint:
            session = HttpSession(Timeouts())
            asking = asyncio.create_task(session.post(f"{endpoint.base_url}/messages", {}, b"{}"))
            while not endpoint.stats().requests:  # noqa: ASYNC110 - the endpoint has no event to wait for
                await asyncio.sleep(0.01)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            await session.close()
            return endpoint.stats().requests

    assert 1 == asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.com/v1", True),
        ("http://127.0.0.1:8000/v1", True),
        ("http://127.9.9.9/v1", True),
        ("http://localhost:11434", True),
        ("http://[::1]:8080/v1", True),
        ("http://api.example.com/v1", False),
        ("http://127.0.0.1.evil.example/v1", False),
        ("http://localhost.evil.example", False),
        ("http://192.168.0.2", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_keys_travel_over_tls_or_not_at_all(url: str, expected: bool) -> None:
    """Threat 20: loopback is the one exception, and nothing that only looks like it."""
    assert expected == keeps_secrets(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:secret@api.example.com/v1", "api.example.com"),
        ("http://h:81", "h:81"),
        ("nonsense", "no host"),
        ("http://h:99999", "no host"),
    ],
)
def test_a_host_is_named_without_its_secrets(url: str, expected: str) -> None:
    """Threat 29: a password in an address is never shown."""
    assert expected == host_of(url)


def asked(text: bytes, ask: Callable[[HttpClient, str], Coroutine[None, None, Answer | Failure]]) -> Answer | Failure:
    """What an http target gets from a server that says this."""

    async def run() -> Answer | Failure:
        async with serving(text) as server:
            client = HttpClient([server.url], timeouts=FAST, now=lambda: 0.0)
            try:
                return await ask(client, server.url)
            finally:
                await client.close()

    return asyncio.run(run())


async def plainly(client: HttpClient, url: str) -> Answer | Failure:
    """One request, as the engine makes it."""
    return await client.send(HttpRequest(url=url, json={"input": "héllo"}))


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"hi", "hi"), (b'{"a": 1}', '{"a": 1}'), (b"", ""), (b"\xef\xbb\xbfhi", "hi"), (b"\xff", "\ufffd")],
)
def test_a_target_answers_with_its_body(body: bytes, expected: str) -> None:
    """Text or JSON alike; broken bytes are replaced."""
    assert Answer(text=expected) == asked(reply(body), plainly)


def test_a_target_is_sent_json_and_no_key() -> None:
    """The contract: http targets need no trust and get no key."""

    async def run() -> Server:
        async with serving(reply(b"", "204 No Content")) as server:
            client = HttpClient()
            await plainly(client, server.url)
            await client.close()
            return server

    server = asyncio.run(run())

    assert ['{"input":"héllo"}'.encode()] == server.bodies
    assert b"authorization" not in server.heads[0].lower()
    assert b"content-type: application/json" in server.heads[0].lower()


def test_only_addresses_of_the_suite_are_asked() -> None:
    """Threat 14: no address that came out of data."""

    async def elsewhere(client: HttpClient, _url: str) -> Answer | Failure:
        return await client.send(HttpRequest(url="http://169.254.169.254/latest", json={}))

    failure = asked(reply(), elsewhere)

    assert Failure(reason="target", message="169.254.169.254 is no address of this suite") == failure


def test_a_target_in_trouble_is_classed_like_any_server() -> None:
    """So that what passes is asked again, and what does not is not."""
    failure = asked(reply(b"busy", "503 Busy", Retry_After="2"), plainly)

    assert Failure(reason="overloaded", message="HTTP 503: busy", status=503, retry_after_s=2.0) == failure


def test_a_target_behind_a_redirect_is_refused() -> None:
    """Threat 14."""
    failure = asked(reply(b"", "302 Found", Location="http://127.0.0.1:1/"), plainly)

    assert isinstance(failure, Failure)
    assert "not_a_provider" == failure.reason


def test_a_target_that_is_away_is_a_failure() -> None:
    """The connection's own failures come through."""
    failure = asked(b"", plainly)

    assert isinstance(failure, Failure)
    assert "transport" == failure.reason


def test_half_a_character_cannot_be_sent() -> None:
    """A lone surrogate in a row of data."""

    async def broken(client: HttpClient, url: str) -> Answer | Failure:
        return await client.send(HttpRequest(url=url, json={"input": "\ud800"}))

    failure = asked(reply(), broken)

    assert isinstance(failure, Failure)
    assert "rejected" == failure.reason


def test_another_kind_of_request_is_a_mistake_of_ours() -> None:
    """Wiring decides who gets what."""

    async def wrong(client: HttpClient, _url: str) -> Answer | Failure:
        return await client.send(FunctionRequest(function="a:b", arguments={}, code=""))

    with pytest.raises(AssertionError):
        asked(reply(), wrong)
