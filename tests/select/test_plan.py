"""What a tier takes: chosen and drawn, nested, fixed by content and seed."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.errors import UsageError
from ippon.records.evaluators import Exact
from ippon.records.run import Result
from ippon.records.suite import RecordedTarget, Tier
from ippon.select.changed import urgent_first
from ippon.select.discriminative import expected_gap, most_telling
from ippon.select.drawn import drawn_order, marks
from ippon.select.matching import Filters, target_name
from ippon.select.plan import Wanted, select, tier_named, total
from tests.suites import DIMENSIONS, example, suite

seeds = st.integers(0, 2**40)


def taken(selection):
    """(evaluator, example) pairs of a selection."""
    return {(e.evaluator, e.example) for e in selection.evaluations}


def test_full_takes_everything_once():
    """Three evaluators by twelve examples."""
    selection = select(suite(), "full", Wanted("default"))

    assert 36 == selection.total == len(selection.evaluations) == len(set(selection.evaluations))
    assert "all" == selection.method
    assert frozenset() == selection.chosen


@given(seed=seeds)
def test_tiers_are_nested(seed):
    """Going up a tier reuses everything."""
    s = suite(contrast=True)
    quick, medium, full = (taken(select(s, tier, Wanted("default", seed=seed))) for tier in ("quick", "medium", "full"))

    assert quick < medium < full
    assert [3, 9, 36] == [len(quick), len(medium), len(full)]


def test_quick_chooses_the_largest_expected_gap_of_the_own_dimension():
    """Of the examples whose category is the evaluator's name, the one whose pair should differ most."""
    s = suite(contrast=True)
    selection = select(s, "quick", Wanted("default"))

    for each in selection.evaluations:
        own = [i for i, e in enumerate(s.examples) if e.category == s.evaluators[each.evaluator].name]
        assert max(expected_gap(s, s.examples[i]) for i in own) == expected_gap(s, s.examples[each.example])
    assert set(selection.evaluations) == selection.chosen


def test_ties_go_to_examples_and_categories_that_nobody_took():
    """Three evaluators whose names are no category, all gaps equal: three examples of three categories."""
    s = suite(evaluators=tuple(Exact(name=f"judge {i}") for i in range(3)))
    chosen = most_telling(s, {i: range(12) for i in range(3)}, marks=marks(s.examples), seed=3)

    assert 3 == len(set(chosen.values()))
    assert set(DIMENSIONS) == {s.examples[i].category for i in chosen.values()}


def test_without_expected_columns_a_pair_is_expected_to_be_one_apart():
    """Good 1, poor 0; and without pairs nothing is expected."""
    s = suite(contrast=True)

    assert pytest.approx(0.8) == expected_gap(s, s.examples[0])
    assert None is expected_gap(suite(), s.examples[0])


@given(seed=seeds, n=st.integers(1, 30))
def test_an_order_is_a_permutation_fixed_by_content_and_seed(seed, n):
    """The same again, however the examples are stored; another purpose is another order of the same."""
    examples = [example(i) for i in range(n)]
    order = drawn_order(marks(examples), range(n), seed=seed, purpose="tone")

    assert sorted(order) == list(range(n))
    backwards = examples[::-1]
    again = drawn_order(marks(backwards), range(n), seed=seed, purpose="tone")
    assert [examples[i].id for i in order] == [backwards[i].id for i in again]


def test_orders_are_uniform():
    """Over 6,000 seeds each of the six orders of three examples comes up about 1,000 times (chi-squared 25.7: p = 1e-4)."""
    found = marks([example(i) for i in range(3)])
    seen = Counter(tuple(drawn_order(found, range(3), seed=seed, purpose="")) for seed in range(6000))

    assert 6 == len(seen)
    assert 25.7 > sum((count - 1000) ** 2 / 1000 for count in seen.values())


def test_one_edited_example_moves_alone():
    """The others keep their order among themselves."""
    before = [example(i) for i in range(20)]
    after = [*before[:5], example(5, note="edited"), *before[6:]]
    old = drawn_order(marks(before), range(20), seed=0, purpose="")
    new = drawn_order(marks(after), range(20), seed=0, purpose="")

    assert [i for i in old if i != 5] == [i for i in new if i != 5]


