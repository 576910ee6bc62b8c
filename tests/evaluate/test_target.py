"""The system under test: requests, and responses in answers."""

from __future__ import annotations

import pytest

from ippon.errors import SuiteError
from ippon.evaluate.target import check, request, response_text
from ippon.records.call import Answer, CommandRequest, Failure, FunctionRequest, HttpRequest, Message, ModelRequest
from ippon.records.providers import ModelUse
from ippon.records.suite import Code, CommandTarget, Fields, HttpTarget, ModelTarget, PythonTarget, RecordedTarget
from tests.evaluate.driver import USE, suite_of

ROWS = ({"question": "Why?", "n": 1}, {"question": "How?", "notes": "late"})
SUITE = suite_of(
    *ROWS,
    fields=Fields(input="question"),
    code={"bot:answer": Code(digest="d", parameters=("input",)), "./bot": Code(digest="c")},
)
WHY, HOW = SUITE.examples


def asked(target, example=WHY, use=USE):
    """The request for an example."""
    return request(target, example, SUITE, use)


def test_a_model_is_asked_with_its_prompt():
    """The system's turn first; the target's parameters win over its model's."""
    target = ModelTarget(
        model="openai/m", prompt="Q: {{ input }} ({{ n }})", system="You are {{ question }}", params={"top_p": 1}
    )
    use = ModelUse("openai", "m", {"temperature": 0, "top_p": 0}, base_url="http://b", account="a", runtime={"v": "1"})

    assert ModelRequest(
        provider="openai",
        model="m",
        messages=(Message(role="system", content="You are Why?"), Message(role="user", content="Q: Why? (1)")),
        params={"temperature": 0, "top_p": 1},
        base_url="http://b",
        account="a",
        runtime={"v": "1"},
    ) == asked(target, use=use)


def test_the_prompt_is_the_input_where_none_is_given():
    """In one turn, and no token limit is made up."""
    found = asked(ModelTarget(model="openai/m"))

    assert ((Message(role="user", content="Why?"),), {"temperature": 0}) == (found.messages, found.params)


def test_a_column_that_other_examples_have_is_nothing_here():
    """An optional column is no mistake."""
    target = ModelTarget(model="openai/m", prompt="{{ input }}{% if notes %} ({{ notes }}){% endif %}")

    assert ["Why?", "How? (late)"] == [asked(target, example).messages[0].content for example in (WHY, HOW)]


def test_a_column_that_no_example_has_is_the_suites_mistake():
    """Found by the check, before anything is asked, in model and HTTP targets."""
    for target in (
        ModelTarget(model="openai/m", prompt="{{ inputs }}"),
        ModelTarget(model="openai/m", system="{{ inputs }}"),
        HttpTarget(url="http://h", json={"n": 1, "a": [{"b": "{{ inputs }}"}]}),
    ):
        with pytest.raises(SuiteError, match="the template uses `inputs`, which no column is called"):
            check(target, SUITE)
        with pytest.raises(SuiteError):
            asked(target)


def test_targets_that_pass_the_check():
    """Those without templates, and those whose names are known."""
    for target in (
        ModelTarget(model="openai/m", prompt="{{ input }} {{ notes }}"),
        HttpTarget(url="http://h"),
        CommandTarget(command=["./bot"]),
        PythonTarget(function="bot:answer"),
        RecordedTarget(),
    ):
        assert check(target, SUITE) is None
    assert check(ModelTarget(model="openai/m"), suite_of()) is None


def test_an_http_body():
    """Every text in it is a template, keys and other values stay."""
    target = HttpTarget(
        url="http://h/ask", json={"{{ q }}": ["{{ input }}", 1, {"n": "{{ n }}"}], "stream": False}, version=2
    )

    body = {"{{ q }}": ["Why?", 1, {"n": "1"}], "stream": False}
    assert HttpRequest(url="http://h/ask", json=body, version="2") == asked(target)


