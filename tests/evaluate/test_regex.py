"""The regex evaluator."""

from __future__ import annotations

import pytest

from ippon.errors import SuiteError
from ippon.evaluate.kinds import check
from ippon.records.evaluators import Regex
from tests.evaluate.driver import score

ONE_QUESTION = Regex(name="one_question", pattern=r"^[^?]*\?[^?]*$")


@pytest.mark.parametrize(
    ("response", "expected"),
    [("How are you?", 1.0), ("How? Why?", 0.0), ("Fine.", 0.0), ("", 0.0), ("a" * 100_000 + "?", "evaluator")],
)
def test_search(response, expected):
    """The pattern is searched for, and never in more than 100,000 characters."""
    assert expected == score(ONE_QUESTION, response)


def test_a_broken_pattern_is_refused_before_anything_runs():
    """The user hears of it with the evaluator's name and what is wrong."""
    with pytest.raises(SuiteError, match="evaluator `r`: unterminated character set"):
        check([Regex(name="r", pattern="[")])


def test_a_good_pattern_passes_the_check():
    """Nothing is said of it."""
    assert check([ONE_QUESTION]) is None
