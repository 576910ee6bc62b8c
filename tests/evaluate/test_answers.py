"""How a judge's answer is read: a corpus of malformed ones, each classified; none of them becomes a score."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.evaluate.judge import read_score
from ippon.evaluate.scale import Labels, Numbers
from ippon.records.call import Answer, Failure
from ippon.records.judgement import Score

GOOD_POOR = Labels({"good": 1.0, "poor": 0.0})
UNIT = Numbers(low=0, high=1, whole=False)
STARS = Numbers(low=1, high=5, whole=True)


def read(text, scale):
    """The score, or the failure's class."""
    found = read_score(Answer(text=text), scale)
    return (found.value, found.label, found.reason) if isinstance(found, Score) else found.reason


@pytest.mark.parametrize(
    ("scale", "text", "expected"),
    [
        (GOOD_POOR, '{"reason": "kind", "label": "good"}', (1.0, "good", "kind")),
        (GOOD_POOR, '{"label": "poor", "reason": "curt"}', (0.0, "poor", "curt")),
        (GOOD_POOR, '\n {"reason":"r","label":"good"} \n', (1.0, "good", "r")),
        (GOOD_POOR, '\ufeff{"reason":"r","label":"good"}', (1.0, "good", "r")),
        (GOOD_POOR, '```json\n{"reason":"r","label":"good"}\n```', (1.0, "good", "r")),
        (GOOD_POOR, '```\n{"reason":"r","label":"good"}\n```\n', (1.0, "good", "r")),
        (GOOD_POOR, '```JSON \n{"reason":"r",\n"label":"good"}```', (1.0, "good", "r")),
        (GOOD_POOR, '{"label": "good"}', (1.0, "good", None)),
        (GOOD_POOR, '{"reason": null, "label": "good"}', (1.0, "good", None)),
        (GOOD_POOR, '{"reason": "  ", "label": "good"}', (1.0, "good", None)),
        (GOOD_POOR, '{"reason": "r", "label": "Good "}', (1.0, "good", "r")),
        (
            GOOD_POOR,
            '{"reason": "says {\\"label\\": \\"poor\\"}", "label": "good"}',
            (1.0, "good", 'says {"label": "poor"}'),
        ),
        (GOOD_POOR, '{"reason": "half \\ud800 pair", "label": "good"}', (1.0, "good", "half \\ud800 pair")),
        (GOOD_POOR, '{"reason": "a\\u0000b", "label": "good"}', (1.0, "good", "a\0b")),
        (UNIT, '{"reason": "r", "score": 0.25}', (0.25, None, "r")),
        (UNIT, '{"reason": "r", "score": 1}', (1.0, None, "r")),
        (UNIT, '{"reason": "r", "score": -0.0}', (0.0, None, "r")),
        (UNIT, '{"reason": "r", "score": 1e-3}', (0.001, None, "r")),
        (STARS, '{"reason": "r", "score": 1}', (0.0, "1", "r")),
        (STARS, '{"reason": "r", "score": 4}', (0.75, "4", "r")),
        (STARS, '{"reason": "r", "score": 5.0}', (1.0, "5", "r")),
    ],
)
def test_well_formed_answers(scale, text, expected):
    """One object, one value of the scale, a reason that may be left out; one fence around it is no trouble."""
    assert expected == read(text, scale)


