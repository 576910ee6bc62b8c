"""What holds of every interval, the degenerate cases, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as oracle

from ippon.stats.intervals import (
    Interval,
    finite_mean,
    level_each,
    population_mean,
    weighted,
    with_known,
    with_missing,
)

GRADED = st.lists(st.integers(0, 100).map(lambda hundredths: hundredths / 100), min_size=1, max_size=30)
ZERO_ONE = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=30)
CLUSTERED = st.lists(st.sampled_from([0.0, 0.25, 0.9, 0.9, 0.9, 0.92, 1.0]), min_size=1, max_size=30)
SCORES = GRADED | ZERO_ONE | CLUSTERED
UNSEEN = st.integers(0, 300)
LEVELS = st.sampled_from([0.01, 0.5, 0.8, 0.9, 0.95, 0.99, 0.9999])


def ends(interval):
    """Low and high, for comparisons."""
    return interval.low, interval.high


@settings(deadline=None)
@given(scores=SCORES, unseen=UNSEEN, level=LEVELS)
def test_finite_interval_holds_its_value_and_only_what_is_possible(scores, unseen, level):
    """The value lies within; the ends never pass what the unseen items could still do."""
    n_items = len(scores) + unseen
    interval = finite_mean(scores, n_items, level=level)

    assert interval.low <= interval.value <= interval.high
    assert interval.value == pytest.approx(math.fsum(scores) / len(scores))
    assert interval.low >= sum(scores) / n_items - 1e-9
    assert interval.high <= (sum(scores) + unseen) / n_items + 1e-9
    assert interval.level == level


@settings(deadline=None)
@given(scores=SCORES, level=LEVELS)
def test_population_interval_holds_its_value_within_the_span(scores, level):
    """The same for the population, whose limits are those of the span."""
    interval = population_mean(scores, level=level)

    assert 0.0 <= interval.low <= interval.value <= interval.high <= 1.0
    assert interval.low < interval.high


@settings(deadline=None)
@given(scores=SCORES, unseen=UNSEEN, shuffle=st.randoms(use_true_random=False))
def test_order_of_scores_does_not_matter(scores, unseen, shuffle):
    """Any order of the same scores gives the same interval, to the last bit."""
    others = list(scores)
    shuffle.shuffle(others)

    assert finite_mean(scores, len(scores) + unseen) == finite_mean(others, len(scores) + unseen)
    assert population_mean(scores) == population_mean(others)


@settings(deadline=None)
@given(scores=SCORES, unseen=UNSEEN)
def test_turning_the_scale_turns_the_interval(scores, unseen):
    """Scores 1 - x have the interval 1 - high to 1 - low."""
    turned = [1.0 - score for score in scores]
    for straight, mirrored in [
        (finite_mean(scores, len(scores) + unseen), finite_mean(turned, len(scores) + unseen)),
        (population_mean(scores), population_mean(turned)),
    ]:
        assert ends(mirrored) == pytest.approx((1.0 - straight.high, 1.0 - straight.low), abs=1e-9)


@settings(deadline=None)
@given(scores=SCORES, unseen=UNSEEN)
def test_another_span_stretches_the_interval(scores, unseen):
    """Scores on 1..5 have the interval of 0..1, stretched."""
    stretched = [1.0 + 4.0 * score for score in scores]
    unit = finite_mean(scores, len(scores) + unseen)
    likert = finite_mean(stretched, len(scores) + unseen, span=(1.0, 5.0))

    assert ends(likert) == pytest.approx((1.0 + 4.0 * unit.low, 1.0 + 4.0 * unit.high), abs=1e-9)
    assert likert.method == unit.method


@settings(deadline=None)
@given(scores=SCORES, unseen=UNSEEN)
def test_a_higher_level_never_narrows(scores, unseen):
    """Intervals of 80%, 95% and 99% are nested."""
    n_items = len(scores) + unseen
    inner, middle, outer = (finite_mean(scores, n_items, level=level) for level in (0.8, 0.95, 0.99))

    assert outer.low <= middle.low <= inner.low
    assert inner.high <= middle.high <= outer.high


@settings(deadline=None)
@given(scores=SCORES, unseen=UNSEEN, more=UNSEEN)
def test_more_unseen_items_never_narrow(scores, unseen, more):
    """With the same scores a larger suite is known less well (to the step of one item)."""
    n_items = len(scores) + unseen
    near = finite_mean(scores, n_items)
    far = finite_mean(scores, n_items + more)

    assert far.low <= near.low + 1.0 / n_items
    assert far.high >= near.high - 1.0 / n_items


@settings(deadline=None)
@given(scores=SCORES, unseen=UNSEEN)
def test_more_scores_of_the_same_kind_narrow(scores, unseen):
    """Four times the scores of four times the items: not wider (to the step of one item)."""
    n_items = len(scores) + unseen
    few = finite_mean(scores, n_items)
    many = finite_mean(scores * 4, n_items * 4)

    assert many.high - many.low <= few.high - few.low + 1.0 / n_items


@settings(deadline=None)
@given(scores=SCORES)
def test_a_large_suite_is_as_its_population(scores):
    """The population's interval is the limit of the finite one."""
    population = population_mean(scores)

    assert ends(finite_mean(scores, 3_000_000)) == pytest.approx(ends(population), abs=1e-4)


