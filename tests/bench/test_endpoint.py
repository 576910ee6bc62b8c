"""The scripted endpoint counts exactly, waits as told, and fails in each way that its script names."""

import asyncio
import json
import time
from collections import Counter

import aiohttp
import pytest

from bench.endpoint import Script, serve
from bench.script import expected_faults

SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "label": {"enum": ["good", "so so", "poor"]}},
}


def judging(number: int, **more: object) -> dict:
    """A judge's request, distinct by its number."""
    return {
        "model": "m",
        "messages": [{"role": "user", "content": f"Judge reply {number}."}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "verdict", "schema": SCHEMA}},
        **more,
    }


async def ask(
    session: aiohttp.ClientSession, endpoint, body: dict, path: str = "/chat/completions"
) -> tuple[int, dict]:
    """Status and JSON of one call."""
    async with session.post(endpoint.base_url + path, json=body, allow_redirects=False) as response:
        return response.status, await response.json(content_type=None)


def answered(script: Script, body: dict, path: str = "/chat/completions", **options: object) -> tuple[int, dict]:
    """The same, from an endpoint of its own."""

    async def go() -> tuple[int, dict]:
        async with serve(script, **options) as endpoint, aiohttp.ClientSession() as session:
            return await ask(session, endpoint, body, path)

    return asyncio.run(go())


def test_counts_are_exact() -> None:
    """Requests, distinct bodies, billed tokens and what is in flight agree with what the clients did."""

    async def go() -> None:
        async with serve(Script(latency_s=0.05)) as endpoint, aiohttp.ClientSession() as session:
            answers = await asyncio.gather(*(ask(session, endpoint, judging(n % 20)) for n in range(60)))
            stats = endpoint.stats(arrivals=True)

            assert (60, 60, 20, 0, 60) == (
                stats.requests,
                stats.answered,
                stats.distinct,
                stats.in_flight,
                stats.in_flight_max,
            )
            assert {"200": 60} == stats.by_status
            assert {"/v1/chat/completions": 60} == stats.by_path
            assert sum(answer["usage"]["prompt_tokens"] for _, answer in answers) == stats.prompt_tokens
            assert sum(answer["usage"]["completion_tokens"] for _, answer in answers) == stats.completion_tokens
            assert sorted(stats.arrivals_s) == stats.arrivals_s
            assert 60 == len(stats.arrivals_s)

    asyncio.run(go())


def test_latency_is_kept_and_overlaps() -> None:
    """Twenty calls at once take the latency once, not twenty times, and never less than it."""

    async def go() -> float:
        async with serve(Script(latency_s=0.2)) as endpoint, aiohttp.ClientSession() as session:
            started_s = time.perf_counter()
            await asyncio.gather(*(ask(session, endpoint, judging(n)) for n in range(20)))
            return time.perf_counter() - started_s

    assert 0.2 <= asyncio.run(go()) < 2


def test_equal_bodies_get_equal_bytes() -> None:
    """An answer depends on the body alone, so that a repeated call can be told from a cached one by counts only."""
    first, second = (answered(Script(), judging(1)) for _ in range(2))

    assert first == second


def test_judgement_fits_the_schema() -> None:
    """Labels are of the enum and both reason and label are there; many bodies bring out every label."""
    contents = [answered(Script(), judging(n))[1]["choices"][0]["message"]["content"] for n in range(12)]
    labels = {json.loads(content)["label"] for content in contents}

    assert {"good", "so so", "poor"} == labels
    assert ["reason", "label"] == list(json.loads(contents[0]))


def test_logprobs_name_the_other_labels() -> None:
    """The label is one token of the answer, and the alternatives are the other labels with the rest of the weight."""
    _, answer = answered(Script(), judging(3, logprobs=True, top_logprobs=3))
    choice = answer["choices"][0]
    tokens = choice["logprobs"]["content"]
    label = json.loads(choice["message"]["content"])["label"]
    row = next(token for token in tokens if token["token"] == label)

    assert choice["message"]["content"] == "".join(token["token"] for token in tokens)
    assert {"good", "so so", "poor"} == {each["token"] for each in row["top_logprobs"]}
    assert row["logprob"] == max(each["logprob"] for each in row["top_logprobs"]) < 0


def test_plain_completions_follow_a_grammar() -> None:
    """The local model's request gets one of the grammar's words and llama.cpp's probabilities, which add up to 1."""
    body = {"prompt": "The reply is", "grammar": 'root ::= "good" | "poor"', "logprobs": 2, "post_sampling_probs": True}
    _, answer = answered(Script(), body, "/completions")
    row = answer["choices"][0]["logprobs"]["content"][0]

    assert answer["choices"][0]["text"] in {"good", "poor"}
    assert pytest.approx(1, abs=0.02) == sum(each["prob"] for each in row["top_probs"])


def test_anthropic_shape() -> None:
    """Messages are answered as Anthropic answers them, errors included."""
    body = {
        "model": "m",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
    }
    status, answer = answered(Script(), body, "/messages")
    limited, error = answered(Script(faults={"529": 1}), body, "/messages")

    assert (200, "end_turn") == (status, answer["stop_reason"])
    assert answer["content"][0]["text"].endswith("Hello")
    assert (529, "overloaded_error") == (limited, error["error"]["type"])


