"""The similarity evaluator."""

from __future__ import annotations

import sys

import pytest

from ippon.errors import MissingExtraError
from ippon.evaluate.kinds import check
from ippon.evaluate.material import Material
from ippon.evaluate.similarity import LIBRARY
from ippon.records.evaluators import Similarity
from ippon.records.judgement import Score
from tests.evaluate.driver import drive, score

PLAIN = Similarity(name="s")


@pytest.mark.parametrize(
    ("evaluator", "response", "reference", "expected"),
    [
        (PLAIN, "abc", "abc", 1.0),
        (PLAIN, "abc", "xyz", 0.0),
        (PLAIN, "", "", 1.0),
        (PLAIN, "abcd", "abce", 0.75),
        (PLAIN, "ABC", "abc", 0.0),
        (Similarity(name="s", ignore_case=True), "ABC", "abc", 1.0),
        (PLAIN, "12", 12, 1.0),
        (PLAIN, "a", None, "evaluator"),
        (PLAIN, "a" * 50_001, "a", "evaluator"),
        (PLAIN, "a", "a" * 50_001, "evaluator"),
    ],
)
def test_likeness(evaluator, response, reference, expected):
    """One minus the share of characters that come or go."""
    assert expected == score(evaluator, response, reference)


@pytest.mark.parametrize(("threshold", "expected"), [(0.75, 1.0), (0.76, 0.0)])
def test_a_threshold_makes_it_one_or_zero(threshold, expected):
    """The threshold itself is reached; the reason has both numbers."""
    _, judgement = drive(Similarity(name="s", threshold=threshold), Material(response="abcd", reference="abce"))

    assert Score(expected, reason=f"similarity 0.75, threshold {threshold}") == judgement


def test_the_check_passes_with_the_library():
    """Nothing is said."""
    assert check([PLAIN]) is None


def test_the_library_is_an_extra(monkeypatch):
    """Without it the error has the command that adds it."""
    monkeypatch.setitem(sys.modules, LIBRARY, None)
    with pytest.raises(MissingExtraError) as error:
        check([PLAIN])

    problem = error.value.problems[0]
    assert ("evaluator `s` needs rapidfuzz, which is not installed", "pip install 'ippon[embed]'") == (
        problem.message, problem.hint,
    )  # fmt: skip
