"""OpenAI-compatible endpoints over real sockets: what is sent, how it is read, each fault of the matrix."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from bench.endpoint import Script, serve
from ippon.adapters.client_openai import OpenAIClient
from ippon.adapters.http_session import Timeouts
from ippon.records.call import Answer, Failure, FunctionRequest, Message, ModelRequest, Usage
from ippon.records.providers import Endpoint
from tests.adapters.replying import reply, serving

if TYPE_CHECKING:
    from bench.judgements import Answer as Said

FAST = Timeouts(connect_s=1, first_byte_s=0.3, idle_s=0.3, attempt_s=1)
KEY = "sk-test-1234567890"
HI = (Message(role="system", content="be brief"), Message(role="user", content="hi"))


def request(**changes: Any) -> ModelRequest:
    """A request to the provider `ours`."""
    return ModelRequest(**{"provider": "ours", "model": "scripted", "messages": HI, **changes})


def client(base_url: str, key: str | None = KEY, key_env: str | None = "OURS_KEY") -> OpenAIClient:
    """A client that knows the provider `ours`."""
    return OpenAIClient(
        {"ours": Endpoint(base_url, key_env)}, {"ours": key} if key else {}, timeouts=FAST, now=lambda: 0.0
    )


def asking(
    script: Script | None = None, asked: ModelRequest | None = None, *, said: Said | None = None, times: int = 1
) -> tuple[Answer | Failure, dict[str, Any], Any]:
    """The answer to one request, its body as the endpoint saw it, and the endpoint's counts."""

    async def run() -> tuple[Answer | Failure, dict[str, Any], Any]:
        async with serve(script or Script(keep_bodies=True), answer=said) as endpoint:
            ours = client(endpoint.base_url)
            for _ in range(times):
                got = await ours.send(asked or request())
            await ours.close()
            body = json.loads(endpoint.bodies[-1]) if endpoint.bodies else {}
            return got, body, endpoint.stats()

    return asyncio.run(run())


def answering(body: object, asked: ModelRequest | None = None) -> Answer | Failure:
    """What is made of a 200 with this body."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asking(asked=asked, said=lambda _: content)[0]


def chat(message: object = None, **choice: object) -> dict[str, Any]:
    """A chat completion with one choice."""
    said = {"role": "assistant", "content": "yes"} if message is None else message
    return {"choices": [{"message": said, "finish_reason": "stop", **choice}], "model": "m-1"}


def sequence(*texts: bytes, requests: int = 1, asked: ModelRequest | None = None) -> tuple[list[Any], list[Any], int]:
    """What so many requests get from a server with these texts, the bodies it saw, and what was sent again."""

    async def run() -> tuple[list[Any], list[Any], int]:
        async with serving(*texts) as server:
            ours = client(server.url)
            got = [await ours.send(asked or request()) for _ in range(requests)]
            await ours.close()
            return got, [json.loads(each) for each in server.bodies], ours.resent

    return asyncio.run(run())


def refusal(message: str, status: str = "400 Bad Request", **fields: object) -> bytes:
    """An error that names a parameter."""
    return reply(json.dumps({"error": {"message": message, **fields}}).encode(), status)


GOOD = reply(json.dumps(chat()).encode())


def test_a_request_is_sent_as_chat_completion() -> None:
    """Messages and parameters as they are, and nothing that streams."""
    _, body, stats = asking(asked=request(params={"temperature": 0, "max_tokens": 9, "stream": True}))

    assert {
        "model": "scripted",
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}],
        "temperature": 0,
        "max_tokens": 9,
    } == body
    assert (1, 1) == (stats.requests, stats.with_key)


def test_a_schema_is_sent_strict() -> None:
    """`response_format`, as OpenAI and those who follow it want it."""
    schema = {"type": "object", "properties": {"label": {"enum": ["good"]}}}
    got, body, _ = asking(asked=request(schema=schema))

    form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
    assert form == body["response_format"]
    assert isinstance(got, Answer)
    assert '{"label":"good"}' == got.text


def test_an_answer_is_read_whole() -> None:
    """Text, model, finish and tokens, those from the provider's cache among them."""
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}

    assert Answer(text="yes", model="m-1", finish="stop", usage=Usage(input=5, output=2, cached_input=4)) == answering(
        chat() | {"usage": usage}
    )


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        "many",
        {"prompt_tokens": -5, "completion_tokens": "2"},
        {"prompt_tokens": True, "prompt_tokens_details": 1},
    ],
)
def test_tokens_that_make_no_sense_are_unknown(usage: object) -> None:
    """Row 38: missing, negative, of another type; the answer stays."""
    assert Answer(text="yes", model="m-1", finish="stop") == answering(chat() | {"usage": usage})


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (chat({"content": None, "refusal": "I can't"}), ("I can't", "content_filter")),
        (chat({"content": None}, finish_reason="content_filter"), ("", "content_filter")),
        (chat({"content": None}, finish_reason="length"), ("", "length")),
        (chat({"content": ""}), ("", "stop")),
        (chat({"content": [{"type": "text", "text": "a"}, {"type": "x"}, 7, {"text": "b"}]}), ("ab", "stop")),
        (chat({"content": "half"}, finish_reason="length"), ("half", "length")),
        (chat({"content": "nul\u0000"}), ("nul\u0000", "stop")),
    ],
)
def test_how_an_answer_ended_is_kept(choice: dict[str, Any], expected: tuple[str, str]) -> None:
    """Rows 33, 34 and 41: cut off, refused, filtered, in parts."""
    got = answering(choice)

    assert isinstance(got, Answer)
    assert expected == (got.text, got.finish)


