"""Rows 26 to 29: long outages, random failures, endpoints that flap, one bad region of two."""

from __future__ import annotations

import pytest

from bench.endpoint import serving
from bench.script import Script
from bench.worlds import WORLDS, simulated
from tests.faults.raw import chat, error, http, saying


@pytest.mark.row(26, "529 or 503 storm, 3 min")
def test_a_storm_is_waited_out(run, quick):
    """Everything completes, and hardly more is sent than without it: the breaker holds the calls back."""
    quick(100)

    async def say(asked, writer):
        storm = asked.number >= 20 and 100 * asked.at_s < 180
        writer.write(http(error("Overloaded"), "529 Overloaded") if storm else http(chat(asked)))

    with saying(say) as raw:
        went = run(raw.base_url, n=42, within_s=300)

    assert (0, 294, 0) == (went.code, went.counts["answered"], went.counts["failed"])
    assert went.run["calls_sent"] == len(raw.asked) <= 1.2 * 294 + 30
    assert went.took_s >= 180


@pytest.mark.row(26, "529 or 503 storm, 3 min")
@pytest.mark.parametrize("name", ["3 min outage", "3 min refused"])
def test_an_outage_in_many_courses(name):
    """The same for a thousand calls, in virtual time; and all of it within two minutes of the end of the outage."""
    world = WORLDS[name]
    courses = [simulated(world, seed) for seed in range(5)]

    assert {0} == {course.lost for course in courses}
    assert max(course.seconds for course in courses) <= 183 + 120
    assert max(course.sent for course in courses) <= 1.2 * world.calls + 30


@pytest.mark.row(27, "30% random 500")
def test_failures_at_random_are_retried(run, quick):
    """And counted."""
    quick(20)
    with serving(Script(faults={"500": 0.3}, latency_s=0.02)) as endpoint:
        went = run(endpoint.base_url, n=42, within_s=60)
        seen = endpoint.stats()

    assert went.counts["failed"] <= 1
    assert went.counts["answered"] == 294 - went.counts["failed"]
    assert went.run["calls_sent"] == seen.requests
    assert seen.requests - 294 == seen.by_fault["500"] - went.counts["failed"]
    assert (
        went.run["retries"] >= seen.requests - 294
    )  # a busy machine has connections time out here, and those are retried too


@pytest.mark.row(27, "30% random 500")
def test_nearly_all_items_complete():
    """999 of 1,000, over twenty courses of a thousand calls: out of budget means later, not never."""
    courses = [simulated(WORLDS["30% 500"], seed) for seed in range(20)]

    assert sum(course.lost for course in courses) <= 20


@pytest.mark.row(28, "flapping, 20 s each")
def test_an_endpoint_that_flaps():
    """Everything completes; once the breaker has noticed that the endpoint is down, nothing is sent but probes."""
    world = WORLDS["20 s up, 20 s down"]
    for seed in range(5):
        course = simulated(world, seed)
        stretches = range(1, int(course.seconds // 40) + 1)
        noticed = [sum(40 * n - 15 <= at < 40 * n for at in course.sent_at) for n in stretches]

        assert course.lost <= world.calls / 1000
        assert len(course.sent_at) <= 1.2 * world.calls + 30
        assert max(noticed) <= 2 * 3


@pytest.mark.row(29, "one bad region of two")
@pytest.mark.parametrize("seed", range(3))
def test_half_of_the_connections_lead_to_a_bad_region(run, quick, seed):
    """A connection whose server fails is not used again, so that retries are not stuck with it."""
    quick(10)
    with serving(Script(faults={"500": 0.5}, faults_by="connection", latency_s=0.02, seed=seed)) as endpoint:
        went = run(endpoint.base_url, n=42, within_s=30)
        seen = endpoint.stats()

    assert (294, 0) == (went.counts["answered"], went.counts["failed"])
    assert went.run["calls_sent"] == seen.requests <= 1.5 * 294
    assert went.took_s < 30
