"""The parts of `ippon init`: what is found, which column is what, the suite that comes of it."""

from __future__ import annotations

import http.server
import socket
import threading
import tomllib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from ippon.cli.first_suite import Draft, examples_text, suite_text
from ippon.cli.found import Found, first_model, judge_of, keys_in, local_ports, look_around, model_in, others
from ippon.cli.init import mapped_lines, told_lines, write_new
from ippon.cli.own_data import column_for, contrast_in, draft, draft_of, read_rows
from ippon.errors import IpponError, UsageError
from ippon.records.suite import SuiteFile

QUESTIONS = [
    {"qid": "1", "question": "2+2", "expected": "4", "notes": "four"},
    {"qid": "2", "question": "3+3", "expected": "6", "notes": "6"},
]


def checked(text):
    """A suite text, read strictly with the types of suites."""
    found = tomllib.loads(text)
    for each in found["evaluators"]:
        each.setdefault("kind", "judge")  # as `read` does: a rubric is a judge's
    return msgspec.convert(found, SuiteFile)


@pytest.mark.parametrize("judge", [None, "openai/gpt-5-mini", "local/smollm2-135m"])
def test_the_first_suite_is_a_suite(judge):
    """With a judge, with the embedded one, without any."""
    names = [
        each.name
        for each in checked(suite_text(Draft(examples="examples.jsonl", judge=judge, reference="reference"))).evaluators
    ]

    assert names == (["helpful"] if judge else []) + ["says_the_fact", "short"]


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"), min_size=1))
def test_names_of_files_and_columns_cannot_break_the_suite(name, column):
    """Quotes, newlines, backslashes, DEL."""
    draft = Draft(
        examples=name, judge="openai/x", fields=(("input", column),), response=column, contrast=(column, column)
    )
    suite = checked(suite_text(draft))

    assert (suite.examples, suite.fields.input, suite.contrast.good) == (name, column, column)


def test_the_first_examples_are_json_lines():
    """Four, each with what the suite reads."""
    rows = [msgspec.json.decode(line) for line in examples_text().splitlines()]

    assert [sorted(row) for row in rows] == [["id", "input", "reference", "response"]] * 4
    assert all(row["reference"].lower() in row["response"].lower() for row in rows)


def test_a_suite_of_ones_own_columns():
    """[fields] and the target's field name them."""
    found = draft("qa.csv", list(QUESTIONS[0]), QUESTIONS, "openai/x")

    assert suite_text(found) == snapshot("""\
ippon = 1
examples = "qa.csv"

[fields]                  # the columns of your data
input = "question"
reference = "expected"

[target]                  # the system under test; also: model, http, command, python
kind = "model"
model = "openai/x"

[judge]
model = "openai/x"

[[evaluators]]
name = "helpful"
rubric = "The response answers what was asked, correctly and in plain words."
scale = "good/poor"

[[evaluators]]
name = "says_the_fact"
kind = "number"

[[evaluators]]
name = "short"
kind = "length"
max = 60                  # words

[[gates]]
evaluator = "short"        # "*": each evaluator on its own
min_score = 0.7
""")


def test_numbers_are_compared_as_numbers():
    """Where every reference is one."""
    rows = [{"input": "a", "reference": "1,000", "response": "1000"}]

    assert draft("a.csv", list(rows[0]), rows, None).numbers
    assert not draft("a.csv", list(rows[0]), [{**rows[0], "reference": "ten"}], None).numbers


def test_pairs_make_a_contrast():
    """Good and poor columns; expected scores are none of them."""
    row = {"input": "a", "good_reply": "b", "poor_reply": "c", "expected_good_score": "1", "topic": "x"}

    assert suite_text(draft("a.jsonl", list(row), [row], "openai/x")) == snapshot("""\
ippon = 1
examples = "a.jsonl"

[fields]                  # the columns of your data
category = "topic"

[contrast]                # a good and a poor response each: they test the judges
good = "good_reply"
poor = "poor_reply"

[judge]
model = "openai/x"

[[evaluators]]
name = "helpful"
rubric = "The response answers what was asked, correctly and in plain words."
scale = "good/poor"

[[evaluators]]
name = "short"
kind = "length"
max = 60                  # words
""")


def test_without_responses_a_model_gives_them():
    """The judge's own model, to begin with."""
    row = {"prompt": "a", "expected": "long " * 20}

    assert suite_text(draft("a.csv", list(row), [row], "openai/x")) == snapshot("""\
ippon = 1
examples = "a.csv"

[fields]                  # the columns of your data
input = "prompt"
reference = "expected"

[target]                  # the system under test; also: model, http, command, python
kind = "model"
model = "openai/x"

[judge]
model = "openai/x"

[[evaluators]]
name = "helpful"
rubric = "The response answers what was asked, correctly and in plain words."
scale = "good/poor"

[[evaluators]]
name = "short"
kind = "length"
max = 60                  # words

[[gates]]
evaluator = "short"        # "*": each evaluator on its own
min_score = 0.7
""")


def test_a_column_that_is_not_unique_is_no_id():
    """Ids have to differ; without them examples are numbered."""
    rows = [{"name": "a", "input": "x", "response": "y"}] * 2

    assert draft("a.csv", list(rows[0]), rows, None).fields == ()


@pytest.mark.parametrize(
    ("columns", "judge", "message"),
    [
        (["a", "b"], "openai/x", "no column looks like the input; there are: a, b"),
        (["input"], None, "no column looks like the response; there are: input"),
    ],
)
def test_data_that_is_not_understood_says_what_is_missing(columns, judge, message):
    """With the names that would be."""
    with pytest.raises(UsageError, match=message):
        draft("a.csv", columns, [dict.fromkeys(columns, "x")], judge)