def test_broken_characters_are_replaced() -> None:
    """Rows 39 and 40: bytes that are no UTF-8, and halves of pairs; with a byte order mark in front."""
    body = b'\xef\xbb\xbf{"choices":[{"message":{"content":"a\\ud800b\xff"}}]}'

    assert Answer(text="a\ufffdb\ufffd") == answering(body)


def test_probabilities_of_tokens_come_along_when_asked_for() -> None:
    """For judges that weigh labels."""
    asked = request(params={"logprobs": True, "top_logprobs": 2}, messages=(Message(role="user", content="x"),))
    got, _, _ = asking(asked=asked)

    assert isinstance(got, Answer)
    assert got.token_logprobs is not None
    assert got.text == "".join(token for token, _, _ in got.token_logprobs)
    assert all(token in alternatives for token, _, alternatives in got.token_logprobs)


@pytest.mark.parametrize("logprobs", [None, {}, {"content": None}, {"content": []}, {"tokens": []}, [1]])
def test_probabilities_of_another_shape_are_left_out(logprobs: object) -> None:
    """The answer is what counts."""
    assert Answer(text="yes", model="m-1", finish="stop") == answering(chat(logprobs=logprobs))


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "an empty body"),
        (b"<!doctype html><title>Sign in</title>", "HTML or XML instead of JSON"),
        (b'{"choices": [{"mess', "no valid JSON"),
        (b"[" * 100_000, "no valid JSON"),
        (b'{"choices":[{"message":{"content":' + b"9" * 5000 + b"}}]}", "no valid JSON"),
        (b'{"choices":[{"message":{"content":9}}]}', "JSON of another shape"),
        (b"[]", "JSON of another shape"),
        ({"choices": []}, "no choices"),
        ({"ok": True}, "no choices"),
        (chat({"content": None}), "no content"),
        ({"choices": [{}]}, "no content"),
    ],
)
def test_a_200_that_is_no_answer_is_never_one(body: object, what: str) -> None:
    """Rows 10 and 44, and empty choices: by host, with what to look at."""
    failure = answering(body)

    assert isinstance(failure, Failure)
    assert "not_a_provider" == failure.reason
    assert failure.message.startswith("127.0.0.1:")
    assert failure.message.endswith(f" sent {what}: is the base URL right?")


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("400", "rejected"),
        ("401", "authentication"),
        ("402", "spend"),
        ("403", "authentication"),
        ("404", "not_found"),
        ("408", "server"),
        ("413", "rejected"),
        ("422", "rejected"),
        ("429", "rate_limit"),
        ("500", "server"),
        ("502", "server"),
        ("503", "overloaded"),
        ("529", "overloaded"),
        ("quota", "spend"),
        ("context", "input_too_long"),
        ("redirect", "not_a_provider"),
        ("html", "not_a_provider"),
        ("invalid_json", "not_a_provider"),
        ("empty_body", "not_a_provider"),
        ("empty_choices", "not_a_provider"),
        ("error_200", "server"),
        ("deep", "not_a_provider"),
        ("big", "not_a_provider"),
        ("bomb", "not_a_provider"),
        ("reset", "transport"),
        ("close", "transport"),
        ("cut", "transport"),
        ("hang", "timeout"),
        ("idle", "timeout"),
    ],
)
def test_each_fault_has_its_class(fault: Any, expected: str) -> None:
    """The fault matrix, against the scripted endpoint; one request each, no retries here."""
    failure, _, stats = asking(Script(faults={fault: 1.0}, size_bytes=9_000_000))

    assert isinstance(failure, Failure)
    assert (expected, 1) == (failure.reason, stats.requests)
    assert KEY not in failure.message


