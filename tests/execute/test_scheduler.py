"""The scheduler, driven through scripted worlds: no clock, no socket, no task."""

from __future__ import annotations

from ippon.execute.events import Arrived, Asked, Closed, Drop, Fail, Send, StopLane, Woke
from ippon.execute.limits import Bounds
from ippon.execute.scheduler import Scheduler
from ippon.records.call import Failure

SERVER = Failure(reason="server", message="500")
LIMIT = Failure(reason="rate_limit", message="429", retry_after_s=8.0)
REJECTED = Failure(reason="rejected", message="400")
CONNECT = Failure(reason="connect", message="refused")
STRANGE = Failure(reason="not_a_provider", message="html")
SPEND = Failure(reason="spend", message="quota")


def scheduler(limit: int = 2, **options) -> Scheduler:
    """A scheduler whose lanes all have one limit and whose jitter is a half."""
    return Scheduler(bounds_of=lambda _lane: Bounds(start=limit, ceiling=limit), jitter=lambda: 0.5, **options)


def test_a_lane_is_filled_to_its_limit_and_no_further():
    """Three asked on a lane of two: the third waits for a place."""
    s = scheduler(limit=2)

    assert [Send(1, 1)] == s.handle(Asked(1, "a"), 0.0)
    assert [Send(2, 1)] == s.handle(Asked(2, "a"), 0.0)
    assert [] == s.handle(Asked(3, "a"), 0.0)
    assert [Send(3, 1)] == s.handle(Arrived(1), 1.0)


def test_lanes_do_not_take_each_others_places():
    """A full lane leaves another one free."""
    s = scheduler(limit=1)
    s.handle(Asked(1, "a"), 0.0)

    assert [Send(2, 1)] == s.handle(Asked(2, "b"), 0.0)
    assert 2 == s.in_flight
    assert 2 == s.limit


def test_a_transient_failure_is_asked_again_after_its_delay():
    """Half of .25 s later, not before."""
    s = scheduler()
    s.handle(Asked(1, "a"), 10.0)

    assert [] == s.handle(Arrived(1, SERVER), 11.0)
    assert 11.125 == s.next_wake
    assert [] == s.handle(Woke(), 11.0)
    assert [Send(1, 2)] == s.handle(Woke(), 11.2)


def test_a_hint_of_the_server_is_waited_for():
    """A part of a tenth on top of the eight seconds asked for, never less than them."""
    s = scheduler()
    s.handle(Asked(1, "a"), 0.0)
    s.handle(Arrived(1, LIMIT), 0.0)

    assert 8.4 == s.next_wake


def test_attempts_end():
    """Four for a server's failure, then it is the ticket's end."""
    s = scheduler()
    s.handle(Asked(1, "a"), 0.0)
    for attempt in (2, 3, 4):
        s.handle(Arrived(1, SERVER), 100.0 * attempt)

        assert [Send(1, attempt)] == s.handle(Woke(), 100.0 * attempt + 50)
    assert [Fail(1, SERVER, 4)] == s.handle(Arrived(1, SERVER), 500.0)
    assert 0 == s.waiting


def test_a_deterministic_failure_is_not_asked_again():
    """The same request would be refused in the same way."""
    s = scheduler()
    s.handle(Asked(1, "a"), 0.0)

    assert [Fail(1, REJECTED, 1)] == s.handle(Arrived(1, REJECTED), 0.0)


def test_an_item_that_would_wait_beyond_its_time_fails():
    """Ten minutes in all, waiting included."""
    s = scheduler()
    s.handle(Asked(1, "a"), 0.0)

    assert [Fail(1, LIMIT, 1)] == s.handle(Arrived(1, LIMIT), 595.0)


def test_a_refused_account_ends_its_lane_and_no_other():
    """What waits is dropped, what arrives later is delivered, a second refusal is not told again."""
    s = scheduler(limit=2)
    for ticket in (1, 2, 3):
        s.handle(Asked(ticket, "a"), 0.0)
    s.handle(Asked(4, "b"), 0.0)
    because = "lane a stopped: quota"

    assert [StopLane("a", SPEND), Drop(1, because, 1, SPEND), Drop(3, because, 0, SPEND)] == s.handle(
        Arrived(1, SPEND), 1.0
    )
    assert [Drop(2, because, 1, SPEND)] == s.handle(Arrived(2, SPEND), 1.0)
    assert [Drop(5, because, 0, SPEND)] == s.handle(Asked(5, "a"), 2.0)
    assert [] == s.handle(Arrived(4), 2.0)