UNPARSED = [
    (GOOD_POOR, ""),
    (GOOD_POOR, "   \n"),
    (GOOD_POOR, "good"),
    (GOOD_POOR, '"good"'),
    (GOOD_POOR, "The response is good."),
    (GOOD_POOR, 'Sure! {"reason": "r", "label": "good"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good"} Hope this helps!'),
    (GOOD_POOR, '{"reason": "r", "label": "good"'),
    (GOOD_POOR, '{"reason": "r", "label": "go'),
    (GOOD_POOR, "{'reason': 'r', 'label': 'good'}"),
    (GOOD_POOR, '{reason: "r", label: "good"}'),
    (GOOD_POOR, '{"reason": "r", "label": good}'),
    (GOOD_POOR, '{"reason": "r", "label": "good",}'),
    (GOOD_POOR, '{"reason": "line\nbreak", "label": "good"}'),
    (GOOD_POOR, '{"reason": "say "hi"", "label": "good"}'),
    (GOOD_POOR, '// verdict\n{"reason": "r", "label": "good"}'),
    (GOOD_POOR, '[{"reason": "r", "label": "good"}]'),
    (GOOD_POOR, "[]"),
    (GOOD_POOR, "{}"),
    (GOOD_POOR, "null"),
    (GOOD_POOR, "true"),
    (GOOD_POOR, "1"),
    (GOOD_POOR, '{"reason": "good"}'),
    (GOOD_POOR, '{"reason": "r", "verdict": "good"}'),
    (GOOD_POOR, '{"reason": "r", "Label": "good"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good", "final_label": "poor"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good", "confidence": 0.9}'),
    (GOOD_POOR, '{"reason": 5, "label": "good"}'),
    (GOOD_POOR, '{"reason": ["r"], "label": "good"}'),
    (GOOD_POOR, '{"result": {"reason": "r", "label": "good"}}'),
    (GOOD_POOR, '```json\n{"reason": "r", "label": "good"}'),
    (GOOD_POOR, '```python\n{"reason": "r", "label": "good"}\n```'),
    (GOOD_POOR, '```json\n{"reason": "r"\n```'),
    (GOOD_POOR, "```json\n```"),
    (GOOD_POOR, "```"),
    (GOOD_POOR, 'Text\n```json\n{"reason": "r", "label": "good"}\n```'),
    (GOOD_POOR, "<label>good</label>"),
    (GOOD_POOR, "reason: r\nlabel: good"),
    (GOOD_POOR, "[" * 100_000),
    (GOOD_POOR, '{"a":' * 100_000),
    (GOOD_POOR, '{"reason": "' + "r" * 1_000_001 + '", "label": "good"}'),
    (GOOD_POOR, '{"reason": "r", "score": 1}'),
    (UNIT, '{"reason": "r", "label": "good"}'),
    (UNIT, '{"reason": "r", "score": ' + "1" * 5_000 + "}"),
    (UNIT, '{"reason": "r", "score": .5}'),
    (UNIT, '{"reason": "r", "score": 1.}'),
    (UNIT, '{"reason": "r", "score": +1}'),
    (UNIT, '{"reason": "r", "score": 0x1}'),
    (UNIT, '{"reason": "r", "score": 1_0}'),
    (UNIT, '{"reason": "r", "score": 8/10}'),
    (UNIT, '{"reason": "r", "score": 0,5}'),
    (UNIT, '{"reason": "r", "score": 01}'),
    (UNIT, '{"reason": "r", "score": 50%}'),
    (UNIT, '{"reason": "r", "score": \u0661}'),
    (UNIT, "0.8"),
    (UNIT, "8.5 out of 10"),
    (UNIT, "Score: 0.8"),
]
INVALID = [
    (GOOD_POOR, '{"reason": "r", "label": "excellent"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good or poor"}'),
    (GOOD_POOR, '{"reason": "r", "label": "not good"}'),
    (GOOD_POOR, '{"reason": "r", "label": ""}'),
    (GOOD_POOR, '{"reason": "r", "label": null}'),
    (GOOD_POOR, '{"reason": "r", "label": true}'),
    (GOOD_POOR, '{"reason": "r", "label": 1}'),
    (GOOD_POOR, '{"reason": "r", "label": ["good"]}'),
    (GOOD_POOR, '{"reason": "r", "label": {"good": 1}}'),
    (GOOD_POOR, '{"reason": "r", "label": "\uff47\uff4f\uff4f\uff44"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good", "label": "poor"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good", "label": "good"}'),
    (GOOD_POOR, '{"reason": "r", "reason": "s", "label": "good"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good"}{"reason": "s", "label": "poor"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good"}\n{"reason": "s", "label": "good"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good"}, {"reason": "s", "label": "good"}'),
    (GOOD_POOR, '{"reason": "r", "label": "good", "score": 0}'),
    (GOOD_POOR, '{"reason": NaN, "label": "good"}'),
    (UNIT, '{"reason": "r", "score": 1.01}'),
    (UNIT, '{"reason": "r", "score": -0.01}'),
    (UNIT, '{"reason": "r", "score": 8}'),
    (UNIT, '{"reason": "r", "score": ' + "1" * 400 + "}"),
    (UNIT, '{"reason": "r", "score": NaN}'),
    (UNIT, '{"reason": "r", "score": Infinity}'),
    (UNIT, '{"reason": "r", "score": -Infinity}'),
    (UNIT, '{"reason": "r", "score": 1e999}'),
    (UNIT, '{"reason": "r", "score": true}'),
    (UNIT, '{"reason": "r", "score": null}'),
    (UNIT, '{"reason": "r", "score": "0.8"}'),
    (UNIT, '{"reason": "r", "score": "8/10"}'),
    (UNIT, '{"reason": "r", "score": "8.5 out of 10"}'),
    (UNIT, '{"reason": "r", "score": "\u0661"}'),
    (UNIT, '{"reason": "r", "score": "1_0"}'),
    (UNIT, '{"reason": "r", "score": [0.8]}'),
    (UNIT, '{"reason": "r", "score": {"value": 0.8}}'),
    (UNIT, '{"reason": "r", "score": 1, "score": 10}'),
    (UNIT, '{"score": 0} {"score": 1}'),
    (STARS, '{"reason": "r", "score": 0}'),
    (STARS, '{"reason": "r", "score": 6}'),
    (STARS, '{"reason": "r", "score": 3.5}'),
    (STARS, '{"reason": "r", "score": "4"}'),
    (STARS, '{"reason": "r", "score": false}'),
]


