"""What the endpoint saw: exact counts, readable from outside as one JSON object."""

from array import array
from collections import Counter
from hashlib import sha256
from time import process_time

import msgspec


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """The counts since the start or the last reset."""

    requests: int
    """Calls to a model route, whatever became of them: the sum of answered, aborted, broken and in flight."""
    answered: int
    """Those whose answer was written to the end, whatever its status."""
    aborted: int
    """Those whose client went away before the answer."""
    broken: int
    """Those that the endpoint itself broke off (reset, close, cut, refused)."""
    distinct: int
    """Distinct bodies among them, by SHA-256."""
    with_key: int
    """Those that carried a key."""
    in_flight: int
    """Arrived and not yet answered; with no latency none ever waits."""
    in_flight_max: int
    connections: int
    """Connections accepted, those that only ask for the counts included."""
    prompt_tokens: int
    completion_tokens: int
    """Tokens billed: the usage of answers with status 200, also where the answer left it out."""
    by_status: dict[str, int]
    """Status of every answer written, model routes or not."""
    by_path: dict[str, int]
    by_fault: dict[str, int]
    """Faults of the script that struck; `rate` and `full` are the two limits, `key` a wrong key."""
    cpu_s: float
    """CPU time of the endpoint's whole process meanwhile, for the proof that it is not what was measured."""
    arrivals_s: list[float] = []
    """Seconds since the start or reset, a request each; `/stats?arrivals` only, over HTTP."""


class Counts:
    """The running counts; only the endpoint writes them."""

    def __init__(self) -> None:
        self.requests = self.answered = self.aborted = self.broken = self.with_key = 0
        self.in_flight = self.in_flight_max = self.connections = 0
        self.prompt_tokens = self.completion_tokens = 0
        self.by_status: Counter[int] = Counter()
        self.by_path: Counter[bytes] = Counter()
        self.by_fault: Counter[str] = Counter()
        self.digests: set[bytes] = set()
        self.bodies: list[bytes] = []
        self._arrivals_s = array("d")
        self._cpu_s = process_time()

    def arrive(self, body: bytes, now_s: float) -> bytes:
        """Count a request in; gives back the digest of its body."""
        digest = sha256(body).digest()
        self.requests += 1
        self.in_flight += 1
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        self.digests.add(digest)
        self._arrivals_s.append(now_s)
        return digest

    def stats(self, *, arrivals: bool) -> Stats:
        """The counts as they stand."""
        return Stats(
            requests=self.requests,
            answered=self.answered,
            aborted=self.aborted,
            broken=self.broken,
            distinct=len(self.digests),
            with_key=self.with_key,
            in_flight=self.in_flight,
            in_flight_max=self.in_flight_max,
            connections=self.connections,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            by_status={str(status): count for status, count in self.by_status.items()},
            by_path={path.decode("latin-1"): count for path, count in self.by_path.items()},
            by_fault=dict(self.by_fault),
            cpu_s=process_time() - self._cpu_s,
            arrivals_s=list(self._arrivals_s) if arrivals else [],
        )
