"""A certifier under random answers, slips and looks, beside one that is told the same in drawn order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ippon.stats import Certifier

SCORES = st.none() | st.sampled_from([0.0, 0.25, 1.0])
N_ITEMS = 12


class Observing(RuleBasedStateMachine):
    """What was answered, and what that may lead to."""

    @initialize(
        seed=st.integers(0, 999), paired=st.booleans(), margin=st.sampled_from([0.0, 0.2]), runs=st.sampled_from([0, 4])
    )
    def build(self, seed, paired, margin, runs):
        """One to ask, in any order."""
        rng = np.random.default_rng(seed)
        self.paired = paired
        self.setting = {
            "baseline": None if paired else rng.integers(0, 5, N_ITEMS) / 4,
            "history": rng.integers(0, 5, (runs, N_ITEMS)) / 4,
            "margin": margin,
            "alpha": 0.4,
        }
        self.seed = seed
        self.certifier = self.fresh()
        self.answers = {}
        self.said = None
        self.bounds = (-1.0, 1.0)

    def fresh(self):
        """Another one like it."""
        return Certifier(N_ITEMS, rng=np.random.default_rng(self.seed), **self.setting)

    @precondition(lambda self: len(self.answers) < N_ITEMS)
    @rule(pick=st.integers(0, 10**6), score=SCORES, other=SCORES)
    def answers_come(self, pick, score, other):
        """For any item that is still open."""
        still = [item for item in range(N_ITEMS) if item not in self.answers]
        item = still[pick % len(still)]
        self.answers[item] = (score, other) if self.paired else (score,)
        said = self.certifier.observe(item, *self.answers[item])
        assert self.said in {None, said}, "the first verdict stays"
        self.said = said

    @precondition(lambda self: self.answers)
    @rule(pick=st.integers(0, 10**6))
    def an_answer_comes_again(self, pick):
        """It is refused."""
        item = list(self.answers)[pick % len(self.answers)]
        with pytest.raises(ValueError, match="observed before"):
            self.certifier.observe(item, 0.5)

    @precondition(lambda self: len(self.answers) < N_ITEMS)
    @rule(score=st.sampled_from([-0.1, 1.1, float("nan")]))
    def a_wrong_score_comes(self, score):
        """It is refused, and its item stays open."""
        with pytest.raises(ValueError, match="not within 0 to 1"):
            self.certifier.observe(next(item for item in range(N_ITEMS) if item not in self.answers), score)

    @rule()
    def one_looks(self):
        """The interval never widens."""
        low, high = self.certifier.interval
        assert self.bounds[0] - 1e-6 <= low <= high <= self.bounds[1] + 1e-6
        self.bounds = (low, high)

    @invariant()
    def it_counts_in_drawn_order(self):
        """So it is where one is that was told only what counts."""
        other = self.fresh()
        for item in other.order:
            if int(item) not in self.answers:
                break
            other.observe(item, *self.answers[int(item)])
        assert (other.used, other.gate) == (self.certifier.used, self.certifier.gate)
        assert other._verdict == self.said


Observing.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestObserving = Observing.TestCase
