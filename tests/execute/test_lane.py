"""One lane: what it waits for, what it says of it, and when it has no point any more."""

from __future__ import annotations

import pytest

from ippon.execute.events import Settle
from ippon.execute.lane import Lane, Sent
from ippon.execute.limits import Bounds, Policy
from ippon.execute.pool import Pool
from ippon.records.call import Allowances, Failure, Told
from ippon.records.lane import Learned, Shared

POLICY = Policy()


def lane(bounds: Bounds | None = None, *, jitter: float = 0.5) -> Lane:
    """A lane of eight places."""
    its = bounds or Bounds(start=8, ceiling=8)
    return Lane("a", its, tuple(Pool(each) for each in its.shared), POLICY, lambda: jitter, 0.0)


def failure(reason: str = "rate_limit", hint_s: float | None = None) -> Failure:
    """A failure of a kind."""
    return Failure(reason=reason, message=reason, retry_after_s=hint_s)


def refuse(
    its: Lane, n: int, *, now: float = 1.0, reason: str = "rate_limit", hint_s: float | None = None
) -> list[bool]:
    """So many calls sent now and refused at once; whether each is excused."""
    sent = [its.sends(now, 0.0, first=True) for _ in range(n)]
    return [its.failed(failure(reason, hint_s), each, now) for each in sent]


def answer(its: Lane, now: float = 1.0, took_s: float = 1.0) -> None:
    """A call is sent and answered."""
    its.accepted(its.sends(now - took_s, 0.0, first=True), now)


def test_the_queue_gives_the_one_asked_first():
    """And all of them in order when it is emptied."""
    its = lane()
    for ticket in (3, 1, 2):
        its.queue(ticket)

    assert 1 == its.pop()
    assert [2, 3] == its.drain()
    assert [] == its.ready


def test_single_refusals_are_their_items_matter():
    """Row 16: two of them pause nothing; the third in a row is an episode, and its hint the lane's."""
    its = lane()
    refuse(its, 2, hint_s=7.0)
    assert 1.0 == its.opens_at(1.0, 0.0)
    refuse(its, 1, hint_s=7.0)

    assert 8.35 == round(its.opens_at(1.0, 0.0), 9)
    assert 6 == its.limit


def test_an_episode_without_a_hint_backs_off():
    """Half of two seconds, of four, of eight while nothing is answered, a second at least; places are halved as well."""
    its, pauses, limits = lane(), [], []
    for now in (100.0, 200.0, 300.0, 400.0):
        refuse(its, 3, now=now)
        pauses.append(its.opens_at(now, 0.0) - now)
        limits.append(its.limit)

    assert [1.0, 1.0, 2.0, 4.0] == pauses
    assert [6, 3, 1, 1] == limits
    answer(its, 500.0)
    assert 6 == its.limit


@pytest.mark.parametrize(("hint_s", "opens_at"), [(5.0, 6.0), (100.0, 101.0), (9999.0, 121.0)])
def test_an_overloaded_server_is_left_alone_at_once(hint_s, opens_at):
    """A hint of a 503 or 529 is the lane's, with the first of them; two minutes at most, since what asks for more ends it."""
    its = lane()
    refuse(its, 1, reason="overloaded", hint_s=hint_s)

    assert opens_at == its.opens_at(1.0, 0.0)


def test_pauses_only_extend():
    """A shorter one is part of the longer."""
    its = lane()
    refuse(its, 1, reason="overloaded", hint_s=50.0)
    refuse(its, 1, reason="overloaded", hint_s=5.0)

    assert 51.0 == its.opens_at(1.0, 0.0)


def test_what_was_refused_with_others_is_excused():
    """Whoever was sent before an episode began, and whoever failed while the breaker was not closed."""
    its = lane()
    before = its.sends(0.5, 0.0, first=True)
    assert [False, False, True] == refuse(its, 3, now=1.0)
    assert its.failed(failure(), before, 1.5)
    late = its.sends(2.0, 0.0, first=True)
    refuse(its, 30, now=2.0, reason="server")

    assert "OPEN" == its.breaker.state
    assert its.failed(failure("server"), late, 2.5)


def test_a_lane_says_what_it_waits_for():
    """Nothing; a pause it was asked for; a breaker; a rate."""
    its = lane()
    assert None is its.hold(0.0)
    refuse(its, 1, reason="overloaded", hint_s=7.0)
    cooling = its.hold(2.0)
    assert cooling is not None
    assert ("cooling", 6.0, 7.0, "overloaded", 1, 1, 8) == (
        cooling.why,
        cooling.left_s,
        cooling.asked_s,
        cooling.message,
        cooling.refused,
        cooling.finished,
        cooling.limit,
    )
    refuse(its, 30, now=10.0, reason="server")
    down = its.hold(10.0)
    assert down is not None
    assert ("down", 0.0) == (down.why, down.asked_s)
    paced = lane(Bounds(start=8, ceiling=8, learned=Learned(limit=8, rate=0.1)))
    answer(paced, 1.0)
    hold = paced.hold(1.0)
    assert hold is not None
    assert "paced" == hold.why


