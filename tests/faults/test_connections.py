"""Rows 9 to 15: slow answers, portals, redirects, kept connections, few places, networks that go, clocks that jump."""

from __future__ import annotations

import pytest

from bench.endpoint import serving
from bench.script import Script
from ippon.adapters.clock_system import SystemClock
from tests.faults.raw import chat, http, saying

KEY = "sk-of-nobody-at-all-1234567890"
PRICE = "[judge.price]\ninput = 1\noutput = 2\n"
DAY_S = 86_400.0


@pytest.mark.row(9, "latency spikes")
def test_spikes_are_hedged_within_bounds(run, quick):
    """At most one call in twenty is made twice; the slower of the two is cancelled, and costed."""
    quick(20)
    with serving(Script(latency_s=0.06, spike_share=0.04, spike_factor=20)) as endpoint:
        went = run(endpoint.base_url, "--hedge", "-j", "20", n=24, more=PRICE, within_s=60)
        seen = endpoint.stats()

    hedged = [result for result in went.run["results"] if result["hedged"]]
    assert (0, 168) == (went.code, went.counts["answered"])
    assert went.run["calls_sent"] == seen.requests == 168 + len(hedged)
    assert 0 < len(hedged) <= 0.05 * seen.requests
    assert 0 < seen.aborted <= len(hedged)
    assert went.run["latency_s"]["p99"] >= went.run["latency_s"]["p95"] >= went.run["latency_s"]["p50"] > 0
    assert went.run["cost_usd"] > (seen.prompt_tokens + 2 * seen.completion_tokens) / 1e6


@pytest.mark.row(10, "captive portal")
def test_a_page_is_no_answer(run):
    """By its host, after five of them in a row; none is kept, so that the same command asks for all of it later."""
    with serving(Script(faults={"html": 1})) as endpoint:
        went = run(endpoint.base_url)
        seen = endpoint.stats().requests
        endpoint.reset(Script())
        again = run(endpoint.base_url)

    assert (3, {"not_a_provider"}, 42) == (went.code, went.errors, went.counts["missing"])
    assert "127.0.0.1" in went.message
    assert "HTML" in went.message
    assert went.run["calls_sent"] == seen <= 5 + 16
    assert (0, 42, 42) == (again.code, again.counts["answered"], again.run["calls_sent"])


@pytest.mark.row(11, "redirect")
@pytest.mark.parametrize("status", ["301", "302", "307", "308"])
def test_a_redirect_is_refused(run, monkeypatch, status):
    """The key does not travel on."""
    monkeypatch.setenv("IPPON_API_KEY", KEY)

    async def elsewhere(asked, writer):
        writer.write(http(chat(asked)))

    with saying(elsewhere) as thief:

        async def say(asked, writer):
            writer.write(http(b"", f"{status} Moved", ("location", f"{thief.base_url}/chat/completions")))

        with saying(say) as raw:
            went = run(raw.base_url)

    assert (3, {"not_a_provider"}, 0) == (went.code, went.errors, thief.connections)
    assert went.message.startswith("redirect refused")
    assert KEY not in went.err
    assert went.run["calls_sent"] == len(raw.asked) <= 5 + 16


@pytest.mark.row(12, "keep-alive race")
def test_a_kept_connection_that_is_closed_on_reuse(run):
    """The call is made again at once on a new one, and nobody's attempts are used up."""

    async def say(asked, writer):
        if any(each.connection == asked.connection for each in raw.asked[: asked.number]):
            writer.close()
        else:
            writer.write(http(chat(asked)))

    with saying(say) as raw:
        went = run(raw.base_url, "-j", "2")

    assert (0, 42, {1}) == (went.code, went.counts["answered"], {result["tries"] for result in went.run["results"]})
    assert went.run["calls_sent"] == len(raw.asked) > 42
    assert went.run["retries"] == len(raw.asked) - 42


@pytest.mark.row(12, "keep-alive race")
def test_a_target_that_closes_kept_connections(run):
    """A system under test behind HTTP is treated alike, and counted alike."""
    target = '[target]\nkind = "http"\nurl = "{}/ask"\njson = {{ question = "{{{{ input }}}}" }}'

    async def say(asked, writer):
        if any(each.connection == asked.connection for each in raw.asked[: asked.number]):
            writer.close()
        else:
            writer.write(http(f"answer to {asked.body['question']}".encode()))

    with saying(say) as raw, serving(Script()) as endpoint:
        went = run(endpoint.base_url, "-j", "2", target=target.format(raw.base_url))
        judged = endpoint.stats().requests

    assert (0, 42, 42) == (went.code, went.counts["answered"], judged)
    assert len(raw.asked) > 6
    assert went.run["calls_sent"] == len(raw.asked) + judged


@pytest.mark.row(13, "one connection for all")
def test_one_place_for_a_thousand(run):
    """Nothing fails for having waited, and the wait is not counted as latency."""
    with serving(Script(max_in_flight=1)) as endpoint:
        went = run(endpoint.base_url, "-j", "1", "--repeats", "2", n=72, within_s=6)
        seen = endpoint.stats()

    assert (0, 1008, 0) == (went.code, went.counts["answered"], went.counts["failed"])
    assert (1008, 1, 1) == (seen.requests, seen.in_flight_max, seen.connections)
    assert went.run["latency_s"]["queue_p95"] > 10 * went.run["latency_s"]["p95"]


@pytest.mark.row(14, "network gone and back")
def test_an_endpoint_that_is_gone_for_a_minute(run, quick):
    """The lane waits, says so, probes, and everything completes."""
    quick(40)

    async def say(asked, writer):
        if asked.number == 20:
            raw.leave(1.5)
        else:
            writer.write(http(chat(asked)))

    with saying(say) as raw:
        went = run(raw.base_url, n=42, within_s=200)

    assert (0, 294) == (went.code, went.counts["answered"])
    assert (
        len(raw.asked) <= went.run["calls_sent"] <= len(raw.asked) + 2 * went.run["in_flight_max"]
    )  # lost on their way
    assert went.took_s >= 60
    assert " is down: " in went.err


@pytest.mark.row(15, "clock jump")
@pytest.mark.parametrize("jump_s", [DAY_S, -DAY_S])
def test_a_wall_clock_that_jumps(run, monkeypatch, jump_s):
    """Nothing happens; what was kept under the other clock is found."""
    now, jumps = SystemClock.now, [0.0]
    monkeypatch.setattr(SystemClock, "now", lambda clock: now(clock) + jumps[-1])

    async def say(asked, writer):
        if asked.number == 10:
            jumps.append(jump_s)
        writer.write(http(chat(asked)))

    with saying(say) as raw:
        went = run(raw.base_url, more='[cache]\nttl = "7d"\n')
        jumps.append(0.0)
        again = run(raw.base_url, more='[cache]\nttl = "7d"\n')

    assert (0, 42, 42) == (went.code, went.counts["answered"], len(raw.asked))
    assert went.run["wall_s"] < 6
    assert (42, 0) == (again.counts["cached"], again.run["calls_sent"])
