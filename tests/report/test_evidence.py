"""What is seen of a run whose results go by one after the other."""

from __future__ import annotations

from ippon.report.evidence import findings
from tests.report.made import failure, result, run_of


def test_repeats_of_a_pair_are_averaged_and_the_poor_response_is_told():
    """Whatever comes in between: the first reason and the first failure of the poor one, the gap of the means."""
    pair = [
        ("good", 1.0, "fine"),
        ("poor", 0.25, None),
        ("good", 0.5, None),
        ("poor", 0.25, "cold"),
        ("poor", None, None),
    ]
    results = [
        result(response=response, score=score, reason=reason, repeat=n, error=failure() if score is None else None)
        for n, (response, score, reason) in enumerate(pair)
    ]
    (found,) = findings(run_of({}, results), None)

    assert (True, 0.5, 0.75, 0.25, "cold") == (found.paired, found.value, found.good, found.poor, found.reason)


def test_a_pair_of_which_one_has_no_score_has_no_gap():
    """Nor has an example whose good response alone was asked; that one is told then."""
    lost = [result(response="good", score=1.0), result(response="poor", score=None, status="failed", error=failure())]
    (found,) = findings(run_of({}, lost), None)
    (alone,) = findings(run_of({}, [result(response="good", score=1.0, reason="warm")]), None)

    assert (None, 1.0, None) == (found.value, found.good, found.poor)
    assert found.reason
    assert (None, "warm") == (alone.value, alone.reason)
