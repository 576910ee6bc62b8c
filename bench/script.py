"""What the scripted endpoint shall do, and what it therefore does to request number n: pure, no clock, no socket."""

from collections import Counter
from typing import Literal, get_args

import msgspec

Fault = Literal[
    # answers of the provider that are no answers
    "400",
    "401",
    "402",
    "403",
    "404",
    "408",
    "413",
    "422",
    "429",
    "500",
    "502",
    "503",
    "529",
    "quota",
    "context",
    "redirect",
    # a 200 that is not what it seems
    "html",
    "invalid_json",
    "empty_body",
    "empty_choices",
    "error_200",
    "no_usage",
    "negative_usage",
    "length",
    "refusal",
    "content_filter",
    "other_model",
    "bad_utf8",
    "surrogate",
    "nul",
    "deep",
    "big",
    "bomb",
    # a connection that fails
    "reset",
    "close",
    "cut",
    "hang",
    "idle",
    "drip",
]
FAULTS: tuple[str, ...] = get_args(Fault)
_REFUSED_AT_ONCE = frozenset({"reset", "close", "quota", "context", "redirect"})
_MASK = (1 << 64) - 1
_FAULT, _JITTER, _SPIKE = 1, 2, 3  # independent draws for one request


class Script(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The endpoint's behaviour. The default answers everything at once and well.

    Faults are drawn by a seeded hash of the request number (the first is 0), so `expected_faults` knows the counts
    beforehand, whatever the order of arrival. Requests that a limit turns away have a number too.
    """

    seed: int = 0
    latency_s: float = 0.0
    jitter_s: float = 0.0
    """Added to the latency, uniform from 0 to this."""
    spike_share: float = 0.0
    spike_factor: float = 20.0
    """This share of the answers takes `spike_factor` times as long."""
    requests_per_minute: float = 0.0
    """0: no limit. Above it: 429 with the time to wait in `retry-after` (whole seconds) and `retry-after-ms`."""
    burst: int = 1
    max_in_flight: int = 0
    """0: no limit. Above it: 429."""
    faults: dict[Fault, float] = {}
    """Kind to share of the requests; the shares add up to at most 1."""
    faults_from: int = 0
    faults_until: int = 0
    """Faults strike only requests numbered from `faults_from` up to (not with) `faults_until`; 0: no end."""
    faults_by: Literal["request", "connection"] = "request"
    """`connection`: one draw for all requests of a connection, as behind a balancer with a bad region."""
    flap_up_s: float = 0.0
    flap_down_s: float = 0.0
    """Both set: faults strike only in the down stretches; the first stretch is up."""
    refuse_after: int = 0
    refuse_s: float = 0.0
    """After so many requests the port closes and every connection is reset; after `refuse_s` (0: never) it opens."""
    api_key: str = ""
    """Set: any other key is answered 401."""
    retry_after: str = "1"
    """Verbatim on 429, 503 and 529, so that rubbish can be sent; empty: no such header."""
    headers: tuple[tuple[str, str], ...] = ()
    """Added to each answer, e.g. `x-ratelimit-remaining-requests: -1`."""
    models: tuple[str, ...] = ("scripted",)
    redirect_to: str = "http://127.0.0.1:9/"
    size_bytes: int = 200_000_000
    """Size of a `big` body, and of a `bomb` once unpacked."""
    drip_s: float = 5.0
    """Pause between two bytes of a `drip`."""
    keep_bodies: bool = False
    """Keep each request's body for `Endpoint.bodies`."""

    def __post_init__(self) -> None:
        """Refuse shares that are none."""
        if any(share < 0 for share in self.faults.values()) or sum(self.faults.values()) > 1 + 1e-9:
            msg = f"shares of faults are from 0 to 1 and add up to at most 1, not {self.faults}"
            raise ValueError(msg)


def fault_of(script: Script, number: int) -> Fault | None:
    """The fault that strikes this request (or connection), if any."""
    if number < script.faults_from or (script.faults_until and number >= script.faults_until):
        return None
    left = _uniform(script.seed, number, _FAULT)
    for fault, share in script.faults.items():
        if left < share:
            return fault
        left -= share
    return None


def expected_faults(script: Script, requests: int) -> Counter[str]:
    """How often each fault strikes in the first so many requests (not for flapping or `faults_by` connection)."""
    return Counter(fault for number in range(requests) if (fault := fault_of(script, number)))


def latency_of(script: Script, number: int, fault: Fault | None) -> float:
    """Seconds until this request is answered; refusals come at once, as they do from providers."""
    if fault in _REFUSED_AT_ONCE or (fault is not None and fault.startswith("4")):
        return 0.0
    latency_s = script.latency_s
    if script.jitter_s:
        latency_s += script.jitter_s * _uniform(script.seed, number, _JITTER)
    if script.spike_share and _uniform(script.seed, number, _SPIKE) < script.spike_share:
        latency_s *= script.spike_factor
    return latency_s


def is_down(script: Script, since_start_s: float) -> bool:
    """Whether faults may strike now: always, but for an endpoint that flaps."""
    period_s = script.flap_up_s + script.flap_down_s
    if not (script.flap_up_s and script.flap_down_s):
        return True
    return since_start_s % period_s >= script.flap_up_s


class Bucket:
    """Tokens that drip in evenly, up to the burst: the rate limit of most providers."""

    __slots__ = ("_burst", "_per_second", "_tokens", "_updated_s")

    def __init__(self, script: Script, now_s: float) -> None:
        self._per_second = script.requests_per_minute / 60
        self._burst = max(1, script.burst)
        self._tokens = float(self._burst)
        self._updated_s = now_s

    def wait_s(self, now_s: float) -> float:
        """0 and a token taken, or the seconds until there is one."""
        self._tokens = min(self._burst, self._tokens + (now_s - self._updated_s) * self._per_second)
        self._updated_s = now_s
        if self._tokens >= 1 - 1e-9:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_second


def _uniform(seed: int, number: int, draw: int) -> float:
    """A number in [0, 1) by SplitMix64 (Steele, Lea and Flood 2014), far quicker than a cryptographic hash."""
    mixed = ((seed * 3 + draw) * 0xD1342543DE82EF95 + (number + 1) * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ (mixed >> 31)) >> 11) * 2.0**-53
