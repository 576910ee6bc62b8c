"""Columns hold what the records would: any plan, any end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ippon.records.evaluations import KEY_BYTES, KINDS, STATUSES, Ends, Evaluations, Results
from ippon.records.run import Evaluation, Result

NUMBER = st.integers(0, 2**32 - 1)
EVALUATION = st.builds(Evaluation, NUMBER, NUMBER, st.sampled_from(KINDS), NUMBER)
KEY = st.none() | st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES).filter(any)
END = st.tuples(st.sampled_from(STATUSES), st.none() | st.floats(0, 1), KEY)


def result(status, score, *, cached=False):
    """A result of which only these matter."""
    return Result(example="a", evaluator="b", response="target", status=status, score=score, cached=cached)


def ends_of(ends, *, order=None):
    """The columns after these ends were told in some order."""
    columns = Ends(len(ends))
    for position in order if order is not None else range(len(ends)):
        status, score, key = ends[position]
        columns.put(position, result(status, score), key)
    return columns


@given(st.lists(EVALUATION))
def test_a_plan_is_what_it_was_made_of(evaluations):
    """By position, by slice, and one after the other."""
    plan = Evaluations(iter(evaluations))

    assert evaluations == list(plan) == plan[:]
    assert evaluations[1:-1:2] == plan[1:-1:2]
    assert all(each == plan[n] == plan[n - len(plan)] for n, each in enumerate(evaluations))


@given(st.lists(END), st.randoms())
def test_ends_are_what_was_told_in_whatever_order(ends, random):
    """Status, score, key and counts; and the digest is one of content alone."""
    order = list(range(len(ends)))
    random.shuffle(order)
    columns = ends_of(ends, order=order)
    counts = columns.counts(total=1000)

    assert [end[:2] for end in ends] == list(columns)
    assert [end[2] for end in ends] == [columns.key(n) for n in range(len(ends))]
    assert (len(ends), 1000) == (counts.planned, counts.total)
    assert all(getattr(counts, name) == sum(end[0] == name for end in ends) for name in STATUSES)
    assert ends_of(ends).evidence() == columns.evidence()


def test_evidence_is_what_was_asked_and_scored():
    """Another score, another key, no score, one more: all of them are other evidence; where it came from is not."""
    key, other = b"k" * KEY_BYTES, b"o" * KEY_BYTES
    base = [("answered", 0.5, key)]
    different = [
        [("answered", 0.25, key)],
        [("answered", 0.5, other)],
        [("failed", None, key)],
        [("answered", 0.5, None)],
        [*base, ("missing", None, None)],
        [],
    ]

    assert 1 + len(different) == len({ends_of(ends).evidence() for ends in [base, *different]})
    assert ends_of(base).evidence() == ends_of([("cached", 0.5, key)]).evidence()


def test_a_failure_that_was_known_is_a_hit():
    """It failed all the same."""
    columns = Ends(4)
    for position, (status, cached) in enumerate([("failed", True), ("failed", False), ("cached", True)]):
        columns.put(position, result(status, None, cached=cached), None)

    assert (2, 2, 1) == (columns.hits, columns.counts(4).failed, columns.counts(4).cached)
    assert ["failed", "failed", "cached", "missing"] == [status for status, _ in columns]


def test_nothing_is_told_at_first():
    """All of it is missing."""
    assert [("missing", None)] * 3 == list(Ends(3))
    assert 3 == Ends(3).counts(total=3).missing


def test_results_are_read_whenever_they_are_looked_at():
    """Nothing is held: each look reads anew, and as far as it has to."""
    read: list[int] = []

    def each():
        for n in range(4):
            read.append(n)
            yield result("answered", n / 4)

    results = Results(each, lambda: 4)

    assert (0.0, 0.75) == (results[0].score, results[-1].score)
    assert [0, 0, 1, 2, 3] == read
    assert [0.25, 0.5] == [one.score for one in results[1:3]]
    assert [0.0, 0.25, 0.5, 0.75] == [one.score for one in results]
    assert "<4 results>" == repr(results)