@pytest.mark.parametrize(("scale", "text"), UNPARSED, ids=lambda value: str(value)[:40])
def test_unparsed_answers(scale, text):
    """No score could be read at all."""
    assert read(text, scale) == "unparsed"


@pytest.mark.parametrize(("scale", "text"), INVALID, ids=lambda value: str(value)[:40])
def test_invalid_scores(scale, text):
    """A score of no scale, or more than one: never the last, never the nearest, never 0."""
    assert read(text, scale) == "invalid_score"


def test_the_corpus_has_its_size():
    """About eighty malformed answers at least."""
    assert len(UNPARSED) + len(INVALID) >= 80


@pytest.mark.parametrize(
    ("scale", "text", "message"),
    [
        (GOOD_POOR, "", "the answer is empty"),
        (GOOD_POOR, "good", "the answer is not JSON: Expecting value at line 1 column 1"),
        (
            GOOD_POOR,
            '{"label": "good", "label": "poor"}',
            'the answer is ambiguous: the key "label" stands there twice',
        ),
        (GOOD_POOR, '{"label": "good"}{"label": "poor"}', "the answer is ambiguous: more than one JSON value"),
        (GOOD_POOR, '{"label": "good", "score": 1}', "ambiguous: the answer has a label and a score"),
        (GOOD_POOR, '{"label": "great"}', '"great" is none of the labels'),
        (GOOD_POOR, '{"label": "a\\u001bb"}', '"a\\u001bb" is none of the labels'),
        (GOOD_POOR, '{"label": 1}', "the label is a number, not text"),
        (UNIT, '{"score": 1e999}', "the answer is JSON with 1e999, which is no finite number"),
        (UNIT, '{"score": "8/10"}', "the score is text, not a number"),
        (UNIT, '{"score": true}', "the score is true or false, not a number"),
        (UNIT, '{"score": null}', "the score is null, not a number"),
        (UNIT, '{"score": []}', "the score is a list or an object, not a number"),
        (UNIT, '{"score": 8}', "the score is not between 0 and 1"),
        (STARS, '{"score": 2.5}', "the score is not a whole number"),
    ],
)
def test_the_failure_says_why(scale, text, message):
    """In words, without control characters of the answer."""
    found = read_score(Answer(text=text), scale)

    assert isinstance(found, Failure)
    assert message == found.message


def test_labels_that_differ_in_case_only_are_read_as_written():
    """Another case is read only where it names one label."""
    scale = Labels({"A": 1.0, "a": 0.0})

    assert (0.0, "a", None) == read('{"label": "a"}', scale)
    assert read('{"label": " a"}', scale) == "invalid_score"


def test_a_long_reason_is_cut():
    """At 4,000 characters."""
    found = read(f'{{"reason": "{"r" * 5000}", "label": "good"}}', GOOD_POOR)

    assert (1.0, "good", "r" * 4000 + "...") == found


@given(st.text(), st.sampled_from([GOOD_POOR, UNIT, STARS]))
def test_any_answer_is_a_score_of_the_scale_or_a_failure(text, scale):
    """Nothing raises, nothing is outside 0..1."""
    found = read_score(Answer(text=text), scale)

    assert isinstance(found, Failure) or 0 <= found.value <= 1
