"""The judge: what it asks, how it reads, when it asks again."""

from __future__ import annotations

import msgspec
import pytest

from ippon.evaluate.material import Context, Material
from ippon.records.call import Failure, Message, ModelRequest, Skipped
from ippon.records.evaluators import Judge
from ippon.records.judgement import Score, Unscored
from tests.evaluate.driver import USE, drive, failed, text

GOOD = '{"reason": "names it", "label": "good"}'
MATERIAL = Material(response="I am sorry.", columns={"input": "My dog died."})
EMPATHY = Judge(name="empathy", rubric="Names the feeling.", scale="good/poor")
SHOTS = [
    {"input": "I failed.", "response": "That hurts.", "label": "good", "reason": "names it"},
    {"input": "I failed.", "response": "Try again.", "label": "poor"},
]


def test_one_call_and_its_score():
    """The label's value, the label, the reason."""
    (request,), judgement = drive(EMPATHY, MATERIAL, text(GOOD))

    assert Score(1.0, label="good", reason="names it") == judgement
    assert isinstance(request, ModelRequest)
    assert ("openai", "gpt-test", None, {"max_tokens": 400, "temperature": 0}) == (
        request.provider, request.model, request.labels, request.params,
    )  # fmt: skip


def test_the_item_stands_in_a_turn_of_its_own():
    """The system's turn holds the rubric and no material, the user's the material and no rubric."""
    (request,), _ = drive(EMPATHY, MATERIAL, text(GOOD))
    system, user = request.messages

    assert ("system", "user") == (system.role, user.role)
    assert "Names the feeling." in system.content
    assert "I am sorry." not in system.content
    assert [line for line in user.content.split("\n") if line.startswith('"')] == [
        '"input":', '"My dog died."', '"response":', '"I am sorry."',
    ]  # fmt: skip


def test_few_shot_rows_are_earlier_turns():
    """Each one a question and the answer that it ought to get."""
    (request,), _ = drive(Judge(name="e", rubric="r", shots=SHOTS), MATERIAL, text(GOOD))

    assert ["system", "user", "assistant", "user", "assistant", "user"] == [turn.role for turn in request.messages]
    assert '{"reason": "names it", "label": "good"}' == request.messages[2].content
    assert '{"reason": "", "label": "poor"}' == request.messages[4].content


def test_few_shot_numbers_stay_numbers():
    """From a `label` or a `score`, as text (CSV) or as a number."""
    shots = [{"input": "i", "response": "a", "label": "4"}, {"input": "i", "response": "b", "score": 2}]
    (request,), _ = drive(Judge(name="e", rubric="r", scale="1-5", shots=shots), MATERIAL, text('{"score": 3}'))

    assert ['{"reason": "", "score": 4}', '{"reason": "", "score": 2}'] == [request.messages[i].content for i in (2, 4)]


def test_schema_of_labels():
    """Where the endpoint can hold an answer to a schema, it is given one: the reason first."""
    (request,), _ = drive(EMPATHY, MATERIAL, text(GOOD))

    assert request.schema == {
        "type": "object",
        "properties": {"reason": {"type": "string"}, "label": {"type": "string", "enum": ["good", "poor"]}},
        "required": ["reason", "label"],
        "additionalProperties": False,
    }


def test_no_schema_where_the_endpoint_offers_none():
    """Strict JSON is asked for in words all the same."""
    context = Context(use=msgspec.structs.replace(USE, schema=False))
    (request,), _ = drive(EMPATHY, MATERIAL, text(GOOD), context=context)

    assert request.schema is None
    assert '{"reason": "...", "label": "good" or "poor"}' in request.messages[0].content


@pytest.mark.parametrize(
    ("judge", "field", "meaning", "form"),
    [
        (
            Judge(name="j", rubric="r", scale="0-1"),
            {"type": "number", "description": "from 0 to 1"},
            "Score: a number from 0 (poorest) to 1 (best).",
            '"score": a number from 0 to 1}',
        ),
        (
            Judge(name="j", rubric="r", scale="1-5"),
            {"type": "integer", "description": "from 1 to 5"},
            "Score: a whole number from 1 (poorest) to 5 (best).",
            '"score": a whole number from 1 to 5}',
        ),
        (
            Judge(name="j", rubric="r", labels={"fine": 1.0, "so <so>": 0.5}),
            {"type": "string", "enum": ["fine", "so <so>"]},
            'Labels, from 0 (poorest) to 1 (best):\n- "fine" is worth 1\n- "so \\u003cso>" is worth 0.5',
            '"label": "fine" or "so \\u003cso>"}',
        ),
        (
            Judge(name="j", rubric="r", scale="yes/no"),
            {"type": "string", "enum": ["yes", "no"]},
            '- "yes" is worth 1\n- "no" is worth 0',
            '"label": "yes" or "no"}',
        ),
    ],
)
def test_scales_in_words(judge, field, meaning, form):
    """The scale stands in the instructions and in the schema."""
    (request,), _ = drive(judge, MATERIAL, failed())

    assert field in request.schema["properties"].values()
    assert meaning in request.messages[0].content
    assert form in request.messages[0].content


def test_parameters_of_the_evaluator_win():
    """Over those of its model, those over the default of 400 tokens."""
    judge = Judge(name="j", rubric="r", params={"temperature": 0.5})
    use = msgspec.structs.replace(
        USE, params={"temperature": 0, "max_tokens": 99}, base_url="http://b", account="a", runtime={"v": "1"}
    )
    (request,), _ = drive(judge, MATERIAL, text(GOOD), context=Context(use=use))

    assert ({"max_tokens": 99, "temperature": 0.5}, "http://b", "a", {"v": "1"}) == (
        request.params, request.base_url, request.account, request.runtime,
    )  # fmt: skip


