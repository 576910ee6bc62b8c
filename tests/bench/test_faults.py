"""Each fault of the scripted endpoint, as a client of aiohttp meets it."""

import asyncio
import gzip
import json

import aiohttp
import pytest

from bench.endpoint import Script, serve
from bench.script import FAULTS

BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
STATUSES = [fault for fault in FAULTS if fault.isdigit()]


def met(script: Script, *, timeout_s: float = 10, decompress: bool = True) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one call to an endpoint with this script."""

    async def go() -> tuple[int, dict[str, str], bytes]:
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        async with (
            serve(script) as endpoint,
            aiohttp.ClientSession(timeout=timeout, auto_decompress=decompress) as session,
            session.post(endpoint.base_url + "/chat/completions", json=BODY, allow_redirects=False) as response,
        ):
            return (
                response.status,
                {name.lower(): value for name, value in response.headers.items()},
                await response.read(),
            )

    return asyncio.run(go())


def answer_with(fault: str) -> dict:
    """The decoded answer that carries the fault."""
    status, _, body = met(Script(faults={fault: 1}))
    assert 200 == status
    return json.loads(body)


@pytest.mark.parametrize("fault", STATUSES)
def test_statuses(fault: str) -> None:
    """A status fault is an error of OpenAI's shape with that status; overload carries the hint."""
    status, headers, body = met(Script(faults={fault: 1}, retry_after="-1"))

    assert int(fault) == status
    assert {"message", "type", "param", "code"} == set(json.loads(body)["error"])
    assert ("-1" if fault in {"429", "503", "529"} else None) == headers.get("retry-after")


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("quota", 429, "insufficient_quota"), ("context", 400, "context_length_exceeded")]
)
def test_coded_errors(fault: str, status: int, code: str) -> None:
    """An empty account is a 429 that no waiting cures: it has a code of its own and no hint."""
    found, headers, body = met(Script(faults={fault: 1}))

    assert (status, code, None) == (found, json.loads(body)["error"]["code"], headers.get("retry-after"))


def test_redirect() -> None:
    """The redirect names the other place."""
    status, headers, _ = met(Script(faults={"redirect": 1}, redirect_to="http://127.0.0.1:9/other"))

    assert (307, "http://127.0.0.1:9/other") == (status, headers["location"])


def test_html() -> None:
    """A guest network's sign-in page comes with 200."""
    status, headers, body = met(Script(faults={"html": 1}))

    assert (200, "text/html; charset=utf-8", b"<!doctype") == (status, headers["content-type"], body[:9])


@pytest.mark.parametrize("fault", ["invalid_json", "empty_body", "bad_utf8", "deep"])
def test_bodies_that_are_no_json(fault: str) -> None:
    """None of these can be decoded strictly."""
    status, _, body = met(Script(faults={fault: 1}))

    assert 200 == status
    with pytest.raises((ValueError, RecursionError)):
        json.loads(body)


def test_wellformed_faults() -> None:
    """Answers that can be decoded and yet are not as they should be."""
    first = answer_with("length")["choices"][0]
    refused = answer_with("refusal")["choices"][0]["message"]

    assert [] == answer_with("empty_choices")["choices"]
    assert 502 == answer_with("error_200")["error"]["code"]
    assert "usage" not in answer_with("no_usage")
    assert answer_with("negative_usage")["usage"]["total_tokens"] < 0
    assert "length" == first["finish_reason"]
    assert (None, "I'm sorry, I can't help with that.") == (refused["content"], refused["refusal"])
    assert "content_filter" == answer_with("content_filter")["choices"][0]["finish_reason"]
    assert "m-next" == answer_with("other_model")["model"]
    assert "\ud800" in answer_with("surrogate")["choices"][0]["message"]["content"]
    assert "\x00" in answer_with("nul")["choices"][0]["message"]["content"]


@pytest.mark.parametrize("fault", ["reset", "close"])
def test_no_answer(fault: str) -> None:
    """The connection ends before any byte."""
    with pytest.raises(aiohttp.ClientConnectionError):
        met(Script(faults={fault: 1}))


def test_cut() -> None:
    """Half a body, then a reset: the client is told."""
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ClientConnectionError)):
        met(Script(faults={"cut": 1}))


@pytest.mark.parametrize("fault", ["hang", "idle", "drip"])
def test_never_ending(fault: str) -> None:
    """Only the client's own clock ends these."""
    with pytest.raises(TimeoutError):
        met(Script(faults={fault: 1}), timeout_s=0.3)


def test_drip_arrives_in_the_end() -> None:
    """A drip is a whole answer, byte by byte."""
    _, _, body = met(Script(faults={"drip": 1}, drip_s=0))

    assert "chat.completion" == json.loads(body)["object"]


def test_big() -> None:
    """A big body has its size to the byte and is one valid answer."""
    _, headers, body = met(Script(faults={"big": 1}, size_bytes=3_000_000))

    assert (3_000_000, "3000000") == (len(body), headers["content-length"])
    assert "chat.completion" == json.loads(body)["object"]


def test_bomb() -> None:
    """A bomb is small on the wire and a thousand times that once unpacked."""
    _, headers, body = met(Script(faults={"bomb": 1}, size_bytes=5_000_000), decompress=False)

    assert "gzip" == headers["content-encoding"]
    assert len(body) < 10_000
    assert 5_000_000 == len(gzip.decompress(body))


def test_flapping() -> None:
    """Faults strike in the down stretches only."""

    async def go() -> list[int]:
        script = Script(faults={"503": 1}, flap_up_s=1, flap_down_s=30)
        async with serve(script) as endpoint, aiohttp.ClientSession() as session:
            statuses: list[int] = []
            for pause_s in (0, 1.2):
                await asyncio.sleep(pause_s)
                async with session.post(endpoint.base_url + "/chat/completions", json=BODY) as response:
                    statuses.append(response.status)
            return statuses

    assert [200, 503] == asyncio.run(go())


def test_extra_headers() -> None:
    """Headers of the script are on good answers and on errors."""
    headers = (("x-ratelimit-remaining-requests", "-1"),)

    assert "-1" == met(Script(headers=headers))[1]["x-ratelimit-remaining-requests"]
    assert "-1" == met(Script(headers=headers, faults={"500": 1}))[1]["x-ratelimit-remaining-requests"]
