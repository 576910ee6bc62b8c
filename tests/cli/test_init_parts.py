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
from ippon.cli.found import (
    Found,
    answering_of,
    first_model,
    judge_of,
    keys_in,
    local_ports,
    look_around,
    model_in,
    others,
)
from ippon.cli.init import told_lines, write_new
from ippon.errors import UsageError
from ippon.records.suite import SuiteFile


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


def test_without_any_judge_it_says_how_to_get_one():
    """The suite runs all the same."""
    assert told_lines({"ippon.toml": "[[evaluators]]"}, None, Found(), None) == snapshot(
        [
            "wrote ippon.toml       1 evaluator",
            "judge none: no key, no local server, no local model found; the suite runs without any",
            '      to have one: export OPENAI_API_KEY=..., or pip install "ippon[local]", then ippon init again',
            "next  ippon run",
        ]
    )


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    """One sentence; what was written before it is taken away again."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError, match=r"gone/a\.toml cannot be written: No such file or directory"):
        write_new({"here.toml": "", "gone/a.toml": ""})

    assert [] == [*tmp_path.iterdir()]


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


def test_the_embedded_model_stands_in_for_a_system_only_where_nothing_else_does():
    """It is too weak to be what anybody tests."""
    servers, keys = (("ollama", "llama3"),), (("openai", "OPENAI_API_KEY"),)
    founds = [
        Found(servers=servers, keys=keys, embedded=True),
        Found(keys=keys, embedded=True),
        Found(embedded=True),
        Found(),
    ]

    assert ["ollama/llama3", "openai/gpt-5-mini", "local/smollm2-135m", None] == [answering_of(each) for each in founds]


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
