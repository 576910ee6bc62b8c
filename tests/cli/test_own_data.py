"""Which column of a user's own data is what, and the suite that is made of it."""

from __future__ import annotations

import json

import pytest
from inline_snapshot import snapshot

from ippon.cli.first_suite import suite_text
from ippon.cli.init import columns_of, mapped_lines
from ippon.cli.own_data import contrast_in, draft, draft_of
from ippon.errors import IpponError, UsageError

QUESTIONS = [
    {"qid": "1", "question": "2+2", "expected": "4", "notes": "four"},
    {"qid": "2", "question": "3+3", "expected": "6", "notes": "6"},
]


def drafted(*rows, judge="openai/x"):
    """The draft for rows; the judge answers as well."""
    return draft("a.csv", rows, judge, judge)


def read_as(*columns, value="x"):
    """What each column is taken for."""
    return {column: word for word, column in columns_of(drafted(dict.fromkeys(columns, value)))}


def test_a_suite_of_ones_own_columns():
    """[fields] and the target's field name them; what is called as ippon calls it needs no word."""
    row = {"id": 1, "question": "2+2", "expected": "4", "output": "four", "topic": "sums"}

    assert suite_text(drafted(row)) == snapshot("""\
ippon = 1
examples = "a.csv"

[fields]                  # the columns of your data
input = "question"
reference = "expected"
category = "topic"

[target]                  # the system under test; also: model, http, command, python
kind = "recorded"
field = "output"

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


def test_without_responses_a_model_gives_them():
    """The other choices stand below it."""
    row = {"prompt": "a", "expected": "long " * 20}

    assert suite_text(drafted(row)).partition("[judge]")[0] == snapshot("""\
ippon = 1
examples = "a.csv"

[fields]                  # the columns of your data
input = "prompt"
reference = "expected"

[target]                  # no column holds responses, so a model gives them, until you name your own system here
kind = "model"
model = "openai/x"
# kind = "http"           # url = "http://127.0.0.1:8000/reply"
# kind = "command"        # command = ["./bot", "--stdin"]
# kind = "python"         # function = "module:name"
# kind = "recorded"       # field = "response", once the data has such a column

""")


def test_pairs_make_a_contrast():
    """Good and poor columns; expected scores are none of them."""
    row = {"input": "a", "good_reply": "b", "poor_reply": "c", "expected_good_score": "1", "topic": "x"}

    assert suite_text(drafted(row)) == snapshot("""\
ippon = 1
examples = "a.csv"

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


@pytest.mark.parametrize(
    ("columns", "reference", "response"),
    [
        (["question", "answer"], "answer", None),
        (["question", "gold", "answer"], "gold", "answer"),
        (["question", "answer", "output"], "answer", "output"),
        (["question", "model_answer", "expected"], "expected", "model_answer"),
        (["question", "bot_answer", "answer"], "answer", "bot_answer"),
        (["question", "bot_answer"], None, "bot_answer"),
        (["question", "expected_answer", "answer"], "answer", None),
        (["question", "expected_result"], "expected_result", None),
        (["question", "gold_response", "coach_response"], "gold_response", "coach_response"),
        (["question", "reference", "expected_output"], "reference", None),
        (["question", "expected_score", "model_id"], None, None),
        (["question", "correct_answer", "Prediction"], "correct_answer", "Prediction"),
        (["text", "label"], "label", None),
    ],
)
def test_what_should_be_said_and_what_was_said(columns, reference, response):
    """In question-answer data `answer` is the reference; beside a reference it is what a system said."""
    found = {word: column for column, word in read_as(*columns).items()}

    assert (reference, response) == (found.get("reference"), found.get("response"))


def test_columns_are_known_by_their_names():
    """Whole names before endings, the likelier name first."""
    assert {"Question": "input"} == read_as("client_input", "Question")
    assert {"client_input": "input"} == read_as("client_input", "other")
    assert None is contrast_in(["good", "other"])


@pytest.mark.parametrize(
    ("column", "first", "second"),
    [("name", "a", "a"), ("name", "a", None), ("uid", [1], [2]), ("type", "a", ["b"]), ("topic", True, "b")],
)
def test_what_does_not_fit_is_not_taken(column, first, second):
    """An id is text and unique, a category text: a column that is only guessed never makes a suite that is refused."""
    rows = [{column: value, "input": "x", "response": "y"} for value in (first, second)]

    assert {"input": "input", "response": "response"} == dict(columns_of(drafted(*rows)))


@pytest.mark.parametrize(
    ("references", "kinds"),
    [
        (["1,000", " 5 "], ["number"]),
        ([4, 4.5], ["number"]),
        (["1,000", "ten"], ["contains"]),
        (["10-15"], ["contains"]),
        (["nan"], ["contains"]),
        (["x" * 61], []),
        (["a", ""], []),
        (["a", " "], []),
        (["a", None], []),
        ([["a", "b"]], []),
        ([True], []),
    ],
)
def test_a_reference_is_looked_for_where_it_can_be_found(references, kinds):
    """Numbers as numbers, short texts as texts; where an example has none, or a long one, nothing is promised."""
    text = suite_text(drafted(*({"input": "a", "reference": each, "response": "b"} for each in references)))

    assert kinds == [kind for kind in ("number", "contains") if f'kind = "{kind}"' in text]


@pytest.mark.parametrize(
    ("columns", "judge", "message", "hint"),
    [
        (["a", "b"], "openai/x", "no column looks like the input; there are: a, b", "name one of them input, question"),
        (["input"], None, "no column looks like the response, and no model is found to give one", "--model openai/"),
    ],
)
def test_data_that_is_not_understood_says_what_is_missing(columns, judge, message, hint):
    """With the names that would be, and what else could be done."""
    with pytest.raises(UsageError, match=message) as caught:
        drafted(dict.fromkeys(columns, "x"), judge=judge)

    assert hint in caught.value.problems[0].hint


@pytest.mark.parametrize(
    ("name", "content", "message", "line"),
    [
        ("a.txt", "", "`.txt` is no kind of data file", None),
        ("a.csv", "", "a.csv holds no rows", None),
        ("a.csv", "id,input\n\n", "a.csv holds no rows", None),
        ("a.csv", b"id\n\xff\n", "UTF-8", 2),
        ("a.csv", 'id\n"a" b\n', "broken CSV", 2),
        ("a.csv", "id,input\n1,a\n1\n", "this row has 1 field, the header 2", 3),
        ("a.csv", "input,input\na,b\n", "columns 1 and 2 are both called `input`", 1),
        ("a.jsonl", '{"input": 1}\n[1]\n', "a row is a JSON object, not a list", 2),
        ("gone.csv", None, "no file gone.csv", None),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, monkeypatch, name, content, message, line):
    """In the words of `ippon run`, with the line."""
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(IpponError, match=message) as caught:
        draft_of(name, None, None)

    assert line == caught.value.problems[0].line


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl", "a.yaml"])
def test_whatever_a_suite_reads_can_be_begun_with(tmp_path, monkeypatch, name):
    """CSV, JSON, JSON lines, YAML."""
    monkeypatch.chdir(tmp_path)
    row = {"question": "a", "output": "b"}
    texts = {"a.csv": "question,output\na,b\n", "a.json": json.dumps([row]), "a.yaml": "- {question: a, output: b}\n"}
    (tmp_path / name).write_text(texts.get(name, json.dumps(row)))

    assert {"input": "question", "response": "output"} == dict(columns_of(draft_of(name, None, None)))


def test_what_was_taken_for_what_is_said():
    """And where it is changed."""
    pairs = [{"prompt": "a", "good": "b", "poor": "c"}]

    assert mapped_lines(drafted(*QUESTIONS)) == snapshot(
        [
            "reads a.csv: input = question, reference = expected",
            "      a wrong one? change it in [fields], [target] or [contrast] of ippon.toml",
            "asks  openai/x for responses: no column holds any",
            "      name the system that you test in [target] of ippon.toml",
        ]
    )
    assert mapped_lines(drafted(*pairs)) == snapshot(
        [
            "reads a.csv: input = prompt, good, poor",
            "      a wrong one? change it in [fields], [target] or [contrast] of ippon.toml",
        ]
    )
