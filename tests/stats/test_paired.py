"""Paired differences and the classical tests, against scipy, by enumeration, and their symmetries."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as oracle

from ippon.stats.intervals import Interval, finite_mean, population_mean
from ippon.stats.multiplicity import holm
from ippon.stats.paired import mcnemar, paired_difference, wilcoxon
from ippon.stats.proportions import wilson

GRADES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
PAIRS = st.lists(st.tuples(GRADES, GRADES), min_size=1, max_size=30)
DIFFERENCES = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=11)


def test_a_difference_is_the_mean_of_differences():
    """New less old, in the suite and in the population, with the intervals that means have."""
    old, new = [0.2, 0.4, 0.9, 0.5], [0.4, 0.5, 0.7, 1.0]
    differences = [0.2, 0.1, -0.2, 0.5]

    for found, expected in [
        (paired_difference(old, new, 9), finite_mean(differences, 9, span=(-1.0, 1.0))),
        (paired_difference(old, new, level=0.8), population_mean(differences, level=0.8, span=(-1.0, 1.0))),
    ]:
        assert (found.low, found.value, found.high) == pytest.approx((expected.low, expected.value, expected.high))
    whole = paired_difference(old, new, 4)
    assert (whole.low, whole.value, whole.high) == pytest.approx((0.15, 0.15, 0.15))
    assert whole.method == "all"


@settings(deadline=None)
@given(pairs=PAIRS, unseen=st.integers(0, 50))
def test_swapping_the_systems_turns_the_sign(pairs, unseen):
    """Of the interval; tests do not change at all."""
    old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    there, back = paired_difference(old, new, len(old) + unseen), paired_difference(new, old, len(old) + unseen)

    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)
    assert wilcoxon([b - a for a, b in pairs]) == wilcoxon([a - b for a, b in pairs])


@pytest.mark.parametrize(("up", "down"), [(0, 0), (3, 9), (9, 3), (1, 0), (12, 12), (40, 15)])
def test_mcnemar_is_the_sign_test_of_turns(up, down):
    """As scipy's binomial test; items that do not turn add nothing. (3, 9) is .14599609375 in statsmodels 0.15.0 too."""
    old, new = [0.0] * up + [1.0] * down + [1.0] * 7, [1.0] * up + [0.0] * down + [1.0] * 7
    expected = oracle.binomtest(up, up + down).pvalue if up + down else 1.0

    assert mcnemar(old, new) == pytest.approx(expected, rel=1e-12)


@settings(deadline=None)
@given(differences=DIFFERENCES)
def test_wilcoxon_is_exact_by_enumeration(differences):
    """The share of all signs of the same sizes that lie as far out, ties and all."""
    kept = [each for each in differences if each]
    ranks = oracle.rankdata([abs(each) for each in kept]) if kept else []
    observed = abs(sum(math.copysign(rank, each) for rank, each in zip(ranks, kept, strict=True)))
    far = [
        abs(sum(sign * rank for sign, rank in zip(signs, ranks, strict=True))) >= observed
        for signs in itertools.product([-1, 1], repeat=len(kept))
    ]

    assert wilcoxon(differences) == pytest.approx(sum(far) / len(far), abs=1e-12)


def test_wilcoxon_agrees_with_scipy():
    """Exact without ties, normal with them beyond 50."""
    few = [((7 * n) % 31 - 11.3) / 10 for n in range(30)]
    many = [float((7 * n) % 23 - 9) for n in range(80)]

    assert wilcoxon(few) == pytest.approx(oracle.wilcoxon(few, method="exact").pvalue, abs=1e-12)
    assert wilcoxon(many) == pytest.approx(oracle.wilcoxon(many, method="asymptotic").pvalue, abs=1e-12)
    assert wilcoxon([0.0, 0.0]) == 1.0


def test_rounding_makes_no_ranks():
    """Sizes that only the last bit tells apart are tied, and zero is zero."""
    rounded = [0.6 - 0.4, 0.2 - 0.4, 0.8 - 0.6, 0.9 - 0.6, 0.3 - 0.1 - 0.2]

    assert wilcoxon(rounded) == wilcoxon([2.0, -2.0, 2.0, 3.0, 0.0])


@settings(deadline=None)
@given(p_values=st.lists(st.floats(0, 1), max_size=8), shuffle=st.randoms(use_true_random=False))
def test_holm_keeps_order_and_lies_between_the_raw_and_bonferroni(p_values, shuffle):
    """Adjusted p-values are those of the tests, wherever these stand."""
    adjusted = holm(p_values)
    places = list(range(len(p_values)))
    shuffle.shuffle(places)

    assert [adjusted[at] for at in places] == holm([p_values[at] for at in places])
    for p, q in zip(p_values, adjusted, strict=True):
        assert p <= q <= min(1.0, len(p_values) * p) + 1e-12
    assert [adjusted[at] for at in sorted(places, key=p_values.__getitem__)] == sorted(adjusted)


def test_holm_agrees_with_statsmodels():
    """Version 0.15.0, multipletests(p, method="holm")."""
    assert holm([0.01, 0.04, 0.03, 0.005, 0.2, 0.5]) == pytest.approx([0.05, 0.12, 0.12, 0.03, 0.4, 0.5])
    assert holm([]) == []


@pytest.mark.parametrize(
    ("n_ones", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.27753279986288926),
        (3, 10, 0.10779126740630104, 0.6032218525388546),
        (17, 20, 0.639581135259243, 0.9476312541037833),
        (20, 20, 0.8388748419471804, 1.0),
    ],
)
def test_wilson_agrees_with_statsmodels(n_ones, n, low, high):
    """Version 0.15.0, proportion_confint(n_ones, n, method="wilson")."""
    assert wilson(n_ones, n) == Interval(
        value=n_ones / n, low=pytest.approx(low), high=pytest.approx(high), level=0.95, method="wilson"
    )


@pytest.mark.parametrize("n", [5, 20, 100])
def test_wilson_covers_on_average_only(n):
    """By exact sum over 1,999 shares: .94 and more on average, never under .83, which it does come near to."""
    intervals = [wilson(x, n) for x in range(n + 1)]
    covered = [
        sum(
            math.comb(n, x) * share**x * (1 - share) ** (n - x)
            for x, interval in enumerate(intervals)
            if interval.low <= share <= interval.high
        )
        for share in (at / 2000 for at in range(1, 2000))
    ]

    assert math.fsum(covered) / len(covered) >= 0.94
    assert 0.83 <= min(covered) < 0.87


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: paired_difference([0.1], [0.1, 0.2]), "pairs"),
        (lambda: paired_difference([0.1, math.nan], [0.1, 0.2]), "baseline: score nan at place 1"),
        (lambda: paired_difference([0.1], [1.2]), r"scores: score 1\.2"),
        (lambda: paired_difference([0.1, 0.1], [0.2, 0.2], 1), "more scores than items"),
        (lambda: mcnemar([0.0, 0.5], [1.0, 1.0]), "neither 0 nor 1"),
        (lambda: wilcoxon([0.1, math.inf]), "difference 1 is inf"),
        (lambda: holm([0.1, math.nan]), "p-value nan"),
        (lambda: holm([1.1]), r"p-value 1\.1"),
        (lambda: wilson(3, 2), "no share"),
        (lambda: wilson(0, 0), "no share"),
        (lambda: wilson(1, 2, level=1.0), "level"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        call()
