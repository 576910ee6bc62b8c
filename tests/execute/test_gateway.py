"""The gateway over a scripted client: looked up, joined, sent, retried, kept."""

from __future__ import annotations

import asyncio

import msgspec

from ippon.adapters.cache_memory import MemoryCache
from ippon.execute.gateway import Arrival, Doors, Gateway
from ippon.execute.limits import Policy
from ippon.execute.price import cost_usd, guess_tokens, price_of
from ippon.execute.scheduler import Scheduler
from ippon.records.call import (
    Answer,
    Answered,
    CommandRequest,
    Failed,
    Failure,
    FunctionRequest,
    HttpRequest,
    Message,
    ModelRequest,
    Skipped,
    Usage,
    lane_of,
)
from ippon.records.fingerprint import call_key
from ippon.records.kept import Entry
from ippon.records.suite import Price
from ippon.testing import FakeClock, ScriptedClient

QUICK = Policy(base_transient_s=0.001, base_throttled_s=0.001, attempt_s=0.2)


def request(text: str = "hello", **fields) -> ModelRequest:
    """A question to a model."""
    return ModelRequest(provider="openai", model="m", messages=(Message(role="user", content=text),), **fields)


class World:
    """A gateway and what it was given."""

    def __init__(
        self, answer, *, cache=None, limit=4, may_send=lambda _pending: None, latency_s=0.0, price=None, **options
    ):
        self.client = ScriptedClient(answer, latency_s=latency_s)
        self.cache = cache
        self.kept: list[Entry] = []
        self.stops: list[str] = []
        self.clock = asyncio.get_running_loop()
        scheduler = Scheduler(limit_of=lambda _lane: limit, jitter=lambda: 1.0, policy=QUICK, may_send=may_send)
        self.gateway = Gateway(
            Doors(lambda _r: self.client, cache, Clock(), self.kept.append, lambda _r: price),
            scheduler=scheduler,
            policy=QUICK,
            on_stop=lambda lane, _f: self.stops.append(lane),
            **options,
        )

    async def all(self) -> list[Arrival]:
        """Every outcome until nothing is asked any more."""
        found: list[Arrival] = []
        while arrivals := await self.gateway.arrivals():
            found += arrivals
        return found


