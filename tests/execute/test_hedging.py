"""When a call is slow, and whether it may be made once more."""

from __future__ import annotations

from ippon.execute.hedging import FRESH, Hedging
from ippon.execute.limits import Policy


def hedging(answers: int = 50, latency_s: float = 2.0, sent: int = 100) -> Hedging:
    """One that has seen so many answers, with these tickets in flight."""
    its = Hedging(Policy())
    for ticket in range(sent):
        its.sent(ticket)
    for _ in range(answers):
        its.answered(latency_s)
    return its


def test_fifty_answers_are_needed():
    """Fewer say little about the 95th percentile."""
    assert None is hedging(answers=49).next(lambda _ticket: 0.0)
    assert (0, 2.0) == hedging(answers=50).next(lambda _ticket: 0.0)


def test_a_call_is_slow_after_the_95th_percentile_and_a_second():
    """Quick lanes are not hedged after milliseconds."""
    its = hedging(answers=0)
    for n in range(1, 101):
        its.answered(n / 10)

    assert (0, 8.6) == its.next(lambda _ticket: 0.0)  # of the 90 there were when it was last computed
    assert (0, 1.0) == hedging(latency_s=0.01).next(lambda _ticket: 0.0)


def test_the_percentile_is_computed_every_twenty_answers():
    """Not with each of them."""
    its = hedging(answers=50, latency_s=2.0)
    for _ in range(FRESH - 1):
        its.answered(9.0)
    assert (0, 2.0) == its.next(lambda _ticket: 0.0)
    its.answered(9.0)

    assert (0, 9.0) == its.next(lambda _ticket: 0.0)


def test_the_one_longest_in_flight_is_next():
    """Those that have ended are passed over."""
    its = hedging()

    assert (7, 5.0) == its.next(lambda ticket: 3.0 if ticket >= 7 else None)
    assert 7 == its.hedges()
    assert None is its.next(lambda _ticket: None)


def test_a_twentieth_may_be_hedged():
    """Five of a hundred."""
    its = hedging(sent=100)
    for _ in range(5):
        assert None is not its.next(lambda _ticket: 0.0)
        its.hedges()

    assert None is its.next(lambda _ticket: 0.0)
