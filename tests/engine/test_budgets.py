"""Budgets over a real socket: never more is spent than is allowed, but for what was in flight."""

from __future__ import annotations

import pytest

from bench.endpoint import serving
from bench.script import Script
from tests.door import coaching, ippon

PRICE = "[judge.price]\ninput = 10\noutput = 200\n"


@pytest.mark.parametrize("j", [1, 20])
@pytest.mark.parametrize("max_usd", [0.05, 0.3])
def test_dollars(tmp_path, capsys, j, max_usd):
    """Property 17: the cap, and for each in flight what it may cost beyond its guess."""
    suite = coaching(tmp_path, more=PRICE)
    with serving(Script(latency_s=0.005)) as endpoint:
        ran = ippon(
            capsys, "run", suite, "-t", "full", "-j", str(j), "--max-usd", str(max_usd), "--json", "--base-url", endpoint.base_url
        ).object  # fmt: skip
        sent = endpoint.stats().requests
    a_call = ran["cost_usd"] / ran["calls_sent"]

    assert 0 < ran["calls_sent"] == sent < 294
    assert ran["cost_usd"] <= max_usd + j * a_call
    assert f"the budget of ${max_usd:g}" in ran["stopped_because"]


@pytest.mark.parametrize("words", [(), ("--hedge",)])
@pytest.mark.parametrize("most", [1, 33, 100])
def test_calls(tmp_path, capsys, most, words):
    """To the call: those on their way out with the same event are counted too, retries as well."""
    suite = coaching(tmp_path)
    script = Script(latency_s=0.01, faults={"500": 0.1, "429": 0.05})
    with serving(script) as endpoint:
        ran = ippon(
            capsys, "run", suite, "-t", "full", "--max-calls", str(most), "--json", "--base-url", endpoint.base_url, *words
        ).object  # fmt: skip
        sent = endpoint.stats().requests

    assert most == ran["calls_sent"] == sent
    assert "used up" in ran["stopped_because"]