def test_a_hint_of_the_server_comes_along() -> None:
    """Row 16."""
    failure, _, _ = asking(Script(faults={"429": 1.0}, retry_after="7"))

    assert isinstance(failure, Failure)
    assert 7.0 == failure.retry_after_s


def test_a_provider_that_echoes_the_key_does_not_get_it_shown() -> None:
    """Threat 31."""
    (failure,), _, _ = sequence(refusal(f"you sent {KEY}"))

    assert "HTTP 400: you sent [secret]" == failure.message


@pytest.mark.parametrize(
    ("text", "params", "gone", "new"),
    [
        (
            refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", param="max_tokens"),
            {"max_tokens": 9},
            "max_tokens",
            {"max_completion_tokens": 9},
        ),
        (
            refusal("'temperature' does not support 0. Only the default (1) is supported.", code="unsupported_value"),
            {"temperature": 0},
            "temperature",
            {},
        ),
        (
            refusal("You are not allowed to request logprobs from this model"),
            {"logprobs": True, "top_logprobs": 3},
            "logprobs",
            {},
        ),
        (refusal("extra fields not permitted: temperature", "422 No"), {"temperature": 0}, "temperature", {}),
        (refusal("response_format json_schema is wrong"), {}, "response_format", {}),
    ],
)
def test_a_refused_parameter_is_left_out_and_remembered(
    text: bytes, params: dict[str, Any], gone: str, new: dict[str, Any]
) -> None:
    """Odd models are asked again without it, once; the next request does without from the start."""
    asked = request(params=params, schema={"type": "object"} if gone == "response_format" else None)
    got, bodies, resent = sequence(text, GOOD, GOOD, requests=2, asked=asked)

    assert [Answer, Answer] == [type(each) for each in got]
    assert gone in bodies[0]
    assert all(gone not in body and "top_logprobs" not in body and new.items() <= body.items() for body in bodies[1:])
    assert (3, 1) == (len(bodies), resent)


def test_two_refused_parameters_are_found_one_after_the_other() -> None:
    """As reasoning models do."""
    texts = (refusal("max_tokens is not supported"), refusal("temperature is not supported"), GOOD)
    (got,), bodies, resent = sequence(*texts, asked=request(params={"max_tokens": 9, "temperature": 0}))

    assert isinstance(got, Answer)
    assert {"model", "messages", "max_completion_tokens"} == set(bodies[-1])
    assert 2 == resent


@pytest.mark.parametrize(
    ("text", "params"),
    [
        (refusal("temperature must be between 0 and 2"), {"temperature": 5}),
        (refusal("temperature is not supported"), {}),
        (
            refusal("maximum context length is 5, max_tokens not supported", code="context_length_exceeded"),
            {"max_tokens": 9},
        ),
        (refusal("seed is not supported"), {"seed": 1}),
    ],
)
def test_a_mistake_of_the_user_is_shown_not_mended(text: bytes, params: dict[str, Any]) -> None:
    """A bad value, a parameter that decides the answer, one that was not even sent."""
    (failure,), bodies, resent = sequence(text, asked=request(params=params))

    assert isinstance(failure, Failure)
    assert (1, 0) == (len(bodies), resent)


def test_a_key_goes_to_its_own_address_only() -> None:
    """Threat 20: a base URL out of a request gets no key, not even that of its provider."""

    async def run() -> tuple[bool, bool]:
        async with serving(GOOD) as own, serving(GOOD) as other:
            ours = client(own.url)
            await ours.send(request())
            await ours.send(request(base_url=other.url))
            await ours.close()
            return KEY.encode() in own.heads[0], KEY.encode() in other.heads[0]

    assert (True, False) == asyncio.run(run())


@pytest.mark.parametrize(
    ("ours", "asked", "reason", "message"),
    [
        (
            client("http://192.0.2.1/v1"),
            request(),
            "authentication",
            "over https or to this machine only, not to 192.0.2.1",
        ),
        (client("https://api.example.com", None), request(), "authentication", "OURS_KEY is not set: no key for ours"),
        (client("https://api.example.com", "a\nb"), request(), "authentication", "characters that no key has"),
        (client("https://api.example.com", "schlüssel"), request(), "authentication", "characters that no key has"),
        (client("http://127.0.0.1:9"), request(provider="x"), "not_found", "no address is known for the provider 'x'"),
        (
            client("http://127.0.0.1:9"),
            request(params={"a": object()}),
            "rejected",
            "the request is no JSON: TypeError",
        ),
        (
            client("http://127.0.0.1:9"),
            request(messages=(Message(role="user", content="\ud800"),)),
            "rejected",
            "the request is no JSON: UnicodeEncodeError",
        ),
    ],
)
def test_what_may_not_be_sent_is_not(ours: OpenAIClient, asked: ModelRequest, reason: str, message: str) -> None:
    """Keys in the clear, missing or broken ones, providers without an address, requests that are no JSON."""
    failure = asyncio.run(ours.send(asked))

    assert isinstance(failure, Failure)
    assert reason == failure.reason
    assert message in failure.message


