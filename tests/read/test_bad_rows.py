"""Rows that cannot be evaluated, and judges that say nothing."""

from __future__ import annotations

import pytest

import ippon
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


def told(question: str) -> str:
    """A system under test that takes what no example has."""
    return question


def spelt(respons: str, weight: float = 1.0) -> bool:
    """An evaluator with a slip in a parameter."""
    return bool(respons and weight)


@ippon.evaluator(version="1")
def right(response: str, reference: str = "", *, example: dict[str, str]) -> bool:
    """One that is bound in full."""
    return response == (reference or example["response"])


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"evaluators": [spelt]}, "takes `respons`, which no example has", "did you mean `response`?"),
        (
            {"evaluators": [right], "target": told},
            "takes `question`, which no example has",
            "there are: example, input, response",
        ),
    ],
)
def test_a_misspelt_parameter_is_named_when_the_suite_is_made(given, message, hint):
    """Not as a failed evaluation, example after example."""
    with pytest.raises(ippon.SuiteError) as caught:
        ippon.Suite(examples=[{"input": "a", "response": "b"}], **given)

    (problem,) = caught.value.problems
    assert (problem.message.partition("` ")[2], problem.hint) == (message, hint)


def test_parameters_that_are_bound_or_have_a_default_are_fine():
    """`example` is the whole row."""
    ippon.Suite(examples=[{"input": "a", "response": "b"}], evaluators=[right])


def test_an_address_that_is_none_is_refused_from_python_too():
    """As on the command line."""
    suite = ippon.Suite(examples=[{"input": "a", "response": "b"}], evaluators=[right])
    with pytest.raises(ippon.UsageError, match="base_url nope is no http:// or https:// address"):
        suite.run(base_url="nope")