def test_a_suite_of_21_is_run_whole_at_every_built_in_tier():
    """And its gates tested; one of 24 is not."""
    assert 21 == len(select(suite(7), "quick", Wanted("default")).evaluations)
    assert 3 == len(select(suite(8), "quick", Wanted("default")).evaluations)


@pytest.mark.parametrize(
    ("tier", "count", "method"),
    [
        (Tier(examples=4), 12, "drawn examples"),
        (Tier(evaluations=10), 10, "drawn evaluations"),
        (Tier(evaluations=1000), 36, "drawn evaluations"),
        (Tier(share=0.1), 4, "drawn evaluations"),
        (Tier(), 36, "all"),
    ],
)
def test_other_ways_to_say_how_far(tier, count, method):
    """All drawn: examples for everyone, or so many evaluations in turns."""
    selection = select(suite(tiers={"own": tier}), "own", Wanted("default"))

    assert (count, method) == (len(selection.evaluations), selection.method)
    assert frozenset() == selection.chosen


def test_drawn_examples_are_the_same_for_every_evaluator():
    """Four examples by three evaluators, so that a response is fetched once for all."""
    selection = select(suite(tiers={"own": Tier(examples=4)}), "own", Wanted("default"))

    assert 4 == len({e.example for e in selection.evaluations})


def test_drawn_evaluations_are_a_prefix_of_each_evaluators_order():
    """Whole examples in turns; what would break one up is left."""
    s = suite(tiers={"own": Tier(evaluations=7)}, target=False, contrast=True)
    selection = select(s, "own", Wanted(None))

    assert 6 == len(selection.evaluations)
    full = select(s, "full", Wanted(None))
    for e in range(3):
        mine = [each.example for each in selection.evaluations if each.evaluator == e]
        whole = [each.example for each in full.evaluations if each.evaluator == e]
        assert mine == whole[: len(mine)]


def test_a_tier_too_small_for_one_example_is_refused():
    """An empty plan would pass."""
    s = suite(tiers={"own": Tier(evaluations=1)})
    with pytest.raises(UsageError, match="one example is 2"):
        select(s, "own", Wanted("default", repeats=2))
    with pytest.raises(UsageError, match="takes nothing of what the filters leave"):
        select(s, "own", Wanted("default", filters=Filters(evaluators=("tone",))))


def test_one_dear_evaluator_does_not_starve_the_others():
    """It is left out; the rest take their turns."""
    s = suite(evaluators=(Exact(name="dear", repeats=5), Exact(name="cheap")), tiers={"own": Tier(evaluations=8)})
    taken_ = Counter(e.evaluator for e in select(s, "own", Wanted("default")).evaluations)

    assert {0: 5, 1: 3} == taken_


def test_a_share_is_not_rounded_up_by_floats():
    """0.07 of 100 is 7."""
    s = suite(100, evaluators=(Exact(name="a"),), tiers={"own": Tier(share=0.07)})

    assert 7 == len(select(s, "own", Wanted("default")).evaluations)


def test_filters_do_not_change_what_an_evaluator_is_asked():
    """The one chosen beside the others is chosen alone as well, or nothing would be reused."""
    s = suite(evaluators=tuple(Exact(name=f"judge {i}") for i in range(3)))
    whole = select(s, "quick", Wanted("default"))

    for e in range(3):
        alone = select(s, "quick", Wanted("default", filters=Filters(evaluators=(f"judge {e}",))))
        assert [x for x in whole.evaluations if x.evaluator == e] == list(alone.evaluations)


def test_truth_values_compare_as_text():
    """As flags and CSV write them, and as reading checks them."""
    s = suite(evaluators=(Exact(name="a", where={"ok": "true"}), Exact(name="b", where={"ok": True})))
    examples = [msgspec.structs.replace(e, row={**e.row, "ok": i % 2 == 0}) for i, e in enumerate(s.examples)]
    s = msgspec.structs.replace(s, examples=tuple(examples))

    assert {0: 6, 1: 6} == select(s, "full", Wanted("default")).n_items
    assert 12 == len(select(s, "full", Wanted("default", filters=Filters(where=("ok=true",)))).evaluations)


def test_pairs_and_repeats_multiply():
    """Both responses of a pair, each asked twice."""
    s = suite(target=False, contrast=True)
    selection = select(s, "quick", Wanted(None, repeats=2))

    assert 144 == selection.total == total(s, None, 2)
    assert [("good", 0), ("poor", 0), ("good", 1), ("poor", 1)] == [
        (e.response, e.repeat) for e in selection.evaluations[:4]
    ]