def test_columns_are_guessed_by_their_names():
    """Whole names before endings, the likelier name first."""
    assert column_for("input", ["client_input", "Question"]) == "Question"
    assert column_for("input", ["client_input", "other"]) == "client_input"
    assert column_for("input", ["other"]) is None
    assert contrast_in(["good", "other"]) is None


def test_rows_are_read_as_texts(tmp_path):
    """CSV and JSON lines, with a byte order mark or without."""
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfid,input\r\n1,hello\r\n2,\r\n")
    (tmp_path / "a.jsonl").write_text('{"id": 1, "input": null}\n\n{"id": "b", "input": ["x"]}\n')

    assert read_rows(str(tmp_path / "a.csv")) == [{"id": "1", "input": "hello"}, {"id": "2", "input": ""}]
    assert read_rows(str(tmp_path / "a.jsonl")) == [{"id": "1", "input": ""}, {"id": "b", "input": '["x"]'}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", "`.txt` is no kind of data file"),
        ("a.csv", b"", "has no rows"),
        ("a.csv", b"id\n\xff\n", "UTF-8"),
        ("a.csv", b'id\n"a" b\n', "broken CSV"),
        ("a.csv", b"id,input\n1\n", "this row has 1 field, the header 2"),
        ("a.jsonl", b"[1]\n", "a row is a JSON object, not a list"),
        ("gone.csv", None, "No such file"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, name, content, message):
    """Never a trace."""
    if content is not None:
        (tmp_path / name).write_bytes(content)

    with pytest.raises(IpponError, match=message):
        draft_of(str(tmp_path / name), None)


def test_without_any_judge_it_says_how_to_get_one():
    """The suite runs all the same."""
    assert told_lines({"ippon.toml": "[[evaluators]]"}, None, Found(), "a.csv") == snapshot(
        [
            "wrote ippon.toml       1 evaluators",
            "reads a.csv",
            "judge none: no key, no local server, no local model found; the suite runs without any",
            '      to have one: export OPENAI_API_KEY=..., or pip install "ippon[local]", then ippon init again',
            "next  ippon run",
        ]
    )


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    """One sentence."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=r"gone/a\.toml cannot be written: No such file or directory"):
        write_new({"gone/a.toml": ""})


def test_keys_are_named_and_never_shown():
    """Names of variables only."""
    assert keys_in({"OPENAI_API_KEY": "sk-1", "GROQ_API_KEY": "", "OTHER": "x"}) == (("openai", "OPENAI_API_KEY"),)


def test_what_costs_nothing_comes_first():
    """A local server, the embedded model, a key, nothing."""
    servers, keys = (("ollama", "llama3"),), (("cerebras", "CEREBRAS_API_KEY"), ("openai", "OPENAI_API_KEY"))
    every = Found(servers=servers, keys=keys, embedded=True)

    assert [judge_of(each) for each in (every, Found(keys=keys, embedded=True), Found(keys=keys), Found())] == snapshot(
        [
            ("ollama/llama3", "ollama answers on this machine"),
            ("local/smollm2-135m", "installed, runs on this machine; weak, fine to try things"),
            ("openai/gpt-5-mini", "OPENAI_API_KEY is set"),
            None,
        ]
    )
    assert others(every, "ollama/llama3") == ["local/smollm2-135m", "openai/gpt-5-mini"]


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"{}", b'{"data": []}', b'{"data": [{"id": 1}]}', b'{"data": [{"id": "a\\u001b"}]}', b"[]", b"1"],
)
def test_what_is_no_list_of_models_is_no_server(body):
    """Something else may listen there."""
    assert model_in(body) is None


class Models(http.server.BaseHTTPRequestHandler):
    """Answers like an OpenAI-compatible server."""

    def do_GET(self):
        """One model."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"data": [{"id": "llama3"}]}')

    def log_message(self, *_):
        """Say nothing."""


def test_a_server_is_asked_for_its_models():
    """And one that does not listen, or does not speak HTTP, is none."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Models)
    threading.Thread(target=server.handle_request).start()
    port = server.server_port
    found = first_model(port)
    server.server_close()

    assert (found, first_model(port)) == ("llama3", None)


def test_a_server_that_says_nothing_is_none():
    """One second at most."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        assert first_model(deaf.getsockname()[1]) is None


def test_looking_around_looks_at_this_machine_only():
    """The built-in local ports, the environment, the installed packages."""
    assert ("ollama", 11434) in local_ports()
    assert look_around({"XAI_API_KEY": "x"}).keys == (("xai", "XAI_API_KEY"),)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["question", "answer"], {"reference": "answer", "response": None}),
        (["question", "gold", "answer"], {"reference": "gold", "response": "answer"}),
        (["question", "answer", "output"], {"reference": "answer", "response": "output"}),
        (["question", "expected", "model_answer"], {"reference": "expected", "response": "model_answer"}),
    ],
)
def test_an_answer_is_what_should_be_said_unless_something_else_is(columns, expected):
    """In question-answer data it is the reference; beside a reference it is what a system said."""
    found = draft("a.csv", columns, [dict.fromkeys(columns, "x")], "openai/x")

    assert expected == {"reference": found.reference, "response": found.response}


def test_who_answers_is_said_where_no_column_holds_responses():
    """The judge's own model is a stand-in, rarely what is to be tested."""
    row = {"prompt": "a", "expected": "b"}

    assert mapped_lines(draft("a.csv", list(row), [row], "openai/x")) == snapshot(
        [
            "columns  input = prompt, reference = expected   (a wrong one: change it in [fields] or [target])",
            "target   no column holds responses, so openai/x answers: put your own system into [target]",
        ]
    )
