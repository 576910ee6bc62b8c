"""How many calls a lane has in flight, and when refusals are its matter."""

from __future__ import annotations

import pytest

from ippon.execute.concurrency import Concurrency
from ippon.execute.limits import Bounds, Policy
from ippon.execute.throttling import Throttling
from ippon.records.lane import Learned

POLICY = Policy()


def concurrency(start: int = 16, ceiling: int = 256, learned: Learned | None = None) -> Concurrency:
    """A lane's."""
    return Concurrency(Bounds(start=start, ceiling=ceiling, learned=learned), POLICY)


def test_it_doubles_a_clean_round_until_the_first_cut():
    """An answer each, every place in use: 16, 32, ... and never above the ceiling."""
    its, seen = concurrency(), []
    for _ in range(5):
        for _ in range(its.limit):
            its.accepted(its.limit)
        seen.append(its.limit)

    assert [32, 64, 128, 256, 256] == seen


def test_it_grows_only_where_the_places_are_used():
    """80% of them."""
    its = concurrency(start=10)
    its.accepted(7)

    assert 10 == its.limit
    its.accepted(8)
    assert 11 == its.limit


def test_an_episode_takes_a_fifth_and_growth_is_slow_then():
    """Slowest near where it was cut; 5% a round of answers elsewhere."""
    its = concurrency(start=100)
    its.cut()
    assert (80, True) == (its.limit, its.was_cut)
    for _ in range(80):
        its.accepted(80)
    far = its.limit
    for _ in range(400):
        its.accepted(its.limit)

    assert 83 <= far <= 85
    assert far < its.limit <= 102


def test_it_never_falls_below_one():
    """However many episodes there are."""
    its = concurrency(start=2)
    for _ in range(50):
        its.cut()

    assert 1 == its.limit
    for _ in range(20):
        its.accepted(1)
    assert its.limit >= 2


@pytest.mark.parametrize(
    ("learned", "expected"),
    [
        (Learned(limit=100), (100, False)),
        (Learned(limit=5, was_cut=True), (5, True)),
        (Learned(limit=9999), (256, False)),
    ],
)
def test_what_is_remembered_is_where_it_starts(learned, expected):
    """Never above the ceiling."""
    its = concurrency(learned=learned)

    assert expected == (its.limit, its.was_cut)


def begins(its: Throttling, refusals: str, *, sent_at: float = 0.0, now: float = 1.0, in_flight: int = 0) -> list[int]:
    """The places of a row of refusals (x) and answers (.) at which an episode begins."""
    return [
        n
        for n, each in enumerate(refusals, start=1)
        if its.begins(refused=each == "x", sent_at=sent_at, now=now, in_flight=in_flight)
    ]


@pytest.mark.parametrize(
    ("refusals", "in_flight", "expected"),
    [
        ("x", 0, []),
        ("xx.xx.", 0, []),
        ("xxx", 0, [3]),
        ("x...x...x...x...x", 0, [17]),
        ("x....x....x....x....x....x", 0, []),
        ("xxx", 100, []),
        ("x" * 15, 100, [15]),
        ("x" * 16, 1000, [16]),
    ],
)
def test_an_episode_is_three_in_a_row_or_a_quarter_of_the_last_twenty(refusals, in_flight, expected):
    """With many in flight it takes more, since refusals arrive before answers."""
    assert expected == begins(Throttling(POLICY), refusals, in_flight=in_flight)


def test_what_was_sent_before_an_episode_does_not_begin_another():
    """It is part of that one."""
    its = Throttling(POLICY)
    begins(its, "xxx", now=5.0)

    assert [] == begins(its, "x" * 20, sent_at=4.9, now=6.0)
    assert (True, True, False) == (its.covers(4.9), its.covers(5.0), its.covers(5.1))
    assert [3] == begins(its, "xxx", sent_at=5.0, now=6.0)
