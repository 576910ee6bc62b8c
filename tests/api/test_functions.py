"""What a Python function consists of: what its digest covers, and when there is none."""

from __future__ import annotations

import functools

import pytest

from ippon.api.functions import code_of
from ippon.api.suite import Suite


class Bot:
    """Answers with a word of its own."""

    def __init__(self, word):
        self.word = word

    def reply(self, input):
        """Its word before the input."""
        return self.word + input

    __call__ = reply

    @classmethod
    def greet(cls, input):
        """The same for every bot."""
        return f"hello {input}"

    @staticmethod
    def leave(input):
        """The same for every bot."""
        return f"bye {input}"


def closing_over(value):
    """A function that closes over a value."""
    return lambda response: response == value


def defaulting_to(value):
    """A function with a default."""

    def judged(response, wanted=value):
        return response == wanted

    return judged


def naming(value):
    """A function with a default of a keyword."""

    def judged(response, *, wanted=value):
        return response == wanted

    return judged


def wrapping(function):
    """A function that hides another."""

    @functools.wraps(function)
    def wrapped(response):
        return not function(response)

    return wrapped


@pytest.mark.parametrize("made", [closing_over, defaulting_to, naming])
def test_values_that_a_function_brings_along_are_part_of_it(made):
    """Closed over, or a default of either kind: another value is another function."""
    found = [code_of(made(value), None).digest for value in (1, 1, 2, "1", [1])]

    assert found[0] == found[1]
    assert 4 == len(set(found))
    assert "" not in found


@pytest.mark.parametrize("made", [closing_over, defaulting_to, naming])
def test_a_value_that_is_no_plain_data_leaves_no_digest(made):
    """It could be anything; only a declared version stands for it."""
    assert "" == code_of(made(object()), None).digest
    assert 64 == len(code_of(made(object()), "1").digest)


@pytest.mark.parametrize(
    "function",
    [
        Bot("a").reply,
        Bot("a"),
        functools.lru_cache(closing_over(1)),
        functools.partial(defaulting_to(1), wanted=2),
        wrapping(closing_over(1)),
        len,
    ],
)
def test_what_is_no_plain_function_leaves_no_digest(function):
    """A bound method and a callable depend on their object, a wrapper on what it hides, and C has no source."""
    assert "" == code_of(function, None).digest
    assert 64 == len(code_of(function, "1").digest)


@pytest.mark.parametrize("function", [Bot.greet, Bot("a").greet, Bot.leave, Bot("a").leave])
def test_a_method_of_a_class_is_as_good_as_a_function(function):
    """No object stands behind it."""
    assert 64 == len(code_of(function, None).digest)
    assert ("input",) == code_of(function, None).parameters


def test_two_bots_never_share_answers(tmp_path, monkeypatch):
    """The cache knows the first bot's answers; the second one, alike but for its word, is asked itself."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def said(bot):
        suite = Suite(
            examples=[{"id": "a", "input": "x"}],
            evaluators=[closing_over("one x")],
            target=bot.reply,
            folder=str(tmp_path),
        )
        return [each.text for each in suite.run(tier="full").results]

    assert [["one x"], ["two x"]] == [said(Bot("one ")), said(Bot("two "))]
