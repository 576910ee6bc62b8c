"""What lanes share: places, permits in blocks, and the arithmetic of a rate."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.execute.events import Reserve
from ippon.execute.gcra import BURST_S, reserved
from ippon.execute.pool import Pool
from ippon.records.lane import Shared


def test_places():
    """So many in flight; without a number, any."""
    pool, free = Pool(Shared(name="p", max_in_flight=1)), Pool(Shared(name="q"))
    for each in (pool, free):
        assert each.has_room()
        each.take(10.0)

    assert (False, True) == (pool.has_room(), free.has_room())
    pool.release()
    assert pool.has_room()


def test_permits_are_needed_only_where_there_is_a_rate():
    """Places alone need none."""
    assert Pool(Shared(name="p", max_in_flight=1)).has_permit(1e9)
    assert not Pool(Shared(name="p", rpm=1)).has_permit(0.0)
    assert not Pool(Shared(name="p", tpm=1)).has_permit(0.0)


@pytest.mark.parametrize(
    ("shared", "waiting", "tokens", "expected"),
    [
        (Shared(name="p", rpm=6000), 100, 0.0, (25, 0.0)),
        (Shared(name="p", rpm=6000), 7, 0.0, (7, 0.0)),
        (Shared(name="p", rpm=6), 100, 0.0, (1, 0.0)),
        (Shared(name="p", tpm=60_000), 100, 50.0, (5, 250.0)),
        (Shared(name="p", tpm=60), 100, 5000.0, (1, 5000.0)),
        (Shared(name="p", tpm=60), 9, 0.0, (9, 0.0)),
        (Shared(name="p", rpm=6000, tpm=60_000), 100, 50.0, (5, 250.0)),
    ],
)
def test_a_reservation_is_for_a_quarter_of_a_second(shared, waiting, tokens, expected):
    """For what waits at most, for one call at least."""
    assert Reserve(shared, *expected) == Pool(shared).reserves(waiting, tokens)


def test_permits_are_used_up():
    """One a call."""
    pool = Pool(Shared(name="p", rpm=600))
    assert Reserve(pool.shared, 2, 20.0) == pool.reserves(9, 10.0)
    assert pool.asked
    pool.granted(2, 5.0)
    assert (False, 5.0) == (pool.asked, pool.opens_at)
    pool.take(500.0)  # tokens are nobody's matter where they have no rate
    pool.take(500.0)

    assert not pool.has_permit(1.0)


def test_tokens_of_a_block_are_counted_call_by_call():
    """A block that a small call asked for is not enough for a great one: the rest is asked for."""
    pool = Pool(Shared(name="p", tpm=60_000))
    pool.reserves(4, 10.0)
    pool.granted(4, 0.0)
    assert pool.has_permit(40.0)
    assert not pool.has_permit(41.0)

    assert Reserve(pool.shared, 0, 60.0) == pool.reserves(1, 100.0)
    pool.granted(0, 0.0)
    pool.take(100.0)
    assert not pool.has_permit(1.0)


def test_what_is_left_of_a_block_serves_the_next():
    """Nothing is asked for twice."""
    pool = Pool(Shared(name="p", tpm=60_000))
    pool.reserves(1, 1000.0)
    pool.granted(1, 0.0)
    pool.take(10.0)

    assert Reserve(pool.shared, 2, 0.0) == pool.reserves(3, 100.0)


@settings(deadline=None)
@given(
    per_s=st.sampled_from([0.01, 1.0, 50.0]),
    steps=st.lists(st.tuples(st.floats(0, 20), st.sampled_from([0.0, 1.0, 1.0, 3.0, 40.0])), max_size=60),
)
def test_no_window_has_more_than_its_rate_and_a_burst(per_s, steps):
    """Whoever waits as long as is said keeps the rate, in any window; what is larger than a burst goes alone."""
    now, arrival, used = 1000.0, -inf, []
    for pause, amount in steps:
        now += pause
        arrival, wait_s = reserved(arrival, amount, per_s, now)
        assert wait_s >= 0
        used.append((now + wait_s, amount))
    used.sort()
    for n, (begins, _) in enumerate(used):
        total = greatest = 0.0
        for ends, amount in used[n:]:
            total, greatest = total + amount, max(greatest, amount)
            assert total <= per_s * (ends - begins + BURST_S) + greatest + 1e-6


def test_a_full_bucket_and_then_the_rate():
    """600 a minute: twenty at once after a silence, then one each tenth of a second."""
    arrival, waits = 0.0, []
    for _ in range(23):
        arrival, wait_s = reserved(arrival, 1.0, 10.0, 5000.0)
        waits.append(round(wait_s, 6))

    assert [0.0] * 20 + [0.1, 0.2, 0.3] == waits


def test_a_call_greater_than_the_burst_does_not_wait_forever():
    """It goes out once the bucket is full; what comes after waits for what it took."""
    arrival, first = reserved(0.0, 100.0, 10.0, 5000.0)
    _, second = reserved(arrival, 1.0, 10.0, 5000.0)

    assert (0.0, 8.1) == (first, round(second, 6))


def test_what_was_not_taken_is_given_back():
    """A settled call that took less lets the next go sooner."""
    arrival, _ = reserved(0.0, 100.0, 10.0, 5000.0)
    arrival, _ = reserved(arrival, -80.0, 10.0, 5000.0)

    assert 0.1 == round(reserved(arrival, 1.0, 10.0, 5000.0)[1], 6)
