"""Short fixed lists: which items they hold, how they are scored, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon import stats
from ippon.stats import greedy, shortlist


def world(seed, n_runs, n_items, *, graded=False):
    """Past runs of one ability each, on items of one level each: shares, or right and wrong answers."""
    rng = np.random.default_rng(seed)
    shares = 1.0 / (1.0 + np.exp(-rng.normal(size=(n_runs, 1)) - rng.normal(size=n_items)))
    return shares if graded else (rng.random(shares.shape) < shares).astype(float)


def direct_choice(covariance, k):
    """The greedy choice as it is defined: each time, every item is tried, and all is computed anew."""
    chosen = []
    for _ in range(k):
        gains = {}
        for item in set(range(len(covariance))) - set(chosen):
            at = [*chosen, item]
            with_sum = covariance[at].sum(axis=1)
            gains[item] = with_sum @ np.linalg.solve(covariance[np.ix_(at, at)], with_sum)
        chosen.append(max(gains, key=gains.__getitem__))
    return chosen


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6), n_factors=st.integers(1, 5), n_items=st.integers(1, 9))
def test_greedy_choice_is_that_of_its_definition(seed, n_factors, n_items):
    """Against all items tried one by one, with the covariance inverted each time."""
    rng = np.random.default_rng(seed)
    loadings, noise = rng.normal(size=(n_factors, n_items)), rng.uniform(0.1, 1.0, n_items)

    chosen = greedy.greedy_items(loadings, noise, n_items)

    assert direct_choice(loadings.T @ loadings + np.diag(noise), n_items) == chosen.tolist()


def test_first_two_greedy_items_of_two_kinds_are_one_of_each():
    """An item's twin adds little once the item is known: each kind gets its own."""
    loadings = np.array([[1.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.9, 0.9]])

    chosen = greedy.greedy_items(loadings, np.full(5, 0.1), 2)

    assert {0, 3} == set(chosen.tolist())


def test_what_is_left_after_known_scores_is_the_conditional_covariance():
    """Against the formula for conditional covariances (Schur complement)."""
    rng = np.random.default_rng(5)
    loadings, noise = rng.normal(size=(3, 8)), rng.uniform(0.1, 1.0, 8)
    covariance = loadings.T @ loadings + np.diag(noise)
    known, free = slice(0, 5), slice(5, 8)

    left = greedy.given(loadings[:, known], noise[known]) @ loadings[:, free]

    across = covariance[free, known]
    expected = covariance[free, free] - across @ np.linalg.solve(covariance[known, known], across.T)
    assert expected == pytest.approx(left.T @ left + np.diag(noise[free]))


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    n_runs=st.integers(0, 12),
    n_items=st.integers(1, 40),
    share=st.floats(0.0, 1.0),
    graded=st.booleans(),
    missing=st.floats(0.0, 0.9),
)
def test_a_list_holds_items_of_the_suite_none_twice(seed, n_runs, n_items, share, graded, missing):
    """Whatever history is like, gaps included; and the same `rng` gives the same list."""
    history = world(seed, n_runs, n_items, graded=graded)
    history[np.random.default_rng(seed).random(history.shape) < missing] = np.nan
    k = round(share * n_items)

    chosen = stats.screen(history, k, np.random.default_rng(seed))

    assert k == len(chosen) == len(set(chosen.tolist()))
    assert set(chosen.tolist()) <= set(range(n_items))
    assert chosen.tolist() == stats.screen(history, k, np.random.default_rng(seed)).tolist()


@pytest.mark.parametrize("n_runs", [0, 1, 2])
def test_few_runs_choose_nothing_and_the_score_is_the_mean(n_runs):
    """Under three runs items are at random."""
    history = world(1, n_runs, 50)
    lists = {tuple(stats.screen(history, 5, np.random.default_rng(seed)).tolist()) for seed in range(20)}

    assert len(lists) == 20
    assert pytest.approx(0.4) == stats.screen_score(history, [3, 1, 2], [1.0, 0.2, 0.0])


def test_history_alone_chooses_and_the_most_telling_items_come_first():
    """From three runs on nothing is left to chance, and a longer list begins with the shorter one."""
    history = world(2, 10, 200)
    one, other = (stats.screen(history, k, np.random.default_rng(k)) for k in (20, 40))

    assert one.tolist() == other[:20].tolist()


def test_items_that_tell_nothing_apart_are_chosen_last():
    """Items that all past runs got right, or wrong, say nothing of a new one."""
    history = world(3, 12, 40)
    history[:, :10], history[:, 10:20] = 1.0, 0.0

    chosen = stats.screen(history, 20, np.random.default_rng(0))

    assert set(range(20, 40)) == set(chosen.tolist())


