"""What an evaluator reads of an example, and what it has in hand."""

from __future__ import annotations

import pytest

from ippon.evaluate.material import WHOLE_ROW, columns, command_key, material, picked, reads
from ippon.records.evaluators import (
    Cascade,
    CommandEvaluator,
    Contains,
    Exact,
    JsonSchema,
    Judge,
    Length,
    Number,
    Pairwise,
    PythonEvaluator,
    Regex,
    Similarity,
)
from ippon.records.suite import Code, Fields
from tests.evaluate.driver import suite_of

ROW = {"question": "q", "input": "not this", "gold": 5, "id": "x", "notes": None}
SUITE = suite_of(
    ROW,
    fields=Fields(input="question", reference="gold"),
    code={"m:f": Code(digest="d", parameters=("response", "input", "limit")), "m:g": Code(digest="d")},
)
(EXAMPLE,) = SUITE.examples


def test_columns_have_both_names():
    """The data's own and the glossary's, which wins."""
    assert {**ROW, "input": "q", "reference": 5} == columns(SUITE, EXAMPLE)


def test_material():
    """The response, the reference and every column; what is lacking is None."""
    found = material(SUITE, EXAMPLE, "r")

    assert ("r", 5, columns(SUITE, EXAMPLE)) == (found.response, found.reference, found.columns)
    assert ["r", "q", None, None] == [found.value(name) for name in ("response", "input", "notes", "nothing")]


@pytest.mark.parametrize(
    ("evaluator", "expected"),
    [
        (Exact(name="e"), ("reference",)),
        (Number(name="e"), ("reference",)),
        (Similarity(name="e"), ("reference",)),
        (Contains(name="e"), ("reference",)),
        (Contains(name="e", text="a"), ()),
        (Regex(name="e", pattern="a"), ()),
        (Length(name="e"), ()),
        (JsonSchema(name="e", schema={}), ()),
        (Judge(name="e", rubric="r"), ("input",)),
        (Judge(name="e", rubric="r", reads=["response", "b", "a", "b"]), ("b", "a")),
        (Pairwise(name="e", rubric="r", reads=["input", "response"]), ("input", "reference")),
        (PythonEvaluator(name="e", function="m:f"), ("input", "limit")),
        (PythonEvaluator(name="e", function="m:g"), (WHOLE_ROW,)),
        (PythonEvaluator(name="e", function="m:unknown"), (WHOLE_ROW,)),
        (CommandEvaluator(name="e", command=["c"]), (WHOLE_ROW,)),
        (Cascade(name="e", cheap={"kind": "exact"}, sure={"kind": "judge", "rubric": "r", "reads": ["a", "reference"]}), ("reference", "a")),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_reads(evaluator, expected):
    """Each column once, in a fixed order, without the response."""
    assert expected == reads(evaluator, SUITE)


def test_picked_values():
    """Absent and null are told apart; the whole row is every column under both names."""
    assert {"input": "q", "notes": None} == picked(("input", "notes", "limit"), SUITE, EXAMPLE)
    assert {WHOLE_ROW: columns(SUITE, EXAMPLE)} == picked((WHOLE_ROW,), SUITE, EXAMPLE)


def test_the_key_of_a_command():
    """Its words cannot run into each other."""
    assert command_key(["a b"]) != command_key(["a", "b"])
