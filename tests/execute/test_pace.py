"""The learned rate: when there is one, what it is, how it grows, and how it spaces the sends."""

from __future__ import annotations

from ippon.execute.limits import Policy
from ippon.execute.pace import REMEMBERED, Pace

POLICY = Policy()


def accepted(pace: Pace, per_s: float, *, begins: float, seconds: float) -> float:
    """Answers evenly spaced; when the last one came."""
    now = begins
    for n in range(1, int(per_s * seconds) + 1):
        now = begins + n / per_s
        pace.accepted(now)
    return now


def learned(per_s: float = 20.0, seconds: float = 5.0) -> tuple[Pace, float]:
    """A pace that has learned from so many answers, and the time of its episode."""
    pace = Pace(POLICY, 0.0)
    now = accepted(pace, per_s, begins=0.0, seconds=seconds)
    pace.episode(now, 0.1)
    return pace, now


def test_there_is_no_rate_before_an_episode():
    """Nothing is held up."""
    pace = Pace(POLICY, 0.0)
    accepted(pace, 100.0, begins=0.0, seconds=3.0)
    pace.sent(3.0)

    assert None is pace.rate
    assert pace.opens_at < 0


def test_an_episode_learns_a_little_less_than_what_was_accepted():
    """.95 of the last three seconds."""
    pace, _ = learned()

    assert pace.rate is not None
    assert 18.5 <= pace.rate <= 20


def test_too_few_answers_teach_nothing():
    """A rate of them would starve a lane for minutes: nine of them, or ten within less than a second."""
    few, quick, none = learned(2.0, 4.5)[0], learned(100.0, 0.5)[0], learned(1.0, 0.0)[0]

    assert (None, None, None) == (few.rate, quick.rate, none.rate)


def test_a_slow_lane_is_looked_at_for_longer():
    """Ten answers, as long as they came within a minute."""
    pace = learned(0.5, 30.0)[0]

    assert pace.rate is not None
    assert 0.4 <= pace.rate <= 0.56
    assert None is learned(0.1, 200.0)[0].rate


def test_slow_calls_have_to_be_watched_for_two_latencies():
    """Two seconds of answers say nothing about a lane whose calls take five."""
    pace = Pace(POLICY, 0.0)
    now = accepted(pace, 20.0, begins=0.0, seconds=2.0)
    pace.episode(now, 5.0)

    assert None is pace.rate


def test_later_episodes_slow_it_down():
    """A cut; and not above what came through between the two, where that is enough to go by."""
    pace, now = learned()
    rate = pace.rate
    assert rate is not None
    pace.episode(now + 1.0, 0.1)
    assert rate * 0.93 == pace.rate
    accepted(pace, 5.0, begins=now + 1.0, seconds=10.0)
    pace.episode(now + 11.0, 0.1)

    assert 4.5 <= pace.rate <= 5.0


def test_ten_answers_and_an_episode_at_one_moment_teach_nothing():
    """Nothing is divided by no time."""
    pace = Pace(POLICY, 7.0, rate=10.0)
    for _ in range(12):
        pace.accepted(7.0)
    pace.episode(7.0, 0.0)

    assert 9.3 <= (pace.rate or 0) <= 9.6


def test_it_grows_faster_the_longer_nothing_is_refused():
    """Little in the first seconds, a multiple within a minute, and in the end there is no rate at all."""
    pace, now = learned()
    start = pace.rate or 0
    now = accepted(pace, 20.0, begins=now, seconds=5.0)
    soon = pace.rate or 0
    now = accepted(pace, 20.0, begins=now, seconds=60.0)
    later = pace.rate
    accepted(pace, 100.0, begins=now, seconds=120.0)

    assert start < soon < 1.2 * start
    assert later is None or later > 2 * start
    assert None is pace.rate


def test_sends_are_spaced_evenly():
    """A tenth of a second of silence may be made up for, no more."""
    pace = Pace(POLICY, 0.0, rate=10.0)
    pace.sent(5.0)
    assert 5.0 == pace.opens_at
    pace.sent(5.0)
    pace.sent(5.1)

    assert 5.2 == round(pace.opens_at, 9)


def test_it_remembers_a_bounded_number():
    """However many answers there are."""
    pace = Pace(POLICY, 0.0)
    accepted(pace, 5000.0, begins=0.0, seconds=2.0)

    assert REMEMBERED == len(pace._accepted)
