"""What a run has sent, and what came of it."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import msgspec

from ippon.execute.price import GUESSED_OUTPUT, cost_usd, guess_tokens
from ippon.records.call import Answered, HttpRequest, ModelRequest, Usage
from ippon.records.run import SHARED

if TYPE_CHECKING:
    from ippon.records.call import Answer, Failure, Outcome, Request
    from ippon.records.kept import Entry
    from ippon.records.suite import Price

# Trouble that, without a status, was there before anything had been sent; and trouble after which nobody knows whether
# the provider has worked, and wants its money.
UNSENT: frozenset[str] = frozenset({"connect", "not_found", "authentication", "rejected"})
MAYBE_BILLED: frozenset[str] = frozenset({"timeout", "transport", "cancelled"})


class Meter(msgspec.Struct):
    """What a run has sent, and what came of it. `answered_by` counts answers by (model asked, model that answered).

    `shared` counts outcomes that another process was asking for when this one wanted them, and got for both.

    For budgets: `spent_usd` has a guess where `cost_usd` is None, since a price or a count was unknown; `reserved_usd` is
    what the calls in flight may cost, `typical_usd` what the last one asked for may.
    """

    calls_sent: int = 0
    retries: int = 0
    hedges: int = 0
    in_flight_max: int = 0
    cost_usd: float | None = 0.0
    spent_usd: float = 0.0
    reserved_usd: float = 0.0
    typical_usd: float = 0.0
    tokens_input: int = 0
    tokens_output: int = 0
    tokens_cached: int = 0
    latencies_s: array[float] = msgspec.field(default_factory=lambda: array("d"))
    queues_s: array[float] = msgspec.field(default_factory=lambda: array("d"))
    saved_usd: float | None = 0.0
    saved_s: float = 0.0
    shared: int = 0
    answered_by: dict[tuple[str, str], int] = msgspec.field(default_factory=dict[tuple[str, str], int])

    def reserve(self, request: Request, price: Price | None) -> float:
        """What a call may cost: its prompt guessed, and a hundred tokens of answer."""
        if not isinstance(request, ModelRequest):
            return 0.0
        guess = Usage(input=guess_tokens(request), output=GUESSED_OUTPUT)
        self.typical_usd = cost_usd(guess, price) or 0.0
        return self.typical_usd

    def charge(self, request: Request, answer: Answer, price: Price | None) -> float | None:
        """Count an answer's tokens and dollars; returns the dollars, None where nobody knows them."""
        if not isinstance(request, ModelRequest):
            return 0.0
        usage = answer.usage
        cost = cost_usd(usage, price)
        self.cost_usd = None if cost is None or self.cost_usd is None else self.cost_usd + cost
        self.spent_usd += self.reserve(request, price) if cost is None else cost
        self.tokens_input += usage.input or 0
        self.tokens_output += usage.output or 0
        self.tokens_cached += usage.cached_input or 0
        self.recognise(request, answer)
        return cost

    def recognise(self, request: Request, answer: Answer) -> None:
        """Count which model has answered, now or when the answer was new."""
        if isinstance(request, ModelRequest) and answer.model is not None:
            names = (request.model, answer.model)
            self.answered_by[names] = self.answered_by.get(names, 0) + 1

    def timed(self, latency_s: float, queue_s: float) -> tuple[float, float]:
        """Count how long a call took, and how long it had waited before: the two are never mixed."""
        self.latencies_s.append(latency_s)
        self.queues_s.append(queue_s)
        return latency_s, queue_s

    def failed(self, request: Request, failure: Failure, may_cost_usd: float) -> None:
        """Count a call that brought no answer; one that no server has seen was not sent."""
        if failure.status is None and failure.reason in UNSENT:
            self.calls_sent -= isinstance(request, ModelRequest | HttpRequest)
        if failure.reason in MAYBE_BILLED:
            self.lost(may_cost_usd)
        else:
            self.reserved_usd -= may_cost_usd

    def lost(self, may_cost_usd: float) -> None:
        """Count a call that was given up: nobody will say what it cost, so it costs what it may."""
        self.reserved_usd -= may_cost_usd
        self.spent_usd += may_cost_usd
        self.cost_usd = None if self.cost_usd is None else self.cost_usd + may_cost_usd

    def credit(self, request: Request, entry: Entry, outcome: Outcome) -> None:
        """Count what an outcome from the cache has saved."""
        if isinstance(outcome, Answered):
            self.recognise(request, outcome.answer)
        self.saved_s += entry.seconds or 0.0
        if self.saved_usd is not None and isinstance(request, ModelRequest) and entry.failure is None:
            self.saved_usd = None if entry.cost_usd is None else self.saved_usd + entry.cost_usd


def shared_notes(meter: Meter) -> tuple[str, ...]:
    """What to tell of results that were shared with runs at the same time."""
    n = meter.shared
    return (f"{SHARED}{n} result{'s' * (n != 1)} with a run that was asking for the same just then",) if n else ()


def uncharged(outcome: Outcome) -> Outcome:
    """An outcome as those have it who asked for the same again."""
    if isinstance(outcome, Answered):
        return msgspec.structs.replace(outcome, tries=0, latency_s=None, queue_s=0.0, cost_usd=0.0)
    return msgspec.structs.replace(outcome, tries=0)
