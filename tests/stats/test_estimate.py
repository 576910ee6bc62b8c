"""What holds of every estimate, the degenerate cases, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ippon.stats import estimate_mean, finite_mean

NAN = float("nan")


def history_of(n_runs, n_items, seed=0, *, graded=False):
    """Past runs of systems that differ, on items that differ."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(0.0, 1.0, (n_runs, 1)) + rng.normal(0.0, 1.5, n_items)
    chances = 1.0 / (1.0 + np.exp(-odds))
    if graded:
        return np.clip(chances + rng.normal(0.0, 0.1, chances.shape), 0.0, 1.0)
    return (rng.random(chances.shape) < chances).astype(np.float64)


@st.composite
def samples(draw):
    """Scores, items, the suite's size, and a history or none, all of one kind of score."""
    n_items = draw(st.integers(2, 60))
    n = draw(st.integers(1, n_items))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    graded = draw(st.booleans())
    history = history_of(draw(st.integers(0, 12)), n_items, draw(st.integers(0, 99)), graded=graded)
    history = draw(
        st.sampled_from([history, history, np.round(history), np.ones_like(history), np.zeros_like(history)])
    )
    scores = rng.random(n) if graded else (rng.random(n) < draw(st.floats(0.0, 1.0))).astype(np.float64)
    return scores, rng.permutation(n_items)[:n], n_items, draw(st.sampled_from([None, history, history]))


@settings(deadline=None)
@given(sample=samples(), level=st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.999]))
def test_the_interval_holds_its_value_and_only_what_is_possible(sample, level):
    """The value lies within; the ends never pass what the unseen items could still do."""
    scores, items, n_items, history = sample
    found = estimate_mean(scores, items, n_items, history=history, level=level)

    assert scores.sum() / n_items - 1e-9 <= found.low <= found.value <= found.high
    assert found.high <= (scores.sum() + n_items - len(scores)) / n_items + 1e-9
    assert found.level == level


@settings(deadline=None)
@given(sample=samples(), seed=st.integers(0, 99))
def test_the_order_of_items_does_not_matter(sample, seed):
    """Neither that of the sample nor that of the suite, nor that of the runs."""
    scores, items, n_items, history = sample
    rng = np.random.default_rng(seed)
    found = estimate_mean(scores, items, n_items, history=history)
    mixed, renamed = rng.permutation(len(items)), rng.permutation(n_items)
    if history is not None:
        moved = np.empty_like(history)
        moved[:, renamed] = history
        history = rng.permutation(moved)
    again = estimate_mean(scores[mixed], renamed[items[mixed]], n_items, history=history)

    assert (found.value, found.low, found.high) == pytest.approx((again.value, again.low, again.high), abs=2e-3)
    assert found.value == pytest.approx(again.value, abs=1e-6)


@settings(deadline=None)
@given(sample=samples())
def test_a_higher_level_asks_for_a_wider_interval(sample):
    """And leaves the value as it is."""
    scores, items, n_items, history = sample
    found = [estimate_mean(scores, items, n_items, history=history, level=level) for level in (0.5, 0.9, 0.95, 0.99)]

    assert 1 == len({each.value for each in found})
    assert sorted((each.low for each in found), reverse=True) == [each.low for each in found]
    assert sorted(each.high for each in found) == [each.high for each in found]


@settings(deadline=None)
@given(sample=samples())
def test_right_and_wrong_exchanged_turn_a_plain_interval_round(sample):
    """Without a history nothing knows which end of the scale is which."""
    scores, items, n_items, _ = sample
    found, turned = estimate_mean(scores, items, n_items), estimate_mean(1.0 - scores, items, n_items)

    assert (found.value, found.low, found.high) == pytest.approx(
        (1.0 - turned.value, 1.0 - turned.high, 1.0 - turned.low), abs=2e-3
    )


@pytest.mark.parametrize("history", [None, history_of(8, 30)])
def test_all_items_seen_is_certain(history):
    """The mean itself, whatever the past."""
    scores = np.linspace(0.0, 1.0, 30)
    found = estimate_mean(scores, np.arange(30), 30, history=history)

    assert (pytest.approx(scores.mean()),) * 3 == (found.value, found.low, found.high)
    assert found.low == found.high
    assert "all" == found.method


@pytest.mark.parametrize("history", [None, history_of(8, 30)])
def test_nothing_seen_is_nothing_known(history):
    """Past runs alone say nothing of a system that they are not of."""
    found = estimate_mean([], [], 30, history=history)

    assert (None, 0.0, 1.0, "none") == (found.value, found.low, found.high, found.method)


@pytest.mark.parametrize("history", [None, history_of(8, 60)])
def test_nothing_but_zeros_may_go_on(history):
    """The low end is what is certain; the high end leaves room for what was not seen."""
    found = estimate_mean(np.zeros(20), np.arange(20), 60, history=history)

    assert 0.0 == found.low
    assert 0.05 < found.high < 0.3


@pytest.mark.parametrize("history", [None, history_of(8, 60)])
def test_nothing_but_ones_may_go_on(history):
    """The other end."""
    found = estimate_mean(np.ones(20), np.arange(20), 60, history=history)

    assert 1.0 == found.high
    assert 0.7 < found.low < 0.95


@pytest.mark.parametrize("history", [None, history_of(8, 60, graded=True)])
def test_constant_scores_are_not_certain(history):
    """Equal scores have shown no spread; that of a suite with this mean is expected all the same."""
    found = estimate_mean(np.full(20, 0.5), np.arange(20), 60, history=history)

    assert found.high - found.low > 0.05


