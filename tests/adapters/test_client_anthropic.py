"""Anthropic's messages over real sockets: what differs from everyone else."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from bench.endpoint import Script, serve
from ippon.adapters.client_anthropic import AnthropicClient
from ippon.adapters.http_session import Timeouts
from ippon.records.call import Answer, Failure, Message, ModelRequest, Usage
from ippon.records.providers import Endpoint
from tests.adapters.replying import reply, serving

if TYPE_CHECKING:
    from bench.judgements import Answer as Said

FAST = Timeouts(connect_s=1, first_byte_s=0.3, idle_s=0.3, attempt_s=1)
KEY = "ant-test-1234567890"


def request(**changes: Any) -> ModelRequest:
    """A request with a system's message."""
    turns = (Message(role="system", content="be brief"), Message(role="user", content="hi"))
    return ModelRequest(**{"provider": "anthropic", "model": "claude", "messages": turns, **changes})


def client(base_url: str) -> AnthropicClient:
    """A client with a key."""
    return AnthropicClient({"anthropic": Endpoint(base_url, "ANTHROPIC_API_KEY")}, {"anthropic": KEY}, timeouts=FAST)


def asking(script: Script | None = None, *, said: Said | None = None) -> tuple[Answer | Failure, Any]:
    """The answer to one request, and the endpoint's counts."""

    async def run() -> tuple[Answer | Failure, Any]:
        async with serve(script, answer=said) as endpoint:
            ours = client(endpoint.base_url)
            got = await ours.send(request())
            await ours.close()
            return got, endpoint.stats()

    return asyncio.run(run())


def answering(body: object) -> Answer | Failure:
    """What is made of a 200 with this body."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asking(said=lambda _: content)[0]


def sending(*texts: bytes, asked: ModelRequest) -> tuple[Answer | Failure, list[bytes], list[Any]]:
    """What one request gets from a server with these texts, and the heads and bodies it saw."""

    async def run() -> tuple[Answer | Failure, list[bytes], list[Any]]:
        async with serving(*texts) as server:
            ours = client(server.url)
            got = await ours.send(asked)
            await ours.close()
            return got, server.heads, [json.loads(each) for each in server.bodies]

    return asyncio.run(run())


GOOD = reply(b'{"content":[{"type":"text","text":"yes"}],"stop_reason":"end_turn","model":"claude-1"}')


def test_a_request_is_sent_as_messages() -> None:
    """The system stands apart, `max_tokens` is always there, the key has a header of its own."""
    got, (head,), (body,) = sending(GOOD, asked=request(params={"temperature": 0, "stream": True}))

    assert Answer(text="yes", model="claude-1", finish="stop") == got
    assert {
        "model": "claude",
        "system": "be brief",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 1024,
        "temperature": 0,
    } == body
    assert head.startswith(b"POST /messages ")
    assert f"x-api-key: {KEY}".encode() in head.lower()
    assert b"anthropic-version: 2023-06-01" in head.lower()


def test_no_system_no_key() -> None:
    """What is not there is not sent."""

    async def run() -> tuple[bytes, Any]:
        async with serving(GOOD) as server:
            ours = AnthropicClient({"anthropic": Endpoint(server.url, None)})
            await ours.send(request(messages=(Message(role="user", content="hi"),), params={"max_tokens": 5}))
            await ours.close()
            return server.heads[0], json.loads(server.bodies[0])

    head, body = asyncio.run(run())

    assert b"x-api-key" not in head.lower()
    assert {"model", "messages", "max_tokens"} == set(body)
    assert 5 == body["max_tokens"]


def test_a_schema_that_is_refused_is_left_out() -> None:
    """Older models know no structured outputs."""
    refused = reply(b'{"error":{"type":"invalid_request_error","message":"output_config: Extra inputs"}}', "400 Bad")
    got, _, bodies = sending(refused, GOOD, asked=request(schema={"type": "object"}))

    assert isinstance(got, Answer)
    assert [{"format": {"type": "json_schema", "schema": {"type": "object"}}}, None] == [
        each.get("output_config") for each in bodies
    ]


def test_tokens_from_the_cache_are_input_too() -> None:
    """Here they are counted apart, everywhere else together."""
    usage = {
        "input_tokens": 5,
        "output_tokens": 2,
        "cache_read_input_tokens": 10,
        "cache_creation_input_tokens": 3,
    }
    got = answering(
        {
            "content": [{"type": "text", "text": "a"}, {"type": "thinking"}, {"type": "text", "text": "b"}],
            "usage": usage,
        }
    )

    assert Answer(text="ab", usage=Usage(input=18, output=2, cached_input=10)) == got


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"content": [], "stop_reason": "refusal"}, ("", "content_filter")),
        ({"content": [], "stop_reason": "max_tokens"}, ("", "length")),
        ({"content": [{"type": "text", "text": "a"}], "stop_reason": "stop_sequence"}, ("a", "stop")),
        ({"content": [{"type": "text", "text": "a"}], "stop_reason": "pause_turn"}, ("a", "pause_turn")),
    ],
)
def test_how_an_answer_ended_is_told_in_the_common_words(body: object, expected: tuple[str, str]) -> None:
    """stop, length, content_filter."""
    got = answering(body)

    assert isinstance(got, Answer)
    assert expected == (got.text, got.finish)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"content": []}, "not_a_provider"),
        ({}, "not_a_provider"),
        (b"<html>", "not_a_provider"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
    ],
)
def test_a_200_that_is_no_answer_is_never_one(body: object, reason: str) -> None:
    """The same as everywhere."""
    failure = answering(body)

    assert isinstance(failure, Failure)
    assert reason == failure.reason


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("401", "authentication"),
        ("404", "not_found"),
        ("413", "rejected"),
        ("429", "rate_limit"),
        ("500", "server"),
        ("529", "overloaded"),
        ("quota", "spend"),
        ("context", "input_too_long"),
        ("error_200", "server"),
        ("empty_choices", "not_a_provider"),
    ],
)
def test_each_fault_has_its_class(fault: Any, expected: str) -> None:
    """The fault matrix in Anthropic's words."""
    failure, stats = asking(Script(faults={fault: 1.0}))

    assert isinstance(failure, Failure)
    assert (expected, 1) == (failure.reason, stats.requests)
