"""The numbers of the policies: attempts, delays, jitter, bounds."""

from __future__ import annotations

from math import sqrt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.execute.breaker import Breaker
from ippon.execute.limits import Bounds, Policy, delay_s
from ippon.records.call import Failure
from ippon.records.lane import Shared

POLICY = Policy()
DRAWS = 10_000


def failure(reason: str = "server", hint_s: float | None = None) -> Failure:
    """A failure of a kind."""
    return Failure(reason=reason, message="", retry_after_s=hint_s)


@pytest.mark.parametrize(
    ("reason", "attempts"),
    [("rate_limit", 5), ("overloaded", 5), ("server", 4), ("timeout", 4), ("transport", 4), ("connect", 6)],
)
def test_attempts(reason, attempts):
    """Five where throttled, four where it is transient; one more connection than ends a lane that never answered."""
    assert attempts == POLICY.attempts(failure(reason))


@pytest.mark.parametrize(
    ("reason", "tries", "longest"),
    [
        ("rate_limit", 1, 1.0),
        ("rate_limit", 2, 2.0),
        ("overloaded", 5, 16.0),
        ("overloaded", 9, 20.0),
        ("server", 1, 0.25),
        ("server", 4, 2.0),
        ("connect", 10**6, 20.0),
    ],
)
def test_backoff_is_full_jitter(reason, tries, longest):
    """Property 20: from nothing to the longest, and half of it in the mean, within three standard errors of 10,000 draws."""
    random = Random(tries)
    drawn = [delay_s(POLICY, failure(reason), tries, random.random()) for _ in range(DRAWS)]
    error = longest / sqrt(12) / sqrt(DRAWS)

    assert 0 <= min(drawn) <= 0.01 * longest
    assert 0.99 * longest <= max(drawn) <= longest
    assert abs(sum(drawn) / DRAWS - longest / 2) <= 3 * error


def test_a_hint_is_waited_for_and_up_to_a_tenth_more():
    """Never less; 5% more in the mean."""
    random = Random(0)
    drawn = [delay_s(POLICY, failure(hint_s=10.0), 3, random.random()) for _ in range(DRAWS)]

    assert 10.0 <= min(drawn)
    assert max(drawn) <= 11.0
    assert abs(sum(drawn) / DRAWS - 10.5) <= 3 / sqrt(12) / sqrt(DRAWS)


def test_an_open_breaker_waits_for_half_fixed_half_drawn():
    """Three quarters of half a minute in the mean."""
    random, spans = Random(0), []
    for _ in range(DRAWS):
        breaker = Breaker(POLICY, random.random)
        for _ in range(5):
            breaker.observe("connect", sent_at=0.0, now=0.0, in_flight=0)
        spans.append(breaker.opens_at(0.0))

    assert 15.0 <= min(spans)
    assert max(spans) <= 30.0
    assert abs(sum(spans) / DRAWS - 22.5) <= 3 * 15 / sqrt(12) / sqrt(DRAWS)


@settings(deadline=None)
@given(
    reason=st.sampled_from(["server", "rate_limit", "connect", "timeout"]),
    tries=st.integers(1, 10**9),
    jitter=st.floats(0, 1),
)
def test_a_delay_is_never_longer_than_its_cap(reason, tries, jitter):
    """Property 11: between nothing and 20 s, after however many attempts."""
    assert 0 <= delay_s(POLICY, failure(reason), tries, jitter) <= POLICY.cap_s


def test_a_declared_rate_is_not_learned_as_well():
    """Requests a minute are what is declared; places and tokens are something else."""
    assert Bounds(shared=(Shared(name="a"), Shared(name="b", rpm=60))).is_fixed
    assert not Bounds(shared=(Shared(name="a", max_in_flight=3, tpm=60),)).is_fixed
