"""What Python hands over that is no suite: functions that nothing is bound to, addresses and caches that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

import ippon
from ippon.wiring.settle import settle


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


def small() -> ippon.Suite:
    """A suite that costs nothing."""
    return ippon.Suite(examples=[{"input": "a", "response": "b"}], evaluators=[right])


def test_what_is_left_out_the_environment_says(monkeypatch):
    """A CI says IPPON_CACHE to pytest as to the command; what the program says goes first."""
    monkeypatch.setenv("IPPON_CACHE", "team.sqlite")
    monkeypatch.setenv("IPPON_STORE", "kept.sqlite")
    small().run(tier="full")
    assert Path("team.sqlite").exists()
    assert Path("kept.sqlite").exists()
    small().run(cache=Path("own.sqlite"), store=Path("mine.sqlite"), tier=None)
    assert Path("own.sqlite").exists()
    assert Path("mine.sqlite").exists()

    monkeypatch.delenv("IPPON_CACHE")
    monkeypatch.setenv("IPPON_NO_CACHE", "1")
    small().run(cache="beside.sqlite")
    assert Path("beside.sqlite").exists()


@pytest.mark.parametrize(
    ("name", "word", "message"),
    [
        ("IPPON_CACHE", "redis:host", "IPPON_CACHE redis:host is no cache"),
        ("IPPON_MAX_S", "soon", "IPPON_MAX_S soon is no number of 0 or more"),
        ("IPPON_TEIR", "full", "IPPON_TEIR is set, and nothing reads it"),
        ("IPPON_BASELINE", "main", "--baseline"),
    ],
)
def test_a_wrong_word_of_the_environment_is_a_mistake_from_python_too(monkeypatch, name, word, message):
    """It raises before anything is asked."""
    monkeypatch.setenv(name, word)
    with pytest.raises(ippon.IpponError, match=message):
        small().run()


def test_what_contradicts_itself_is_refused_from_python_too():
    """In Python's words."""
    with pytest.raises(ippon.UsageError, match="no_cache and refresh contradict each other"):
        small().run(no_cache=True, refresh=True)


def test_the_environment_trusts_a_suite_from_python_too(monkeypatch):
    """IPPON_TRUST=1 is `--trust`."""
    Path("code.py").write_text("def same(response: str) -> bool:\n    return True\n")
    Path("ippon.toml").write_text(
        'ippon = 1\n[[evaluators]]\nname = "e"\nkind = "python"\nfunction = "code:same"\n[[examples]]\nresponse = "r"\n'
    )
    with pytest.raises(ippon.TrustError):
        ippon.load("ippon.toml").run()
    monkeypatch.setenv("IPPON_TRUST", "1")
    assert "none" == ippon.load(Path("ippon.toml")).run().verdict


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("redis:localhost", "redis://localhost"),
        ("redis:/localhost/0", "redis://localhost/0"),
        ("sqlite:new.sqlite", "sqlite:///new.sqlite"),
        ("sqlite://new.sqlite", "sqlite:///new.sqlite"),
        ("sqlite:/", "a path, sqlite:///PATH or redis://HOST/DB"),
        ("redis:", "a path, sqlite:///PATH or redis://HOST/DB"),
        (":memory:", "a path, sqlite:///PATH or redis://HOST/DB"),
        ("mine:new", "./mine:new"),
    ],
)
def test_half_a_url_is_no_file(said, hint):
    """A new empty file would have everything asked again."""
    with pytest.raises(ippon.UsageError, match="is no cache") as caught:
        small().run(cache=said)
    assert hint == caught.value.problems[0].hint
    with pytest.raises(ippon.UsageError) as caught:
        settle({"cache": said}, {})
    assert hint.startswith("a path") or f"--cache {hint}" == caught.value.problems[0].hint


def test_half_a_url_shows_no_password():
    """Nor does its hint."""
    for given, environ in (({"cache": "redis:me:secret@host/0"}, {}), ({}, {"IPPON_CACHE": "redis:/:secret@host/0"})):
        with pytest.raises(ippon.UsageError) as caught:
            settle(given, environ)
        (problem,) = caught.value.problems
        assert "secret" not in f"{problem.message} {problem.hint}"
        assert "redis://***@host/0" in (problem.hint or "")
