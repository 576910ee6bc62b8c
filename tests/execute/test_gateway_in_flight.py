"""The gateway while calls are in flight: hedges, reservations, time limits, the end of a run, at any moment."""

from __future__ import annotations

import asyncio

import pytest

from ippon.adapters.rates_memory import MemoryRates
from ippon.execute.limits import Bounds, Policy
from ippon.records.call import Allowances, Answer, Failed, Failure, Skipped, Told, Usage
from ippon.records.lane import Learned, Shared
from ippon.records.suite import Price
from tests.execute.gated import World, run

DOLLAR_A_CALL = Price(input=0, output=1e4)  # of the hundred tokens that are guessed
EAGER = Policy(hedge_needs=1, hedge_share=1.0, hedge_least_s=5.0)


class Script:
    """A client whose n-th call takes so long and ends so; all later ones as the last. `ended` counts what was not cancelled."""

    def __init__(self, *course: tuple[float, object]) -> None:
        self.course = list(course)
        self.began: list[float] = []
        self.ended = 0

    async def send(self, _request):
        seconds, reply = self.course[min(len(self.began), len(self.course) - 1)]
        self.began.append(asyncio.get_running_loop().time())
        await asyncio.sleep(seconds)
        self.ended += 1
        if isinstance(reply, BaseException):
            raise reply
        return Answer(text=reply) if isinstance(reply, str) else reply


def test_the_first_answer_of_two_counts_and_the_other_is_cancelled():
    """It is marked, both are counted as sent, and the one given up costs what it may."""

    async def main():
        script = Script((1.0, "quick"), (60.0, "slow"), (2.0, "hedge"))
        world = World(script, hedges=True, policy=EAGER, price=DOLLAR_A_CALL)
        world.ask("a", "b")
        found = dict(await world.all())

        assert ("quick", False) == (found["a"].answer.text, found["a"].hedged)
        assert ("hedge", True, 2.0, 5.0) == (
            found["b"].answer.text,
            found["b"].hedged,
            found["b"].latency_s,
            found["b"].queue_s,
        )
        assert (3, 1, 0, 2) == (world.meter.calls_sent, world.meter.hedges, world.meter.retries, script.ended)
        assert (2, 0.0) == (len(world.kept), world.meter.reserved_usd)
        assert [0.0, 0.0, 5.0] == script.began

    run(main)


@pytest.mark.parametrize("first", ["one", "other"])
def test_two_answers_at_one_moment_are_one_result(first):
    """Whichever is handled first; the other is paid for and says nothing."""

    async def main():
        reply = Answer(text="x", usage=Usage(input=0, output=100))
        late = (3.0, reply) if first == "one" else (3.0 + 1e-12, reply)
        world = World(Script((1.0, reply), (8.0, reply), late), hedges=True, policy=EAGER, price=DOLLAR_A_CALL)
        world.ask("a", "b")
        found = await world.all()

        assert ["a", "b"] == [each.waiter for each in found]
        assert (2, 3, 0.0) == (len(world.kept), world.meter.calls_sent, world.meter.reserved_usd)
        assert 3.0 == pytest.approx(world.meter.spent_usd)

    run(main)


def test_one_of_two_that_fails_leaves_the_other():
    """A hedge that is refused is no retry."""

    async def main():
        script = Script((1.0, "quick"), (60.0, "slow"), (1.0, Failure(reason="server", message="500")))
        world = World(script, hedges=True, policy=EAGER)
        world.ask("a", "b")
        found = dict(await world.all())

        assert ("slow", 1, True) == (found["b"].answer.text, found["b"].tries, found["b"].hedged)
        assert 3 == world.meter.calls_sent

    run(main)


def test_a_declared_rate_is_kept_on_the_loop():
    """Sixty a minute: two at once, then one a second; what it took is settled."""

    async def main():
        script = Script((0.1, Answer(text="x", usage=Usage(input=30, output=31))))
        pool = Shared(name="p", rpm=60, tpm=1e6)
        world = World(script, bounds=Bounds(start=9, ceiling=9, shared=(pool,)), rates=MemoryRates())
        world.ask(*range(5))
        assert 5 == len(await world.all())

        assert [0, 0, 1, 2, 3] == [round(at, 3) for at in script.began]

    run(main)


def test_tokens_beyond_the_guess_hold_up_the_next():
    """A call guessed at two tokens takes 600 of 600 a minute: the next one waits for what was overdrawn."""

    async def main():
        script = Script((0.1, Answer(text="x", usage=Usage(input=300, output=300))))
        pool = Shared(name="p", tpm=600)
        world = World(script, bounds=Bounds(start=1, ceiling=1, shared=(pool,)), rates=MemoryRates())
        world.ask("12345678", "12345679")
        assert 2 == len(await world.all())

        assert 50 < script.began[1] < 60

    run(main)