@pytest.mark.parametrize("scores", [[0.3], [1.0, 0.0], [0.2, 0.7, 0.7]])
def test_when_all_is_scored_the_interval_is_the_value(scores):
    """Nothing is uncertain about a suite that is scored whole."""
    value = math.fsum(scores) / len(scores)

    assert finite_mean(scores, len(scores)) == Interval(value=value, low=value, high=value, level=0.95, method="all")


def test_nothing_scored_says_only_the_span():
    """No scores: no value, and ends that cannot be wrong."""
    expected = Interval(value=None, low=1.0, high=5.0, level=0.9, method="none")

    assert finite_mean([], 42, level=0.9, span=(1.0, 5.0)) == expected
    assert population_mean([], level=0.9, span=(1.0, 5.0)) == expected
    assert finite_mean([], 0, level=0.9, span=(1.0, 5.0)) == expected


def test_one_graded_score_says_little_yet_something():
    """One score of six items: all but one of the unseen may be anything... and that is what it says."""
    interval = finite_mean([0.5], 6)

    assert ends(interval) == pytest.approx((0.5 / 6, 5.5 / 6))
    assert interval.method == "t"


def test_equal_scores_do_not_promise_that_all_are_equal():
    """Two equal scores of 42 have no spread; the interval still leaves room for those that differ."""
    interval = finite_mean([0.9, 0.9], 42)

    assert interval.low < 0.25
    assert interval.high > 0.95


def test_a_clear_spread_is_a_plain_t_interval():
    """Where scores spread and no cluster stands out, the interval is Student's with correction, 3% wider."""
    scores = [0.0, 0.1, 0.3, 0.4, 0.55, 0.65, 0.8, 0.9]
    interval = finite_mean(scores, 40)
    spread = float(oracle.tstd(scores)) * math.sqrt((1 - 8 / 40) / 8)
    reach = 1.03 * float(oracle.t.ppf(0.975, 7)) * spread

    assert ends(interval) == pytest.approx((interval.value - reach, interval.value + reach), rel=1e-9)


@pytest.mark.parametrize(("n_ones", "n", "n_items"), [(0, 5, 20), (3, 5, 20), (7, 7, 42), (20, 42, 294), (9, 10, 11)])
def test_zero_one_ends_are_those_that_scipy_does_not_reject(n_ones, n, n_items):
    """Ends found by trying every count against scipy's tails."""
    kept = [
        count
        for count in range(n_items + 1)
        if oracle.hypergeom.cdf(n_ones, n_items, count, n) > 0.025
        and oracle.hypergeom.sf(n_ones - 1, n_items, count, n) > 0.025
    ]
    interval = finite_mean([1.0] * n_ones + [0.0] * (n - n_ones), n_items)

    assert ends(interval) == pytest.approx((min(kept) / n_items, max(kept) / n_items))
    assert interval.method == "hypergeometric"


@pytest.mark.parametrize(("n_ones", "n"), [(0, 10), (1, 10), (17, 20), (20, 20), (1, 1)])
def test_population_ends_of_zero_one_scores_are_those_of_clopper_and_pearson(n_ones, n):
    """The exact binomial interval, as scipy has it."""
    expected = oracle.binomtest(n_ones, n).proportion_ci(0.95, method="exact")
    interval = population_mean([1.0] * n_ones + [0.0] * (n - n_ones))

    assert ends(interval) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert interval.method == "clopper-pearson"


@settings(deadline=None)
@given(scores=SCORES, missing=st.integers(1, 10), unseen=UNSEEN, fill=st.sampled_from([0.0, 0.3, 1.0]))
def test_missing_scores_may_be_anything(scores, missing, unseen, fill):
    """Whatever the missing would have scored, that mean lies within, and so does the mean of what was scored."""
    n_items = len(scores) + missing + unseen
    interval = with_missing([None] * missing + scores, n_items)
    filled = finite_mean([fill] * missing + scores, n_items)

    assert interval.low <= filled.value <= interval.high
    assert interval.low <= interval.value <= interval.high
    assert interval.value == pytest.approx(math.fsum(scores) / len(scores))
    assert interval.method == "missing-bounds"


