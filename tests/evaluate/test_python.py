"""The python evaluator, and how the result of a function or command is read."""

from __future__ import annotations

import pytest

from ippon.evaluate.material import Context, Material
from ippon.evaluate.reported import reported
from ippon.records.call import Failure, FunctionRequest
from ippon.records.evaluators import PythonEvaluator
from ippon.records.judgement import Score, Unscored
from ippon.records.suite import Code
from tests.evaluate.driver import drive, failed, outcome_of, text

CONCISE = PythonEvaluator(name="concise", function="checks:concise", version=3)
ROW = {"question": "q", "n": 1}
MATERIAL = Material(response="r", columns={**ROW, "input": "q"})


def context(*parameters):
    """What is known of the function: its digest and parameters (none: the whole row)."""
    return Context(code={"checks:concise": Code(digest="d1", parameters=parameters or None)}, row=ROW)


def test_arguments_by_name():
    """The response, the glossary's names, the data's own; what the example lacks is left to the default."""
    (request,), judgement = drive(
        CONCISE, MATERIAL, text("0.5"), context=context("response", "input", "n", "example", "limit")
    )

    assert Score(0.5) == judgement
    assert request == FunctionRequest(
        function="checks:concise",
        arguments={"response": "r", "input": "q", "n": 1, "example": ROW},
        code="d1",
        version="3",
    )


def test_the_whole_example():
    """For a function that takes `example` or any name at all."""
    (request,), _ = drive(CONCISE, MATERIAL, text("true"), context=context())

    assert request.arguments == {"question": "q", "n": 1, "input": "q", "response": "r", "example": ROW}


def test_a_failing_function():
    """Its failure is the evaluation's."""
    _, judgement = drive(CONCISE, MATERIAL, failed("evaluator", "ZeroDivisionError"), context=context())

    assert Unscored(failure=Failure(reason="evaluator", message="ZeroDivisionError")) == judgement


def test_unknown_code_is_not_called():
    """A function without a digest would be cached under a lie."""
    expected = Unscored(failure=Failure(reason="evaluator", message="the code of checks:concise is not known"))

    assert ([], expected) == drive(CONCISE, MATERIAL, context=Context())


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("true", Score(1.0)),
        ("false", Score(0.0)),
        ("0", Score(0.0)),
        ("0.25", Score(0.25)),
        ('{"score": 1}', Score(1.0)),
        ('{"score": true, "reason": "short"}', Score(1.0, reason="short")),
        ('{"score": 0.5, "reason": null, "label": "fair"}', Score(0.5, label="fair")),
        ('{"score": 0.5, "reason": {"a": 1}, "label": 3}', Score(0.5, label="3", reason='{"a":1}')),
        ('{"score": 0.5, "details": {"words": 7}}', Score(0.5, details={"words": 7})),
        ('{"score": 0.5, "details": null}', Score(0.5)),
    ],
)
def test_results(result, expected):
    """A number, true or false, or an object with a score."""
    assert expected == reported(result)


@pytest.mark.parametrize(
    ("result", "reason", "message"),
    [
        ("null", "invalid_score", "the score is none at all (None or NaN)"),
        ('{"score": null}', "invalid_score", "the score is none at all (None or NaN)"),
        ('{"score": NaN}', "invalid_score", "the result is JSON with NaN, which is no finite number"),
        ("Infinity", "invalid_score", "the result is JSON with Infinity, which is no finite number"),
        ("1.5", "invalid_score", "the score is not between 0 and 1"),
        ("-0.1", "invalid_score", "the score is not between 0 and 1"),
        ('{"score": 100}', "invalid_score", "the score is not between 0 and 1"),
        ('"0.5"', "invalid_score", "the score is no number"),
        ("[1]", "invalid_score", "the score is no number"),
        ('{"score": "0.5"}', "invalid_score", "the score is no number"),
        ('{"score": 1, "score": 0}', "invalid_score", 'the result is ambiguous: the key "score" stands there twice'),
        ("fine", "evaluator", "the result is not JSON: Expecting value at line 1 column 1"),
        ("", "evaluator", "the result is empty"),
        ("{}", "evaluator", "the result has no `score`; expected: score, reason, label, details"),
        (
            '{"score": 1, "why": ""}',
            "evaluator",
            'the result has the unknown key "why"; expected: score, reason, label, details',
        ),
        ('{"score": 1, "details": 5}', "evaluator", "the result's `details` are no object"),
    ],
)
def test_results_without_a_score(result, reason, message):
    """Each says why; none is a 0."""
    assert Unscored(failure=Failure(reason=reason, message=message)) == reported(result)


def test_a_huge_whole_number_is_no_score():
    """Larger than any float, and still only out of range."""
    assert "invalid_score" == outcome_of(reported("1" + "0" * 400))
