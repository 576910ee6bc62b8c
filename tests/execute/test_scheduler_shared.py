"""What lanes share, what is hedged, and what waits for time: the scheduler's corners, one by one."""

from __future__ import annotations

import pytest

from ippon.execute.events import Arrived, Asked, Closed, Granted, Hedge, Reserve, Send, Settle, StopLane, Woke
from ippon.execute.limits import Bounds, Policy
from ippon.execute.scheduler import FEW, MANY, Scheduler
from ippon.records.call import Failure
from ippon.records.lane import Learned, Shared

SERVER = Failure(reason="server", message="500")
REFUSED = Failure(reason="rate_limit", message="429")
SPEND = Failure(reason="spend", message="quota")


def scheduler(
    *shared: Shared, start: int = 100, ceiling: int | None = None, jitter=lambda: 0.5, **options
) -> Scheduler:
    """A scheduler whose lanes all have these bounds."""
    bounds = Bounds(start=start, ceiling=ceiling or start, shared=shared)
    return Scheduler(bounds_of=lambda _lane: bounds, jitter=jitter, **options)


def hedging(*shared: Shared, quick: int = 60, slow: int = 1, **options) -> Scheduler:
    """A scheduler that has seen so many calls of a second answered at 1.0; the others are still in flight."""
    s = scheduler(*shared, hedges=True, **options)
    for ticket in range(quick + slow):
        s.handle(Asked(ticket, "a"), 0.0)
    for each in shared:
        s.handle(Granted(each.name, quick + slow, 0.0), 0.0)
    for ticket in range(slow, quick + slow):
        s.handle(Arrived(ticket), 1.0)
    return s


def test_places_that_lanes_share_are_taken_in_turns():
    """One each, though the first lane had asked for all of them before the others came."""
    s = scheduler(Shared(name="-j", max_in_flight=1))
    for ticket, lane in enumerate("aaabbc"):
        s.handle(Asked(ticket, lane), 0.0)
    order = [0]
    while s.in_flight:
        order += [each.ticket for each in s.handle(Arrived(order[-1]), 1.0) if isinstance(each, Send)]

    assert [0, 1, 3, 5, 2, 4] == order


def test_permits_are_reserved_before_and_settled_after():
    """A block of a quarter of a second; the call that took more than was guessed is corrected."""
    pool = Shared(name="p", rpm=240, tpm=100_000)
    s = scheduler(pool)

    assert [Reserve(pool, 1, 20.0)] == s.handle(Asked(1, "a", 20.0), 0.0)
    assert [] == s.handle(Asked(2, "a", 20.0), 0.0)
    assert None is s.next_wake
    assert [] == s.handle(Granted("p", 1, 3.0), 0.1)
    assert 3.0 == s.next_wake
    assert [Send(1, 1), Reserve(pool, 1, 20.0)] == s.handle(Woke(), 3.0)
    assert [Settle(pool, 80.0)] == s.handle(Arrived(1, tokens=100.0), 4.0)
    assert [Send(2, 1)] == s.handle(Granted("p", 1, 0.0), 5.0)
    assert [] == s.handle(Arrived(2, tokens=20.0), 6.0)


def test_a_pause_is_woken_from_though_permits_are_lacking():
    """Nothing is reserved during a pause, so it is time that is waited for, not a grant."""
    pool = Shared(name="p", rpm=720)
    draws = iter([0.1, 0.1, 1.0, 0.1])
    s = scheduler(pool, start=3, jitter=lambda: next(draws, 0.1))
    for ticket in range(3):
        s.handle(Asked(ticket, "a"), 0.0)
    s.handle(Granted("p", 3, 0.0), 0.0)
    for ticket in range(3):
        s.handle(Arrived(ticket, REFUSED), 0.1)
    s.handle(Woke(), 0.5)

    assert (3, 0, 1.1) == (s.waiting, s.in_flight, s.next_wake)
    assert [Reserve(pool, 3, 0.0)] == s.handle(Woke(), 1.1)


def test_a_slow_call_is_made_once_more():
    """After the 95th percentile, which is a second here; the first answer of the two counts."""
    s = hedging()

    assert 1.0 == s.next_wake
    assert [Hedge(0)] == s.handle(Woke(), 1.0)
    assert (2, None) == (s.in_flight, s.next_wake)
    assert [] == s.handle(Arrived(0, hedge=True), 1.5)
    assert 0 == s.in_flight


@pytest.mark.parametrize("first", [True, False])
def test_one_of_two_may_fail(first):
    """The other may still be answered; it is an attempt's failure only when both have failed."""
    s = hedging()
    s.handle(Woke(), 1.0)

    assert [] == s.handle(Arrived(0, SERVER, hedge=first), 1.1)
    assert (1, 0) == (s.in_flight, s.waiting)
    assert [] == s.handle(Arrived(0, SERVER, hedge=not first), 1.1)
    assert (0, 1) == (s.in_flight, s.waiting)
    assert [Send(0, 2)] == s.handle(Woke(), 2.0)