def test_no_key_is_needed_where_none_is_asked_for() -> None:
    """Local servers."""

    async def run() -> tuple[Answer | Failure, bytes]:
        async with serving(GOOD) as server:
            ours = client(server.url, None, None)
            got = await ours.send(request())
            await ours.close()
            return got, server.heads[0]

    got, head = asyncio.run(run())

    assert isinstance(got, Answer)
    assert b"authorization" not in head.lower()


def probabilities(**tokens: float) -> bytes:
    """A completion with these probabilities of the next token."""
    top = [{"token": f" {token}", "prob": share} for token, share in tokens.items()]
    return reply(json.dumps({"choices": [{"logprobs": {"content": [{"top_probs": top}]}}], "model": "m"}).encode())


LABELS = ("good", "poor")


def test_labels_are_asked_for_as_a_completion() -> None:
    """llama.cpp: one token, a grammar, the distribution."""
    (got,), bodies, _ = sequence(probabilities(good=0.6, poor=0.2), asked=request(labels=LABELS))

    assert (
        Answer(
            text="good",
            model="m",
            finish="stop",
            label_probabilities={"good": pytest.approx(0.75), "poor": pytest.approx(0.25)},
        )
        == got
    )
    assert 'root ::= " good" | " poor"' == bodies[0]["grammar"]


def test_labels_that_begin_alike_take_another_request() -> None:
    """Counted as sent again."""
    texts = (probabilities(very=1.0), probabilities(good=0.5, poor=0.5))
    (got,), bodies, resent = sequence(*texts, asked=request(labels=("very good", "very poor")))

    assert isinstance(got, Answer)
    assert {"very good": 0.5, "very poor": 0.5} == got.label_probabilities
    assert "be brief very" == bodies[1]["prompt"]
    assert 1 == resent


@pytest.mark.parametrize(
    ("text", "labels", "reason"),
    [
        (GOOD, LABELS, "not_a_provider"),
        (probabilities(x=1.0), LABELS, "not_a_provider"),
        (reply(b'{"error":{"code":502,"message":"no"}}'), LABELS, "server"),
        (refusal("too long", code="context_length_exceeded"), LABELS, "input_too_long"),
        (b"", LABELS, "transport"),
        (GOOD, ("good", "goods"), "rejected"),
    ],
)
def test_labels_that_cannot_be_had_are_a_failure(text: bytes, labels: tuple[str, ...], reason: str) -> None:
    """An endpoint that is no llama.cpp, none of the labels, errors."""
    (failure,), _, _ = sequence(text, asked=request(labels=labels))

    assert isinstance(failure, Failure)
    assert reason == failure.reason


def test_labels_need_an_address_too() -> None:
    """The same door as every request."""
    failure = asyncio.run(client("").send(request(labels=LABELS)))

    assert isinstance(failure, Failure)
    assert "not_found" == failure.reason


def test_another_kind_of_request_is_a_mistake_of_ours() -> None:
    """Wiring decides who gets what."""
    with pytest.raises(AssertionError):
        asyncio.run(client("").send(FunctionRequest(function="a:b", arguments={}, code="")))


def test_many_at_once_share_few_connections() -> None:
    """A request per answer, no more connections than were in flight."""

    async def run() -> tuple[int, int, int]:
        async with serve(Script(latency_s=0.01)) as endpoint:
            ours = client(endpoint.base_url)
            gate = asyncio.Semaphore(8)

            async def one(n: int) -> Answer | Failure:
                async with gate:
                    return await ours.send(request(messages=(Message(role="user", content=f"{n}"),)))

            got = await asyncio.gather(*(one(n) for n in range(100)))
            await ours.close()
            stats = endpoint.stats()
            return sum(isinstance(each, Answer) for each in got), stats.requests, stats.connections

    answered, requests, connections = asyncio.run(run())

    assert (100, 100) == (answered, requests)
    assert connections <= 8