def test_own_answer() -> None:
    """A callable sees the body and decides the text, the object whose JSON is the text, or the whole body."""
    said: list = ["plainly", {"label": "good"}, b'{"whole": 1}']
    texts = [answered(Script(), judging(1), answer=lambda _body, each=each: each)[1] for each in said]

    assert "plainly" == texts[0]["choices"][0]["message"]["content"]
    assert '{"label":"good"}' == texts[1]["choices"][0]["message"]["content"]
    assert {"whole": 1} == texts[2]


def test_failing_callable_is_told() -> None:
    """A callable that raises does not leave its client waiting: the answer is 500 and names the error."""
    status, answer = answered(Script(), judging(1), answer=lambda body: body["missing"])

    assert 500 == status
    assert "KeyError('missing')" in answer["error"]["message"]


def test_faults_strike_as_often_as_foretold() -> None:
    """The statuses of 300 calls are exactly those that the script's own arithmetic gives, whatever their order."""
    script = Script(seed=7, faults={"429": 0.2, "500": 0.1, "reset": 0.05}, faults_from=50)

    async def go() -> tuple[Counter[str], object]:
        seen: Counter[str] = Counter()
        async with serve(script) as endpoint, aiohttp.ClientSession() as session:

            async def one(number: int) -> None:
                try:
                    status, _ = await ask(session, endpoint, judging(number))
                    seen[str(status)] += 1
                except aiohttp.ClientConnectionError:
                    seen["reset"] += 1

            await asyncio.gather(*(one(number) for number in range(300)))
            return seen, endpoint.stats()

    seen, stats = asyncio.run(go())
    foretold = expected_faults(script, 300)

    assert {**foretold, "200": 300 - foretold.total()} == seen
    assert foretold == stats.by_fault
    assert (300, foretold["reset"]) == (stats.requests, stats.broken)


def test_rate_limit() -> None:
    """The burst passes, the rest is told how long to wait, and waiting that long lets the next one in."""

    async def go() -> None:
        script = Script(requests_per_minute=120, burst=5)
        async with serve(script) as endpoint, aiohttp.ClientSession() as session:
            statuses = [(await ask(session, endpoint, judging(n)))[0] for n in range(5)]
            async with session.post(endpoint.base_url + "/chat/completions", json=judging(6)) as response:
                wait_s = float(response.headers["retry-after-ms"]) / 1000
                hinted = response.headers["retry-after"]
                statuses.append(response.status)
            await asyncio.sleep(wait_s + 0.005)
            statuses.append((await ask(session, endpoint, judging(7)))[0])

            assert [200, 200, 200, 200, 200, 429, 200] == statuses
            assert "1" == hinted
            assert 0 < wait_s <= 0.5
            assert {"rate": 1} == endpoint.stats().by_fault

    asyncio.run(go())


def test_too_many_in_flight() -> None:
    """More calls at once than allowed are turned away, the others are answered."""

    async def go() -> Counter[int]:
        async with serve(Script(latency_s=0.2, max_in_flight=4)) as endpoint, aiohttp.ClientSession() as session:
            return Counter(
                status for status, _ in await asyncio.gather(*(ask(session, endpoint, judging(n)) for n in range(10)))
            )

    assert {200: 4, 429: 6} == asyncio.run(go())


def test_client_that_goes_away() -> None:
    """A call given up by its client is counted as such and is no longer in flight."""

    async def go() -> None:
        async with serve(Script(latency_s=30)) as endpoint, aiohttp.ClientSession() as session:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await ask(session, endpoint, judging(1))
            for _ in range(500):
                if not endpoint.stats().in_flight:
                    break
                await asyncio.sleep(0.01)

            assert (1, 0, 1) == (endpoint.stats().requests, endpoint.stats().answered, endpoint.stats().aborted)

    asyncio.run(go())


def test_refusing_and_coming_back() -> None:
    """After its number of calls the port is closed; after its time the same port answers again."""

    async def go() -> None:
        script = Script(refuse_after=3, refuse_s=0.3)
        async with serve(script) as endpoint, aiohttp.ClientSession() as session:
            for number in range(3):
                await ask(session, endpoint, judging(number))
            with pytest.raises(aiohttp.ClientConnectionError):
                await ask(session, endpoint, judging(3))
            with pytest.raises(aiohttp.ClientConnectorError):
                await ask(session, endpoint, judging(4))
            await asyncio.sleep(0.5)
            status, _ = await ask(session, endpoint, judging(5))

            assert (200, 5, 1) == (status, endpoint.stats().requests, endpoint.stats().broken)

    asyncio.run(go())


def test_key() -> None:
    """A wrong key is refused, and the counts say how many calls carried one."""

    async def go() -> None:
        async with serve(Script(api_key="sk-Right")) as endpoint, aiohttp.ClientSession() as session:
            statuses = []
            for headers in ({"authorization": "Bearer sk-Right"}, {"x-api-key": "sk-wrong"}, {}):
                async with session.post(endpoint.base_url + "/completions", json={}, headers=headers) as response:
                    statuses.append(response.status)

            assert [200, 401, 401] == statuses
            assert 2 == endpoint.stats().with_key

    asyncio.run(go())
