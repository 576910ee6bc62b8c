"""Rows 30 to 38: a 200 that is no answer, only half of one, somebody else's, or one that hides what it cost."""

from __future__ import annotations

import asyncio
import json

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.faults.raw import chat, error, http, saying

PRICE = "[judge.price]\ninput = 1\noutput = 2\n"
STREAM = ("content-type", "text/event-stream")
ECHO = b"x-client-request-id: "


def own_words(went) -> bool:
    """Whether every result stands on the answer to its own question."""
    scored = [result for result in went.run["results"] if result["score"] is not None]
    return all(result["reason"] == f"{result['text']} {result['evaluator']}" for result in scored)


@pytest.mark.row(30, "200 with an error object")
def test_an_error_that_came_as_a_200(run):
    """Is one: retried, and never kept as an answer."""
    with serving(Script(faults={"error_200": 0.2})) as endpoint:
        went = run(endpoint.base_url, within_s=5)
        seen = endpoint.stats()
        again = run(endpoint.base_url)

    assert (0, 42, 42 + seen.by_fault["error_200"]) == (went.code, went.counts["answered"], seen.requests)
    assert went.run["calls_sent"] == seen.requests
    assert (42, 0) == (again.counts["cached"], again.run["calls_sent"])


def streamed(asked, *, ending: str) -> bytes:
    """An answer in pieces, though nobody asked for pieces."""
    content = json.dumps({"reason": "half of it", "label": "poor"})
    pieces = [{"choices": [{"delta": {"content": content[:20]}}]}, {"choices": [{"delta": {"content": content[20:]}}]}]
    return "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces).encode() + ending.encode()


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(
            'event: error\ndata: {"error": {"message": "broken"}}\n\n', marks=pytest.mark.row(31, "SSE error event")
        ),
        pytest.param("", marks=pytest.mark.row(32, "stream without an end")),
        pytest.param("data: [DONE]\n\n", marks=pytest.mark.row(32, "stream without an end")),
    ],
)
def test_a_stream_is_no_answer(run, ending):
    """None of its text is scored; the call is made again."""

    async def say(asked, writer):
        told = streamed(asked, ending=ending)
        writer.write(http(told, "200 OK", STREAM) if asked.number in {3, 9} else http(chat(asked)))

    with saying(say) as raw:
        went = run(raw.base_url, within_s=5)

    assert (0, 42, 44) == (went.code, went.counts["answered"], len(raw.asked))
    assert went.run["calls_sent"] == 44
    assert own_words(went)


@pytest.mark.row(31, "SSE error event")
def test_an_endpoint_that_only_streams_is_named_so(run):
    """What it sends is said in the error."""

    async def say(asked, writer):
        writer.write(http(streamed(asked, ending=""), "200 OK", STREAM))

    with saying(say) as raw:
        went = run(raw.base_url)

    assert (3, {"not_a_provider"}) == (went.code, went.errors)
    assert "a stream of events" in went.message


@pytest.mark.row(33, "finish_reason length")
def test_a_truncated_answer_is_no_score(run):
    """A failure of its own class, kept until the limit is another one."""
    with serving(Script(faults={"length": 0.2})) as endpoint:
        went = run(endpoint.base_url)
        failed = went.counts["failed"]
        again = run(endpoint.base_url)
        endpoint.reset(Script())
        raised = run(endpoint.base_url, more="[judge.params]\nmax_tokens = 999\n")

    assert (3, {"truncated"}, 42 - failed) == (went.code, went.errors, went.counts["answered"])
    assert (failed > 0, 42) == (True, went.run["calls_sent"])
    assert (failed, 0) == (again.counts["failed"], again.run["calls_sent"])
    assert (0, 42) == (raised.code, raised.run["calls_sent"])


@pytest.mark.row(34, "refusal or content filter")
@pytest.mark.parametrize("fault", ["refusal", "content_filter"])
def test_a_refusal_has_its_own_class(run, fault):
    """It is no trouble of the network: not asked again, kept as an answer, and among the planned."""
    with serving(Script(faults={fault: 0.2})) as endpoint:
        went = run(endpoint.base_url)
        seen = endpoint.stats()
        again = run(endpoint.base_url)

    refused = seen.by_fault[fault]
    assert (3, {"refused"}, refused) == (went.code, went.errors, went.counts["failed"])
    assert (42, 42, 42) == (went.counts["planned"], seen.requests, went.run["calls_sent"])
    assert (refused, 0) == (again.counts["failed"], again.run["calls_sent"])


@pytest.mark.row(35, "silent model change")
@pytest.mark.parametrize(("share", "mixed"), [(0.5, True), (1.0, False)])
def test_another_model_answers(run, share, mixed):
    """The run says so, and how many answers are whose."""
    with serving(Script(faults={"other_model": share})) as endpoint:
        went = run(endpoint.base_url)
        struck = endpoint.stats().by_fault["other_model"]

    (warning,) = went.run["warnings"]
    assert (0, 42) == (went.code, went.counts["answered"])
    assert warning.startswith("asked for the model scripted, answered by scripted")
    assert f"scripted-next ({struck})" in warning
    assert mixed == ("mixed" in warning)


