"""The pairwise evaluator: both orders, ties, splits."""

from __future__ import annotations

import msgspec
import pytest

from ippon.evaluate.material import Context, Material
from ippon.records.call import Failure, Skipped
from ippon.records.evaluators import Pairwise
from ippon.records.judgement import Score, Unscored
from tests.evaluate.driver import USE, drive, failed, text

BETTER = Pairwise(name="better", rubric="Which one is kinder?")
MATERIAL = Material(response="kind", reference="curt", columns={"input": "hello", "reference": "curt"})


def winner(place, reason="r"):
    """An answer that names a place."""
    return text(f'{{"reason": "{reason}", "winner": "{place}"}}')


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (
            "first",
            "second",
            Score(1.0, label="win", reason="a", details={"orders": ["response", "response"], "split": False}),
        ),
        (
            "second",
            "first",
            Score(0.0, label="loss", reason="a", details={"orders": ["against", "against"], "split": False}),
        ),
        ("tie", "tie", Score(0.5, label="tie", reason="a", details={"orders": ["tie", "tie"], "split": False})),
        (
            "first",
            "first",
            Score(0.5, label="tie", reason="a / b", details={"orders": ["response", "against"], "split": True}),
        ),
        (
            "second",
            "second",
            Score(0.5, label="tie", reason="a / b", details={"orders": ["against", "response"], "split": True}),
        ),
        (
            "first",
            "tie",
            Score(0.5, label="tie", reason="a / b", details={"orders": ["response", "tie"], "split": True}),
        ),
    ],
)
def test_both_orders(one, other, expected):
    """Agreement decides; a judge that sticks to a place gives a tie that is marked."""
    requests, judgement = drive(BETTER, MATERIAL, winner(one, "a"), winner(other, "b"))

    assert expected == judgement
    assert len(requests) == 2


def test_the_texts_change_places():
    """All else is equal: what is read, the rubric, the form."""
    (straight, turned), _ = drive(BETTER, MATERIAL, winner("tie"), winner("tie"))

    assert ['"hello"', '"kind"', '"curt"'] == straight.messages[-1].content.split("\n")[2::4]
    assert ['"hello"', '"curt"', '"kind"'] == turned.messages[-1].content.split("\n")[2::4]
    assert straight.messages[0] == turned.messages[0]
    assert ["first", "second", "tie"] == straight.schema["properties"]["winner"]["enum"]


def test_neither_text_is_shown_twice():
    """Even where `reads` names them."""
    pair = Pairwise(name="b", rubric="r", reads=["response", "old", "input"], against="old")
    material = Material(response="new", columns={"input": "i", "old": "older"})
    (first, _), _ = drive(pair, material, winner("tie"), winner("tie"))

    assert ['"input":', '"first":', '"second":'] == first.messages[-1].content.split("\n")[::4]


def test_no_schema_where_the_endpoint_offers_none():
    """The form stands in the instructions."""
    context = Context(use=msgspec.structs.replace(USE, schema=False))
    (first, _), _ = drive(BETTER, MATERIAL, winner("tie"), winner("tie"), context=context)

    assert first.schema is None
    assert '{"reason": "...", "winner": "first" or "second" or "tie"}' in first.messages[0].content


def test_one_more_ask_in_each_order():
    """An order that is read at the second attempt counts."""
    requests, judgement = drive(BETTER, MATERIAL, text("?"), winner("first"), text("?"), winner("second"))

    assert len(requests) == 4
    assert 1.0 == judgement.value


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([text("?"), text("?")], "unparsed"),
        ([winner("first"), text("?"), text('{"winner": "third"}')], "invalid_score"),
        ([winner("first"), failed("timeout")], "timeout"),
        ([failed("rejected")], "rejected"),
    ],
)
def test_an_order_without_a_verdict_leaves_no_score(outcomes, reason):
    """Half a comparison is none."""
    _, judgement = drive(BETTER, MATERIAL, *outcomes)

    assert reason == judgement.failure.reason


def test_a_call_that_was_never_sent():
    """The evaluation is missing."""
    _, judgement = drive(BETTER, MATERIAL, winner("first"), Skipped(because="budget"))

    assert Unscored(because="budget") == judgement


@pytest.mark.parametrize(
    ("response", "against", "expected"),
    [
        ("same", " same\n", Score(0.5, label="tie", reason="the two texts are equal")),
        ("", "", Score(0.5, label="tie", reason="the two texts are equal")),
        (" ", "text", Score(0.0, label="loss", reason="empty response")),
        ("text", "\n", Score(1.0, label="win", reason="the other text is empty")),
        ("5", 5, Score(0.5, label="tie", reason="the two texts are equal")),
    ],
)
def test_equal_and_empty_texts_are_judged_by_code(response, against, expected):
    """No call can tell more."""
    assert ([], expected) == drive(BETTER, Material(response=response, columns={"reference": against}))


@pytest.mark.parametrize(
    ("material", "context", "message"),
    [
        (Material(response="a"), Context(use=USE), "the example has no `reference` to compare with"),
        (MATERIAL, Context(), "no model is named for this evaluator"),
    ],
)
def test_what_is_missing(material, context, message):
    """Is said, as the item's failure."""
    expected = Unscored(failure=Failure(reason="evaluator", message=message))

    assert ([], expected) == drive(BETTER, material, context=context)
