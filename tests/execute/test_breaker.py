"""The circuit breaker alone: its edges, its probes, and what decides nothing."""

from __future__ import annotations

import pytest

from ippon.execute.breaker import Breaker
from ippon.execute.limits import Policy

POLICY = Policy()


def breaker(jitter: float = 0.5) -> Breaker:
    """A closed one."""
    return Breaker(POLICY, lambda: jitter)


def see(its: Breaker, reason: str | None, n: int = 1, *, sent_at: float = 0.0, now: float = 1.0, in_flight: int = 0):
    """So many calls end in one way."""
    for _ in range(n):
        its.observe(reason, sent_at=sent_at, now=now, in_flight=in_flight)


def opened(jitter: float = 0.5) -> Breaker:
    """One that opened at 1."""
    its = breaker(jitter)
    see(its, "server", 20)
    assert "OPEN" == its.state
    return its


@pytest.mark.parametrize("reason", ["server", "timeout", "transport", "overloaded"])
def test_twenty_failures_open_it(reason):
    """Not nineteen: fewer calls say little."""
    its = breaker()
    see(its, reason, 19)

    assert "CLOSED" == its.state
    see(its, reason)
    assert "OPEN" == its.state


def test_five_refused_connections_open_it():
    """In a row; a failure of another kind in between begins the count again."""
    its = breaker()
    see(its, "connect", 4)
    see(its, "server")
    see(its, "connect", 4)

    assert "CLOSED" == its.state
    see(its, "connect")
    assert "OPEN" == its.state


@pytest.mark.parametrize(("sent_at", "state"), [(0.9, "OPEN"), (1.0, "CLOSED")])
def test_an_answer_to_an_older_call_does_not_speak_for_a_closed_port(sent_at, state):
    """Once connections are refused, calls sent before go on being answered; one sent since shows that somebody is there."""
    its = breaker()
    see(its, "connect", 4)
    see(its, None, sent_at=sent_at)
    see(its, "connect")

    assert state == its.state


@pytest.mark.parametrize("reason", ["rate_limit", "rejected", "spend", None])
def test_what_is_no_illness_never_opens_it(reason):
    """A 429 is a healthy server's, and so is a refused request."""
    its = breaker()
    see(its, reason, 200)

    assert "CLOSED" == its.state


def test_half_of_the_last_fifty_have_to_fail():
    """Five in a row beside many answers are not enough; the window forgets what is older."""
    its = breaker()
    see(its, None, 30)
    see(its, "server", 24)

    assert "CLOSED" == its.state
    see(its, "server")
    assert "OPEN" == its.state


def test_more_in_flight_have_to_fail_in_a_row():
    """Failures are quicker than answers: half as many in a row as there are calls in flight."""
    its = breaker()
    see(its, "server", 49, in_flight=100)

    assert "CLOSED" == its.state
    see(its, "server", in_flight=100)
    assert "OPEN" == its.state


@pytest.mark.parametrize(("jitter", "until"), [(0.0, 16.0), (0.5, 23.5), (1.0, 31.0)])
def test_it_stays_open_for_half_a_minute_at_most(jitter, until):
    """Half of it at random, so that processes do not probe together."""
    its = opened(jitter)

    assert until == its.opens_at(1.0)
    assert "OPEN" == its.state
    assert until == its.opens_at(until)
    assert "HALF_OPEN" == its.state


def test_three_probes_and_no_more():
    """While half open."""
    its = opened()
    assert its.has_room()
    its.opens_at(30.0)
    for _ in range(3):
        assert its.has_room()
        its.sent()

    assert not its.has_room()


def test_two_good_probes_close_it_and_the_third_says_nothing_more():
    """Most of them decide; what comes after is from before."""
    its = opened()
    its.opens_at(30.0)
    see(its, None, 1, sent_at=30.0, now=31.0)
    assert "HALF_OPEN" == its.state
    see(its, None, 1, sent_at=30.0, now=31.0)

    assert "CLOSED" == its.state
    see(its, "server", 30, sent_at=30.0, now=32.0)
    assert "CLOSED" == its.state
    assert not its.is_failing


def test_two_ill_probes_open_it_for_twice_as_long_and_a_minute_at_most():
    """Until one probe succeeds; then the next outage begins with half a minute again."""
    its, now, spans = opened(1.0), 31.0, []
    for _ in range(3):
        its.opens_at(now)
        see(its, "server", 2, sent_at=now, now=now)
        spans.append(its.opens_at(now) - now)
        now = its.opens_at(now)
    its.opens_at(now)
    see(its, None, 2, sent_at=now, now=now)
    see(its, "server", 20, sent_at=now, now=now)

    assert [60.0, 60.0, 60.0] == spans
    assert 30.0 == its.opens_at(now) - now


def test_late_responses_decide_nothing():
    """What was sent before it opened, or before the probes, says how things were."""
    its = opened()
    see(its, None, 50, sent_at=0.0, now=2.0)
    assert "OPEN" == its.state
    its.opens_at(30.0)
    see(its, None, 50, sent_at=0.5, now=31.0)

    assert "HALF_OPEN" == its.state
    see(its, "server", 50, sent_at=0.5, now=31.0)
    assert "HALF_OPEN" == its.state


def test_a_lane_is_shaky_where_calls_fail_all_around():
    """15% of twenty or more, over the whole run."""
    its = breaker()
    see(its, "server", 3)
    assert not its.is_shaky
    see(its, None, 17)

    assert its.is_shaky
    see(its, None)
    assert not its.is_shaky


def test_it_knows_that_the_last_calls_have_failed():
    """Five in a row, though too few to open it."""
    its = breaker()
    see(its, "server", 5)

    assert its.is_failing
    see(its, None)
    assert not its.is_failing


def test_answers_to_calls_of_before_do_not_hide_that_nobody_is_there():
    """A server that still answers what it has, and takes nothing new."""
    its = breaker()
    see(its, "connect", 2, sent_at=0.9)
    see(its, None, 9, sent_at=0.5, now=1.1)
    see(its, "connect", 3, sent_at=1.0, now=1.2)
    assert "OPEN" == its.state

    flaky = breaker()
    see(flaky, "connect", 2, sent_at=0.9)
    see(flaky, None, sent_at=1.0, now=1.1)
    see(flaky, "connect", 3, sent_at=1.0, now=1.2)
    assert "CLOSED" == flaky.state


def test_a_refusal_says_nothing_either_way():
    """It is no failure, and no sign of health between failures."""
    its = breaker()
    see(its, "connect", 4)
    see(its, "rate_limit", 9)
    see(its, "connect")

    assert "OPEN" == its.state