def test_a_hedge_needs_a_permit():
    """As any call does; there is none in hand, and none is asked for."""
    s = hedging(Shared(name="p", rpm=60_000))

    assert [] == s.handle(Woke(), 50.0)
    assert None is s.next_wake


def test_a_hedge_goes_out_when_its_lane_is_open():
    """One call in ten seconds: what is slow after a second waits for its turn."""
    bounds = Bounds(start=9, learned=Learned(limit=9, rate=0.1))
    policy = Policy(hedge_needs=1, hedge_share=1.0)
    s = Scheduler(bounds_of=lambda _lane: bounds, jitter=lambda: 0.5, policy=policy, hedges=True)
    s.handle(Asked(0, "a"), 0.0)
    s.handle(Asked(1, "a"), 0.0)
    s.handle(Arrived(0), 1.0)
    opens = s.next_wake
    assert [Send(1, 1)] == s.handle(Woke(), opens)

    assert [] == s.handle(Woke(), opens + 1.1)
    assert opens + 9 < s.next_wake
    assert [Hedge(1)] == s.handle(Woke(), s.next_wake)


def test_a_budget_that_is_used_up_ends_hedging():
    """And nobody is woken again and again for a hedge that may not be made."""
    left = [None]
    s = hedging(may_send=lambda _pending: left[0])
    left[0] = "used up"

    assert [] == s.handle(Woke(), 1.0)
    assert None is s.next_wake
    assert None is s.closed_because


def test_a_stopped_lane_is_not_hedged():
    """An account that was refused is not asked once more."""
    s = hedging(slow=2)
    assert StopLane("a", SPEND) == s.handle(Arrived(1, SPEND), 1.0)[0]

    assert [] == s.handle(Woke(), 50.0)
    assert None is s.next_wake


def test_nothing_is_hedged_after_the_end():
    """Ctrl-C."""
    s = hedging()
    s.handle(Closed("interrupted"), 1.0)

    assert [] == s.handle(Woke(), 50.0)


def test_a_retry_waits_while_the_lanes_budget_is_empty():
    """Deferred, not dropped: a second later there may be some."""
    s = scheduler(start=1, policy=Policy(budget_start=0.0, budget_per_first=0.0))
    s.handle(Asked(1, "a"), 0.0)
    s.handle(Arrived(1, SERVER), 0.0)

    assert [] == s.handle(Woke(), 1.0)
    assert (2.0, 1) == (s.next_wake, s.waiting)
    assert [Send(1, 2)] == s.handle(Woke(), 5.0)


def test_time_does_not_go_back():
    """An event of before is handled as if it were now; drawing the screen is an event too."""
    s = scheduler(start=5)
    for ticket in range(7):
        s.handle(Asked(ticket, "a"), 0.0)
    s.handle(Arrived(0), 0.0)
    for ticket in range(1, 6):
        s.handle(Arrived(ticket, Failure(reason="connect", message="refused")), 1.0)
    (hold,) = s.holds(1.0)
    assert ("down", 22.5) == (hold.why, hold.left_s)
    assert [] == s.holds(30.0)
    sent = [each.ticket for each in s.handle(Woke(), 23.0) if isinstance(each, Send)]
    assert 3 == len(sent)
    for ticket in sent[:2]:
        s.handle(Arrived(ticket), 29.9)

    assert "CLOSED" == s._lanes["a"].breaker.state


def test_more_is_wanted_while_little_waits_or_a_lane_is_idle():
    """A lane that holds the others up does not keep them from being fed; there is an end to it."""
    s = scheduler(start=1)
    s.handle(Asked(0, "b"), 0.0)
    s.handle(Arrived(0), 0.0)
    for ticket in range(1, FEW + 2):
        assert s.wants_more
        s.handle(Asked(ticket, "a"), 0.0)
    assert s.wants_more
    s.handle(Asked(FEW + 2, "b"), 0.0)
    assert not s.wants_more
    s.handle(Arrived(FEW + 2), 0.0)
    for ticket in range(FEW + 3, MANY + 3):
        assert s.wants_more
        s.handle(Asked(ticket, "a"), 0.0)

    assert not s.wants_more


def test_what_lanes_have_learned_is_told():
    """Those that adapt, and have answered."""
    s = scheduler(start=2, ceiling=9)
    for ticket, lane in enumerate("aab"):
        s.handle(Asked(ticket, lane), 0.0)
    s.handle(Arrived(0), 1.0)

    assert {"a": Learned(limit=3)} == s.learned
    fixed = scheduler(start=2)
    fixed.handle(Asked(0, "a"), 0.0)
    fixed.handle(Arrived(0), 1.0)
    assert {} == fixed.learned
