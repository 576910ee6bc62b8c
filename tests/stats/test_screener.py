"""Adaptive lists: what is asked next, under every interleaving of asking and answering."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ippon import stats
from ippon.stats import curves as past

BATCH = 8


def world(seed, n_runs, n_items, *, graded=False):
    """Past runs, the strongest last, on items of one level each: shares, or right and wrong answers."""
    rng = np.random.default_rng(seed)
    abilities = np.sort(rng.normal(size=n_runs))
    shares = 1.0 / (1.0 + np.exp(-abilities[:, None] - rng.normal(size=n_items)))
    return shares if graded else (rng.random(shares.shape) < shares).astype(float)


def asked(screener, n):
    """The next `n` items, none answered yet."""
    return [screener.next() for _ in range(n)]


def scored(screener, run, n):
    """The screener after `n` items, each answered before the next is asked."""
    for _ in range(n):
        item = screener.next()
        screener.observe(item, run[item])
    return screener


class Asking(RuleBasedStateMachine):
    """Asks and answers in any order, against a plain account of both."""

    @initialize(seed=st.integers(0, 10**6), n_runs=st.integers(0, 9), n_items=st.integers(1, 30))
    def begin(self, seed, n_runs, n_items):
        self.n_items, self.given, self.answered = n_items, [], {}
        self.screener = stats.Screener(world(seed, n_runs, n_items), np.random.default_rng(seed))

    @property
    def waiting(self):
        return [item for item in self.given if item not in self.answered]

    @rule()
    def ask(self):
        if len(self.given) == self.n_items:
            with pytest.raises(ValueError, match=f"all {self.n_items} items have been given"):
                self.screener.next()
        else:
            self.given.append(self.screener.next())

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), score=st.floats(0.0, 1.0))
    def answer(self, data, score):
        item = data.draw(st.sampled_from(self.waiting))
        self.screener.observe(item, score)
        self.answered[item] = score

    @precondition(lambda self: self.answered)
    @rule(data=st.data())
    def answer_again(self, data):
        with pytest.raises(ValueError, match="observed already"):
            self.screener.observe(data.draw(st.sampled_from(sorted(self.answered))), 0.5)

    @rule(item=st.integers(-2, 40))
    def answer_what_was_not_asked(self, item):
        if item not in self.given:
            with pytest.raises(ValueError, match="has not been given"):
                self.screener.observe(item, 0.5)

    @invariant()
    def items_are_of_the_suite_none_twice(self):
        given = getattr(self, "given", [])
        assert len(given) == len(set(given))
        assert all(0 <= item < self.n_items for item in given)

    @precondition(lambda self: self.answered)
    @invariant()
    def the_score_is_a_score(self):
        assert 0.0 <= self.screener.score <= 1.0
        assert self.screener.beyond_history in {True, False}
        if len(self.answered) == self.n_items:
            assert pytest.approx(np.mean(list(self.answered.values()))) == self.screener.score


Asking.TestCase.settings = settings(deadline=None, max_examples=40, stateful_step_count=40)
TestAsking = Asking.TestCase


def test_first_batch_is_the_same_for_all_systems_and_later_ones_are_not():
    """Nothing is known of a system before its first answers; then a strong one is asked other items than a weak one."""
    history = world(1, 30, 200)
    strong, weak = (stats.Screener(history, np.random.default_rng(0)) for _ in range(2))
    firsts = [asked(each, BATCH) for each in (strong, weak)]
    for item in firsts[0]:
        strong.observe(item, 1.0)
        weak.observe(item, 0.0)

    assert firsts[0] == firsts[1]
    assert set(asked(strong, BATCH)) != set(asked(weak, BATCH))


def test_answers_within_a_batch_change_nothing_in_it():
    """A batch is asked at once: what came in meanwhile counts from the next."""
    history = world(2, 20, 100)
    waits, hears = (stats.Screener(history, np.random.default_rng(0)) for _ in range(2))
    run = world(3, 1, 100)[0]

    assert asked(waits, BATCH) == list(scored(hears, run, BATCH)._asked)


def test_strong_systems_are_asked_harder_items():
    """The items of the second batch: past runs did worse on those of a strong system."""
    history = world(4, 30, 300)
    means = []
    for answer in (0.0, 1.0):
        screener = scored(stats.Screener(history, np.random.default_rng(0)), np.full(300, answer), BATCH)
        means.append(history[:, asked(screener, BATCH)].mean())

    assert means[0] > means[1] + 0.2


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10**6), turn=st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_matter(seed, turn):
    """To the last digit."""
    history = world(seed, 12, 60)
    run = world(seed + 1, 1, 60)[0]
    one, other = (stats.Screener(history, np.random.default_rng(seed)) for _ in range(2))
    items = asked(one, 20)
    assert items == asked(other, 20)
    for item in items:
        one.observe(item, run[item])
    turn.shuffle(items)
    for item in items:
        other.observe(item, run[item])

    assert one.score == other.score
    assert one.next() == other.next()


def test_beyond_history_is_said_above_the_best_past_run_only():
    """A system that has all right, one like the middle run, and one that has nothing right."""
    history = world(5, 20, 200, graded=True) * 0.8
    runs = [np.ones(200), history[10], np.zeros(200)]

    said = [scored(stats.Screener(history, np.random.default_rng(0)), run, 24).beyond_history for run in runs]

    assert [True, False, False] == said


@pytest.mark.parametrize("n_runs", [0, 1, 2])
def test_few_runs_mean_random_items_and_their_mean(n_runs):
    """Under three runs nothing is adaptive, and nothing more than random items is promised."""
    history = world(6, n_runs, 40)
    screener = stats.Screener(history, np.random.default_rng(3))
    items = asked(screener, 3)
    for item, score in zip(items, [1.0, 0.2, 0.0], strict=True):
        screener.observe(item, score)

    assert np.random.default_rng(3).permutation(40)[:3].tolist() == items
    assert pytest.approx(0.4) == screener.score
    assert screener.beyond_history


@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
def test_history_that_never_varies_still_asks_and_scores(score):
    """All equal: nothing to learn, nothing to warn of."""
    screener = stats.Screener(np.full((4, 12), score), np.random.default_rng(0))

    assert set(range(12)) == set(asked(screener, 12))
    screener.observe(0, 0.5)
    assert 0.0 <= screener.score <= 1.0


def test_unscored_cells_runs_and_items_are_borne():
    """As in the fixed list."""
    history = world(7, 8, 30)
    history[2], history[:, 7], history[3, ::4] = np.nan, np.nan, np.nan

    screener = scored(stats.Screener(history, np.random.default_rng(0)), world(8, 1, 30)[0], 30)

    assert pytest.approx(world(8, 1, 30)[0].mean()) == screener.score


def test_equal_systems_are_asked_equally_whatever_the_seed():
    """From three runs on nothing is left to chance: systems to be compared must not differ by it."""
    history, run = world(9, 15, 80), world(10, 1, 80)[0]
    one, other = (scored(stats.Screener(history, np.random.default_rng(seed)), run, 40) for seed in (4, 5))

    assert one._asked == other._asked
    assert one.score == other.score


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), float("inf")])
def test_scores_that_cannot_be_are_refused(score):
    """With the item and what it had."""
    screener = stats.Screener(world(1, 5, 10), np.random.default_rng(0))
    item = screener.next()

    with pytest.raises(ValueError, match=f"item {item} has a score of"):
        screener.observe(item, score)


def test_a_score_needs_an_answer():
    """Asking alone says nothing."""
    screener = stats.Screener(world(1, 5, 10), np.random.default_rng(0))
    screener.next()

    with pytest.raises(ValueError, match="no item has been observed"):
        _ = screener.score


def test_curves_find_the_abilities_and_levels_they_were_drawn_from():
    """Right and wrong answers of 60 systems on 400 items: order of both, and slopes near one where all are."""
    rng = np.random.default_rng(11)
    abilities, levels = rng.normal(size=60), rng.normal(size=400)
    runs = (rng.random((60, 400)) < past.logistic(abilities[:, None] + levels)).astype(float)

    found = past.curves(runs)

    assert np.corrcoef(found.abilities, abilities)[0, 1] > 0.98
    assert np.corrcoef(found.levels, levels)[0, 1] > 0.9
    assert pytest.approx(1.0, abs=0.15) == found.slopes.mean()
    assert pytest.approx(1.0, abs=0.15) == found.noise.mean()


def test_what_hangs_together_by_chance_is_worth_nothing():
    """Share of the variance that factors hold: none to speak of where systems differ by ability alone, else a part."""
    rng = np.random.default_rng(12)
    odds = rng.normal(size=(60, 1)) + rng.normal(size=400)
    alone = (rng.random((60, 400)) < past.logistic(odds)).astype(float)
    odds[:, ::2] += 2.0 * rng.normal(size=(60, 1))
    shared = (rng.random((60, 400)) < past.logistic(odds)).astype(float)

    held = [(found.factors**2).sum() / found.noise.sum() for found in (past.curves(runs) for runs in (alone, shared))]

    assert held[0] < 0.005
    assert held[1] > 3 * held[0]
