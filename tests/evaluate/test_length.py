"""The length evaluator."""

from __future__ import annotations

import pytest

from ippon.evaluate.material import Material
from ippon.records.evaluators import Length
from ippon.records.judgement import Score
from tests.evaluate.driver import drive, score


@pytest.mark.parametrize(
    ("evaluator", "response", "expected"),
    [
        (Length(name="l", max=3), "one two three", 1.0),
        (Length(name="l", max=3), "one two three four", 0.0),
        (Length(name="l", min=2), "one", 0.0),
        (Length(name="l", min=1, max=2), "one\n two", 1.0),
        (Length(name="l", max=3, unit="characters"), "äöü", 1.0),
        (Length(name="l", max=3, unit="characters"), "four", 0.0),
        (Length(name="l"), "", 1.0),
    ],
)
def test_bounds(evaluator, response, expected):
    """Both bounds are part of what is allowed."""
    assert expected == score(evaluator, response)


def test_the_reason_counts():
    """How long it is and how long it may be."""
    _, judgement = drive(Length(name="l", max=1), Material(response="one two"))

    assert Score(0.0, reason="2 words, at most 1 wanted") == judgement