def test_a_bad_answer_is_asked_once_more():
    """With that answer and a correction as further turns, all else equal."""
    (first, second), judgement = drive(EMPATHY, MATERIAL, text("It is good."), text(GOOD))

    assert Score(1.0, label="good", reason="names it") == judgement
    assert first.messages == second.messages[:-2]
    assert first.schema == second.schema
    assert second.messages[-2:] == (
        Message(role="assistant", content="It is good."),
        Message(
            role="user",
            content="That answer could not be read: the answer is not JSON: Expecting value at line 1 column 1. "
            'Answer again with only this JSON object: {"reason": "...", "label": "good" or "poor"}',
        ),
    )


@pytest.mark.parametrize(("answer", "shown"), [("", "(nothing)"), ("x" * 5000, "x" * 4000)])
def test_the_bad_answer_is_shown_with_some_bounds(answer, shown):
    """Never empty, which endpoints refuse, and never endless."""
    (_, second), _ = drive(EMPATHY, MATERIAL, text(answer), text(GOOD))

    assert shown == second.messages[-2].content


def test_two_bad_answers_are_no_score():
    """The failure is the second one's, and tells of both."""
    requests, judgement = drive(EMPATHY, MATERIAL, text("good"), text('{"label": "great"}'))

    assert len(requests) == 2
    message = '"great" is none of the labels (asked twice; the first time: the answer is not JSON: Expecting value at line 1 column 1)'
    assert Unscored(failure=Failure(reason="invalid_score", message=message)) == judgement


@pytest.mark.parametrize(
    ("finish", "reason", "message"),
    [
        ("length", "truncated", "the judge's answer hit its token limit; raise max_tokens in its params"),
        ("content_filter", "refused", "the judge refused to answer (content filter)"),
    ],
)
def test_cut_off_answers_and_refusals_are_not_asked_again(finish, reason, message):
    """The same request would end the same way; what there is of an answer is not read."""
    _, judgement = drive(EMPATHY, MATERIAL, text(GOOD, finish=finish))
    _, second = drive(EMPATHY, MATERIAL, text("?"), text(GOOD, finish=finish))

    assert Unscored(failure=Failure(reason=reason, message=message)) == judgement == second


def test_a_failed_call_is_the_evaluations_failure():
    """As the gateway tells it, whether at the first call or the second."""
    _, first = drive(EMPATHY, MATERIAL, failed("rejected", "400"))
    _, second = drive(EMPATHY, MATERIAL, text("?"), failed("rejected", "400"))

    assert Unscored(failure=Failure(reason="rejected", message="400")) == first == second


def test_a_call_that_was_never_sent_leaves_no_failure():
    """The evaluation is missing, not failed."""
    _, judgement = drive(EMPATHY, MATERIAL, Skipped(because="lane stopped"))

    assert Unscored(because="lane stopped") == judgement


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        (EMPATHY, Score(0.0, label="poor", reason="empty response")),
        (Judge(name="j", rubric="r", scale="1-5"), Score(0.0, reason="empty response")),
        (
            Judge(name="j", rubric="r", labels={"ok": 1.0, "bad": 0.25}),
            Score(0.25, label="bad", reason="empty response"),
        ),
    ],
)
@pytest.mark.parametrize("response", ["", " \n\t"])
def test_an_empty_response_is_the_poorest_without_a_call(judge, expected, response):
    """A judge is known to be fooled by it, so code judges."""
    assert ([], expected) == drive(judge, Material(response=response))


def test_a_judge_that_does_not_read_the_response_is_asked():
    """Then an empty one means nothing."""
    judge = Judge(name="j", rubric="r", reads=["input"])
    requests, _ = drive(judge, Material(response="", columns={"input": "i"}), text(GOOD))

    assert len(requests) == 1


def test_a_judge_without_a_model_is_a_failure():
    """Wiring names one; if it did not, nothing raises."""
    _, judgement = drive(EMPATHY, MATERIAL, context=Context())

    assert Unscored(failure=Failure(reason="evaluator", message="no model is named for this judge")) == judgement


def test_a_column_that_the_example_lacks_is_null():
    """And other values than texts are JSON."""
    judge = Judge(name="j", rubric="r", reads=["turns", "notes", "response"])
    (request,), _ = drive(judge, Material(response="r", columns={"turns": [{"a": 1}]}), text(GOOD))

    assert ['[{"a":1}]', "null", '"r"'] == request.messages[-1].content.split("\n")[2::4]


def test_probabilities_of_tokens_weigh_the_labels():
    """Where the endpoint gives them: the mean over labels, with the label that was written."""
    tokens = (('{"label": "', 0.0, {}), ("good", -0.1, {"good": -0.1, "poor": -2.3, "fair": -5.0}), ('"}', 0.0, {}))
    _, judgement = drive(EMPATHY, MATERIAL, text('{"label": "good"}', token_logprobs=tokens))

    assert "good" == judgement.label
    assert judgement.value == pytest.approx(0.9002, abs=1e-4)
    assert judgement.details == {
        "probabilities": {"good": pytest.approx(0.9002, abs=1e-4), "poor": pytest.approx(0.0998, abs=1e-4)},
        "label_value": 1.0,
    }


def test_token_probabilities_do_not_touch_numbers():
    """A number is what it is."""
    judge = Judge(name="j", rubric="r", scale="1-5")
    _, judgement = drive(judge, MATERIAL, text('{"score": 4}', token_logprobs=(('{"score": 4}', -1.0, {}),)))

    assert Score(0.75, label="4") == judgement
