"""The proof of the bets, checked by going through every order of tiny suites: under the claim no bet gains on average."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from ippon.stats import Certifier
from ippon.stats.bets import log_wealth

RNG = np.random.default_rng(20_260_101)
BINARY = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0])
GRADED = np.array([0.25, 0.75, 1.0, 0.5, 0.0, 0.75, 0.5])
OTHER = np.array([0.5, 0.25, 1.0, 0.75, 0.0, 0.5, 0.75])
RUNS = np.clip(GRADED + RNG.normal(0.0, 0.25, (4, 7)), 0.0, 1.0)


class Drawn:
    """A generator that draws the order it was told."""

    def __init__(self, order):
        self.order = np.array(order)

    def permutation(self, n_items):
        """The order."""
        return self.order.copy()


def all_orders(n_items, kinds):
    """All orders, of those that differ only in items of the same kind but one: they are equally many of each."""
    return list({tuple(kinds[item] for item in order): order for order in permutations(range(n_items))}.values())


def mean_wealth(n_items, answer, kinds=range(7), **setting):
    """Average over all orders of the wealth against each claim, after each item: shape (items, claims)."""
    total = 0.0
    orders = all_orders(n_items, kinds)
    for order in orders:
        certifier = Certifier(n_items, rng=Drawn(order), **setting)
        rows = []
        for item in order[:-1]:  # of the last one the claim says all: nothing is bet on it
            certifier.observe(item, *answer(item, rows))
            rows.append(np.exp(log_wealth(certifier._evidence._logs)))
        total = total + np.array(rows)
    return total / len(orders)


def scores_of(scores):
    """Answers from a fixed list."""
    return lambda item, _: (scores[item],)


@pytest.mark.parametrize(
    ("scores", "kinds", "setting"),
    [
        pytest.param(GRADED, range(7), {"baseline": OTHER, "history": RUNS}, id="graded, with history"),
        pytest.param(
            BINARY, list(zip(BINARY, BINARY[::-1], strict=True)), {"baseline": BINARY[::-1]}, id="binary, without"
        ),
    ],
)
def test_wealth_is_one_on_average_over_all_orders_of_seven(scores, kinds, setting):
    """All 5,040 orders: at equal means both sides' wealth has mean 1 after each item, to the ninth digit."""
    found = mean_wealth(7, scores_of(scores), kinds, **setting)
    np.testing.assert_allclose(found, 1.0, atol=1e-9)


@pytest.mark.parametrize("history", [None, RUNS[:, :5]], ids=["alone", "with history"])
@pytest.mark.parametrize("scores", [BINARY[:5], GRADED[:5]], ids=["binary", "graded"])
@pytest.mark.parametrize("against", ["baseline", "threshold", "both scored"])
def test_wealth_is_one_on_average_at_the_boundary(scores, history, against):
    """Every order, every setting: mean 1 at the boundary."""
    setting = {"history": history}
    answer = scores_of(scores)
    if against == "baseline":
        setting["baseline"] = scores[::-1].copy()
    elif against == "threshold":
        setting["threshold"] = float(scores.mean())
    else:
        answer = lambda item, _: (scores[item], scores[4 - item])  # noqa: E731
    np.testing.assert_allclose(mean_wealth(5, answer, **setting), 1.0, atol=1e-9)


def test_wealth_falls_where_the_claim_is_true():
    """Below the boundary, wealth against "not better" is a shrinking thing; wealth for "worse" may grow."""
    found = mean_wealth(5, scores_of(GRADED[:5]), threshold=float(GRADED[:5].mean()) + 0.05, history=RUNS[:, :5])
    assert (np.diff(np.concatenate([[1.0], found[:, 0]])) < 0.0).all()
    assert found[-1, 1] > 1.0


@pytest.mark.parametrize("which", ["lows", "highs", "middle", "when it pays"])
def test_missing_scores_never_help_on_average(which):
    """Whatever goes missing, even by an adversary who knows score and wealth: no side's wealth gains at equal means."""
    scores = GRADED[:5]

    def answer(item, rows):
        gone = {
            "lows": scores[item] <= 0.25,
            "highs": scores[item] >= 0.75,
            "middle": 0.25 < scores[item] < 0.75,
            "when it pays": bool(rows) and (scores[item] < 0.5) == (rows[-1][0] > rows[-1][1]),
        }[which]
        return (None if gone else scores[item],)

    for history in (None, RUNS[:, :5]):
        found = mean_wealth(5, answer, baseline=scores[::-1].copy(), history=history)
        assert (found < 1.0 + 1e-9).all()
        assert (found[-1] < 0.99).all()


def test_missing_scores_of_either_system_never_help_on_average():
    """The same where both are scored: each of the four ways to miss one."""
    scores = GRADED[:5]

    def answer(item, _):
        return (None if item in {0, 1} else scores[item], None if item in {1, 2} else scores[4 - item])

    found = mean_wealth(5, answer)
    assert (found < 1.0 + 1e-9).all()
    assert (found[-1] < 0.99).all()


def test_wrong_verdicts_over_all_orders():
    """A verdict on a tie, or the wrong one, comes in at most alpha of all orders; here alpha is large enough to see it."""
    for gap in (0.0, 0.02):
        wrong = 0
        orders = list(permutations(range(5)))
        for order in orders:
            certifier = Certifier(5, rng=Drawn(order), threshold=float(GRADED[:5].mean()) + gap, alpha=0.5)
            seen = {certifier.observe(item, GRADED[item]) for item in order}
            wrong += "better" in seen or (gap == 0.0 and "worse" in seen)
        assert wrong <= 0.5 * len(orders)
