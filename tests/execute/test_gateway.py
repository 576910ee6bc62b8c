"""The gateway over a scripted client: looked up, joined, sent, retried, kept."""

from __future__ import annotations

import msgspec

from ippon.adapters.cache_memory import MemoryCache
from ippon.execute.wanted import Wanted
from ippon.records.call import Answer, CommandRequest, Failed, Failure, FunctionRequest, HttpRequest, Skipped, Usage
from ippon.records.fingerprint import call_key
from ippon.records.kept import Entry
from ippon.records.suite import Price
from tests.execute.gated import World, request, run


def test_an_answer_is_delivered_kept_and_paid_for():
    """Tokens, dollars, latency, and the raw answer for the cache."""

    async def main():
        answer = Answer(text="hi", usage=Usage(input=1_000_000, output=500_000, cached_input=400_000))
        world = World(lambda _r: answer, price=Price(input=1, output=2, cached_input=0.5))
        world.gateway.ask([Wanted("me", request())])
        ((waiter, outcome),) = await world.all()
        (entry,) = world.kept

        assert ("me", "hi", 1, False) == (waiter, outcome.answer.text, outcome.tries, outcome.cached)
        assert 1.8 == world.gateway.meter.cost_usd == outcome.cost_usd == entry.cost_usd
        assert (1, 0, 1_000_000, 500_000, 400_000) == (
            world.gateway.meter.calls_sent,
            world.gateway.meter.retries,
            world.gateway.meter.tokens_input,
            world.gateway.meter.tokens_output,
            world.gateway.meter.tokens_cached,
        )
        assert (call_key(request()), "call", "openai/m") == (entry.key, entry.kind, entry.model)
        assert answer == msgspec.json.decode(entry.body, type=Answer)

    run(main)


def test_equal_requests_in_flight_are_sent_once():
    """Both waiters hear; only the first is charged with the tries. Another repeat is another request."""

    async def main():
        world = World(lambda _r: "hi")
        world.gateway.ask([Wanted(1, request())])
        world.gateway.ask([Wanted(2, request())])
        world.gateway.ask([Wanted(3, request(), 1)])
        arrivals = await world.all()

        assert [(1, 1), (2, 0), (3, 1)] == [(waiter, outcome.tries) for waiter, outcome in arrivals]
        assert 2 == len(world.client.requests)

    run(main)


def test_a_shared_answer_is_kept_for_the_run():
    """The response of the system under test serves all evaluators, without a cache too."""

    async def main():
        world = World(lambda _r: "hi")
        world.gateway.ask([Wanted(1, request(), shared=True)])
        await world.all()
        world.gateway.ask([Wanted(2, request(), shared=True)])
        ((_, outcome),) = await world.all()

        assert ("hi", 0) == (outcome.answer.text, outcome.tries)
        assert 1 == len(world.client.requests)

    run(main)


def test_what_the_cache_knows_is_not_sent():
    """Answers and deterministic failures; a damaged body is asked again; so are failures when that is wanted."""

    async def main():
        cache = MemoryCache()
        cache.write(
            [
                Entry(
                    key=call_key(request("a")),
                    kind="call",
                    created_at=0,
                    body=msgspec.json.encode(Answer(text="old")),
                    seconds=2.0,
                    cost_usd=0.5,
                ),
                Entry(
                    key=call_key(request("b")),
                    kind="call",
                    created_at=0,
                    failure="rejected",
                    body=msgspec.json.encode(Failure(reason="rejected", message="no")),
                ),
                Entry(key=call_key(request("c")), kind="call", created_at=0, body=b"{"),
            ]
        )
        world = World(lambda _r: "new", cache=cache)
        for text in "abc":
            world.gateway.ask([Wanted(text, request(text))])
        found = dict(await world.all())

        assert ("old", True, 2.0) == (found["a"].answer.text, found["a"].cached, found["a"].latency_s)
        assert ("no", True) == (found["b"].failure.message, found["b"].cached)
        assert "new" == found["c"].answer.text
        assert (2.0, 0.5) == (world.gateway.meter.saved_s, world.gateway.meter.saved_usd)

        again = World(lambda _r: "new", cache=cache, retry_failed=True)
        again.gateway.ask([Wanted("b", request("b"))])
        assert "new" == dict(await again.all())["b"].answer.text
        fresh = World(lambda _r: "new", cache=cache, read_cache=False)
        fresh.gateway.ask([Wanted("a", request("a"))])
        assert "new" == dict(await fresh.all())["a"].answer.text

    run(main)