def test_missing_scores_of_a_whole_suite_leave_exact_bounds():
    """Nine of ten scored, all asked: the tenth is 0 or 1, nothing else is uncertain."""
    interval = with_missing([1.0] * 9 + [None], 10)

    assert (interval.low, interval.value, interval.high) == (0.9, 1.0, 1.0)


def test_nothing_missing_changes_nothing():
    """Without a missing score it is the plain interval, of the suite or of the population."""
    assert with_missing([0.2, 0.4, 1.0], 9) == finite_mean([0.2, 0.4, 1.0], 9)
    assert with_missing([0.2, 0.4, 1.0], None) == population_mean([0.2, 0.4, 1.0])


def test_all_missing_says_only_the_span():
    """Two asked, none answered: no value."""
    assert with_missing([None, None], 9) == Interval(value=None, low=0.0, high=1.0, level=0.95, method="none")


def test_known_items_are_certain():
    """Two chosen items with sum 1.5 beside 8 others: the others' interval, shifted and shrunk."""
    rest = Interval(value=0.5, low=0.25, high=0.75, level=0.95, method="t")

    assert with_known(rest, 1.5, 2, 8) == Interval(value=0.55, low=0.35, high=0.75, level=0.95, method="t")


def test_known_items_without_a_drawn_one_estimate_nothing():
    """A mean of chosen items is no estimate: the value stays None, the ends are what is possible."""
    combined = with_known(finite_mean([], 8), 1.5, 2, 8)

    assert combined == Interval(value=None, low=0.15, high=0.95, level=0.95, method="none")


def test_no_known_items_or_only_known_ones():
    """Either part may be empty."""
    rest = finite_mean([0.2, 0.6], 8)

    assert with_known(rest, 0.0, 0, 8) == rest
    assert with_known(finite_mean([], 0), 1.5, 2, 0) == Interval(
        value=0.75, low=0.75, high=0.75, level=0.95, method="all"
    )


def test_weighted_mean_of_two_evaluators():
    """Ends and value are averaged with the weights, which need not sum to 1."""
    one = Interval(value=0.5, low=0.25, high=0.75, level=level_each(0.95, 2), method="t")
    two = Interval(value=1.0, low=0.75, high=1.0, level=level_each(0.95, 2), method="hypergeometric")

    assert weighted([one, two], [1.0, 3.0]) == Interval(
        value=0.875, low=0.625, high=0.9375, level=0.95, method="weighted"
    )


def test_weighted_mean_needs_no_level_of_certain_parts():
    """An evaluator whose suite is scored whole cannot fail; one without scores leaves no value."""
    certain = finite_mean([1.0, 0.0], 2)
    drawn = finite_mean([0.2, 0.6, 0.7], 9)
    unknown = finite_mean([], 9)

    assert weighted([certain, drawn], [1.0, 1.0]).low == pytest.approx(0.5 * (0.5 + drawn.low))
    assert weighted([certain, unknown], [1.0, 1.0]).value is None
    assert weighted([certain, unknown], [1.0, 0.0]).value == 0.5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: finite_mean([math.nan], 5), "score nan"),
        (lambda: finite_mean([1.2], 5), r"score 1\.2"),
        (lambda: finite_mean([0.5], 5, span=(1.0, 5.0)), r"score 0\.5"),
        (lambda: finite_mean([0.5], 5, span=(1.0, 1.0)), "span"),
        (lambda: population_mean([0.5], span=(0.0, math.inf)), "span"),
        (lambda: population_mean([0.5], span=(math.nan, 1.0)), "span"),
        (lambda: finite_mean([0.5, 0.5], 1), "more scores than items"),
        (lambda: with_missing([0.5, None], 1), "more scores than items"),
        (lambda: with_missing([None, math.nan], 5), "score nan"),
        (lambda: finite_mean([0.5], 5, level=1.0), "level"),
        (lambda: finite_mean([0.5], 5, level=0.0), "level"),
        (lambda: population_mean([0.5], level=math.nan), "level"),
        (lambda: level_each(95.0, 2), "level"),
        (lambda: with_known(finite_mean([], 1), math.nan, 1, 1), "known"),
        (lambda: with_known(finite_mean([], 1), 0.5, -1, 1), "known"),
        (lambda: with_known(finite_mean([], 1), 0.5, 1, -1), "known"),
        (lambda: weighted([finite_mean([], 1)], [1.0, 1.0]), "weights"),
        (lambda: weighted([finite_mean([], 1)], [-1.0]), "weights"),
        (lambda: weighted([finite_mean([], 1)], [math.nan]), "weights"),
        (lambda: weighted([finite_mean([], 1)], [0.0]), "no weight"),
        (lambda: weighted([finite_mean([0.5], 2)] * 2, [1.0, 1.0]), "promise"),
        (lambda: weighted([finite_mean([0.5], 2)], [1.0], level=2.0), "level"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    """A ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=words):
        call()
