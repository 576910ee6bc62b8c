"""The scheduler through whole worlds of virtual time: what it promises of a run, from the first call to the last."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.worlds import REFUSED_S, Reply, bucket, coins, crowded, flapping, outage, plain, windows
from ippon.execute.limits import Bounds, Policy
from ippon.records.lane import Learned, Shared
from tests.execute.played import Played, dead, dies, slow_now_and_then
from tests.execute.watched import Watched

if TYPE_CHECKING:
    from ippon.records.call import FailureClass

SEEDS = st.integers(0, 10**6)
MOST_LOST = 25 // 4  # as many as may use up their attempts before the breaker opens: half of its window, four each


def about(random: Random, seconds: float):
    """A latency that varies a little."""
    return lambda: seconds * random.uniform(0.9, 1.1)


def server(kind: str, random: Random, seconds: float):
    """A server of a kind, with numbers of its own."""
    return KINDS[kind](plain(about(random, seconds)), random)


def trouble_of(random: Random) -> FailureClass:
    """Any trouble that may pass."""
    return random.choice(["server", "timeout", "transport", "overloaded", "connect", "rate_limit", "not_a_provider"])


def hint_of(random: Random) -> float | None:
    """What a server may ask to wait."""
    return random.choice([None, None, 0.5, 7.0, 119.0])


def span_of(random: Random) -> dict[str, float]:
    """When an outage begins and ends."""
    return {"begins_s": random.uniform(0, 9), "ends_s": random.choice([10, 100, 1000])}


KINDS = {
    "plain": lambda inner, _: inner,
    "coins": lambda inner, r: coins(inner, r, {trouble_of(r): r.choice([0.05, 0.3, 0.9])}, hint_of(r)),
    "items": lambda inner, r: coins(inner, r, {"rejected": 0.2, "input_too_long": 0.1}),
    "bucket": lambda inner, r: bucket(
        inner, per_minute=r.choice([30, 600, 6000]), burst_s=r.choice([1, 5]), least_s=r.choice([None, 1.0])
    ),
    "windows": lambda inner, r: windows(inner, each=r.choice([5, 100]), window_s=r.choice([1, 60])),
    "crowded": lambda inner, r: crowded(inner, most=r.choice([1, 10])),
    "outage": lambda inner, r: outage(inner, **span_of(r), reason=trouble_of(r)),
    "dies": lambda inner, r: dies(inner, trouble_of(r), **span_of(r), hint_s=hint_of(r)),
    "flapping": lambda inner, r: flapping(inner, up_s=r.choice([2, 20]), down_s=r.choice([2, 20])),
    "tail": lambda _, r: slow_now_and_then(r, share=0.05, slow_s=30.0),
    "dead": lambda _, r: dead(
        r.choice([trouble_of(r), "spend", "authentication", "not_found", "cancelled"]), r.choice([hint_of(r), 900.0])
    ),
}


@settings(max_examples=500, deadline=None)
@given(
    seed=SEEDS,
    kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4),
    calls=st.integers(1, 60),
    hedges=st.booleans(),
    budget=st.sampled_from([float("inf"), 5, 40]),
    shares=st.booleans(),
    adapts=st.booleans(),
)
def test_any_world_ends_and_each_call_in_it_once(seed, kinds, calls, hedges, budget, shares, adapts):
    """Whatever the servers do: no promise is broken on the way, nothing waits for nothing, and each ticket has its end."""
    random = Random(seed)
    pool = Shared(
        name="pool",
        max_in_flight=random.choice([None, 1, 5]),
        rpm=random.choice([None, 60, 3000]),
        tpm=random.choice([None, 10_000, 1e6]),
    )
    bounds, serve = {}, {}
    for n, kind in enumerate(kinds):
        start = random.choice([1, 4, 16])
        its = (pool,) if shares and random.random() < 0.7 else ()
        bounds[f"{n}"] = Bounds(start=start, ceiling=256 if adapts else start, shared=its)
        serve[f"{n}"] = server(kind, random, random.choice([0.05, 1.0, 4.0]))
    plan = [(random.choice(list(bounds)), random.choice([1.0, 100.0, 900.0])) for _ in range(calls)]
    w = Watched(bounds, random.random, hedges=hedges, budget=budget, policy=Policy(hedge_needs=5))

    played = Played(w, serve).play(plan)

    assert calls == len(w.ended)
    assert sum(w.sent.values()) + sum(w.hedged.values()) <= budget
    w.end_all()
    if kinds == ["plain"] and budget > calls:
        assert calls == played.answered


@settings(max_examples=30, deadline=None)
@given(
    seed=SEEDS,
    calls=st.integers(30, 600),
    reason=st.sampled_from(["server", "connect", "timeout", "transport", "overloaded"]),
    begins_s=st.sampled_from([0.0, 0.5, 3.0, 7.0]),
    latency_s=st.sampled_from([0.1, 1.0]),
    in_flight=st.sampled_from([(1, 1), (16, 256), (50, 50)]),
)
def test_a_total_outage_is_not_amplified(seed, calls, reason, begins_s, latency_s, in_flight):
    """No more than 1.2 for each that is due and 30, and what was in flight when it began.

    And three probes each half minute, and what the retry budget gains by time alone.
    """
    random = Random(seed)
    serve = dies(plain(about(random, latency_s)), reason, begins_s=begins_s, ends_s=180.0 + begins_s)
    w = Watched({"a": Bounds(start=in_flight[0], ceiling=in_flight[1])}, random.random)

    played = Played(w, {"a": serve}).play([("a", 0.0)] * calls)

    lost = sum(begins_s - latency_s * 1.1 <= at <= begins_s + REFUSED_S for at, _ in played.began)
    gained = Policy().budget_per_s * 180.0
    assert w.sent["a"] <= 1.2 * calls + 30 + lost + 3 * 12 + gained
    if reason != "connect" or played.answered:
        assert calls - played.answered <= MOST_LOST


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, most=st.integers(1, 12))
@example(seed=0, most=1)
def test_no_lane_starves_beside_greater_ones(seed, most):
    """Ten lanes of sizes 1 to 82 share their places: each has its turn before another has its second."""
    random = Random(seed)
    pool = Shared(name="-j", max_in_flight=most)
    lanes = [f"{n}" for n in range(10)]
    bounds = {lane: Bounds(start=most, ceiling=most, shared=(pool,)) for lane in lanes}
    plan = [(lane, 0.0) for n, lane in enumerate(lanes) for _ in range(1 + n * n)]
    w = Watched(bounds, random.random)
    for each in plan:
        w.ask(*each)

    played = Played(w, dict.fromkeys(lanes, plain(about(random, 1.0)))).play([])

    assert len(plan) == played.answered
    order = [lane for _, lane in played.began][most:]  # the first few places were free for whoever came first
    for lane in lanes:
        turns = [n for n, each in enumerate(order) if each == lane]
        assert not turns or turns[0] < 10
        assert all(later - earlier <= 10 for earlier, later in pairwise(turns))


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, rpm=st.sampled_from([30.0, 600.0, 6000.0]), tokens=st.booleans())
def test_a_declared_rate_is_kept_and_used(seed, rpm, tokens):
    """Never above it (the watch sees to that), and at least nine tenths of it, by lanes whose prompts differ in size."""
    random = Random(seed)
    pool = Shared(name="p", rpm=None if tokens else rpm, tpm=100 * rpm if tokens else None)
    bounds = {lane: Bounds(shared=(pool,)) for lane in "ab"}
    sizes = [50.0, 100.0, 150.0]
    plan = [(random.choice("ab"), random.choice(sizes)) for _ in range(min(1200, int(2 * rpm)))]
    w = Watched(bounds, random.random)

    played = Played(w, {lane: plain(about(random, 0.5)) for lane in "ab"}).play(plan)

    used = sum(size for _, size in plan) / 100 if tokens else len(plan)
    assert len(plan) == played.answered == sum(w.sent.values())
    assert used / (w.now + 2 + 60 / rpm) >= 0.9 * rpm / 60


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, calls=st.integers(100, 400), share=st.sampled_from([0.0, 0.03, 0.2]))
def test_hedges_are_few(seed, calls, share):
    """A twentieth of the calls at most, however many are slow; one result each."""
    random = Random(seed)
    w = Watched({"a": Bounds(start=20, ceiling=20)}, random.random, hedges=True)

    Played(w, {"a": slow_now_and_then(random, share=share, slow_s=60.0)}).play([("a", 0.0)] * calls)

    assert w.hedged["a"] <= 0.05 * calls
    assert calls == w.sent["a"] == Counter(w.ended.values())["Answer"]


@pytest.mark.parametrize(("hedges", "seconds"), [(False, 60.0), (True, 25.0)])
def test_hedges_shorten_a_tail(hedges, seconds):
    """Three of three hundred hang for a minute; asked again they do not, and 15 s of work are not 75."""
    course = {n: Reply(60.0 if n in {100, 150, 200} else 0.9) for n in range(300)}
    order = iter(course.values())
    w = Watched({"a": Bounds(start=20, ceiling=20)}, lambda: 0.5, hedges=hedges)

    Played(w, {"a": lambda _now: next(order, Reply(0.9))}).play([("a", 0.0)] * 300)

    assert (w.now > seconds) is not hedges
    assert w.hedged["a"] == (3 if hedges else 0)


@pytest.mark.parametrize("learned", [None, Learned(limit=100, was_cut=True, rate=20.0)])
def test_thirty_percent_failures_lose_next_to_nothing(learned):
    """Row 27: at least 99.9% of the items complete, since an empty budget defers and never drops."""
    random = Random(3)
    w = Watched({"a": Bounds(learned=learned)}, random.random)

    played = Played(w, {"a": coins(plain(about(random, 1.0)), random, {"server": 0.3})}).play([("a", 0.0)] * 2000)

    assert played.answered >= 1998


def test_flapping_costs_few_probes():
    """Row 28: 20 s up, 20 s down; whatever is sent while down is a probe, or what found out that it is down."""
    random = Random(1)
    w = Watched({"a": Bounds(start=16, ceiling=40)}, random.random)

    played = Played(w, {"a": flapping(plain(about(random, 1.0)), up_s=20, down_s=20)}).play([("a", 0.0)] * 1500)

    while_down = Counter(int(at // 40) for at, _ in played.began if at % 40 >= 20)
    assert 1500 == played.answered
    assert max(while_down.values()) <= 160
