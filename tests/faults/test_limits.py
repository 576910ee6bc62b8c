"""What bounds one attempt, each bound on its own: its parts of time, its headers, its connections."""

from __future__ import annotations

import asyncio
import resource

import pytest

from bench.endpoint import serving
from bench.script import Script
from ippon.adapters import http_connections
from ippon.adapters.http_session import HttpSession, Timeouts
from tests.faults.raw import chat, http, saying

LARGE = ("x-large", "x" * 20_000)


@pytest.mark.parametrize(("fault", "seconds"), [("hang", 60), ("idle", 30), ("drip", 120)])
def test_each_part_of_an_attempt_has_its_time(run, quick, fault, seconds):
    """A hanging endpoint is given up after a minute, one that falls silent after half, one that drips after two."""
    quick(100)
    with serving(Script(faults={fault: 1}, faults_until=7, drip_s=0.01)) as endpoint:
        went = run(endpoint.base_url, n=1, within_s=seconds + 5)
        requests = endpoint.stats().requests

    assert (0, 7, 14) == (went.code, went.counts["answered"], requests)
    assert seconds <= went.took_s
    assert 14 == went.run["calls_sent"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("hang", "sent nothing for 0.1 s"),
        ("idle", "fell silent for 0.1 s in the middle of its answer"),
        ("drip", "did not end its answer within 0.3 s"),
    ],
)
def test_what_took_too_long_is_said(fault, message):
    """In seconds, by its host."""
    short = Timeouts(first_byte_s=0.1, idle_s=0.1, attempt_s=0.3)

    async def asked(url):
        session = HttpSession(short)
        try:
            return await session.post(f"{url}/chat/completions", {}, b'{"model": "scripted", "messages": []}')
        finally:
            await session.close()

    with serving(Script(faults={fault: 1}, drip_s=0.05)) as endpoint:
        failure = asyncio.run(asked(endpoint.base_url))

    assert "timeout" == failure.reason
    assert failure.message.startswith("127.0.0.1:")
    assert failure.message.endswith(message)


@pytest.mark.parametrize(
    ("headers", "code"), [([LARGE], 0), ([LARGE] * 3, 0), ([LARGE] * 4, 3), ([("x", "y" * 70_000)], 3)]
)
def test_headers_have_a_limit(run, headers, code):
    """64 KiB in all; a provider behind a talkative proxy stays below it."""

    async def say(asked, writer):
        writer.write(http(chat(asked), "200 OK", *headers))

    with saying(say) as raw:
        went = run(raw.base_url)

    assert code == went.code
    assert went.errors == (set() if code == 0 else {"not_a_provider"})
    assert went.run["calls_sent"] == len(raw.asked)


def test_headers_without_an_end_are_not_read(run):
    """Nor any that begin a new one for ever."""

    async def say(_asked, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not writer.is_closing():
            writer.write(b"x-more: and more\r\n" * 100)
            await writer.drain()
            await asyncio.sleep(0)

    with saying(say) as raw:
        went = run(raw.base_url)

    assert (3, {"not_a_provider"}) == (went.code, went.errors)
    assert "does not speak HTTP as it should" in went.message


def test_calls_beyond_the_files_that_may_be_open_wait(run, monkeypatch):
    """A high `-j` needs no more files than the process may open; what waits does not fail."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(http_connections, "FILES_LEFT", files - 5)
    with serving(Script(latency_s=0.02)) as endpoint:
        went = run(endpoint.base_url, "-j", "40")
        seen = endpoint.stats()

    assert (0, 42, 42) == (went.code, went.counts["answered"], went.run["calls_sent"])
    assert (5, 5) == (seen.connections, seen.in_flight_max)
