"""The prompt of the local model, and the words of its scale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.evaluate.completion import layout
from ippon.evaluate.scale import Labels, Numbers, rating

SHOTS = [{"input": "a", "response": "b", "label": "good", "reason": "not shown"}]


def test_items_share_what_comes_first():
    """Rubric and shots, so that a server computes them once."""
    one = layout("Be kind.", ("good", "poor"), SHOTS, {"input": "x", "response": "y"})
    other = layout("Be kind.", ("good", "poor"), SHOTS, {"input": "z", "response": "y"})
    shared = layout("Be kind.", ("good", "poor"), SHOTS, {"input": "", "response": ""}).index('""')

    assert one != other
    assert one.split('"x"')[0] == other.split('"z"')[0]
    assert len(one.split('"x"')[0]) <= shared


def test_the_layout_as_it_is():
    """A changed one is another prompt: raise PROMPT_VERSION."""
    prompt = layout("Be  kind.\nAlways.", ("good", "poor"), SHOTS, {"input": "x\ny", "response": 'say "z"'})

    assert (
        'Judge: good or poor.\nBe kind. Always.\n\ninput "a" response "b": good\ninput "x\\ny" response "say \\"z\\"":'
        == prompt
    )


@given(st.text())
def test_a_text_is_one_line_and_opens_no_token(text):
    """It can neither end its item nor begin a label."""
    plain = layout("r", ("good", "poor"), (), {"response": ""})
    prompt = layout("r", ("good", "poor"), (), {"response": text})

    assert plain.count("\n") == prompt.count("\n")
    assert plain.count("<") == prompt.count("<")


@pytest.mark.parametrize(
    ("scale", "given_label", "expected"),
    [
        (Labels({"good": 1.0}), "good", "good"),
        (Numbers(low=1, high=5, whole=True), "4", "4"),
        (Numbers(low=0, high=1, whole=False), "0.8", "4"),
        (Numbers(low=0, high=1, whole=False), "0", "1"),
        (Numbers(low=0, high=1, whole=False), "7", "5"),
        (Numbers(low=0, high=1, whole=False), "good", "good"),
        (Numbers(low=0, high=1, whole=False), "nan", "nan"),
    ],
)
def test_few_shot_labels_become_ratings(scale, given_label, expected):
    """On a scale of numbers, the nearest of five; what is no number stays."""
    assert expected == rating(scale, given_label)
