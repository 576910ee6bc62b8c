"""Scores to verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.decide.gate import gate_results, threshold
from ippon.decide.scores import SEPARATION_SPAN, Sample, interval, summary
from ippon.decide.verdict import Ending, ending, promoted, what_inconclusive_does
from ippon.records.run import Counts
from ippon.records.suite import Gate, Tier
from ippon.stats.intervals import finite_mean

HALF = Sample(drawn=(0.0, 1.0), n_items=2)


def verdicts(gates, samples, weights=None):
    """(words, verdict) of each gate."""
    return [(r.gate, r.verdict) for r in gate_results(gates, samples, weights or dict.fromkeys(samples, 1.0))]


def test_when_all_is_scored_the_interval_is_the_value():
    """Nothing is inconclusive then."""
    found = interval(HALF, level=0.95)

    assert (0.5, 0.5, 0.5, "all") == (found.value, found.low, found.high, found.method)
    assert [("a >= 0.50", "pass")] == verdicts([Gate(evaluator="a", min_score=0.5)], {"a": HALF})
    assert [("a >= 0.501", "fail")] == verdicts([Gate(evaluator="a", min_score=0.501)], {"a": HALF})


def test_a_mean_that_misses_its_threshold_by_rounding_has_reached_it():
    """Three times 0.7 adds up to a hair less than 2.1."""
    sample = Sample(drawn=(0.1, 0.7, 0.7, 0.7, 1.3 - 1.3 + 0.3), n_items=5)

    assert [("a >= 0.50", "pass")] == verdicts([Gate(evaluator="a", min_score=0.5)], {"a": sample})


def test_chosen_ones_are_known_and_no_sample():
    """One known of three beside two drawn ones: only the two have an interval."""
    sample = Sample(known=(1.0,), drawn=(0.0,), n_items=3)
    rest = finite_mean([0.0], 2)

    found = interval(sample, level=0.95)

    assert pytest.approx(1 / 3) == found.low
    assert pytest.approx((1 + 2 * rest.high) / 3) == found.high


def test_only_chosen_ones_test_no_gate():
    """Their mean would be off by 15 to 22 points, so it is not shown either."""
    sample = Sample(known=(0.2,), n_items=6)
    row = summary(sample, failed=0, expected_gap=0.7, paired=False)

    assert (None, None, "screen", 0.7, 1) == (row.score, row.interval, row.method, row.expected_gap, row.n)
    assert [("a >= 0.50", "not_tested")] == verdicts([Gate(evaluator="*", min_score=0.5)], {"a": sample})
    assert [("mean >= 0.50", "not_tested")] == verdicts([Gate(min_score=0.5)], {"a": sample, "b": HALF})


def test_all_chosen_and_nothing_left_is_a_whole_suite():
    """An evaluator that is for one example only."""
    sample = Sample(known=(0.25,), n_items=1)

    assert (0.25, (0.25, 0.25)) == (summary(sample, failed=0, expected_gap=None, paired=False).score, (0.25, 0.25))
    assert [("a >= 0.20", "pass")] == verdicts([Gate(evaluator="a", min_score=0.2)], {"a": sample})


def test_a_missing_result_never_helps():
    """Its least value bounds the low end, its largest the high end, drawn or chosen."""
    drawn = interval(Sample(drawn=(1.0, None), n_items=2), level=0.95)
    chosen = interval(Sample(known=(1.0, None), n_items=2), level=0.95)
    both = interval(Sample(known=(None,), drawn=(1.0,), n_items=2), level=0.95)

    assert [(1.0, 0.5, 1.0)] * 3 == [(i.value, i.low, i.high) for i in (drawn, chosen, both)]
    nothing = Sample(drawn=(None,), n_items=1)
    assert [("a >= 0.50", "inconclusive")] == verdicts([Gate(evaluator="a", min_score=0.5)], {"a": nothing})
    assert None is summary(nothing, failed=1, expected_gap=None, paired=False).interval


@given(
    known=st.lists(st.none() | st.sampled_from([0.0, 0.25, 1.0]), max_size=3),
    drawn=st.lists(st.none() | st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=6),
    more=st.integers(0, 5),
)
def test_an_interval_holds_its_value_and_stays_possible(known, drawn, more):
    """Whatever is missing or known."""
    sample = Sample(known=tuple(known), drawn=tuple(drawn), n_items=len(known) + len(drawn) + more)
    found = interval(sample, level=0.95)

    assert 0 <= found.low <= found.high <= 1
    if found.value is not None:
        assert found.low - 1e-9 <= found.value <= found.high + 1e-9
    if more == 0 and None not in known + drawn:
        assert found.low == found.high


def test_separation_lives_between_minus_one_and_one():
    """A judge that is inverted has a separation below zero."""
    sample = Sample(drawn=(-1.0, -0.5), n_items=2, span=SEPARATION_SPAN)
    row = summary(sample, failed=0, expected_gap=None, paired=True)

    assert (None, -0.75, (-0.75, -0.75)) == (row.score, row.separation, row.interval)
    gate = Gate(evaluator="a", min_separation=0.3)
    assert [("a separation >= 0.30", "fail")] == verdicts([gate], {"a": sample})
    assert 0.3 == threshold(gate)
    chosen = Sample(known=(0.5,), n_items=3, span=SEPARATION_SPAN)
    assert 0.5 == summary(chosen, failed=0, expected_gap=None, paired=True).separation


def test_a_gate_on_the_mean_weighs():
    """0.5 once and 1 three times; the interval holds for all evaluators at once."""
    samples = {"a": HALF, "b": Sample(drawn=(1.0,), n_items=1)}
    (gate,) = gate_results([Gate(min_score=0.85)], samples, {"a": 1.0, "b": 3.0})

    assert ("mean >= 0.85", 0.875, "pass", None, 3) == (
        gate.gate,
        gate.value,
        gate.verdict,
        gate.evaluator,
        gate.evaluations_used,
    )
    part = {"a": Sample(drawn=(0.0, 1.0, 1.0), n_items=9), "b": Sample(drawn=(1.0, 0.5, 0.7), n_items=9)}
    assert [("mean >= 0.60", "inconclusive")] == verdicts([Gate(min_score=0.6)], part)


def test_a_gate_on_the_population_keeps_a_width():
    """All of the suite is scored, and the suite itself is a sample."""
    sample = Sample(drawn=(1.0,) * 20, n_items=20)

    assert [("a >= 0.95", "pass")] == verdicts([Gate(evaluator="a", min_score=0.95)], {"a": sample})
    assert [("a >= 0.95", "inconclusive")] == verdicts(
        [Gate(evaluator="a", min_score=0.95, population=True)], {"a": sample}
    )


def test_a_population_gate_takes_missing_and_chosen_ones_for_what_they_are():
    """A missing one may be anything; a chosen one is no sample, unless everything was taken."""
    missing = interval(Sample(drawn=(1.0,) * 10 + (None,) * 10, n_items=40), level=0.95, population=True)
    drawn = interval(Sample(drawn=(1.0, 1.0), n_items=9), level=0.95, population=True)
    chosen = interval(Sample(known=(1.0,), drawn=(1.0, 1.0), n_items=9), level=0.95, population=True)
    whole = interval(Sample(known=(1.0,), drawn=(1.0, 1.0), n_items=3), level=0.95, population=True)

    assert missing.low < 0.5 < missing.high
    assert (drawn.low, drawn.high) == (chosen.low, chosen.high)
    assert whole.low > chosen.low


def test_a_gate_looks_at_its_own_measure_only():
    """Scores where scores were taken, separations where pairs were; a mean only where no evaluator was left out."""
    pairs = Sample(drawn=(0.9,), n_items=1, span=SEPARATION_SPAN)

    assert [("a >= 0.50", "not_tested")] == verdicts([Gate(evaluator="a", min_score=0.5)], {"a": pairs})
    assert [("a separation >= 0.30", "not_tested")] == verdicts([Gate(evaluator="a", min_separation=0.3)], {"a": HALF})
    assert [("mean >= 0.30", "not_tested")] == verdicts([Gate(min_score=0.3)], {"a": HALF}, {"a": 1.0, "b": 1.0})
    assert [("a >= 0.7005", "fail")] == verdicts([Gate(evaluator="a", min_score=0.7005)], {"a": HALF})


def test_globs_give_a_gate_for_each_evaluator():
    """In the order of the suite."""
    samples = {"tone_a": HALF, "focus": HALF, "tone_b": HALF}

    assert ["tone_a >= 0.10", "tone_b >= 0.10"] == [
        words for words, _ in verdicts([Gate(evaluator="tone*", min_score=0.1)], samples)
    ]


COUNTS = Counts(total=300, planned=100, answered=100)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"interrupted": True, "spend_stop": True}, Ending("interrupted", 130)),
        ({"spend_stop": True, "gates": "fail"}, Ending("incomplete", 4)),
        ({"gates": "fail", "missing": 50}, Ending("fail", 1)),
        ({"gates": "pass", "missing": 2}, Ending("incomplete", 3)),
        ({"gates": "pass", "missing": 1}, Ending("pass", 0)),
        ({"gates": "pass inconclusive"}, Ending("inconclusive", 3)),
        ({"gates": "pass inconclusive", "on": "pass"}, Ending("inconclusive", 0)),
        ({"gates": "pass inconclusive", "on": "promote"}, Ending("inconclusive", 3)),
        ({"gates": "not_tested"}, Ending("none", 0)),
        ({}, Ending("none", 0)),
    ],
)
def test_the_first_that_applies(given_, expected):
    """130, 4, 1, 3, 0, in this order."""
    samples = {
        "pass": Gate(evaluator="a", min_score=0.5),
        "fail": Gate(evaluator="a", min_score=0.9),
        "inconclusive": Gate(evaluator="a", min_score=0.5, population=True),
        "not_tested": Gate(evaluator="b", min_score=0.5),
    }
    gates = gate_results(
        [samples[g] for g in given_.get("gates", "").split()], {"a": HALF, "b": Sample(n_items=3)}, {"a": 1, "b": 1}
    )
    missing = given_.get("missing", 0)
    counts = Counts(total=300, planned=100, answered=100 - missing, missing=missing)

    assert expected == ending(
        counts,
        gates,
        on_inconclusive=given_.get("on", "fail"),
        interrupted=given_.get("interrupted", False),
        spend_stop=given_.get("spend_stop", False),
    )


def test_what_an_inconclusive_tier_does():
    """Its own word, else the built-in tier's of its name, else it fails."""
    assert "promote" == what_inconclusive_does("quick", Tier(on_inconclusive="promote"))
    assert "pass" == what_inconclusive_does("medium", Tier(per_evaluator=2))
    assert "fail" == what_inconclusive_does("own", Tier())
    assert ["medium", "full", None, "full"] == [promoted(name) for name in ("quick", "medium", "full", "own")]
