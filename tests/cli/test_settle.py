"""Given words and environment twins to options."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ippon.errors import NotBuiltError, UsageError
from ippon.records.flags import FLAGS
from ippon.records.options import Options
from ippon.wiring.settle import settle

ALL = {
    "suite": "a.toml", "tier": "full", "target": "v2", "judge": "openai/x", "base_url": "http://127.0.0.1:1/v1", "evaluator": ["a", "b"],
    "example": ["ex-*"], "where": ["category=empathy"], "seed": "7", "repeats": "3", "trust": True, "max_in_flight": "8", "max_s": "1.5",
    "max_calls": "0", "max_usd": "2", "cache": "sqlite:///c.sqlite", "retry_failed": True, "resume": "latest", "store": "h.sqlite",
    "output": ["a.json", "b.csv"], "json": True, "quiet": True, "verbose": True, "debug": True, "no_color": True,
}  # fmt: skip
SAID = Options(
    suite="a.toml", tier="full", target="v2", judge="openai/x", base_url="http://127.0.0.1:1/v1", evaluator=("a", "b"),
    example=("ex-*",), where=("category=empathy",), seed=7, repeats=3, trust=True, max_in_flight=8, max_s=1.5, max_calls=0, max_usd=2.0,
    cache="sqlite:///c.sqlite", retry_failed=True, resume="latest", store="h.sqlite", output=("a.json", "b.csv"), json=True, quiet=True,
    verbose=True, debug=True, no_color=True,
)  # fmt: skip


def problems(given_words, environ=None):
    """The messages of what is wrong."""
    with pytest.raises(UsageError) as caught:
        settle(given_words, environ or {})
    return [each.message for each in caught.value.problems]


def test_every_flag_has_its_type():
    """Numbers are numbers, repeated ones are tuples."""
    assert settle(ALL, {}) == SAID


def test_the_environment_says_the_same_with_twins():
    """Lists with commas."""
    environ = {f"IPPON_{name.upper()}": _in_environment(value) for name, value in ALL.items() if name != "suite"}

    assert settle({"suite": "a.toml"}, environ) == SAID


def _in_environment(value):
    return "1" if value is True else ", ".join(value) if isinstance(value, list) else value


def test_a_flag_comes_before_its_twin():
    """Flag, then environment, then nothing."""
    assert settle({"tier": "full"}, {"IPPON_TIER": "quick", "IPPON_SEED": "3"}) == Options(tier="full", seed=3)


@pytest.mark.parametrize(("word", "on"), [("1", True), ("true", True), ("0", False), ("false", False)])
def test_switches_in_the_environment_have_four_words(word, on):
    """And no other."""
    assert settle({}, {"IPPON_REFRESH": word}).refresh is on


@pytest.mark.parametrize(
    ("given_words", "message"),
    [
        ({"max_in_flight": "0"}, "--max-in-flight 0 is no whole number of 1 or more"),
        ({"max_in_flight": "1e3"}, "--max-in-flight 1e3 is no whole number of 1 or more"),
        ({"repeats": "\u0663"}, "--repeats \u0663 is no whole number of 1 or more"),
        ({"max_calls": "-1"}, "--max-calls -1 is no whole number of 0 or more"),
        ({"max_calls": "1" * 16}, f"--max-calls {'1' * 16} is no whole number of 0 or more"),
        ({"max_usd": "-0.5"}, "--max-usd -0.5 is no number of 0 or more"),
        ({"max_s": "nan"}, "--max-s nan is no number of 0 or more"),
        ({"max_s": "inf"}, "--max-s inf is no number of 0 or more"),
        ({"max_s": "1_0"}, "--max-s 1_0 is no number of 0 or more"),
        ({"max_s": "soon"}, "--max-s soon is no number of 0 or more"),
        ({"tier": ""}, "--tier is empty"),
        ({"suite": ""}, "the suite's path is empty"),
        ({"base_url": "ftp://x"}, "--base-url ftp://x is no http:// or https:// address"),
        ({"cache": "redsi://u:p@x"}, "--cache redsi://***@x is no cache: a path, sqlite:///PATH or redis://HOST/DB"),
        ({"cache": "mysql://x"}, "--cache mysql://x is no cache: a path, sqlite:///PATH or redis://HOST/DB"),
        ({"output": ["a.txt"]}, "--output a.txt ends in none of .json .jsonl .csv .md .html .xml"),
        ({"no_cache": True, "refresh": True}, "--no-cache and --refresh contradict each other"),
        ({"no_cache": True, "cache": "a"}, "--no-cache and --cache contradict each other"),
    ],
)
def test_what_cannot_be_followed_is_named(given_words, message):
    """One clear sentence each."""
    assert problems(given_words) == [message]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("IPPON_MAX_IN_FLIGHT", "many", "IPPON_MAX_IN_FLIGHT many is no whole number of 1 or more"),
        ("IPPON_MAX_USD", "", "IPPON_MAX_USD is empty"),
        ("IPPON_JSON", "yes", "IPPON_JSON yes is neither 1 nor 0"),
        ("IPPON_TIER", "", "IPPON_TIER is empty"),
        ("IPPON_EVALUATOR", "", "IPPON_EVALUATOR is empty"),
        ("IPPON_EVALUATOR", "a,,b", "IPPON_EVALUATOR a,,b is empty"),
    ],
)
def test_a_malformed_twin_is_named(name, value, message):
    """Parsed strictly: an empty budget is no budget."""
    assert problems({}, {name: value}) == [message]


def test_hints_say_what_to_type():
    """A flag or an environment variable, as it was said."""
    with pytest.raises(UsageError) as caught:
        settle({"max_in_flight": "0", "tier": ""}, {"IPPON_MAX_USD": "x", "IPPON_JSON": "x"})

    assert [each.hint for each in caught.value.problems] == [
        "-t TIER",
        "-j 8",
        "export IPPON_MAX_USD=2.5   or unset IPPON_MAX_USD",
        "export IPPON_JSON=1   or unset IPPON_JSON",
    ]


def test_all_problems_are_named_at_once():
    """Not one a try."""
    assert len(problems({"max_in_flight": "0", "max_s": "x", "suite": ""}, {"IPPON_SEED": "x"})) == 4


def test_a_flag_silences_its_opposite_in_the_environment():
    """Who exports IPPON_CACHE may still say --no-cache."""
    assert settle({"no_cache": True}, {"IPPON_CACHE": "c.sqlite", "IPPON_REFRESH": "1"}) == Options(no_cache=True)
    assert problems({}, {"IPPON_NO_CACHE": "1", "IPPON_CACHE": "c"}) == ["--no-cache and --cache contradict each other"]


@pytest.mark.parametrize(
    ("given_words", "name"),
    [
        ({"baseline": "main"}, "--baseline"),
        ({"output": ["a.xml"]}, "--output a.xml"),
    ],
)
def test_what_is_not_built_is_refused_after_its_form_was_checked(given_words, name):
    """Never a silent no-op."""
    with pytest.raises(NotBuiltError, match=f"{name} is not built yet"):
        settle(given_words, {})
    assert problems({**given_words, "max_in_flight": "0"}) == ["--max-in-flight 0 is no whole number of 1 or more"]


def test_other_verbs_know_fewer_flags():
    """What a verb does not take is not looked at, malformed or not."""
    assert settle({}, {"IPPON_MAX_USD": "x"}, ()) == Options()


@given(
    st.dictionaries(
        st.sampled_from([flag.name for flag in FLAGS if flag.kind != "switch" and not flag.many]), st.text(max_size=5)
    )
)
def test_nothing_but_usage_errors_is_raised(given_words):
    """Whatever is typed."""
    try:
        found = settle(given_words, {})
    except (UsageError, NotBuiltError):
        return
    assert isinstance(found, Options)
