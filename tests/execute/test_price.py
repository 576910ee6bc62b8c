"""What a call costs, and on which lane it goes."""

from __future__ import annotations

from ippon.execute.price import cost_usd, guess_tokens, price_of
from ippon.records.call import CommandRequest, FunctionRequest, HttpRequest, Usage, lane_of
from ippon.records.suite import Price
from tests.execute.gated import request


def test_prices():
    """The suite's own, the free, the listed, the unknown; and what cannot be counted."""
    assert Price(input=3, output=4) == price_of("openai", "gpt-5-mini", Price(input=3, output=4))
    assert Price(input=0, output=0) == price_of("ollama", "anything")
    assert Price(input=0.25, output=2.0) == price_of("openai", "gpt-5-mini")
    assert None is price_of("openai", "unheard-of")
    assert None is cost_usd(Usage(input=1), Price(input=1, output=1))
    assert 0.0 == cost_usd(Usage(), Price(input=0, output=0))
    assert 3.0 == cost_usd(Usage(input=1_000_000, output=1_000_000, cached_input=9), Price(input=1, output=2))
    assert 2 == guess_tokens(request("12345"))


def test_lanes():
    """Provider and model, and the address where it is not the provider's own."""
    assert "openai/m at http://x" == lane_of(request(base_url="http://x"))
    assert "command ./bot" == lane_of(CommandRequest(command=("./bot", "-x"), stdin="", code=""))
    assert "python a:b" == lane_of(FunctionRequest(function="a:b", arguments={}, code=""))
    assert "http://x" == lane_of(HttpRequest(url="http://x", json={}))
