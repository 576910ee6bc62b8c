"""Single flight at its edges: budgets, a process alone, a cache that breaks, room for more. In virtual time."""

from __future__ import annotations

import asyncio

import pytest

from ippon.execute.leasing import MANY
from ippon.records.call import Skipped
from ippon.records.fingerprint import call_key
from tests.execute.gated import request, run
from tests.execute.leased import Process, Table


def test_a_budget_that_ends_lets_nobody_wait():
    """What others ask is skipped as well, though it would cost nothing: the run is over."""

    async def main():
        table = Table()
        one = Process(table, "one", latency_s=50.0)
        other = Process(table, "other", may_send=lambda _pending: "the budget is used up")
        one.ask("a")
        await asyncio.sleep(0.1)
        other.ask("a")
        await asyncio.sleep(0.1)
        other.ask("b")
        its = await other.outcomes()
        one.kill()

        assert [Skipped(because="the budget is used up")] * 2 == [its["a"], its["b"]]

    run(main)


def test_a_second_question_before_the_answer_is_written():
    """It is known in this process already, though the cache cannot tell of it yet."""

    async def main():
        table = Table()
        one = Process(table, "one", latency_s=0.0)
        one.ask("a")
        await one.gateway.arrivals()
        one.ask("a")
        [again] = await one.gateway.arrivals()
        await asyncio.sleep(1.0)
        one.ask("a")
        [later] = await one.gateway.arrivals()
        one.gateway.end()

        assert ({"a": 1}, False, True) == (table.calls, again.outcome.cached, later.outcome.cached)
        assert (0, 0.0) == (again.outcome.tries, again.outcome.cost_usd)
        assert {} == table.rows

    run(main)


def test_a_process_alone_leases_nothing_until_another_comes():
    """Then what is under way is leased first, and what has ended by then is given back."""

    async def main():
        table = Table()
        one = Process(table, "one", latency_s=1.0, alone=True, takes_s=0.3)
        one.ask("a")
        running = asyncio.create_task(one.outcomes())
        await asyncio.sleep(0.8)
        one.client._latency_s = 3.0
        one.ask("b")
        assert [] == one.leases.turns

        one.leases.alone = False
        other = Process(table, "other", latency_s=1.0)
        one.ask("c")
        await asyncio.sleep(0.5)
        other.ask("a", "b", "c")
        await asyncio.sleep(0.5)
        assert call_key(request("a")) not in table.rows
        await asyncio.gather(running, other.outcomes())

        assert {"a": 1, "b": 1, "c": 1} == table.calls
        assert (2, 0) == one.leases.turns[0]
        assert {} == table.rows

    run(main)


def test_a_cache_that_breaks_while_it_is_waited_for_ends_the_run():
    """Nobody waits for what will never come."""

    async def main():
        table = Table()
        one, other = Process(table, "one", latency_s=20.0), Process(table, "other")
        one.ask("a")
        await asyncio.sleep(0.1)
        other.ask("a")
        await asyncio.sleep(0.2)

        def broken(_keys, *, now):
            raise OSError("gone")

        table.cache.read = broken
        with pytest.raises(OSError, match="gone"):
            await other.gateway.arrivals()
        one.kill()
        other.gateway.end()

    run(main)


def test_there_is_room_for_more_while_others_ask():
    """What another process asks keeps nobody from going on with the plan, up to so many."""

    async def main():
        table = Table()
        one, other = Process(table, "one", latency_s=20.0, limit=1), Process(table, "other")
        one.ask(*range(100))
        await asyncio.sleep(0.1)
        other.ask(*range(100))
        assert not other.gateway.wants_more
        assert [] == await other.gateway.arrivals(or_room=True)
        assert other.gateway.wants_more

        one.ask(*range(100, MANY))
        await asyncio.sleep(0.1)
        other.ask(*range(100, MANY))
        await asyncio.sleep(0.1)
        assert not other.gateway.wants_more
        for each in (one, other):
            each.kill()

    run(main)
