"""Slips of the hand: names that are nearly right, in words, files and the environment."""

from __future__ import annotations

import pytest

from ippon.cli.scan import scan
from ippon.cli.settle import settle
from ippon.errors import SuiteError, UsageError
from ippon.read.suite import load
from tests.read.written import write

SUITE = 'ippon = 1\nexamples = "a.jsonl"\n[[evaluators]]\nname = "a"\nkind = "exact"\n'


@pytest.mark.parametrize(
    ("name", "meant"),
    [("IPPON_TEIR", "IPPON_TIER"), ("IPPON_MAX_INFLIGHT", "IPPON_MAX_IN_FLIGHT"), ("IPPON_APIKEY", "IPPON_API_KEY")],
)
def test_a_misspelt_name_in_the_environment_is_named(name, meant):
    """Silence would be worst: the run would not be the one that was wanted."""
    with pytest.raises(UsageError) as caught:
        settle({}, {name: "full", "PATH": "/bin"})

    (problem,) = caught.value.problems
    assert (f"{name} is set, and nothing reads it", f"did you mean {meant}?   or   unset {name}") == (
        problem.message,
        problem.hint,
    )


def test_other_names_in_the_environment_are_somebody_elses():
    """Our own, and those that are like none of ours."""
    settle({}, {"IPPON_API_KEY": "k", "IPPON_WRITE_DOCS": "1"})


def test_a_short_flag_takes_no_equals_sign():
    """The long one does."""
    given = scan(["-t=full"])
    assert given is not None
    with pytest.raises(UsageError) as caught:
        settle(given, {})

    assert ("--tier =full begins with `=`", "-t TIER") == (
        caught.value.problems[0].message,
        caught.value.problems[0].hint,
    )


@pytest.mark.parametrize(
    ("path", "hint"),
    [("ipon.toml", "did you mean ippon.toml?"), ("other.yaml", "ippon init"), ("gone/ippon.toml", "ippon init")],
)
def test_a_suite_that_is_not_there_names_the_nearest(path, hint):
    """In the same folder."""
    write({"ippon.toml": SUITE})
    with pytest.raises(SuiteError) as caught:
        load(path, trusted=False, memo=None)

    assert (f"no suite at {path}", hint) == (caught.value.problems[0].message, caught.value.problems[0].hint)
