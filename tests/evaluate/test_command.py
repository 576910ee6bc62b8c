"""The command evaluator: JSON in, JSON or an exit code out."""

from __future__ import annotations

import pytest

from ippon.evaluate.material import Context, Material, command_key
from ippon.records.call import CommandRequest, Failure
from ippon.records.evaluators import CommandEvaluator
from ippon.records.judgement import Score, Unscored
from ippon.records.suite import Code
from tests.evaluate.driver import drive, failed, text

LINT = CommandEvaluator(name="lint", command=["./lint", "--strict"])
CONTEXT = Context(code={command_key(["./lint", "--strict"]): Code(digest="d2")}, row={"question": "q", "a": 1})
MATERIAL = Material(response="r", columns={"input": "q"})


def judged(answer):
    """The judgement of a command's answer."""
    return drive(LINT, MATERIAL, answer, context=CONTEXT)[1]


def test_the_request():
    """Example and response on standard input, always in the same order."""
    (request,), _ = drive(LINT, MATERIAL, text("", exit_code=0), context=CONTEXT)

    stdin = '{"example":{"a":1,"question":"q"},"response":"r"}'
    assert CommandRequest(command=("./lint", "--strict"), stdin=stdin, code="d2", version="1") == request


@pytest.mark.parametrize(
    ("printed", "exit_code", "expected"),
    [
        ("", 0, Score(1.0)),
        ("", 1, Score(0.0)),
        ("fine\n", 0, Score(1.0, reason="fine")),
        ("line 3: too long\n", 1, Score(0.0, reason="line 3: too long")),
        ('{"score": 0.5, "reason": "so so"}\n', 0, Score(0.5, reason="so so")),
        ('{"score": 0.5}', 1, Score(0.5)),
        ('{"score": 0.5}', None, Score(0.5)),
        ('{"problems": 0}', 0, Score(1.0, reason='{"problems": 0}')),
        ("[1]", 1, Score(0.0, reason="[1]")),
    ],
)
def test_scores(printed, exit_code, expected):
    """A printed object with a score counts more than the exit code."""
    assert expected == judged(text(printed, exit_code=exit_code))


@pytest.mark.parametrize(
    ("printed", "exit_code", "reason", "message"),
    [
        ('{"score": 5}', 0, "invalid_score", "the score is not between 0 and 1"),
        ('{"score": NaN}', 0, "invalid_score", "the result is JSON with NaN, which is no finite number"),
        ("Traceback\n", 2, "evaluator", 'the command ended with exit code 2: "Traceback"'),
        ('{"score": 1}', -9, "evaluator", 'the command ended with exit code -9: "{\\"score\\": 1}"'),
    ],
)
def test_no_scores(printed, exit_code, reason, message):
    """Any other exit code is a failure, whatever was printed."""
    assert Unscored(failure=Failure(reason=reason, message=message)) == judged(text(printed, exit_code=exit_code))


def test_a_command_that_could_not_run():
    """Its failure is the evaluation's."""
    assert Unscored(failure=Failure(reason="evaluator", message="not found")) == judged(
        failed("evaluator", "not found")
    )


def test_unknown_code_is_not_run():
    """As with functions."""
    expected = Unscored(failure=Failure(reason="evaluator", message="the code of ./lint --strict is not known"))

    assert ([], expected) == drive(LINT, MATERIAL, context=Context())