def test_a_command_gets_the_row():
    """As JSON with sorted keys, under the data's own names; code that is not known has no digest."""
    stdin = '{"n":1,"question":"Why?"}'

    assert CommandRequest(command=("./bot",), stdin=stdin, code="c") == asked(CommandTarget(command=["./bot"]))
    assert CommandRequest(command=("./x",), stdin=stdin, code="") == asked(CommandTarget(command=["./x"]))


def test_a_function_gets_what_it_names():
    """Or everything, where it is not known what it names."""
    everything = {"question": "Why?", "n": 1, "input": "Why?", "example": {"question": "Why?", "n": 1}}

    assert FunctionRequest(function="bot:answer", arguments={"input": "Why?"}, code="d") == asked(
        PythonTarget(function="bot:answer")
    )
    assert FunctionRequest(function="bot:x", arguments=everything, code="") == asked(PythonTarget(function="bot:x"))


@pytest.mark.parametrize(
    ("target", "use", "message"),
    [
        (RecordedTarget(), None, "a recorded target has nothing to ask: its responses stand in the examples"),
        (ModelTarget(model="openai/m"), None, "the target's model openai/m is not set up"),
    ],
)
def test_what_cannot_be_asked(target, use, message):
    """Misuse, said clearly."""
    with pytest.raises(SuiteError, match=message):
        asked(target, use=use)


HTTP = HttpTarget(url="http://h")
PART = HttpTarget(url="http://h", answer="choices.0.text")
COMMAND = CommandTarget(command=["./bot"])
PYTHON = PythonTarget(function="bot:answer")
MODEL = ModelTarget(model="openai/m")


@pytest.mark.parametrize(
    ("target", "answer", "expected"),
    [
        (MODEL, Answer(text="hi\n"), "hi\n"),
        (MODEL, Answer(text="cut o", finish="length"), "cut o"),
        (MODEL, Answer(text=""), ""),
        (HTTP, Answer(text='{"a": 1}'), '{"a": 1}'),
        (PART, Answer(text='{"choices": [{"text": "hi"}]}'), "hi"),
        (PART, Answer(text='{"choices": [{"text": {"a": [1]}}]}'), '{"a":[1]}'),
        (PART, Answer(text='{"choices": {"0": {"text": 5}}}'), "5"),
        (COMMAND, Answer(text="hi\r\n\n", exit_code=0), "hi"),
        (COMMAND, Answer(text=" hi"), " hi"),
        (PYTHON, Answer(text='"hi\\ud800"'), "hi\\ud800"),
        (PYTHON, Answer(text='{"a":1}'), '{"a":1}'),
    ],
)
def test_responses(target, answer, expected):
    """What a model wrote even when it was cut off, a part of a body, what a command printed, what a function returned."""
    assert expected == response_text(target, answer)


@pytest.mark.parametrize(
    ("target", "answer", "message"),
    [
        (PART, Answer(text="<html>"), "the endpoint's answer is not JSON: Expecting value at line 1 column 1"),
        (PART, Answer(text='{"error": 1}'), 'the endpoint\'s answer has no "choices.0.text" (stopped at "choices")'),
        (PART, Answer(text='{"choices": []}'), 'the endpoint\'s answer has no "choices.0.text" (stopped at "0")'),
        (PART, Answer(text='{"choices": ["a"]}'), 'the endpoint\'s answer has no "choices.0.text" (stopped at "text")'),
        (
            PART,
            Answer(text='{"choices": [["a"]]}'),
            'the endpoint\'s answer has no "choices.0.text" (stopped at "text")',
        ),
        (PART, Answer(text='{"choices": [{"text": null}]}'), "there is no response: null"),
        (COMMAND, Answer(text="oops\n", exit_code=3), 'the command ended with exit code 3: "oops"'),
        (PYTHON, Answer(text="null"), "there is no response: null"),
        (PYTHON, Answer(text="oops"), "the function's result is not JSON: Expecting value at line 1 column 1"),
    ],
)
def test_answers_without_a_response(target, answer, message):
    """The target failed, and how."""
    assert Failure(reason="target", message=message) == response_text(target, answer)
