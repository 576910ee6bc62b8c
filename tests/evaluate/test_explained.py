"""An identity taken apart: what `cache why` names."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ippon.evaluate.explained import parts_of, told
from ippon.evaluate.identity import identity
from ippon.records.evaluators import Cascade, Judge, PythonEvaluator
from ippon.records.suite import Code
from tests.evaluate.driver import USE, suite_of

LONG = "The reply names what the client feels before it offers anything at all."
JUDGE = Judge(name="e", rubric=LONG, scale="good/poor")
SUITE = suite_of({"input": "i"})


def parts(evaluator, use=USE, suite=SUITE):
    """The named parts of an evaluator."""
    return parts_of(identity(evaluator, use, suite))


@pytest.mark.parametrize(
    ("changed", "use", "name", "was", "now"),
    [
        (replace(JUDGE, version=2), USE, "evaluator.version", "1", "2"),
        (replace(JUDGE, scale="1-5"), USE, "evaluator.scale", "good/poor", "1-5"),
        (JUDGE, replace(USE, model="other"), "evaluator.model", f"{USE.provider}/{USE.model}", f"{USE.provider}/other"),
        (JUDGE, replace(USE, base_url="http://h/v1"), "evaluator.base_url", None, "http://h/v1"),
        (
            replace(JUDGE, params={"top_p": 0.5}),
            replace(USE, params={**USE.params}),
            "evaluator.params.top_p",
            None,
            "0.5",
        ),
    ],
)
def test_a_change_is_named(changed, use, name, was, now):
    """And nothing else is."""
    before, after = parts(JUDGE), parts(changed, use)

    assert (was, now) == (before.get(name), after.get(name))
    assert {name} == {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}


def test_what_is_long_is_a_digest():
    """Eight digits; what is short stands as it is, and what nobody said is left out."""
    found = parts(JUDGE)

    assert (8, "judge", "e") == (len(found["evaluator.rubric"]), found["evaluator.kind"], found["evaluator.name"])
    assert "evaluator.shots" not in found
    assert ["True", "1", "0.5", "short", True] == [told(True), told(1), told(0.5), told("short"), len(told("\n")) == 8]


def test_the_parts_of_both_evaluators_of_a_cascade():
    """Under their places."""
    found = parts(Cascade(name="e", cheap={"kind": "exact"}, sure={"kind": "judge", "rubric": "r"}))

    assert ("r", "exact") == (found["evaluator.sure.rubric"], found["evaluator.cheap.kind"])


def test_code_is_told_by_its_digest():
    """A function that was changed."""
    suite = suite_of({"input": "i"}, code={"m:f": Code(digest="d1", parameters=("input",))})

    assert "d1" == parts(PythonEvaluator(name="e", function="m:f"), None, suite)["evaluator.code"]
