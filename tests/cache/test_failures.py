"""Failures in the cache, by their class: what would only repeat itself is not asked again, everything else is."""

from __future__ import annotations

import json

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.cache.kept import entries, make_older
from tests.door import ippon

DAY = 86_400.0
NO_ANSWER = {"rejected", "input_too_long"}
HEAD = (
    'ippon = 1\nname = "f"\nexamples = "examples.jsonl"\n[judge]\nmodel = "vllm/scripted"\n'
    '[[evaluators]]\nname = "kind"\nrubric = "It is kind."\nscale = "good/poor"\n'
)


class Ran:
    """What a run left behind."""

    def __init__(self, said, requests) -> None:
        self.code = said.code
        self.counts = said.object["evaluations"]
        self.sent = requests
        self.classes = {row["error"] and row["error"]["class"] for row in said.object["results"]}


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Writes n examples by one judge when it is first called; runs them against an endpoint."""
    monkeypatch.chdir(tmp_path)

    def ran(endpoint, *words, n=20, head=HEAD):
        rows = ({"id": f"ex-{i}", "input": f"question {i}", "response": f"answer {i}"} for i in range(n))
        (tmp_path / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (tmp_path / "ippon.toml").write_text(head)
        before = endpoint.stats().requests
        said = ippon(capsys, "run", "-t", "full", "--json", "--base-url", endpoint.base_url, *words)
        return Ran(said, endpoint.stats().requests - before)

    return ran


def test_a_storm_over_300_inputs_that_are_too_long_costs_nothing_the_second_time(run):
    """Each is asked once; `--retry-failed` asks again."""
    with serving(Script(faults={"context": 1.0})) as endpoint:
        first = run(endpoint, n=300)
        second = run(endpoint, n=300)
        retried = run(endpoint, "--retry-failed", n=300)

    assert (3, 300, {"input_too_long"}) == (first.code, first.counts["failed"], first.classes)
    assert [300, 0, 300] == [first.sent, second.sent, retried.sent]
    assert (3, 300, {"input_too_long"}) == (second.code, second.counts["failed"], second.classes)


def test_failures_that_are_remembered_are_told_before_a_run(run, capsys):
    """By `plan` and `cache why`, each with what asks again."""
    with serving(Script(faults={"context": 0.5})) as endpoint:
        failed = run(endpoint).counts["failed"]
        lines = ippon(capsys, "plan", "-t", "full", "--base-url", endpoint.base_url).out
        name = next(each.example for each in entries() if each.failure and each.example)
        why = ippon(capsys, "cache", "why", name, "kind", "--base-url", endpoint.base_url).out
        again = ippon(capsys, "plan", "-t", "full", "--retry-failed", "--base-url", endpoint.base_url).out

    shown = " ".join(lines.split())
    assert f"{failed} of the cached failed before, and would not be asked ask again: ippon run --retry-failed" in shown
    assert "ask again: ippon run --retry-failed" in why
    assert "failed before, and would not" not in again
    assert f"cached {20 - failed}" in " ".join(again.split())


def unread(_body):
    """An answer without a score."""
    return {"nothing": "that is a score"}


@pytest.mark.parametrize(
    ("script", "answer", "failure", "calls"),
    [
        (Script(faults={"400": 1.0}), None, "rejected", 20),
        (Script(faults={"413": 1.0}), None, "rejected", 20),
        (Script(faults={"422": 1.0}), None, "rejected", 20),
        (Script(faults={"length": 1.0}), None, "truncated", 20),
        (Script(faults={"refusal": 1.0}), None, "refused", 20),
        (Script(), unread, "unparsed", 40),
    ],
)
def test_what_would_only_repeat_itself_is_asked_once(run, script, answer, failure, calls):
    """For a week; then, or with `--retry-failed`, again."""
    with serving(script, answer=answer) as endpoint:
        first, second, retried = run(endpoint), run(endpoint), run(endpoint, "--retry-failed")
        assert ({failure}, {failure}) == (first.classes, second.classes)
        assert (calls, 0) == (first.sent, second.sent)
        assert (calls, 20) == (retried.sent, retried.counts["failed"])
        make_older(6 * DAY)
        assert 0 == run(endpoint).sent
        make_older(2 * DAY)
        later = run(endpoint)
    # An answer that says no, or too little, or nothing that can be read, is an answer: it is kept, and read again for nothing.
    assert (20, calls if failure in NO_ANSWER else 0) == (later.counts["failed"], later.sent)


def test_a_plan_says_what_would_be_asked_again(run, capsys):
    """With `--retry-failed`; without it a failure is known."""
    with serving(Script(faults={"400": 1.0})) as endpoint:
        run(endpoint)
        planned = ippon(capsys, "plan", "-t", "full", "--retry-failed", "--json", "--base-url", endpoint.base_url)
        why = ippon(capsys, "cache", "why", "ex-3", "kind", "--json", "--base-url", endpoint.base_url).object

    assert {"failed before, to be asked again"} == {each["because"] for each in planned.object["misses"]}
    assert (True, "rejected", None) == (why["hit"], why["failure"], why["score"])


def test_a_success_takes_the_place_of_a_failure_and_never_the_reverse(run):
    """What `--retry-failed` brings stays; a failure of a later `--refresh` does not push it out."""
    with serving(Script(faults={"400": 1.0})) as endpoint:
        run(endpoint)
        endpoint.reset(Script())
        assert (20, 20) == ((mended := run(endpoint, "--retry-failed")).sent, mended.counts["answered"])
        assert (0, 20) == ((again := run(endpoint)).sent, again.counts["cached"])
        endpoint.reset(Script(faults={"400": 1.0}))
        assert 20 == run(endpoint, "--refresh").counts["failed"]
        assert (0, 20) == ((kept := run(endpoint)).sent, kept.counts["cached"])
    assert {None} == {each.failure for each in entries()}


@pytest.mark.parametrize(
    ("fault", "code"),
    [("500", 3), ("502", 3), ("reset", 3), ("html", 3), ("401", 4), ("403", 4), ("quota", 4), ("404", 3)],
)
def test_no_other_failure_outlives_its_run(run, fault, code):
    """Neither what passes nor what is the lane's sticks to an item: the next run asks all of them."""
    with serving(Script(faults={fault: 1.0})) as endpoint:
        first = run(endpoint, "--max-s", "2", n=8)
        kept = [each.failure for each in entries()]
        endpoint.reset(Script())
        second = run(endpoint, n=8)

    assert (code, [], 8) == (first.code, kept, first.counts["failed"] + first.counts["missing"])
    assert (0, 8) == (second.code, second.counts["answered"])


def test_throttling_sticks_to_nothing(run):
    """Some of the calls come back 429, all are answered, none is kept as failed."""
    with serving(Script(faults={"429": 0.3}, retry_after="0.01")) as endpoint:
        first = run(endpoint)

    assert (0, 20, {None}) == (first.code, first.counts["answered"], {each.failure for each in entries()})
