"""The sockets: one small Protocol for each kind of plug. `wiring` knows the plugs, everything else only these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ippon.records.call import Answer, Failure, Outcome, Request
from ippon.records.judgement import Judgement
from ippon.records.kept import Entry, Kept, Resumed
from ippon.records.lane import Learned, Shared

if TYPE_CHECKING:
    from ippon.records.run import Earlier, Result, Run

__all__ = [
    "Cache",
    "Client",
    "Clock",
    "Entry",
    "History",
    "Kept",
    "Learned",
    "Leases",
    "Listener",
    "Rates",
    "Shared",
    "Steps",
    "Store",
]

# An evaluator at work: yields what it needs of the outside world, is sent the outcome, returns its judgement.
Steps = Generator[Request, Outcome, Judgement]


class Client(Protocol):
    """Carries requests of one kind to the outside world, once each: no retries, no cache, no waiting for limits."""

    async def send(self, request: Request) -> Answer | Failure:
        """What came back of one attempt. Trouble of the world is a `Failure`; only cancellation raises."""
        ...

    async def close(self) -> None:
        """Let go of connections and child processes. May be called twice."""
        ...


class Cache(Protocol):
    """Remembers answers and scores by content address. A miss is always allowed, a lie never."""

    def read(self, keys: Sequence[bytes], *, now: float) -> Mapping[bytes, Entry]:
        """The valid entries of these keys; a damaged or expired one is absent. `now` is Unix time."""
        ...

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep these, durably, before returning. A success replaces a failure of the same key, never the reverse."""
        ...

    def close(self) -> None:
        """Let go of what is open. May be called twice."""
        ...


class Leases(Protocol):
    """Says which process asks what just now, so that equal requests of several are sent once. Never raises.

    A lease lasts 30 s unless it is renewed. What cannot be shared is ours: two calls are better than none. `now` is Unix time.
    """

    def is_alone(self) -> bool:
        """Whether no other process may ask anything, so that nothing need be leased; once there is one, never again.

        The others wait until what is under way was taken.
        """
        ...

    async def take(self, keys: Sequence[bytes], *, over: Sequence[bytes], now: float) -> Collection[bytes]:
        """Give back `over`, and lease these keys: those that are ours now. The others are some other process's."""
        ...

    async def renew(self, *, now: float) -> None:
        """Keep all that is ours for 30 s from now."""
        ...

    def close(self) -> None:
        """Give all back, and let go of what is open. May be called twice."""
        ...


class Rates(Protocol):
    """Keeps the declared rates that processes share, and for an hour what lanes have learned. Never raises.

    What cannot be shared is kept for this process alone: a limit is worth keeping even then. `now` is Unix time.
    """

    async def reserve(self, shared: Shared, requests: float, tokens: float, *, now: float) -> float:
        """Take so much of what lanes share; the seconds to wait before it may be used."""
        ...

    async def settle(self, shared: Shared, tokens: float, *, now: float) -> None:
        """A call has taken so many tokens more than were reserved for it (fewer: below 0)."""
        ...

    def recall(self, lane: str, *, now: float) -> Learned | None:
        """What was learned of a lane within the last hour."""
        ...

    def remember(self, lanes: Mapping[str, Learned], *, now: float) -> None:
        """Keep what was learned."""
        ...

    def close(self) -> None:
        """Let go of what is open. May be called twice."""
        ...


class Store(Protocol):
    """Writes the history of one suite's runs. Nothing ever evicts it."""

    def begin(self, run: Run) -> None:
        """Note that a run has started, durably."""
        ...

    def record(self, run_id: str, rows: Sequence[Kept]) -> None:
        """Keep results, durably, as they arrive."""
        ...

    def finish(self, run: Run, rows: Sequence[Kept]) -> None:
        """Close a run: its last results and its summary, in one transaction. `run.results` is not read."""
        ...


class History(Protocol):
    """Reads the history of one suite's runs."""

    def runs(self) -> list[Run]:
        """All runs without their results, newest first; open ones (killed, or still at work) included."""
        ...

    def load(self, run_id: str) -> Run | None:
        """A run with its results in the order of its plan; "latest" is the newest. None when there is none."""
        ...

    def last(self, suite: str, target: str | None) -> Earlier | None:
        """The newest run of a suite that has an end, without its results: of the same target, else of any."""
        ...

    def results(self, run_id: str) -> Sequence[Result]:
        """The results of a run, in the order of its plan; read whenever they are looked at."""
        ...

    def known(self, run_id: str) -> Resumed:
        """The scored results and the fetched responses of a run by their keys, for going on where it stopped."""
        ...


class Clock(Protocol):
    """Where time comes from."""

    def monotonic(self) -> float:
        """Seconds that never jump, for durations."""
        ...

    def now(self) -> float:
        """Unix time in seconds, for records."""
        ...


# Hears what the engine does, as values of `engine.events`; must not raise, must not block.
Listener = Callable[[Any], None]
