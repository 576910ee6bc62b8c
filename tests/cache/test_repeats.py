"""Repeats: the repeat number is in the key, so that a cache never turns five samples into one; and what was cached is told."""

from __future__ import annotations

import itertools

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.cache.kept import entries
from tests.door import ippon

SUITE = (
    'ippon = 1\nname = "r"\n[judge]\nmodel = "vllm/scripted"\n'
    '[[evaluators]]\nname = "kind"\nrubric = "It is kind."\nscale = "1-5"\n'
    '[[examples]]\nid = "a"\ninput = "q"\nresponse = "x"\n[[examples]]\nid = "b"\ninput = "q"\nresponse = "x"\n'
)


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Two examples that are the same but for their names, and a judge that says something else each time."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ippon.toml").write_text(SUITE)
    said = itertools.cycle("12345")
    with serving(Script(), answer=lambda _body: {"reason": "so it is", "score": int(next(said))}) as endpoint:
        yield endpoint


def run(capsys, endpoint, *words):
    """The object of a whole run, and how many calls it took."""
    before = endpoint.stats().requests
    found = ippon(capsys, "run", "-t", "full", "--json", "--base-url", endpoint.base_url, *words).object
    return found, endpoint.stats().requests - before


def scores(found):
    """By example and repeat."""
    return {(row["example"], row["repeat"]): row["score"] for row in found["results"]}


def test_five_repeats_are_five_samples_whatever_is_cached(at, capsys):
    """Each is asked, once for all examples with the same content; then all five are known, and stay five."""
    one, asked_once = run(capsys, at)
    five, asked = run(capsys, at, "--repeats", "5")
    again, nothing = run(capsys, at, "--repeats", "5")

    assert (1, 4, 0) == (asked_once, asked, nothing)
    assert (5, 10) == (
        len({score for (example, _), score in scores(five).items() if example == "a"}),
        len(scores(five)),
    )
    assert scores(five) == scores(again)
    assert scores(one).items() <= scores(five).items()


def test_how_many_results_were_cached_is_told(at, capsys):
    """In the object, in its results, on the screen, in the history."""
    run(capsys, at)
    found, _ = run(capsys, at, "--repeats", "3")
    counts = found["evaluations"]

    assert (2, 4, 6) == (counts["cached"], counts["answered"], counts["planned"])
    assert {0} == {row["repeat"] for row in found["results"] if row["cached"]}
    assert (2, 4) == (found["cache"]["hits"], found["cache"]["misses"])
    shown = ippon(capsys, "runs", "show", "latest").out
    assert "cached 2 + answered 4 + not needed 0 = 6" in shown
    assert 6 == len({each.key for each in entries() if each.kind == "score"}) * 2


def test_why_tells_the_repeat_that_is_not_known(at, capsys, tmp_path):
    """The other parts of its key are equal."""
    run(capsys, at)
    (tmp_path / "ippon.toml").write_text(SUITE.replace('scale = "1-5"', 'repeats = 2\nscale = "1-5"'))
    why = ippon(capsys, "cache", "why", "b", "kind", "--base-url", at.base_url, "--json").object

    assert (1, ["repeat"], "repeat changed") == (why["repeat"], why["changed"], why["because"])
    assert [{"field": "repeat", "was": "0", "now": "1"}] == why["differences"]