@pytest.mark.row(36, "duplicate delivery")
def test_an_answer_that_is_sent_twice(run):
    """The second one is nobody's; each evaluation has one result, on its own answer."""

    async def say(asked, writer):
        writer.write(http(chat(asked)) * (1 + (asked.number % 5 == 0)))

    with saying(say) as raw:
        went = run(raw.base_url, "-j", "2")

    keys = {(result["example"], result["evaluator"]) for result in went.run["results"]}
    assert (0, 42, 42) == (went.code, went.counts["answered"], len(keys))
    assert own_words(went)
    assert went.run["calls_sent"] == len(raw.asked) == 42


@pytest.mark.row(36, "duplicate delivery")
def test_an_answer_that_comes_late_once_more(run):
    """To a connection that nobody uses just then: the next request goes out on another one."""

    async def say(asked, writer):
        if asked.number != 6:
            writer.write(http(chat(asked)))
            return
        writer.write(http(error("later"), "429 Too Many Requests", ("retry-after-ms", "300")))
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(http(chat(raw.asked[0])))

    with saying(say) as raw:
        went = run(raw.base_url, "-j", "1", n=1)

    assert (0, 7, 8) == (went.code, went.counts["answered"], len(raw.asked))
    assert own_words(went)
    assert went.run["calls_sent"] == 8
    assert 2 == raw.connections


@pytest.mark.row(37, "another request's answer")
def test_the_answer_to_another_request_is_rejected(run):
    """Where the server repeats what requests are called, a mix-up shows; the call is made again."""
    asked_before = {}

    def named(asked):
        return asked.head.partition(ECHO)[2].partition(b"\r\n")[0].decode()

    async def say(asked, writer):
        answered = asked_before.get("it", asked) if asked.number % 6 == 5 else asked
        asked_before["it"] = asked
        writer.write(http(chat(answered), "200 OK", ("x-client-request-id", named(answered))))

    with saying(say) as raw:
        went = run(raw.base_url, within_s=5)

    assert (0, 42) == (went.code, went.counts["answered"])
    assert went.run["calls_sent"] == len(raw.asked) > 42
    assert own_words(went)


@pytest.mark.row(37, "another request's answer")
def test_an_id_that_is_not_ours_says_nothing(run):
    """A server may call requests what it likes."""

    async def say(asked, writer):
        writer.write(http(chat(asked), "200 OK", ("x-client-request-id", f"req-{asked.number}")))

    with saying(say) as raw:
        went = run(raw.base_url)

    assert (0, 42, 42) == (went.code, went.counts["answered"], len(raw.asked))


@pytest.mark.row(38, "usage missing or negative")
@pytest.mark.parametrize(
    "usage", [None, {"prompt_tokens": -5, "completion_tokens": -5}, {"prompt_tokens": "NaN"}, "many"]
)
def test_a_cost_that_nobody_knows(run, usage):
    """Is unknown, never zero and never negative; a budget in dollars holds all the same, by estimates."""

    async def say(asked, writer):
        writer.write(http(chat(asked, usage=usage)))

    with saying(say) as raw:
        went = run(raw.base_url, more=PRICE)
        capped = run(raw.base_url, "--refresh", "--max-usd", "0.002", more=PRICE)

    assert (0, None, 42) == (went.code, went.run["cost_usd"], went.counts["answered"])
    assert {"input": 0, "output": 0, "cached_input": 0} == went.run["tokens"]
    assert 0 < capped.run["calls_sent"] < 42
    assert "the budget of $0.002" in capped.run["stopped_because"]
    assert capped.run["calls_sent"] + 42 == len(raw.asked)


@pytest.mark.row(38, "usage missing or negative")
def test_usage_with_nan_in_it(run):
    """NaN is no JSON and no number; the answer counts, its cost is unknown."""

    async def say(asked, writer):
        writer.write(http(chat(asked, usage={"prompt_tokens": float("nan"), "completion_tokens": 1})))

    with saying(say) as raw:
        went = run(raw.base_url, more=PRICE)

    assert (0, 42, None) == (went.code, went.counts["answered"], went.run["cost_usd"])


def test_an_error_body_with_nan_in_it(run):
    """A provider's own error that is broken JSON is still an error with words."""

    async def say(asked, writer):
        broken = error("no").replace(b'"no"', b"NaN")
        writer.write(http(broken, "400 Bad Request") if asked.number == 0 else http(chat(asked)))

    with saying(say) as raw:
        went = run(raw.base_url)

    assert (1, {"rejected"}) == (went.counts["failed"], went.errors)