def test_headers_of_answers_are_heeded():
    """Requests and tokens, each counted from what had been sent when the call was."""
    its = lane()
    sent = its.sends(0.0, 50.0, first=True)
    assert Sent(0.0, 1.0, 50.0) == sent
    its.told(Allowances(), sent, 1.0)
    assert 1.0 == its.opens_at(1.0, 10.0)
    its.told(Allowances(requests=Told(remaining=5, limit=10, reset_s=5)), sent, 1.0)
    its.told(Allowances(tokens=Told(remaining=20, limit=100, reset_s=8)), sent, 1.0)

    assert 1.0 == its.opens_at(1.0, 20.0)
    assert 2.0 == its.opens_at(1.0, 30.0)
    its.told(Allowances(requests=Told(remaining=0, limit=10, reset_s=5)), sent, 1.0)
    assert 1.5 == its.opens_at(1.0, 20.0)


def test_what_a_call_took_beyond_its_guess_is_settled():
    """Where tokens have a rate; nothing where the guess was right; a minute's worth at most, whatever is claimed."""
    tokens, requests = Shared(name="t", tpm=1000), Shared(name="r", rpm=60)
    its = lane(Bounds(start=1, ceiling=1, shared=(tokens, requests)))

    assert [Settle(tokens, -20.0)] == its.settles(-20.0)
    assert [Settle(tokens, 1000.0)] == its.settles(1e15)
    assert [] == its.settles(0.0)


def test_retries_have_a_budget_that_comes_back():
    """Thirty; a fifth for each first attempt, one for each answer, a fifth a second; five hundred at most."""
    its = lane()
    assert [True] * 30 + [False] == [its.affords_retry(0.0) for _ in range(31)]
    assert [True, False] == [its.affords_retry(5.0), its.affords_retry(5.0)]
    answer(its, 6.0)
    assert its.affords_retry(6.0)
    for _ in range(600):
        answer(its, 7.0)

    assert 500 == sum(its.affords_retry(7.0) for _ in range(600))


@pytest.mark.parametrize(
    ("reasons", "again", "answered", "expected"),
    [
        (["connect"] * 4, True, False, False),
        (["connect"] * 5, True, False, True),
        (["connect"] * 9, True, True, False),
        (["connect"], False, False, True),
        (["connect", "server"] * 9, True, False, False),
        (["not_a_provider"] * 5, True, True, True),
        (["not_a_provider"] * 4, True, True, False),
        (["not_a_provider", "server"] * 5, True, True, False),
        (["server"], False, False, False),
    ],
)
def test_a_lane_is_over_where_nobody_is_there(reasons, again, answered, expected):
    """Five refused connections of a lane that never answered, or five answers in a row that are no provider's."""
    its = lane()
    if answered:
        answer(its, 0.5)
    for each in reasons:
        refuse(its, 1, reason=each)

    assert expected is its.is_over(failure(reasons[-1]), 1.0, again=again)


def test_a_lane_is_over_after_five_minutes_down_or_a_hint_beyond_two():
    """Row 18; an answer begins the five minutes anew."""
    its = lane()
    assert its.is_over(failure(hint_s=121.0), 1.0, again=True)
    assert not its.is_over(failure(hint_s=120.0), 1.0, again=True)
    refuse(its, 1, now=10.0)
    assert not its.is_over(failure(), 309.9, again=True)
    assert its.is_over(failure(), 310.0, again=True)
    answer(its, 311.0)

    assert not its.is_over(failure(), 320.0, again=True)


def test_a_lane_remembers_what_it_has_learned():
    """Where it stands; a declared rate is not learned."""
    adaptive, declared = (lane(Bounds(start=8, ceiling=256, shared=its)) for its in ((), (Shared(name="p", rpm=60),)))
    for its in (adaptive, declared):
        for n in range(40):
            answer(its, 1.0 + n / 10, took_s=0.1)
        refuse(its, 3, now=6.0)

    assert adaptive.adapts
    assert adaptive.learned.rate is not None
    assert (True, None) == (declared.learned.was_cut, declared.learned.rate)


def test_a_lane_that_is_not_well_is_not_calm_and_one_that_fails_is_not_idle():
    """Calm ones are hedged, idle ones are given more to do."""
    its = lane()
    assert (True, True) == (its.is_idle, its.is_calm(0.0))
    refuse(its, 5, reason="server")
    assert (False, True) == (its.is_idle, its.is_calm(1.0))
    refuse(its, 1, reason="overloaded", hint_s=3.0)
    assert not its.is_calm(2.0)
    assert its.is_calm(4.0)
    its.stopped = failure("spend")
    assert not its.is_calm(4.0)
    its.queue(1)
    assert not its.is_idle


def test_calls_fail_all_around():
    """Then an item may be asked twice as often."""
    its = lane()
    assert 4 == its.attempts(failure("server"))
    refuse(its, 20, reason="server")

    assert 8 == its.attempts(failure("server"))