def test_grouped_asks_evaluator_by_evaluator_in_the_same_drawn_order():
    """For a model whose prompt cache likes it."""
    turns = select(suite(), "full", Wanted("default")).evaluations
    grouped = select(suite(), "full", Wanted("default", grouped=True)).evaluations

    assert [0, 1, 2, 0] == [e.evaluator for e in turns[:4]]
    assert sorted(e.evaluator for e in grouped) == [e.evaluator for e in grouped]
    for e in range(3):
        assert [x for x in turns if x.evaluator == e] == [x for x in grouped if x.evaluator == e]


def test_where_says_which_examples_an_evaluator_is_for():
    """One value or several; numbers match their text; nobody else's examples are counted."""
    s = suite(
        evaluators=(
            Exact(name="a", where={"category": ["tone", "focus"]}),
            Exact(name="b", where={"category": "tone", "high": 0.9}),
            Exact(name="c", where={"high": "0.9", "missing": 1}),
        )
    )

    assert {0: 8, 1: 4} == select(s, "full", Wanted("default")).n_items


def test_filters_narrow_and_say_so():
    """Globs of names and ids, conditions on columns; several conditions of a column are alternatives."""
    found = select(
        suite(),
        "full",
        Wanted(
            "default",
            filters=Filters(evaluators=("t*",), examples=("ex-00*",), where=("category=tone", "category=focus")),
        ),
    )

    assert {(2, i) for i in range(10) if i % 3} == taken(found)
    assert found.narrowed
    assert not select(suite(), "full", Wanted("default", filters=Filters(evaluators=("tone",)))).narrowed


@pytest.mark.parametrize(
    ("filters", "message", "hint"),
    [
        (Filters(evaluators=("tune",)), "--evaluator tune matches nothing", "nearest: tone"),
        (Filters(examples=("zzz",)), "--example zzz matches nothing", "nearest: ex-000, ex-001, ex-002"),
        (Filters(where=("category",)), "--where category is no condition", "--where category=empathy"),
        (Filters(where=("mood=1",)), "--where mood=1: no example has a column `mood`", None),
        (Filters(where=("category=x",)), "--where category=x matches no example", "ippon plan shows what a tier takes"),
    ],
)
def test_filters_that_match_nothing(filters, message, hint):
    """Exit 2 with the nearest name, never an empty run."""
    with pytest.raises(UsageError) as caught:
        select(suite(), "full", Wanted("default", filters=filters))

    assert (message, hint) == (str(caught.value), caught.value.problems[0].hint)


def test_filters_that_leave_no_evaluator_an_example():
    """An evaluator and an example that do not belong together."""
    s = suite(evaluators=(Exact(name="a", where={"category": "tone"}),))
    with pytest.raises(UsageError, match="no evaluator is for any of the selected examples"):
        select(s, "full", Wanted("default", filters=Filters(examples=("ex-000",))))


def test_unknown_tiers_and_targets():
    """Named with what is known; a suite's own tier wins over the built-in one."""
    with pytest.raises(UsageError, match="unknown tier `fast`") as caught:
        tier_named(suite(tiers={"own": Tier()}), "fast")
    assert "nearest: quick, medium, full" == caught.value.problems[0].hint
    with pytest.raises(UsageError, match="the suite has no target `v2`"):
        target_name(suite(), "v2")
    assert "default" == target_name(suite(), None) == target_name(suite(), "default")
    assert None is target_name(suite(target=False, contrast=True), None)
    named = msgspec.structs.replace(suite(target=False), targets={"v2": RecordedTarget()})
    with pytest.raises(UsageError, match="only named ones"):
        target_name(named, None)


def test_chosen_ones_that_failed_are_asked_first():
    """Failed or low, then those that were fine, then new ones."""
    evaluations = select(suite(), "full", Wanted("default")).evaluations[:3]
    scores = {evaluations[1]: 0.9, evaluations[2]: 0.1}

    def previous(evaluation):
        if evaluation not in scores:
            return None
        return Result(example="", evaluator="", response="target", status="answered", score=scores[evaluation])

    found = urgent_first(evaluations, previous=previous)

    assert [2, 1, 0] == [evaluations.index(each) for each in found]
