"""The contains evaluator."""

from __future__ import annotations

import pytest

from ippon.evaluate.material import Material
from ippon.records.evaluators import Contains
from ippon.records.judgement import Score
from tests.evaluate.driver import drive, score


@pytest.mark.parametrize(
    ("evaluator", "response", "reference", "expected"),
    [
        (Contains(name="c", text="refund"), "a refund is due", None, 1.0),
        (Contains(name="c", text=["refund", "due"]), "a refund is due", None, 1.0),
        (Contains(name="c", text=["refund", "now"]), "a refund is due", None, 0.0),
        (Contains(name="c", text="Refund"), "a refund is due", None, 0.0),
        (Contains(name="c", text="Refund", ignore_case=True), "a refund is due", None, 1.0),
        (Contains(name="c"), "it is 42 days", 42, 1.0),
        (Contains(name="c"), "red and blue", ["red", "blue"], 1.0),
        (Contains(name="c"), "red", ["red", "blue"], 0.0),
        (Contains(name="c"), "red", None, "evaluator"),
        (Contains(name="c", text="x"), "red", "red", 0.0),
    ],
)
def test_containment(evaluator, response, reference, expected):
    """Every text is wanted; without `text` the reference is the text, or the texts."""
    assert expected == score(evaluator, response, reference)


def test_the_reason_names_what_is_missing():
    """At most three of the missing texts are quoted."""
    _, judgement = drive(Contains(name="c", text=["a", "b", "c", "d"]), Material(response="-"))

    assert Score(0.0, reason='does not hold "a", "b", "c"') == judgement
