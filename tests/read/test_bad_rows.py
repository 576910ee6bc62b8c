"""Rows that cannot be evaluated, and judges that say nothing."""

from __future__ import annotations

import pytest

from ippon.read.suite import load
from tests.read.written import lines, refused, write

HEAD = 'ippon = 1\nexamples = "a.jsonl"\n'
EXACT = '[[evaluators]]\nname = "a"\nkind = "exact"\n'
ROW = '{"id": "one", "input": "i", "response": "x", "reference": "x"}\n'


@pytest.mark.parametrize(
    ("suite", "rows", "expected"),
    [
        (
            HEAD + EXACT,
            ROW + '{"id": "two", "reference": "x"}\n{"id": "three", "response": null, "reference": "x"}\n',
            "ippon.toml:2:1 [examples] not every example has a `response`: it is missing at a.jsonl:2, a.jsonl:3 -> None",
        ),
        (
            HEAD + '[target]\nkind = "recorded"\nfield = "said"\n' + EXACT,
            ROW.replace("response", "said") + ROW.replace("one", "two"),
            "ippon.toml:5:1 [target.field] not every example has a `said`: it is missing at a.jsonl:2 -> None",
        ),
        (
            HEAD + EXACT,
            ROW + '{"id": "two", "response": "x", "response": "y", "reference": "x"}\n',
            "a.jsonl:2:1 [examples] broken JSON: the key `response` stands twice -> None",
        ),
        (
            HEAD + EXACT,
            ROW + '{"id": "two", "response": "x", "reference": "x", "more": [{"k": 1, "k": 1}]}\n',
            "a.jsonl:2:1 [examples] broken JSON: the key `k` stands twice -> None",
        ),
        (
            HEAD + '[judge]\nmodel = "openai/x"\n[[evaluators]]\nname = "a"\nrubric = "r"\nreads = []\n',
            ROW,
            """ippon.toml:8:1 [evaluators[0].reads] `reads` is empty: `a` would be shown nothing -> reads = ["input", "response"]""",
        ),
        (
            HEAD + EXACT.replace('"a"', '" "'),
            ROW,
            "ippon.toml:4:1 [evaluators[0].name] `name` is empty -> None",
        ),
        (
            HEAD + '[target]\nkind = "model"\nmodel = "openai/x"\nprompt = "\\n"\n' + EXACT,
            ROW,
            """ippon.toml:6:1 [target.prompt] `prompt` is empty: the model would be asked nothing -> prompt = "{{ input }}\"""",
        ),
        (
            HEAD + '[judge]\nmodel = "openai/x"\n[[evaluators]]\nname = "a"\nrubric = " "\n',
            ROW,
            "ippon.toml:7:1 [evaluators[0].rubric] the rubric of `a` is empty -> say what a good response does",
        ),
        (
            HEAD
            + '[judge]\nmodel = "openai/x"\n[[evaluators]]\nname = "a"\nkind = "pairwise"\nrubric = ""\nagainst = "reference"\n',
            ROW,
            "ippon.toml:8:1 [evaluators[0].rubric] the rubric of `a` is empty -> say what a good response does",
        ),
        (
            HEAD + EXACT.replace("exact", "regex") + 'pattern = ""\n',
            ROW,
            "ippon.toml:6:1 [evaluators[0].pattern] `pattern` is empty: every response matches that -> None",
        ),
    ],
)
def test_what_nobody_can_evaluate_is_refused_before_any_call(suite, rows, expected):
    """With the place of each row."""
    write({"ippon.toml": suite, "a.jsonl": rows})

    assert [expected] == lines(refused("ippon.toml"))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("{ good = 1, poor = 1 }", "all `labels` are worth 1: every response would score that"),
        ('{ good = 1, " " = 0 }', "one of the `labels` is empty: no judge can name it"),
    ],
)
def test_labels_that_tell_nothing_apart_are_refused(labels, message):
    """Each would give a score, and none would mean anything."""
    judge = f'[judge]\nmodel = "openai/x"\n[[evaluators]]\nname = "a"\nrubric = "r"\nlabels = {labels}\n'
    write({"ippon.toml": HEAD + judge, "a.jsonl": ROW})

    expected = f"ippon.toml:8:1 [evaluators[0].labels] {message} -> labels = {{ good = 1.0, poor = 0.0 }}"
    assert [expected] == lines(refused("ippon.toml"))


def test_every_key_that_stands_twice_is_named_with_its_line():
    """In a list of objects as in lines of them; numbers of any length are no trouble."""
    twice = '{"id": "two", "response": 1.5, "response": 123456789012345678901234567890, "reference": "x"}'
    write({"ippon.toml": HEAD.replace("a.jsonl", "a.json") + EXACT, "a.json": f"[\n{ROW},\n{twice},\n{twice}\n]"})

    said = "[examples] broken JSON: the key `response` stands twice -> None"
    assert [f"a.json:4:1 {said}", f"a.json:5:1 {said}"] == lines(refused("ippon.toml"))


def test_an_empty_text_in_a_body_is_no_empty_prompt():
    """An endpoint may want it so."""
    write({
        "ippon.toml": HEAD + '[target]\nkind = "http"\nurl = "http://h/x"\njson = { prompt = "" }\n' + EXACT,
        "a.jsonl": ROW,
    })  # fmt: skip

    assert {"prompt": ""} == load("ippon.toml", trusted=False, memo=None).targets["default"].json