def test_what_headers_tell_is_heeded():
    """Two are left of ten, ten seconds until all are back: the third waits for an eighth of them."""

    async def main():
        told = Allowances(requests=Told(remaining=2, limit=10, reset_s=8.0))
        script = Script((1.0, Answer(text="x", told=told)), (1.0, "y"))
        world = World(script, limit=1)
        world.ask(*range(4))
        await world.all()

        assert [0.0, 1.0, 2.0, 3.0] == [round(at, 3) for at in script.began]
        assert all(b"told" not in entry.body or b'"told":null' in entry.body for entry in world.kept)

    run(main)


def test_what_was_remembered_is_where_it_starts():
    """Three at a time, and no more than one in two seconds."""

    async def main():
        script = Script((0.5, "x"))
        bounds = Bounds(start=16, ceiling=256, learned=Learned(limit=3, was_cut=True, rate=0.5))
        world = World(script, bounds=bounds)
        world.ask(*range(3))
        await world.all()

        assert script.began[1] >= 1.5
        assert {"openai/m"} == set(world.gateway.scheduler.learned)

    run(main)


def test_an_attempt_that_hangs_is_a_timeout():
    """After two minutes, four times; then the item fails."""

    async def main():
        world = World(Script((1e6, "never")))
        world.ask("a")
        ((_, outcome),) = await world.all()

        assert isinstance(outcome, Failed)
        assert ("timeout", "no answer within 120 s", 4) == (
            outcome.failure.reason,
            outcome.failure.message,
            outcome.tries,
        )

    run(main)


def test_each_attempt_has_its_own_two_minutes():
    """The second one began later, so it ends later."""

    async def main():
        world = World(Script((1e6, "never")), policy=Policy(attempts_transient=1))
        world.ask("a")
        await asyncio.sleep(60.0)
        world.ask("b")
        ends = []
        while arrivals := await world.gateway.arrivals():
            ends += [(each.waiter, asyncio.get_running_loop().time() // 60) for each in arrivals]
        world.gateway.end()

        assert [("a", 2), ("b", 3)] == ends

    run(main)


def test_a_client_that_breaks_is_trouble_like_any_other():
    """Its ticket ends, and the run goes on."""

    async def main():
        world = World(Script((0.0, AssertionError("not my day")), (0.0, "fine")), limit=1)
        world.ask("a", "b")
        found = dict(await world.all())

        assert {2, 1} == {found["a"].tries, found["b"].tries}
        broken = World(Script((0.0, AssertionError("not my day"))))
        broken.ask("a")
        ((_, outcome),) = await broken.all()
        assert ("transport", 4) == (outcome.failure.reason, outcome.tries)
        assert "AssertionError: not my day" in outcome.failure.message

    run(main)


def test_the_longest_in_flight_is_known():
    """Who asked, since when, which attempt; nothing before anything is asked."""

    async def main():
        world = World(Script((30.0, "a"), (40.0, "b")))
        assert None is world.gateway.longest()
        world.ask("a")
        await asyncio.sleep(7.0)
        world.ask("b")
        await asyncio.sleep(1.0)

        assert ("a", 8.0, 1) == world.gateway.longest()
        assert 120.0 == world.gateway.attempt_s
        await world.all()

    run(main)


def test_closing_skips_what_waits_and_delivers_what_arrives():
    """Ctrl-C once."""

    async def main():
        world = World(Script((5.0, "late")), limit=1)
        world.ask("a", "b")
        world.gateway.close("interrupted")
        found = dict(await world.all())

        assert "late" == found["a"].answer.text
        assert Skipped(because="interrupted", tries=0) == found["b"]

    run(main)


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("hedges", [False, True])
def test_a_run_may_end_at_any_moment(steps, hedges):
    """Property 18: no task is left over, each waiter has one outcome, and what was kept stays kept."""

    async def main():
        pool = Shared(name="p", rpm=600, tpm=1e6)
        refused = Failure(reason="server", message="500")
        script = Script((1.0, "a"), (1.0, refused), (60.0, "b"), (2.0, "c"), (1.0, "d"))
        bounds = Bounds(start=3, ceiling=3, shared=(pool,))
        world = World(script, bounds=bounds, hedges=hedges, policy=EAGER)
        world.ask(*range(8))
        found = []
        for _ in range(steps):
            found += await world.gateway.arrivals() if len(found) < 4 and steps > 6 else []
            await asyncio.sleep(0)
        kept = list(world.kept)
        world.gateway.close("interrupted")
        world.gateway.cancel()
        found += await world.all()

        assert sorted(range(8)) == sorted(each.waiter for each in found)
        assert kept == world.kept[: len(kept)]
        assert 0.0 == world.meter.reserved_usd

    run(main)