@pytest.mark.parametrize("history", [None, history_of(8, 60)])
def test_one_item_says_little(history):
    """Nearly all that is possible."""
    found = estimate_mean([0.7], [3], 60, history=history)

    assert found.high - found.low > 0.9


def test_fewer_than_three_runs_are_no_help():
    """Nor are more of which only two scored anything."""
    scores, items = np.array([0.0, 1.0, 1.0, 0.5]), np.array([3, 1, 4, 5])
    runs = history_of(2, 9)
    empty = np.full((3, 9), NAN)
    found = estimate_mean(scores, items, 9)

    assert "score" == found.method
    assert found == estimate_mean(scores, items, 9, history=runs)
    assert found == estimate_mean(scores, items, 9, history=np.vstack([runs, empty]))
    assert found == estimate_mean(scores, items, 9, history=np.empty((0, 9)))


def test_right_or_wrong_without_past_runs_is_exact():
    """Nothing is more certain of 0/1 scores than a sum over all that could have been drawn."""
    scores = [0.0, 1.0, 1.0, 0.0, 1.0]

    assert finite_mean(scores, 40) == estimate_mean(scores, [1, 3, 5, 7, 9], 40)
    assert "hypergeometric" == estimate_mean(scores, [1, 3, 5, 7, 9], 40, history=history_of(2, 40)).method


def test_a_run_repeated_is_one_run():
    """Copies would make past systems look alike, and a new one that differs a surprise."""
    scores, items, runs = np.array([0.0, 1.0, 1.0, 0.5]), np.array([3, 1, 4, 5]), history_of(4, 9)
    found = estimate_mean(scores, items, 9, history=runs)

    assert found == estimate_mean(scores, items, 9, history=np.vstack([runs, runs[2:]]))
    assert "score" == estimate_mean(scores, items, 9, history=np.repeat(runs[:2], 5, axis=0)).method


def test_three_runs_help():
    """On average by a tenth; here it is seen that they are used."""
    found = estimate_mean([0.0, 1.0, 1.0, 0.5], [3, 1, 4, 5], 9, history=history_of(3, 9))

    assert "model-assisted" == found.method


def test_a_new_system_like_a_past_one_is_known_better():
    """The interval is narrower than that of the sample alone, and the value nearer."""
    history = history_of(40, 200, graded=True)
    items = np.arange(0, 200, 5)
    new = history[0]
    found = estimate_mean(new[items], items, 200, history=history[1:])
    alone = finite_mean(new[items].tolist(), 200)

    assert found.high - found.low < 0.6 * (alone.high - alone.low)
    assert abs(found.value - new.mean()) < abs(new[items].mean() - new.mean())


def test_missing_past_scores_are_filled():
    """Some cells, an item and a run without any: near to what the full history says."""
    history = history_of(12, 50, graded=True)
    holes = history.copy()
    holes[np.random.default_rng(5).random(holes.shape) < 0.05] = NAN
    holes[:, 7] = NAN
    holes = np.vstack([holes, np.full(50, NAN)])
    items = np.arange(0, 50, 3)
    full = estimate_mean(history[0][items], items, 50, history=history[1:])
    found = estimate_mean(history[0][items], items, 50, history=holes[1:])

    assert (full.value, full.low, full.high) == pytest.approx((found.value, found.low, found.high), abs=0.03)


@pytest.mark.parametrize("history", [np.full((5, 40), 0.5), np.ones((5, 40)), np.zeros((5, 40)), np.eye(40)])
def test_past_runs_without_spread_do_no_harm(history):
    """The value stays near the sample's mean, without a warning."""
    scores = np.tile([0.0, 1.0, 1.0, 1.0], 4)
    found = estimate_mean(scores, np.arange(16), 40, history=history)

    assert 0.6 < found.value < 0.85
    assert found.low < 0.6
    assert found.high > 0.8


def test_equal_histories_give_equal_results():
    """A history is known by its content: another array of the same is the same, one changed in place is not."""
    history = history_of(6, 30)
    scores, items = [1.0, 0.0, 1.0, 1.0], [2, 3, 5, 7]
    found = estimate_mean(scores, items, 30, history=history)

    assert found == estimate_mean(scores, items, 30, history=history.tolist())
    history[:, :15] = 0.0
    assert found != estimate_mean(scores, items, 30, history=history)


@pytest.mark.parametrize(
    ("scores", "items", "n_items", "says"),
    [
        ([0.5, 1.5], [0, 1], 9, "score 1.5 of item 1"),
        ([NAN, 0.5], [3, 1], 9, "score nan of item 3"),
        ([0.5], [0, 1], 9, "one each"),
        ([[0.5]], [[0]], 9, "in a row"),
        ([0.5, 0.5], [0, 9], 9, "item 9 is not one of the suite's 0 to 8"),
        ([0.5, 0.5], [-1, 2], 9, "item -1"),
        ([0.5, 0.5], [4, 4], 9, "item 4 is there twice"),
        ([0.5, 0.5], [0.0, 1.0], 9, "no indices"),
        ([0.5, 0.5, 0.5], [0, 1, 1], 2, "3 scores of 2 items"),
    ],
)
def test_what_is_no_sample_is_refused(scores, items, n_items, says):
    """With the place."""
    with pytest.raises(ValueError, match=says):
        estimate_mean(scores, items, n_items)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, NAN])
def test_a_level_is_a_chance(level):
    """Neither end is one, even where the level makes no difference."""
    with pytest.raises(ValueError, match="level"):
        estimate_mean([0.5], [0], 1, level=level)


def test_a_history_of_another_suite_is_refused():
    """As `filled` does, even where it would not be used."""
    with pytest.raises(ValueError, match="8 items wide, the suite has 9"):
        estimate_mean([], [], 9, history=np.zeros((2, 8)))
