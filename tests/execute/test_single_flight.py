"""Equal requests of several processes: one asks, the others wait for its answer in the cache. In virtual time."""

from __future__ import annotations

import asyncio

import pytest

from ippon.execute.meter import shared_notes
from ippon.execute.wanted import Wanted
from ippon.records.call import Answered, Failed, Failure, FunctionRequest, Skipped
from tests.execute.gated import request, run
from tests.execute.leased import Process, Table


def test_two_processes_send_one_call_a_key():
    """Who comes second is told what the first got, as from the cache; nothing is leased in the end."""

    async def main():
        table = Table()
        one, other = Process(table, "one"), Process(table, "other")
        one.ask("a", "b")
        await asyncio.sleep(0.1)
        other.ask("b", "c")
        mine, its = await asyncio.gather(one.outcomes(), other.outcomes())

        assert {"a": 1, "b": 1, "c": 1} == table.calls
        assert (False, True, False) == (mine["b"].cached, its["b"].cached, its["c"].cached)
        assert (2, 1) == (one.meter.calls_sent, other.meter.calls_sent)
        assert ((), ("shared 1 result with a run that was asking for the same just then",)) == (
            shared_notes(one.meter),
            shared_notes(other.meter),
        )
        assert {} == table.rows

    run(main)


def test_who_asks_the_same_twice_while_it_waits_is_told_twice():
    """Once for each waiter, counted once."""

    async def main():
        table = Table()
        one, other = Process(table, "one"), Process(table, "other")
        one.ask("a")
        await asyncio.sleep(0.1)
        other.gateway.ask([Wanted(n, request("a"), shared=True) for n in range(2)])
        await asyncio.sleep(0.1)
        other.gateway.ask([Wanted(2, request("a"))])
        _, its = await asyncio.gather(one.outcomes(), other.outcomes())

        assert {0, 1, 2} == its.keys()
        assert ({"a": 1}, 1) == (table.calls, other.meter.shared)

    run(main)


@pytest.mark.parametrize(
    ("reason", "calls", "tries"), [("rejected", 1, 0), ("server", 8, 4)], ids=["deterministic", "transient"]
)
def test_a_failure_is_shared_only_if_it_would_come_again(reason, calls, tries):
    """What may pass is no end for those who wait: they ask themselves."""

    async def main():
        table = Table()
        one, other = (Process(table, name, lambda _r: Failure(reason=reason, message="no")) for name in "ab")
        one.ask("a")
        await asyncio.sleep(0.1)
        other.ask("a")
        _, its = await asyncio.gather(one.outcomes(), other.outcomes())

        assert isinstance(its["a"], Failed)
        assert (calls, tries, reason) == (table.calls["a"], its["a"].tries, its["a"].failure.reason)

    run(main)


def test_a_process_that_is_told_to_end_hands_over():
    """Its lease goes with its call; who waited is not cancelled along, and asks."""

    async def main():
        table = Table()
        one, other = Process(table, "one", latency_s=20.0), Process(table, "other")
        one.ask("a")
        await asyncio.sleep(0.1)
        other.ask("a")
        await asyncio.sleep(1.0)
        one.gateway.close("interrupted")
        one.gateway.cancel()
        mine, its = await asyncio.gather(one.outcomes(), other.outcomes())

        assert isinstance(mine["a"], Skipped)
        assert isinstance(its["a"], Answered)
        assert 1 == other.meter.calls_sent
        assert asyncio.get_running_loop().time() < 3.0

    run(main)


@pytest.mark.parametrize("skew_s", [-10.0, 0.0, 10.0])
def test_a_killed_process_is_waited_for_until_its_lease_is_over(skew_s):
    """Thirty seconds by the clock of who waits, be it ten seconds wrong."""

    async def main():
        table = Table()
        one, other = Process(table, "one", latency_s=20.0), Process(table, "other", skew_s=skew_s)
        one.ask("a")
        await asyncio.sleep(0.1)
        other.ask("a")
        await asyncio.sleep(5.0)
        one.kill()
        its = await other.outcomes()

        assert isinstance(its["a"], Answered)
        assert 30.0 - skew_s <= asyncio.get_running_loop().time() <= 32.0 - skew_s
        assert {} == table.rows

    run(main)


@pytest.mark.parametrize("skew_s", [-10.0, 0.0, 10.0])
def test_a_slow_call_keeps_its_lease(skew_s):
    """A hundred seconds, three leases long: renewed in time for clocks that are ten seconds wrong."""

    async def main():
        table = Table()
        one, other = Process(table, "one", latency_s=100.0), Process(table, "other", skew_s=skew_s)
        one.ask("a")
        await asyncio.sleep(0.1)
        other.ask("a")
        await asyncio.gather(one.outcomes(), other.outcomes())

        assert {"a": 1} == table.calls

    run(main)


def test_an_answer_that_came_between_the_look_and_the_lease():
    """Whoever is granted a key looks once more: its holder has written the answer and left."""

    async def main():
        table = Table()
        one, other = Process(table, "one", latency_s=0.5), Process(table, "other", takes_s=2.0)
        other.ask("a")
        await asyncio.sleep(0.1)
        one.ask("a")
        await one.outcomes()
        its = await other.outcomes()

        assert (True, {"a": 1}) == (its["a"].cached, table.calls)

    run(main)


def test_who_waits_can_be_told_to_stop():
    """Nothing of it is sent; the process that asks is not touched."""

    async def main():
        table = Table()
        one, other = Process(table, "one", latency_s=20.0), Process(table, "other")
        one.ask("a")
        await asyncio.sleep(0.1)
        other.ask("a")
        await asyncio.sleep(1.0)
        other.gateway.close("interrupted")
        other.ask("b")
        its = await other.outcomes()
        mine = await one.outcomes()

        assert [Skipped(because="interrupted")] * 2 == [its["a"], its["b"]]
        assert isinstance(mine["a"], Answered)
        assert 0 == other.meter.calls_sent

    run(main)


def test_what_is_granted_to_who_has_stopped_is_given_back():
    """The others need not wait until it is over."""

    async def main():
        table = Table()
        one = Process(table, "one", takes_s=1.0)
        one.ask("a")
        await asyncio.sleep(0.5)
        one.gateway.close("interrupted")
        its = await one.gateway.arrivals()
        await asyncio.sleep(3.0)

        assert Skipped(because="interrupted") == its[0].outcome
        assert {} == table.rows
        one.gateway.end()

    run(main)


@pytest.mark.parametrize(
    "wanted",
    [Wanted("w", request("a"), fresh=True), Wanted("w", FunctionRequest(function="f", arguments={}, code=""))],
    ids=["fresh", "not cacheable"],
)
def test_what_nobody_else_may_use_is_asked_without_a_lease(wanted):
    """A failure that is tried again, code that may be anything."""

    async def main():
        table = Table()
        one = Process(table, "one")
        one.client._answer = lambda _r: "1"
        one.gateway.ask([wanted])
        found = await one.outcomes()

        assert isinstance(found["w"], Answered)
        assert [] == one.leases.turns

    run(main)


def test_who_leases_nothing_lets_others_in_all_the_same():
    """They would wait for it, and then go on without any lease."""

    async def main():
        table = Table()
        one = Process(table, "one", alone=True, latency_s=5.0)
        one.gateway.ask([Wanted("w", request("a"), fresh=True)])
        await asyncio.sleep(0.1)
        one.leases.alone = False
        await asyncio.sleep(0.1)
        assert [(0, 0)] == one.leases.turns
        await one.outcomes()

    run(main)