class Clock(FakeClock):
    """The running loop's clock, so that deferred attempts come due."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


def test_an_answer_is_delivered_kept_and_paid_for():
    """Tokens, dollars, latency, and the raw answer for the cache."""

    async def main():
        answer = Answer(text="hi", usage=Usage(input=1_000_000, output=500_000, cached_input=400_000))
        world = World(lambda _r: answer, price=Price(input=1, output=2, cached_input=0.5))
        world.gateway.ask("me", request())
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

    asyncio.run(main())


def test_equal_requests_in_flight_are_sent_once():
    """Both waiters hear; only the first is charged with the tries. Another repeat is another request."""

    async def main():
        world = World(lambda _r: "hi")
        world.gateway.ask(1, request())
        world.gateway.ask(2, request())
        world.gateway.ask(3, request(), 1)
        arrivals = await world.all()

        assert [(1, 1), (2, 0), (3, 1)] == [(waiter, outcome.tries) for waiter, outcome in arrivals]
        assert 2 == len(world.client.requests)

    asyncio.run(main())


def test_a_shared_answer_is_kept_for_the_run():
    """The response of the system under test serves all evaluators, without a cache too."""

    async def main():
        world = World(lambda _r: "hi")
        world.gateway.ask(1, request(), shared=True)
        await world.all()
        world.gateway.ask(2, request(), shared=True)
        ((_, outcome),) = await world.all()

        assert ("hi", 0) == (outcome.answer.text, outcome.tries)
        assert 1 == len(world.client.requests)

    asyncio.run(main())


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
            world.gateway.ask(text, request(text))
        found = dict(await world.all())

        assert ("old", True, 2.0) == (found["a"].answer.text, found["a"].cached, found["a"].latency_s)
        assert ("no", True) == (found["b"].failure.message, found["b"].cached)
        assert "new" == found["c"].answer.text
        assert (2.0, 0.5) == (world.gateway.meter.saved_s, world.gateway.meter.saved_usd)

        again = World(lambda _r: "new", cache=cache, retry_failed=True)
        again.gateway.ask("b", request("b"))
        assert "new" == dict(await again.all())["b"].answer.text
        fresh = World(lambda _r: "new", cache=cache, read_cache=False)
        fresh.gateway.ask("a", request("a"))
        assert "new" == dict(await fresh.all())["a"].answer.text

    asyncio.run(main())


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
            world.gateway.ask(each, each)
        await world.all()

        assert 2 == len(world.kept)
        assert 1 == world.gateway.meter.calls_sent
        assert 0.0 == world.gateway.meter.cost_usd

    asyncio.run(main())


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
        world.gateway.ask("a", request("a"))
        world.gateway.ask("b", request("b"))
        found = dict(await world.all())

        assert ("ok", 3) == (found["a"].answer.text, found["a"].tries)
        assert Failed(failure=Failure(reason="rejected", message="400"), tries=1) == found["b"]
        assert 2 == world.gateway.meter.retries
        assert ["rejected", None] == [entry.failure for entry in world.kept]

    asyncio.run(main())


def test_a_stopped_lane_is_told_once_and_what_waits_is_skipped():
    """The first refusal of the account; nothing more is sent."""

    async def main():
        world = World(lambda _r: Failure(reason="spend", message="quota"), limit=1)
        for n in range(3):
            world.gateway.ask(n, request(str(n)))
        found = dict(await world.all())

        assert ["openai/m"] == world.stops == list(world.gateway.stopped)
        assert all(isinstance(outcome, Skipped) for outcome in found.values())
        assert 1 == len(world.client.requests)

    asyncio.run(main())


def test_an_attempt_has_a_time_and_closing_and_cancelling_end_what_is_left():
    """What hangs is a timeout; after Ctrl-C what waits is skipped, what is cancelled as well."""

    async def main():
        slow = World(lambda _r: "late", latency_s=5.0)
        slow.gateway.ask("a", request())
        (outcome,) = [each.outcome for each in await slow.all()]
        assert ("timeout", 4) == (outcome.failure.reason, outcome.tries)

        world = World(lambda _r: "late", latency_s=5.0, limit=1)
        for n in range(2):
            world.gateway.ask(n, request(str(n)))
        world.gateway.close("interrupted")
        await asyncio.sleep(0)
        world.gateway.cancel()
        found = dict(await world.all())
        assert {"interrupted"} == {outcome.because for outcome in found.values()}

    asyncio.run(main())


def test_a_client_that_breaks_is_trouble_like_any_other():
    """Its ticket ends, and the run goes on."""

    def broken(request):
        if request.messages[0].content == "a":
            raise AssertionError("not my day")
        return "fine"

    async def main():
        world = World(broken)
        world.gateway.ask("a", request("a"))
        world.gateway.ask("b", request("b"))
        found = dict(await world.all())

        assert ("transport", 4) == (found["a"].failure.reason, found["a"].tries)
        assert "AssertionError: not my day" in found["a"].failure.message
        assert "fine" == found["b"].answer.text

    asyncio.run(main())


def test_what_was_not_counted_is_guessed_for_the_budget():
    """The sum is unknown, the spending is not nothing."""

    async def main():
        world = World(lambda _r: Answer(text="x"), price=Price(input=1_000_000, output=0))
        world.gateway.ask("a", request("12345"))
        await world.all()

        assert (None, 2.0) == (world.gateway.meter.cost_usd, world.gateway.meter.spent_usd)

    asyncio.run(main())


def test_unknown_prices_make_the_sum_unknown():
    """A total with a hole in it is no total."""

    async def main():
        cache = MemoryCache()
        cache.write(
            [Entry(key=call_key(request("a")), kind="call", created_at=0, body=msgspec.json.encode(Answer(text="old")))]
        )
        world = World(lambda _r: Answer(text="x"), cache=cache)
        for text in "abc":
            world.gateway.ask(text, request(text))
        await world.all()

        assert (None, None) == (world.gateway.meter.cost_usd, world.gateway.meter.saved_usd)

    asyncio.run(main())


def test_prices():
    """The suite's own, the free, the listed, the unknown; and what cannot be counted."""
    assert Price(input=3, output=4) == price_of("openai", "gpt-5-mini", Price(input=3, output=4))
    assert Price(input=0, output=0) == price_of("ollama", "anything")
    assert Price(input=0.25, output=2.0) == price_of("openai", "gpt-5-mini")
    assert None is price_of("openai", "unheard-of")
    assert None is cost_usd(Usage(input=1), Price(input=1, output=1))
    assert 0.0 == cost_usd(Usage(), Price(input=0, output=0))
    assert 3.0 == cost_usd(Usage(input=1_000_000, output=1_000_000, cached_input=9), Price(input=1, output=2))
    assert 2 == guess_tokens(request("12345"))


def test_lanes():
    """Provider and model, and the address where it is not the provider's own."""
    assert "openai/m at http://x" == lane_of(request(base_url="http://x"))
    assert "command ./bot" == lane_of(CommandRequest(command=("./bot", "-x"), stdin="", code=""))
    assert "python a:b" == lane_of(FunctionRequest(function="a:b", arguments={}, code=""))
    assert "http://x" == lane_of(HttpRequest(url="http://x", json={}))
    assert Answered(answer=Answer(text="")) == Answered(answer=Answer(text=""))
