"""What Python hands over that is no suite: functions that nothing is bound to, addresses and caches that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

import ippon
from ippon.cli.settle import settle


def told(question: str) -> str:
    """A system under test that takes what no example has."""
    return question


def spelt(respons: str, weight: float = 1.0) -> bool:
    """An evaluator with a slip in a parameter."""
    return bool(respons and weight)


def by_place(obj: str, /, **rest: str) -> bool:
    """One that is bound by position, to nothing there is."""
    return bool(obj or rest)


@ippon.evaluator(version="1")
def right(response: str, reference: str = "", *, example: dict[str, str]) -> bool:
    """One that is bound in full."""
    return response == (reference or example["response"])


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        ({"evaluators": [spelt]}, "takes `respons`, which no example has", "did you mean `response`?"),
        ({"evaluators": [by_place]}, "takes `obj`, which no example has", "there are: response, example, input"),
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


@pytest.mark.parametrize("address", ["nope", "http://", "https:///v1", "http://a b", "ftp://host"])
def test_an_address_that_is_none_is_refused_from_python_too(address):
    """As on the command line."""
    suite = ippon.Suite(examples=[{"input": "a", "response": "b"}], evaluators=[right])
    with pytest.raises(ippon.UsageError, match=f"base_url {address} is no http:// or https:// address"):
        suite.run(base_url=address)
    with pytest.raises(ippon.UsageError, match="is no http:// or https:// address"):
        settle({"base_url": address}, {})


@pytest.mark.parametrize("name", ["http://h/x", "", "sqlite:///"])
def test_a_cache_that_is_none_is_refused_from_python_too(name):
    """No folder called `http:` comes of it, and no file that nobody sees again."""
    suite = ippon.Suite(examples=[{"input": "a", "response": "b"}], evaluators=[right])
    with pytest.raises(ippon.UsageError, match=f"cache {name} is no cache"):
        suite.run(cache=name)

    assert [] == [*Path().iterdir()]


@pytest.mark.parametrize("wrong", [{"target": 3}, {"target": max}, {"gates": [3]}])
def test_what_is_no_function_is_no_part_of_a_suite(wrong):
    """A mistake of the user's, not of ippon's."""
    with pytest.raises(ippon.SuiteError, match="this is no suite"):
        ippon.Suite(examples=[{"input": "a", "response": "b"}], evaluators=[right], **wrong)


async def later(response: str, /) -> bool:
    """An evaluator that waits, and is bound by position."""
    return response == "b"


def sooner(response: str, /, reference: str = "b", *, example: dict[str, str]) -> bool:
    """One that is bound in every way there is."""
    return response == reference == example["response"]


@pytest.mark.parametrize("function", [later, sooner])
def test_a_parameter_that_is_taken_by_position_is_bound_by_its_name(function):
    """Like any other."""
    suite = ippon.Suite(examples=[{"input": "a", "response": "b"}], evaluators=[function])

    assert [1.0] == [each.score for each in suite.run().results]
