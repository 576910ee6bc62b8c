"""What a call costs, in US dollars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ippon.records.providers import FREE_PROVIDERS, PRICES
from ippon.records.suite import Price

if TYPE_CHECKING:
    from ippon.records.call import ModelRequest, Usage

GUESSED_OUTPUT = 100  # tokens of one judgement, where nothing better is known
PER = 1e6  # prices are per million tokens


def price_of(provider: str, model: str, declared: Price | None = None) -> Price | None:
    """The suite's own price, else the built-in one; None where nobody knows."""
    if declared is not None:
        return declared
    if provider in FREE_PROVIDERS:
        return Price(input=0, output=0)
    listed = PRICES.get(f"{provider}/{model}")
    return Price(input=listed[0], output=listed[1]) if listed else None


def cost_usd(usage: Usage, price: Price | None) -> float | None:
    """What the tokens cost; None without a price, or without a count at a price that is not zero."""
    if price is None:
        return None
    if price.input == 0 and price.output == 0:
        return 0.0
    if usage.input is None or usage.output is None:
        return None
    cached = min(usage.cached_input or 0, usage.input) if price.cached_input is not None else 0
    return (
        (usage.input - cached) * price.input + cached * (price.cached_input or 0) + usage.output * price.output
    ) / PER


def guess_tokens(request: ModelRequest) -> int:
    """Tokens of a prompt, guessed at four characters each."""
    return sum(len(message.content) for message in request.messages) // 4 + 1
