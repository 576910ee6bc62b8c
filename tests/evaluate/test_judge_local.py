"""The judge on the embedded local model: labels as the next word, no reason, no second ask."""

from __future__ import annotations

import pytest

from ippon.evaluate.material import Context, Material
from ippon.records.call import Failure
from ippon.records.evaluators import Judge
from ippon.records.judgement import Score, Unscored
from tests.evaluate.driver import LOCAL_USE, drive, failed, text

MATERIAL = Material(response="I am sorry.", columns={"input": "My dog died."})
EMPATHY = Judge(name="empathy", rubric="Names the feeling.", scale="good/poor")
SHOTS = [{"input": "I failed.", "response": "That hurts.", "label": "good"}]


def test_the_local_model_is_asked_for_the_next_word():
    """One plain prompt that ends where the label begins; no parameters, no schema, no second ask."""
    judge = Judge(name="e", rubric="Names the feeling.", scale="good/poor", shots=SHOTS)
    answer = text("", label_probabilities={"good": 0.75, "poor": 0.25})
    (request,), judgement = drive(judge, MATERIAL, answer, context=Context(use=LOCAL_USE))

    assert Score(0.75, label="good", details={"probabilities": {"good": 0.75, "poor": 0.25}}) == judgement
    assert (("good", "poor"), {}, None, {"runtime": "llama"}) == (
        request.labels, request.params, request.schema, request.runtime,
    )  # fmt: skip
    assert ["user"] == [turn.role for turn in request.messages]


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        (Judge(name="j", rubric="r", scale="1-5"), 0.875),
        (Judge(name="j", rubric="r", scale="0-1"), 0.875),
    ],
)
def test_numbers_are_ratings_for_the_local_model(judge, expected):
    """1 to 5, evenly spaced on the scale."""
    answer = text("", label_probabilities={"4": 1.0, "5": 1.0})
    (request,), judgement = drive(judge, MATERIAL, answer, context=Context(use=LOCAL_USE))

    assert ("1", "2", "3", "4", "5") == request.labels
    assert (expected, "4") == (judgement.value, judgement.label)


@pytest.mark.parametrize(
    "probabilities", [None, {}, {"good": 0.0}, {"good": -1.0}, {"good": float("nan")}, {"other": 1.0}]
)
def test_unusable_probabilities_are_no_score(probabilities):
    """Missing, zero, negative or not numbers at all."""
    answer = text("good", label_probabilities=probabilities)
    _, judgement = drive(EMPATHY, MATERIAL, answer, context=Context(use=LOCAL_USE))

    message = "the answer holds no probabilities of the labels"
    assert Unscored(failure=Failure(reason="unparsed", message=message)) == judgement


def test_a_failed_call_of_the_local_model():
    """Is the evaluation's failure."""
    _, judgement = drive(EMPATHY, MATERIAL, failed(), context=Context(use=LOCAL_USE))

    assert Unscored(failure=Failure(reason="server", message="500")) == judgement
