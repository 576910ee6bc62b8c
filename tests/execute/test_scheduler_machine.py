"""The scheduler under any order of events: several lanes, shared pools, adaptive and fixed bounds, hedges, all failures."""

from __future__ import annotations

from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ippon.execute.events import Woke
from ippon.execute.limits import Bounds, Policy
from ippon.records.call import Allowances, Failure, Told
from ippon.records.lane import Learned, Shared
from tests.execute.watched import Watched

LANES = "abcd"
REASONS = (
    "connect", "timeout", "transport", "server", "overloaded", "rate_limit", "spend", "authentication", "not_found",
    "not_a_provider", "rejected", "input_too_long", "cancelled",
)  # fmt: skip
HINTS = st.none() | st.sampled_from([1e-9, 0.5, 7.0, 119.9, 120.0, 121.0, 3e7])
FAILURES = st.builds(
    lambda reason, hint: Failure(reason=reason, message=reason, retry_after_s=hint), st.sampled_from(REASONS), HINTS
)
PASSING = st.builds(
    lambda reason, hint: Failure(reason=reason, message=reason, retry_after_s=hint),
    st.sampled_from(["server", "rate_limit", "overloaded", "connect", "timeout"]),
    st.none() | st.sampled_from([0.5, 7.0]),
)
ABSURD = st.sampled_from([-1.0, 0.0, 1e-9, 1.0, 10.0, 1000.0, 1e12, 1e300, float("inf"), float("nan")])
TOLD = st.builds(lambda left, limit, reset: Told(remaining=left, limit=limit, reset_s=reset), ABSURD, ABSURD, ABSURD)
ALLOWANCES = st.none() | st.builds(
    lambda requests, tokens: Allowances(requests=requests, tokens=tokens), st.none() | TOLD, st.none() | TOLD
)
SHARES = st.builds(
    lambda most, rpm, tpm: {"max_in_flight": most, "rpm": rpm, "tpm": tpm},
    st.none() | st.integers(1, 6),
    st.none() | st.sampled_from([1.0, 6.0, 600.0, 6000.0]),
    st.none() | st.sampled_from([10.0, 6000.0, 1e6]),
)
LEARNED = st.none() | st.builds(
    lambda limit, was_cut, rate: Learned(limit=limit, was_cut=was_cut, rate=rate),
    st.integers(1, 300),
    st.booleans(),
    st.none() | st.sampled_from([0.2, 20.0, 5000.0]),
)
# Small numbers, so that breakers, episodes and hedges come about within sixty steps.
QUICK = {
    "breaker_needs": 6, "breaker_window": 8, "connects": 4, "hedge_needs": 3, "hedge_share": 0.5, "hedge_least_s": 0.1, "episode_window": 8,
    "rate_needs": 3, "budget_start": 4.0,
}  # fmt: skip


class World(RuleBasedStateMachine):
    """Any order of events; `Watched` checks all that was promised after each."""

    @initialize(
        data=st.data(),
        shared=st.lists(SHARES, max_size=2),
        hedges=st.booleans(),
        budget=st.just(float("inf")) | st.integers(0, 60),
        quick=st.booleans(),
        jitter=st.sampled_from([0.0, 0.5, 1.0]) | st.integers(1, 9),
    )
    def build(self, data, shared, hedges, budget, quick, jitter):
        pools = [Shared(name=f"pool {n}", **each) for n, each in enumerate(shared)]
        bounds: dict[str, Bounds] = {}
        for lane in LANES:
            start = data.draw(st.integers(1, 8), label="start")
            ceiling = data.draw(st.sampled_from([start, start, 256]), label="ceiling")
            its = data.draw(st.sets(st.sampled_from(range(len(pools)))) if pools else st.just(set()), label="shares")
            learned = data.draw(LEARNED, label="learned")
            bounds[lane] = Bounds(
                start=start, ceiling=ceiling, shared=tuple(pools[n] for n in sorted(its)), learned=learned
            )
        draws = Random(jitter).random if isinstance(jitter, int) else lambda: jitter
        policy = Policy(**QUICK) if quick else Policy()
        self.w = Watched(bounds, draws, policy=policy, hedges=hedges, budget=budget)

    @rule(lane=st.sampled_from(LANES), n=st.integers(1, 12), tokens=st.sampled_from([0.0, 1.0, 30.0, 2000.0]))
    def ask(self, lane, n, tokens):
        for _ in range(n):
            self.w.ask(lane, tokens)

    @precondition(lambda self: self.w.flying)
    @rule(data=st.data(), failure=FAILURES, told=ALLOWANCES)
    def trouble(self, data, failure, told):
        ticket, hedge = data.draw(st.sampled_from(sorted(self.w.flying)))
        self.w.arrive(ticket, hedge=hedge, failure=failure, told=told)

    @precondition(lambda self: self.w.flying)
    @rule(n=st.integers(1, 12), failure=PASSING)
    def trouble_all_around(self, n, failure):
        for ticket, hedge in sorted(self.w.flying)[:n]:
            self.w.arrive(ticket, hedge=hedge, failure=failure)

    @precondition(lambda self: self.w.flying)
    @rule(data=st.data(), n=st.integers(1, 12), told=ALLOWANCES, tokens=st.sampled_from([None, 0, 29, 5000]))
    def answers(self, data, n, told, tokens):
        for _ in range(n):
            if self.w.flying:
                ticket, hedge = data.draw(st.sampled_from(sorted(self.w.flying)))
                self.w.arrive(ticket, hedge=hedge, told=told, tokens=tokens)

    @precondition(lambda self: self.w.wanted)
    @rule()
    def grants(self):
        self.w.grant(self.w.wanted[0])

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.3, 2.0, 16.0, 61.0, 301.0]))
    def time_passes(self, seconds):
        self.w.pass_time(seconds)

    @rule()
    def the_screen_is_drawn(self):
        self.w.now += 0.01
        for hold in self.w.s.holds(self.w.now):
            assert hold.left_s > 0
            assert hold.lane in LANES
        assert self.w.s.limit == sum(lane.concurrency.limit for lane in self.w.s._lanes.values())
        assert isinstance(self.w.s.wants_more, bool)
        assert all(1 <= each.limit <= 256 for each in self.w.s.learned.values())

    @rule(late=st.floats(0, 5))
    def an_event_comes_late(self, late):
        self.w.do(Woke(), at=self.w.now - late)

    @precondition(lambda self: len(self.w.asked) > 40)
    @rule()
    def closes(self):
        self.w.close()

    @invariant()
    def work_is_conserved(self):
        if hasattr(self, "w"):
            self.w.pass_time(0.0)
            self.w.check_conserved()

    def teardown(self):
        if hasattr(self, "w"):
            self.w.end_all()


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