def test_a_stopped_lane_drops_what_was_deferred():
    """A ticket that waits for its next attempt ends with its lane."""
    s = scheduler(limit=2)
    s.handle(Asked(1, "a"), 0.0)
    s.handle(Asked(2, "a"), 0.0)
    s.handle(Asked(3, "b"), 0.0)
    s.handle(Arrived(1, SERVER), 0.0)
    s.handle(Arrived(3, SERVER), 0.0)

    stopped = s.handle(Arrived(2, SPEND), 0.0)

    assert [2, 1] == [each.ticket for each in stopped if isinstance(each, Drop)]
    assert [Send(3, 2)] == s.handle(Woke(), 9.0)


def test_nobody_there_ends_a_lane_after_five_refusals():
    """Five connects in a row without one answer ever: no use going on."""
    s = scheduler(limit=8)
    for ticket in range(6):
        s.handle(Asked(ticket, "a"), 0.0)
    for ticket in range(4):
        assert [] == s.handle(Arrived(ticket, CONNECT), 0.0)

    stopped = s.handle(Arrived(4, CONNECT), 0.0)

    assert StopLane("a", CONNECT) == stopped[0]


def test_one_call_alone_finds_out_too():
    """A single evaluation that fails to connect five times in a row ends the lane."""
    s = scheduler()
    s.handle(Asked(1, "a"), 0.0)
    for now in (0.0, 100.0, 200.0, 300.0):
        s.handle(Arrived(1, CONNECT), now)
        s.handle(Woke(), now + 50.0)

    assert [StopLane("a", CONNECT), Drop(1, "lane a stopped: refused", 5, CONNECT)] == s.handle(
        Arrived(1, CONNECT), 400.0
    )


def test_a_lane_that_answered_once_is_not_given_up_for_connects():
    """Then it is the item that fails."""
    s = scheduler(limit=9)
    for ticket in range(8):
        s.handle(Asked(ticket, "a"), 0.0)
    s.handle(Arrived(0), 0.0)
    for ticket in range(1, 8):
        assert [] == s.handle(Arrived(ticket, CONNECT), 0.0)


def test_five_strange_answers_in_a_row_end_a_lane():
    """Whatever sits there is no provider, even if it answered before."""
    s = scheduler(limit=9)
    for ticket in range(8):
        s.handle(Asked(ticket, "a"), 0.0)
    s.handle(Arrived(0), 0.0)
    for ticket in range(1, 5):
        s.handle(Arrived(ticket, STRANGE), 0.0)

    assert StopLane("a", STRANGE) == s.handle(Arrived(5, STRANGE), 0.0)[0]


def test_closing_drops_what_waits_and_delivers_what_arrives():
    """Ctrl-C: the queue and the deferred end, the attempt in flight may still be answered or fail for good."""
    s = scheduler(limit=2)
    for ticket in (1, 2, 3, 5):
        s.handle(Asked(ticket, "a"), 0.0)
    s.handle(Arrived(1, SERVER), 0.0)

    assert [Drop(5, "interrupted", 0), Drop(1, "interrupted", 1)] == s.handle(Closed("interrupted"), 0.0)
    assert "interrupted" == s.closed_because
    assert [Drop(4, "interrupted", 0)] == s.handle(Asked(4, "a"), 0.0)
    assert [Fail(2, REJECTED, 1)] == s.handle(Arrived(2, REJECTED), 1.0)
    assert [Drop(3, "interrupted", 1)] == s.handle(Arrived(3, SERVER), 1.0)
    assert None is s.next_wake


def test_an_answer_after_closing_is_delivered():
    """What was in flight may still come."""
    s = scheduler()
    s.handle(Asked(1, "a"), 0.0)
    s.handle(Closed("interrupted"), 0.0)

    assert [] == s.handle(Arrived(1), 1.0)
    assert 0 == s.in_flight + s.waiting


def test_a_budget_closes_before_the_next_attempt():
    """The reason is asked for before each send; what waits is dropped with it."""
    left = [None, None, "the 2 calls are used up"]
    s = scheduler(limit=9, may_send=lambda _pending: left.pop(0))
    s.handle(Asked(1, "a"), 0.0)
    s.handle(Asked(2, "a"), 0.0)

    assert [Drop(3, "the 2 calls are used up", 0)] == s.handle(Asked(3, "a"), 0.0)