@pytest.mark.parametrize("score", [0.0, 0.3, 1.0])
def test_history_that_never_varies_still_gives_a_list_and_a_score(score):
    """All equal: nothing to learn, nothing to warn of."""
    history = np.full((4, 12), score)
    chosen = stats.screen(history, 6, np.random.default_rng(0))

    assert len(set(chosen.tolist())) == 6
    assert pytest.approx(0.5) == stats.screen_score(history, chosen, [0.5] * 6)


def test_unscored_runs_and_items_are_borne():
    """A run that scored nothing counts for nothing; an item that nobody scored can still be drawn."""
    history = world(4, 6, 30)
    history[2], history[:, 7] = np.nan, np.nan

    assert set(range(30)) == set(stats.screen(history, 30, np.random.default_rng(0)).tolist())
    assert 0.0 < stats.screen_score(history, [7, 8], [1.0, 0.0]) < 1.0


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    n_runs=st.integers(0, 12),
    scores=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=12),
    rise=st.floats(0.0, 1.0),
)
def test_score_rises_with_every_score_and_is_a_mean(seed, n_runs, scores, rise):
    """No item counts against a system; the score stays among the scores, and items may come in any order."""
    rng = np.random.default_rng(seed)
    history = world(seed, n_runs, 20)
    items = rng.permutation(20)[: len(scores)]
    before = stats.screen_score(history, items, scores)
    better = [min(1.0, scores[0] + rise), *scores[1:]]
    turn = rng.permutation(len(scores))

    assert stats.screen_score(history, items, better) >= before - 1e-12
    assert min(scores) - 1e-12 <= before <= max(scores) + 1e-12
    assert pytest.approx(before) == stats.screen_score(history, items[turn], np.array(scores)[turn])


def test_score_of_every_item_is_the_mean_of_the_suite():
    """Nothing is left to predict."""
    history = world(6, 10, 15)
    scores = np.linspace(0.0, 1.0, 15)

    assert pytest.approx(0.5) == stats.screen_score(history, np.arange(15), scores)


def test_score_of_an_item_that_runs_against_the_suite_is_its_own():
    """Its best weight would be below zero; alone, it has all the weight there is."""
    history = np.tile([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], (2, 4))
    history[:, 0] = 1.0 - history[:, 1:].mean(axis=1).round()
    weights = shortlist.weights(np.hstack([history[:, :1], np.tile(1.0 - history[:, :1], 9)]), np.array([0]))

    assert weights.tolist() == [1.0]


@pytest.mark.parametrize(
    ("history", "k", "says"),
    [
        (np.ones((3, 5)), 6, "6 items cannot be chosen from a suite of 5"),
        (np.ones((3, 5)), -1, "-1 items"),
        (np.ones(5), 2, "table of runs x items"),
        (1.0, 2, "table of runs x items"),
        (np.full((3, 5), 1.5), 2, "score of 1.5 at run 0, item 0"),
    ],
)
def test_lists_that_cannot_be_made_are_refused(history, k, says):
    """With what is wrong, and where."""
    with pytest.raises(ValueError, match=says):
        stats.screen(history, k, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("items", "scores", "says"),
    [
        ([0, 1], [0.5], "one score each"),
        ([], [], "one at least"),
        ([0, 5], [0.5, 0.5], "each has to be one of 0 to 4"),
        ([-1, 2], [0.5, 0.5], "each has to be one of 0 to 4"),
        ([2, 2], [0.5, 0.5], "none twice"),
        ([0.5, 2.0], [0.5, 0.5], "each has to be one of 0 to 4"),
        ([0, 3], [0.5, 1.01], "item 3 has a score of 1.01"),
        ([0, 3], [float("nan"), 1.0], "item 0 has a score of nan"),
    ],
)
def test_scores_that_cannot_be_are_refused(items, scores, says):
    """With what is wrong, and where."""
    with pytest.raises(ValueError, match=says):
        stats.screen_score(np.ones((3, 5)), items, scores)


def test_an_empty_list_is_a_list():
    """No item asked for, none given, also of an empty suite."""
    assert [] == stats.screen(world(1, 5, 9), 0, np.random.default_rng(0)).tolist()
    assert [] == stats.screen(np.empty((0, 0)), 0, np.random.default_rng(0)).tolist()


def test_functions_stay_functions_when_their_modules_are_loaded():
    """A module of the same name would take the function's place in the package."""
    assert all(callable(getattr(stats, name)) for name in ("screen", "screen_score", "halving", "Screener"))
    assert all(callable(getattr(stats, name)) for name in ("screen", "screen_score", "halving", "Screener"))
