"""Rows 21 to 25: accounts, keys, models and requests that a provider refuses; none of them is asked again."""

from __future__ import annotations

import json

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.faults.raw import chat, error, http, saying

KEY = "sk-of-nobody-at-all-1234567890"


@pytest.mark.row(21, "spend cap or quota")
@pytest.mark.parametrize("fault", ["quota", "402"])
def test_an_empty_account_ends_the_lane(run, fault):
    """Exit 4 and one line; what is left is asked by the same command, and nothing else is."""
    with serving(Script(faults={fault: 1}, faults_from=20)) as endpoint:
        went = run(endpoint.base_url, n=42)
        requests = endpoint.stats().requests
        endpoint.reset(Script())
        again = run(endpoint.base_url, n=42)

    answered = went.counts["answered"]
    assert (4, "incomplete", 20, {"spend"}) == (went.code, went.run["verdict"], answered, went.errors)
    assert went.run["calls_sent"] == requests <= 20 + went.run["in_flight_max"]
    assert 1 == went.err.count("billing: ")
    assert 0 == went.run["retries"]
    assert (0, 294 - 20, 294 - 20) == (again.code, again.counts["answered"], again.run["calls_sent"])


@pytest.mark.row(22, "401 mid-run")
def test_a_key_that_is_changed_meanwhile(run, monkeypatch):
    """The variable is named, the key never, not even where the server repeats it; results so far are kept."""
    monkeypatch.setenv("IPPON_API_KEY", KEY)
    wrong = error(f"Incorrect API key provided: {KEY}", code="invalid_api_key")

    async def say(asked, writer):
        writer.write(http(chat(asked)) if asked.number < 20 else http(wrong, "401 Unauthorized"))

    with saying(say) as raw:
        went = run(raw.base_url, n=42)

    assert (4, 20, {"authentication"}) == (went.code, went.counts["answered"], went.errors)
    assert went.run["calls_sent"] == len(raw.asked) <= 20 + went.run["in_flight_max"]
    assert all(KEY.encode() in each.head for each in raw.asked)
    assert "refused the key in IPPON_API_KEY" in went.err
    assert KEY not in went.err + json.dumps(went.run)


@pytest.mark.row(23, "404 or retired model")
@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_a_model_that_is_not_there(run, status):
    """Named, with what to look at; no retries."""
    gone = error("The model `scripted` has been retired.", code="model_not_found")

    async def say(asked, writer):
        writer.write(http(gone, status))

    with saying(say) as raw:
        went = run(raw.base_url)

    assert (3, 42, {"not_found"}) == (went.code, went.counts["missing"], went.errors)
    assert "knows no model 'scripted'" in went.message
    assert "hint: check the model's name" in went.err
    assert went.run["calls_sent"] == len(raw.asked) <= 16
    assert 0 == went.run["retries"]


@pytest.mark.row(24, "400 context too long")
def test_a_prompt_that_is_too_long(run):
    """Its own class, kept as a failure; the others go on."""
    with serving(Script(faults={"context": 0.2})) as endpoint:
        went = run(endpoint.base_url)
        requests = endpoint.stats().requests
        again = run(endpoint.base_url)
        assert requests == endpoint.stats().requests

    failed = went.counts["failed"]
    assert (42 - failed, {"input_too_long"}, 42) == (went.counts["answered"], went.errors, requests)
    assert (failed > 0, 0) == (True, went.run["retries"])
    assert (failed, 0) == (again.counts["failed"], again.run["calls_sent"])


@pytest.mark.row(25, "413 and 422")
@pytest.mark.parametrize("fault", ["413", "422"])
def test_a_request_that_is_refused(run, fault):
    """The item's error, without a retry."""
    with serving(Script(faults={fault: 0.2})) as endpoint:
        went = run(endpoint.base_url)
        requests = endpoint.stats().requests

    failed = [result for result in went.run["results"] if result["status"] == "failed"]
    assert (3, {"rejected"}, 42, 42) == (went.code, went.errors, requests, went.run["calls_sent"])
    assert failed
    assert {(1, False)} == {(result["tries"], result["error"]["retryable"]) for result in failed}
    assert f"HTTP {fault}" in went.message


@pytest.mark.parametrize("url", ["http://192.0.2.7/v1", "http://llm.example.com:8000/v1"])
def test_a_key_is_never_sent_in_the_open(tmp_path, capsys, monkeypatch, url):
    """Exit 2 before anything is sent; to this machine, or without a key, it may go."""
    from tests.door import coaching, ippon

    monkeypatch.setenv("IPPON_API_KEY", KEY)
    said = ippon(capsys, "run", coaching(tmp_path), "--json", "--base-url", url)

    (problem,) = said.object["errors"]
    assert 2 == said.code
    assert "IPPON_API_KEY is sent over https or to this machine only" in problem["message"]
    assert KEY not in said.out + said.err


def test_a_key_of_ones_own_provider_is_never_sent_in_the_open(tmp_path, capsys, monkeypatch):
    """Nor one that the suite names, be it trusted."""
    from tests.door import coaching, ippon

    monkeypatch.setenv("OURS_KEY", KEY)
    own = '[providers.ours]\nbase_url = "http://192.0.2.7/v1"\napi_key_env = "OURS_KEY"\n'
    said = ippon(capsys, "run", coaching(tmp_path, more=own), "--json", "--judge", "ours/m", "--trust")

    (problem,) = said.object["errors"]
    assert 2 == said.code
    assert "OURS_KEY is sent over https" in problem["message"]