def test_code_without_a_digest_is_never_cached():
    """It may be anything."""

    async def main():
        world = World(lambda _r: "1", cache=MemoryCache())
        for each in (
            FunctionRequest(function="f", arguments={}, code=""),
            CommandRequest(command=("c",), stdin="", code=""),
            FunctionRequest(function="g", arguments={}, code="aa"),
            HttpRequest(url="http://x", json={}),
        ):
            world.gateway.ask([Wanted(each, each)])
        await world.all()

        assert 2 == len(world.kept)
        assert 1 == world.gateway.meter.calls_sent
        assert 0.0 == world.gateway.meter.cost_usd

    run(main)


def test_transient_failures_are_asked_again_and_deterministic_ones_kept():
    """Two refusals, then an answer; a rejected request is the cache's to remember."""

    async def main():
        replies = [
            Failure(reason="server", message="500"),
            Failure(reason="rate_limit", message="429"),
            Answer(text="ok"),
        ]
        world = World(
            lambda r: replies.pop(0) if r.messages[0].content == "a" else Failure(reason="rejected", message="400")
        )
        world.gateway.ask([Wanted("a", request("a"))])
        world.gateway.ask([Wanted("b", request("b"))])
        found = dict(await world.all())

        assert ("ok", 3) == (found["a"].answer.text, found["a"].tries)
        assert Failed(failure=Failure(reason="rejected", message="400"), tries=1) == found["b"]
        assert 2 == world.gateway.meter.retries
        assert ["rejected", None] == [entry.failure for entry in world.kept]

    run(main)


def test_a_stopped_lane_is_told_once_and_what_waits_is_skipped():
    """The first refusal of the account; nothing more is sent."""

    async def main():
        world = World(lambda _r: Failure(reason="spend", message="quota"), limit=1)
        for n in range(3):
            world.gateway.ask([Wanted(n, request(str(n)))])
        found = dict(await world.all())

        assert ["openai/m"] == world.stops == list(world.gateway.stopped)
        assert all(isinstance(outcome, Skipped) for outcome in found.values())
        assert 1 == len(world.client.requests)

    run(main)


def test_what_was_not_counted_is_guessed_for_the_budget():
    """The sum is unknown, the spending is not nothing."""

    async def main():
        world = World(lambda _r: Answer(text="x"), price=Price(input=1_000_000, output=0))
        world.gateway.ask([Wanted("a", request("12345"))])
        await world.all()

        assert (None, 2.0) == (world.gateway.meter.cost_usd, world.gateway.meter.spent_usd)

    run(main)


def test_unknown_prices_make_the_sum_unknown():
    """A total with a hole in it is no total."""

    async def main():
        cache = MemoryCache()
        cache.write(
            [Entry(key=call_key(request("a")), kind="call", created_at=0, body=msgspec.json.encode(Answer(text="old")))]
        )
        world = World(lambda _r: Answer(text="x"), cache=cache)
        for text in "abc":
            world.gateway.ask([Wanted(text, request(text))])
        await world.all()

        assert (None, None) == (world.gateway.meter.cost_usd, world.gateway.meter.saved_usd)

    run(main)


def test_it_is_counted_which_models_answered():
    """Now, or when the answer was new; a provider that does not say is not counted."""

    async def main():
        cache = MemoryCache()
        old = msgspec.json.encode(Answer(text="old", model="m-2025"))
        cache.write([Entry(key=call_key(request("a")), kind="call", created_at=0, body=old)])
        world = World(lambda r: Answer(text="x", model=None if r.messages[0].content == "b" else "m"), cache=cache)
        world.ask("a", "b", "c", "d")
        await world.all()

        assert {("m", "m-2025"): 1, ("m", "m"): 2} == world.meter.answered_by

    run(main)
