"""The exact evaluator."""

from __future__ import annotations

import pytest

from ippon.records.evaluators import Exact
from tests.evaluate.driver import score

PLAIN = Exact(name="e")


@pytest.mark.parametrize(
    ("evaluator", "response", "reference", "expected"),
    [
        (PLAIN, "Paris", "Paris", 1.0),
        (PLAIN, " Paris\n", "Paris", 1.0),
        (PLAIN, "paris", "Paris", 0.0),
        (PLAIN, "42", 42, 1.0),
        (PLAIN, "true", True, 1.0),
        (PLAIN, '{"a":1}', {"a": 1}, 1.0),
        (PLAIN, "", "", 1.0),
        (Exact(name="e", strip=False), "Paris ", "Paris", 0.0),
        (Exact(name="e", ignore_case=True), "STRASSE", "straße", 1.0),
        (PLAIN, "Paris", None, "evaluator"),
    ],
)
def test_equality(evaluator, response, reference, expected):
    """White space around and case count as the options say; what is no text is compared as JSON."""
    assert expected == score(evaluator, response, reference)
