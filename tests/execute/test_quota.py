"""What a server tells of its limits, counted down."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.execute.quota import BELIEVED_S, Allowance
from ippon.records.call import Told

NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([-1.0, 0.0, 1.0, 60.0, 1e12, 1e13])


def told(remaining: float, limit: float = 100.0, reset_s: float = 50.0) -> Told:
    """A server's words."""
    return Told(remaining=remaining, limit=limit, reset_s=reset_s)


def test_nothing_is_held_up_before_a_server_has_told():
    """Whatever is wanted."""
    its = Allowance()
    its.take(1e9)

    assert 3.0 == its.opens_at(1e9, 3.0)


def test_what_is_left_may_be_used_and_then_it_comes_back_evenly():
    """90 of 100 are gone and come back within 50 s: 1.8 a second."""
    its = Allowance()
    its.told(told(10.0, reset_s=50.0), 0.0, 0.0)
    for _ in range(10):
        assert 0.0 == its.opens_at(1.0, 0.0)
        its.take(1.0)

    assert 1 / 1.8 == pytest.approx(its.opens_at(1.0, 0.0))
    assert 5 / 1.8 == pytest.approx(its.opens_at(5.0, 0.0))


def test_what_was_sent_since_is_not_in_the_servers_count():
    """A reply that was long under way tells of how things were."""
    its = Allowance()
    its.take(1.0)
    then = its.used
    its.take(4.0)
    its.told(told(4.0), then, 1.0)

    assert its.opens_at(1.0, 1.0) > 1.0
    assert 5.0 == its.used


@pytest.mark.parametrize(
    "words",
    [
        told(-1.0),
        told(1.0, reset_s=0.0),
        told(1.0, reset_s=-5.0),
        told(101.0),
        told(100.0),
        told(nan),
        told(1.0, reset_s=nan),
        told(1.0, limit=inf),
        told(1.0, limit=1e13),
        told(1.0, reset_s=inf),
    ],
)
def test_absurd_words_are_not_heard(words):
    """Rows 17 and 19: no freeze, no division by zero; and a full limit says nothing."""
    its = Allowance()
    its.told(words, 0.0, 0.0)

    assert 0.0 == its.opens_at(1e6, 0.0)


@settings(deadline=None)
@given(remaining=NUMBERS, limit=NUMBERS, reset_s=NUMBERS, amount=st.floats(0, 1e9))
def test_nobody_waits_longer_than_two_minutes_for_a_header(remaining, limit, reset_s, amount):
    """Any words, any amount."""
    its = Allowance()
    its.told(Told(remaining=remaining, limit=limit, reset_s=reset_s), 0.0, 10.0)
    its.take(amount)

    assert 10.0 <= its.opens_at(amount, 10.0) <= 10.0 + BELIEVED_S
    assert 500.0 == its.opens_at(amount, 500.0)
